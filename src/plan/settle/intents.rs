//! Finding out what became of writes that were noted and never settled, after a crash (plan stage, pure).

use compact_str::{CompactString, format_compact};

use super::drift::is_field;
use crate::{
    desired::{DesiredCluster, DesiredRef},
    live::{Field, Live, LiveRef, Observed},
    model::{
        ConfigKey, Fingerprint, Intent, Kind, Ledger, ObjectRef, Record, ScramMechanism, Verb,
        is_throttle,
    },
    plan::{
        KeyTypes, deletion, gates,
        memory::{OFFSETS, OFFSETS_BEGUN, PLACEMENT, REPLICATION_FACTOR, config_path},
        moves,
    },
};

/// Makes the ledger fit what was seen, before anything is planned: takes note of the cluster it is about, forgets another
/// one whose place it has taken by git's word, and settles noted writes. A key becomes git's when live holds exactly what
/// was about to be set. What differs on an object that may have been written to no longer proves drift: it may be
/// Headgate's own doing, and a commit that is taken back after a crash is not somebody else's change. Intents whose
/// object was not seen stay, and all do while another cluster answers.
pub fn resolve_intents(ledger: &mut Ledger, desired: &DesiredCluster, live: &Live) {
    if gates::foreign(desired, live, ledger).is_some() {
        return;
    }
    if let Observed::Known(kafka) = &live.kafka {
        gates::meet(ledger, kafka);
        moves::observe(ledger, kafka);
    }
    let types = KeyTypes::new(live.kafka());
    for intent in std::mem::take(&mut ledger.intents) {
        moves::resolve(ledger, &intent);
        let known = ledger.records.contains_key(&intent.object);
        let declared = desired.object(&intent.object).is_some();
        if let Some(to) = &intent.offsets {
            may_be_set(ledger, desired, &intent, to);
        }
        match live.object(&intent.object) {
            // moving replicas, or throttling that, makes nothing git's
            Observed::Known(Some(_)) if intent.verb == Verb::Update && !known && !declared => {}
            Observed::Known(Some(live)) => {
                if gave_up(ledger, desired, &intent.object, live) || took_over(ledger, &intent) {
                    deletion::use_consent(ledger, desired, &intent.object, intent.at);
                }
                present(ledger, &intent, live, &types);
            }
            Observed::Unknown(_) => ledger.intents.push(intent),
            Observed::Known(None) => absent(ledger, desired, &intent),
        }
    }
}

/// Offsets tell nothing of who set them, and their consumers go on from there: what may have been set once is never set
/// again by the same word.
fn may_be_set(ledger: &mut Ledger, desired: &DesiredCluster, intent: &Intent, to: &str) {
    deletion::use_consent(ledger, desired, &intent.object, intent.at);
    let records = ledger.records_mut();
    let record = records.entry(intent.object.clone()).or_default();
    let held = record.converged.get_or_insert_default();
    held.retain(|path, _| path != OFFSETS);
    held.insert(OFFSETS_BEGUN, &format!("{} {to}", intent.at));
}

/// An object that is gone after it was to be deleted is not missing, and one that is made under its name is not its
/// replacement.
fn absent(ledger: &mut Ledger, desired: &DesiredCluster, intent: &Intent) {
    if intent.verb != Verb::Delete {
        return;
    }
    deletion::use_consent(ledger, desired, &intent.object, intent.at);
    if let Some(record) = ledger.records_mut().get_mut(&intent.object) {
        record.converged = None;
        record.topic_id = None;
    }
}

/// Tells whether a user lost a credential, or a quota a limit, that git gave up: when a change of it was under way, that was
/// it.
fn gave_up(
    ledger: &Ledger,
    desired: &DesiredCluster,
    object: &ObjectRef,
    live: LiveRef<'_>,
) -> bool {
    let Some(record) = ledger.records.get(object) else {
        return false;
    };
    let is_gone = |key: &ConfigKey| match (live, desired.object(object)) {
        (LiveRef::User(user), Some(DesiredRef::User(wanted))) => {
            let mechanism = ScramMechanism::parse(key.as_str());
            mechanism.is_some_and(|own| {
                wanted.scram.iter().all(|c| c.mechanism != own) && user.credential(own).is_none()
            })
        }
        (LiveRef::Config(_), Some(DesiredRef::Config(wanted))) if object.kind == Kind::Quota => {
            wanted.config.iter().all(|(k, _)| k != key)
                && live.field(&config_path(key.as_str())).is_none()
        }
        _ => false,
    };
    record.owned.iter().any(is_gone)
}

/// Tells whether a password may have been overwritten that was not Headgate's: that took a consent, if there was one.
fn took_over(ledger: &Ledger, intent: &Intent) -> bool {
    let record = ledger.records.get(&intent.object);
    let is_own = |key: &ConfigKey| record.is_some_and(|record| record.owned.contains(key));
    intent.object.kind == Kind::User
        && intent.verb == Verb::Update
        && intent.config.iter().any(|(key, _)| !is_own(key))
}

fn present(ledger: &mut Ledger, intent: &Intent, live: LiveRef<'_>, types: &KeyTypes<'_>) {
    if intent.verb == Verb::Delete {
        return;
    }
    let records = ledger.records_mut();
    let record = records.entry(intent.object.clone()).or_default();
    // nothing was there when it was about to be made, so what is there now counts as made. If somebody else made the same
    // in that moment, it is git's all the same, as what git declares and finds: once git gives it up, a topic or a user
    // waits for consent, while an ACL, or a quota that holds what was to be set, goes without
    if let LiveRef::Topic(topic) = live
        && (intent.verb == Verb::Create || record.topic_id.is_none())
    {
        record.topic_id = Some(topic.id);
    }
    for (key, value) in &intent.config {
        // what Kafka hides may be what was set, and what git wanted there is git's to take away
        let own = live.field(&path(intent.object.kind, key));
        let written = match &own {
            Some(Field::Value(own)) => own == value.as_str(),
            Some(Field::Hidden) => true,
            None => false,
        };
        if intent.object.kind == Kind::Connector && own == Some(Field::Hidden) {
            remember(record, key, value);
        }
        let throttle = is_throttle(intent.object.kind, key.as_str());
        if written && !throttle {
            record.own(key);
        }
    }
    if let Some(converged) = &mut record.converged {
        converged.retain(|path, was| still_holds(intent, path, was, live, types));
    }
}

/// Remembers what was hidden of a connector because it may be the secret that was about to be set: git may have given it up
/// since.
fn remember(record: &mut Record, key: &ConfigKey, print: &CompactString) {
    if record.secrets.iter().all(|(known, _)| known != key) {
        let mut secrets = std::mem::take(&mut record.secrets).into_vec();
        secrets.push((key.clone(), Some(Fingerprint(print.clone()))));
        secrets.sort_unstable();
        record.secrets = secrets.into();
    }
}

/// Returns the path of what a key that is owned stands for.
fn path(kind: Kind, key: &ConfigKey) -> CompactString {
    match kind {
        Kind::User => format_compact!("scram.{key}.password"),
        Kind::Schema => key.as_str().into(),
        _ => config_path(key.as_str()),
    }
}

/// Marks stay; a field stays that still has its value. What is hidden, and was about to be written, may have been or not.
fn still_holds(
    intent: &Intent,
    of: &str,
    was: &str,
    live: LiveRef<'_>,
    types: &KeyTypes<'_>,
) -> bool {
    let kind = intent.object.kind;
    // what moved is seen to be under way, and the ledger knows whose doing that is
    if !is_field(of) || of == PLACEMENT || of == REPLICATION_FACTOR {
        return true;
    }
    match live.field(of) {
        None => false,
        Some(Field::Hidden) => intent.config.iter().all(|(key, _)| path(kind, key) != of),
        Some(Field::Value(own)) => types.same_field(kind, of, &own, was),
    }
}
