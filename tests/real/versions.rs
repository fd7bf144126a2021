//! The oldest and the last 3.x: the same walk as on the newest.

use headgate::lab::{KafkaSpec, KafkaVersion};

use super::walk::walk;
use crate::support::lab::start;

async fn walk_on(version: KafkaVersion) {
    let spec = KafkaSpec {
        version,
        ..KafkaSpec::default()
    };
    if let Some(cluster) = start(&spec).await {
        walk(&cluster).await;
    }
}

#[tokio::test]
async fn kafka_3_6_is_served() {
    walk_on(KafkaVersion::V3_6).await;
}

#[tokio::test]
async fn kafka_3_9_is_served() {
    walk_on(KafkaVersion::V3_9).await;
}
