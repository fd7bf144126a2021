//! Kafka away: killed, and halted with its sockets open.

use headgate::lab::{KafkaCluster, KafkaSpec};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::world::{World, topic, until};
use crate::support::lab::start;

/// Returns a broker that one test at a time may mistreat; it hands it back running.
async fn mistreated() -> Option<MutexGuard<'static, KafkaCluster>> {
    static KAFKA: OnceCell<Option<Mutex<KafkaCluster>>> = OnceCell::const_new();
    let spec = KafkaSpec::default();
    let kafka = KAFKA
        .get_or_init(|| async move { start(&spec).await.map(Mutex::new) })
        .await;
    match kafka {
        Some(kafka) => Some(kafka.lock().await),
        None => None,
    }
}

#[tokio::test]
async fn while_kafka_is_down_nothing_is_planned_and_afterwards_all_goes_on() {
    let Some(kafka) = mistreated().await else {
        return;
    };
    let world = World::new(&kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let commit = world.declare("", &[topic(&events, 1, "")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;

    kafka.kill_broker(1).unwrap();
    let why = daemon.until_condition("ObservationComplete", "False").await;
    assert!(why.contains(&kafka.bootstrap()[0]), "{why}");
    let plane = [("plane", "kafka")];
    assert_eq!(
        daemon.metric("headgate_observation_complete", &plane).await,
        0.0
    );
    let merged = world.declare("", &[topic(&events, 1, ""), topic(&logs, 1, "")]);
    until("the new commit is tried", async || {
        daemon.cluster().await["revision"]["attempted"] == merged.as_str()
    })
    .await;
    let cluster = daemon.cluster().await;
    assert_eq!(
        (&cluster["pending"], &cluster["revision"]["converged"]),
        (&0.into(), &commit.as_str().into())
    );
    assert_eq!(cluster["planes"]["kafka"]["complete"], false);
    assert_eq!(daemon.condition("Ready").await.0, "False");
    let (code, plan) = world.plan().await;
    assert_eq!(code, 1, "{plan}");
    let planned = &plan["clusters"][0];
    assert_eq!(planned["planes"]["kafka"]["complete"], false);
    assert_eq!(planned["actions"], serde_json::json!([]));
    assert_eq!(planned["blocked"][0]["gate"], "incomplete_observation");
    assert_eq!(world.run(&["snapshot"]).await.code, 1);

    kafka.start_broker(1).await.unwrap();
    daemon.until_converged(&merged).await;
    assert_eq!(daemon.condition("ObservationComplete").await.0, "True");
    assert_eq!(
        daemon.metric("headgate_observation_complete", &plane).await,
        1.0
    );
    assert_eq!(daemon.drift_counted().await, 0.0, "an outage is no drift");
    assert!(world.hand.topic(&logs).await.is_some());
}

#[tokio::test]
async fn while_kafka_hangs_status_answers_and_sigterm_ends_the_daemon() {
    let Some(kafka) = mistreated().await else {
        return;
    };
    let world = World::new(&kafka);
    let events = world.name("events");
    let commit = world.declare("", &[topic(&events, 1, "retention.ms: 24h")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;

    kafka.pause(1).unwrap();
    // a new commit wakes a pass, which then waits for an answer
    let next = world.declare("", &[topic(&events, 1, "retention.ms: 48h")]);
    until("the commit is seen while Kafka hangs", async || {
        daemon.status().await["source"]["seen"] == next.as_str()
    })
    .await;
    assert_eq!(daemon.get("/livez").await.0, 200);
    assert_eq!(
        daemon.cluster().await["revision"]["converged"],
        commit.as_str()
    );
    let status = daemon.stop().await;
    assert!(status.success(), "{status}");

    // another one starts while Kafka still hangs, and takes up where things stand once it answers
    let daemon = world.daemon().await;
    assert_eq!(daemon.get("/livez").await.0, 200);
    kafka.resume(1).unwrap();
    daemon.until_converged(&next).await;
    let set = world.hand.config(&events, "retention.ms").await;
    assert_eq!(set.as_deref(), Some("172800000"));
    assert_eq!(daemon.drift_counted().await, 0.0);
    assert!(daemon.stop().await.success());
}
