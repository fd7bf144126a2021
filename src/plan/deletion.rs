//! Undeclared objects: what may be deleted and what is unexpected (plan stage, pure). A deletion needs an object that was
//! seen, consent in git that names it where data goes with it, and a budget; an object that nobody ever declared or named
//! is nobody's business.

use std::collections::BTreeSet;

use compact_str::CompactString;
use jiff::Timestamp;

use super::{
    Action, Change, Foreign, ResetField, Unexpected, beyond,
    draft::{Draft, Inputs, day},
    fields, in_use,
    memory::{Memory, OFFSETS},
    special,
    walk::Seen,
};
use crate::{
    desired::{Consent, DesiredCluster, nearest},
    live::{LiveRef, Observed},
    model::{DriftClass, Gate, Kind, Ledger, ObjectRef, Risk, UsedConsent, Verb, is_throttle},
};

/// Returns the subjects whose deletion may be due: those that Headgate made and git no longer declares, and those that git
/// lets go.
#[must_use]
pub fn subjects_due(desired: &DesiredCluster, ledger: &Ledger) -> BTreeSet<CompactString> {
    let is_subject = |object: &&ObjectRef| object.kind == Kind::Schema;
    let recorded = ledger.records.keys().filter(is_subject);
    let given_up = recorded.filter(|object| !desired.schemas.contains_key(&object.name));
    let consented = desired.deletion.allow.iter().map(|consent| &consent.object);
    given_up
        .chain(consented.filter(is_subject))
        .map(|object| object.name.clone())
        .collect()
}

/// Plans one object that is there and that git does not declare.
pub(super) fn undeclared(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    live: &Observed<LiveRef<'_>>,
    draft: &mut Draft,
) {
    let deletion = &inputs.desired.deletion;
    let consent = inputs.consent(seen.kind, seen.name);
    if special::is_platform(seen) {
        if let Some(reason) = special::never_deleted(inputs, seen).filter(|_| consent.is_some()) {
            draft.hold(seen, Verb::Delete, Gate::Unsupported, reason, Vec::new());
        }
        return;
    }
    let live = match live {
        Observed::Known(live) => *live,
        Observed::Unknown(why) => {
            if seen.record.is_some() || consent.is_some() {
                let reason =
                    format!("it could not be read: {why}; it opens with a complete observation");
                let gate = Gate::IncompleteObservation;
                draft.hold(seen, Verb::Delete, gate, reason, Vec::new());
            }
            return;
        }
    };
    let hiding = special::hiding(inputs, seen);
    if !hiding.is_empty() {
        draft.foreign.push(Foreign {
            object: seen.object(),
            config: hiding.into_iter().map(|own| (own.key, own.value)).collect(),
            hides: true,
            throttles: false,
        });
    }
    let ours = Memory::new(seen.record).is_ours(live);
    let used = consent.and_then(|c| used(inputs.ledger, c));
    let holds = used.is_none() && consent.is_some_and(|c| inputs.today <= c.until);
    let stray = !ours && special::is_claimed(inputs, seen);
    if stray {
        // that it may go does not make it expected: it is drift until it is gone
        draft.drifted(seen, DriftClass::Unexpected, Vec::new());
        if !holds {
            draft.unexpected.push(Unexpected(seen.object()));
        }
    }
    match consent {
        Some(consent) if holds => delete(inputs, seen, live, Some(consent), draft),
        // of an object that was never git's, an entry whose time is over says nothing any more
        Some(consent) if ours || inputs.today <= consent.until => {
            draft.hold(
                seen,
                Verb::Delete,
                Gate::Consent,
                over(consent, used),
                Vec::new(),
            );
        }
        None if ours && !deletion.needs_consent(seen.kind) => {
            delete(inputs, seen, live, None, draft);
        }
        None if ours => {
            let opens = opens(inputs, seen);
            let reason =
                format!("git no longer declares it, and does not say that it may go; {opens}");
            draft.hold(seen, Verb::Delete, Gate::Consent, reason, Vec::new());
        }
        None if stray && misspelt(inputs, seen).is_some() => {
            let reason = format!("git never declared it; {}", opens(inputs, seen));
            draft.hold(seen, Verb::Delete, Gate::Consent, reason, Vec::new());
        }
        Some(_) | None => {}
    }
}

/// Says what opens for a part of a declared object that git gave up, or that is somebody else's; `None` when git lets it go
/// already.
pub(super) fn without_consent(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    let Some(consent) = inputs.consent(seen.kind, seen.name) else {
        return Some(opens(inputs, seen));
    };
    let holds = used(inputs.ledger, consent).is_none() && inputs.today <= consent.until;
    let Consent { place, until, .. } = consent;
    (!holds).then(|| {
        format!(
            "the consent at {}:{} was used, or ended with {until}; it opens with a new date under deletion.allow",
            place.file, place.line
        )
    })
}

/// Says which consent opens the way.
fn opens(inputs: &Inputs<'_>, seen: &Seen<'_>) -> String {
    let entry = format!(
        "it opens with an entry {{kind: {}, name: {}, reason: …, until: …}} under deletion.allow of the Cluster",
        seen.kind,
        quoted(seen.name)
    );
    match misspelt(inputs, seen) {
        None => entry,
        Some(Consent { object, place, .. }) => format!(
            "{entry}; the one at {}:{} names {}, which is not there and never was git's: was this one meant?",
            place.file, place.line, object.name
        ),
    }
}

/// Returns the consent that names nothing and that may have been meant for an object: by a slip it would say nothing at all.
fn misspelt<'a>(inputs: &Inputs<'a>, seen: &Seen<'_>) -> Option<&'a Consent> {
    let names_nothing = |consent: &&&Consent| {
        let object = &consent.object;
        object.kind == seen.kind
            && inputs.desired.object(object).is_none()
            && matches!(inputs.live.object(object), Observed::Known(None))
            && !inputs.ledger.records.contains_key(object)
            && used(inputs.ledger, consent).is_none()
    };
    let idle: Vec<&Consent> = inputs
        .consents
        .values()
        .filter(names_nothing)
        .copied()
        .collect();
    let near = nearest(seen.name, idle.iter().map(|c| c.object.name.as_str()))?;
    idle.into_iter().find(|c| c.object.name == near)
}

/// Writes a name as YAML's flow style reads it.
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    match name.contains([' ', ',', ':', '<', '=', '#', '*']) {
        true => format!("\"{name}\"").into(),
        false => name.into(),
    }
}

/// Says why a consent does not hold.
fn over(consent: &Consent, used: Option<&UsedConsent>) -> String {
    let Consent { place, until, .. } = consent;
    let (file, line) = (&place.file, place.line);
    match used {
        Some(used) => format!(
            "the consent at {file}:{line} was used on {}, {}; it opens with a new entry or a new date under \
             deletion.allow, and it stays for good when git declares it or the entry goes",
            used.on,
            match consent.object.kind {
                Kind::User => "for it, one of its mechanisms or its password",
                Kind::Quota => "for it or one of its limits",
                Kind::Connector => "for it or its offsets",
                _ => "and it was made again since",
            }
        ),
        None => format!(
            "the consent at {file}:{line} ended with {until}; it opens when git moves that date, and it stays for good when \
             its document comes back"
        ),
    }
}

/// Returns the note that a consent was used.
pub(super) fn used<'a>(ledger: &'a Ledger, consent: &Consent) -> Option<&'a UsedConsent> {
    ledger.consents.iter().find(|used| {
        used.object == consent.object
            && used.until == consent.until
            && used.reason == consent.reason
    })
}

/// Notes that an object, or a part of it, is gone or overwritten by the consent that git gives: whoever makes it again does
/// not lose it by the same word, day after day.
pub(super) fn use_consent(
    ledger: &mut Ledger,
    desired: &DesiredCluster,
    object: &ObjectRef,
    now: Timestamp,
) {
    let consent = desired.deletion.consent(object.kind, &object.name);
    if let Some(consent) = consent.filter(|c| used(ledger, c).is_none()) {
        ledger.consents.push(UsedConsent {
            object: object.clone(),
            reason: consent.reason.clone(),
            until: consent.until,
            on: day(now),
        });
    }
}

/// Tells whether an action is only done because git consents to it: where it deletes, sets the offsets of a group, takes one
/// of a user's credentials or of a quota's limits away, or overwrites a password that is somebody else's.
pub(super) fn needs_word(action: &Action) -> bool {
    match action.object.kind {
        Kind::ConsumerGroup => true,
        Kind::Connector if action.verb == Verb::Update => action.change.value(OFFSETS).is_some(),
        Kind::User | Kind::Quota if action.verb == Verb::Update => {
            action.change.by_consent || !action.change.reset.is_empty()
        }
        _ => action.verb == Verb::Delete,
    }
}

/// Takes a deletion up, unless something still speaks against it.
fn delete(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    live: LiveRef<'_>,
    consent: Option<&Consent>,
    draft: &mut Draft,
) {
    if let Some(reason) = special::never_deleted(inputs, seen) {
        return draft.hold(seen, Verb::Delete, Gate::Unsupported, reason, Vec::new());
    }
    if let Some((gate, reason)) = in_use::refusal(inputs, seen) {
        return draft.hold(seen, Verb::Delete, gate, reason, Vec::new());
    }
    let reset = given_back(seen, live);
    if matches!(live, LiveRef::Config(_)) && reset.is_empty() {
        // git's keys went in this pass, and what is left of it is somebody else's
        if seen.record.is_some() {
            return;
        }
        let reason = "all that is set on it are throttles of reassignments, which go with those; take the entry out of \
                      deletion.allow";
        return draft.hold(seen, Verb::Delete, Gate::Unsupported, reason, Vec::new());
    }
    let action = Action {
        object: seen.object(),
        verb: Verb::Delete,
        risk: Risk::Destructive,
        cause: inputs.cause(false),
        fields: Vec::new(),
        source: consent.map(|c| c.place.clone()),
        notes: Vec::new(),
        change: Change {
            id: live.id(),
            reset,
            beyond: beyond::of(seen),
            ..Change::default()
        },
    };
    draft.push(action, seen.record);
}

/// Returns the fields that go with an object: of one that is nothing but keys those that git declared, or all when it
/// declared none and names it as one that may go; of a user all its credentials.
fn given_back(seen: &Seen<'_>, live: LiveRef<'_>) -> Vec<ResetField> {
    if matches!(live, LiveRef::Topic(_)) {
        return Vec::new();
    }
    let memory = Memory::new(seen.record);
    let goes = |own: &fields::Own<'_>| match live {
        LiveRef::Config(_) if seen.record.is_some() => memory.owns(&own.key),
        _ => !is_throttle(seen.kind, own.key.as_str()),
    };
    let own = fields::unmentioned(None, live).into_iter().filter(goes);
    own.flat_map(|own| {
        let from = own.value.cloned();
        let reset = move |path| ResetField {
            path,
            from: from.clone(),
        };
        own.paths.into_iter().map(reset)
    })
    .collect()
}
