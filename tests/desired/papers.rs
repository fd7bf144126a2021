//! What is generated from the types and stands in the repository, and the example platform.

use headgate::{desired, model::Kind};
use serde_json::Value;

use super::tree;
use crate::support::golden;

#[test]
fn the_schema_is_that_of_the_types() {
    let mut schema = serde_json::to_string_pretty(&desired::schema()).expect("a schema is JSON");
    schema.push('\n');
    golden::hold(&golden::path("desired-state/schema.json"), &schema);
}

#[test]
fn the_reference_is_that_of_the_types() {
    golden::hold(
        &golden::path("docs/desired-state.md"),
        &desired::reference(),
    );
}

#[test]
fn the_example_platform_is_without_findings() {
    let loaded = desired::load(&tree::read(&golden::path("desired-state")));
    assert_eq!(tree::told(&loaded), "");
    let kinds = [
        Kind::Topic,
        Kind::User,
        Kind::Acl,
        Kind::Quota,
        Kind::Schema,
        Kind::Connector,
    ];
    let sizes: Vec<(&str, [usize; 6])> = loaded
        .desired
        .clusters
        .values()
        .map(|c| (c.name.as_str(), kinds.map(|kind| c.count(kind))))
        .collect();
    let want = [
        ("e-commerce", [6, 0, 37, 0, 10, 0]),
        ("log-aggregation", [5, 3, 21, 1, 1, 1]),
        ("smart-city", [9, 6, 39, 1, 4, 1]),
        ("streaming-platform", [4, 5, 29, 4, 3, 2]),
    ];
    assert_eq!(sizes, want);
}

#[test]
fn every_example_file_points_editors_at_the_schema() {
    for file in tree::read(&golden::path("desired-state")) {
        if file.path.ends_with(".yaml") {
            let text = String::from_utf8(file.bytes).expect("examples are text");
            let line = "# yaml-language-server: $schema=../schema.json\n";
            assert!(text.starts_with(line), "{} lacks {line}", file.path);
        }
    }
}

/// Reads documents as a general YAML reader does, for a judge that knows nothing of this crate's reader.
fn documents(text: &[u8]) -> Vec<Value> {
    serde_saphyr::from_slice_multiple(text).expect("it is YAML")
}

#[test]
fn the_schema_accepts_the_example_platform() {
    let schema = jsonschema::validator_for(&desired::schema()).expect("it is a schema");
    let files = tree::read(&golden::path("desired-state"));
    for file in files.iter().filter(|f| f.path.ends_with(".yaml")) {
        for document in documents(&file.bytes) {
            let errors: Vec<String> = schema
                .iter_errors(&document)
                .map(|e| e.to_string())
                .collect();
            assert_eq!(errors, [""; 0], "{}", file.path);
        }
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = jsonschema::validator_for(&desired::schema()).expect("it is a schema");
    let refused = [
        "{partition: 3}",
        "{partitions: 0}",
        "{partitions: three}",
        "{replicationFactor: 101}",
        "{config: {segment.ms: 0}}",
        "{config: {cleanup.policy: [compacted]}}",
        "{config: {compression.type: GZIP}}",
        "{config: {preallocate: maybe}}",
        "{config: [retention.ms]}",
    ];
    for spec in refused {
        both_refuse(&schema, "Topic", spec);
    }
    let others = [
        ("User", "{scram: {mechanism: SCRAM-SHA-512}}"),
        (
            "User",
            "{scram: {mechanism: SCRAM-SHA-1, passwordFrom: {secret: a}}}",
        ),
        (
            "User",
            "{scram: {mechanism: SCRAM-SHA-512, passwordFrom: a}}",
        ),
        ("User", "{grants: [{admin: root}]}"),
        ("Acl", "{principal: User:a}"),
        (
            "Acl",
            "{principal: User:a, acls: [{resource: {type: t, name: t}, operations: [Read]}]}",
        ),
        (
            "Acl",
            "{principal: User:a, acls: [{resource: {type: topic, name: t}, operations: [READ]}]}",
        ),
        ("Quota", "{user: a, producerByteRate: 0}"),
        ("BrokerConfig", "{config: {ssl.key.password: clear}}"),
        ("BrokerConfig", "{config: {num.io.threads: 0}}"),
        ("ConsumerGroup", "{maxLag: -1}"),
        ("Connector", "{tasksMax: 1}"),
        ("Connector", "{class: C, tasksMax: 0}"),
        ("Connector", "{class: C, state: PAUSED}"),
        ("Connector", "{class: C, config: {a: null}}"),
        ("Connector", "{class: C, config: {a: {b: c}}}"),
        ("Connector", "{class: C, configFrom: {a: b}}"),
        ("Connector", "{class: C, restart: {backoff: linear}}"),
        ("Connector", "{class: C, state: stopped, offsets: earliest}"),
        (
            "Connector",
            "{class: C, state: stopped, offsets: [{partition: {a: b}}]}",
        ),
        ("Schema", "{schema: '{}'}"),
        ("Schema", "{type: json, schema: '{}'}"),
        ("Schema", "{type: JSON, schema: {}}"),
        (
            "Schema",
            "{type: JSON, schema: '{}', compatibility: backward}",
        ),
        (
            "Schema",
            "{type: JSON, schema: '{}', references: [{name: a, subject: b, version: 0}]}",
        ),
    ];
    for (kind, spec) in others {
        both_refuse(&schema, kind, spec);
    }
}

fn both_refuse(schema: &jsonschema::Validator, kind: &str, spec: &str) {
    let text = tree::of_kind(kind, "t", spec);
    assert!(
        !desired::load(&tree::below_cluster(&text)).is_valid(),
        "the reader takes {kind} {spec}"
    );
    assert!(
        !schema.is_valid(&documents(text.as_bytes())[0]),
        "the schema takes {kind} {spec}"
    );
}

#[test]
fn the_example_in_the_reference_is_right_for_reader_and_schema() {
    let page = desired::reference();
    let (_, rest) = page.split_once("```yaml\n").expect("it has an example");
    let (example, _) = rest.split_once("```").expect("the example ends");
    let loaded = desired::load(&[tree::file("example.yaml", example)]);
    assert_eq!(tree::told(&loaded), "");
    let schema = jsonschema::validator_for(&desired::schema()).expect("it is a schema");
    for document in documents(example.as_bytes()) {
        let errors: Vec<String> = schema
            .iter_errors(&document)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{document}");
    }
}
