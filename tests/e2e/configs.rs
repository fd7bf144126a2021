//! Configs of brokers, groups and metrics subscriptions: set, kept, reset and deleted as git says.

use headgate::model::{Kind, ObjectRef};

use super::world::{World, document, may_go, plaintext, until};
use crate::support::lab;

fn config(kind: Kind, name: &str, config: &str) -> String {
    document(kind.as_str(), name, &format!("config: {{{config}}}"))
}

#[tokio::test]
async fn configs_of_all_brokers_and_of_one_are_kept_and_go_with_consent_only() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let _brokers = lab::broker_configs().await;
    let world = World::new(kafka);
    let all = ObjectRef::new(Kind::BrokerConfig, "default");
    let one = ObjectRef::new(Kind::BrokerConfig, "1");
    let of_all = |keys: &str| config(Kind::BrokerConfig, "default", keys);
    let of_one = config(Kind::BrokerConfig, "1", "log.cleaner.backoff.ms: 20s");
    let value = async |object: &ObjectRef, key: &str| world.hand.value(object, key).await;
    let both = [
        of_all("log.retention.ms: 48h, message.max.bytes: 2MiB"),
        of_one.clone(),
    ];
    world.declare("", &both);
    world.converge().await;
    let retention = value(&all, "log.retention.ms").await;
    assert_eq!(retention.as_deref(), Some("172800000"));

    world
        .hand
        .alter(&all, "log.retention.ms", Some("1000"))
        .await;
    world.hand.alter(&all, "num.io.threads", Some("5")).await;
    world.hand.alter(&one, "log.cleaner.backoff.ms", None).await;
    let drifted = [
        "create BrokerConfig 1: drift",
        "update BrokerConfig default: drift",
    ];
    assert_eq!(world.due().await, drifted);
    world.converge().await;
    let retention = value(&all, "log.retention.ms").await;
    assert_eq!(retention.as_deref(), Some("172800000"));
    let backoff = value(&one, "log.cleaner.backoff.ms").await;
    assert_eq!(backoff.as_deref(), Some("20000"));

    world.declare("", &[of_all("message.max.bytes: 2MiB"), of_one]);
    assert_eq!(world.due().await, ["update BrokerConfig default: commit"]);
    world.converge().await;
    assert_eq!(value(&all, "log.retention.ms").await, None);

    world.declare("", &[]);
    let held = world.withheld().await;
    let gates: Vec<&str> = held.iter().map(|(held, _)| held.as_str()).collect();
    assert_eq!(
        gates,
        ["consent BrokerConfig 1", "consent BrokerConfig default"]
    );
    assert!(value(&all, "message.max.bytes").await.is_some());
    let consents = may_go(&[("BrokerConfig", "default"), ("BrokerConfig", "1")]);
    let budget = "budget: {count: 2, percent: 100}";
    world.declare(&format!("deletion: {{{consents}, {budget}}}"), &[]);
    world.converge().await;
    assert_eq!(value(&all, "message.max.bytes").await, None);
    assert_eq!(value(&one, "log.cleaner.backoff.ms").await, None);
    let foreign = value(&all, "num.io.threads").await;
    assert_eq!(foreign.as_deref(), Some("5"), "it was never git's");
    world.hand.alter(&all, "num.io.threads", None).await;
}

#[tokio::test]
async fn a_broker_that_is_not_there_and_a_key_that_needs_a_restart_are_told_as_such() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    world.declare(
        "",
        &[config(
            Kind::BrokerConfig,
            "77",
            "log.cleaner.backoff.ms: 20s",
        )],
    );
    let held = world.withheld().await;
    assert_eq!(held[0].0, "unsupported BrokerConfig 77", "{held:?}");
    assert!(
        held[0].1.contains("no broker 77 is up (there are 1)"),
        "{held:?}"
    );
    world.declare("", &[config(Kind::BrokerConfig, "1", "log.dirs: /tmp")]);
    let refused = world.run(&["plan"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("server.properties"), "{}", refused.err);
}

#[tokio::test]
async fn configs_of_groups_and_metrics_subscriptions_are_kept_and_go_with_consent_only() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let app = world.name("app");
    let group = ObjectRef::new(Kind::GroupConfig, &app);
    let metrics = ObjectRef::new(Kind::ClientMetrics, &app);
    let of_group = |keys: &str| config(Kind::GroupConfig, &app, keys);
    let of_clients = config(
        Kind::ClientMetrics,
        &app,
        "interval.ms: 1m, metrics: [org.apache.kafka.consumer.]",
    );
    let value = async |object: &ObjectRef, key: &str| world.hand.value(object, key).await;
    let timeouts = "consumer.session.timeout.ms: 46s, consumer.heartbeat.interval.ms: 6s";
    world.declare("", &[of_group(timeouts), of_clients.clone()]);
    world.converge().await;

    let session = "consumer.session.timeout.ms";
    world.hand.alter(&group, session, Some("50000")).await;
    world.hand.alter(&metrics, "interval.ms", None).await;
    world.hand.alter(&metrics, "metrics", None).await;
    let drifted = [
        format!("create ClientMetrics {app}: drift"),
        format!("update GroupConfig {app}: drift"),
    ];
    assert_eq!(world.due().await, drifted);
    world.converge().await;
    assert_eq!(value(&group, session).await.as_deref(), Some("46000"));
    assert_eq!(
        value(&metrics, "interval.ms").await.as_deref(),
        Some("60000")
    );

    world.declare(
        "",
        &[of_group("consumer.session.timeout.ms: 46s"), of_clients],
    );
    world.converge().await;
    assert_eq!(value(&group, "consumer.heartbeat.interval.ms").await, None);

    world.declare("", &[]);
    let held = world.withheld().await;
    let gates: Vec<&str> = held.iter().map(|(held, _)| held.as_str()).collect();
    let expected = ["GroupConfig", "ClientMetrics"].map(|kind| format!("consent {kind} {app}"));
    assert_eq!(gates, expected);
    let consents = may_go(&[("GroupConfig", &app), ("ClientMetrics", &app)]);
    world.declare(&format!("deletion: {{{consents}}}"), &[]);
    world.converge().await;
    for object in [&group, &metrics] {
        until("it is gone", async || {
            world.hand.look(object).await.is_none()
        })
        .await;
    }
}
