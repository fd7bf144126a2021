//! The oldest and the last 3.x: the same walk as on the newest.

use super::walk::walk;
use crate::support::lab;

#[tokio::test]
async fn kafka_3_6_is_served() {
    if let Some(cluster) = lab::kafka_3_6().await {
        walk(cluster).await;
    }
}

#[tokio::test]
async fn kafka_3_9_is_served() {
    if let Some(cluster) = lab::kafka_3_9().await {
        walk(cluster).await;
    }
}
