//! Quotas, the configs of brokers, groups and subscriptions, and offsets: objects that are nothing but values.

use std::collections::BTreeMap;

use headgate::{
    live::LiveConfig,
    model::{Kind, QuotaEntity, QuotaName, Secret, SecretName},
    ports::{NewValue, Refusal, RefusalClass},
    sandbox::Fault,
};

use super::*;

fn user(name: &str) -> QuotaEntity {
    QuotaEntity {
        user: Some(QuotaName::Named(name.into())),
        ..QuotaEntity::default()
    }
}

fn configs(bench: &Bench, kind: Kind, name: &str) -> BTreeMap<String, Option<String>> {
    let object = bench.sandbox.world().object(&ObjectRef::new(kind, name));
    let Some(LiveObject::Config(config)) = object else {
        return BTreeMap::new();
    };
    let own = |own: LiveConfig| (own.key.to_string(), own.value.map(Into::into));
    config.into_iter().map(own).collect()
}

fn key(key: &str, from: Option<&str>, to: &str) -> SetField {
    mk_field(&format!("config.{key}"), from, to)
}

/// Trap 28: a quota is changed in place, key by key, and never goes on the way.
#[tokio::test(start_paused = true)]
async fn a_quota_is_made_changed_in_place_and_deleted() {
    let bench = mk_bench();
    let limit = |key, value| bench.sandbox.edit(|w| w.limit(&user("old"), key, value));
    limit("producer_byte_rate", Some(1000.0)).unwrap();
    limit("request_percentage", Some(50.5)).unwrap();
    limit("consumer_byte_rate", Some(7.0)).unwrap();
    let ends = bench
        .ends(vec![
            mk_of(
                Kind::Quota,
                "user=new",
                Verb::Create,
                vec![key("producer_byte_rate", None, "1048576")],
                Vec::new(),
            ),
            mk_of(
                Kind::Quota,
                "user=old",
                Verb::Update,
                vec![key("producer_byte_rate", Some("1000"), "2000")],
                vec![mk_unset("request_percentage", "50.5")],
            ),
        ])
        .await;
    assert_eq!(ends, vec![End::Ok; 2]);
    let changes = vec![
        ("producer_byte_rate".into(), Some(2000.0)),
        ("request_percentage".into(), None),
    ];
    assert_eq!(
        bench.writes(),
        [Batch::AlterQuotas(vec![
            (
                user("new"),
                vec![("producer_byte_rate".into(), Some(1_048_576.0))]
            ),
            (user("old"), changes),
        ])]
    );
    let gone = vec![mk_unset("producer_byte_rate", "2000")];
    let delete = mk_of(Kind::Quota, "user=old", Verb::Delete, Vec::new(), gone);
    assert_eq!(bench.ends(vec![delete]).await, [End::Ok]);
    // what is not Headgate's stays
    let left = BTreeMap::from([("consumer_byte_rate".into(), Some("7".into()))]);
    assert_eq!(configs(&bench, Kind::Quota, "user=old"), left);
}

#[tokio::test(start_paused = true)]
async fn the_last_key_takes_its_object_with_it() {
    let bench = mk_bench();
    let limit = |w: &mut headgate::sandbox::World| {
        w.limit(&user("a"), "producer_byte_rate", Some(1.0))
            .unwrap();
    };
    bench.sandbox.edit(limit);
    let reset = || vec![mk_unset("producer_byte_rate", "1")];
    let update = mk_of(Kind::Quota, "user=a", Verb::Update, Vec::new(), reset());
    assert_eq!(bench.ends(vec![update]).await, [End::Ok]);
    let delete = mk_of(Kind::Quota, "user=a", Verb::Delete, Vec::new(), reset());
    assert_eq!(bench.ends(vec![delete]).await, [End::AlreadyDone]);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_somebody_changed_since_is_left_alone() {
    let bench = mk_bench();
    let limit = |w: &mut headgate::sandbox::World| {
        w.limit(&user("a"), "producer_byte_rate", Some(5.0))
            .unwrap();
    };
    bench.sandbox.edit(limit);
    let ends = bench
        .ends(vec![
            mk_of(
                Kind::Quota,
                "user=a",
                Verb::Delete,
                Vec::new(),
                vec![mk_unset("producer_byte_rate", "1")],
            ),
            mk_of(
                Kind::Quota,
                "user=a",
                Verb::Create,
                vec![key("producer_byte_rate", None, "1")],
                Vec::new(),
            ),
        ])
        .await;
    for (end, says) in ends.iter().zip(["the plan saw 1", "the plan saw it unset"]) {
        assert!(
            matches!(end, End::PreconditionFailed(why) if why.contains(says)),
            "{end:?}"
        );
    }
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn configs_of_all_sorts_are_set_and_one_refusal_is_nobody_elses() {
    let bench = mk_bench();
    let make = |kind, name, field, to| {
        let set = vec![key(field, None, to)];
        mk_of(kind, name, Verb::Create, set, Vec::new())
    };
    let ends = bench
        .ends(vec![
            make(Kind::BrokerConfig, "default", "log.retention.ms", "1000"),
            make(Kind::BrokerConfig, "2", "num.io.threads", "16"),
            make(Kind::BrokerConfig, "2", "log.dirs", "/data"),
            make(Kind::BrokerConfig, "99", "num.io.threads", "16"),
            make(
                Kind::GroupConfig,
                "g",
                "consumer.session.timeout.ms",
                "45000",
            ),
            make(Kind::GroupConfig, "h", "retention.ms", "1"),
            make(Kind::ClientMetrics, "all", "interval.ms", "60000"),
        ])
        .await;
    let labels: Vec<_> = ends.iter().map(End::label).collect();
    assert_eq!(labels, ["ok", "ok", "error", "error", "ok", "error", "ok"]);
    assert_eq!(configs(&bench, Kind::BrokerConfig, "2").len(), 1);
    assert_eq!(configs(&bench, Kind::ClientMetrics, "all").len(), 1);
}

/// Trap 7: Kafka hides a secret value, and that it is there is all that can be seen.
#[tokio::test(start_paused = true)]
async fn a_secret_value_is_written_and_seen_to_be_there() {
    let name = SecretName("keystore".into());
    let secret = Secret::new("hunter2".to_owned());
    let bench = Bench {
        vault: Vault::fixed([(name.clone(), secret.clone())].into(), [1; 32]),
        ..mk_bench()
    };
    let field = SetField {
        to: bench.vault.digest(&secret).0,
        secret: Some(name),
        ..key("ssl.keystore.password", None, "")
    };
    let action = mk_of(Kind::BrokerConfig, "1", Verb::Create, vec![field], vec![]);
    assert_eq!(bench.ends(vec![action]).await, [End::Ok]);
    let sent = (
        ConfigKey::new("ssl.keystore.password"),
        Some(NewValue::Secret(secret)),
    );
    let object = ObjectRef::new(Kind::BrokerConfig, "1");
    assert_eq!(
        bench.writes(),
        [Batch::AlterConfigs(vec![(object, vec![sent])])]
    );
    let hidden = BTreeMap::from([("ssl.keystore.password".into(), None)]);
    assert_eq!(configs(&bench, Kind::BrokerConfig, "1"), hidden);
    assert!(!format!("{:?}", bench.writes()).contains("hunter2"));
}

/// A group that has read three of ten records.
fn mk_group() -> (Bench, TopicName) {
    let bench = mk_bench();
    make(&bench, "t", &[]);
    let topic = TopicName::new("t").unwrap();
    bench.sandbox.edit(|w| {
        w.produce(&topic, 0, 10, 5000);
        w.commit("g", &topic, 0, 3);
    });
    (bench, topic)
}

fn mk_rewind(to: &str) -> Action {
    let set = vec![mk_field("offsets", None, to)];
    mk_of(Kind::ConsumerGroup, "g", Verb::Update, set, Vec::new())
}

#[tokio::test(start_paused = true)]
async fn offsets_of_an_empty_group_are_set() {
    let (bench, topic) = mk_group();
    for (to, offset) in [("earliest", 0), ("latest", 10), ("4000 t", 0)] {
        assert_eq!(bench.ends(vec![mk_rewind(to)]).await, [End::Ok]);
        let world = bench.sandbox.world();
        assert_eq!(world.committed("g", &topic, 0), Some(offset), "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn offsets_of_a_group_that_reads_are_left_alone() {
    let (bench, topic) = mk_group();
    bench
        .sandbox
        .edit(|w| w.join("g", "consumer", std::slice::from_ref(&topic)));
    let ends = bench.ends(vec![mk_rewind("latest")]).await;
    assert!(
        matches!(&ends[0], End::PreconditionFailed(why) if why.contains("the group is Stable")),
        "{ends:?}"
    );
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn offsets_whose_answer_is_lost_are_not_taken_for_set() {
    let (bench, _) = mk_group();
    bench.sandbox.inject(Fault::RequestLost);
    let ends = bench.ends(vec![mk_rewind("latest")]).await;
    assert_eq!(ends[0].label(), "indeterminate", "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn what_no_request_can_be_made_of_is_an_error_and_holds_up_nothing() {
    let (bench, topic) = mk_group();
    let ends = bench.ends(vec![mk_rewind("yesterday")]).await;
    assert!(
        matches!(&ends[0], End::Error(why) if why.contains("nothing can be sent")),
        "{ends:?}"
    );
    assert_eq!(bench.writes(), []);
    assert_eq!(*bench.notes.lock().unwrap(), [], "nothing was begun");
    assert_eq!(bench.ends(vec![mk_rewind("latest")]).await, [End::Ok]);
    let world = bench.sandbox.world();
    assert_eq!(world.committed("g", &topic, 0), Some(10));
    assert_eq!(
        bench.notes.lock().unwrap()[0].offsets.as_deref(),
        Some("latest")
    );
}

/// Made before its topic, it would have Kafka make that, and not as git says.
#[tokio::test(start_paused = true)]
async fn a_connector_is_not_made_when_its_topic_was_not() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|_, batch| match batch {
        Batch::CreateTopics(topics) => {
            let refused = Refusal {
                class: RefusalClass::Final,
                code: "POLICY_VIOLATION".into(),
                message: String::new(),
            };
            Some(vec![Outcome::Refused(refused); topics.len()])
        }
        _ => None,
    }));
    let connector = |name: &str, topics: &str| {
        let set = vec![mk_field("config.topics", None, topics)];
        mk_of(Kind::Connector, name, Verb::Create, set, Vec::new())
    };
    let ends = bench
        .ends(vec![
            mk_create("items", &[]),
            connector("waits", "orders, items"),
            connector("goes-on", "orders"),
        ])
        .await;
    assert_eq!(ends[0].label(), "error", "{ends:?}");
    let waits = "its topic items was not made; the next pass tries again";
    assert_eq!(ends[1], End::NotTried(waits.to_owned()));
    assert_ne!(
        ends[2], ends[1],
        "there is no Connect here, and it was tried"
    );
}
