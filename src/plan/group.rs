//! Consumer groups (plan stage, pure): what a document expects of a group, and the one-shot that sets its offsets. A group
//! belongs to its consumers, so nothing else about it is ever written.

use compact_str::{CompactString, ToCompactString, format_compact};

use super::{
    Action, Change, FieldChange, SetField,
    deletion::used,
    draft::{Draft, Inputs, field, place},
    memory::{FOUND, Memory, OFFSETS},
    walk::Seen,
};
use crate::{
    desired::DesiredGroup,
    live::{GroupDetail, LiveGroup, LiveRef, Observed},
    model::{DriftClass, Gate, Risk, Verb},
};

/// The state of a group that has offsets and no members (Kafka, `GroupState`).
const EMPTY: &str = "Empty";
/// The state of a group that is gone, or was never there (Kafka, `GroupState`).
const DEAD: &str = "Dead";

/// Holds a group against its document.
pub(super) fn watched(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredGroup,
    draft: &mut Draft,
) {
    match &seen.live {
        None => {
            if desired.must_exist {
                draft.drifted(seen, DriftClass::Missing, Vec::new());
            }
            reset(inputs, seen, desired, None, draft);
        }
        Some(Observed::Known(LiveRef::Group(group))) => {
            match &group.detail {
                Observed::Known(detail) => {
                    let broken = broken(inputs, desired, detail);
                    if !broken.is_empty() {
                        draft.drifted(seen, DriftClass::Modified, broken);
                    }
                    if let Some(partition) = endless(detail).filter(|_| expects_lag(desired)) {
                        let why = format!("where {partition} ends is not known (has it a leader?)");
                        unreadable(seen, &why, draft);
                    }
                }
                Observed::Unknown(why) if expects_lag(desired) => unreadable(seen, why, draft),
                Observed::Unknown(_) => {}
            }
            reset(inputs, seen, desired, Some(group), draft);
        }
        Some(Observed::Known(_)) => {}
        Some(Observed::Unknown(why)) => unreadable(seen, why, draft),
    }
}

fn expects_lag(desired: &DesiredGroup) -> bool {
    desired.max_lag.is_some() || desired.max_lag_time.is_some()
}

/// Returns a partition of which the lag is not known.
fn endless(detail: &GroupDetail) -> Option<String> {
    let mut topics = detail.offsets.iter();
    topics.find_map(|(topic, offsets)| {
        let offset = offsets.iter().find(|offset| offset.lag().is_none())?;
        Some(format!("{topic}-{}", offset.partition))
    })
}

fn unreadable(seen: &Seen<'_>, why: &str, draft: &mut Draft) {
    let reason =
        format!("the group could not be read: {why}; it opens with a complete observation");
    let gate = Gate::IncompleteObservation;
    draft.hold(seen, Verb::Update, gate, reason, Vec::new());
}

/// Returns the expectations that are not met. A lag that is not known breaks none, and is told by itself.
fn broken(inputs: &Inputs<'_>, desired: &DesiredGroup, detail: &GroupDetail) -> Vec<FieldChange> {
    let mut broken = Vec::new();
    if let (Some(most), Some(lag)) = (desired.max_lag, detail.lag())
        && lag > most
    {
        broken.push(at_most(
            "lag",
            lag.to_compact_string(),
            most.to_compact_string(),
        ));
    }
    let unread = detail.offsets.values().flatten();
    let oldest = unread
        .filter(|o| o.lag() > Some(0))
        .filter_map(|o| o.at)
        .min();
    if let (Some(most), Some(oldest)) = (desired.max_lag_time, oldest) {
        let behind = inputs.now.as_millisecond().saturating_sub(oldest);
        let most = i64::try_from(most.as_millis()).unwrap_or(i64::MAX);
        if behind > most {
            broken.push(at_most(
                "lag.ms",
                behind.to_compact_string(),
                most.to_compact_string(),
            ));
        }
    }
    broken
}

fn at_most(path: &'static str, live: CompactString, most: CompactString) -> FieldChange {
    field(path, Some(live), Some(format_compact!("at most {most}")))
}

/// Plans that offsets are set: once for what git says, by consent, while nobody reads.
fn reset(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredGroup,
    group: Option<&LiveGroup>,
    draft: &mut Draft,
) {
    let Some(to) = desired
        .reset_to
        .as_ref()
        .map(ToCompactString::to_compact_string)
    else {
        return;
    };
    let memory = Memory::new(seen.record);
    if memory.value(OFFSETS) == Some(to.as_str()) {
        return;
    }
    let fields = vec![field(OFFSETS, None, Some(to.clone()))];
    if let Some(reason) = may_be_done(inputs, memory, &to) {
        return draft.hold(seen, Verb::Update, Gate::Indeterminate, reason, fields);
    }
    let Some(group) = group.filter(|group| group.state != DEAD) else {
        let reason = "the group is not there, so it has no offsets that could be set; it opens when its consumers have \
                      committed some, or take `offsets` out of git";
        return draft.hold(seen, Verb::Update, Gate::Unsupported, reason, fields);
    };
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
            "setting offsets skips or repeats records; it opens with an entry {{kind: ConsumerGroup, name: {}, reason: …, \
             until: …}} under deletion.allow of the Cluster",
            seen.name
        );
        return draft.hold(seen, Verb::Update, Gate::Consent, reason, fields);
    };
    if group.state != EMPTY {
        let reason = format!(
            "the group is {} and has members, which would go on from where they are; it opens when its consumers are stopped",
            group.state
        );
        return draft.hold(seen, Verb::Update, Gate::InUse, reason, fields);
    }
    let action = Action {
        object: seen.object(),
        verb: Verb::Update,
        risk: Risk::Destructive,
        cause: inputs.cause(false),
        fields,
        source: place(seen).or_else(|| Some(consent.place.clone())),
        change: Change {
            set: vec![SetField {
                path: OFFSETS.into(),
                from: None,
                to,
                secret: None,
            }],
            ..Change::default()
        },
    };
    draft.push(action, seen.record);
}

/// Says why nobody knows whether offsets were set to a point already: setting them twice would skip or repeat what was
/// read since.
fn may_be_done(inputs: &Inputs<'_>, memory: Memory<'_>, to: &str) -> Option<String> {
    let again = "look at the group's offsets; it opens when git says another point, or takes resetTo out for one pass and \
                 puts it back with a new entry under deletion.allow";
    match memory.begun_offsets() {
        Some((FOUND, begun)) if begun == to => Some(before(again)),
        Some((at, begun)) if begun == to => Some(format!(
            "it was begun at {at}, and nobody knows whether it was done; {again}"
        )),
        _ => inputs.ledger.converged.is_none().then(|| before(again)),
    }
}

fn before(again: &str) -> String {
    format!(
        "git said so before this ledger first saw a commit in place, so it may have been done under a ledger that was lost; \
         {again}"
    )
}
