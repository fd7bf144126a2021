//! The example platform that the demo keeps: `desired-state/streaming-platform` of this repository, and what is changed
//! in it as the story goes. Its connectors are those of the lab's plugins.

use crate::lab::{BUCKET, HTTP_SOURCE, S3_SINK};

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

/// Path of the file with connectors in the demo's repository.
pub(super) const CONNECTORS_FILE: &str = "desired-state/streaming-platform/connectors.yaml";

/// Path of the file with schemas in the demo's repository.
pub(super) const SCHEMAS_FILE: &str = "desired-state/streaming-platform/schemas.yaml";

/// Paths of the schemas themselves.
pub(super) const USER_EVENT_FILE: &str = "desired-state/streaming-platform/schemas/user-event.avsc";
pub(super) const MEASUREMENT_FILE: &str =
    "desired-state/streaming-platform/schemas/measurement.avsc";

/// What `headgate.yaml` calls the Connect cluster.
pub(super) const CONNECT: &str = "main";

/// The connector that reads an API.
pub(super) const SOURCE: &str = "http-source";

/// The connector that writes to S3.
pub(super) const SINK: &str = "s3-sink";

/// The secret that the source's document names.
pub(super) const TOKEN: &str = "cdn-api-token";

const CLUSTER_YAML: &str = include_str!("../../../desired-state/streaming-platform/cluster.yaml");
const TOPICS_YAML: &str = include_str!("../../../desired-state/streaming-platform/topics.yaml");

const SCHEMAS_YAML: &str = include_str!("../../../desired-state/streaming-platform/schemas.yaml");
const USER_EVENT: &str =
    include_str!("../../../desired-state/streaming-platform/schemas/user-event.avsc");
const MEASUREMENT: &str =
    include_str!("../../../desired-state/streaming-platform/schemas/measurement.avsc");
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
    without(USERS_YAML, "kind: ConsumerGroup")
}

/// Returns the password of a user of the demo.
pub(super) fn password(user: &str) -> String {
    format!("{user}-demo-password")
}

/// Returns the topics without their schemas: they come when there is a registry.
pub(super) fn topics() -> String {
    without_schemas(TOPICS_YAML)
}

/// Returns the topics after the merge: more partitions for user-events, and a topic more.
pub(super) fn merged() -> String {
    without_schemas(&grown())
}

/// Returns the merged topics without application-logs.
pub(super) fn without_logs() -> String {
    without_schemas(&without(&grown(), LOGS))
}

/// Returns these topics with the schemas of their records.
pub(super) fn with_schemas() -> String {
    without(&grown(), LOGS)
}

/// Returns the schemas of these topics, and the files that they name.
pub(super) fn schemas() -> [(&'static str, String); 3] {
    [
        (SCHEMAS_FILE, without(SCHEMAS_YAML, LOGS)),
        (USER_EVENT_FILE, USER_EVENT.to_owned()),
        (MEASUREMENT_FILE, MEASUREMENT.to_owned()),
    ]
}

/// The field that readers could not do without, and would not find in older records.
pub(super) const FIELD: &str = r#"{"name": "country", "type": "string"}"#;

/// Returns the schema of user-events with that field.
pub(super) fn incompatible() -> String {
    USER_EVENT.replace(PAGE, &format!("{PAGE}\n    {FIELD},"))
}

/// Returns a source that reads an endpoint into a topic, the topic, and a sink that writes it into S3.
pub(super) fn connectors(endpoint: &str, s3: &str) -> String {
    format!(
        "apiVersion: headgate.dev/v1
kind: Connector
metadata: {{name: {SOURCE}, labels: {{domain: operations, owner: platform}}}}
spec:
  connect: {CONNECT}
  class: {HTTP_SOURCE}
  tasksMax: 1
  config:
    http.request.url: {endpoint}
    http.timer.interval.millis: 500
    kafka.topic: cdn-requests
  configFrom:
    http.request.token: {{secret: {TOKEN}}}
  restart: {{max: 7, backoff: quadratic}}
---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {{name: cdn-requests, labels: {{domain: operations, owner: platform}}}}
spec: {{partitions: 1}}
---
apiVersion: headgate.dev/v1
kind: Connector
metadata: {{name: {SINK}, labels: {{domain: operations, owner: data}}}}
spec:
  connect: {CONNECT}
  class: {S3_SINK}
  tasksMax: 1
  config: {{topics: [cdn-requests], s3.bucket.name: {BUCKET}, store.url: \"{s3}\", flush.size: 100}}
"
    )
}

/// The topic that goes.
const LOGS: &str = "name: application-logs";

/// A line of the schema of user-events.
const PAGE: &str = r#"{"name": "page", "type": "string"},"#;

fn grown() -> String {
    format!(
        "{}{AUDIT_TRAIL}",
        TOPICS_YAML.replacen("partitions: 3", "partitions: 6", 1)
    )
}

/// Takes out the documents in which something stands.
fn without(documents: &str, what: &str) -> String {
    let documents = documents.split("---\n").filter(|d| !d.contains(what));
    documents.collect::<Vec<_>>().join("---\n")
}

fn without_schemas(topics: &str) -> String {
    let lines = topics.lines();
    let lines = lines.filter(|line| !line.starts_with("  schemas:"));
    lines.map(|line| format!("{line}\n")).collect()
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
        assert!(with_schemas().contains("schemas: {value: user-events-value}"));
        assert!(
            schemas()
                .iter()
                .all(|(_, text)| !text.contains("application-logs"))
        );
        assert!(schemas()[0].1.contains("name: user-events-value"));
        assert_ne!(incompatible(), USER_EVENT);
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
