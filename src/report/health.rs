//! How well a cluster is (rank 4): brokers and partitions by state, as metrics, lists and alerts count them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    live::{KafkaLive, LivePartition, LiveTopic, Moving},
    model::TopicName,
};

/// Whether a broker is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokerState {
    /// It is registered and serves.
    Online,
    /// It is registered and the controller does not hear it (KIP-1073; older clusters do not tell).
    Fenced,
    /// It holds replicas and the cluster does not name it.
    Missing,
}

impl BrokerState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Online, Self::Fenced, Self::Missing];

    /// Returns the label of `cluster_brokers`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Fenced => "fenced",
            Self::Missing => "missing",
        }
    }
}

/// How a partition is. One may be in several of the last three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionState {
    /// It has a leader.
    Online,
    /// It has none: nobody can read or write it.
    Offline,
    /// A replica that belongs to it is not in sync; one that a reassignment is still filling does not count.
    UnderReplicated,
    /// Fewer replicas are in sync than `min.insync.replicas` asks for: producers with `acks=all` are refused.
    UnderMinIsr,
}

impl PartitionState {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Online,
        Self::Offline,
        Self::UnderReplicated,
        Self::UnderMinIsr,
    ];

    /// Returns the label of `cluster_partitions`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::UnderReplicated => "under_replicated",
            Self::UnderMinIsr => "under_min_isr",
        }
    }
}

/// Partitions by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionCounts {
    /// Partitions that have a leader.
    pub online: usize,
    /// Partitions that have none.
    pub offline: usize,
    /// Partitions of which a replica is not in sync.
    pub under_replicated: usize,
    /// Partitions with fewer replicas in sync than `min.insync.replicas`.
    pub under_min_isr: usize,
}

impl PartitionCounts {
    /// Returns the number of partitions in a state.
    #[must_use]
    pub fn get(self, state: PartitionState) -> usize {
        match state {
            PartitionState::Online => self.online,
            PartitionState::Offline => self.offline,
            PartitionState::UnderReplicated => self.under_replicated,
            PartitionState::UnderMinIsr => self.under_min_isr,
        }
    }

    pub(super) fn add(&mut self, seen: Judged) {
        self.online += usize::from(!seen.offline);
        self.offline += usize::from(seen.offline);
        self.under_replicated += usize::from(seen.under_replicated);
        self.under_min_isr += usize::from(seen.under_min_isr);
    }
}

/// How one partition is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) offline: bool,
    pub(super) under_replicated: bool,
    pub(super) under_min_isr: bool,
}

/// Judges the partitions of a cluster's topics.
pub(super) struct Judge<'a> {
    kafka: &'a KafkaLive,
    moving: Option<&'a BTreeMap<TopicName, Vec<Moving>>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(kafka: &'a KafkaLive) -> Self {
        Self {
            kafka,
            moving: kafka.moving.known(),
        }
    }

    /// Returns a topic's partitions, and how each is.
    pub(super) fn partitions<'t>(
        &self,
        name: &TopicName,
        topic: &'t LiveTopic,
    ) -> impl Iterator<Item = (&'t LivePartition, Judged)> + use<'a, 't> {
        let least = self.kafka.min_insync(topic);
        let moving = self.moving.and_then(|moving| moving.get(name));
        let judge = move |(index, partition): (usize, &'t LivePartition)| {
            let moves = moving.into_iter().flatten();
            let this = |m: &&Moving| usize::try_from(m.partition).is_ok_and(|p| p == index);
            let adding = moves.filter(this).flat_map(|m| m.adding.iter());
            let (isr, adding) = (&partition.isr, adding.collect::<Vec<_>>());
            let belongs = |r: &&i32| !adding.contains(r);
            let mut replicas = partition.replicas.iter().filter(belongs);
            let seen = Judged {
                offline: partition.leader < 0,
                under_replicated: replicas.any(|r| !isr.contains(r)),
                // a topic with fewer replicas than that is not worse off than it was made
                under_min_isr: isr.len() < least.min(partition.replicas.len()),
            };
            (partition, seen)
        };
        topic.partitions.iter().enumerate().map(judge)
    }
}

/// Counts the partitions of a cluster by state. Those of topics that could not be read are not counted.
#[must_use]
pub fn partitions(kafka: &KafkaLive) -> PartitionCounts {
    let (judge, mut counts) = (Judge::new(kafka), PartitionCounts::default());
    for (name, topic) in &kafka.topics {
        if let Some(topic) = topic.known() {
            for (_, seen) in judge.partitions(name, topic) {
                counts.add(seen);
            }
        }
    }
    counts
}

/// Returns every broker that there is or should be, and whether it is there.
#[must_use]
pub fn brokers(kafka: &KafkaLive) -> BTreeMap<i32, BrokerState> {
    let topics = kafka.topics.values().filter_map(|t| t.known());
    let partitions = topics.flat_map(|topic| &topic.partitions);
    let holders: BTreeSet<i32> = partitions
        .flat_map(|p| p.replicas.iter().copied())
        .collect();
    let missing = holders.into_iter().map(|id| (id, BrokerState::Missing));
    let mut states: BTreeMap<i32, BrokerState> = missing.collect();
    let fenced = kafka.health.fenced.known();
    states.extend(
        fenced
            .into_iter()
            .flatten()
            .map(|id| (*id, BrokerState::Fenced)),
    );
    states.extend(kafka.brokers.iter().map(|b| (b.id, BrokerState::Online)));
    states
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::{
        live::{Broker, LiveConfig, Observed},
        model::{ClusterId, ConfigKey, TopicId},
    };

    fn mk_partition(leader: i32, replicas: &[i32], isr: &[i32]) -> LivePartition {
        LivePartition {
            leader,
            replicas: replicas.into(),
            isr: isr.into(),
        }
    }

    fn mk_config(value: &str) -> Vec<LiveConfig> {
        vec![LiveConfig {
            key: ConfigKey::new("min.insync.replicas"),
            value: Some(value.into()),
        }]
    }

    fn mk_cluster(partitions: Vec<LivePartition>, own: Option<&str>) -> KafkaLive {
        let topic = LiveTopic {
            id: TopicId([1; 16]),
            internal: false,
            partitions,
            config: own.map(mk_config).unwrap_or_default(),
        };
        KafkaLive {
            topics: [(TopicName::from_broker("t"), Observed::Known(topic))].into(),
            ..KafkaLive::new(ClusterId("c".into()))
        }
    }

    #[test]
    fn a_partition_is_counted_in_every_state_it_is_in() {
        let kafka = mk_cluster(
            vec![
                mk_partition(1, &[1, 2, 3], &[1, 2, 3]),
                mk_partition(1, &[1, 2, 3], &[1, 3]),
                mk_partition(1, &[1, 2, 3], &[1]),
                mk_partition(-1, &[1, 2, 3], &[2]),
            ],
            Some("2"),
        );
        let counts = PartitionCounts {
            online: 3,
            offline: 1,
            under_replicated: 3,
            under_min_isr: 2,
        };
        assert_eq!(partitions(&kafka), counts);
    }

    #[test]
    fn a_topic_without_a_minimum_of_its_own_inherits_the_clusters() {
        let two_of_three = || vec![mk_partition(1, &[1, 2, 3], &[1])];
        let mut kafka = mk_cluster(two_of_three(), None);
        assert_eq!(partitions(&kafka).under_min_isr, 0, "Kafka's default is 1");
        kafka.min_insync = Some(2);
        assert_eq!(partitions(&kafka).under_min_isr, 1);
        let single = mk_cluster(vec![mk_partition(1, &[1], &[1])], Some("2"));
        assert_eq!(partitions(&single).under_min_isr, 0, "it has one replica");
    }

    /// Trap 16: while a partition moves, its replicas hold the adding ones.
    #[test]
    fn a_replica_that_is_being_filled_does_not_make_its_partition_under_replicated() {
        let mut kafka = mk_cluster(vec![mk_partition(1, &[4, 1, 2, 3], &[1, 2, 3])], None);
        assert_eq!(partitions(&kafka).under_replicated, 1);
        let moving = Moving {
            partition: 0,
            replicas: [4, 1, 2, 3].into(),
            adding: [4].into(),
            removing: [3].into(),
        };
        let name = TopicName::from_broker("t");
        kafka.moving = Observed::Known([(name, vec![moving])].into());
        assert_eq!(partitions(&kafka).under_replicated, 0);
    }

    #[test]
    fn a_broker_that_holds_replicas_and_is_not_named_is_missing() {
        let mut kafka = mk_cluster(vec![mk_partition(1, &[1, 2, 3], &[1])], None);
        kafka.brokers = vec![Broker {
            id: 1,
            host: "b1".into(),
            port: 9092,
            rack: None,
        }];
        kafka.health.fenced = Observed::Known(vec![3, 4]);
        let states = brokers(&kafka).into_iter();
        assert_eq!(
            states.collect::<Vec<_>>(),
            [
                (1, BrokerState::Online),
                (2, BrokerState::Missing),
                (3, BrokerState::Fenced),
                (4, BrokerState::Fenced),
            ]
        );
    }
}
