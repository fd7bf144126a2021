//! What was written and is never told back (plan stage, pure): passwords and other secrets, values that are hidden, offsets
//! that were set. That the write was seen to be taken is all that can be known of them, so the ledger takes it down at once.

use std::collections::BTreeMap;

use super::{
    Action, ActionResult, ClusterPlan, SetField,
    memory::{OFFSETS, OFFSETS_BEGUN},
    moves,
};
use crate::{
    live::{Field, Live, LiveRef},
    model::{COMPATIBILITY, ConfigKey, Ledger, config_key},
};

/// Takes down what was made in a pass and that no observation can show, before what is left is planned. `live` is what was
/// seen after the writes.
pub fn credit(ledger: &mut Ledger, planned: &ClusterPlan, results: &[ActionResult], live: &Live) {
    moves::note(ledger, planned, results);
    let due: BTreeMap<_, &Action> = planned
        .actions
        .iter()
        .filter(|action| !action.change.set.is_empty())
        .map(|action| ((&action.object, action.verb), action))
        .collect();
    for result in results.iter().filter(|result| result.end.is_done()) {
        let Some(action) = due.get(&(&result.object, result.verb)) else {
            continue;
        };
        let seen = live.object(&result.object);
        let seen = seen.known().copied().flatten();
        let unseen = |field: &&SetField| is_unseen(field, seen);
        let mut unseen = action.change.set.iter().filter(unseen).peekable();
        if unseen.peek().is_none() {
            continue;
        }
        let records = ledger.records_mut();
        let record = records.entry(result.object.clone()).or_default();
        for field in unseen {
            let held = record.converged.get_or_insert_default();
            held.insert(&field.path, &field.to);
            held.retain(|path, _| field.path != OFFSETS || path != OFFSETS_BEGUN);
            if let Some(key) = owned_key(&field.path) {
                record.own(&key);
            }
        }
    }
}

fn is_unseen(field: &SetField, seen: Option<LiveRef<'_>>) -> bool {
    let is_hidden = || seen.and_then(|live| live.field(&field.path)) == Some(Field::Hidden);
    field.secret.is_some() || field.path == OFFSETS || is_hidden()
}

/// Returns the key under which a field is owned: a config's own, the mechanism of a password, or how a subject may change.
#[must_use]
pub fn owned_key(path: &str) -> Option<ConfigKey> {
    let mechanism = || path.strip_prefix("scram.")?.strip_suffix(".password");
    let level = || Some(path).filter(|path| *path == COMPATIBILITY);
    let key = config_key(path).or_else(mechanism).or_else(level);
    key.map(ConfigKey::new)
}
