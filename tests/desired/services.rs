//! Connectors and schemas: what is read out of their documents.

use headgate::{
    desired::{
        Compatibility, ConnectorOffsets, DesiredCluster, DesiredConnector, Pattern, RunState,
        SchemaFormat, TopicSchemas,
    },
    model::{Kind, Mode, ObjectRef},
};
use serde_json::json;

use super::tree::{CLUSTER, below_cluster, configs, file, of_kind, right, topic};

fn connector(spec: &str) -> DesiredConnector {
    let files = below_cluster(&of_kind("Connector", "it", spec));
    right(&files).connectors["it"].clone()
}

fn schemas(text: &str) -> DesiredCluster {
    right(&below_cluster(text))
}

#[test]
fn a_connector_may_say_everything() {
    let spec = "
  connect: east
  class: io.example.Source
  tasksMax: 3
  state: paused
  config:
    flag: True
    interval.ms: 1e3
    empty: \"\"
    list: [a, b]
    url: ${file:/etc/connect:url}
    retention.ms: 7d
  configFrom: {db.password: {secret: db}}
  restart: {max: 2, backoff: quadratic}
";
    let read = connector(spec);
    assert_eq!(
        (read.connect.as_str(), read.state),
        ("east", RunState::Paused)
    );
    assert_eq!((read.restart.max, &read.offsets), (2, &None));
    let want = [
        "connector.class=io.example.Source",
        "db.password=(secret db)",
        "empty=",
        "flag=True",
        "interval.ms=1e3",
        "list=a,b",
        "retention.ms=7d",
        "tasks.max=3",
        "url=${file:/etc/connect:url}",
    ];
    assert_eq!(configs(&read.config), want);
}

#[test]
fn a_connector_may_leave_almost_everything_open() {
    let read = connector("{class: io.example.Source}");
    assert_eq!(
        (read.connect.as_str(), read.state),
        ("main", RunState::Running)
    );
    assert_eq!((read.restart.max, &read.offsets), (7, &None));
    assert_eq!(configs(&read.config), ["connector.class=io.example.Source"]);
}

/// Trap 35: what Connect repeats in a config is no difference, whoever says it.
#[test]
fn what_a_config_repeats_is_folded_in() {
    let repeated =
        "{class: C, tasksMax: 2, config: {name: it, connector.class: C, tasks.max: 2, a: b}}";
    let plain = "{class: C, tasksMax: 2, config: {a: b}}";
    assert_eq!(connector(repeated).config, connector(plain).config);
    let in_config = connector("{class: C, config: {tasks.max: 2, a: b}}");
    assert_eq!(in_config.config, connector(plain).config);
}

#[test]
fn offsets_of_a_stopped_connector_are_reset_or_set() {
    let read = connector("{class: C, state: stopped, offsets: reset}");
    assert_eq!(read.offsets, Some(ConnectorOffsets::Reset));
    let spec = "
  class: C
  state: stopped
  offsets:
    - {partition: {kafka_topic: orders, kafka_partition: 0}, offset: {kafka_offset: 1500}}
    - {partition: '{\"file\": \"2024\"}', offset: {position: 3, done: true, at: {line: null}}}
";
    let want = json!([
        {"partition": {"kafka_topic": "orders", "kafka_partition": 0}, "offset": {"kafka_offset": 1500}},
        {"partition": {"file": "2024"}, "offset": {"position": 3, "done": true, "at": {"line": null}}},
    ]);
    let read = connector(spec).offsets.expect("they are said");
    assert_eq!(read, ConnectorOffsets::Set(want));
    assert_eq!(ConnectorOffsets::parse(&read.to_string()), Some(read));
}

#[test]
fn a_schema_stands_in_a_file_beside_its_document_or_in_it() {
    let text = "{\"type\": \"record\", \"name\": \"A\", \"fields\": []}\n";
    let files = |path: &str, named: &str| {
        let spec = format!("{{type: AVRO, schemaFile: {named}}}");
        [
            file("c/cluster.yaml", CLUSTER),
            file("c/a/schemas.yaml", of_kind("Schema", "s", &spec)),
            file(path, text),
        ]
    };
    let beside = right(&files("c/a/x.avsc", "x.avsc")).schemas["s"].clone();
    assert_eq!(beside.text, text);
    assert_eq!(beside.place.to_string(), "c/a/schemas.yaml:4:18");
    let shared = right(&files("shared/x.avsc", "../../shared/x.avsc")).schemas["s"].clone();
    assert_eq!(shared, beside);
    let inline = format!("\n  type: AVRO\n  schema: |\n    {text}");
    let inline = schemas(&of_kind("Schema", "s", &inline)).schemas["s"].clone();
    assert_eq!(inline.text, text);
    assert_eq!(inline.digest, beside.digest);
    assert!(inline.normalize);
    assert_eq!(
        (inline.format, inline.compatibility),
        (SchemaFormat::Avro, None)
    );
}

#[test]
fn the_digest_tells_schemas_apart_by_what_they_are() {
    let digest = |spec: &str| {
        let mut text = of_kind("Schema", "s", spec);
        text.push_str(&of_kind("Schema", "m", "{type: JSON, schema: '{}'}"));
        schemas(&text).schemas["s"].digest.clone()
    };
    let all = [
        "{type: JSON, schema: 'true'}",
        "{type: JSON, schema: '{}'}",
        "{type: PROTOBUF, schema: 'true'}",
        "{type: JSON, schema: 'true', references: [{name: m, subject: m}]}",
        "{type: JSON, schema: 'true', references: [{name: m, subject: m, version: 1}]}",
        "{type: JSON, schema: 'true', references: [{name: n, subject: m}, {name: m, subject: m}]}",
    ];
    let digests = std::collections::BTreeSet::from(all.map(digest));
    assert_eq!(digests.len(), all.len());
    assert_eq!(
        digest(all[5]),
        digest(
            "{type: JSON, schema: 'true', references: [{name: m, subject: m}, {name: n, subject: m}]}"
        )
    );
    assert_eq!(
        digest(all[0]),
        digest("{type: JSON, schema: 'true', compatibility: FULL, normalize: false}")
    );
}

#[test]
fn schemas_refer_to_each_other_and_topics_to_them() {
    let mut text = of_kind(
        "Schema",
        "money",
        "{type: PROTOBUF, schema: 'syntax = \"proto3\";'}",
    );
    let order = "{type: PROTOBUF, schema: 'syntax = \"proto3\";', compatibility: FULL_TRANSITIVE, normalize: false, references: \
                 [{name: b.proto, subject: elsewhere, version: 3}, {name: a.proto, subject: money}]}";
    text.push_str(&of_kind("Schema", "orders-value", order));
    text.push_str(&topic("orders", "{schemas: {value: orders-value}}"));
    text.push_str(&topic("others", "{schemas: {}}"));
    let read = schemas(&text);
    let schema = &read.schemas["orders-value"];
    assert_eq!(schema.compatibility, Some(Compatibility::FullTransitive));
    assert!(!schema.normalize);
    let references: Vec<_> = schema
        .references
        .iter()
        .map(|r| (r.name.as_str(), r.subject.as_str(), r.version))
        .collect();
    let want = [
        ("a.proto", "money", None),
        ("b.proto", "elsewhere", Some(3)),
    ];
    assert_eq!(references, want);
    let links = TopicSchemas {
        key: None,
        value: Some("orders-value".into()),
    };
    assert_eq!(read.topics["orders"].schemas.as_deref(), Some(&links));
    assert_eq!(read.topics["others"].schemas, None);
}

#[test]
fn nothing_is_missed_beside_a_document_that_could_not_be_read() {
    let mut text = topic("orders", "{schemas: {value: orders-value}}");
    text.push_str("---\nkind: Schemas\n");
    let told = super::tree::told(&headgate::desired::load(&below_cluster(&text)));
    assert!(told.contains("unknown kind"), "{told}");
    assert!(!told.contains("orders-value"), "{told}");
}

#[test]
fn a_cluster_owns_subjects_and_connectors_and_says_what_becomes_of_them() {
    let text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: c}
spec:
  modes: {Schema: report, Connector: ignore}
  owns: {subjects: ['orders-*', ':.shop:*'], connectors: ['app *']}
  registry: {compatibility: BACKWARD_TRANSITIVE}
  deletion:
    allow:
      - {kind: Connector, name: it, reason: r, until: 2026-12-31}
      - {kind: Schema, name: orders-value, reason: r, until: 2026-12-31}
";
    let cluster = right(&[file("c.yaml", text)]);
    let subjects = [Pattern("orders-*".into()), Pattern(":.shop:*".into())];
    assert_eq!(cluster.owns.subjects, subjects);
    assert_eq!(cluster.owns.connectors, [Pattern("app *".into())]);
    assert_eq!(
        cluster.compatibility,
        Some(Compatibility::BackwardTransitive)
    );
    assert_eq!(cluster.mode(Kind::Schema), Mode::Report);
    assert_eq!(cluster.mode(Kind::Connector), Mode::Ignore);
    let allowed: Vec<ObjectRef> = cluster
        .deletion
        .allow
        .iter()
        .map(|c| c.object.clone())
        .collect();
    let want = [
        ObjectRef::new(Kind::Connector, "it"),
        ObjectRef::new(Kind::Schema, "orders-value"),
    ];
    assert_eq!(allowed, want);
}
