//! The Connect plane (rank 7): one Connect cluster over its REST API (Apache Kafka 3.6 to 4.x, and what speaks as it does).
//!
//! ```text
//! observe, look, validate -> live      write -> Outcome      both over rest::Client
//! ```
//! Values of configs may be secrets, and Connect's words may repeat them: no error holds a value, and what Connect says of
//! a config is told without what must stay hidden.

mod answers;
mod hidden;
mod observe;
mod plaintext;
mod validate;
mod write;

use std::time::Duration;

use compact_str::CompactString;
use futures::future::BoxFuture;

use crate::{
    config::Endpoint,
    live::{ConfigProblem, ConnectLooked, ConnectSeen, Observed},
    ports::{ConnectPlane, ConnectWrite, ConnectorConfig, Outcome},
    rest,
};

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Patience {
    /// A read. 30 s: a worker that rebalances answers within seconds.
    pub read: Duration,
    /// All reads of a look. 60 s: two small requests for each of 500 connectors take a second, and what is not read by then is
    /// unknown.
    pub look: Duration,
    /// A validation, which may try out the systems that the config names. 30 s.
    pub validate: Duration,
    /// One attempt to write. 95 s: Connect itself gives up after 90 s, and its word is better than none (Kafka,
    /// `RestServer.DEFAULT_REST_REQUEST_TIMEOUT_MS`).
    pub write: Duration,
    /// All attempts to write while Connect is busy with itself. 60 s: rebalances take seconds, and up to a minute where
    /// tasks do not end when they are told to.
    pub busy: Duration,
    /// The first pause between two attempts, of which each is twice the one before. 500 ms.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(30),
            look: Duration::from_secs(60),
            validate: Duration::from_secs(30),
            write: Duration::from_secs(95),
            busy: Duration::from_secs(60),
            pause: Duration::from_millis(500),
        }
    }
}

/// One Connect cluster.
pub struct Client {
    name: CompactString,
    rest: rest::Client,
    patience: Patience,
    /// Whether secrets may go there.
    is_private: bool,
}

impl Client {
    /// Makes a client of the Connect cluster that `headgate.yaml` calls by this name. Nothing is sent yet.
    #[must_use]
    pub fn new(name: &str, endpoint: &Endpoint) -> Self {
        Self::patient(name, endpoint, Patience::default(), rest::Limits::default())
    }

    /// Makes a client with bounds of its own.
    #[must_use]
    pub fn patient(
        name: &str,
        endpoint: &Endpoint,
        patience: Patience,
        limits: rest::Limits,
    ) -> Self {
        Self {
            name: name.into(),
            rest: rest::Client::new("Kafka Connect", endpoint, limits),
            patience,
            is_private: endpoint.is_private,
        }
    }
}

impl ConnectPlane for Client {
    fn observe(&self) -> BoxFuture<'_, Observed<ConnectSeen>> {
        Box::pin(observe::observe(self))
    }

    fn look<'a>(&'a self, names: &'a [CompactString]) -> BoxFuture<'a, Observed<ConnectLooked>> {
        Box::pin(observe::look(self, names))
    }

    fn validate<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConnectorConfig,
    ) -> BoxFuture<'a, Observed<Vec<ConfigProblem>>> {
        Box::pin(validate::validate(self, name, config))
    }

    fn write(&self, write: ConnectWrite) -> BoxFuture<'_, Outcome> {
        Box::pin(write::write(self, write))
    }
}
