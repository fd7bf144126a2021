//! What was done in a pass, by object, as far as the ledger cares (plan stage, pure).

use std::collections::{BTreeMap, BTreeSet};

use super::Pass;
use crate::{
    model::{Cause, ConfigKey, DriftClass, Gate, Kind, ObjectRef, Record, Verb},
    plan::{Action, ClusterPlan, End, Subject, contention, restart},
};

/// An object's kind and name, borrowed: after a first pass there may be tens of thousands.
type Name<'a> = (Kind, &'a str);

/// The deeds of a pass.
pub(super) struct Deeds<'a> {
    /// Actions that were made and seen, by object.
    made: BTreeMap<&'a ObjectRef, &'a Action>,
    /// Digests of the changes that may be one more blow in a fight.
    blows: BTreeMap<&'a ObjectRef, Box<str>>,
    /// Objects about which something was due.
    due: BTreeSet<Name<'a>>,
    /// Replaced topics whose values are not all back yet, by name.
    unhealed: BTreeSet<&'a ObjectRef>,
}

impl<'a> Deeds<'a> {
    pub(super) fn new(pass: &Pass<'a>) -> Self {
        let made: BTreeMap<&ObjectRef, &Action> = actions(pass, |end| *end == End::Ok)
            .map(|a| (&a.object, a))
            .collect();
        let left: BTreeSet<Name<'_>> = objects(pass.left).collect();
        let undone = made
            .iter()
            .filter(|(object, a)| a.cause == Cause::Drift || left.contains(&name(object)))
            .map(|(_, a)| *a);
        let blows = undone
            .chain(actions(pass, |end| matches!(end, End::Unseen(_))))
            .filter(|a| !restart::is_one(a))
            .map(|a| (&a.object, contention::digest(a)))
            .collect();
        Self {
            blows,
            due: objects(pass.planned).collect(),
            unhealed: unhealed(pass, &made),
            made,
        }
    }

    /// Tells whether Headgate set this key of an object in this pass.
    pub(super) fn set(&self, kind: Kind, name: &str, key: &ConfigKey) -> bool {
        if self.made.is_empty() {
            return false;
        }
        let made = self.made.get(&ObjectRef::new(kind, name));
        made.is_some_and(|action| action.change.config().any(|(set, _)| set == *key))
    }

    /// Tells whether an action on the object was made and seen.
    pub(super) fn made(&self, object: &ObjectRef) -> bool {
        self.made.contains_key(object)
    }

    /// Tells whether a replaced topic keeps the id of its predecessor, so that it stays the same drift until its values
    /// are back.
    pub(super) fn is_unhealed(&self, object: &ObjectRef) -> bool {
        self.unhealed.contains(object)
    }

    /// Tells whether the change to the object counts as a blow.
    pub(super) fn struck(&self, object: &ObjectRef) -> bool {
        self.blows.contains_key(object)
    }

    /// Counts the rounds of a fight: one more when the same change was made again, none when nothing was due.
    pub(super) fn count_rounds(&self, object: &ObjectRef, record: &mut Record) {
        match self.blows.get(object) {
            Some(blow) if record.change.as_ref() == Some(blow) => record.rounds += 1,
            Some(blow) => {
                record.rounds = 1;
                record.change = Some(blow.clone());
            }
            None if self.due.contains(&name(object)) => {}
            None => {
                record.rounds = 0;
                record.change = None;
            }
        }
    }

    /// Tells whether the rounds of a record stay as they are.
    pub(super) fn leaves_rounds(&self, object: &ObjectRef, record: &Record) -> bool {
        !self.struck(object)
            && (self.due.contains(&name(object)) || (record.rounds == 0 && record.change.is_none()))
    }
}

/// Returns the actions of a pass that ended so.
fn actions<'a>(pass: &Pass<'a>, ended: fn(&End) -> bool) -> impl Iterator<Item = &'a Action> {
    let ends = pass.results.iter().filter(|r| ended(&r.end));
    let ends: BTreeSet<(&ObjectRef, Verb)> = ends.map(|r| (&r.object, r.verb)).collect();
    let planned = pass.planned.actions.iter();
    planned.filter(move |a| ends.contains(&(&a.object, a.verb)))
}

/// The objects about which a plan has something to do, or would if it were not contended.
fn objects(plan: &ClusterPlan) -> impl Iterator<Item = Name<'_>> {
    let due = plan.actions.iter().map(|a| name(&a.object));
    due.chain(contended(plan))
}

fn name(object: &ObjectRef) -> Name<'_> {
    (object.kind, &object.name)
}

fn contended(plan: &ClusterPlan) -> impl Iterator<Item = Name<'_>> {
    let blocked = plan.blocked.iter();
    let contended = blocked.filter(|b| b.gate == Gate::Contended);
    contended.filter_map(|b| match b.kind {
        Subject::Kind(kind) => Some((kind, b.name.as_str())),
        Subject::Cluster => None,
    })
}

/// A topic that Headgate itself made anew is no replacement. One that shows up as replaced only after the writes was
/// replaced in the middle of the pass: the next one deals with it.
fn unhealed<'a>(pass: &Pass<'a>, made: &BTreeMap<&ObjectRef, &Action>) -> BTreeSet<&'a ObjectRef> {
    let of_class = |class| {
        let drift = pass.planned.drift.iter().filter(move |d| d.class == class);
        drift.map(|d| &d.object).collect::<BTreeSet<_>>()
    };
    let (missing, replaced) = (
        of_class(DriftClass::Missing),
        of_class(DriftClass::Replaced),
    );
    pass.left
        .drift
        .iter()
        .filter(|d| d.class == DriftClass::Replaced)
        .filter(|d| !d.fields.is_empty() || !replaced.contains(&d.object))
        .map(|d| &d.object)
        .filter(|object| !missing.contains(object))
        .filter(|object| made.get(object).is_none_or(|a| a.verb != Verb::Create))
        .collect()
}
