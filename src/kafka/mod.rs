//! The Kafka plane (rank 6): a thin asynchronous client, and on top of it the observation and the writes.
//!
//! ```text
//! Client (routing) -> Connection (pipelined calls) -> dial (TCP, TLS, ApiVersions, SASL) -> wire (frames)
//! ```
//! No wire type leaves this folder: what comes out are the types of `live` and `ports`.

mod apply;
pub mod bare;
mod client;
mod code;
mod connection;
mod deadline;
mod denied;
mod dial;
mod error;
mod login;
mod observe;
mod plane;
mod requests;
mod sasl;
mod scram;
mod settings;
mod tls;
mod traffic;
mod wire;

pub use client::{Client, Cluster};
pub use code::Code;
pub use error::Error;
pub use settings::{Settings, Timeouts};
