//! The example platform that the demo keeps, and what is changed in it.

/// The cluster's name.
pub(super) const CLUSTER: &str = "streaming-platform";

/// Path of the topics file in the demo's repository.
pub(super) const TOPICS_FILE: &str = "desired-state/streaming-platform/topics.yaml";

/// Path of the cluster file in the demo's repository.
pub(super) const CLUSTER_FILE: &str = "desired-state/streaming-platform/cluster.yaml";

/// Returns the `Cluster` document; `allow` is its list of consents.
pub(super) fn cluster(cluster_id: &str, replication: usize, allow: &str) -> String {
    format!(
        "apiVersion: headgate.dev/v1
kind: Cluster
metadata: {{name: {CLUSTER}}}
spec:
  clusterId: {cluster_id}
  deletion:
    allow: [{allow}]
  defaults:
    topic: {{partitions: 3, replicationFactor: {replication}, config: {{retention.ms: 24h}}}}
"
    )
}

/// Returns a `Topic` document.
pub(super) fn topic(name: &str, spec: &str) -> String {
    format!(
        "---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {{name: {name}}}
spec: {{{spec}}}
"
    )
}
