//! Requests that move replicas and leaders (rank 6, Kafka plane; KIP-455, KIP-460).

use std::{collections::BTreeMap, time::Duration};

use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, ElectLeadersRequest, ListPartitionReassignmentsRequest,
    alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic},
    elect_leaders_request::TopicPartitions,
};

use super::{broker_ids, millis, name};
use crate::{model::TopicName, ports::Reassignment};

operation!(
    AlterPartitionReassignmentsRequest,
    "AlterPartitionReassignments",
    |a| {
        let items = a.responses.iter().flat_map(|t| &t.partitions);
        std::iter::once(a.error_code).chain(items.map(|p| p.error_code))
    }
);
operation!(
    ListPartitionReassignmentsRequest,
    "ListPartitionReassignments",
    |a| [a.error_code]
);
operation!(ElectLeadersRequest, "ElectLeaders", |a| {
    let items = a
        .replica_election_results
        .iter()
        .flat_map(|t| &t.partition_result);
    std::iter::once(a.error_code).chain(items.map(|p| p.error_code))
});

/// `ElectionType.PREFERRED`.
const PREFERRED: i8 = 0;

/// Asks for all reassignments that are under way.
pub(in crate::kafka) fn list(within: Duration) -> ListPartitionReassignmentsRequest {
    ListPartitionReassignmentsRequest::default()
        .with_timeout_ms(millis(within))
        .with_topics(None)
}

/// Gives partitions their replicas, or cancels what is under way for those without any.
pub(in crate::kafka) fn reassign(
    partitions: &[Reassignment],
    within: Duration,
) -> AlterPartitionReassignmentsRequest {
    let mut topics: BTreeMap<&TopicName, Vec<ReassignablePartition>> = BTreeMap::new();
    for Reassignment {
        topic,
        partition,
        replicas,
    } in partitions
    {
        let replicas = replicas.as_deref().map(broker_ids);
        topics.entry(topic).or_default().push(
            ReassignablePartition::default()
                .with_partition_index(*partition)
                .with_replicas(replicas),
        );
    }
    let topic = |(topic, partitions): (&TopicName, _)| {
        ReassignableTopic::default()
            .with_name(name(topic))
            .with_partitions(partitions)
    };
    AlterPartitionReassignmentsRequest::default()
        .with_timeout_ms(millis(within))
        .with_allow_replication_factor_change(true)
        .with_topics(topics.into_iter().map(topic).collect())
}

/// Makes the first replica of each partition its leader.
pub(in crate::kafka) fn elect(
    partitions: &[(TopicName, i32)],
    within: Duration,
) -> ElectLeadersRequest {
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    let topic = |(topic, partitions): (&TopicName, _)| {
        TopicPartitions::default()
            .with_topic(name(topic))
            .with_partitions(partitions)
    };
    ElectLeadersRequest::default()
        .with_election_type(PREFERRED)
        .with_topic_partitions(Some(topics.into_iter().map(topic).collect()))
        .with_timeout_ms(millis(within))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::{super::encodes, *};

    fn mk_move(topic: &str, partition: i32, replicas: Option<&[i32]>) -> Reassignment {
        Reassignment {
            topic: TopicName::new(topic).unwrap(),
            partition,
            replicas: replicas.map(Box::from),
        }
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        let second = Duration::from_secs(1);
        encodes(&list(second), 0..=0);
        let moves = [mk_move("t", 0, Some(&[1, 2])), mk_move("t", 1, None)];
        encodes(&reassign(&moves, second), 0..=1);
        encodes(&elect(&[(TopicName::new("t").unwrap(), 0)], second), 0..=2);
    }

    /// Trap 16: null replicas cancel, and an empty list would be refused.
    #[test]
    fn a_cancellation_is_null_and_everything_is_null() {
        let request = reassign(&[mk_move("t", 1, None)], Duration::ZERO);
        assert_eq!(request.topics[0].partitions[0].replicas, None);
        assert_eq!(list(Duration::ZERO).topics, None);
    }

    #[test]
    fn partitions_stand_under_their_topics() {
        let moves = [
            mk_move("b", 0, None),
            mk_move("a", 0, None),
            mk_move("b", 1, None),
        ];
        let request = reassign(&moves, Duration::ZERO);
        let told: Vec<(&str, usize)> = request
            .topics
            .iter()
            .map(|t| (t.name.as_str(), t.partitions.len()))
            .collect();
        assert_eq!(told, [("a", 1), ("b", 2)]);
    }
}
