//! The daemon killed in the middle of its work.

use headgate::lab::KafkaSpec;

use super::world::{World, topic, until};
use crate::support::lab::start;

/// Enough for several batches.
const TOPICS: usize = 1_500;

#[tokio::test]
async fn a_daemon_killed_while_it_creates_1500_topics_converges_at_the_next_start() {
    let Some(kafka) = start(&KafkaSpec::default()).await else {
        return;
    };
    let world = World::new(&kafka);
    let declared: Vec<String> = (0..TOPICS)
        .map(|i| topic(&world.name(&format!("{i:04}")), 1, "retention.ms: 24h"))
        .collect();
    let commit = world.declare("", &declared);
    let daemon = world.daemon().await;
    until("some of the topics are there", async || {
        !world.hand.topics(&world.id).await.is_empty()
    })
    .await;
    assert_eq!(
        daemon.cluster().await["revision"]["converged"],
        serde_json::Value::Null
    );
    daemon.kill().await;

    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    assert_eq!(world.hand.topics(&world.id).await.len(), TOPICS);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "{}", plan["summary"]);
    assert_eq!(
        daemon.drift_counted().await,
        0.0,
        "what was half done has not drifted"
    );
    let deleted = [("action", "delete")];
    assert_eq!(daemon.metric("headgate_actions_total", &deleted).await, 0.0);
    assert!(daemon.stop().await.success());
}
