//! The Kafka plane against Apache Kafka itself: what it writes is compared with what Kafka's own tools see.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod acls;
mod configs;
mod connect_oldest;
mod connect_plane;
mod fixture;
mod groups;
mod lab_connect;
mod login;
mod moves;
mod moves_whole;
mod outage;
mod quotas;
mod registry_plane;
mod rights;
mod state;
mod topics;
mod users;
mod versions;
mod walk;
