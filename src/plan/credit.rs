//! What was written and Kafka never tells back (plan stage, pure): passwords and other secrets, offsets that were set. That
//! the write was seen to be taken is all that can be known of them, so the ledger takes it down at once.

use std::collections::BTreeMap;

use super::{
    Action, ActionResult, ClusterPlan, SetField,
    memory::{OFFSETS, OFFSETS_BEGUN},
    moves,
};
use crate::model::{COMPATIBILITY, ConfigKey, Ledger, config_key};

/// Takes down what was made in a pass and that no observation can show, before what is left is planned.
pub fn credit(ledger: &mut Ledger, planned: &ClusterPlan, results: &[ActionResult]) {
    moves::note(ledger, planned, results);
    let unseen = |action: &&Action| action.change.set.iter().any(is_unseen);
    let due: BTreeMap<_, &Action> = planned
        .actions
        .iter()
        .filter(unseen)
        .map(|action| ((&action.object, action.verb), action))
        .collect();
    for result in results.iter().filter(|result| result.end.is_done()) {
        let Some(action) = due.get(&(&result.object, result.verb)) else {
            continue;
        };
        let records = ledger.records_mut();
        let record = records.entry(result.object.clone()).or_default();
        for field in action.change.set.iter().filter(|field| is_unseen(field)) {
            let held = record.converged.get_or_insert_default();
            held.insert(&field.path, &field.to);
            held.retain(|path, _| field.path != OFFSETS || path != OFFSETS_BEGUN);
            if let Some(key) = owned_key(&field.path) {
                record.own(&key);
            }
        }
    }
}

fn is_unseen(field: &SetField) -> bool {
    field.secret.is_some() || field.path == OFFSETS
}

/// Returns the key under which a field is owned: a config's own, the mechanism of a password, or how a subject may change.
#[must_use]
pub fn owned_key(path: &str) -> Option<ConfigKey> {
    let mechanism = || path.strip_prefix("scram.")?.strip_suffix(".password");
    let level = || Some(path).filter(|path| *path == COMPATIBILITY);
    let key = config_key(path).or_else(mechanism).or_else(level);
    key.map(ConfigKey::new)
}
