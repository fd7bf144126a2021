//! Consumer groups (plan stage, pure): what a document expects of a group, and when its offsets are set. A group
//! belongs to its consumers, so nothing else about it is ever written.

use compact_str::{CompactString, ToCompactString, format_compact};

use super::{
    FieldChange,
    draft::{Draft, Inputs, field},
    offsets,
    walk::Seen,
};
use crate::{
    desired::DesiredGroup,
    live::{GroupDetail, LiveGroup, LiveRef, Observed},
    model::{DriftClass, Gate, Verb},
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

/// Plans that its offsets are set, while nobody reads.
fn reset(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredGroup,
    group: Option<&LiveGroup>,
    draft: &mut Draft,
) {
    let Some(to) = &desired.reset_to else {
        return;
    };
    let waits = match group.filter(|group| group.state != DEAD) {
        None => Some((
            Gate::Unsupported,
            "the group is not there, so it has no offsets that could be set; it opens when its consumers have committed some, \
             or take `offsets` out of git"
                .to_owned(),
        )),
        Some(group) if group.state != EMPTY => Some((
            Gate::InUse,
            format!(
                "the group is {} and has members, which would go on from where they are; it opens when its consumers are stopped",
                group.state
            ),
        )),
        Some(_) => None,
    };
    offsets::once(inputs, seen, to.to_compact_string(), waits, draft);
}
