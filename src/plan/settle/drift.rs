//! Which drift began, ended and is open (plan stage, pure). What is open stands in the ledger, so that each drift
//! counts once, also over a restart.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pass, Settled, deeds::Deeds};
use crate::{
    desired::{DesiredCluster, DesiredRef},
    live::Observed,
    model::{
        COMPATIBILITY, CONFIG, DriftClass, DriftRecord, Ledger, Mode, ObjectRef, ResolvedBy,
        SCHEMA, STATE,
    },
    plan::{
        Drift, OpenDrift,
        draft::Inputs,
        fields,
        memory::{PARTITIONS, PLACEMENT, REPLICATION_FACTOR},
        moves::{self, Outlook},
        restart,
    },
};

type Key = (ObjectRef, DriftClass);

/// Compares the drift of the plan, of what is left and of the ledger.
pub(super) fn account(
    ledger: &mut Ledger,
    pass: &Pass<'_>,
    deeds: &Deeds<'_>,
    settled: &mut Settled,
) {
    let before: BTreeMap<Key, &Drift> = pass.planned.drift.iter().map(|d| (key(d), d)).collect();
    for (key, drift) in &before {
        if !ledger.drift.contains_key(key) && counts(ledger, pass, key) {
            settled.detected.push((*drift).clone());
        }
    }
    let mut open = BTreeMap::new();
    // what shows up only after the writes waits for the next pass: it may be a read that lags
    for drift in pass
        .left
        .drift
        .iter()
        .filter(|d| before.contains_key(&key(d)))
    {
        if drift.class == DriftClass::Replaced && !deeds.is_unhealed(&drift.object) {
            continue;
        }
        open.insert(key(drift), drift.clone());
    }
    for (object, class) in ledger.drift.keys() {
        if pass.live.object(object).unknown().is_some() {
            let key = (object.clone(), *class);
            open.entry(key)
                .or_insert_with(|| bare(pass.desired, object, *class));
        }
    }
    let outlook = Outlook::default();
    let inputs = Inputs::new(pass.desired, pass.live, ledger, &outlook, pass.now);
    for key in before
        .keys()
        .chain(ledger.drift.keys())
        .collect::<BTreeSet<_>>()
    {
        // what a commit found and deleted at once was never told as drift
        let was_told = ledger.drift.contains_key(key) || counts(ledger, pass, key);
        if was_told && !open.contains_key(key) {
            let planned = before.get(key).copied();
            let by = resolved_by(&inputs, deeds, key, planned.is_some());
            let ended = planned
                .cloned()
                .unwrap_or_else(|| bare(pass.desired, &key.0, key.1));
            settled.resolved.push((ended, by));
        }
    }
    let old = std::mem::take(&mut ledger.drift);
    for (key, drift) in open {
        let since = old.get(&key).map_or(pass.now, |known| known.since);
        ledger.drift.insert(key, DriftRecord { since });
        settled.open.push(OpenDrift { drift, since });
    }
}

fn key(drift: &Drift) -> Key {
    (drift.object.clone(), drift.class)
}

/// An undeclared object that comes into view together with a new commit was found, not made: the commit claimed its
/// scope. It is shown as open and does not count as newly drifted. What was not there when the commit's scopes were first
/// seen counts, whatever became of the commit's actions.
fn counts(ledger: &Ledger, pass: &Pass<'_>, (object, class): &Key) -> bool {
    *class != DriftClass::Unexpected || ledger.observed.get(&object.kind) == pass.revision
}

/// Returns the drift that the ledger knows as open, for a pass that saw nothing.
pub(super) fn still_open(ledger: &Ledger, desired: &DesiredCluster) -> Vec<OpenDrift> {
    ledger
        .drift
        .iter()
        .map(|((object, class), known)| OpenDrift {
            drift: bare(desired, object, *class),
            since: known.since,
        })
        .collect()
}

/// A drift of which only the ledger tells.
fn bare(desired: &DesiredCluster, object: &ObjectRef, class: DriftClass) -> Drift {
    Drift {
        object: object.clone(),
        class,
        fields: Vec::new(),
        source: desired.object(object).map(|d| d.place().clone()),
    }
}

fn resolved_by(inputs: &Inputs<'_>, deeds: &Deeds<'_>, key: &Key, was_planned: bool) -> ResolvedBy {
    let (object, class) = key;
    if was_planned {
        return match deeds.made(object) {
            true => ResolvedBy::Apply,
            false => ResolvedBy::External,
        };
    }
    // replicas that were moved in passes before have arrived, and what was restarted runs
    if moves::moves(inputs.ledger, object) || restart::ended(inputs.ledger, key) {
        return ResolvedBy::Apply;
    }
    let declared = inputs.desired.object(object);
    let is_there = || matches!(inputs.live.object(object), Observed::Known(Some(_)));
    let by_commit = match class {
        // still there: git declared it, gave up its scope or consented to its end
        DriftClass::Unexpected => declared.is_some() || is_there(),
        DriftClass::Missing | DriftClass::Modified | DriftClass::Replaced => {
            inputs.desired.mode(object.kind) == Mode::Ignore
                || declared.is_none_or(|declared| changed(inputs, object, declared))
        }
    };
    match by_commit {
        true => ResolvedBy::Commit,
        false => ResolvedBy::External,
    }
}

/// Tells whether git declares something else than what was last in place.
fn changed(inputs: &Inputs<'_>, object: &ObjectRef, declared: DesiredRef<'_>) -> bool {
    let record = inputs.ledger.records.get(object);
    let Some(converged) = record.and_then(|r| r.converged.as_ref()) else {
        return false;
    };
    let wanted = fields::wanted(inputs, declared);
    let field = |path: &str| wanted.iter().find(|want| want.path == path);
    converged
        .iter()
        .filter(|(path, _)| is_field(path))
        .any(|(path, was)| match field(path).map(|want| &want.value) {
            Some(Observed::Known(value)) => !inputs.types.same_field(object.kind, path, value, was),
            Some(Observed::Unknown(_)) => false,
            None => true,
        })
}

/// Tells a field from the marks that the ledger keeps beside them.
pub(super) fn is_field(path: &str) -> bool {
    let plain = [
        PARTITIONS,
        REPLICATION_FACTOR,
        PLACEMENT,
        STATE,
        SCHEMA,
        COMPATIBILITY,
    ];
    plain.contains(&path) || path.starts_with(CONFIG) || path.starts_with("scram.")
}
