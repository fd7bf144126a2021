//! The example platform that the demo keeps: `desired-state/streaming-platform` of this repository, and what is changed
//! in it as the story goes.

/// The cluster's name.
pub(super) const CLUSTER: &str = "streaming-platform";

/// Path of the topics file in the demo's repository.
pub(super) const TOPICS_FILE: &str = "desired-state/streaming-platform/topics.yaml";

/// Path of the file with users in the demo's repository.
pub(super) const ACCESS_FILE: &str = "desired-state/streaming-platform/users.yaml";

/// The secrets that the users' documents name.
pub(super) const SECRETS: [&str; 4] = ["web-gateway", "shipper", "analytics", "exporter"];

/// The broker that is emptied.
pub(super) const DRAINED: i32 = 4;

/// Path of the cluster file in the demo's repository.
pub(super) const CLUSTER_FILE: &str = "desired-state/streaming-platform/cluster.yaml";

const CLUSTER_YAML: &str = include_str!("../../../desired-state/streaming-platform/cluster.yaml");
const TOPICS_YAML: &str = include_str!("../../../desired-state/streaming-platform/topics.yaml");

const USERS_YAML: &str = include_str!("../../../desired-state/streaming-platform/users.yaml");

const MOVES: &str = "  moves: {throttle: 50MiB, concurrent: 5}\n";
const NO_ID: &str = "# clusterId: MkU3OEVBNTcwNTJENDM2Qk";
const DELETION: &str = "  deletion:\n";

/// The topic that the merge adds.
const AUDIT_TRAIL: &str = "---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {name: audit-trail}
spec: {partitions: 1, config: {cleanup.policy: compact, retention.ms: null, retention.bytes: null}}
";

/// Returns the `Cluster` document with the id of the cluster that is there.
pub(super) fn cluster(cluster_id: &str) -> String {
    CLUSTER_YAML.replace(NO_ID, &format!("clusterId: {cluster_id}"))
}

/// Returns the `Cluster` document with a consent to delete.
pub(super) fn consenting(cluster_id: &str, consent: &str) -> String {
    cluster(cluster_id).replace(
        DELETION,
        &format!("{DELETION}    allow:\n      - {consent}\n"),
    )
}

/// Returns the `Cluster` document, with the consent that was given, by which a broker is emptied, a partition at a time.
pub(super) fn draining(cluster_id: &str) -> String {
    let slowly = "  moves: {throttle: 50MiB, concurrent: 1}\n";
    let drained = format!("{slowly}  brokers: {{draining: [{DRAINED}]}}\n");
    cluster(cluster_id).replace(MOVES, &drained)
}

/// Returns the users, without the group that nobody here reads in.
pub(super) fn access() -> String {
    let documents = USERS_YAML.split("---\n");
    let documents: Vec<&str> = documents
        .filter(|d| !d.contains("kind: ConsumerGroup"))
        .collect();
    documents.join("---\n")
}

/// Returns the password of a user of the demo.
pub(super) fn password(user: &str) -> String {
    format!("{user}-demo-password")
}

/// Returns the topics as the repository has them, without their schemas: the demo has no registry.
pub(super) fn topics() -> String {
    let lines = TOPICS_YAML.lines();
    let lines = lines.filter(|line| !line.starts_with("  schemas:"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the topics after the merge: more partitions for user-events, and a topic more.
pub(super) fn merged() -> String {
    format!(
        "{}{AUDIT_TRAIL}",
        topics().replacen("partitions: 3", "partitions: 6", 1)
    )
}

/// Returns the merged topics without application-logs.
pub(super) fn without_logs() -> String {
    let merged = merged();
    let documents: Vec<&str> = merged
        .split("---\n")
        .filter(|d| !d.contains("name: application-logs"))
        .collect();
    documents.join("---\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_the_story_changes_something() {
        assert!(cluster("some-id").contains("  clusterId: some-id\n"));
        assert!(
            consenting("some-id", "{kind: Topic}").contains("    allow:\n      - {kind: Topic}\n")
        );
        assert!(TOPICS_YAML.contains("schemas:") && !topics().contains("schemas:"));
        assert!(merged().contains("partitions: 6") && merged().contains("audit-trail"));
        assert!(
            topics().contains("name: application-logs")
                && !without_logs().contains("name: application-logs")
        );
        assert!(
            draining("some-id").contains("concurrent: 1") && draining("some-id").contains("[4]")
        );
        for user in SECRETS {
            assert!(
                access().contains(&format!("secret: {user}-password")),
                "{user}"
            );
        }
        assert!(access().contains("kind: User") && !access().contains("kind: ConsumerGroup"));
        assert_eq!(
            merged().matches("kind: Topic").count(),
            topics().matches("kind: Topic").count() + 1
        );
    }
}
