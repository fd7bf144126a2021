//! A topic as git wants it.

use compact_str::CompactString;

use super::DesiredPlacement;
use crate::model::{ConfigKey, Place, SecretName};

/// A `kind: Topic` document with the cluster's defaults merged in.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredTopic {
    /// Where the document stands.
    pub place: Place,
    /// `metadata.labels`, sorted: a map would take ten times the memory of the one or two that most topics have.
    pub labels: Box<[(CompactString, CompactString)]>,
    /// Number of partitions.
    pub partitions: u32,
    /// Number of replicas of each partition.
    pub replication_factor: u16,
    /// Declared keys, the cluster's defaults among them, sorted by key. A value is normalised by the type that Kafka's
    /// table gives the key (`model::topic_config`); of a key that the table lacks it is the text that was written.
    pub config: Vec<(ConfigKey, DesiredValue)>,
    /// Where its replicas lie; `None`: new ones are spread evenly over the racks, others stay where they are.
    pub placement: Option<Box<DesiredPlacement>>,
    /// The subjects that describe its records; `None`: git does not say.
    pub schemas: Option<Box<TopicSchemas>>,
}

/// The subjects that describe a topic's records. Each is declared in the same cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicSchemas {
    /// That of the keys.
    pub key: Option<CompactString>,
    /// That of the values.
    pub value: Option<CompactString>,
}

/// What git says about a config key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesiredValue {
    /// The key has this value on the topic itself, also when the topic would inherit the same.
    Set(CompactString),
    /// The key has the value of this secret.
    Secret(SecretName),
    /// `null`: whatever it is, leave it alone.
    LeaveAlone,
}
