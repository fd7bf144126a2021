//! What is wrong with a rule, as findings at their place (policy, rank 2). The evaluator tells its errors as one text
//! made for a terminal: `--> file:line:column`, the line, and the message last.

use std::sync::Arc;

use crate::model::{Finding, Place};

/// Takes the evaluator's text apart.
pub(super) fn finding(error: &impl ToString) -> Finding {
    let text = error.to_string();
    let message = text
        .rsplit_once("error: ")
        .map_or(text.as_str(), |(_, message)| message)
        .trim();
    let mut finding = Finding::error(place(&text), format!("policy: {}", first_line(message)));
    finding.snippet = snippet(&text);
    if message.contains("`if` keyword") || message.contains("contains") {
        return finding.with_help("rules are read as Rego v1: `deny contains msg if { … }`");
    }
    if message.contains("time limit") || message.contains("TimeLimit") {
        return finding
            .with_help("a rule must come to an end within a second; look for nested iterations");
    }
    finding
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("it failed without a word")
}

fn place(text: &str) -> Option<Place> {
    let line = text.lines().find_map(|l| l.strip_prefix("--> "))?;
    let mut parts = line.rsplitn(3, ':');
    let column = parts.next()?.trim().parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    Some(Place {
        file: Arc::from(parts.next()?),
        line: number,
        column,
    })
}

/// Reads the line that the evaluator shows: `12 | rule`.
fn snippet(text: &str) -> Option<String> {
    let number = place(text)?.line.to_string();
    text.lines().find_map(|l| {
        let rest = l.strip_prefix(&number)?.trim_start().strip_prefix('|')?;
        Some(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
    })
}

fn in_file(path: &str, message: &str) -> Finding {
    let place = Place {
        file: Arc::from(path),
        line: 1,
        column: 1,
    };
    Finding::error(Some(place), format!("policy: {message}"))
}

pub(super) fn not_text(path: &str) -> Finding {
    in_file(path, "the file is not UTF-8")
}

/// Rules that nobody asks deny nothing, which their author cannot have meant.
pub(super) fn never_asked(path: &str) -> Finding {
    in_file(path, "no policy file declares a rule that is ever asked")
        .with_help("declare `deny` or `deny_change` in `package headgate`")
}

/// A rule that says something else than messages.
pub(super) fn no_messages(rule: &str) -> Finding {
    let what =
        format!("policy: {rule} says something that is neither a text nor an object with a `msg`");
    Finding::error(None, what).with_help("write `deny contains msg if { … msg := \"…\" }`")
}

/// A function that is not to be had.
pub(super) fn unbounded(path: &str, text: &str, at: usize, function: &str) -> Finding {
    let before = &text[..at];
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count();
    let place = Place {
        file: Arc::from(path),
        line: count(before.matches('\n').count() + 1),
        column: count(column + 1),
    };
    let what = format!("policy: `{function}` is not to be had, since it can fill the memory");
    Finding::error(Some(place), what).with_help("compare numbers instead of listing them")
}
