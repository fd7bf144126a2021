//! Schemas in lines, so that two that mean the same have the same lines, whoever wrote them (plan stage, pure). Registries tell
//! a schema as they were told it, or in a spelling of their own: on one line, with keys in another order, without comments.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::desired::{SchemaFormat, bare_avro};

/// What has room in a line stands in it.
const WIDTH: usize = 110;

/// Deeper than this nothing is set in further.
const DEEPEST: usize = 20;

/// Brings a schema into lines.
pub(super) fn lay_out(format: SchemaFormat, text: &str) -> Vec<String> {
    let bare = match format {
        SchemaFormat::Avro => bare_avro(text),
        SchemaFormat::Json | SchemaFormat::Protobuf => Cow::Borrowed(text),
    };
    match (format, serde_json::from_str(&bare)) {
        (SchemaFormat::Avro | SchemaFormat::Json, Ok(value)) => {
            let mut lines = Vec::new();
            of_value(&value, 0, String::new(), &mut lines);
            lines
        }
        (SchemaFormat::Protobuf, _) => of_blocks(text),
        // no registry takes it
        (SchemaFormat::Avro | SchemaFormat::Json, Err(_)) => text
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect(),
    }
}

/// Lays JSON out as people write it: a field a line. No line ends with a comma, so that none differs for what follows it.
fn of_value(value: &Value, depth: usize, name: String, lines: &mut Vec<String>) {
    let indent = " ".repeat(2 * depth.min(DEEPEST));
    let has_room = || {
        let line = flat(value);
        let len = indent.len() + name.len() + line.len();
        (len <= WIDTH && (depth > 1 || !nests(value))).then_some(line)
    };
    let (open, close) = match value {
        Value::Object(_) => ('{', '}'),
        Value::Array(_) => ('[', ']'),
        _ => return lines.push(format!("{indent}{name}{value}")),
    };
    if let Some(line) = (!breaks(value)).then(has_room).flatten() {
        return lines.push(format!("{indent}{name}{line}"));
    }
    lines.push(format!("{indent}{name}{open}"));
    match value {
        Value::Object(members) => {
            for (key, value) in sorted(members) {
                of_value(value, depth + 1, format!("{}: ", quoted(key)), lines);
            }
        }
        _ => {
            for value in value.as_array().into_iter().flatten() {
                of_value(value, depth + 1, String::new(), lines);
            }
        }
    }
    lines.push(format!("{indent}{close}"));
}

/// Tells whether a list of fields is anywhere in it: each gets a line.
fn breaks(value: &Value) -> bool {
    match value {
        Value::Array(all) => {
            !all.is_empty() && all.iter().all(Value::is_object) || all.iter().any(breaks)
        }
        Value::Object(members) => members.values().any(breaks),
        _ => false,
    }
}

fn nests(value: &Value) -> bool {
    let is_nest = |value: &Value| value.is_array() || value.is_object();
    match value {
        Value::Array(all) => all.iter().any(is_nest),
        Value::Object(members) => members.values().any(is_nest),
        _ => false,
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(flat).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Object(members) => {
            let members = sorted(members).into_iter();
            let members = members.map(|(key, value)| format!("{}: {}", quoted(key), flat(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        leaf => leaf.to_string(),
    }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}

/// The order of keys means nothing, and registries have their own: what people look for stands first.
fn sorted(members: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let place = |key: &str| match key {
        "name" => 0,
        "type" => 1,
        _ => 2,
    };
    let mut sorted: Vec<_> = members.iter().map(|(k, v)| (k.as_str(), v)).collect();
    sorted.sort_by_key(|(key, _)| (place(key), *key));
    sorted
}

/// Sets lines in by the blocks that they stand in, without comments and empty lines.
fn of_blocks(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut lines = Vec::new();
    for line in bare_protobuf(text).lines() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let inner = depth.saturating_sub(usize::from(line.starts_with('}')));
        lines.push(format!("{}{line}", "  ".repeat(inner.min(DEEPEST))));
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
    }
    lines
}

/// Takes comments out of Protobuf, and all white space but one outside of quoted texts: some registries do, and they change
/// nothing.
fn bare_protobuf(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    let mut escaped = false;
    while let Some(c) = rest.chars().next() {
        let end = match quote {
            None if rest.starts_with("//") => rest.find('\n'),
            None if rest.starts_with("/*") => rest[2..].find("*/").map(|at| at + 4),
            _ => {
                let is_folded = quote.is_none() && c != '\n' && c.is_whitespace();
                if !is_folded {
                    out.push(c);
                } else if !out.ends_with(' ') {
                    out.push(' ');
                }
                let len = c.len_utf8();
                quote = match quote {
                    None => Some(c).filter(|c| ['"', '\''].contains(c)),
                    Some(open) if (c == open && !escaped) || c == '\n' => None,
                    open => open,
                };
                escaped = c == '\\' && !escaped;
                Some(len)
            }
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    out
}
