//! Undeclared topics: what may be deleted and what is unexpected (plan stage, pure). A deletion needs a topic that was
//! seen, consent in git that names it, and a budget; a topic that nobody ever declared or named is nobody's business.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Action, Change, Drift, Unexpected,
    draft::{Draft, Inputs, day, object, withheld},
    memory::Memory,
    platform,
    walk::{Seen, Walk},
};
use crate::{
    desired::{Budget, Consent, DesiredCluster},
    live::{LiveTopic, Observed},
    model::{DriftClass, Gate, Kind, Ledger, ObjectRef, Risk, UsedConsent, Verb},
};

/// The consents of a cluster by topic name; git gives each at most once.
pub(super) struct Consents<'a>(BTreeMap<&'a str, &'a Consent>);

impl<'a> Consents<'a> {
    pub(super) fn new(allow: &'a [Consent]) -> Self {
        let topics = allow.iter().filter(|c| c.object.kind == Kind::Topic);
        Self(topics.map(|c| (c.object.name.as_str(), c)).collect())
    }
}

/// Plans one topic that is there and that git does not declare.
pub(super) fn undeclared(
    inputs: &Inputs<'_>,
    consents: &Consents<'_>,
    seen: &Seen<'_>,
    live: &Observed<LiveTopic>,
    draft: &mut Draft,
) {
    let consent = consents.0.get(seen.name).copied();
    if platform::is_platform(seen.name, seen.live) {
        if consent.is_some() {
            let reason = "topics of this name belong to Kafka or another part of the platform and are never deleted; take \
                          the entry out of deletion.allow";
            draft.hold(seen, Verb::Delete, Gate::Unsupported, reason, Vec::new());
        }
        return;
    }
    let live = match live {
        Observed::Known(live) => live,
        Observed::Unknown(why) => {
            if seen.record.is_some() || consent.is_some() {
                let reason = format!(
                    "the topic is there and could not be read: {why}; it opens with a complete observation"
                );
                draft.hold(
                    seen,
                    Verb::Delete,
                    Gate::IncompleteObservation,
                    reason,
                    Vec::new(),
                );
            }
            return;
        }
    };
    let ours = Memory::new(seen.record).is_ours(live.id);
    let used = consent.and_then(|c| used(inputs.ledger, c));
    let holds = used.is_none() && consent.is_some_and(|c| inputs.today <= c.until);
    let owns = &inputs.desired.owns.topics;
    if !ours && !holds && owns.iter().any(|p| p.matches(seen.name)) {
        unexpected(seen, draft);
    }
    match consent {
        Some(consent) if holds => draft.push(delete(inputs, seen, live, consent), seen.record),
        // of a topic that was never git's, an entry whose time is over says nothing any more
        Some(consent) if ours || inputs.today <= consent.until => {
            draft.hold(seen, Verb::Delete, Gate::Consent, over(consent, used), Vec::new());
        }
        None if ours => draft.hold(
            seen,
            Verb::Delete,
            Gate::Consent,
            format!(
                "git no longer declares it, and does not say that it may go; it opens with an entry {{kind: Topic, name: {}, \
                 reason: …, until: …}} under deletion.allow of the Cluster",
                seen.name
            ),
            Vec::new(),
        ),
        Some(_) | None => {}
    }
}

/// Says why a consent does not hold.
fn over(consent: &Consent, used: Option<&UsedConsent>) -> String {
    let Consent { place, until, .. } = consent;
    let (file, line) = (&place.file, place.line);
    match used {
        Some(used) => format!(
            "the consent at {file}:{line} was used on {}, and the topic was made again since; it opens with a new entry or a \
             new date under deletion.allow, and the topic stays for good when git declares it or the entry goes",
            used.on
        ),
        None => format!(
            "the consent at {file}:{line} ended with {until}; it opens when git moves that date, and the topic stays for good \
             when its document comes back"
        ),
    }
}

/// Returns the note that a consent was used.
fn used<'a>(ledger: &'a Ledger, consent: &Consent) -> Option<&'a UsedConsent> {
    ledger.consents.iter().find(|used| {
        used.object == consent.object
            && used.until == consent.until
            && used.reason == consent.reason
    })
}

/// Notes that a topic is gone by the consent that git gives: whoever makes it again is not deleted by the same word, day
/// after day.
pub(super) fn use_consent(
    ledger: &mut Ledger,
    desired: &DesiredCluster,
    object: &ObjectRef,
    now: Timestamp,
) {
    let consent = desired.deletion.allow.iter().find(|c| c.object == *object);
    if let Some(consent) = consent.filter(|c| used(ledger, c).is_none()) {
        ledger.consents.push(UsedConsent {
            object: object.clone(),
            reason: consent.reason.clone(),
            until: consent.until,
            on: day(now),
        });
    }
}

fn unexpected(seen: &Seen<'_>, draft: &mut Draft) {
    draft.unexpected.push(Unexpected(object(seen)));
    draft.drift.push(Drift {
        object: object(seen),
        class: DriftClass::Unexpected,
        fields: Vec::new(),
        source: None,
    });
}

fn delete(inputs: &Inputs<'_>, seen: &Seen<'_>, live: &LiveTopic, consent: &Consent) -> Action {
    Action {
        object: object(seen),
        verb: Verb::Delete,
        risk: Risk::Destructive,
        cause: inputs.cause(false),
        fields: Vec::new(),
        source: Some(consent.place.clone()),
        change: Change {
            id: Some(live.id),
            ..Change::default()
        },
    }
}

/// Holds back all deletions when they are more than one pass may do: a budget that let some through would only make a
/// mistake slower.
pub(super) fn spend_budget(inputs: &Inputs<'_>, draft: &mut Draft) {
    let due = draft
        .actions
        .iter()
        .filter(|a| a.verb == Verb::Delete)
        .count();
    // one deletion is within any budget, and counting takes another walk
    if due <= 1 {
        return;
    }
    let budget = inputs.desired.deletion.budget;
    let managed = managed(inputs);
    let limit = limit(budget, managed);
    if due <= limit {
        return;
    }
    let reason = format!(
        "{due} topics are due for deletion and one pass may delete {limit} (deletion.budget: count {}, {} % of {managed} \
         managed topics, at least 1), so none is; it opens with a larger budget or with fewer entries under deletion.allow",
        budget.count, budget.percent
    );
    let (held, kept) = std::mem::take(&mut draft.actions)
        .into_iter()
        .partition(|a| a.verb == Verb::Delete);
    draft.actions = kept;
    let held: Vec<Action> = held;
    draft.blocked.extend(
        held.into_iter()
            .map(|a| withheld(a, Gate::DestroyBudget, reason.clone())),
    );
}

/// Counts the live topics that are Headgate's business: the ones that git declares or declared.
fn managed(inputs: &Inputs<'_>) -> usize {
    Walk::new(inputs.desired, inputs.kafka, inputs.ledger)
        .filter(|seen| !platform::is_platform(seen.name, seen.live))
        .filter(|seen| match (seen.live, seen.desired) {
            (None, _) => false,
            (Some(_), Some(_)) => true,
            (Some(live), None) => match live.known() {
                Some(live) => Memory::new(seen.record).is_ours(live.id),
                None => seen.record.is_some(),
            },
        })
        .count()
}

/// Returns how many deletions one pass may do.
fn limit(budget: Budget, managed: usize) -> usize {
    let percent = managed.saturating_mul(budget.percent as usize) / 100;
    percent.min(budget.count as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_wins_and_one_always_goes() {
        let budget = |count, percent| Budget { count, percent };
        assert_eq!(limit(budget(3, 5), 100), 3);
        assert_eq!(limit(budget(3, 5), 59), 2);
        assert_eq!(limit(budget(3, 5), 10), 1);
        assert_eq!(limit(budget(0, 0), 1000), 1);
        assert_eq!(
            limit(budget(u32::MAX, u32::MAX), usize::MAX),
            u32::MAX as usize
        );
    }
}
