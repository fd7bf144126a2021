//! The story told on real Kafka, from outside: the built binary, a git repository, Kafka on loopback, HTTP and files.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod access;
mod adopted;
mod canary;
mod commands;
mod configs;
mod connectors;
mod crash;
mod daemon;
mod deletion;
mod demo;
mod drift;
mod groups;
mod hand;
mod import;
mod ledger;
mod login;
mod moves;
mod outage;
mod permissions;
mod planes;
mod quotas;
mod repo;
mod source;
mod strangers;
mod subjects;
mod users;
mod versions;
mod workers;
mod world;
