//! What a rule is shown (policy, rank 2): documents in the spelling of their YAML, with defaults merged in, and every
//! config value as the text that Kafka would hold.

use std::collections::BTreeMap;

use regorus::Value;

use crate::{
    desired::{DesiredCluster, DesiredTopic, DesiredValue},
    model::TopicName,
};

/// Describes a topic: `{kind, name, cluster, labels, spec: {partitions, replicationFactor, config}}`. A key that is to be
/// left alone is null.
pub(super) fn topic(cluster: &DesiredCluster, name: &TopicName, topic: &DesiredTopic) -> Value {
    let labels = topic
        .labels
        .iter()
        .map(|(k, v)| (k.as_str(), Value::from(v.as_str())));
    let config = topic.config.iter().map(|(key, value)| {
        let value = match value {
            DesiredValue::Set(text) => Value::from(text.as_str()),
            DesiredValue::Secret(_) => Value::from("(hidden)"),
            DesiredValue::LeaveAlone => Value::Null,
        };
        (key.as_str(), value)
    });
    object([
        ("kind", Value::from("Topic")),
        ("name", Value::from(name.as_str())),
        ("cluster", Value::from(cluster.name.as_str())),
        ("labels", object(labels)),
        (
            "spec",
            object([
                ("partitions", Value::from(u64::from(topic.partitions))),
                (
                    "replicationFactor",
                    Value::from(u64::from(topic.replication_factor)),
                ),
                ("config", object(config)),
            ]),
        ),
    ])
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let map: BTreeMap<Value, Value> = fields
        .into_iter()
        .map(|(name, value)| (Value::from(name), value))
        .collect();
    Value::from(map)
}
