//! The one integration-test binary: each area is a module beside this file.

mod apply;
mod config;
mod connect;
mod daemon;
mod desired;
mod e2e;
mod golden;
mod house;
mod http;
mod import;
mod import_from;
mod kafka_client;
mod lab;
mod ledger;
mod metrics;
mod plan;
mod policy;
mod properties;
mod real;
mod registry;
mod report;
mod source;
mod support;
