//! Connectors that failed (plan stage, pure): they are restarted, ever less often, and the ledger keeps count. What stays
//! failed is drift, and says why.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Action, End, Pass, SetField, draft::Inputs, moves::Hold, walk::Seen};
use crate::{
    desired::{DesiredRef, RunState},
    live::{LiveRef, Observed},
    model::{DriftClass, Gate, Kind, Ledger, ObjectRef, Record, Restarts, STATE},
};

/// The word for a connector that failed, or a task of which did.
const FAILED: &str = "failed";

/// What is told of one that has no trace.
const UNSAID: &str = "it does not say why";

/// Tells whether an action restarts what failed.
pub(super) fn is_one(action: &Action) -> bool {
    action.object.kind == Kind::Connector && restarts(&action.change.set)
}

/// Tells whether a change of a connector restarts what failed.
fn restarts(set: &[SetField]) -> bool {
    let running = RunState::Running.as_str();
    let mut set = set.iter().filter(|f| f.path == STATE);
    set.any(|field| field.from.as_deref() == Some(FAILED) && field.to == running)
}

/// Returns why that failed which a change restarts.
pub(super) fn failure<'a>(seen: &Seen<'a>, set: &[SetField]) -> Option<&'a str> {
    match seen.known() {
        Some(LiveRef::Connector(live)) if restarts(set) => Some(live.failure().unwrap_or(UNSAID)),
        _ => None,
    }
}

/// Says why a connector that failed does not get the state that git declares now; `None` when it may. What is to be stopped
/// need not run for that.
pub(super) fn hold(inputs: &Inputs<'_>, seen: &Seen<'_>, live: LiveRef<'_>) -> Option<Hold> {
    let (LiveRef::Connector(live), Some(DesiredRef::Connector(desired))) = (live, seen.desired)
    else {
        return None;
    };
    let why = live.failure().unwrap_or(UNSAID);
    let gate = Gate::Health;
    match desired.state {
        _ if live.runs() != FAILED => return None,
        RunState::Stopped => return None,
        // Connect takes the request, and the worker fails at it (strimzi-kafka-operator, PR 12750)
        RunState::Paused if live.state == "FAILED" => {
            let reason = format!(
                "it failed: {why}; Connect cannot pause what failed: declare `state: stopped`, or correct it and restart it \
                 by hand"
            );
            return Some(Hold { gate, reason });
        }
        RunState::Paused => return None,
        RunState::Running => {}
    }
    let restarts = seen.record.and_then(|record| record.restarts.as_deref());
    let reason = match restarts {
        Some(restarts) if restarts.count < desired.restart.max => {
            let next = restarts.at + pause(restarts.count);
            if inputs.now >= next {
                return None;
            }
            let (count, max) = (restarts.count, desired.restart.max);
            format!(
                "it failed: {why}; restarted {count} of {max} times, the next is due at {next:.0}"
            )
        }
        None if desired.restart.max > 0 => return None,
        None => format!(
            "it failed: {why}; git says that it is not restarted (restart.max: 0); restart it by hand"
        ),
        Some(restarts) => format!(
            "it failed: {why}; it was restarted {} times and stays so: correct it, and restart it by hand",
            restarts.count
        ),
    };
    Some(Hold { gate, reason })
}

/// Returns the pause before the restart that follows this many: n² + n minutes.
fn pause(count: u32) -> SignedDuration {
    let n = i64::from(count);
    SignedDuration::from_mins(n * n + n)
}

/// Counts the restarts of a pass, those of which nobody knows the end among them, and forgets those of connectors that ran
/// well for as long as the last pause.
pub(super) fn account(ledger: &mut Ledger, pass: &Pass<'_>) {
    let made = pass.planned.actions.iter().filter(|a| is_one(a));
    let mut made: BTreeSet<&ObjectRef> = made.map(|a| &a.object).collect();
    let sent = |end: &End| matches!(end, End::Ok | End::Error(_)) || end.is_unsettled();
    let sent = pass.results.iter().filter(|r| sent(&r.end));
    for result in sent.filter(|r| made.remove(&r.object)) {
        let record = ledger.records_mut().entry(result.object.clone());
        let restarts = &mut record.or_default().restarts;
        let count = restarts.as_ref().map_or(1, |r| r.count + 1);
        *restarts = Some(Box::new(Restarts {
            count,
            at: pass.now,
            well: None,
        }));
    }
    let look = |(object, record): (&ObjectRef, &Record)| {
        let restarts = *record.restarts.as_deref()?;
        let Observed::Known(Some(LiveRef::Connector(live))) = pass.live.object(object) else {
            return None;
        };
        let well = live.runs_well().then(|| restarts.well.unwrap_or(pass.now));
        let is_over = well.is_some_and(|since| pass.now >= since + pause(restarts.count));
        let restarts = (!is_over).then(|| Box::new(Restarts { well, ..restarts }));
        Some((object.clone(), restarts))
    };
    let seen: Vec<_> = records(ledger, Kind::Connector).filter_map(look).collect();
    for (object, restarts) in seen {
        let record = ledger.records.get(&object);
        if record.is_some_and(|record| record.restarts != restarts)
            && let Some(record) = ledger.records_mut().get_mut(&object)
        {
            record.restarts = restarts;
        }
    }
}

/// Tells whether a drift that has ended was begun before a restart: Connect says at once that it restarts something, and
/// that it runs only when it does.
pub(super) fn ended(ledger: &Ledger, drift: &(ObjectRef, DriftClass)) -> bool {
    let record = ledger.records.get(&drift.0);
    let restarts = record.and_then(|record| record.restarts.as_deref());
    let (Some(restarts), Some(drift)) = (restarts, ledger.drift.get(drift)) else {
        return false;
    };
    drift.since <= restarts.at
}

fn records(ledger: &Ledger, kind: Kind) -> impl Iterator<Item = (&ObjectRef, &Record)> {
    let from_the_first = ledger.records.range(ObjectRef::new(kind, "")..);
    from_the_first.take_while(move |(object, _)| object.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DriftRecord;

    #[test]
    fn what_ran_again_after_a_restart_was_healed_by_it_and_what_failed_later_was_not() {
        let drift = |name| (ObjectRef::new(Kind::Connector, name), DriftClass::Modified);
        let at = |second| jiff::Timestamp::new(second, 0).expect("it is a second of 1970");
        let mut ledger = Ledger::default();
        let restarts = Box::new(Restarts {
            count: 1,
            at: at(60),
            well: None,
        });
        for (name, since) in [("before", 58), ("in the same pass", 60), ("later", 90)] {
            let record = ledger.records_mut().entry(drift(name).0).or_default();
            record.restarts = Some(restarts.clone());
            let since = at(since);
            ledger.drift.insert(drift(name), DriftRecord { since });
        }
        let since = at(58);
        let by_hand = drift("never restarted");
        ledger.drift.insert(by_hand.clone(), DriftRecord { since });
        assert!(ended(&ledger, &drift("before")) && ended(&ledger, &drift("in the same pass")));
        assert!(!ended(&ledger, &drift("later")) && !ended(&ledger, &by_hand));
        assert!(!ended(&ledger, &drift("unknown")));
    }
}
