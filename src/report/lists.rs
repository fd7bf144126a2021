//! Lists and single objects of one cluster (rank 4), a page at a time, from what the last pass left.

use std::{collections::BTreeMap, ops::Bound};

use jiff::Timestamp;

use super::{
    BrokerItem, ClusterView, DriftItem, HistoryEntry, Page, PartitionItem, SourcePlace,
    TopicDetail, TopicItem,
};
use crate::{
    desired::DesiredTopic,
    live::KafkaLive,
    model::{Kind, TopicName},
    plan::{Drift, OpenDrift},
};

impl ClusterView {
    fn kafka(&self) -> Option<&KafkaLive> {
        self.live.as_ref()?.kafka.known()
    }

    /// Returns open drift behind the cursor, sorted by kind, name and class.
    #[must_use]
    pub fn drift(&self, cursor: Option<&str>, limit: usize) -> Page<DriftItem> {
        let start = cursor.map_or(0, |c| {
            self.drift.partition_point(|o| drift_key(o).as_str() <= c)
        });
        Page::take(
            self.drift[start..].iter(),
            limit,
            |o| drift_key(o),
            DriftItem::from,
        )
    }

    /// Returns live topics behind the cursor, sorted by name; `None` while the cluster was never seen.
    #[must_use]
    pub fn topics(&self, cursor: Option<&str>, limit: usize) -> Option<Page<TopicItem>> {
        let start = cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self
            .kafka()?
            .topics
            .range::<str, _>((start, Bound::Unbounded));
        Some(Page::take(
            behind,
            limit,
            |(name, _)| name.to_string(),
            |(name, topic)| TopicItem::of(name, topic, self.declared(name)),
        ))
    }

    /// Returns one live topic: outer `None` while the cluster was never seen, inner `None` when it has no such topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<Option<TopicDetail>> {
        let found = self.kafka()?.topics.get_key_value(name);
        Some(found.map(|(name, topic)| {
            TopicDetail {
                topic: TopicItem::of(name, topic, self.declared(name)),
                layout: topic.known().map(|t| {
                    let partitions = t.partitions.iter().enumerate();
                    partitions.map(|(i, p)| PartitionItem::of(i, p)).collect()
                }),
                drift: self
                    .drift
                    .iter()
                    .filter(|o| is_topic(&o.drift, name))
                    .map(DriftItem::from)
                    .collect(),
                blocked: self
                    .plan
                    .iter()
                    .flat_map(|(_, plan)| &plan.blocked)
                    .filter(|b| b.kind == Kind::Topic.as_str() && b.name == name.as_str())
                    .map(Into::into)
                    .collect(),
            }
        }))
    }

    /// Tells where a topic is declared, whether it exists or not.
    #[must_use]
    pub fn declaration(&self, topic: &str) -> Option<SourcePlace> {
        let declared = self.desired.as_ref()?.topics.get(topic)?;
        Some((&declared.place).into())
    }

    fn declared(&self, name: &TopicName) -> Option<&DesiredTopic> {
        self.desired.as_ref()?.topics.get(name)
    }

    /// Returns brokers behind the cursor, sorted by id; `None` while the cluster was never seen.
    #[must_use]
    pub fn brokers(&self, cursor: Option<i32>, limit: usize) -> Option<Page<BrokerItem>> {
        let kafka = self.kafka()?;
        let mut carried: BTreeMap<i32, (usize, usize)> = BTreeMap::new();
        let topics = kafka.topics.values().filter_map(|t| t.known());
        for partition in topics.flat_map(|t| &t.partitions) {
            carried.entry(partition.leader).or_default().0 += 1;
            for replica in &partition.replicas {
                carried.entry(*replica).or_default().1 += 1;
            }
        }
        let mut brokers: Vec<_> = kafka.brokers.iter().collect();
        brokers.sort_by_key(|b| b.id);
        let behind = brokers
            .into_iter()
            .filter(|b| cursor.is_none_or(|c| b.id > c));
        Some(Page::take(
            behind,
            limit,
            |b| b.id.to_string(),
            |b| {
                let (led, hosted) = carried.get(&b.id).copied().unwrap_or_default();
                BrokerItem::of(b, led, hosted)
            },
        ))
    }

    /// Returns passes behind the cursor, newest first.
    #[must_use]
    pub fn history(&self, cursor: Option<Timestamp>, limit: usize) -> Page<HistoryEntry> {
        let entries = self.history.newest_first();
        let behind = entries.filter(|e| cursor.is_none_or(|c| e.started_at < c));
        Page::take(behind, limit, |e| e.started_at.to_string(), Clone::clone)
    }
}

fn is_topic(drift: &Drift, name: &TopicName) -> bool {
    drift.object.kind == Kind::Topic && drift.object.name == name.as_str()
}

pub(super) fn drift_key(open: &OpenDrift) -> String {
    let drift = &open.drift;
    // a space is in no name and sorts before all that are, so keys sort as their parts do
    format!(
        "{} {} {}",
        drift.object.kind, drift.object.name, drift.class
    )
}
