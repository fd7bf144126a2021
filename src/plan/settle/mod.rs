//! What a pass teaches the ledger (plan stage, pure): which values are in place, which keys are git's, which drift
//! began and ended. Only an observation teaches anything; that a call returned does not.

mod deeds;
mod drift;
mod intents;
mod record;
mod secrets;

pub use intents::resolve_intents;

use std::collections::BTreeSet;

use jiff::Timestamp;

use deeds::Deeds;

use super::{
    ActionResult, ClusterPlan, Drift, OpenDrift, deletion, draft::day, gates, in_use, moves,
    restart,
};
use crate::{
    desired::DesiredCluster,
    live::{Live, Observed},
    model::{CommitId, Gate, Kind, Ledger, ResolvedBy},
};

/// One pass, when it is over.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// Desired state that it worked from.
    pub desired: &'a DesiredCluster,
    /// The observation, with what was looked at after the writes laid over it.
    pub live: &'a Live,
    /// The plan that was carried out.
    pub planned: &'a ClusterPlan,
    /// The plan made anew from `live`: what is left.
    pub left: &'a ClusterPlan,
    /// What became of the actions of `planned`.
    pub results: &'a [ActionResult],
    /// The commit it worked from; `None` for plain files.
    pub revision: Option<&'a CommitId>,
    /// When it began.
    pub now: Timestamp,
}

/// What a pass taught.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled {
    /// Drift that was first seen in this pass.
    pub detected: Vec<Drift>,
    /// Drift that ended in this pass; what was detected and healed in one pass stands in both lists.
    /// Its fields are those that this pass still saw to differ: none when it had ended before.
    pub resolved: Vec<(Drift, ResolvedBy)>,
    /// Drift that is open now.
    pub open: Vec<OpenDrift>,
    /// Whether everything that may be done is seen to be in place.
    pub converged: bool,
}

/// Brings the ledger up to what a pass has seen. Of a kind that was not listed, and of all while another cluster answers,
/// nothing is learnt: records stay, and drift neither begins nor ends.
pub fn settle(ledger: &mut Ledger, pass: &Pass<'_>) -> Settled {
    if gates::foreign(pass.desired, pass.live, ledger).is_some() {
        return Settled {
            open: drift::still_open(ledger, pass.desired),
            ..Settled::default()
        };
    }
    let mut settled = Settled::default();
    let deeds = Deeds::new(pass);
    drift::account(ledger, pass, &deeds, &mut settled);
    record::learn(ledger, pass, &deeds);
    restart::account(ledger, pass);
    use_consents(ledger, pass);
    if let Observed::Known(kafka) = &pass.live.kafka {
        moves::forget(ledger, kafka, pass.now);
        in_use::watch(ledger, kafka, pass.now);
    }
    let today = day(pass.now);
    ledger.consents.retain(|used| today <= used.until);
    settled.converged = is_converged(pass.left);
    remember_listed(ledger, pass);
    if is_complete(pass.planned) && pass.results.iter().all(|r| r.end.is_done()) {
        ledger.applied = pass.revision.cloned().or(ledger.applied.take());
    }
    if settled.converged {
        ledger.converged = pass.revision.cloned().or(ledger.converged.take());
    }
    settled
}

/// Takes down which consents were used: each is good for one deed.
fn use_consents(ledger: &mut Ledger, pass: &Pass<'_>) {
    let consented = pass.planned.actions.iter();
    let consented: BTreeSet<_> = consented
        .filter(|action| deletion::needs_word(action))
        .map(|action| (&action.object, action.verb))
        .collect();
    let done = pass.results.iter().filter(|r| r.end.is_done());
    for result in done.filter(|r| consented.contains(&(&r.object, r.verb))) {
        deletion::use_consent(ledger, pass.desired, &result.object, pass.now);
    }
}

/// Notes which kinds were seen under the revision.
fn remember_listed(ledger: &mut Ledger, pass: &Pass<'_>) {
    let listed = Kind::ALL
        .iter()
        .filter(|kind| pass.live.objects(**kind).known().is_some());
    for kind in listed {
        match pass.revision {
            Some(revision) if ledger.observed.get(kind) == Some(revision) => {}
            Some(revision) => drop(ledger.observed.insert(*kind, revision.clone())),
            None => drop(ledger.observed.remove(kind)),
        }
    }
}

fn is_complete(plan: &ClusterPlan) -> bool {
    plan.planes.values().all(|state| state.complete)
}

/// Nothing is left to do. A gate that holds a change does not stand in the way: that is its purpose; an object that
/// could not be read does, since nobody knows.
fn is_converged(left: &ClusterPlan) -> bool {
    is_complete(left)
        && left.actions.is_empty()
        && left.reported.is_empty()
        && !left.is_moving()
        && left
            .blocked
            .iter()
            .all(|b| b.gate != Gate::IncompleteObservation)
}
