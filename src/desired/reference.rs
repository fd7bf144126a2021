//! The reference of the documents as Markdown, out of their JSON Schema and the tables (desired, rank 1).

use std::fmt::Write;

use serde_json::Value;

use super::{
    config_table::{Brokers, Groups, Subscriptions, Table, Topics},
    kinds::{Name, PRESETS, Preset, Right},
    schema::schema,
};
use crate::model::{Accepts, ConfigType, KnownConfig, Versions};

/// What the reference says before the kinds.
const PREFACE: &str = include_str!("reference.md");

/// What it says before the table of grants.
const GRANTS: &str = "
## Grants

What each of a user's `grants` stands for. `NAME` is what the grant says, `NAME…` is everything that begins with it. All are
`allow`, from the `host` that the grant names.

| grant | for | ACLs |
|---|---|---|
";

/// What it says before the table of topic configs.
const TOPIC_CONFIGS: &str = "
## Topic configs

`config` takes the topic configs of Kafka 3.6 to 4.3. A key that is not among them is an error unless the cluster itself
knows it, which `plan` asks and `validate` cannot. A declared key is set on the topic also when the topic would inherit
the same value. Lists may be written as `a,b` or as `[a, b]`.
";

/// What it says before the table of broker configs.
const BROKER_CONFIGS: &str = "
## Broker configs

Those that brokers take while they run, of Kafka 3.6 to 4.3. All others are read from `server.properties` when a broker
starts, and are errors here. `listener.name.<listener>.` before a key makes it that listener's, for one broker. The keys that
slow down moves of replicas (`leader.replication.throttled.rate` and its kin) belong to the Cluster's `moves`.
";

/// What it says before the table of group configs.
const GROUP_CONFIGS: &str = "
## Group configs

Those of Kafka 4.3; older versions know fewer.
";

/// What it says before the table of a subscription's configs.
const METRICS_CONFIGS: &str = "
## Client metrics
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
    page.push_str(GRANTS);
    for preset in PRESETS {
        grant(&mut page, preset);
    }
    configs::<Topics>(&mut page, TOPIC_CONFIGS);
    configs::<Brokers>(&mut page, BROKER_CONFIGS);
    configs::<Groups>(&mut page, GROUP_CONFIGS);
    configs::<Subscriptions>(&mut page, METRICS_CONFIGS);
    page
}

fn configs<T: Table>(page: &mut String, preface: &str) {
    page.push_str(preface);
    page.push_str("\n| key | values | Kafka's default | |\n|---|---|---|---|\n");
    for config in T::rows() {
        row(page, config);
    }
}

/// One row for each grant.
fn grant(page: &mut String, preset: &Preset) {
    let about = preset.about;
    let rights: Vec<String> = preset.rights.iter().map(right).collect();
    let rights = rights.join("<br>");
    let asked = match preset.word {
        Some(word) => format!("{}: {word}", preset.field),
        None => format!("{}: NAME", preset.field),
    };
    add(page, format_args!("| `{asked}` | {about} | {rights} |\n"));
}

fn right(right: &Right) -> String {
    let name = match right.name {
        Name::Given => "`NAME`".to_owned(),
        Name::Beginning => "`NAME…`".to_owned(),
        Name::Group => "its `group`".to_owned(),
        Name::BeginningWith(name) => format!("`{name}…`"),
        Name::Every => "`*`".to_owned(),
        Name::Cluster => String::new(),
    };
    let operations: Vec<&str> = right.operations.iter().filter_map(|o| o.word()).collect();
    let space = if name.is_empty() { "" } else { " " };
    format!("{}{space}{name}: {}", right.resource, operations.join(", "))
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
        // configs and modes have a field for each key and kind, which are told elsewhere; a secret's is in its value
        if !["config", "configFrom", "modes", "passwordFrom"].contains(&name.as_str()) {
            fields(page, &format!("{path}."), field);
            fields(page, &format!("{path}[]."), &field["items"]);
            for choice in choices(field) {
                fields(page, &format!("{path}."), choice);
            }
        }
    }
}

/// Says in words which values a field takes.
fn value(name: &str, field: &Value) -> String {
    if let Some(word) = field["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(words) = field["enum"].as_array() {
        let words = words.iter().filter_map(Value::as_str);
        let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    if field["anyOf"].is_array() {
        let choices: Vec<String> = choices(field).iter().map(|c| value(name, c)).collect();
        return choices.join(", or ");
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
        ("object", "passwordFrom") => "`{secret: name}`".into(),
        ("object", "configFrom") => "key: `{secret: name}`".into(),
        ("object", _) => "fields".into(),
        ("array", _) => list(name, &field["items"]),
        ("boolean", _) => "`true` or `false`".into(),
        _ if field["format"] == "date" => "day, `2026-12-31`".into(),
        _ if field["format"] == "size" => "size, `50MiB`".into(),
        _ if field["format"] == "length-of-time" => "time, `24h`".into(),
        _ if field["pattern"] == "^#[0-9]+$" => "`\"#n\"`".into(),
        ("integer", _) => "whole number".into(),
        ("number", _) => "number".into(),
        _ => "text".into(),
    }
}

/// The schemas that a field chooses from, but for that of nothing.
fn choices(field: &Value) -> Vec<&Value> {
    let all = field["anyOf"].as_array().into_iter().flatten();
    all.flat_map(|choice| match choice["anyOf"].is_array() {
        true => choices(choice),
        false if choice["type"] == "null" => Vec::new(),
        false => vec![choice],
    })
    .collect()
}

fn list(name: &str, items: &Value) -> String {
    match value(name, items).as_str() {
        "fields" => "list".into(),
        of => format!("list of {of}"),
    }
}

fn row(page: &mut String, config: &KnownConfig) {
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

fn accepted(config: &KnownConfig) -> String {
    let what = match config.config_type {
        _ if config.key.ends_with(".ms") => "time",
        _ if config.key.ends_with(".bytes") => "size",
        ConfigType::Boolean => "`true` or `false`",
        ConfigType::Password => "`{secret: name}`",
        ConfigType::List => "list",
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
