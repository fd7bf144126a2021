//! Planning (rank 3): desired + live + ledger -> an immutable plan. Pure: no I/O, clock, environment or randomness.

mod action;
mod contention;
mod deletion;
mod diff;
mod draft;
mod gates;
mod id;
mod key_types;
mod memory;
pub mod placement;
mod platform;
pub mod render;
mod result;
mod review;
mod risk;
mod settle;
mod topic;
mod walk;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use action::{
    Action, Blocked, Change, ClusterPlan, Drift, FieldChange, Foreign, Plan, PlaneState,
    ResetField, SetField, Summary, Unexpected,
};
pub use key_types::KeyTypes;
pub use result::{ActionResult, End, OpenDrift};
pub use settle::{Pass, Settled, resolve_intents, settle};

use crate::{
    desired::DesiredCluster,
    live::Live,
    model::{Kind, Ledger, Mode, Plane},
    policy::Policies,
};
use deletion::Consents;
use draft::{Draft, Inputs};
use walk::Walk;

/// Plans one cluster: what is to be done, in order, and what is withheld and why. The same inputs give the same plan;
/// planning what was just applied gives an empty one.
#[must_use]
pub fn plan(
    desired: &DesiredCluster,
    live: &Live,
    ledger: &Ledger,
    policies: &Policies,
    now: Timestamp,
) -> ClusterPlan {
    let kafka = match gates::kafka(desired, live, ledger) {
        Ok(kafka) => kafka,
        Err(closed) => return held(desired, closed),
    };
    let mode = desired.mode(Kind::Topic);
    let mut draft = match mode {
        Mode::Ignore => Draft::default(),
        Mode::Enforce | Mode::Report => topics(&Inputs::new(desired, kafka, ledger, now), policies),
    };
    // objects come by name, and both sorts keep that order
    draft.actions.sort_by_key(|a| a.verb);
    draft.blocked.sort_by(|a, b| a.name.cmp(&b.name));
    let (actions, reported) = match mode {
        Mode::Report => (Vec::new(), draft.actions),
        Mode::Enforce | Mode::Ignore => (draft.actions, Vec::new()),
    };
    ClusterPlan {
        name: desired.name.clone(),
        cluster_id: Some(kafka.cluster_id.clone()),
        planes: plane_state(None),
        actions,
        blocked: draft.blocked,
        unexpected: draft.unexpected,
        reported,
        foreign: draft.foreign,
        drift: draft.drift,
    }
}

/// Walks over all topics and collects what differs.
fn topics(inputs: &Inputs<'_>, policies: &Policies) -> Draft {
    let mut draft = Draft::default();
    let consents = Consents::new(&inputs.desired.deletion.allow);
    for seen in Walk::new(inputs.desired, inputs.kafka, inputs.ledger) {
        match (seen.desired, seen.live) {
            (Some(desired), _) => topic::declared(inputs, &seen, desired, &mut draft),
            (None, Some(live)) => {
                deletion::undeclared(inputs, &consents, &seen, live, &mut draft);
            }
            // only the ledger knows it: it is gone, which `settle` takes note of
            (None, None) => {}
        }
    }
    review::ask_policies(inputs.desired, policies, &mut draft);
    // what no rule denies is what may be deleted, so that is what the budget is for
    deletion::spend_budget(inputs, &mut draft);
    draft
}

/// The plan of a cluster about which nothing can be planned.
fn held(desired: &DesiredCluster, closed: gates::Closed) -> ClusterPlan {
    let gates::Closed {
        gate,
        reason,
        cluster_id,
    } = closed;
    ClusterPlan {
        name: desired.name.clone(),
        cluster_id,
        planes: plane_state(Some(reason.clone())),
        actions: Vec::new(),
        blocked: vec![draft::withheld_cluster(
            desired.name.as_str(),
            &desired.place,
            gate,
            reason,
        )],
        unexpected: Vec::new(),
        reported: Vec::new(),
        foreign: Vec::new(),
        drift: Vec::new(),
    }
}

fn plane_state(reason: Option<String>) -> BTreeMap<Plane, PlaneState> {
    let state = PlaneState {
        complete: reason.is_none(),
        reason,
    };
    BTreeMap::from([(Plane::Kafka, state)])
}
