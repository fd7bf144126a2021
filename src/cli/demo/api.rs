//! The API that the story's source reads: it gets items, and fails. On the sandbox it is made up: nothing there would read it.

use serde_json::Value;

use super::{
    platform::{SINK, SOURCE},
    story::until,
};
use crate::{cli::failure::Failure, lab::Endpoint, rest, sandbox::Connect};

/// Where an API would be that is made up.
const MADE_UP: &str = "http://sandbox:8080/items";

/// The API that the source reads.
pub(super) enum Api<'a> {
    /// One that answers.
    Real(Flow<'a>),
    /// One that is not there: when it is to fail, the task that would read it ends.
    MadeUp(&'a Connect),
}

/// An API, and how far its items have come.
pub(super) struct Flow<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// A worker that knows it.
    pub(super) worker: String,
}

impl Api<'_> {
    /// Returns where it is.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Real(flow) => flow.endpoint.url(),
            Self::MadeUp(_) => MADE_UP.to_owned(),
        }
    }

    /// Returns it where its items really move.
    pub(super) fn flow(&self) -> Option<&Flow<'_>> {
        match self {
            Self::Real(flow) => Some(flow),
            Self::MadeUp(_) => None,
        }
    }

    /// Has it answer 500 once.
    pub(super) fn fail_once(&self) {
        match self {
            Self::Real(flow) => flow.endpoint.fail_once(),
            Self::MadeUp(connect) => end_task(connect),
        }
    }

    /// Has it answer 500 from now on, or no longer.
    pub(super) fn fail(&self, fails: bool) {
        match self {
            Self::Real(flow) => flow.endpoint.fail(fails),
            Self::MadeUp(connect) if fails => end_task(connect),
            Self::MadeUp(_) => {}
        }
    }
}

/// Ends the task that would read the API, as the lab's plugin does.
fn end_task(connect: &Connect) {
    let trace = format!(
        "org.apache.kafka.connect.errors.ConnectException: {MADE_UP} answered with status 500"
    );
    connect.edit(|world| world.fail(SOURCE, &trace));
}

impl Flow<'_> {
    /// Adds items.
    pub(super) fn publish(&self, items: u64) {
        self.endpoint.publish(items);
    }

    /// Waits until so many items are read, and as many records written to S3: none is lost, none is there twice.
    pub(super) async fn until_through(&self, items: u64) -> Result<(), Failure> {
        until(&format!("{items} items are through"), async || {
            self.offset(SOURCE, "id").await == Some(items)
                && self.offset(SINK, "kafka_offset").await == Some(items)
        })
        .await
    }

    /// Returns up to where a connector has come, as Connect remembers it: the last item read, or the record written next.
    async fn offset(&self, connector: &str, field: &str) -> Option<u64> {
        let url = format!("{}/connectors/{connector}/offsets", self.worker);
        let answer = rest::plain().build().ok()?.get(url).send().await.ok()?;
        let answer: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
        answer["offsets"][0]["offset"][field].as_u64()
    }
}
