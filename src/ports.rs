//! The traits through which the daemon reaches the world (rank 5). `kafka` and `source` are one implementation, the
//! `sandbox` is the other; nobody above this file knows which one runs.

use std::{collections::BTreeMap, time::Duration};

use compact_str::CompactString;
use futures::future::BoxFuture;

use crate::{
    live::{KafkaLive, LiveTopic, Observed},
    model::{ClusterId, ClusterName, ConfigKey, Intent, TopicId, TopicName},
};

/// The Kafka plane of one cluster. Every method is bounded in time by the implementation, and may be dropped at any
/// point without harm to later calls. No method retries a write: the next pass is the retry.
pub trait KafkaPlane: Send + Sync {
    /// Observes the whole cluster. Names in `expected` that the listing lacks are looked up on every broker before
    /// they count as absent, since a broker may lag behind its controller.
    fn observe<'a>(&'a self, expected: &'a [TopicName]) -> BoxFuture<'a, Observed<KafkaLive>>;

    /// Looks at some topics only: right before a write, and after it until it is seen. `Known(None)` is a topic that
    /// the broker says is absent.
    fn look<'a>(&'a self, topics: &'a [TopicName]) -> BoxFuture<'a, Observed<Looked>>;

    /// Sends one batch as one request and returns an outcome per item, in the batch's order.
    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>>;
}

/// What a targeted look saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The id of the cluster that answered: a write to another cluster than the planned one must not happen.
    pub cluster_id: ClusterId,
    /// The topics asked for.
    pub topics: BTreeMap<TopicName, Observed<Option<LiveTopic>>>,
}

/// Writes of one sort that travel in one request; the caller keeps them below Kafka's limit of 10,000 metadata records
/// an operation (KRaft, `QuorumController.MAX_RECORDS_PER_USER_OP`).
#[derive(Debug, Clone, PartialEq)]
pub enum Batch {
    /// CreateTopics.
    CreateTopics(Vec<NewTopic>),
    /// CreatePartitions: topic and the number of partitions it shall have.
    AddPartitions(Vec<(TopicName, u32)>),
    /// IncrementalAlterConfigs on topics: `None` resets a key.
    AlterTopicConfigs(Vec<(TopicName, Vec<KeyChange>)>),
    /// DeleteTopics, by id: a topic that was made again under the name is another one.
    DeleteTopics(Vec<(TopicName, TopicId)>),
}

/// A config key and the value it gets; `None` resets it.
pub type KeyChange = (ConfigKey, Option<CompactString>);

impl Batch {
    /// Returns the number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::CreateTopics(items) => items.len(),
            Self::AddPartitions(items) => items.len(),
            Self::AlterTopicConfigs(items) => items.len(),
            Self::DeleteTopics(items) => items.len(),
        }
    }

    /// Tells whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A topic to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: TopicName,
    /// Number of partitions.
    pub partitions: u32,
    /// Replicas of each partition; the controller places them.
    pub replication_factor: u16,
    /// Values set on the topic itself.
    pub config: Vec<(ConfigKey, CompactString)>,
}

/// What became of one written item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The controller took it; brokers show it a little later.
    Applied,
    /// It was not done: Kafka refused it, or it was never sent.
    Refused(Refusal),
    /// It was not done: the controller's mutation quota is spent (KIP-599). Worth trying again after the time.
    Throttled(Duration),
    /// It was sent and no answer came: it may have happened. Only a look can tell.
    Unknown(String),
}

/// Why an item was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the caller can do about it.
    pub class: RefusalClass,
    /// Kafka's code by name (`INVALID_CONFIG`), or the client's own error kind.
    pub code: CompactString,
    /// The message for people.
    pub message: String,
}

/// What the caller can do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// TOPIC_ALREADY_EXISTS and the like: success if a look shows the wanted state.
    AlreadyThere,
    /// UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID: success for a deletion if a look shows it gone.
    Gone,
    /// The request as a whole was refused and a smaller one may pass: it was too large, or one item spoiled it.
    WholeRequest,
    /// NOT_CONTROLLER, a broken connection before sending, and the like: the next pass may pass.
    Transient,
    /// This item is wrong or not allowed; sending it again changes nothing.
    Final,
}

/// Where writes are noted before they are made.
pub trait Journal: Send + Sync {
    /// Notes writes that are about to be made, durably.
    ///
    /// # Errors
    /// The store cannot be written; the writes must then not be made.
    fn intend(&self, cluster: &ClusterName, intents: &[Intent]) -> Result<(), JournalError>;
}

/// The journal cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger cannot be written, so nothing is changed: {0}")]
pub struct JournalError(pub String);
