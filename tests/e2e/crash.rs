//! The daemon killed in the middle of its work.

use headgate::lab::KafkaSpec;

use super::world::{World, topic, until};
use crate::support::lab::start;

const TOPICS: usize = 1_500;

/// With these a topic is 8 metadata records, so that all of them are three requests of at most 5,000 records.
const CONFIG: &str = "retention.ms: 24h, retention.bytes: 1GiB, segment.ms: 1h, segment.bytes: 64MiB, \
                      max.message.bytes: 2MiB, compression.type: lz4";

#[tokio::test]
async fn a_daemon_killed_while_it_creates_1500_topics_converges_at_the_next_start() {
    let Some(kafka) = start(&KafkaSpec::default()).await else {
        return;
    };
    let world = World::new(&kafka);
    let declared: Vec<String> = (0..TOPICS)
        .map(|i| topic(&world.name(&format!("{i:04}")), 1, CONFIG))
        .collect();
    let commit = world.declare("", &declared);
    let daemon = world.daemon().await;
    let first = world.name("0000");
    until("the first request is carried out", async || {
        world.hand.topic(&first).await.is_some()
    })
    .await;
    daemon.kill().await;
    let made = world.hand.topics(&world.id).await.len();
    assert!((1..TOPICS).contains(&made), "killed in the middle: {made}");

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
