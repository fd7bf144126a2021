//! Requests about the configs of topics, brokers, groups and metrics subscriptions (rank 6, Kafka plane).

use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, IncrementalAlterConfigsRequest, ListConfigResourcesRequest,
        describe_configs_request::DescribeConfigsResource,
        incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
    },
    protocol::StrBytes,
};

use super::text;
use crate::{
    model::{ConfigKey, Kind, ObjectRef, TopicName},
    ports::KeyChange,
};

operation!(DescribeConfigsRequest, "DescribeConfigs", |a| a
    .results
    .iter()
    .map(|r| r.error_code));
operation!(ListConfigResourcesRequest, "ListConfigResources", |a| [
    a.error_code
]);
operation!(
    IncrementalAlterConfigsRequest,
    "IncrementalAlterConfigs",
    |a| a.responses.iter().map(|r| r.error_code)
);

/// `ConfigResource.Type.TOPIC`.
const TOPIC: i8 = 2;
/// `AlterConfigOp.OpType.SET`.
const SET: i8 = 0;
/// `AlterConfigOp.OpType.DELETE`.
const DELETE: i8 = 1;

/// Asks for the configs of topics: all keys, or those named.
pub(in crate::kafka) fn describe_topics<'a>(
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

/// Asks for all configs of objects of a kind. Synonyms come with brokers' configs, where one key can stand for another
/// (`log.retention.hours` shows what `log.retention.ms` was set to), and only they tell which one was set.
pub(in crate::kafka) fn describe<'a>(
    kind: Kind,
    names: impl IntoIterator<Item = &'a str>,
) -> DescribeConfigsRequest {
    let resource = |name: &str| {
        DescribeConfigsResource::default()
            .with_resource_type(resource_type(kind))
            .with_resource_name(resource_name(kind, name))
            .with_configuration_keys(None)
    };
    DescribeConfigsRequest::default()
        .with_resources(names.into_iter().map(resource).collect())
        .with_include_synonyms(kind == Kind::BrokerConfig)
        .with_include_documentation(false)
}

/// The version of ListConfigResources that lists groups (KIP-1142, Kafka 4.1); the one before lists only subscriptions to
/// clients' metrics, which is what the API was made for (KIP-714, Kafka 3.7).
pub(in crate::kafka) const LISTS_EVERY_KIND: i16 = 1;

/// Asks which objects of a kind have configs. `None`: in the version that lists only subscriptions to clients' metrics.
pub(in crate::kafka) fn list(kind: Option<Kind>) -> ListConfigResourcesRequest {
    ListConfigResourcesRequest::default()
        .with_resource_types(kind.map(resource_type).into_iter().collect())
}

/// Returns the number that stands for a kind that has configs (`ConfigResource.Type`).
pub(in crate::kafka) fn resource_type(kind: Kind) -> i8 {
    match kind {
        Kind::BrokerConfig => 4,
        Kind::ClientMetrics => 16,
        Kind::GroupConfig => 32,
        _ => TOPIC,
    }
}

/// Kafka calls the configs of all brokers by the empty name.
fn resource_name(kind: Kind, name: &str) -> StrBytes {
    match (kind, name) {
        (Kind::BrokerConfig, "default") => text(""),
        (_, name) => text(name),
    }
}

/// Sets keys of objects, or resets those whose value is `None`; no other key is touched.
pub(in crate::kafka) fn alter(
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
            .with_resource_name(resource_name(object.kind, &object.name))
            .with_configs(configs.iter().map(config).collect())
    };
    IncrementalAlterConfigsRequest::default()
        .with_resources(objects.iter().map(resource).collect())
        .with_validate_only(validate_only)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::{super::encodes, *};

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        let topic = TopicName::new("t").unwrap();
        encodes(&describe_topics([&topic], None), 1..=4);
        let reset = vec![(ConfigKey::new("retention.ms"), None)];
        encodes(&alter(&[(ObjectRef::topic("t"), reset)], false), 0..=1);
    }

    #[test]
    fn what_is_left_open_is_null_and_not_empty() {
        let topic = TopicName::new("t").unwrap();
        let all = describe_topics([&topic], None);
        assert_eq!(all.resources[0].configuration_keys, None);
        let reset = vec![(ConfigKey::new("a"), None)];
        let reset = alter(&[(ObjectRef::topic("t"), reset)], false);
        let config = &reset.resources[0].configs[0];
        assert_eq!((config.config_operation, &config.value), (DELETE, &None));
    }
}
