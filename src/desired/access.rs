//! Users, ACLs, quotas and the other things of a cluster that are not topics, as git wants them.

use std::time::Duration;

use compact_str::CompactString;

use super::DesiredValue;
use crate::model::{ConfigKey, Place, ScramMechanism, SecretName};

/// `metadata.labels`, sorted.
pub type Labels = Box<[(CompactString, CompactString)]>;

/// An ACL that git wants; its parts are its key.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredAcl {
    /// Where it is granted first, by file and line.
    pub place: Place,
    /// Where else; it goes with the last of them.
    pub others: Vec<Place>,
}

/// The `scram` part of a `kind: User` document. A user without one has no credentials of Headgate's.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredUser {
    /// Where the document stands.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// Credentials by mechanism, sorted; at least one.
    pub scram: Vec<DesiredCredential>,
    /// Whether logins with the password prove that Kafka still has it.
    pub verify: bool,
}

/// One credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredCredential {
    /// The mechanism.
    pub mechanism: ScramMechanism,
    /// Rounds of the hash; `None`: any, and `ScramMechanism::MIN_ITERATIONS` where it is made.
    pub iterations: Option<u32>,
    /// The secret with the password.
    pub password: SecretName,
}

/// An object that is nothing but config values: a quota, and the configs of brokers, groups and subscriptions.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredConfig {
    /// Where the document stands.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// Declared keys by Kafka's names, sorted; values as Kafka spells them.
    pub config: Vec<(ConfigKey, DesiredValue)>,
}

/// A `kind: ConsumerGroup` document: what is true of a group while all is well.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredGroup {
    /// Where the document stands.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// The group is there.
    pub must_exist: bool,
    /// It is at most this many records behind, over all partitions.
    pub max_lag: Option<u64>,
    /// The oldest record that it has not read is at most this old.
    pub max_lag_time: Option<Duration>,
    /// Where its offsets are set, once.
    pub reset_to: Option<ResetTo>,
}

/// Where offsets are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetTo {
    /// To which point.
    pub point: ResetPoint,
    /// In which topics; empty: in all that the group has offsets of.
    pub topics: Vec<crate::model::TopicName>,
}

/// A point in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetPoint {
    /// The oldest record.
    Earliest,
    /// Behind the newest record.
    Latest,
    /// The first record of this time (ms since 1970) or later.
    Time(i64),
}

impl ResetTo {
    /// Reads what `Display` writes; `None` when it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let point = match words.next()? {
            "earliest" => ResetPoint::Earliest,
            "latest" => ResetPoint::Latest,
            ms => ResetPoint::Time(ms.parse().ok()?),
        };
        let topics = words.map(|name| crate::model::TopicName::new(name).ok());
        Some(Self {
            point,
            topics: topics.collect::<Option<_>>()?,
        })
    }
}

impl std::fmt::Display for ResetTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.point {
            ResetPoint::Earliest => f.write_str("earliest")?,
            ResetPoint::Latest => f.write_str("latest")?,
            ResetPoint::Time(ms) => write!(f, "{ms}")?,
        }
        for topic in &self.topics {
            write!(f, " {topic}")?;
        }
        Ok(())
    }
}

/// Where the replicas of a topic lie, when git says so: an even spread over the racks, unless it names brokers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesiredPlacement {
    /// Only on these brokers; empty: on all.
    pub brokers: Vec<i32>,
    /// The preferred leader is one of these; empty: any.
    pub leaders: Vec<i32>,
}

/// How replicas are moved (`Cluster.spec.moves`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// Bytes per second that a broker may send and receive for moves.
    pub throttle: u64,
    /// Partitions that move at once.
    pub concurrent: u32,
}

impl Default for Moves {
    fn default() -> Self {
        Self {
            throttle: 50 << 20,
            concurrent: 5,
        }
    }
}

/// What is kept even (`Cluster.spec.balance`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Preferred leaders lead. Default: true.
    pub leaders: bool,
    /// Every broker holds its share of replicas. Default: false.
    pub replicas: bool,
}

impl Default for Balance {
    fn default() -> Self {
        Self {
            leaders: true,
            replicas: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_read_as_it_is_written() {
        for text in ["earliest", "latest a b.c", "1750000000000 t"] {
            let read = ResetTo::parse(text);
            assert_eq!(read.map(|r| r.to_string()).as_deref(), Some(text));
        }
        for text in ["", "soon", "earliest  a", "earliest a/b"] {
            assert_eq!(ResetTo::parse(text), None, "{text}");
        }
    }
}
