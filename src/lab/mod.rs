//! The lab: real Apache Kafka on loopback without containers, for the demo, the tests and the benches (rank 6). It is no
//! part of the pipeline: nothing here is used when Headgate runs against somebody's cluster.
//!
//! `KafkaSpec { brokers: 3, ..KafkaSpec::default() }.start().await` is a [`KafkaCluster`], ready to serve.
//! The cluster ends when the value is dropped, and also when this process is killed (`workdir`).

mod cluster;
mod error;
mod kit;
mod node;
mod ports;
mod properties;
mod ready;
mod spec;
mod tls;
mod workdir;

pub use cluster::KafkaCluster;
pub use error::LabError;
pub use spec::{ADMIN_PASSWORD, ADMIN_USER, KafkaSpec, KafkaVersion, Security};
