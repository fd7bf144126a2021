//! The cluster itself as the brokers report it: who is there, what lies on their disks, how the controllers are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Observed;

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

/// How the cluster is, beside what it holds. None of it is desired state; alerts, gates and people look at it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The controllers (KIP-595, DescribeQuorum).
    #[serde(default)]
    pub quorum: Observed<Quorum>,
    /// Log directories by broker (KIP-113, KIP-827); the sizes may be some minutes old.
    #[serde(default)]
    pub log_dirs: BTreeMap<i32, Observed<Vec<LogDir>>>,
    /// Brokers that are registered and fenced (KIP-1073); unknown before Kafka 4.0, which does not tell.
    #[serde(default)]
    pub fenced: Observed<Vec<i32>>,
}

/// The controller quorum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quorum {
    /// Node id of the active controller, -1 while there is none.
    pub leader: i32,
    /// Its epoch.
    pub epoch: i32,
    /// Offset up to which the metadata log is committed.
    pub high_watermark: i64,
    /// Controllers that vote.
    pub voters: Vec<QuorumNode>,
    /// Nodes that follow: the brokers.
    pub observers: Vec<QuorumNode>,
}

impl Quorum {
    /// Returns by how many records the voter that is furthest behind lags.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let end = self.voters.iter().map(|v| v.log_end_offset).max();
        let slowest = self.voters.iter().map(|v| v.log_end_offset).min();
        let lag = end.zip(slowest).map_or(0, |(end, slowest)| end - slowest);
        u64::try_from(lag).unwrap_or(0)
    }
}

/// One node of the quorum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuorumNode {
    /// Its node id.
    pub id: i32,
    /// Last offset of its metadata log, -1 when not known.
    pub log_end_offset: i64,
}

/// One log directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogDir {
    /// Its path on the broker.
    pub path: String,
    /// Why it cannot be used; `None` when it can.
    pub error: Option<String>,
    /// Bytes of all replicas in it.
    pub used: u64,
    /// Bytes of its disk, where the broker tells (Kafka 3.3, KIP-827).
    pub total: Option<u64>,
    /// Free bytes of its disk.
    pub usable: Option<u64>,
}
