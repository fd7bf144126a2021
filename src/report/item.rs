//! What lists and single objects look like in the API (rank 4). Items are made for one page at a time from the shared
//! observation: nothing of this shape is kept in memory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desired::DesiredTopic,
    live::{Broker, LivePartition, LiveTopic, Observed},
    model::{DriftClass, Gate, Kind, Place, TopicName, Verb},
    plan::{Blocked, FieldChange, OpenDrift},
};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// Up to `limit` items.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the following items; null at the end.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Takes `limit` items off an iterator that is sorted by key and already stands behind the cursor; `next` is the
    /// last item's key when more would follow.
    pub(super) fn take<S>(
        sorted: impl Iterator<Item = S>,
        limit: usize,
        key: impl Fn(&S) -> String,
        item: impl Fn(S) -> T,
    ) -> Self {
        let mut sources: Vec<S> = sorted.take(limit.saturating_add(1)).collect();
        let more = sources.len() > limit;
        sources.truncate(limit);
        let next = if more { sources.last().map(key) } else { None };
        Self {
            items: sources.into_iter().map(item).collect(),
            next,
        }
    }
}

/// Where something is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourcePlace {
    /// Path below the repository's root.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

impl From<&Place> for SourcePlace {
    fn from(place: &Place) -> Self {
        Self {
            file: place.file.as_ref().to_owned(),
            line: place.line,
        }
    }
}

/// A field that differs; values as Kafka spells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftField {
    /// `partitions`, `replicationFactor` or `config.<key>`.
    pub path: String,
    /// What is; null when it is not set.
    #[schema(required)]
    pub live: Option<String>,
    /// What should be; null when it should not be set.
    #[schema(required)]
    pub desired: Option<String>,
}

impl From<&FieldChange> for DriftField {
    fn from(field: &FieldChange) -> Self {
        Self {
            path: field.path.to_string(),
            live: field.live.as_deref().map(str::to_owned),
            desired: field.desired.as_deref().map(str::to_owned),
        }
    }
}

/// A difference that git did not cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftItem {
    /// Kind of the object.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub class: DriftClass,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What differs.
    pub fields: Vec<DriftField>,
    /// Where the object is declared.
    #[schema(required)]
    pub source: Option<SourcePlace>,
}

impl From<&OpenDrift> for DriftItem {
    fn from(open: &OpenDrift) -> Self {
        let drift = &open.drift;
        Self {
            kind: drift.object.kind,
            name: drift.object.name.to_string(),
            class: drift.class,
            since: open.since,
            fields: drift.fields.iter().map(DriftField::from).collect(),
            source: drift.source.as_ref().map(SourcePlace::from),
        }
    }
}

/// A broker, and how much of the cluster it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerItem {
    /// Its node id.
    pub id: i32,
    /// Host of the listener that Headgate uses.
    pub host: String,
    /// Port of the listener that Headgate uses.
    pub port: u16,
    /// `broker.rack`.
    #[schema(required)]
    pub rack: Option<String>,
    /// Partitions it leads.
    pub partitions_led: usize,
    /// Replicas it holds, leaders among them.
    pub partitions_hosted: usize,
}

impl BrokerItem {
    pub(super) fn of(broker: &Broker, led: usize, hosted: usize) -> Self {
        Self {
            id: broker.id,
            host: broker.host.clone(),
            port: broker.port,
            rack: broker.rack.clone(),
            partitions_led: led,
            partitions_hosted: hosted,
        }
    }
}

/// A live topic. What could not be read of it is null, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicItem {
    /// Its name.
    pub name: String,
    /// Its id, which a topic made again under the name does not share.
    #[schema(required)]
    pub id: Option<String>,
    /// Number of partitions.
    #[schema(required)]
    pub partitions: Option<usize>,
    /// Replicas of a partition, taken from the one with the most.
    #[schema(required)]
    pub replication_factor: Option<usize>,
    /// Whether the broker calls it internal.
    #[schema(required)]
    pub internal: Option<bool>,
    /// Values set on the topic itself; null is a value that Kafka keeps secret.
    #[schema(required)]
    pub config: Option<BTreeMap<String, Option<String>>>,
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Why the topic could not be read; null when it could.
    #[schema(required)]
    pub unknown: Option<String>,
}

impl TopicItem {
    pub(super) fn of(
        name: &TopicName,
        topic: &Observed<LiveTopic>,
        declared: Option<&DesiredTopic>,
    ) -> Self {
        let live = topic.known();
        Self {
            name: name.to_string(),
            id: live.map(|t| t.id.to_string()),
            partitions: live.map(|t| t.partitions.len()),
            replication_factor: live.map(LiveTopic::replication_factor),
            internal: live.map(|t| t.internal),
            config: live.map(own_config),
            declared: declared.map(|d| SourcePlace::from(&d.place)),
            owner: owner(declared.is_some()).to_owned(),
            unknown: topic.unknown().map(str::to_owned),
        }
    }
}

/// Returns the word for who answers for an object, as metrics and lists spell it.
fn owner(declared: bool) -> &'static str {
    if declared { "managed" } else { "unmanaged" }
}

fn own_config(topic: &LiveTopic) -> BTreeMap<String, Option<String>> {
    let entries = topic.config.iter();
    entries
        .map(|c| (c.key.to_string(), c.value.as_deref().map(str::to_owned)))
        .collect()
}

/// A live topic with its layout, and what differs or is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub topic: TopicItem,
    /// Its partitions by index; null when the topic could not be read.
    #[schema(required)]
    pub layout: Option<Vec<PartitionItem>>,
    /// Open drift of the topic.
    pub drift: Vec<DriftItem>,
    /// Changes to the topic that are withheld.
    pub blocked: Vec<TopicBlocked>,
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartitionItem {
    /// Its index.
    pub partition: usize,
    /// Broker id of the leader; null while there is none.
    #[schema(required)]
    pub leader: Option<i32>,
    /// Broker ids of the replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Broker ids of the replicas in sync.
    pub isr: Vec<i32>,
}

impl PartitionItem {
    pub(super) fn of(partition: usize, live: &LivePartition) -> Self {
        Self {
            partition,
            leader: (live.leader >= 0).then_some(live.leader),
            replicas: live.replicas.to_vec(),
            isr: live.isr.to_vec(),
        }
    }
}

/// A change to a topic that is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicBlocked {
    /// What would be done.
    pub action: Verb,
    /// What withholds it.
    pub gate: Gate,
    /// Why, and what would open the gate.
    pub reason: String,
    /// What differs.
    pub fields: Vec<DriftField>,
}

impl From<&Blocked> for TopicBlocked {
    fn from(blocked: &Blocked) -> Self {
        Self {
            action: blocked.action,
            gate: blocked.gate,
            reason: blocked.reason.clone(),
            fields: blocked.fields.iter().map(DriftField::from).collect(),
        }
    }
}
