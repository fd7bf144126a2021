//! What a rule is shown (policy, rank 2): objects in the spelling of their YAML where they have one, with defaults merged in,
//! and every config value as the text that Kafka would hold. A secret is never among them.

use std::collections::BTreeMap;

use regorus::Value;

use crate::{
    desired::{
        Compatibility, DesiredCluster, DesiredConnector, DesiredGroup, DesiredPlacement,
        DesiredRef, DesiredSchema, DesiredTopic, DesiredUser, DesiredValue, TopicSchemas,
    },
    model::{Acl, ConfigKey, Kind, QuotaEntity},
};

/// Describes an object: `{kind, name, cluster, labels, spec}`.
///
/// - `Topic`: `{partitions, replicationFactor, config}`, `placement` when it is pinned, and of `schemas: {key, value}` what
///   it has.
/// - `Acl`: `{principal, host, permission, operation, resource: {type, name, pattern}}`, whether a grant or an ACL said so.
/// - `User`: `{scram: [{mechanism, iterations}], verify}`.
/// - `Quota`: `{user, clientId, ip, config}` of which only the parts that it has.
/// - `BrokerConfig`, `GroupConfig`, `ClientMetrics`: `{config}`.
/// - `Schema`: `{type, compatibility, references: [{name, subject, version}]}`.
/// - `Connector`: `{connect, state, config}`, `connector.class` and `tasks.max` among the config.
/// - `ConsumerGroup`: `{mustExist, maxLag, maxLagTime, resetTo}`; times are milliseconds.
///
/// A config key that is to be left alone is null, one with a secret's value `(hidden)`.
pub(super) fn object(
    cluster: &DesiredCluster,
    kind: Kind,
    name: &str,
    object: DesiredRef<'_>,
) -> Value {
    let spec = match object {
        DesiredRef::Topic(wanted) => topic(wanted),
        DesiredRef::Acl(_) => acl(name),
        DesiredRef::User(user) => credentials(user),
        DesiredRef::Config(wanted) => {
            let entity = (kind == Kind::Quota).then(|| QuotaEntity::parse(name));
            fields(whom(entity.flatten()).chain([("config", config(&wanted.config))]))
        }
        DesiredRef::Group(wanted) => group(wanted),
        DesiredRef::Schema(wanted) => schema(wanted),
        DesiredRef::EverySubject(cluster) => {
            let level = cluster.compatibility.map(Compatibility::as_str);
            fields([("compatibility", level.map_or(Value::Null, Value::from))])
        }
        DesiredRef::Connector(wanted) => connector(wanted),
    };
    let labels = object.labels().iter();
    let labels = labels.map(|(k, v)| (k.as_str(), Value::from(v.as_str())));
    fields([
        ("kind", Value::from(kind.as_str())),
        ("name", Value::from(name)),
        ("cluster", Value::from(cluster.name.as_str())),
        ("labels", fields(labels)),
        ("spec", spec),
    ])
}

fn topic(topic: &DesiredTopic) -> Value {
    let pinned = topic.placement.as_deref();
    fields(
        [
            ("partitions", Value::from(u64::from(topic.partitions))),
            (
                "replicationFactor",
                Value::from(u64::from(topic.replication_factor)),
            ),
            ("config", config(&topic.config)),
        ]
        .into_iter()
        .chain(pinned.map(|pinned| ("placement", placement(pinned))))
        .chain(topic.schemas.as_deref().map(|s| ("schemas", subjects(s)))),
    )
}

fn subjects(schemas: &TopicSchemas) -> Value {
    let subjects = [("key", &schemas.key), ("value", &schemas.value)];
    let subjects = subjects.into_iter();
    fields(subjects.filter_map(|(of, subject)| Some((of, Value::from(subject.as_deref()?)))))
}

fn placement(placement: &DesiredPlacement) -> Value {
    let ids = |ids: &[i32]| list(ids.iter().map(|id| Value::from(i64::from(*id))));
    fields([
        ("brokers", ids(&placement.brokers)),
        ("leaders", ids(&placement.leaders)),
    ])
}

fn acl(name: &str) -> Value {
    let Some(acl) = Acl::parse(name) else {
        return fields([]);
    };
    let parts = acl.parts();
    let text = |text: &dyn ToString| Value::from(text.to_string());
    fields([
        ("principal", text(&parts.principal)),
        ("host", text(&parts.host)),
        ("permission", text(&parts.permission)),
        ("operation", text(&parts.operation)),
        (
            "resource",
            fields([
                ("type", text(&parts.resource)),
                ("name", text(&parts.name)),
                ("pattern", text(&parts.pattern)),
            ]),
        ),
    ])
}

fn credentials(user: &DesiredUser) -> Value {
    let scram = user.scram.iter().map(|credential| {
        let iterations = credential.iterations.map(u64::from);
        fields([
            ("mechanism", Value::from(credential.mechanism.as_str())),
            ("iterations", iterations.map_or(Value::Null, Value::from)),
        ])
    });
    fields([("scram", list(scram)), ("verify", Value::from(user.verify))])
}

fn whom(entity: Option<QuotaEntity>) -> impl Iterator<Item = (&'static str, Value)> {
    let parts = entity.into_iter().flat_map(|entity| {
        [
            ("user", entity.user),
            ("clientId", entity.client_id),
            ("ip", entity.ip),
        ]
    });
    parts.filter_map(|(of, name)| Some((of, Value::from(name?.to_string()))))
}

fn schema(schema: &DesiredSchema) -> Value {
    let level = schema.compatibility.map(Compatibility::as_str);
    let references = schema.references.iter().map(|reference| {
        let version = reference.version.map(u64::from);
        fields([
            ("name", Value::from(reference.name.as_str())),
            ("subject", Value::from(reference.subject.as_str())),
            ("version", version.map_or(Value::Null, Value::from)),
        ])
    });
    fields([
        ("type", Value::from(schema.format.as_str())),
        ("compatibility", level.map_or(Value::Null, Value::from)),
        ("references", list(references)),
    ])
}

fn connector(connector: &DesiredConnector) -> Value {
    fields([
        ("connect", Value::from(connector.connect.as_str())),
        ("state", Value::from(connector.state.as_str())),
        ("config", config(&connector.config)),
    ])
}

fn group(group: &DesiredGroup) -> Value {
    let number = |n: Option<u64>| n.map_or(Value::Null, Value::from);
    let time = group.max_lag_time.map(|time| time.as_millis());
    let reset = group.reset_to.as_ref().map(ToString::to_string);
    fields([
        ("mustExist", Value::from(group.must_exist)),
        ("maxLag", number(group.max_lag)),
        (
            "maxLagTime",
            number(time.and_then(|ms| u64::try_from(ms).ok())),
        ),
        ("resetTo", reset.map_or(Value::Null, Value::from)),
    ])
}

fn config(config: &[(ConfigKey, DesiredValue)]) -> Value {
    fields(config.iter().map(|(key, value)| {
        let value = match value {
            DesiredValue::Set(text) => Value::from(text.as_str()),
            DesiredValue::Secret(_) => Value::from("(hidden)"),
            DesiredValue::LeaveAlone => Value::Null,
        };
        (key.as_str(), value)
    }))
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::from(items.collect::<Vec<_>>())
}

fn fields<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let map: BTreeMap<Value, Value> = fields
        .into_iter()
        .map(|(name, value)| (Value::from(name), value))
        .collect();
    Value::from(map)
}
