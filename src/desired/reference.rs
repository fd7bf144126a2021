//! The reference of the documents as Markdown, out of their JSON Schema and Kafka's table (desired, rank 1).

use std::fmt::Write;

use serde_json::Value;

use super::schema::schema;
use crate::model::{Accepts, ConfigType, TOPIC_CONFIGS, TopicConfig, Versions};

/// What the reference says before the kinds.
const PREFACE: &str = "\
# Desired state

This page is generated from the types that read the documents; a test holds the two together.

The source is a folder of YAML files (`.yaml`, `.yml`; all others are left alone). File names are free. A folder that
holds a `kind: Cluster` is a cluster, and every document in it and below it belongs to that cluster. A file may hold many
documents, divided by `---`; within a document anchors and aliases work, merge keys (`<<`) and tags do not.

```yaml
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: streaming-platform}
spec:
  clusterId: MkU3OEVBNTcwNTJENDM2Qk
  modes: {Topic: enforce}
  owns: {topics: [\"app.*\"]}
  deletion:
    budget: {count: 3, percent: 5}
    allow:
      - {kind: Topic, name: old-events, reason: \"moved to orders\", until: 2026-12-31}
  defaults: {topic: {partitions: 3, replicationFactor: 3, config: {min.insync.replicas: 2}}}
---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {name: user-events, labels: {domain: users}}
spec:
  config: {retention.ms: 24h, cleanup.policy: delete, max.message.bytes: null}
```

- An unknown field, kind or `apiVersion`, a key given twice, and two documents for one object are errors.
- A revision with an error is not worked from at all: the last good one stays in force, and the error is reported.
- A source without any `kind: Cluster` is an error, never a wish to delete everything.
- Numbers are exact 64-bit integers. Keys ending in `.ms` accept `7d`, `24h`, `30m`, `10s`, `500ms`, `2w` and sums of them
  from the largest unit to the smallest (`1h30m`); keys ending in `.bytes` accept `1GiB`, `512KiB` (1024) and `1GB`,
  `512kB` (1000).
- `null` as the value of a config key leaves that key alone, also when the Cluster has a default for it.
- To delete an object, remove its document and name it under `deletion.allow`, in the same commit or in an earlier one.
  Removing the document alone plans the deletion and holds it back.
- Editors check and complete the documents with the schema that `headgate schema` prints.
";

/// What the reference says before the table of topic configs.
const CONFIGS: &str = "
## Topic configs

`config` takes the topic configs of Kafka 3.6 to 4.3. A key that is not among them is an error unless the cluster itself
knows it, which `plan` asks and `validate` cannot. A declared key is set on the topic also when the topic would inherit
the same value. Lists may be written as `a,b` or as `[a, b]`.

| key | values | Kafka's default | what it does |
|---|---|---|---|
";

/// Returns the reference of every kind, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = PREFACE.to_owned();
    let schema = schema();
    for kind in schema["oneOf"].as_array().into_iter().flatten() {
        let name = text(&kind["properties"]["kind"]["const"]);
        add(
            &mut page,
            format_args!("\n## {name}\n\n{}\n\n", prose(kind)),
        );
        add(
            &mut page,
            format_args!("| field | value | |\n|---|---|---|\n"),
        );
        fields(&mut page, "", kind);
    }
    page.push_str(CONFIGS);
    for config in TOPIC_CONFIGS {
        row(&mut page, config);
    }
    page
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes every text");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A description on one line, as a table needs it.
fn prose(schema: &Value) -> String {
    text(&schema["description"]).replace('\n', " ")
}

/// One row for each field, and below it those of the fields within.
fn fields(page: &mut String, path: &str, object: &Value) {
    let required = object["required"].as_array();
    for (name, field) in object["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}{name}");
        let needed = required.is_some_and(|r| r.contains(&Value::from(name.as_str())));
        let needed = if needed { ", required" } else { "" };
        let value = value(name, field);
        add(
            page,
            format_args!("| `{path}` | {value}{needed} | {} |\n", prose(field)),
        );
        // configs and modes have a field for each key and kind, which are told elsewhere
        if name != "config" && name != "modes" {
            fields(page, &format!("{path}."), field);
            fields(page, &format!("{path}[]."), &field["items"]);
        }
    }
}

/// Says in words which values a field takes.
fn value(name: &str, field: &Value) -> String {
    if let Some(word) = field["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(words) = field["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|w| format!("`{}`", text(w))).collect();
        return words.join(", ");
    }
    if let (Some(min), Some(max)) = (field["minimum"].as_i64(), field["maximum"].as_i64()) {
        return format!("whole number, {min} to {max}");
    }
    let kind = match &field["type"] {
        Value::Array(kinds) => text(kinds.first().unwrap_or(&Value::Null)),
        kind => text(kind),
    };
    match (kind, name) {
        ("object", "modes") => "kind: mode".into(),
        ("object", "config" | "labels") => "key: value".into(),
        ("object", _) => "fields".into(),
        ("array", _) => "list".into(),
        ("boolean", _) => "`true` or `false`".into(),
        _ if field["format"] == "date" => "day, `2026-12-31`".into(),
        _ => "text".into(),
    }
}

fn row(page: &mut String, config: &TopicConfig) {
    let versions = match config.versions {
        Versions::All => String::new(),
        Versions::Since(version) => format!(" Since Kafka {version}."),
        Versions::Only3 => " Removed in Kafka 4.0.".into(),
    };
    let default = match config.default {
        "" => "none".into(),
        default => format!("`{default}`"),
    };
    add(
        page,
        format_args!(
            "| `{}` | {} | {default} | {}{versions} |\n",
            config.key,
            accepted(config),
            config.about,
        ),
    );
}

fn accepted(config: &TopicConfig) -> String {
    let what = match config.config_type {
        _ if config.key.ends_with(".ms") => "time",
        _ if config.key.ends_with(".bytes") => "size",
        ConfigType::Boolean => "`true` or `false`",
        ConfigType::Double => "number",
        ConfigType::Int | ConfigType::Short | ConfigType::Long => "whole number",
        _ => "text",
    };
    match config.accepts {
        Accepts::Anything => what.into(),
        Accepts::AtLeast(min) => format!("{what}, at least {min}"),
        Accepts::AtLeastRaised(min, raised) => {
            format!("{what}, at least {min} in Kafka 3 and {raised} in Kafka 4")
        }
        Accepts::Between(min, max) => format!("{what}, {min} to {max}"),
        Accepts::BetweenOr(min, max, or) => format!("{what}, {min} to {max} or {or}"),
        Accepts::Ratio => format!("{what}, 0 to 1"),
        Accepts::Words(words) if config.config_type == ConfigType::List => {
            format!("list of {}", super::snippet::quoted(words))
        }
        Accepts::Words(words) => super::snippet::quoted(words),
        Accepts::Replicas => "`*` or a list of `partition:broker`".into(),
        Accepts::Version => "Kafka version, such as `3.0`".into(),
    }
}
