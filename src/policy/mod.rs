//! Rego rules that judge what is desired and what is about to change (rank 2). Pure but for one thing: the evaluator
//! stops a rule that runs away by its own stopwatch.
//!
//! Rules stand in `package headgate`, in Rego's version 1:
//! - `deny` judges an object (each ACL by itself): `{kind, name, cluster, labels, spec}`; what it says makes the revision invalid.
//! - `deny_change` judges one planned change; what it says withholds that change at the gate `policy`.
//!
//! Both are sets of messages, or of objects with a `msg`.

mod engine;
mod error;
mod input;

use serde_json::Value;

use crate::{
    desired::DesiredCluster,
    model::{Finding, Kind, SourceFile},
};
use engine::Rules;

/// The rule that judges documents.
const DENY: &str = "data.headgate.deny";

/// The rule that judges changes.
const DENY_CHANGE: &str = "data.headgate.deny_change";

/// The rules of one revision. The default has none and allows everything.
#[derive(Debug, Default)]
pub struct Policies {
    /// `None`: no file declares a rule, so nothing needs to be evaluated.
    rules: Option<Rules>,
}

/// What a rule has against something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule's own words, or why the rule itself failed: a rule that cannot be evaluated denies.
    pub message: String,
}

impl Policies {
    /// Compiles the `.rego` files among `files`; `_test.rego` and all others are left alone.
    ///
    /// # Errors
    /// A file is no Rego, or none of the files declares a rule that is ever asked.
    pub fn compile(files: &[SourceFile]) -> Result<Self, Vec<Finding>> {
        Rules::compile(files).map(|rules| Self { rules })
    }

    /// Judges every object of a cluster, and tells violations at the object's place. A rule that fails is told once, at
    /// its own place, and ends the review.
    #[must_use]
    pub fn review(&self, cluster: &DesiredCluster) -> Vec<Finding> {
        let Some(mut session) = self.session(DENY) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        for kind in Kind::ALL.iter().copied() {
            for (name, object) in cluster.objects(kind) {
                match session.ask(input::object(cluster, kind, name, object)) {
                    Ok(violations) => findings.extend(violations.into_iter().map(|v| {
                        let message = format!("policy denies {kind} {name}: {}", v.message);
                        Finding::error(Some(object.place().clone()), message)
                    })),
                    Err(failed) => {
                        findings.push(failed);
                        return findings;
                    }
                }
            }
        }
        findings
    }

    /// Asks `deny` about one document.
    #[must_use]
    pub fn review_resource(&self, input: &Value) -> Vec<Violation> {
        self.ask(DENY, input)
    }

    /// Asks `deny_change` about one planned change.
    #[must_use]
    pub fn review_change(&self, input: &Value) -> Vec<Violation> {
        self.ask(DENY_CHANGE, input)
    }

    /// Tells whether any rule judges changes: when not, nobody needs to describe them.
    #[must_use]
    pub fn judges_changes(&self) -> bool {
        self.rules.as_ref().is_some_and(|r| r.declares(DENY_CHANGE))
    }

    fn ask(&self, rule: &'static str, input: &Value) -> Vec<Violation> {
        let Some(mut session) = self.session(rule) else {
            return Vec::new();
        };
        session
            .ask(regorus::Value::from(input.clone()))
            .unwrap_or_else(|failed| {
                vec![Violation {
                    message: format!("the policy itself failed: {failed}"),
                }]
            })
    }

    fn session(&self, rule: &'static str) -> Option<engine::Session> {
        self.rules.as_ref().and_then(|rules| rules.session(rule))
    }
}
