//! The one integration-test binary: each area is a module beside this file.

mod apply;
mod config;
mod desired;
mod kafka_client;
mod lab;
mod ledger;
mod real;
mod support;
