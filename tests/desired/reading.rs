//! Right inputs and what is read out of them.

use headgate::{
    desired::{self, DesiredTopic, Pattern},
    model::{Kind, Mode, ObjectRef},
};

use super::tree::{self, below_cluster, file, right as cluster, topic};

fn one(spec: &str) -> DesiredTopic {
    let files = below_cluster(&topic("t", spec));
    cluster(&files).topics["t"].clone()
}

fn configs(topic: &DesiredTopic) -> Vec<String> {
    tree::configs(&topic.config)
}

#[test]
fn the_shape_that_users_know_is_read_whole() {
    let text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: streaming-platform}
spec:
  clusterId: MkU3OEVBNTcwNTJENDM2Qk
  modes: {Topic: report}
  owns: {topics: [\"app.*\"], topicConfigs: true}
  deletion:
    budget: {count: 7}
    allow: [{kind: Topic, name: old-events, reason: \"moved, PLAT-12\", until: 2026-12-31}]
  defaults: {topic: {partitions: 3, replicationFactor: 3, config: {min.insync.replicas: 2}}}
---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {name: user-events, labels: {domain: users, tier: 1}}
spec:
  partitions: 6
  config: {retention.ms: 24h, cleanup.policy: delete, max.message.bytes: null}
";
    let cluster = cluster(&[file("platform/all.yml", text)]);
    assert_eq!(cluster.place.to_string(), "platform/all.yml:3:18");
    assert_eq!(
        cluster.cluster_id.as_ref().map(|i| i.as_str()),
        Some("MkU3OEVBNTcwNTJENDM2Qk")
    );
    assert_eq!(cluster.mode(Kind::Topic), Mode::Report);
    assert_eq!(cluster.owns.topics, [Pattern("app.*".into())]);
    assert!(cluster.owns.topic_configs);
    assert_eq!(
        (
            cluster.deletion.budget.count,
            cluster.deletion.budget.percent
        ),
        (7, 5)
    );
    let consent = &cluster.deletion.allow[0];
    assert_eq!(consent.object, ObjectRef::topic("old-events"));
    assert_eq!(consent.reason, "moved, PLAT-12");
    assert_eq!(consent.until, jiff::civil::date(2026, 12, 31));
    assert_eq!(consent.place.line, 10);
    let topic = &cluster.topics["user-events"];
    assert_eq!(topic.place.to_string(), "platform/all.yml:15:18");
    assert!(topic.labels.contains(&("tier".into(), "1".into())));
    assert_eq!((topic.partitions, topic.replication_factor), (6, 3));
    let want = [
        "cleanup.policy=delete",
        "max.message.bytes",
        "min.insync.replicas=2",
        "retention.ms=86400000",
    ];
    assert_eq!(configs(topic), want);
}

/// Trap 9: YAML's numbers stay exact to the last of 64 bits.
#[test]
fn values_are_exact_and_spelt_as_kafka_spells_them() {
    let cases = [
        ("retention.ms: 604800000.0", "retention.ms=604800000"),
        ("retention.ms: 6.048e+08", "retention.ms=604800000"),
        ("retention.ms: '7d'", "retention.ms=604800000"),
        ("retention.ms: -1", "retention.ms=-1"),
        (
            "retention.bytes: 9223372036854775807",
            "retention.bytes=9223372036854775807",
        ),
        (
            "retention.bytes: 1e18",
            "retention.bytes=1000000000000000000",
        ),
        ("segment.bytes: 1GiB", "segment.bytes=1073741824"),
        ("segment.ms: 1h30m", "segment.ms=5400000"),
        (
            "min.cleanable.dirty.ratio: 0.10",
            "min.cleanable.dirty.ratio=0.1",
        ),
        (
            "min.cleanable.dirty.ratio: 1e-1",
            "min.cleanable.dirty.ratio=0.1",
        ),
        ("preallocate: TRUE", "preallocate=true"),
        ("preallocate: 'false'", "preallocate=false"),
        (
            "cleanup.policy: [delete, compact]",
            "cleanup.policy=compact,delete",
        ),
        (
            "cleanup.policy: 'delete, compact'",
            "cleanup.policy=compact,delete",
        ),
        ("cleanup.policy: []", "cleanup.policy="),
        ("compression.type: zstd", "compression.type=zstd"),
        ("compression.gzip.level: -1", "compression.gzip.level=-1"),
        (
            "leader.replication.throttled.replicas: '*'",
            "leader.replication.throttled.replicas=*",
        ),
        (
            "leader.replication.throttled.replicas: ['0:1', '1:2']",
            "leader.replication.throttled.replicas=0:1,1:2",
        ),
        ("delete.retention.ms: ~", "delete.retention.ms"),
    ];
    for (written, want) in cases {
        assert_eq!(configs(&one(&format!("{{config: {{{written}}}}}"))), [want]);
    }
}

#[test]
fn a_key_that_the_table_lacks_stays_for_the_planner_to_ask_about() {
    let files = below_cluster(&topic(
        "t",
        "{config: {confluent.value.schema.validation: true, my.lag.ms: 7d}}",
    ));
    let loaded = desired::load(&files);
    assert!(loaded.is_valid());
    assert_eq!(loaded.findings.len(), 2);
    let topic = &loaded.desired.clusters["c"].topics["t"];
    assert_eq!(
        configs(topic),
        [
            "confluent.value.schema.validation=true",
            "my.lag.ms=604800000"
        ]
    );
}

#[test]
fn null_keeps_a_default_away() {
    let cluster_text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: c}
spec: {defaults: {topic: {partitions: 1, replicationFactor: 1, config: {retention.ms: 1d, segment.ms: 1h}}}}
";
    let files = [
        file("cluster.yaml", cluster_text),
        file("t.yaml", topic("t", "{config: {segment.ms: null}}")),
    ];
    assert_eq!(
        configs(&cluster(&files).topics["t"]),
        ["retention.ms=86400000", "segment.ms"]
    );
}

#[test]
fn a_topic_may_leave_everything_to_the_defaults() {
    let bare = "apiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {name: t}\n";
    let empty = one("");
    assert_eq!((empty.partitions, empty.replication_factor), (3, 3));
    assert_eq!(cluster(&below_cluster(bare)).topics.len(), 1);
}

#[test]
fn an_alias_repeats_what_it_names() {
    let text = "\
apiVersion: headgate.dev/v1
kind: Topic
metadata: {name: t, labels: &words {a: b}}
spec: {config: {retention.ms: &day 1d, segment.ms: *day}}
";
    let topic = cluster(&below_cluster(text)).topics["t"].clone();
    assert_eq!(
        configs(&topic),
        ["retention.ms=86400000", "segment.ms=86400000"]
    );
}

#[test]
fn files_of_another_sort_are_left_alone() {
    let mut files = below_cluster(&topic("t", ""));
    files.push(file("c/README.md", "kind: [broken"));
    files.push(file("c/topic.avsc", [0xff, 0xfe]));
    files.push(file("c/topics.yaml.bak", "kind: ["));
    assert_eq!(cluster(&files).topics.len(), 1);
}

#[test]
fn windows_files_and_byte_order_marks_are_read() {
    let text = format!(
        "\u{feff}{}",
        topic("t", "{partitions: 5}").replace('\n', "\r\n")
    );
    assert_eq!(cluster(&below_cluster(&text)).topics["t"].partitions, 5);
}
