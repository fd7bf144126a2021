//! Brokers and the controller quorum as the API shows them (rank 4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BrokerState, ClusterView, Page, PartitionCounts,
    health::{self, Judge},
    item::{Values, own_values},
};
use crate::live::{Broker, KafkaLive, LogDir, Observed, Quorum, QuorumNode};

/// The name under which the dynamic configs for all brokers stand.
const DEFAULT: &str = "default";

/// Brokers, and what is true of all of them together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BrokerList {
    /// The brokers.
    #[serde(flatten)]
    pub page: Page<BrokerItem>,
    /// Partitions by state.
    pub partitions: PartitionCounts,
    /// The controller quorum; null when it could not be read.
    #[schema(required)]
    pub quorum: Option<QuorumItem>,
    /// Dynamic configs that every broker has; null when they could not be read, and in it a value that Kafka keeps
    /// secret.
    #[schema(required)]
    pub defaults: Option<Values>,
    /// Why the quorum, which brokers are fenced, or the configs could not be read; null when they could.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// A broker, and how much of the cluster it carries. What could not be read of it is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerItem {
    /// Its node id.
    pub id: i32,
    /// `online`, `fenced` (registered, and the controller does not hear it) or `missing` (it holds replicas, and the
    /// cluster does not name it).
    pub state: BrokerState,
    /// Host of the listener that Headgate uses; null while it is not online.
    #[schema(required)]
    pub host: Option<String>,
    /// Port of the listener that Headgate uses; null while it is not online.
    #[schema(required)]
    pub port: Option<u16>,
    /// `broker.rack`.
    #[schema(required)]
    pub rack: Option<String>,
    /// Whether git says that it shall be emptied.
    pub draining: bool,
    /// Partitions it leads.
    pub partitions_led: usize,
    /// Replicas it holds, leaders among them.
    pub partitions_hosted: usize,
    /// Replicas it holds that are not in sync.
    pub out_of_sync: usize,
    /// Partitions it holds a replica of, of which any replica is not in sync.
    pub under_replicated: usize,
    /// Partitions it holds a replica of that have fewer in sync than `min.insync.replicas`.
    pub under_min_isr: usize,
    /// Its log directories.
    #[schema(required)]
    pub log_dirs: Option<Vec<LogDirItem>>,
    /// Dynamic configs of its own; a null among them is a value that Kafka keeps secret.
    #[schema(required)]
    pub config: Option<Values>,
    /// Why log directories or configs could not be read; null when they could.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// One log directory, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogDirItem {
    /// Its path on the broker.
    pub path: String,
    /// Why it cannot be used; null when it can.
    #[schema(required)]
    pub error: Option<String>,
    /// Bytes of all replicas in it.
    pub used: u64,
    /// Bytes of its disk; null where the broker does not tell (before Kafka 3.3).
    #[schema(required)]
    pub total: Option<u64>,
    /// Free bytes of its disk.
    #[schema(required)]
    pub usable: Option<u64>,
}

impl From<&LogDir> for LogDirItem {
    fn from(dir: &LogDir) -> Self {
        let LogDir {
            path,
            error,
            used,
            total,
            usable,
        } = dir.clone();
        Self {
            path,
            error,
            used,
            total,
            usable,
        }
    }
}

/// The controller quorum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuorumItem {
    /// Node id of the active controller; null while there is none.
    #[schema(required)]
    pub leader: Option<i32>,
    /// Its epoch.
    pub epoch: i32,
    /// Offset up to which the metadata log is committed.
    pub high_watermark: i64,
    /// Records by which the voter that is furthest behind lags; one that the leader never heard lags by the whole log.
    pub lag: u64,
    /// Controllers that vote.
    pub voters: Vec<QuorumNodeItem>,
    /// Nodes that follow: the brokers.
    pub observers: Vec<QuorumNodeItem>,
}

/// One node of the quorum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuorumNodeItem {
    /// Its node id.
    pub id: i32,
    /// Last offset of its metadata log; null when the leader never heard it.
    #[schema(required)]
    pub log_end_offset: Option<i64>,
    /// Records by which it is behind; null when the leader never heard it.
    #[schema(required)]
    pub lag: Option<i64>,
}

impl From<&Quorum> for QuorumItem {
    fn from(quorum: &Quorum) -> Self {
        let end = quorum.voters.iter().map(|v| v.log_end_offset).max();
        let node = |node: &QuorumNode| {
            let heard = (node.log_end_offset >= 0).then_some(node.log_end_offset);
            QuorumNodeItem {
                id: node.id,
                log_end_offset: heard,
                lag: end.zip(heard).map(|(end, at)| (end - at).max(0)),
            }
        };
        Self {
            leader: (quorum.leader >= 0).then_some(quorum.leader),
            epoch: quorum.epoch,
            high_watermark: quorum.high_watermark,
            lag: quorum.lag(),
            voters: quorum.voters.iter().map(node).collect(),
            observers: quorum.observers.iter().map(node).collect(),
        }
    }
}

/// What one broker carries.
#[derive(Default)]
struct Carried {
    led: usize,
    hosted: usize,
    out_of_sync: usize,
    under_replicated: usize,
    under_min_isr: usize,
}

impl ClusterView {
    /// Returns brokers behind the cursor, sorted by id; `None` while the cluster was never seen.
    #[must_use]
    pub fn brokers(&self, cursor: Option<i32>, limit: usize) -> Option<BrokerList> {
        let kafka = self.kafka()?;
        let (carried, partitions) = carried(kafka);
        let none = Carried::default();
        let states = health::brokers(kafka).into_iter();
        let behind = states.filter(|(id, _)| cursor.is_none_or(|c| *id > c));
        let page = Page::take(
            behind,
            limit,
            |(id, _)| id.to_string(),
            |(id, state)| self.broker(kafka, id, state, carried.get(&id).unwrap_or(&none)),
        );
        let defaults = own_values(&kafka.broker_configs, DEFAULT);
        let quorum = kafka.health.quorum.as_ref().map(QuorumItem::from);
        let unknown = reasons([
            ("quorum", quorum.unknown()),
            ("fenced", kafka.health.fenced.unknown()),
            ("defaults", defaults.unknown()),
        ]);
        Some(BrokerList {
            page,
            partitions,
            quorum: quorum.known().cloned(),
            defaults: defaults.known().cloned(),
            unknown,
        })
    }

    fn broker(
        &self,
        kafka: &KafkaLive,
        id: i32,
        state: BrokerState,
        carried: &Carried,
    ) -> BrokerItem {
        let live: Option<&Broker> = kafka.brokers.iter().find(|b| b.id == id);
        let draining = |ids: &BTreeSet<i32>| ids.contains(&id);
        let config = own_values(&kafka.broker_configs, &id.to_string());
        let log_dirs = match kafka.health.log_dirs.get(&id) {
            None => Observed::default(),
            Some(dirs) => dirs.as_ref(),
        };
        let unknown = reasons([
            ("logDirs", log_dirs.unknown()),
            ("config", config.unknown()),
        ]);
        BrokerItem {
            id,
            state,
            host: live.map(|b| b.host.clone()),
            port: live.map(|b| b.port),
            rack: live.and_then(|b| b.rack.clone()),
            draining: self.desired.iter().any(|d| draining(&d.draining)),
            partitions_led: carried.led,
            partitions_hosted: carried.hosted,
            out_of_sync: carried.out_of_sync,
            under_replicated: carried.under_replicated,
            under_min_isr: carried.under_min_isr,
            log_dirs: log_dirs
                .known()
                .map(|dirs| dirs.iter().map(LogDirItem::from).collect()),
            config: config.known().cloned(),
            unknown,
        }
    }
}

/// Counts what each broker carries, and the partitions of all of them by state.
fn carried(kafka: &KafkaLive) -> (BTreeMap<i32, Carried>, PartitionCounts) {
    let (judge, mut counts) = (Judge::new(kafka), PartitionCounts::default());
    let mut carried: BTreeMap<i32, Carried> = BTreeMap::new();
    for (name, topic) in &kafka.topics {
        let Some(topic) = topic.known() else { continue };
        for (partition, seen) in judge.partitions(name, topic) {
            counts.add(seen);
            carried.entry(partition.leader).or_default().led += 1;
            for replica in &partition.replicas {
                let broker = carried.entry(*replica).or_default();
                broker.hosted += 1;
                broker.out_of_sync += usize::from(!partition.isr.contains(replica));
                broker.under_replicated += usize::from(seen.under_replicated);
                broker.under_min_isr += usize::from(seen.under_min_isr);
            }
        }
    }
    (carried, counts)
}

/// Says what is not known and why.
fn reasons<const N: usize>(parts: [(&str, Option<&str>); N]) -> Option<String> {
    let unknown = parts.iter().filter_map(|(what, why)| Some((what, (*why)?)));
    let texts: Vec<_> = unknown
        .map(|(what, why)| format!("{what}: {why}"))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
