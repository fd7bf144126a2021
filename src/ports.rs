//! The traits through which the daemon reaches the world (rank 5). `kafka` and `source` are one implementation, the
//! `sandbox` is the other; nobody above this file knows which one runs.

mod connect;
mod registry;

use std::{collections::BTreeSet, fmt, time::Duration};

use compact_str::CompactString;
use futures::future::BoxFuture;

use crate::{
    desired::{Pattern, ResetTo},
    live::{KafkaLive, Looks, Observed},
    model::{
        Acl, ClusterId, ClusterName, ConfigKey, Intent, Kind, ObjectRef, QuotaEntity,
        ScramMechanism, Secret, TopicId, TopicName,
    },
};

pub use connect::{ConnectPlane, ConnectWrite, ConnectorConfig};
pub use registry::{NewSchema, RegistryPlane, RegistryWrite, Wanted};

/// The Kafka plane of one cluster. Every method is bounded in time by the implementation, and may be dropped at any
/// point without harm to later calls. No method retries a write: the next pass is the retry.
pub trait KafkaPlane: Send + Sync {
    /// Observes the cluster. A kind that is asked for and cannot be read is unknown by itself.
    fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>>;

    /// Looks at some objects only: right before a write, and after it until it is seen.
    fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>>;

    /// Looks at objects that an observation lacks on another broker than the one it came from, which may lag behind its
    /// controller. What no other broker can be asked about is left out.
    fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks>;

    /// Sends one batch as one request and returns an outcome per item, in the batch's order. (What Kafka cannot take in
    /// one request, such as two credentials of one user, is sent in as few as it takes.)
    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>>;

    /// Tries to log in as each of these users, a few at a time, and tells of each whether the broker let it in; unknown
    /// when no broker answered, or no listener speaks its mechanism.
    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>>;
}

/// What an observation shall see, beside brokers, topics and the cluster's health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Kinds to list.
    pub kinds: BTreeSet<Kind>,
    /// Topics that were there before: one that the listing lacks is looked up on every broker before it counts as absent,
    /// since a broker may lag behind its controller.
    pub topics: Vec<TopicName>,
    /// Topics that git declares and that were not there before: one that the listing lacks is asked for by name, since a
    /// listing leaves out what may not be described.
    pub declared: Vec<TopicName>,
    /// Scopes of which every topic is to be seen: whether Headgate may, it asks by the name of one that nobody has.
    pub scopes: Vec<Pattern>,
    /// Groups that git declares: their members and offsets come before those of others, and only of them is wanted how old
    /// the first record is that they have not read.
    pub groups: BTreeSet<CompactString>,
    /// Groups whose configs git declares, or the ledger knows: brokers before Kafka 4.1 do not list which groups have
    /// some (KIP-1142), and a group that nobody is in yet stands in no other list.
    pub group_configs: BTreeSet<CompactString>,
    /// Topics that may be about to be deleted: who uses them is wanted.
    pub usage: BTreeSet<TopicName>,
}

/// What a targeted look saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The id of the cluster that answered: a write to another cluster than the planned one must not happen.
    pub cluster_id: ClusterId,
    /// The objects asked for.
    pub objects: Looks,
}

/// Writes of one sort that travel in one request; the caller keeps them below Kafka's limit of 10,000 metadata records
/// an operation (KRaft, `QuorumController.MAX_RECORDS_PER_USER_OP`).
#[derive(Debug, Clone, PartialEq)]
pub enum Batch {
    /// CreateTopics.
    CreateTopics(Vec<NewTopic>),
    /// CreatePartitions.
    AddPartitions(Vec<MorePartitions>),
    /// IncrementalAlterConfigs on topics, brokers, groups and metrics subscriptions: `None` resets a key.
    AlterConfigs(Vec<(ObjectRef, Vec<KeyChange>)>),
    /// DeleteTopics, by id: a topic that was made again under the name is another one.
    DeleteTopics(Vec<(TopicName, TopicId)>),
    /// CreateAcls. One that is there already counts as made.
    CreateAcls(Vec<Acl>),
    /// DeleteAcls, each by a filter that matches nothing else. At most 50: each scans all ACLs on the controller's only
    /// thread.
    DeleteAcls(Vec<Acl>),
    /// AlterClientQuotas: `None` removes a key.
    AlterQuotas(Vec<(QuotaEntity, Vec<QuotaChange>)>),
    /// AlterUserScramCredentials, setting: the salted password is made on this side (KIP-554).
    SetCredentials(Vec<Credential>),
    /// AlterUserScramCredentials, deleting.
    DeleteCredentials(Vec<(CompactString, ScramMechanism)>),
    /// AlterPartitionReassignments: `None` cancels (KIP-455).
    Reassign(Vec<Reassignment>),
    /// ElectLeaders, preferred (KIP-460).
    ElectLeaders(Vec<(TopicName, i32)>),
    /// Sets the committed offsets of groups without members; an item is a group, whole.
    SetOffsets(Vec<OffsetReset>),
}

/// A config key and the value it gets; `None` resets it.
pub type KeyChange = (ConfigKey, Option<NewValue>);

/// A key of a quota and the value it gets; `None` removes it.
pub type QuotaChange = (CompactString, Option<f64>);

impl Batch {
    /// Returns the number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::CreateTopics(items) => items.len(),
            Self::AddPartitions(items) => items.len(),
            Self::AlterConfigs(items) => items.len(),
            Self::DeleteTopics(items) => items.len(),
            Self::CreateAcls(items) | Self::DeleteAcls(items) => items.len(),
            Self::AlterQuotas(items) => items.len(),
            Self::SetCredentials(items) => items.len(),
            Self::DeleteCredentials(items) => items.len(),
            Self::Reassign(items) => items.len(),
            Self::ElectLeaders(items) => items.len(),
            Self::SetOffsets(items) => items.len(),
        }
    }

    /// Tells whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first items only.
    pub fn truncate(&mut self, len: usize) {
        match self {
            Self::CreateTopics(items) => items.truncate(len),
            Self::AddPartitions(items) => items.truncate(len),
            Self::AlterConfigs(items) => items.truncate(len),
            Self::DeleteTopics(items) => items.truncate(len),
            Self::CreateAcls(items) | Self::DeleteAcls(items) => items.truncate(len),
            Self::AlterQuotas(items) => items.truncate(len),
            Self::SetCredentials(items) => items.truncate(len),
            Self::DeleteCredentials(items) => items.truncate(len),
            Self::Reassign(items) => items.truncate(len),
            Self::ElectLeaders(items) => items.truncate(len),
            Self::SetOffsets(items) => items.truncate(len),
        }
    }
}

/// A topic to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: TopicName,
    /// Number of partitions.
    pub partitions: u32,
    /// Replicas of each partition.
    pub replication_factor: u16,
    /// Replicas by partition, preferred leader first; empty: the controller places them.
    pub assignment: Vec<Box<[i32]>>,
    /// Values set on the topic itself.
    pub config: Vec<(ConfigKey, CompactString)>,
}

/// Partitions to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MorePartitions {
    /// The topic.
    pub name: TopicName,
    /// How many it shall have.
    pub count: u32,
    /// Replicas of the new ones, preferred leader first; empty: the controller places them.
    pub assignment: Vec<Box<[i32]>>,
}

/// A partition's replicas to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassignment {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// Its replicas, preferred leader first; `None` cancels what is under way.
    pub replicas: Option<Box<[i32]>>,
}

/// A group's offsets to be. The offsets behind the point are found right before they are set: those that a plan could
/// name would be old by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetReset {
    /// The group.
    pub group: CompactString,
    /// Where to, and in which topics.
    pub to: ResetTo,
}

/// A user's password for one mechanism.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user.
    pub user: CompactString,
    /// The mechanism.
    pub mechanism: ScramMechanism,
    /// Rounds of the hash; logging in does not need them.
    pub iterations: u32,
    /// The password.
    pub password: Secret<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user, mechanism, ..
        } = self;
        write!(f, "{mechanism} password of {user}")
    }
}

/// A config value to set.
#[derive(Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Anybody may see it.
    Open(CompactString),
    /// Nobody may.
    Secret(Secret<String>),
}

impl NewValue {
    /// Hands the value out, for the request that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Open(value) => value,
            Self::Secret(value) => value.expose(),
        }
    }
}

impl fmt::Debug for NewValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(value) => value.fmt(f),
            Self::Secret(_) => f.write_str("(hidden)"),
        }
    }
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
    /// It was sent, and the answer does not say what became of it, as the 5xx of a worker or a proxy that asked another one:
    /// it may have happened. Only a look can tell; the service itself is there.
    Unclear(String),
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
    /// TOPIC_ALREADY_EXISTS, NO_REASSIGNMENT_IN_PROGRESS and the like: success if a look shows the wanted state.
    AlreadyThere,
    /// UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID: success for a deletion if a look shows it gone.
    Gone,
    /// The request as a whole was refused and a smaller one may pass: it was too large, or one item spoiled it.
    WholeRequest,
    /// NOT_CONTROLLER, a broken connection before sending, and the like: the next pass may pass.
    Transient,
    /// No server of a REST plane took a connection: whatever else is sent to it now ends so.
    Unreached,
    /// Others refer to it; it may pass behind a deletion of theirs.
    ReferredTo,
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
