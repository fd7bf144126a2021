//! What was done in a pass, by object, as far as the ledger cares (plan stage, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::Pass;
use crate::{
    model::{Cause, ConfigKey, DriftClass, Gate, Record, Verb},
    plan::{Action, ClusterPlan, End, contention},
};

/// The deeds of a pass.
pub(super) struct Deeds<'a> {
    /// Actions that were made and seen, by topic.
    made: BTreeMap<&'a str, &'a Action>,
    /// Digests of the changes that may be one more blow in a fight.
    blows: BTreeMap<&'a str, CompactString>,
    /// Topics about which something was due.
    due: BTreeSet<&'a str>,
    /// Replaced topics whose values are not all back yet, by name.
    unhealed: BTreeSet<&'a str>,
}

impl<'a> Deeds<'a> {
    pub(super) fn new(pass: &Pass<'a>) -> Self {
        let ok: BTreeSet<(&str, Verb)> = pass
            .results
            .iter()
            .filter(|r| r.end == End::Ok)
            .map(|r| (r.object.name.as_str(), r.verb))
            .collect();
        let made: BTreeMap<&str, &Action> = pass
            .planned
            .actions
            .iter()
            .map(|a| (a.object.name.as_str(), a))
            .filter(|(name, a)| ok.contains(&(*name, a.verb)))
            .collect();
        let left: BTreeSet<&str> = names(pass.left).collect();
        let blows = made
            .iter()
            .filter(|(name, a)| a.cause == Cause::Drift || left.contains(*name))
            .map(|(name, a)| (*name, contention::digest(a.verb, &a.fields)))
            .collect();
        Self {
            blows,
            due: names(pass.planned).collect(),
            unhealed: unhealed(pass, &made),
            made,
        }
    }

    /// Tells whether Headgate set this key in this pass.
    pub(super) fn set(&self, topic: &str, key: &ConfigKey) -> bool {
        let made = self.made.get(topic);
        made.is_some_and(|action| action.change.config().any(|(set, _)| set == *key))
    }

    /// Tells whether an action on the topic was made and seen.
    pub(super) fn made(&self, topic: &str) -> bool {
        self.made.contains_key(topic)
    }

    /// Tells whether a replaced topic keeps the id of its predecessor, so that it stays the same drift until its values
    /// are back.
    pub(super) fn is_unhealed(&self, topic: &str) -> bool {
        self.unhealed.contains(topic)
    }

    /// Tells whether the change to the topic counts as a blow.
    fn struck(&self, topic: &str) -> bool {
        self.blows.contains_key(topic)
    }

    /// Counts the rounds of a fight: one more when the same change was made again, none when nothing was due.
    pub(super) fn count_rounds(&self, topic: &str, record: &mut Record) {
        match self.blows.get(topic) {
            Some(blow) if record.change.as_ref() == Some(blow) => record.rounds += 1,
            Some(blow) => {
                record.rounds = 1;
                record.change = Some(blow.clone());
            }
            None if self.due.contains(topic) => {}
            None => {
                record.rounds = 0;
                record.change = None;
            }
        }
    }

    /// Tells whether the rounds of a record stay as they are.
    pub(super) fn leaves_rounds(&self, topic: &str, record: &Record) -> bool {
        !self.struck(topic)
            && (self.due.contains(topic) || (record.rounds == 0 && record.change.is_none()))
    }
}

/// The topics about which a plan has something to do, or would if it were not contended.
fn names(plan: &ClusterPlan) -> impl Iterator<Item = &str> {
    let due = plan.actions.iter().map(|a| a.object.name.as_str());
    due.chain(contended(plan))
}

fn contended(plan: &ClusterPlan) -> impl Iterator<Item = &str> {
    plan.blocked
        .iter()
        .filter(|b| b.gate == Gate::Contended)
        .map(|b| b.name.as_str())
}

/// A topic that Headgate itself made anew is no replacement. One that shows up as replaced only after the writes was
/// replaced in the middle of the pass: the next one deals with it.
fn unhealed<'a>(pass: &Pass<'a>, made: &BTreeMap<&str, &Action>) -> BTreeSet<&'a str> {
    let missing: BTreeSet<&str> = pass
        .planned
        .drift
        .iter()
        .filter(|d| d.class == DriftClass::Missing)
        .map(|d| d.object.name.as_str())
        .collect();
    let replaced: BTreeSet<&str> = pass
        .planned
        .drift
        .iter()
        .filter(|d| d.class == DriftClass::Replaced)
        .map(|d| d.object.name.as_str())
        .collect();
    pass.left
        .drift
        .iter()
        .filter(|d| d.class == DriftClass::Replaced)
        .filter(|d| !d.fields.is_empty() || !replaced.contains(d.object.name.as_str()))
        .map(|d| d.object.name.as_str())
        .filter(|name| !missing.contains(name))
        .filter(|name| made.get(name).is_none_or(|a| a.verb != Verb::Create))
        .collect()
}
