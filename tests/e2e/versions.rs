//! The walk through on the oldest Kafka and on the last 3.x: plan, apply, drift, deletion.

use headgate::lab::KafkaCluster;

use super::world::{World, consent, each, topic, until};
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

#[tokio::test]
async fn kafka_3_6_is_kept_as_git_says() {
    if let Some(kafka) = lab::kafka_3_6().await {
        walk(kafka).await;
    }
}

#[tokio::test]
async fn kafka_3_9_is_kept_as_git_says() {
    if let Some(kafka) = lab::kafka_3_9().await {
        walk(kafka).await;
    }
}
