//! Groups as their coordinators report them.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Observed;
use crate::model::TopicName;

/// A group of consumers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveGroup {
    /// `Stable`, `Empty`, `PreparingRebalance`, … as Kafka spells it.
    pub state: CompactString,
    /// `classic`, `consumer` (KIP-848), `share`, `streams`; as the listing says, empty where it does not.
    pub protocol: CompactString,
    /// Members and offsets.
    #[serde(default)]
    pub detail: Observed<GroupDetail>,
}

/// What takes further requests to know of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupDetail {
    /// Its members.
    pub members: Vec<GroupMember>,
    /// Committed offsets by topic and partition.
    pub offsets: BTreeMap<TopicName, Vec<GroupOffset>>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// Its id, which the coordinator made.
    pub id: CompactString,
    /// The client id it calls itself.
    pub client_id: CompactString,
    /// Where it connects from.
    pub host: CompactString,
    /// Partitions it reads, by topic.
    pub assigned: BTreeMap<TopicName, Vec<i32>>,
}

/// How far a group has come in a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupOffset {
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next one to be read.
    pub committed: i64,
    /// The partition's end; `None` when it is not known (no leader, deleted).
    pub end: Option<i64>,
    /// Time (ms since 1970) of the record at the committed offset, where it was asked for and there is one: the lag in
    /// time begins there.
    #[serde(default)]
    pub at: Option<i64>,
}

impl GroupOffset {
    /// Returns how many records are not read yet; `None` when the end is not known.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let behind = self.end? - self.committed;
        Some(u64::try_from(behind).unwrap_or(0))
    }
}

impl GroupDetail {
    /// Returns the lag over all partitions; `None` when that of one is not known.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let offsets = self.offsets.values().flatten();
        offsets.map(GroupOffset::lag).sum()
    }
}

/// Who uses a topic, as far as its deletion must know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Time (ms since 1970) of its newest record; `None` when it has none.
    pub last_write: Option<i64>,
    /// How many offsets its partitions without any record have given out, together: what was written there is gone, and
    /// nothing tells when it was written. 0 when nothing ever was.
    #[serde(default)]
    pub emptied: i64,
    /// Groups with members that are assigned partitions of it.
    pub consumers: Vec<CompactString>,
}
