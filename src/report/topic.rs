//! Topics as the API shows them (rank 4).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BlockedItem, ClusterView, DriftItem, Page, SourcePlace,
    item::{ConfigItem, Values, configs, owner, values},
    lists,
};
use crate::{
    desired::{DesiredRef, DesiredTopic},
    live::{LivePartition, LiveTopic, Moving, Observed},
    model::{Kind, ObjectRef},
};

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
    pub config: Option<Values>,
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
    fn of(name: &str, topic: &Observed<LiveTopic>, declared: Option<&DesiredTopic>) -> Self {
        let live = topic.known();
        Self {
            name: name.to_owned(),
            id: live.map(|t| t.id.to_string()),
            partitions: live.map(|t| t.partitions.len()),
            replication_factor: live.map(LiveTopic::replication_factor),
            internal: live.map(|t| t.internal),
            config: live.map(|t| values(&t.config)),
            declared: declared.map(|d| SourcePlace::from(&d.place)),
            owner: owner(declared.is_some()).to_owned(),
            unknown: topic.unknown().map(str::to_owned),
        }
    }
}

/// A live topic with its configs and layout, and what differs or is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub topic: TopicItem,
    /// Keys that are set on the topic or declared, sorted; null when the topic could not be read.
    #[schema(required)]
    pub configs: Option<Vec<ConfigItem>>,
    /// Its partitions by index; null when the topic could not be read.
    #[schema(required)]
    pub layout: Option<Vec<PartitionItem>>,
    /// Partitions that are being moved; null when it is not known whether any is.
    #[schema(required)]
    pub moving: Option<Vec<MovingItem>>,
    /// Open drift of the topic.
    pub drift: Vec<DriftItem>,
    /// Changes to the topic that are withheld.
    pub blocked: Vec<BlockedItem>,
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
    fn of(partition: usize, live: &LivePartition) -> Self {
        Self {
            partition,
            leader: (live.leader >= 0).then_some(live.leader),
            replicas: live.replicas.to_vec(),
            isr: live.isr.to_vec(),
        }
    }
}

/// A partition that is being moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MovingItem {
    /// Its index.
    pub partition: i32,
    /// Broker ids of the replicas that are being filled.
    pub adding: Vec<i32>,
    /// Broker ids of the replicas that go when those are in sync.
    pub removing: Vec<i32>,
}

impl From<&Moving> for MovingItem {
    fn from(moving: &Moving) -> Self {
        Self {
            partition: moving.partition,
            adding: moving.adding.to_vec(),
            removing: moving.removing.to_vec(),
        }
    }
}

impl ClusterView {
    /// Returns live topics behind the cursor, sorted by name; `None` while the cluster was never seen.
    #[must_use]
    pub fn topics(&self, cursor: Option<&str>, limit: usize) -> Option<Page<TopicItem>> {
        let item = |name, topic| TopicItem::of(name, topic, self.declared_topic(name));
        Some(lists::page(&self.kafka()?.topics, cursor, limit, item))
    }

    /// Returns one live topic: outer `None` while the cluster was never seen, inner `None` when it has no such topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<Option<TopicDetail>> {
        let kafka = self.kafka()?;
        let object = ObjectRef::topic(name);
        let declared = self.declared_topic(name);
        Some(kafka.topics.get(name).map(|topic| {
            let live = topic.known();
            TopicDetail {
                topic: TopicItem::of(name, topic, declared),
                configs: live
                    .map(|t| configs("topic", &t.config, declared.map_or(&[], |d| &d.config))),
                layout: live.map(|t| {
                    let partitions = t.partitions.iter().enumerate();
                    partitions.map(|(i, p)| PartitionItem::of(i, p)).collect()
                }),
                moving: kafka.moving.known().map(|moving| {
                    let of_topic = moving.get(name).into_iter().flatten();
                    of_topic.map(MovingItem::from).collect()
                }),
                drift: self.drift_of(&object),
                blocked: self.blocked_of(&object),
            }
        }))
    }

    fn declared_topic(&self, name: &str) -> Option<&DesiredTopic> {
        match self.declared(&ObjectRef::new(Kind::Topic, name))? {
            DesiredRef::Topic(topic) => Some(topic),
            _ => None,
        }
    }
}
