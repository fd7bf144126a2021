//! The Kafka client against brokers that misbehave: each error as a user meets it, and the client that goes on working.
//! A real Kafka is met elsewhere; here every answer is written by the test.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod fake;

mod answers;
mod brokers;
mod login;
mod passwords;
mod tls;
