//! YAML into serde types, for files that are read as a whole (`headgate.yaml`): the first thing that is wrong becomes a
//! finding with its place. Resources, of which every mistake is told at once, go through `load` instead; the documents of
//! other tools are read as nodes that know where they stand.

use std::sync::Arc;

use serde::de::DeserializeOwned;
pub use serde_saphyr::Spanned;
use serde_saphyr::{Error, Location, MessageFormatter, UserMessageFormatter};

use super::{node, page::Page, snippet};
pub use super::{
    node::{Key, Node, Value},
    page::At,
};
use crate::model::{Finding, Place, SourceFile};

/// Nested lists and fields of another tool's documents: Terraform's state nests two levels a module.
const FOREIGN_DEPTH: usize = 64;

/// Reads the documents of a YAML or JSON file whose shape is somebody else's, without what is null, and tells what is wrong
/// with its structure. After a finding that is an error, something of the file is missing.
#[must_use]
pub fn documents(file: &SourceFile) -> (Vec<Node<'_>>, Vec<Finding>) {
    let mut page = Page::open(file);
    let mut documents = Vec::new();
    node::documents(&mut page, FOREIGN_DEPTH, |node, _| {
        if !matches!(node.value, Value::Null) {
            documents.push(node);
        }
    });
    (documents, page.close())
}

/// Reads one YAML document into `T`. A field that `T` does not know, a key given twice and a merge key are errors
/// where `T` says `deny_unknown_fields`. Messages never quote a value, since a value may be a misplaced secret.
///
/// # Errors
/// The finding says what is wrong at which line and column of `file`, and the nearest right spelling.
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Finding> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 32, max_aliases: 100 },
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| finding(&e, text, file))
}

/// Makes an error about a value that was read and is not right, with its place and line.
#[must_use]
pub fn error_at<T>(
    value: &Spanned<T>,
    message: impl Into<String>,
    text: &str,
    file: &str,
) -> Finding {
    told_at(Some(value.referenced), message.into(), text, file)
}

fn finding(error: &Error, text: &str, file: &str) -> Finding {
    let (message, help) = words(error);
    let mut finding = told_at(error.location(), message, text, file);
    finding.help = help;
    finding
}

fn told_at(location: Option<Location>, message: String, text: &str, file: &str) -> Finding {
    let place = location.filter(|l| *l != Location::UNKNOWN).map(|l| Place {
        file: Arc::from(file),
        line: u32::try_from(l.line()).unwrap_or(u32::MAX),
        column: u32::try_from(l.column()).unwrap_or(u32::MAX),
    });
    let snippet = place
        .as_ref()
        .and_then(|p| snippet::line_of(text, p.line, p.column))
        .filter(|line| !snippet::may_hold_a_secret(line));
    let mut finding = Finding::error(place, message);
    finding.snippet = snippet;
    finding
}

/// Says what is wrong and what would be right.
fn words(error: &Error) -> (String, Option<String>) {
    match error.without_snippet() {
        Error::AliasError { error, .. } => words(error),
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown field `{field}`"),
            snippet::spelling_help(field, expected),
        ),
        Error::SerdeUnknownVariant { expected, .. } => (
            format!("this is none of {}", snippet::quoted(expected)),
            None,
        ),
        Error::SerdeMissingField { field, .. } => (format!("field `{field}` is missing"), None),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            (format!("expected {expected}"), None)
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("key `{key}` is given twice"), None)
        }
        Error::Unexpected { expected, .. } => (format!("expected {}", in_words(expected)), None),
        Error::InvalidScalar { ty, .. } => (format!("expected {}", in_words(ty)), None),
        Error::MultipleDocuments { .. } => (
            "a second document begins here; this file holds exactly one".into(),
            None,
        ),
        Error::Eof { .. } => ("the document is empty".into(), None),
        other => (
            UserMessageFormatter.format_message(other).into_owned(),
            None,
        ),
    }
}

/// The parser's words for a shape, as people say them.
fn in_words(expected: &'static str) -> &'static str {
    match expected {
        "mapping start" => "fields (`name: value`)",
        "sequence start" => "a list",
        "string scalar" => "a single value",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i32" | "i64" => "a whole number",
        "bool" | "boolean" => "`true` or `false`",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is this test's way to fail")]
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        source: Inner,
        #[serde(default)]
        listen: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Inner {
        repo: String,
        #[serde(default)]
        depth: u16,
        #[serde(default)]
        password: Option<crate::model::SecretRef>,
    }

    fn told(text: &str) -> String {
        parse::<Sample>(text, "headgate.yaml")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let sample: Sample = parse(
            "source:\n  repo: x\n  password: {env: KEY}\n",
            "headgate.yaml",
        )
        .unwrap();
        assert_eq!(sample.source.repo, "x");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(
            told("source:\n  repos: x\n"),
            "headgate.yaml:2:3: unknown field `repos`; did you mean `repo`?\n  2 |   repos: x\n    |   ^"
        );
        let cases = [
            ("source:\n  depth: 1\n", "2:3: field `repo` is missing"),
            (
                "source: {repo: a, repo: b}",
                "1:19: key `repo` is given twice",
            ),
            ("source: {repo: a", "1:9: unclosed bracket '{'"),
            ("", "1:1: the document is empty"),
            (
                "source: {repo: a, depth: 70000}",
                "1:26: expected a whole number from 0 to 65535",
            ),
            ("source: {repo: *a}", "1:16: reference to unknown value"),
            (
                "source: {repo: a, password: {envi: A}}",
                "1:30: this is none of `env`, `file`",
            ),
            ("source: {repo: [a]}", "1:16: expected a single value"),
            (
                "a: b",
                "1:1: unknown field `a`; known here: `source`, `listen`",
            ),
            (
                "source: {repo: a}\n---\nc: d",
                "3:1: a second document begins here",
            ),
            ("- a", "1:1: expected fields (`name: value`)"),
        ];
        for (text, want) in cases {
            let told = told(text);
            assert!(
                told.starts_with(&format!("headgate.yaml:{want}")),
                "{text:?} is told {told:?}"
            );
        }
    }

    #[test]
    fn a_misplaced_secret_is_not_shown() {
        for text in [
            "source:\n  repo: x\n  password: hunter2\n",
            "source:\n  repo: x\n  password: [hunter2]\n",
            "source:\n  repo: x\n  password: {env: [hunter2]}\n",
        ] {
            assert!(!told(text).contains("hunter2"), "{}", told(text));
        }
    }
}
