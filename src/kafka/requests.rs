//! Every request that is sent, made in one place each (rank 6, Kafka plane). The crate's defaults are traps: nullable
//! strings and lists default to empty instead of null, and Metadata creates topics unless told not to.

use std::time::Duration;

use compact_str::CompactString;
use kafka_protocol::{
    messages::{
        self as m, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
        DescribeConfigsRequest, IncrementalAlterConfigsRequest, MetadataRequest,
        create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic},
        create_topics_request::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig},
        delete_topics_request::DeleteTopicState,
        describe_configs_request::DescribeConfigsResource,
        incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
        metadata_request::MetadataRequestTopic,
    },
    protocol::{Request, StrBytes},
};

use super::Code;
use crate::{
    model::{ConfigKey, Kind, ObjectRef, TopicId, TopicName},
    ports::{KeyChange, MorePartitions, NewTopic},
};

/// One of Kafka's operations, as the client needs to know it.
pub(super) trait Operation: Request {
    /// The API's name, for people.
    const NAME: &'static str;

    /// Returns how long the broker mutes this connection after the answer (KIP-219).
    fn throttle(answer: &Self::Response) -> Duration;

    /// Returns the codes of the answer, of the whole or of its items.
    fn codes(answer: &Self::Response) -> Vec<Code>;
}

/// Says where an operation's answer keeps its codes; all answers keep the throttle time in one place.
macro_rules! operation {
    ($request:ident, $name:literal, |$answer:ident| $codes:expr) => {
        impl Operation for $request {
            const NAME: &'static str = $name;

            fn throttle($answer: &Self::Response) -> Duration {
                Duration::from_millis(u64::try_from($answer.throttle_time_ms).unwrap_or(0))
            }

            fn codes($answer: &Self::Response) -> Vec<Code> {
                $codes.into_iter().map(Code).collect()
            }
        }
    };
}

operation!(MetadataRequest, "Metadata", |a| a
    .topics
    .iter()
    .map(|t| t.error_code));
operation!(DescribeConfigsRequest, "DescribeConfigs", |a| a
    .results
    .iter()
    .map(|r| r.error_code));
operation!(CreateTopicsRequest, "CreateTopics", |a| a
    .topics
    .iter()
    .map(|t| t.error_code));
operation!(CreatePartitionsRequest, "CreatePartitions", |a| a
    .results
    .iter()
    .map(|r| r.error_code));
operation!(
    IncrementalAlterConfigsRequest,
    "IncrementalAlterConfigs",
    |a| a.responses.iter().map(|r| r.error_code)
);
operation!(DeleteTopicsRequest, "DeleteTopics", |a| a
    .responses
    .iter()
    .map(|r| r.error_code));

/// `ConfigResource.Type.TOPIC`.
const TOPIC: i8 = 2;
/// `AlterConfigOp.OpType.SET`.
const SET: i8 = 0;
/// `AlterConfigOp.OpType.DELETE`.
const DELETE: i8 = 1;

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

fn name(topic: &TopicName) -> m::TopicName {
    text(topic.as_str()).into()
}

/// How long the controller itself may wait, told in the request: as Kafka counts it.
fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// Asks for brokers, cluster id and all topics, or those named; an empty list asks for no topic. Creates nothing.
pub(super) fn metadata(topics: Option<&[TopicName]>) -> MetadataRequest {
    let named = |topic: &TopicName| MetadataRequestTopic::default().with_name(Some(name(topic)));
    MetadataRequest::default()
        .with_topics(topics.map(|topics| topics.iter().map(named).collect()))
        .with_allow_auto_topic_creation(false)
        .with_include_cluster_authorized_operations(false)
        .with_include_topic_authorized_operations(false)
}

/// Asks for the configs of topics: all keys, or those named.
pub(super) fn describe_topic_configs<'a>(
    topics: impl IntoIterator<Item = &'a TopicName>,
    keys: Option<&[ConfigKey]>,
) -> DescribeConfigsRequest {
    let keys = keys.map(|keys| {
        keys.iter()
            .map(|key| text(key.as_str()))
            .collect::<Vec<_>>()
    });
    let resource = |topic: &TopicName| {
        DescribeConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(topic.as_str()))
            .with_configuration_keys(keys.clone())
    };
    DescribeConfigsRequest::default()
        .with_resources(topics.into_iter().map(resource).collect())
        .with_include_synonyms(false)
        .with_include_documentation(false)
}

/// Creates topics, placed by the controller; `validate_only` only asks whether it would.
pub(super) fn create_topics(
    topics: &[NewTopic],
    validate_only: bool,
    within: Duration,
) -> CreateTopicsRequest {
    let config = |(key, value): &(ConfigKey, CompactString)| {
        CreatableTopicConfig::default()
            .with_name(text(key.as_str()))
            .with_value(Some(text(value)))
    };
    let placed = |(partition, replicas): (i32, &Box<[i32]>)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(partition)
            .with_broker_ids(replicas.iter().map(|id| m::BrokerId(*id)).collect())
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
            .with_assignments((0..).zip(&topic.assignment).map(placed).collect())
            .with_configs(topic.config.iter().map(config).collect())
    };
    CreateTopicsRequest::default()
        .with_topics(topics.iter().map(topic).collect())
        .with_timeout_ms(millis(within))
        .with_validate_only(validate_only)
}

/// Brings topics to a number of partitions, the new ones placed by the controller.
pub(super) fn create_partitions(
    topics: &[MorePartitions],
    validate_only: bool,
    within: Duration,
) -> CreatePartitionsRequest {
    let broker_ids = |replicas: &[i32]| replicas.iter().map(|id| m::BrokerId(*id)).collect();
    let placed = |replicas: &Box<[i32]>| {
        CreatePartitionsAssignment::default().with_broker_ids(broker_ids(replicas))
    };
    let topic = |topic: &MorePartitions| {
        let assignment: Vec<_> = topic.assignment.iter().map(placed).collect();
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

/// Returns the number that stands for a kind that has configs (`ConfigResource.Type`).
fn resource_type(kind: Kind) -> i8 {
    match kind {
        Kind::BrokerConfig => 4,
        Kind::ClientMetrics => 16,
        Kind::GroupConfig => 32,
        _ => TOPIC,
    }
}

/// Kafka calls the configs of all brokers by the empty name.
fn resource_name(object: &ObjectRef) -> StrBytes {
    match (object.kind, object.name.as_str()) {
        (Kind::BrokerConfig, "default") => text(""),
        (_, name) => text(name),
    }
}

/// Sets keys of objects, or resets those whose value is `None`; no other key is touched.
pub(super) fn alter_configs(
    objects: &[(ObjectRef, Vec<KeyChange>)],
    validate_only: bool,
) -> IncrementalAlterConfigsRequest {
    let config = |(key, value): &KeyChange| {
        AlterableConfig::default()
            .with_name(text(key.as_str()))
            .with_config_operation(if value.is_some() { SET } else { DELETE })
            .with_value(value.as_ref().map(|value| text(value.expose())))
    };
    let resource = |(object, configs): &(ObjectRef, Vec<_>)| {
        AlterConfigsResource::default()
            .with_resource_type(resource_type(object.kind))
            .with_resource_name(resource_name(object))
            .with_configs(configs.iter().map(config).collect())
    };
    IncrementalAlterConfigsRequest::default()
        .with_resources(objects.iter().map(resource).collect())
        .with_validate_only(validate_only)
}

/// Deletes topics by id, so that one which was made again under the same name is never hit. Needs version 6, which
/// every broker since 2.8 speaks.
pub(super) fn delete_topics(topics: &[TopicId], within: Duration) -> DeleteTopicsRequest {
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
    use super::*;
    use crate::kafka::wire;

    fn topic(name: &str) -> TopicName {
        TopicName::new(name).unwrap()
    }

    fn mk_more() -> MorePartitions {
        MorePartitions {
            name: topic("t"),
            count: 6,
            assignment: Vec::new(),
        }
    }

    /// Every version that Kafka 3.6 to 4.x may agree on can carry the request.
    fn encodes<R: Operation>(request: &R, versions: std::ops::RangeInclusive<i16>) {
        for version in versions {
            wire::encode(request, version, 1, &StrBytes::from_static_str("t")).unwrap();
        }
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        let new = NewTopic {
            name: topic("t"),
            partitions: 3,
            replication_factor: 1,
            assignment: Vec::new(),
            config: vec![(ConfigKey::new("retention.ms"), "1".into())],
        };
        encodes(&metadata(None), 8..=13);
        encodes(&metadata(Some(&[topic("t")])), 8..=13);
        encodes(&describe_topic_configs([&topic("t")], None), 1..=4);
        encodes(&create_topics(&[new], true, Duration::from_secs(30)), 2..=7);
        encodes(&create_partitions(&[mk_more()], true, Duration::MAX), 0..=3);
        let reset = vec![(ConfigKey::new("retention.ms"), None)];
        let alter = alter_configs(&[(ObjectRef::topic("t"), reset)], false);
        encodes(&alter, 0..=1);
        encodes(
            &delete_topics(&[TopicId([7; 16])], Duration::from_secs(1)),
            6..=6,
        );
    }

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
        assert_eq!(
            describe_topic_configs([&topic("t")], None).resources[0].configuration_keys,
            None
        );
        assert_eq!(
            create_partitions(&[mk_more()], false, Duration::ZERO).topics[0].assignments,
            None
        );
        assert_eq!(
            delete_topics(&[TopicId([7; 16])], Duration::ZERO).topics[0].name,
            None
        );
        let reset = alter_configs(
            &[(ObjectRef::topic("t"), vec![(ConfigKey::new("a"), None)])],
            false,
        );
        let config = &reset.resources[0].configs[0];
        assert_eq!((config.config_operation, &config.value), (DELETE, &None));
    }
}
