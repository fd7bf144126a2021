//! The planner as a function: what passes teach the ledger, and what holds whatever the input.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod connectors;
mod consent;
mod contention;
mod groups;
mod identity;
mod masks;
mod moves;
mod placement;
mod properties;
mod redirected;
mod render;
mod settle;
mod site;
mod unlisted;
pub(crate) mod world;
