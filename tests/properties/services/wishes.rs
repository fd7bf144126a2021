//! What git may say of connectors and schemas: few names and values, so that they meet.

use std::collections::BTreeMap;

use compact_str::CompactString;
use headgate::{
    desired::{
        Budget, Compatibility, ConnectorOffsets, Consent, DesiredCluster, DesiredConnector,
        DesiredSchema, DesiredTopic, DesiredValue, Pattern, Restart, RunState, SchemaFormat,
        SchemaReference,
    },
    model::{ClusterId, ClusterName, ConfigKey, Kind, ObjectRef, SecretName, TopicName},
};
use proptest::{option, prelude::*, sample};
use serde_json::json;

use super::super::inputs::{CLUSTER_ID, TODAY, place};

pub(crate) const CLUSTERS: [&str; 2] = ["main", "side"];
pub(crate) const CONNECTORS: [&str; 2] = ["copy", "sink"];
/// Plugins that are there.
pub(crate) const CLASSES: [&str; 2] = ["Copy", "Sink"];
/// Each may refer to the one before.
pub(crate) const SUBJECTS: [&str; 3] = ["a-value", "b-value", "c-value"];
/// The second says what the first says; the last cannot follow any of the others in every direction.
pub(crate) const TEXTS: [&str; 4] = [
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
    r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"c","type":"int"}]}"#,
];
/// A key that takes a secret, and does not look so.
const PIN: &str = "db.pin";
/// The key of a secret.
pub(crate) const PASSWORD: &str = "db.password";
/// An open key, and values of it.
pub(crate) const URL: (&str, [&str; 2]) = ("url", ["http://a", "http://b"]);
pub(crate) const STATES: [RunState; 3] = RunState::ALL;
pub(crate) const LEVELS: [Compatibility; 3] = [
    Compatibility::Backward,
    Compatibility::Full,
    Compatibility::None,
];
/// A topic, so that Kafka has something to do as well.
pub(crate) const TOPIC: &str = "t";

fn config() -> impl Strategy<Value = Box<[(ConfigKey, DesiredValue)]>> {
    let class = prop_oneof![
        7 => sample::select(CLASSES.to_vec()),
        1 => Just("Missing"),
    ];
    let password = prop_oneof![
        1 => Just(None),
        3 => sample::select(vec!["one", "two"])
            .prop_map(|name| Some(DesiredValue::Secret(SecretName(name.into())))),
    ];
    let tasks = sample::select(vec!["1", "2"]);
    let url = option::of(sample::select(URL.1.to_vec()));
    let pin = option::of(sample::select(vec!["one", "two"]))
        .prop_map(|name| Some(DesiredValue::Secret(SecretName(name?.into()))));
    (class, password, pin, tasks, url).prop_map(|(class, password, pin, tasks, url)| {
        let set = |value: &str| Some(DesiredValue::Set(value.into()));
        // sorted by key
        [
            ("connector.class", set(class)),
            (PASSWORD, password),
            (PIN, pin),
            ("tasks.max", set(tasks)),
            (URL.0, url.and_then(set)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((ConfigKey::new(key), value?)))
        .collect()
    })
}

fn connector() -> impl Strategy<Value = DesiredConnector> {
    let cluster = prop_oneof![3 => Just(CLUSTERS[0]), 1 => Just(CLUSTERS[1])];
    let set = json!([{"offset": {"n": 7}, "partition": {"file": "x"}}]);
    let offsets = sample::select(vec![ConnectorOffsets::Reset, ConnectorOffsets::Set(set)]);
    let state = sample::select(STATES.to_vec());
    (cluster, config(), state, option::of(offsets), 0..3_u32).prop_map(
        |(connect, config, state, offsets, max)| DesiredConnector {
            place: place(9),
            labels: Box::default(),
            connect: connect.into(),
            config,
            state,
            restart: Restart { max },
            offsets: offsets.filter(|_| state == RunState::Stopped),
        },
    )
}

fn schema(at: usize) -> impl Strategy<Value = DesiredSchema> {
    let refers = option::of(option::of(Just(1_u32)));
    let level = option::of(sample::select(LEVELS.to_vec()));
    let text = sample::select(TEXTS.to_vec());
    (text, refers, level).prop_map(move |(text, refers, compatibility)| {
        let refers = refers.filter(|_| at > 0);
        let references: Box<[SchemaReference]> = refers
            .into_iter()
            .map(|version| SchemaReference {
                name: "R".into(),
                subject: SUBJECTS[at - 1].into(),
                version,
            })
            .collect();
        DesiredSchema {
            place: place(9),
            labels: Box::default(),
            format: SchemaFormat::Avro,
            text: text.into(),
            digest: DesiredSchema::digest_of(SchemaFormat::Avro, text, &references),
            references,
            compatibility,
            normalize: true,
        }
    })
}

fn kept_for(retention: &str) -> DesiredTopic {
    let value = DesiredValue::Set(retention.into());
    DesiredTopic {
        place: place(9),
        labels: Box::default(),
        partitions: 2,
        replication_factor: 2,
        config: vec![(ConfigKey::new("retention.ms"), value)],
        placement: None,
        schemas: None,
    }
}

/// Everything that a consent may name: what is in a Connect cluster where git does not want it goes by that cluster's name.
fn consents() -> Vec<ObjectRef> {
    let subjects = SUBJECTS.map(|name| ObjectRef::new(Kind::Schema, name));
    let mut all = Vec::from(subjects);
    for name in CONNECTORS {
        all.push(ObjectRef::new(Kind::Connector, name));
        for cluster in CLUSTERS {
            let key = format!("{cluster}/{name}");
            all.push(ObjectRef::new(Kind::Connector, &key));
        }
    }
    all
}

/// Any desired state of the services, and of a topic.
pub(crate) fn desired() -> impl Strategy<Value = DesiredCluster> {
    let connectors = CONNECTORS.map(|name| option::of(connector()).prop_map(move |c| (name, c)));
    let schemas = [0, 1, 2].map(|at| option::of(schema(at)).prop_map(move |s| (SUBJECTS[at], s)));
    let level = option::of(sample::select(LEVELS.to_vec()));
    let all = consents();
    let count = all.len();
    let allowed = sample::subsequence(all, 0..=count);
    let topic = option::of(sample::select(vec!["1000", "2000"]));
    let bounds = (any::<bool>(), 0..4_u32, 0..100_u32);
    (
        Vec::from(connectors),
        Vec::from(schemas),
        level,
        allowed,
        topic,
        bounds,
    )
        .prop_map(|(connectors, schemas, level, allowed, retention, bounds)| {
            let (owns, count, percent) = bounds;
            let mut desired = DesiredCluster::new(ClusterName::new("sandbox").unwrap(), place(1));
            desired.cluster_id = Some(ClusterId(CLUSTER_ID.into()));
            desired.connectors = named(connectors);
            desired.schemas = named(schemas);
            desired.compatibility = level;
            if owns {
                desired.owns.connectors = vec![Pattern("*".into())];
                desired.owns.subjects = vec![Pattern("*".into())];
            }
            desired.deletion.budget = Budget { count, percent };
            desired.deletion.allow = allowed
                .into_iter()
                .map(|object| Consent {
                    object,
                    reason: "it may go".into(),
                    until: TODAY,
                    place: place(50),
                })
                .collect();
            desired.topics = retention
                .map(|retention| (TopicName::new(TOPIC).unwrap(), kept_for(retention)))
                .into_iter()
                .collect();
            desired
        })
}

fn named<T>(all: Vec<(&'static str, Option<T>)>) -> BTreeMap<CompactString, T> {
    all.into_iter()
        .filter_map(|(name, one)| Some((name.into(), one?)))
        .collect()
}
