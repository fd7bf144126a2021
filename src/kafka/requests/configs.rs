//! Requests about the configs of topics, brokers, groups and metrics subscriptions (rank 6, Kafka plane).

use kafka_protocol::messages::{
    DescribeConfigsRequest, IncrementalAlterConfigsRequest, ListConfigResourcesRequest,
    describe_configs_request::DescribeConfigsResource,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
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
/// `ConfigResource.Type.BROKER`.
const BROKER: i8 = 4;
/// `ConfigResource.Type.CLIENT_METRICS`.
const CLIENT_METRICS: i8 = 16;
/// `ConfigResource.Type.GROUP`.
const GROUP: i8 = 32;
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
    let asked = |name| {
        let (kind, name) = resource(kind, name);
        DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name))
            .with_configuration_keys(None)
    };
    DescribeConfigsRequest::default()
        .with_resources(names.into_iter().map(asked).collect())
        .with_include_synonyms(kind == Kind::BrokerConfig)
        .with_include_documentation(false)
}

/// The version of ListConfigResources that lists groups (KIP-1142, Kafka 4.1); the one before lists only subscriptions to
/// clients' metrics, which is what the API was made for (KIP-714, Kafka 3.7).
pub(in crate::kafka) const LISTS_EVERY_KIND: i16 = 1;

/// Asks which objects of a kind have configs. `None`: in the version that lists only subscriptions to clients' metrics.
pub(in crate::kafka) fn list(kind: Option<Kind>) -> ListConfigResourcesRequest {
    ListConfigResourcesRequest::default()
        .with_resource_types(kind.iter().map(|kind| resource(*kind, "").0).collect())
}

/// Returns how requests name an object that has configs: the number of its sort (`ConfigResource.Type`), and its name,
/// which is empty for the configs of all brokers.
pub(in crate::kafka) fn resource(kind: Kind, name: &str) -> (i8, &str) {
    match kind {
        Kind::BrokerConfig if name == "default" => (BROKER, ""),
        Kind::BrokerConfig => (BROKER, name),
        Kind::ClientMetrics => (CLIENT_METRICS, name),
        Kind::GroupConfig => (GROUP, name),
        _ => (TOPIC, name),
    }
}

/// Sets keys of objects, or resets those whose value is `None`; no other key is touched.
pub(in crate::kafka) fn alter<'a>(
    objects: impl IntoIterator<Item = &'a (ObjectRef, Vec<KeyChange>)>,
    validate_only: bool,
) -> IncrementalAlterConfigsRequest {
    let config = |(key, value): &KeyChange| {
        AlterableConfig::default()
            .with_name(text(key.as_str()))
            .with_config_operation(if value.is_some() { SET } else { DELETE })
            .with_value(value.as_ref().map(|value| text(value.expose())))
    };
    let changed = |(object, configs): &(ObjectRef, Vec<_>)| {
        let (kind, name) = resource(object.kind, &object.name);
        AlterConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name))
            .with_configs(configs.iter().map(config).collect())
    };
    IncrementalAlterConfigsRequest::default()
        .with_resources(objects.into_iter().map(changed).collect())
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

    /// Trap 8: a reset is DELETE with null, in a request that leaves all other keys alone.
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
