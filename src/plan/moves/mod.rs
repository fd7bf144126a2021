//! Moving replicas to where they belong (plan stage, pure). `placement` says where that is; this says what is begun now:
//! a few partitions at a time, throttled, only while the cluster is well, and what becomes of moves that are under way
//! when git says something else.
//!
//! - Git's word counts for the topics that it declares: how many replicas, on which brokers, who leads, racks; with
//!   `balance.replicas` how evenly. Of all other topics, internal ones among them, only brokers to be emptied are git's
//!   business, and their partitions are moved no further than that takes.
//! - A move that is under way to where the partition belongs goes on, whoever began it. One that Headgate began and that
//!   git no longer needs is taken back, or gets its new target at once. Somebody else's is left alone until it ends.
//! - With topics in mode `report` or `ignore` nothing begins and nothing is taken back; what Headgate began goes on, and
//!   its throttles go with it.
//! - Each plan is made from where partitions are going, so that many passes carry out what one would have planned.

mod health;
mod memory;
mod outlook;
mod rule;
mod site;
mod state;
mod tell;
mod throttle;
mod topic;

pub(super) use memory::{forget, moves, note, observe, resolve};
pub(super) use outlook::{Outlook, begun};
pub(super) use rule::words;
pub(super) use tell::{Fate, others};
pub(super) use throttle::throttle;
pub(super) use topic::Hold;
