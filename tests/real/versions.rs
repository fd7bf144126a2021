//! The oldest and the last 3.x: the same walks as on the newest.

use headgate::lab::KafkaCluster;

use super::{configs, groups, state, walk::walk};
use crate::support::lab;

#[tokio::test]
async fn kafka_3_6_is_served() {
    if let Some(cluster) = lab::kafka_3_6().await {
        all(cluster).await;
    }
}

#[tokio::test]
async fn kafka_3_9_is_served() {
    if let Some(cluster) = lab::kafka_3_9().await {
        all(cluster).await;
    }
}

async fn all(cluster: &KafkaCluster) {
    tokio::join!(
        walk(cluster),
        groups::walk(cluster),
        configs::of_brokers(cluster),
        state::health(cluster),
    );
}
