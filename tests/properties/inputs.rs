//! Any desired state and any cluster, of few names and values, so that they meet.

use std::{collections::BTreeMap, time::Duration};

use headgate::{
    desired::{
        Budget, Consent, Deletion, DesiredCluster, DesiredTopic, DesiredValue, Owns, Pattern,
    },
    model::{ClusterId, ClusterName, ConfigKey, Kind, ObjectRef, Place, TopicName},
    ports::NewTopic,
    sandbox::Faults,
};
use jiff::civil::Date;
use proptest::{collection, option, prelude::*, sample};

use super::others::{self, others};

pub(super) const CLUSTER_ID: &str = "sandbox-cluster";
pub(super) const BROKERS: u16 = 3;
pub(super) const NAMES: [&str; 6] = ["a", "app.b", "app.c", "d", "e", "f"];
/// The day of all passes.
pub(super) const TODAY: Date = Date::constant(2026, 6, 15);

/// Keys, and values of each.
const KEYS: [(&str, [&str; 3]); 4] = [
    ("retention.ms", ["1000", "2000", "-1"]),
    ("segment.ms", ["500", "600", "700"]),
    ("cleanup.policy", ["compact", "delete", "compact,delete"]),
    ("min.insync.replicas", ["1", "2", "3"]),
];

pub(super) fn place(line: u32) -> Place {
    Place {
        file: "desired-state/sandbox.yaml".into(),
        line,
        column: 1,
    }
}

/// A config: any of the keys with any of its values.
pub(super) fn config() -> impl Strategy<Value = Vec<(ConfigKey, String)>> {
    let value = |(key, values): (&'static str, [&'static str; 3])| {
        option::of(sample::select(values.to_vec()))
            .prop_map(move |value| Some((ConfigKey::new(key), value?.to_owned())))
    };
    KEYS.map(value)
        .to_vec()
        .prop_map(|keys| keys.into_iter().flatten().collect())
}

fn topic() -> impl Strategy<Value = DesiredTopic> {
    let keys = (config(), any::<[bool; 4]>());
    (1..5_u32, 2..=BROKERS, keys).prop_map(|(partitions, replication_factor, (config, leave))| {
        let mut config: Vec<_> = config
            .into_iter()
            .zip(leave)
            .map(|((key, value), leave)| match leave {
                true => (key, DesiredValue::LeaveAlone),
                false => (key, DesiredValue::Set(value.as_str().into())),
            })
            .collect();
        config.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        DesiredTopic {
            place: place(9),
            labels: Box::default(),
            partitions,
            replication_factor,
            config,
            placement: None,
            schemas: None,
        }
    })
}

fn some_names() -> impl Strategy<Value = Vec<&'static str>> {
    sample::subsequence(NAMES.to_vec(), 0..=NAMES.len())
}

/// Any desired state of the cluster.
pub(super) fn desired() -> impl Strategy<Value = DesiredCluster> {
    let topics = some_names().prop_flat_map(|names| {
        let count = names.len();
        collection::vec(topic(), count).prop_map(move |topics| {
            let names = names.iter().map(|n| TopicName::new(n).unwrap());
            names.zip(topics).collect::<BTreeMap<_, _>>()
        })
    });
    let deletion = (some_names(), any::<bool>(), 0..4_u32, 0..100_u32);
    let owns = (any::<bool>(), any::<bool>());
    (topics, deletion, owns, others()).prop_map(|(topics, deletion, owns, others)| {
        let (owns_topics, topic_configs) = owns;
        let mut desired = DesiredCluster {
            cluster_id: Some(ClusterId(CLUSTER_ID.into())),
            owns: Owns {
                topics: match owns_topics {
                    true => vec![Pattern("app.*".into())],
                    false => Vec::new(),
                },
                topic_configs,
                ..Owns::default()
            },
            deletion: consented(deletion),
            topics,
            ..DesiredCluster::new(ClusterName::new("sandbox").unwrap(), place(1))
        };
        others.say(&mut desired);
        desired
    })
}

/// Consents whose last day is today, or was the day before.
fn consented((names, expired, count, percent): (Vec<&'static str>, bool, u32, u32)) -> Deletion {
    let consent = |(line, name): (u32, &str)| Consent {
        object: ObjectRef::topic(name),
        reason: "it may go".into(),
        until: match expired && line % 2 == 0 {
            true => TODAY.yesterday().unwrap(),
            false => TODAY,
        },
        place: place(2 + line),
    };
    Deletion {
        budget: Budget { count, percent },
        allow: (0..).zip(names).map(consent).collect(),
        ..Deletion::default()
    }
}

/// Tells whether the desired state consents to the end of a topic.
pub(super) fn consents(desired: &DesiredCluster, name: &str) -> bool {
    let consent = desired.deletion.consent(Kind::Topic, name);
    consent.is_some_and(|c| TODAY <= c.until)
}

/// Topics that are there before Headgate comes.
pub(super) fn found() -> impl Strategy<Value = Vec<NewTopic>> {
    some_names().prop_flat_map(|names| {
        let count = names.len();
        collection::vec((1..5_u32, 1..=BROKERS, config()), count).prop_map(move |topics| {
            let new = names.iter().zip(topics);
            new.map(
                |(name, (partitions, replication_factor, config))| NewTopic {
                    name: TopicName::new(name).unwrap(),
                    partitions,
                    replication_factor,
                    assignment: Vec::new(),
                    config: config.into_iter().map(|(k, v)| (k, v.into())).collect(),
                },
            )
            .collect()
        })
    })
}

/// What goes wrong at times, until it has gone wrong often enough.
pub(super) fn faults() -> impl Strategy<Value = Faults> {
    (any::<u64>(), 0..50_u32, 0..8_u32, 0..3_u64).prop_map(|(seed, percent, most, lag)| Faults {
        seed,
        percent,
        most,
        lag: Duration::from_secs(lag),
    })
}

/// What a person does by hand with Kafka's tools.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Set(&'static str, &'static str, Option<&'static str>),
    Delete(&'static str),
    Recreate(&'static str),
    Grow(&'static str),
    Produce(&'static str),
    /// Retention takes all that was written.
    Expire(&'static str),
    Other(others::Edit),
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let name = || sample::select(NAMES.to_vec());
    let set = (name(), 0..KEYS.len(), option::of(0..3_usize)).prop_map(|(name, key, value)| {
        let (key, values) = KEYS[key];
        Edit::Set(name, key, value.map(|v| values[v]))
    });
    prop_oneof![
        4 => set,
        1 => name().prop_map(Edit::Delete),
        1 => name().prop_map(Edit::Recreate),
        1 => name().prop_map(Edit::Grow),
        1 => name().prop_map(Edit::Produce),
        1 => name().prop_map(Edit::Expire),
        5 => others::edit().prop_map(Edit::Other),
    ]
}
