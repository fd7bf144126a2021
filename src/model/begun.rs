//! What Headgate began about replicas and has not seen ended: partitions it moves and throttles it set for that. Noted
//! before the write, so that after a crash each is known as Headgate's own and somebody else's is never touched.

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConfigKey, ObjectRef, TopicName};

/// Moves and throttles that are Headgate's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Partitions that it moves.
    #[serde(default)]
    pub moves: Vec<BegunMove>,
    /// Throttles that it set.
    #[serde(default)]
    pub throttles: Vec<Throttle>,
}

/// A partition that Headgate moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunMove {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// Where to, preferred leader first: every target that was sent and may be in force, the newest last.
    pub targets: Vec<Box<[i32]>>,
    /// Passes in a row in which the controller knew of no move of the partition.
    #[serde(default)]
    pub unseen: u32,
}

/// A throttle that Headgate set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// The broker's configs, or the topic.
    pub object: ObjectRef,
    /// The key.
    pub key: ConfigKey,
    /// Every value that was set and may stand, the newest last. Any other value is somebody else's.
    pub values: Vec<CompactString>,
    /// Since when none of them is seen. A broker that lags shows what was before, so it takes a while to believe it.
    #[serde(default)]
    pub unseen: Option<Timestamp>,
    /// Since when the newest of several is seen. A broker that lags may show one that was set before and noted again since.
    #[serde(default)]
    pub newest_seen: Option<Timestamp>,
}

impl Begun {
    /// Tells whether there is nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.throttles.is_empty()
    }

    /// Returns where Headgate may be moving a partition to.
    #[must_use]
    pub fn targets(&self, topic: &str, partition: i32) -> &[Box<[i32]>] {
        let mut moves = self.moves.iter();
        let found = moves.find(|m| m.partition == partition && m.topic.as_str() == topic);
        found.map_or(&[], |m| &m.targets)
    }

    /// Tells whether a throttle has a value that Headgate gave it.
    #[must_use]
    pub fn set(&self, object: &ObjectRef, key: &str, value: Option<&str>) -> bool {
        let mut throttles = self.throttles.iter();
        let found = throttles.find(|t| t.key.as_str() == key && t.object == *object);
        found.is_some_and(|t| value.is_some_and(|value| t.values.iter().any(|v| v == value)))
    }

    /// Notes that a partition is about to be moved.
    pub fn note_move(&mut self, topic: &str, partition: i32, to: &[i32]) {
        let mut moves = self.moves.iter_mut();
        let known = moves.find(|m| m.partition == partition && m.topic.as_str() == topic);
        match known {
            Some(known) => {
                known.unseen = 0;
                note(&mut known.targets, to.into());
            }
            None => self.moves.push(BegunMove {
                topic: TopicName::from_broker(topic),
                partition,
                targets: vec![to.into()],
                unseen: 0,
            }),
        }
    }

    /// Notes that a throttle is about to be set.
    pub fn note_throttle(&mut self, object: &ObjectRef, key: &ConfigKey, value: &str) {
        let mut throttles = self.throttles.iter_mut();
        match throttles.find(|t| t.object == *object && t.key == *key) {
            Some(known) => {
                known.unseen = None;
                known.newest_seen = None;
                note(&mut known.values, value.into());
            }
            None => self.throttles.push(Throttle {
                object: object.clone(),
                key: key.clone(),
                values: vec![value.into()],
                unseen: None,
                newest_seen: None,
            }),
        }
    }
}

/// Makes a value the newest.
fn note<T: PartialEq>(values: &mut Vec<T>, value: T) {
    values.retain(|known| *known != value);
    values.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn only_what_was_set_is_ours() {
        let (broker, key) = (
            ObjectRef::new(Kind::BrokerConfig, "1"),
            ConfigKey::new("rate"),
        );
        let mut begun = Begun::default();
        for value in ["10", "20", "10"] {
            begun.note_throttle(&broker, &key, value);
        }
        assert_eq!(begun.throttles[0].values, ["20", "10"]);
        assert!(begun.set(&broker, "rate", Some("20")));
        assert!(!begun.set(&broker, "rate", Some("30")));
        assert!(!begun.set(&broker, "rate", None));
        assert!(!begun.set(&ObjectRef::new(Kind::BrokerConfig, "2"), "rate", Some("20")));
    }
}
