//! What an import writes, planned again: nothing is to be done.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod services;
mod topics;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use compact_str::CompactString;
use headgate::{
    desired::{self, DesiredCluster},
    import::{Imported, import},
    live::{
        Broker, KafkaLive, Live, LiveConfig, LiveCredential, LivePartition, LiveTopic, LiveUser,
        Login, Observed,
    },
    model::{
        Acl, ClusterId, ClusterName, ConfigKey, Fingerprint, Kind, Ledger, ScramMechanism,
        SourceFile, TopicId, TopicName,
    },
    plan::{self, ClusterPlan},
    policy::Policies,
};

fn mk_config(pairs: &[(&str, &str)]) -> Vec<LiveConfig> {
    let own = |(key, value): &(&str, &str)| LiveConfig {
        key: ConfigKey::new(key),
        value: Some((*value).into()),
    };
    pairs.iter().map(own).collect()
}

fn mk_topic(id: u8, partitions: usize, config: &[(&str, &str)]) -> Observed<LiveTopic> {
    let partition = LivePartition {
        leader: 1,
        replicas: [1, 2, 3].into(),
        isr: [1, 2, 3].into(),
    };
    Observed::Known(LiveTopic {
        id: TopicId([id; 16]),
        internal: false,
        partitions: vec![partition; partitions],
        config: mk_config(config),
    })
}

fn known<T>(objects: Vec<(&str, T)>) -> Observed<BTreeMap<CompactString, Observed<T>>> {
    let one = |(name, object): (&str, T)| (name.into(), Observed::Known(object));
    Observed::Known(objects.into_iter().map(one).collect())
}

fn mk_topics() -> BTreeMap<TopicName, Observed<LiveTopic>> {
    let topic = TopicName::from_broker;
    let insync = ("min.insync.replicas", "2");
    BTreeMap::from([
        (
            topic("app.a"),
            mk_topic(1, 3, &[("retention.ms", "86400000"), insync]),
        ),
        (topic("app.b"), mk_topic(2, 3, &[insync])),
        (
            topic("app.c"),
            mk_topic(3, 6, &[insync, ("cleanup.policy", "compact,delete")]),
        ),
        (topic("app.d"), mk_topic(4, 3, &[insync])),
        (topic("audit"), mk_topic(5, 3, &[])),
        (
            topic("__consumer_offsets"),
            mk_topic(6, 50, &[("cleanup.policy", "compact")]),
        ),
    ])
}

fn mk_acls() -> Observed<BTreeSet<Acl>> {
    let acl = |name: &str| Acl::parse(name).unwrap();
    Observed::Known(
        [
            "User:app allow Read topic:prefixed:app.",
            "User:app allow Describe topic:prefixed:app.",
            "User:app allow Read group:literal:*",
            "User:app deny Write topic:literal:audit from 10.0.0.1",
            "User:CN=a%20b,OU=c allow Alter cluster:literal:kafka-cluster",
            "User:* allow Describe topic:literal:audit",
            "Group:ops allow All transactionalId:literal:*",
        ]
        .map(acl)
        .into(),
    )
}

/// A cluster that has something of everything.
fn mk_live() -> KafkaLive {
    let print = Fingerprint("print".into());
    let user = LiveUser {
        credentials: vec![LiveCredential {
            mechanism: ScramMechanism::Sha512,
            iterations: 8192,
            login: Some(Login::Accepted(print)),
            tried: None,
        }],
    };
    let broker = |id: i32| Broker {
        id,
        host: "b".into(),
        port: 9092,
        rack: None,
    };
    KafkaLive {
        brokers: vec![broker(1), broker(2), broker(3)],
        topics: mk_topics(),
        acls: mk_acls(),
        users: known(vec![("app", user)]),
        quotas: known(vec![
            (
                "user=app",
                mk_config(&[
                    ("producer_byte_rate", "1048576.5"),
                    ("request_percentage", "12.5"),
                ]),
            ),
            (
                "client-id=<default>",
                mk_config(&[("consumer_byte_rate", "2097152")]),
            ),
            (
                "user=<default>,client-id=x",
                mk_config(&[("request_percentage", "200")]),
            ),
            (
                "ip=10.0.0.1",
                mk_config(&[("connection_creation_rate", "5")]),
            ),
        ]),
        broker_configs: known(vec![
            (
                "default",
                mk_config(&[
                    ("log.retention.ms", "172800000"),
                    ("leader.replication.throttled.rate", "1"),
                ]),
            ),
            ("1", mk_config(&[("log.cleaner.threads", "2")])),
        ]),
        group_configs: known(vec![(
            "g",
            mk_config(&[("consumer.session.timeout.ms", "60000")]),
        )]),
        client_metrics: known(vec![(
            "m",
            mk_config(&[("interval.ms", "60000"), ("metrics", "*")]),
        )]),
        groups: known(vec![]),
        principal: Observed::Known("User:headgate".into()),
        ..KafkaLive::new(ClusterId("MkU3OEVBNTcwNTJENDM2Qg".into()))
    }
}

fn imported(kafka: &KafkaLive) -> Imported {
    import(
        &ClusterName::new("prod").unwrap(),
        &mk_observation(kafka.clone()),
    )
}

/// An observation of Kafka and nothing beside it.
fn mk_observation(kafka: KafkaLive) -> Live {
    Live {
        observed_at: "2026-06-01T12:00:00Z".parse().unwrap(),
        kafka: Observed::Known(kafka),
        registry: None,
        connect: None,
        secrets: BTreeMap::new(),
    }
}

fn loaded(imported: &Imported) -> Arc<DesiredCluster> {
    let files: Vec<SourceFile> = imported
        .files
        .iter()
        .map(|(path, text)| SourceFile {
            path: format!("prod/{path}"),
            bytes: text.clone().into_bytes(),
        })
        .collect();
    let loaded = desired::load(&files);
    assert!(loaded.is_valid(), "{imported:#?}\n{:#?}", loaded.findings);
    loaded.desired.clusters.into_values().next().unwrap()
}

fn planned(imported: &Imported, kafka: KafkaLive) -> ClusterPlan {
    planned_on(imported, mk_observation(kafka))
}

/// Plans what was imported, with all secrets provided.
fn planned_on(imported: &Imported, mut live: Live) -> ClusterPlan {
    let print = Observed::Known(Fingerprint("print".into()));
    let secrets = imported.secrets.iter();
    live.secrets = secrets.map(|name| (name.clone(), print.clone())).collect();
    plan::plan(
        &loaded(imported),
        &live,
        &Ledger::default(),
        &Policies::default(),
        live.observed_at,
    )
}

#[test]
fn what_was_imported_plans_to_nothing() {
    let live = mk_live();
    let imported = imported(&live);
    let plan = planned(&imported, live);
    assert_eq!((plan.actions, plan.reported), (vec![], vec![]));
    assert_eq!(plan.blocked, []);
    assert_eq!(plan.drift, []);
}

#[test]
fn nothing_of_what_was_imported_is_changed_before_somebody_has_looked() {
    let mut live = mk_live();
    let imported = imported(&live);
    for (kind, _) in &imported.counts {
        let cluster = &imported.files[0].1;
        assert!(cluster.contains(&format!("{kind}: report")), "{cluster}");
    }
    live.topics = mk_topics().into_iter().take(1).collect();
    live.acls = Observed::Known(BTreeSet::new());
    live.users = known(vec![]);
    live.quotas = known(vec![]);
    live.broker_configs = known(vec![]);
    live.group_configs = known(vec![]);
    live.client_metrics = known(vec![]);
    let plan = planned(&imported, live);
    assert_eq!(plan.actions, []);
    assert!(plan.reported.len() > 10, "{:?}", plan.reported);
}

#[test]
fn iterations_are_declared_where_they_are_more_than_kafkas_tools_take() {
    let user = |iterations: &[u32]| {
        let mechanisms = ScramMechanism::ALL.iter();
        let credential = |(mechanism, iterations): (&ScramMechanism, &u32)| LiveCredential {
            mechanism: *mechanism,
            iterations: *iterations,
            login: Some(Login::Accepted(Fingerprint("print".into()))),
            tried: None,
        };
        LiveUser {
            credentials: mechanisms.zip(iterations).map(credential).collect(),
        }
    };
    for (iterations, written) in [
        (&[8192][..], Some("iterations: 8192")),
        (&[8192, 8192], Some("iterations: 8192")),
        (&[8192, 4096], None),
        (&[4096], None),
        // which somebody set before KRaft
        (&[1_000_000], None),
    ] {
        let mut live = mk_live();
        live.users = known(vec![("app", user(iterations))]);
        let imported = imported(&live);
        let said = |what: &str| imported.files.iter().any(|(_, text)| text.contains(what));
        assert!(said(written.unwrap_or("scram")), "{iterations:?}");
        assert_eq!(said("iterations"), written.is_some(), "{iterations:?}");
        let plan = planned(&imported, live);
        assert_eq!(
            (plan.reported, plan.blocked),
            (vec![], vec![]),
            "{iterations:?}"
        );
    }
}

#[test]
fn documents_stand_in_files_that_somebody_would_keep() {
    let imported = imported(&mk_live());
    let files: BTreeMap<&str, &str> = imported
        .files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let paths: Vec<&str> = files.keys().copied().collect();
    assert_eq!(
        paths,
        [
            "brokers.yaml",
            "client-metrics.yaml",
            "cluster.yaml",
            "groups.yaml",
            "quotas.yaml",
            "topics/app.yaml",
            "topics/other.yaml",
            "users/other.yaml"
        ]
    );
    let cluster = files["cluster.yaml"];
    assert!(cluster.contains("min.insync.replicas: 2"), "{cluster}");
    assert!(files["topics/app.yaml"].contains("retention.ms: 1d"));
    assert!(files["topics/other.yaml"].contains("min.insync.replicas: null"));
    assert!(!files.values().any(|text| text.contains("throttled")));
    let secrets: Vec<String> = imported.secrets.iter().map(ToString::to_string).collect();
    assert_eq!(secrets, ["app-password"]);
}

#[test]
fn what_could_not_be_read_is_told_and_not_written() {
    let mut live = mk_live();
    live.acls = Observed::Unknown("no authorizer".into());
    let imported = imported(&live);
    assert!(
        imported
            .notes
            .iter()
            .any(|n| n == "Acl: could not be read: no authorizer")
    );
    assert!(
        !imported
            .files
            .iter()
            .any(|(_, text)| text.contains("acls:"))
    );
}

#[test]
fn acls_of_nobody_and_of_nothing_are_told_and_not_written() {
    let mut live = mk_live();
    let acl = |name: &str| Acl::parse(name).unwrap();
    let odd = [
        "User: allow Read topic:literal:audit",
        ":app allow Read topic:literal:audit",
        "app allow Read topic:literal:audit",
        "User:app allow Read topic:literal:",
    ];
    let Observed::Known(acls) = &mut live.acls else {
        panic!("they are known");
    };
    let before = acls.len();
    acls.extend(odd.map(acl));
    let imported = imported(&live);
    assert_eq!(imported.errors("prod"), []);
    assert!(imported.counts.contains(&(Kind::Acl, before)));
    for odd in odd {
        let told = |note: &&String| note.starts_with(&format!("Acl {odd}: "));
        assert_eq!(imported.notes.iter().filter(told).count(), 1, "{odd}");
    }
    assert_eq!(planned(&imported, live).reported, []);
}

#[test]
fn what_would_not_be_read_again_is_found_with_its_place() {
    let mut live = mk_live();
    // the principal would be User:User:app
    let user = LiveUser {
        credentials: vec![LiveCredential {
            mechanism: ScramMechanism::Sha512,
            iterations: 4096,
            login: None,
            tried: None,
        }],
    };
    live.users = known(vec![("User:app", user)]);
    let errors = imported(&live).errors("prod");
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("prod/users/other.yaml:"), "{told:?}");
}
