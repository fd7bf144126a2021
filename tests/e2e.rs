//! The story told on real Kafka, from outside: the built binary, a git repository, Kafka on loopback, HTTP and files.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod commands;
mod crash;
mod daemon;
mod deletion;
mod demo;
mod drift;
mod hand;
mod ledger;
mod login;
mod outage;
mod repo;
mod source;
mod strangers;
mod versions;
mod world;
