//! Headgate keeps a Kafka platform the way a git repository says it should be.
//!
//! ```text
//! wake -> source -> desired -> policy -> observe -> plan -> apply -> ledger, report
//! ```
//! Modules stand in the order of their rank: each may import only modules of a lower rank (`tests/house.rs` holds it).

// rank 0 to 4 are pure: no runtime, no clock, no environment, no file
pub mod model;

pub mod desired;
pub mod live;

pub mod config;
pub mod policy;

pub mod plan;

pub mod import;
pub mod report;

// rank 5: the edge as the daemon sees it
pub mod board;
pub mod lockfile;
pub mod ports;
pub mod secrets;
pub mod tls;

// rank 6: the edge itself
pub mod apply;
pub mod kafka;
pub mod lab;
pub mod ledger;
pub mod metrics;
pub mod rest;
pub mod sandbox;
pub mod source;

// rank 7: the planes that stand on `rest`, and what answers
pub mod connect;
pub mod http;
pub mod registry;

// rank 8 and 9: what runs
pub mod daemon;

pub mod cli;
