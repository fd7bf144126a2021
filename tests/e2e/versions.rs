//! The walk through on the oldest Kafka and on the last 3.x: plan, apply, drift, deletion; of topics, and of the rest.

use headgate::{
    lab::KafkaCluster,
    model::{Kind, ObjectRef},
};

use super::world::{World, consent, document, each, may_go, topic, until};
use crate::support::lab;

async fn walk(kafka: &KafkaCluster) {
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let both = [topic(&events, 3, "retention.ms: 24h"), topic(&logs, 1, "")];
    world.declare("", &both);
    let (code, plan) = world.plan().await;
    assert_eq!((code, &plan["summary"]["create"]), (2, &2.into()), "{plan}");
    let applied = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(world.plan().await.0, 0);

    world.hand.set(&events, "retention.ms", Some("1000")).await;
    let (code, plan) = world.plan().await;
    assert_eq!(code, 2, "{plan}");
    let actions = &plan["clusters"][0]["actions"];
    assert_eq!(
        (each(actions, "action"), each(actions, "cause")),
        (vec!["update"], vec!["drift"])
    );
    assert_eq!(world.run(&["apply"]).await.code, 0);
    let healed = world.hand.config(&events, "retention.ms").await;
    assert_eq!(healed.as_deref(), Some("86400000"));

    world.declare("", &both[..1]);
    assert_eq!(world.run(&["apply", "--detailed-exitcode"]).await.code, 2);
    assert!(
        world.hand.topic(&logs).await.is_some(),
        "no consent, no deletion"
    );
    let spec = format!("deletion: {{allow: [{}]}}", consent(&logs, "2099-12-31"));
    world.declare(&spec, &[topic(&events, 5, "retention.ms: 24h")]);
    let applied = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    until("the topic is deleted", async || {
        world.hand.topic(&logs).await.is_none()
    })
    .await;
    assert_eq!(world.hand.topic(&events).await.unwrap().partitions.len(), 5);
    assert_eq!(world.plan().await.0, 0);
}

/// Documents of everything beside topics that every version has.
fn access(app: &str) -> [String; 2] {
    let user = format!(
        "scram: {{mechanism: [SCRAM-SHA-256, SCRAM-SHA-512], passwordFrom: {{secret: app}}}}, \
         grants: [{{consume: {app}, group: {app}}}], quotas: {{producerByteRate: 1MiB}}"
    );
    let brokers = "config: {log.cleaner.backoff.ms: 20s}";
    [
        document("User", app, &user),
        document("BrokerConfig", "default", brokers),
    ]
}

async fn walk_access(kafka: &KafkaCluster) {
    let _brokers = lab::broker_configs().await;
    let world = World::new(kafka);
    let app = world.name("app");
    world.secret("app", "a password");
    let all = access(&app);
    world.declare("", &all);
    assert_eq!(world.due().await.len(), 6);
    world.converge().await;

    let brokers = ObjectRef::new(Kind::BrokerConfig, "default");
    let read = format!("User:{app} allow Read topic:literal:{app}");
    world.hand.acls(&[], &[&read]).await;
    let (rate, backoff) = ("producer_byte_rate", "log.cleaner.backoff.ms");
    world
        .hand
        .limit(&format!("user={app}"), rate, Some(7.0))
        .await;
    world.hand.alter(&brokers, backoff, Some("19000")).await;
    let drifted = [
        format!("create Acl {read}: drift"),
        format!("update Quota user={app}: drift"),
        "update BrokerConfig default: drift".to_owned(),
    ];
    assert_eq!(world.due().await, drifted);
    world.converge().await;
    let healed = world.hand.value(&brokers, backoff).await;
    assert_eq!(healed.as_deref(), Some("20000"));

    let consents = may_go(&[("User", &app), ("BrokerConfig", "default")]);
    let budget = "accessBudget: {count: 9, percent: 100}";
    world.declare(&format!("deletion: {{{consents}, {budget}}}"), &[]);
    assert_eq!(world.due().await.len(), 6);
    world.converge().await;
    let user = ObjectRef::new(Kind::User, &app);
    assert_eq!(world.hand.look(&user).await, None);
    assert_eq!(world.hand.value(&brokers, backoff).await, None);
    assert_eq!(world.hand.acls_of(&format!("User:{app}")).await, [""; 0]);
}

/// What a version does not have is withheld with the version that has it, and holds up nothing else.
async fn lacks(kafka: &KafkaCluster, kind: Kind, config: &str, since: &str) {
    let world = World::new(kafka);
    let events = world.name("events");
    let config = format!("config: {{{config}}}");
    world.declare(
        "",
        &[
            topic(&events, 1, ""),
            document(kind.as_str(), &world.name("app"), &config),
        ],
    );
    let applied = world.run(&["apply", "-o", "json"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    let left = &applied.json()["clusters"][0]["left"];
    let held = super::world::blocked(left);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0].0, format!("unsupported {kind} *"));
    assert!(held[0].1.contains(since), "{held:?}");
    assert!(world.hand.topic(&events).await.is_some());
}

const OF_GROUPS: &str = "consumer.session.timeout.ms: 46s";

#[tokio::test]
async fn kafka_3_6_is_kept_as_git_says() {
    let Some(kafka) = lab::kafka_3_6().await else {
        return;
    };
    walk(kafka).await;
    walk_access(kafka).await;
    lacks(kafka, Kind::GroupConfig, OF_GROUPS, "Kafka 4.0").await;
    lacks(kafka, Kind::ClientMetrics, "interval.ms: 1m", "Kafka 3.7").await;
}

#[tokio::test]
async fn kafka_3_9_is_kept_as_git_says() {
    let Some(kafka) = lab::kafka_3_9().await else {
        return;
    };
    walk(kafka).await;
    walk_access(kafka).await;
    lacks(kafka, Kind::GroupConfig, OF_GROUPS, "Kafka 4.0").await;
}

#[tokio::test]
async fn the_newest_kafka_is_kept_as_git_says() {
    let Some(kafka) = lab::plaintext().await else {
        return;
    };
    walk(kafka).await;
    walk_access(kafka).await;
}
