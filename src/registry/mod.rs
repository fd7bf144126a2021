//! The Schema Registry plane (rank 7): one registry over Confluent's REST API (Confluent's own, and Apicurio, whose
//! differences are met where they show).
//!
//! ```text
//! observe, look -> reading -> level, schema -> live      write -> Outcome      all over rest::Client
//! ```
//! A schema is compared by asking the registry whether it knows it, never by its text: what whitespace or order mean, the
//! registry alone knows.

mod answers;
mod level;
mod listing;
mod observe;
mod reading;
mod references;
mod referrers;
mod schema;
mod texts;
mod write;

use std::{collections::BTreeMap, time::Duration};

use compact_str::CompactString;
use futures::future::BoxFuture;
use serde::Serialize;

use crate::{
    config::Endpoint,
    live::{Newest, Observed, RegistryLive, RegistryLooked, SchemaText},
    ports::{Outcome, RegistryPlane, RegistryWrite, Wanted},
    rest::{self, Again, Answer, Error, Limits, Method, Request, segment},
};

/// The largest answer that is read, in bytes, of which 16 may be under way at once. 8 MiB: the names of 100,000 subjects, or
/// a schema eight times as long as a record of Kafka may be by default.
const LARGEST_ANSWER: usize = 8 << 20;

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Patience {
    /// A read. 30 s: a registry answers within milliseconds.
    pub read: Duration,
    /// All reads of an observation or a look. 60 s: three small requests for each of 1,000 subjects take a second, and what
    /// is not read by then is unknown.
    pub observe: Duration,
    /// One request of a write. 60 s: a registry waits for Kafka that long (`kafkastore.timeout.ms` is 500 ms by default,
    /// and followers pass writes on).
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(30),
            observe: Duration::from_secs(60),
            write: Duration::from_secs(60),
        }
    }
}

/// One Schema Registry.
pub struct Client {
    rest: rest::Client,
    patience: Patience,
}

impl Client {
    /// Makes a client. Nothing is sent yet.
    #[must_use]
    pub fn new(endpoint: &Endpoint) -> Self {
        let limits = Limits {
            answer: LARGEST_ANSWER,
            ..Limits::default()
        };
        Self::patient(endpoint, Patience::default(), limits)
    }

    /// Makes a client with bounds of its own.
    #[must_use]
    pub fn patient(endpoint: &Endpoint, patience: Patience, limits: Limits) -> Self {
        Self {
            rest: rest::Client::new("a Schema Registry", endpoint, limits),
            patience,
        }
    }

    /// Reads.
    async fn get(&self, path: &str) -> Result<Answer, Error> {
        let request = Request::new(Method::Get, path, self.patience.read);
        self.rest.send(&request).await
    }

    /// Asks something that needs a body. Nothing is changed by it.
    async fn ask(&self, path: &str, body: &impl Serialize) -> Result<Answer, Error> {
        let request = Request::new(Method::Post, path, self.patience.read).with_json(body);
        self.rest.send(&request.asked_again(Again::OnSilence)).await
    }
}

/// Returns the path of what a subject has.
fn path(before: &str, subject: &str, below: &str) -> Result<String, Error> {
    match segment(subject) {
        Some(segment) => Ok(format!("{before}/{segment}{below}")),
        None => Err(Error::Settings(format!(
            "no request can name the subject {subject:?}"
        ))),
    }
}

impl RegistryPlane for Client {
    fn observe<'a>(&'a self, wanted: &'a Wanted<'a>) -> BoxFuture<'a, Observed<RegistryLive>> {
        Box::pin(observe::observe(self, wanted))
    }

    fn look<'a>(
        &'a self,
        wanted: &'a Wanted<'a>,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, RegistryLooked> {
        Box::pin(observe::look(self, wanted, subjects))
    }

    fn texts<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Observed<SchemaText>>> {
        Box::pin(texts::texts(self, subjects))
    }

    fn newest<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Newest>> {
        Box::pin(texts::newest(self, subjects))
    }

    fn write(&self, write: RegistryWrite) -> BoxFuture<'_, Outcome> {
        Box::pin(write::write(self, write))
    }
}
