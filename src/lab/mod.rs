//! The lab: real Apache Kafka and what stands beside it, on loopback without containers, for the demo, the tests and the
//! benches (rank 6). It is no part of the pipeline: nothing here is used when Headgate runs against somebody's cluster.
//!
//! `KafkaSpec { brokers: 3, ..KafkaSpec::default() }.start().await` is a [`KafkaCluster`], ready to serve;
//! [`KafkaSpec::production`] describes one as platform teams run it, and [`Tool`] names what Kafka's own tools are called by.
//! Beside it stand [`Connect`] with two plugins of our own, a Schema Registry ([`Service::registry`]), S3 ([`Service::s3`])
//! and an [`Endpoint`] to read; [`PlatformSpec`] is all of it. Everything ends when the value is dropped, and also when
//! this process is killed (`workdir`).

mod cache;
mod client;
mod cluster;
mod connect;
mod endpoint;
mod error;
mod kit;
mod member;
mod moto;
mod platform;
mod plugins;
mod ports;
mod process;
mod properties;
mod python;
mod ready;
mod registry;
mod room;
mod run;
mod service;
mod spec;
mod start;
mod tls;
mod tools;
mod traffic;
mod workdir;

pub use client::{Consumer, ToolUser};
pub use cluster::KafkaCluster;
pub use connect::{Connect, ConnectSpec};
pub use endpoint::Endpoint;
pub use error::LabError;
pub use platform::{BUCKET, Beside, Platform, PlatformSpec};
pub use plugins::{HTTP_SOURCE, S3_SINK};
pub use ports::free_port;
pub use service::Service;
pub use spec::{ADMIN_PASSWORD, ADMIN_USER, KafkaSpec, KafkaVersion, Security};
pub use tools::Tool;
pub use traffic::Traffic;
