//! A file while it is read: its path, its text, and what is found wrong in it (desired, rank 1).

use std::{cell::OnceCell, sync::Arc};

use super::snippet;
use crate::model::{Finding, Place, Severity, SourceFile};

/// Findings of one severity that are kept of one file. A person stops reading long before; a hostile file must not
/// make a list that is larger than itself.
const MAX_FINDINGS: usize = 200;

/// A position in a file; line and column count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// A file and what is found wrong in it.
pub(super) struct Page<'a> {
    /// Its path below the repository's root.
    pub(super) file: Arc<str>,
    /// Its text; empty when it is not UTF-8.
    pub(super) text: &'a str,
    /// The field that is being read, for messages that would not say otherwise what they are about.
    pub(super) field: Option<&'static str>,
    lines: OnceCell<Vec<&'a str>>,
    findings: Vec<Finding>,
    dropped: Vec<Severity>,
    errors: usize,
}

impl<'a> Page<'a> {
    /// Opens a file; one that is not UTF-8 is an empty page with a finding.
    pub(super) fn open(source: &'a SourceFile) -> Self {
        let (text, bad) = match std::str::from_utf8(&source.bytes) {
            Ok(text) => (text.strip_prefix('\u{feff}').unwrap_or(text), None),
            Err(e) => ("", Some(end_of(&source.bytes[..e.valid_up_to()]))),
        };
        let mut page = Self {
            file: Arc::from(source.path.as_str()),
            text,
            field: None,
            lines: OnceCell::new(),
            findings: Vec::new(),
            dropped: Vec::new(),
            errors: 0,
        };
        if let Some(at) = bad {
            page.error(at, "this is not UTF-8 text");
        }
        page
    }

    /// Names a position of this file.
    pub(super) fn place(&self, at: At) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: at.line,
            column: at.column,
        }
    }

    /// Notes an error.
    pub(super) fn error(&mut self, at: At, message: impl Into<String>) {
        self.note(Severity::Error, at, message.into(), None);
    }

    /// Notes an error together with the way out, if one is known.
    pub(super) fn error_with(
        &mut self,
        at: At,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.note(Severity::Error, at, message.into(), help.into());
    }

    /// Notes an error without the line on which it stands: there may be a secret in it.
    pub(super) fn error_unseen(&mut self, at: At, message: String, help: String) {
        self.keep(Severity::Error, at, message, Some(help), false);
    }

    /// Notes a warning without the line on which it stands: there may be a secret in it.
    pub(super) fn warning_unseen(&mut self, at: At, message: String, help: String) {
        self.keep(Severity::Warning, at, message, Some(help), false);
    }

    /// Notes a finding.
    pub(super) fn note(
        &mut self,
        severity: Severity,
        at: At,
        message: String,
        help: Option<String>,
    ) {
        self.keep(severity, at, message, help, true);
    }

    fn keep(
        &mut self,
        severity: Severity,
        at: At,
        message: String,
        help: Option<String>,
        seen: bool,
    ) {
        if severity == Severity::Error {
            self.errors += 1;
        }
        if !self.has_room(severity) {
            self.dropped.push(severity);
            return;
        }
        let snippet = self
            .lines
            .get_or_init(|| snippet::lines(self.text).collect())
            .get(at.line.saturating_sub(1) as usize)
            .filter(|line| seen && !snippet::may_hold_a_secret(line))
            .and_then(|line| snippet::show(line, at.column));
        self.findings.push(Finding {
            severity,
            place: Some(self.place(at)),
            message,
            help,
            snippet,
        });
    }

    /// Counts the errors so far: whoever reads a part can tell whether it was clean.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Tells whether another finding of this severity is kept. Looking for the right spelling of a word that nobody will
    /// see would make a hostile file slow.
    pub(super) fn has_room(&self, severity: Severity) -> bool {
        let same =
            |findings: &[Finding]| findings.iter().filter(|f| f.severity == severity).count();
        self.findings.len() < MAX_FINDINGS || same(&self.findings) < MAX_FINDINGS
    }

    /// Closes the file and returns its findings by line; those beyond the limit are counted in a last one of their
    /// severity.
    pub(super) fn close(mut self) -> Vec<Finding> {
        self.findings
            .sort_by(|a, b| (&a.place, a.severity).cmp(&(&b.place, b.severity)));
        let last = self.findings.last().and_then(|f| f.place.clone());
        for severity in [Severity::Error, Severity::Unverified, Severity::Warning] {
            let more = self.dropped.iter().filter(|s| **s == severity).count();
            if more > 0 {
                self.findings.push(Finding {
                    severity,
                    place: last.clone(),
                    message: format!("{more} more findings in this file are not shown"),
                    help: None,
                    snippet: None,
                });
            }
        }
        self.findings
    }
}

/// The position behind a run of bytes that is UTF-8.
fn end_of(valid: &[u8]) -> At {
    let text = std::str::from_utf8(valid).unwrap_or_default();
    let last = text.rsplit('\n').next().unwrap_or_default();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    At {
        line: small(text.matches('\n').count() + 1),
        column: small(last.chars().count() + 1),
    }
}
