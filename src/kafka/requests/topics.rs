//! Requests about topics and the brokers they lie on (rank 6, Kafka plane).

use std::time::Duration;

use compact_str::CompactString;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, MetadataRequest,
    create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic},
    create_topics_request::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig},
    delete_topics_request::DeleteTopicState,
    metadata_request::MetadataRequestTopic,
};

use super::{broker_ids, millis, name, text};
use crate::{
    model::{ConfigKey, TopicId, TopicName},
    ports::{MorePartitions, NewTopic},
};

operation!(MetadataRequest, "Metadata", |a| a
    .topics
    .iter()
    .map(|t| t.error_code));
operation!(CreateTopicsRequest, "CreateTopics", |a| a
    .topics
    .iter()
    .map(|t| t.error_code));
operation!(CreatePartitionsRequest, "CreatePartitions", |a| a
    .results
    .iter()
    .map(|r| r.error_code));
operation!(DeleteTopicsRequest, "DeleteTopics", |a| a
    .responses
    .iter()
    .map(|r| r.error_code));

/// Asks for brokers, cluster id and all topics, or those named; an empty list asks for no topic. Creates nothing.
pub(in crate::kafka) fn metadata(topics: Option<&[TopicName]>) -> MetadataRequest {
    let named = |topic: &TopicName| MetadataRequestTopic::default().with_name(Some(name(topic)));
    MetadataRequest::default()
        .with_topics(topics.map(|topics| topics.iter().map(named).collect()))
        .with_allow_auto_topic_creation(false)
        .with_include_cluster_authorized_operations(false)
        .with_include_topic_authorized_operations(false)
}

/// Creates topics, placed by the controller; `validate_only` only asks whether it would.
pub(in crate::kafka) fn create(
    topics: &[NewTopic],
    validate_only: bool,
    within: Duration,
) -> CreateTopicsRequest {
    let config = |(key, value): &(ConfigKey, CompactString)| {
        CreatableTopicConfig::default()
            .with_name(text(key.as_str()))
            .with_value(Some(text(value)))
    };
    let placed = |(partition, replicas): (i32, &[i32])| {
        CreatableReplicaAssignment::default()
            .with_partition_index(partition)
            .with_broker_ids(broker_ids(replicas))
    };
    let topic = |topic: &NewTopic| {
        // Kafka wants -1 for what an assignment says
        let open = topic.assignment.is_empty();
        let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
        let factor = i16::try_from(topic.replication_factor).unwrap_or(i16::MAX);
        CreatableTopic::default()
            .with_name(name(&topic.name))
            .with_num_partitions(if open { partitions } else { -1 })
            .with_replication_factor(if open { factor } else { -1 })
            .with_assignments((0..).zip(assigned(&topic.assignment)).map(placed).collect())
            .with_configs(topic.config.iter().map(config).collect())
    };
    CreateTopicsRequest::default()
        .with_topics(topics.iter().map(topic).collect())
        .with_timeout_ms(millis(within))
        .with_validate_only(validate_only)
}

fn assigned(partitions: &[Box<[i32]>]) -> impl Iterator<Item = &[i32]> {
    partitions.iter().map(AsRef::as_ref)
}

/// Brings topics to a number of partitions, the new ones placed by the controller.
pub(in crate::kafka) fn add_partitions(
    topics: &[MorePartitions],
    validate_only: bool,
    within: Duration,
) -> CreatePartitionsRequest {
    let placed = |replicas: &[i32]| {
        CreatePartitionsAssignment::default().with_broker_ids(broker_ids(replicas))
    };
    let topic = |topic: &MorePartitions| {
        let assignment: Vec<_> = assigned(&topic.assignment).map(placed).collect();
        CreatePartitionsTopic::default()
            .with_name(name(&topic.name))
            .with_count(i32::try_from(topic.count).unwrap_or(i32::MAX))
            .with_assignments(Some(assignment).filter(|placed| !placed.is_empty()))
    };
    CreatePartitionsRequest::default()
        .with_topics(topics.iter().map(topic).collect())
        .with_timeout_ms(millis(within))
        .with_validate_only(validate_only)
}

/// Deletes topics by id, so that one which was made again under the same name is never hit. Needs version 6, which
/// every broker since 2.8 speaks.
pub(in crate::kafka) fn delete(topics: &[TopicId], within: Duration) -> DeleteTopicsRequest {
    let topic = |id: &TopicId| {
        DeleteTopicState::default()
            .with_name(None)
            .with_topic_id(uuid::Uuid::from_bytes(id.0))
    };
    DeleteTopicsRequest::default()
        .with_topics(topics.iter().map(topic).collect())
        .with_topic_names(Vec::new())
        .with_timeout_ms(millis(within))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::{super::encodes, *};

    fn topic(name: &str) -> TopicName {
        TopicName::new(name).unwrap()
    }

    fn mk_new(assignment: Vec<Box<[i32]>>) -> NewTopic {
        NewTopic {
            name: topic("t"),
            partitions: 2,
            replication_factor: 1,
            assignment,
            config: vec![(ConfigKey::new("retention.ms"), "1".into())],
        }
    }

    fn mk_more(assignment: Vec<Box<[i32]>>) -> MorePartitions {
        MorePartitions {
            name: topic("t"),
            count: 6,
            assignment,
        }
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        let second = Duration::from_secs(1);
        encodes(&metadata(None), 8..=13);
        encodes(&metadata(Some(&[topic("t")])), 8..=13);
        for placed in [vec![], vec![Box::from([1, 2]), Box::from([2, 1])]] {
            encodes(&create(&[mk_new(placed.clone())], true, second), 2..=7);
            encodes(
                &add_partitions(&[mk_more(placed)], true, Duration::MAX),
                0..=3,
            );
        }
        encodes(&delete(&[TopicId([7; 16])], second), 6..=6);
    }

    /// Trap 18: whoever asks for a topic that was deleted would make it again.
    #[test]
    fn metadata_never_creates_a_topic() {
        for topics in [None, Some(&[topic("t")][..]), Some(&[])] {
            let request = metadata(topics);
            assert!(!request.allow_auto_topic_creation);
            assert_eq!(request.topics.map(|t| t.len()), topics.map(<[_]>::len));
        }
    }

    #[test]
    fn what_is_left_open_is_null_and_not_empty() {
        let more = add_partitions(&[mk_more(vec![])], false, Duration::ZERO);
        assert_eq!(more.topics[0].assignments, None);
        let gone = delete(&[TopicId([7; 16])], Duration::ZERO);
        assert_eq!(gone.topics[0].name, None);
    }

    #[test]
    fn an_assignment_leaves_the_counts_to_itself() {
        let placed = vec![Box::from([1, 2]), Box::from([2, 1])];
        let new = &create(&[mk_new(placed)], false, Duration::ZERO).topics[0];
        assert_eq!((new.num_partitions, new.replication_factor), (-1, -1));
        let indices: Vec<i32> = new.assignments.iter().map(|a| a.partition_index).collect();
        assert_eq!(indices, [0, 1]);
    }
}
