//! What is to be told about an import (import, pure). It is written while values are borrowed from one another, so it is kept
//! in cells.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::model::{Finding, Place, Severity};

/// What is to be told about the input.
#[derive(Default)]
pub(super) struct Report {
    findings: RefCell<Vec<Finding>>,
    /// What Headgate does anyway: once, with how often and where first.
    same: RefCell<BTreeMap<String, (Place, usize)>>,
    /// What was found in files that others name, read as what they are.
    kept: RefCell<Vec<Finding>>,
}

impl Report {
    /// Adds a finding.
    pub(super) fn add(
        &self,
        severity: Severity,
        place: Option<Place>,
        message: String,
        help: &str,
    ) {
        self.findings.borrow_mut().push(Finding {
            severity,
            place,
            message,
            help: (!help.is_empty()).then(|| help.to_owned()),
            snippet: None,
        });
    }

    /// Tells something that stands at no place.
    pub(super) fn note(&self, message: impl Into<String>, help: &str) {
        self.add(Severity::Warning, None, message.into(), help);
    }

    /// Adds what others found.
    pub(super) fn extend(&self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.borrow_mut().extend(findings);
    }

    /// Adds what was found in a file that another one names.
    pub(super) fn keep(&self, part: Self) {
        let found = part.close(&BTreeSet::new());
        self.kept.borrow_mut().extend(found);
    }

    /// Tells that what is said at a place is what Headgate does when nothing is said.
    pub(super) fn same(&self, message: String, place: Place) {
        let mut same = self.same.borrow_mut();
        same.entry(message).or_insert((place, 0)).1 += 1;
    }

    /// Returns everything, by place. A file that another one names is a part of that, and no document itself.
    pub(super) fn close(self, parts: &BTreeSet<String>) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        findings.retain(|f| f.place.as_ref().is_none_or(|p| !parts.contains(&*p.file)));
        findings.extend(self.kept.into_inner());
        for (message, (place, count)) in self.same.into_inner() {
            let message = match count {
                1 => message,
                n => format!("{message} ({n} times, here first)"),
            };
            findings.push(Finding {
                severity: Severity::Warning,
                place: Some(place),
                message,
                help: None,
                snippet: None,
            });
        }
        findings.sort_by(|a, b| {
            (&a.place, a.severity, &a.message).cmp(&(&b.place, b.severity, &b.message))
        });
        findings.dedup();
        findings
    }
}
