//! The gate `in_use` (plan stage, pure): a topic that somebody still reads or writes is not deleted, and the offsets of a
//! group that still reads are not set, whoever consents.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{draft::Inputs, walk::Seen};
use crate::{
    live::{Observed, Usage},
    model::{Gate, Kind},
};

/// Says why an object that may go by consent is still in use, or that nobody knows; `None` when nothing is in the way.
pub(super) fn refusal(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<(Gate, String)> {
    if seen.kind != Kind::Topic {
        return None;
    }
    match inputs.kafka.usage.get(seen.name) {
        Some(Observed::Known(usage)) => {
            let idle = inputs.desired.deletion.idle;
            Some((Gate::InUse, used(usage, idle, inputs.now)?))
        }
        Some(Observed::Unknown(why)) => Some((
            Gate::IncompleteObservation,
            format!("whether anybody uses it could not be seen: {why}; it opens when it can"),
        )),
        None => Some((
            Gate::IncompleteObservation,
            "whether anybody uses it was not looked at yet; the next pass looks".to_owned(),
        )),
    }
}

fn used(usage: &Usage, idle: Duration, now: Timestamp) -> Option<String> {
    let mut reasons = Vec::new();
    if !usage.consumers.is_empty() {
        reasons.push(format!(
            "groups with live members read it ({}); it opens when they are gone",
            usage.consumers.join(", ")
        ));
    }
    let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::MAX);
    let hours = idle.as_secs_f64() / 3600.0;
    match usage.last_write.map(|ms| (ms, Timestamp::from_millisecond(ms))) {
        Some((_, Ok(at))) if now.duration_since(at) < idle => reasons.push(format!(
            "its newest record is of {at}, less than deletion.idle ({hours} h) ago; it opens when it has been idle that \
             long, or with a shorter deletion.idle"
        )),
        // whoever writes microseconds may be writing now
        Some((ms, Err(_))) if !idle.is_zero() => reasons.push(format!(
            "its newest record says that it is of {ms} ms since 1970, which is no time (does a producer write microseconds?), \
             so it counts as written just now, and deletion.idle is {hours} h; it opens when its newest record has a time, \
             or with deletion.idle: 0s"
        )),
        _ => {}
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
