//! A topic as the brokers report it.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::model::{ConfigKey, TopicId};

/// A topic: identity, layout, and the config values that are set on the topic itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveTopic {
    /// Its id; a topic that is deleted and made again has another one.
    pub id: TopicId,
    /// Whether the broker calls it internal (`__consumer_offsets` and the like).
    #[serde(default)]
    pub internal: bool,
    /// Partitions by index, without gaps.
    pub partitions: Vec<LivePartition>,
    /// Values with source DYNAMIC_TOPIC_CONFIG only, by key: what a topic inherits from a broker is not its own.
    pub config: Vec<LiveConfig>,
}

/// A partition's layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LivePartition {
    /// Broker id of the leader, -1 while there is none.
    pub leader: i32,
    /// Broker ids of the replicas, preferred leader first.
    pub replicas: Box<[i32]>,
    /// Broker ids of the replicas in sync.
    pub isr: Box<[i32]>,
}

/// A config value set on an object itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveConfig {
    /// The key.
    pub key: ConfigKey,
    /// The value as Kafka spells it; `None` when Kafka keeps it secret, which is not the same as unset.
    pub value: Option<CompactString>,
}

/// Returns an own value of a key: outer `None` when it is not set on the object, inner `None` when Kafka keeps it secret.
#[must_use]
pub fn config_value<'a>(config: &'a [LiveConfig], key: &str) -> Option<Option<&'a str>> {
    config
        .iter()
        .find(|c| c.key.as_str() == key)
        .map(|c| c.value.as_deref())
}

/// A partition that is being moved. Its live replicas hold the adding ones already; its target is the replicas less the
/// removing ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moving {
    /// The partition.
    pub partition: i32,
    /// All replicas while it moves, in the target's order first.
    pub replicas: Box<[i32]>,
    /// Those that are being filled.
    pub adding: Box<[i32]>,
    /// Those that go when the adding ones are in sync.
    pub removing: Box<[i32]>,
}

impl Moving {
    /// Returns the replicas it will have, preferred leader first.
    #[must_use]
    pub fn target(&self) -> Vec<i32> {
        let replicas = self.replicas.iter().copied();
        replicas.filter(|r| !self.removing.contains(r)).collect()
    }
}

impl LiveTopic {
    /// Returns the topic's own value of a key: outer `None` when it is not set on the topic, inner `None` when Kafka
    /// keeps it secret.
    #[must_use]
    pub fn config_value(&self, key: &str) -> Option<Option<&str>> {
        config_value(&self.config, key)
    }

    /// Returns the number of replicas a partition has, taken from the partition with the most: during a reassignment
    /// some carry additional ones.
    #[must_use]
    pub fn replication_factor(&self) -> usize {
        self.partitions
            .iter()
            .map(|p| p.replicas.len())
            .max()
            .unwrap_or(0)
    }
}
