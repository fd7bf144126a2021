//! What the planes really hold, as observed at one moment (rank 1: types only, nobody fetches here).

mod topic;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use topic::{LiveConfig, LivePartition, LiveTopic};

use crate::model::{ClusterId, ConfigKey, ConfigType, TopicName};

/// Something that was looked at: known whole, or unknown with the reason. Unknown never reads as absent, so nothing
/// can be deleted, reset or called missing because of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed<T> {
    /// Seen, complete.
    Known(T),
    /// Not seen, and why, as a sentence fragment for people.
    Unknown(String),
}

impl<T> Observed<T> {
    /// Returns the value if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Changes the value if it is known.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(change(value)),
            Self::Unknown(reason) => Observed::Unknown(reason),
        }
    }

    /// Returns why the value is not known.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(reason) => Some(reason),
        }
    }
}

/// One observation of every plane of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// When the observation began; what it holds is at least as new.
    pub observed_at: Timestamp,
    /// The Kafka plane.
    pub kafka: Observed<KafkaLive>,
}

/// What the Kafka plane holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaLive {
    /// The id the cluster was formatted with.
    pub cluster_id: ClusterId,
    /// Brokers that are registered and not fenced, by id.
    pub brokers: Vec<Broker>,
    /// Every topic, internal ones too. A topic that exists but could not be read is `Unknown`; one that is not in the
    /// map is absent.
    pub topics: BTreeMap<TopicName, Observed<LiveTopic>>,
    /// Config keys that this cluster's topics have, and their types; empty while it has no readable topic to ask.
    #[serde(default)]
    pub topic_keys: BTreeMap<ConfigKey, ConfigType>,
}

impl Live {
    /// Returns the observation as it is after newer looks at some of its topics; one that saw nothing stays so.
    #[must_use]
    pub fn with_looked(self, looked: BTreeMap<TopicName, Observed<Option<LiveTopic>>>) -> Self {
        Self {
            kafka: self.kafka.map(|kafka| kafka.with_looked(looked)),
            ..self
        }
    }
}

impl KafkaLive {
    /// Returns the observation as it is after newer looks at some of its topics. A topic that a look could not read is
    /// unknown from then on, whatever was known of it before.
    #[must_use]
    pub fn with_looked(mut self, looked: BTreeMap<TopicName, Observed<Option<LiveTopic>>>) -> Self {
        for (name, state) in looked {
            match state {
                Observed::Known(None) => drop(self.topics.remove(&name)),
                Observed::Known(Some(topic)) => {
                    drop(self.topics.insert(name, Observed::Known(topic)))
                }
                Observed::Unknown(why) => drop(self.topics.insert(name, Observed::Unknown(why))),
            }
        }
        self
    }
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    /// Its node id.
    pub id: i32,
    /// Host of the listener that was used.
    pub host: String,
    /// Port of the listener that was used.
    pub port: u16,
    /// `broker.rack`.
    pub rack: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TopicId;

    #[test]
    fn newer_looks_take_the_place_of_what_was_observed() {
        let topic = |id: u8| LiveTopic {
            id: TopicId([id; 16]),
            internal: false,
            partitions: Vec::new(),
            config: Vec::new(),
        };
        let name = TopicName::from_broker;
        let live = KafkaLive {
            cluster_id: ClusterId("c".into()),
            brokers: Vec::new(),
            topics: ["kept", "gone", "changed", "unread"]
                .map(|n| (name(n), Observed::Known(topic(1))))
                .into(),
            topic_keys: BTreeMap::new(),
        };
        let looked = BTreeMap::from([
            (name("gone"), Observed::Known(None)),
            (name("changed"), Observed::Known(Some(topic(2)))),
            (name("new"), Observed::Known(Some(topic(3)))),
            (name("unread"), Observed::Unknown("timeout".into())),
        ]);
        let want = BTreeMap::from([
            (name("kept"), Observed::Known(topic(1))),
            (name("changed"), Observed::Known(topic(2))),
            (name("new"), Observed::Known(topic(3))),
            (name("unread"), Observed::Unknown("timeout".into())),
        ]);
        assert_eq!(live.with_looked(looked).topics, want);
    }
}
