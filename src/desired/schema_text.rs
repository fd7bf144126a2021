//! The text of a schema, looked at as far as that takes no compiler (desired, rank 1): whether it can be of its language at
//! all. What it says, the registry judges.

use std::borrow::Cow;

use serde_json::Value;

use super::{SchemaFormat, page::At};

/// What is wrong with a schema's text, and where in it.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: At,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

const BEGINNING: At = At { line: 1, column: 1 };

impl Wrong {
    fn new(at: At, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            help: None,
        }
    }

    /// Words it for a schema that stands in a document, of which only the beginning has a place.
    pub(super) fn inline(self) -> (String, Option<String>) {
        let At { line, column } = self.at;
        let message = match self.at {
            BEGINNING => format!("`schema`: {}", self.message),
            _ => format!("`schema`, line {line}, column {column}: {}", self.message),
        };
        (message, self.help)
    }
}

/// Looks at a text.
pub(super) fn check(format: SchemaFormat, text: &str) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::new(BEGINNING, "the schema is empty"));
    }
    match format {
        SchemaFormat::Protobuf => protobuf(text),
        SchemaFormat::Avro => avro(&json(format, text)?),
        SchemaFormat::Json => json_schema(&json(format, text)?),
    }
}

fn json(format: SchemaFormat, text: &str) -> Result<Value, Wrong> {
    let bare = match format {
        SchemaFormat::Avro => bare_avro(text),
        SchemaFormat::Json | SchemaFormat::Protobuf => Cow::Borrowed(text),
    };
    serde_json::from_str(&bare).map_err(|error| {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let line = bare.lines().nth(error.line().saturating_sub(1));
        // serde_json counts bytes
        let before = line.and_then(|line| line.get(..error.column().saturating_sub(1)));
        let column = before.map_or(error.column(), |before| before.chars().count() + 1);
        let at = At {
            line: small(error.line()),
            column: small(column),
        };
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        Wrong {
            help: looks_like_protobuf(text).then(|| "did you mean `type: PROTOBUF`?".to_owned()),
            ..Wrong::new(
                at,
                format!(
                    "a schema of type {} is JSON, and this is not: {words}",
                    format.as_str()
                ),
            )
        }
    })
}

/// Returns an Avro schema without comments, which registries do not keep: Avro's own parser takes Java's (`Schema.Parser`,
/// ALLOW_COMMENTS).
pub(crate) fn bare_avro(text: &str) -> Cow<'_, str> {
    match text.contains("//") || text.contains("/*") {
        true => Cow::Owned(without_comments(text)),
        false => Cow::Borrowed(text),
    }
}

/// Blanks comments out, so that everything else keeps its place.
fn without_comments(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.find(['"', '/']) {
        bare.push_str(&rest[..next]);
        rest = &rest[next..];
        let end = match rest.as_bytes() {
            [b'"', ..] => {
                let end = end_of_string(rest);
                bare.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => {
                bare.push('/');
                rest = &rest[1..];
                continue;
            }
        };
        let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
        bare.extend(rest[..end].chars().map(blank));
        rest = &rest[end..];
    }
    bare.push_str(rest);
    bare
}

/// Returns where a JSON string ends that begins here.
fn end_of_string(text: &str) -> usize {
    let mut escaped = true;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn avro(schema: &Value) -> Result<(), Wrong> {
    let message = match schema {
        Value::String(_) | Value::Array(_) => return Ok(()),
        Value::Object(fields) if fields.contains_key("type") => return Ok(()),
        Value::Object(_) => "an Avro schema has a `type`, and this has none",
        _ => "an Avro schema is fields with a `type`, a list of schemas, or the name of a type",
    };
    Err(Wrong {
        help: looks_like_json_schema(schema).then(|| "did you mean `type: JSON`?".to_owned()),
        ..Wrong::new(BEGINNING, message)
    })
}

fn json_schema(schema: &Value) -> Result<(), Wrong> {
    match schema {
        Value::Object(_) | Value::Bool(_) => Ok(()),
        _ => Err(Wrong::new(
            BEGINNING,
            "a JSON Schema is an object, or `true` or `false`",
        )),
    }
}

fn looks_like_json_schema(schema: &Value) -> bool {
    ["$schema", "$ref", "properties", "allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| schema.get(key).is_some())
}

fn looks_like_protobuf(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| line.starts_with("syntax") || line.starts_with("message "))
}

fn protobuf(text: &str) -> Result<(), Wrong> {
    match text.trim_start().starts_with(['{', '[', '"']) {
        false => Ok(()),
        true => Err(Wrong {
            help: Some("did you mean `type: AVRO` or `type: JSON`?".to_owned()),
            ..Wrong::new(BEGINNING, "this is JSON, and no Protobuf")
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is this test's way to fail")]
    use super::*;

    fn place(format: SchemaFormat, text: &str) -> (u32, u32) {
        let at = check(format, text).unwrap_err().at;
        (at.line, at.column)
    }

    #[test]
    fn what_may_be_of_its_language_is_let_pass() {
        for (format, text) in [
            (SchemaFormat::Avro, "\"string\""),
            (SchemaFormat::Avro, "[\"null\", \"long\"]"),
            (
                SchemaFormat::Avro,
                "{\"type\": \"record\", \"name\": \"A\", \"fields\": []}",
            ),
            (
                SchemaFormat::Avro,
                "// whose\n{\"type\": \"enum\", /* // */ \"doc\": \"a // b \\\" /*\"}\n",
            ),
            (SchemaFormat::Json, "{}"),
            (SchemaFormat::Json, "true"),
            (SchemaFormat::Protobuf, "syntax = \"proto3\";"),
        ] {
            assert!(check(format, text).is_ok(), "{format:?}: {text}");
        }
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        for (format, text, want) in [
            (SchemaFormat::Avro, " \n", (1, 1)),
            (
                SchemaFormat::Avro,
                "{\"type\": \"record\",\n  \"é\": nul}",
                (2, 11),
            ),
            (SchemaFormat::Avro, "/* a\n b */ {]", (2, 8)),
            (SchemaFormat::Avro, "{\"fields\": []}", (1, 1)),
            (SchemaFormat::Avro, "3", (1, 1)),
            (SchemaFormat::Json, "// no\n{}", (1, 1)),
            (SchemaFormat::Json, "[]", (1, 1)),
            (SchemaFormat::Json, "{\"a\": 1", (1, 7)),
            (SchemaFormat::Protobuf, "", (1, 1)),
            (SchemaFormat::Protobuf, "\n{}", (1, 1)),
        ] {
            assert_eq!(place(format, text), want, "{format:?}: {text}");
        }
    }

    #[test]
    fn another_language_is_recognised() {
        let help = |format, text| check(format, text).unwrap_err().help.unwrap_or_default();
        assert!(help(SchemaFormat::Avro, "syntax = \"proto3\";").contains("PROTOBUF"));
        assert!(help(SchemaFormat::Avro, "{\"$schema\": \"x\"}").contains("JSON"));
        assert!(help(SchemaFormat::Protobuf, "{}").contains("AVRO"));
    }

    #[test]
    fn no_comment_is_without_an_end() {
        for text in ["/*", "//", "\"", "\"\\", "/", "a/b\"//\"/*é*/"] {
            assert_eq!(
                without_comments(text).chars().count(),
                text.chars().count(),
                "{text}"
            );
        }
    }
}
