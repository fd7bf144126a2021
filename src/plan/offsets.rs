//! Offsets that git sets (plan stage, pure): of a group of consumers or a connector, once for what git says, by consent, while
//! nobody goes on from where they are.

use compact_str::{CompactString, ToCompactString};

use super::{
    Action, Change, SetField, beyond,
    deletion::used,
    draft::{Draft, Inputs, field, place},
    memory::{FOUND, Memory, OFFSETS},
    walk::Seen,
};
use crate::{
    desired::DesiredConnector,
    live::LiveRef,
    model::{Gate, Kind, Risk, Verb},
};

/// The state of a connector whose offsets may be set (KIP-875).
const STOPPED: &str = "STOPPED";

/// Plans that the offsets of a connector are set, while it is stopped.
pub(super) fn of_connector(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredConnector,
    draft: &mut Draft,
) {
    let (Some(to), Some(LiveRef::Connector(live))) = (&desired.offsets, seen.known()) else {
        return;
    };
    let (object, mut actions) = (seen.object(), draft.actions.iter());
    let waits = if live.state != STOPPED {
        Some(format!(
            "the connector is {}, and would go on from where it is; it opens when it is stopped",
            live.state
        ))
    } else {
        // one change of an object at a time: what became of one says nothing about the other
        let changes = actions.any(|action| action.object == object);
        changes.then(|| {
            "another change of the connector comes first; it opens when that is in place".to_owned()
        })
    };
    let waits = waits.map(|reason| (Gate::InUse, reason));
    once(inputs, seen, to.to_compact_string(), waits, draft);
}

/// Plans that offsets are set, unless they were; `waits` says what speaks against it now.
pub(super) fn once(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    to: CompactString,
    waits: Option<(Gate, String)>,
    draft: &mut Draft,
) {
    let memory = Memory::new(seen.record);
    if memory.value(OFFSETS) == Some(to.as_str()) {
        return;
    }
    let fields = vec![field(OFFSETS, None, Some(to.clone()))];
    if let Some(reason) = may_be_done(inputs, seen.kind, memory, &to) {
        return draft.hold(seen, Verb::Update, Gate::Indeterminate, reason, fields);
    }
    if let Some((Gate::Unsupported, reason)) = waits {
        return draft.hold(seen, Verb::Update, Gate::Unsupported, reason, fields);
    }
    let consent = inputs.consent(seen.kind, seen.name);
    if let Some((consent, used)) = consent.and_then(|c| Some((c, used(inputs.ledger, c)?))) {
        let reason = format!(
            "the consent at {}:{} was used on {}; it opens with a new entry or a new date under deletion.allow",
            consent.place.file, consent.place.line, used.on
        );
        return draft.hold(seen, Verb::Update, Gate::Consent, reason, fields);
    }
    let Some(consent) = consent.filter(|c| inputs.today <= c.until) else {
        let reason = format!(
            "setting offsets skips or repeats records; it opens with an entry {{kind: {}, name: {}, reason: …, until: …}} \
             under deletion.allow of the Cluster",
            seen.kind, seen.name
        );
        return draft.hold(seen, Verb::Update, Gate::Consent, reason, fields);
    };
    if let Some((gate, reason)) = waits {
        return draft.hold(seen, Verb::Update, gate, reason, fields);
    }
    let action = Action {
        object: seen.object(),
        verb: Verb::Update,
        risk: Risk::Destructive,
        cause: inputs.cause(false),
        fields,
        source: place(seen).or_else(|| Some(consent.place.clone())),
        notes: Vec::new(),
        change: Change {
            set: vec![SetField {
                path: OFFSETS.into(),
                from: None,
                to,
                secret: None,
            }],
            beyond: beyond::of(seen),
            ..Change::default()
        },
    };
    draft.push(action, seen.record);
}

/// Says why nobody knows whether offsets were set to a point already: setting them twice would skip or repeat what was
/// read since.
fn may_be_done(inputs: &Inputs<'_>, kind: Kind, memory: Memory<'_>, to: &str) -> Option<String> {
    let what = match kind {
        Kind::Connector => {
            "the connector's offsets; it opens when git says other ones, or takes offsets"
        }
        _ => "the group's offsets; it opens when git says another point, or takes resetTo",
    };
    let again = format!(
        "look at {what} out for one pass and puts it back with a new entry under deletion.allow"
    );
    match memory.begun_offsets() {
        Some((FOUND, begun)) if begun == to => Some(before(&again)),
        Some((at, begun)) if begun == to => Some(format!(
            "it was begun at {at}, and nobody knows whether it was done; {again}"
        )),
        _ => inputs.ledger.converged.is_none().then(|| before(&again)),
    }
}

fn before(again: &str) -> String {
    format!(
        "git said so before this ledger first saw a commit in place, so it may have been done under a ledger that was lost; \
         {again}"
    )
}
