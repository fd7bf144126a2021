//! The lab itself: a cluster comes up, is what was asked for, and leaves nothing behind.

use std::path::Path;

use headgate::lab::{KafkaSpec, LabError, Security};

use crate::support::lab::{is_to_be_skipped, start};

#[tokio::test]
async fn a_cluster_comes_up_and_leaves_nothing_behind() -> Result<(), LabError> {
    let spec = KafkaSpec {
        security: Security::ScramTls,
        ..KafkaSpec::default()
    };
    let Some(cluster) = start(&spec).await else {
        return Ok(());
    };
    let pid = cluster.pid(1).expect("the node runs");
    let ca = cluster.ca_pem_path().expect("TLS has a CA");
    let process = format!("/proc/{pid}");
    assert!(Path::new(&process).exists());

    cluster
        .topics_tool(&["--create", "--topic", "seen", "--partitions", "2"])
        .await?;
    let listed = cluster.topics_tool(&["--list"]).await?;
    assert_eq!(listed.trim(), "seen");

    drop(cluster);
    assert!(!Path::new(&process).exists(), "the node has ended");
    assert!(!ca.exists(), "its directory is gone");
    Ok(())
}

#[tokio::test]
async fn a_node_that_cannot_start_is_quoted() {
    let spec = KafkaSpec {
        properties: vec![("log.dirs".to_owned(), "/dev/null/no-directory".to_owned())],
        ..KafkaSpec::default()
    };
    match spec.start().await {
        Err(LabError::NodeEnded { node: 1, log }) => {
            assert!(log.contains("No readable meta.properties"), "{log}")
        }
        Err(error) if is_to_be_skipped(&error) => {}
        other => panic!("expected the node's log, got {other:?}"),
    }
}
