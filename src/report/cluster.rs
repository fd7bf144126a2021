//! What is told of one cluster (rank 4): how a pass or a fetch changes it. Observation, desired state and plan are
//! shared, never copied.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    BlockedCount, ClusterStatus, Cycle, DriftCounts, LastPass, PassResult, PlaneStatus, Revisions,
    SourceState,
    history::{History, HistoryEntry},
    judge::{self, Facts},
    lists::drift_key,
};
use crate::{
    desired::DesiredCluster,
    live::{ConnectLive, Live, Observed, RegistryLive},
    model::{ClusterName, CommitId, DriftClass, Gate, Plane},
    plan::{ClusterPlan, OpenDrift},
};

/// What is told of one cluster.
#[derive(Debug, Clone)]
pub struct ClusterView {
    /// Its name.
    pub name: ClusterName,
    /// Time between its passes when nothing else wakes it.
    pub interval: Duration,
    /// The status as users script against it.
    pub status: ClusterStatus,
    /// When a pass last ended.
    pub last_ended: Option<Timestamp>,
    /// When a pass last ended without an error.
    pub last_success: Option<Timestamp>,
    /// Whether any pass has seen all of Kafka: a plane beside it that is away keeps nobody from asking about the rest.
    pub seen_whole: bool,
    /// What is left to do, as the last pass that got so far planned it, and the commit it is of.
    pub plan: Option<(Option<CommitId>, Arc<ClusterPlan>)>,
    pub(super) last: Option<PassResult>,
    pub(super) desired: Option<Arc<DesiredCluster>>,
    /// The last observation in which the Kafka plane is known.
    pub(super) live: Option<Arc<Live>>,
    /// The Connect clusters, when at least one of them was last seen.
    pub(super) connect: Option<Arc<ConnectLive>>,
    /// The Schema Registry, when it was last seen.
    pub(super) registry: Option<Arc<RegistryLive>>,
    /// Sorted by kind, name and class.
    pub(super) drift: Arc<[OpenDrift]>,
    pub(super) history: History,
}

impl ClusterView {
    /// Makes the view of a cluster that no pass has looked at yet: nothing of it is known.
    #[must_use]
    pub fn new(name: ClusterName, interval: Duration, now: Timestamp) -> Self {
        let status = ClusterStatus {
            name: name.clone(),
            cluster_id: None,
            revision: Revisions::default(),
            conditions: Vec::new(),
            planes: BTreeMap::new(),
            drift: DriftCounts::default(),
            pending: 0,
            blocked: Vec::new(),
            last_pass: None,
        };
        let empty = Self {
            name,
            interval,
            status,
            last_ended: None,
            last_success: None,
            seen_whole: false,
            plan: None,
            last: None,
            desired: None,
            live: None,
            connect: None,
            registry: None,
            drift: Arc::new([]),
            history: History::default(),
        };
        empty.with_source(&SourceState::default(), now)
    }

    /// Returns the view with the history that an earlier run of the daemon left, oldest entry first.
    #[must_use]
    pub fn with_history(&self, entries: Vec<HistoryEntry>) -> Self {
        Self {
            history: History::kept(entries),
            ..self.clone()
        }
    }

    /// Returns the newest entry of the history.
    #[must_use]
    pub fn last_entry(&self) -> Option<&HistoryEntry> {
        self.history.newest_first().next()
    }

    /// Returns the view after a pass. What the pass did not come to is kept from the ones before: an outage hides
    /// nothing that was seen, and `observedAt` tells its age.
    #[must_use]
    pub fn after(&self, cycle: &Cycle, source: &SourceState) -> Self {
        let ended = cycle
            .started_at
            .checked_add(cycle.duration)
            .unwrap_or(cycle.started_at);
        let mut next = self.clone();
        next.interval = cycle.interval;
        next.last_ended = Some(ended);
        if cycle.result == PassResult::Ok {
            next.last_success = Some(ended);
        }
        next.last = Some(cycle.result.clone());
        if cycle.desired.is_some() {
            next.desired.clone_from(&cycle.desired);
        }
        if let Some(plan) = cycle.left.as_ref().or(cycle.planned.as_ref()) {
            next.plan = Some((cycle.attempted.clone(), plan.clone()));
        }
        next.look_at(cycle);
        next.history = self.history.after(cycle);
        // a pass that did not come to look says nothing about drift
        if cycle.live.is_some() {
            next.drift = sorted(&cycle.open);
            next.status.drift = counts(&cycle.open);
        }
        next.status.revision = Revisions {
            attempted: cycle.attempted.clone(),
            applied: cycle.applied.clone(),
            converged: cycle.converged.clone(),
        };
        next.status.last_pass = Some(LastPass {
            started_at: cycle.started_at,
            seconds: cycle.duration.as_secs_f64(),
            result: cycle.result.label().to_owned(),
        });
        next.with_source(source, ended)
    }

    /// Returns the view after a fetch: what follows from the source is judged anew.
    #[must_use]
    pub fn with_source(&self, source: &SourceState, now: Timestamp) -> Self {
        let mut next = self.clone();
        let plan = self.plan.as_ref().map(|(_, plan)| plan.as_ref());
        next.status.pending = plan.map_or(0, |p| p.actions.len());
        next.status.blocked = blocked(source, plan);
        let facts = Facts {
            source,
            last: next.last.as_ref(),
            revision: &next.status.revision,
            planes: &next.status.planes,
            drift: next.status.drift,
            pending: next.status.pending,
            reported: plan.map_or(0, |p| p.reported.len()),
            blocked: &next.status.blocked,
            withheld: judge::withheld(source.held.as_deref(), plan),
        };
        next.status.conditions = judge::judge(&facts, &self.status.conditions, now);
        next
    }

    /// Takes over what the pass observed. A plane that is no longer there is forgotten.
    fn look_at(&mut self, cycle: &Cycle) {
        let Some(live) = &cycle.live else { return };
        let told = cycle.left.as_ref().or(cycle.planned.as_ref());
        let told = |plane| told.and_then(|plan| plan.planes.get(&plane));
        let before = std::mem::take(&mut self.status.planes);
        for (plane, unseen) in live.planes() {
            let told = told(plane);
            let observed_at = match live.tells_of(plane) {
                true => Some(live.observed_at),
                false => before.get(&plane).and_then(|state| state.observed_at),
            };
            let state = PlaneStatus {
                complete: told.map_or(unseen.is_none(), |told| told.complete),
                observed_at,
                reason: unseen.or_else(|| told.and_then(|told| told.reason.clone())),
            };
            self.status.planes.insert(plane, state);
        }
        if let Some(known) = live.kafka.known() {
            self.status.cluster_id = Some(known.cluster_id.clone());
            self.live = Some(live.clone());
        }
        keep(
            &mut self.connect,
            live,
            Plane::Connect,
            live.connect.as_ref(),
        );
        keep(
            &mut self.registry,
            live,
            Plane::Registry,
            live.registry.as_ref(),
        );
        let kafka = self.status.planes.get(&Plane::Kafka);
        self.seen_whole |= kafka.is_some_and(|kafka| kafka.complete);
    }
}

/// Keeps what was seen of a plane beside Kafka, in place of what was seen of it before. It is little beside what Kafka
/// holds, so that a copy of it is kept, and not all of an old observation while the plane is away.
fn keep<T: Clone>(
    kept: &mut Option<Arc<T>>,
    live: &Live,
    plane: Plane,
    seen: Option<&Observed<T>>,
) {
    match seen {
        None => *kept = None,
        Some(Observed::Known(seen)) if live.tells_of(plane) => *kept = Some(Arc::new(seen.clone())),
        Some(_) => {}
    }
}

/// Sorts by the texts of the key, so that a cursor, which is one, finds its place again.
fn sorted(open: &[OpenDrift]) -> Arc<[OpenDrift]> {
    let mut sorted = open.to_vec();
    sorted.sort_by_cached_key(drift_key);
    sorted.into()
}

fn counts(open: &[OpenDrift]) -> DriftCounts {
    let of = |class| open.iter().filter(|o| o.drift.class == class).count();
    DriftCounts {
        missing: of(DriftClass::Missing),
        modified: of(DriftClass::Modified),
        unexpected: of(DriftClass::Unexpected),
        replaced: of(DriftClass::Replaced),
    }
}

/// Counts what is withheld by gate; a held revision counts once, in every cluster.
fn blocked(source: &SourceState, plan: Option<&ClusterPlan>) -> Vec<BlockedCount> {
    let held = source.held.iter().map(|_| Gate::NonFastForward);
    let gates = plan.iter().flat_map(|p| &p.blocked).map(|b| b.gate);
    let mut counts: BTreeMap<Gate, usize> = BTreeMap::new();
    for gate in held.chain(gates) {
        *counts.entry(gate).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(gate, count)| BlockedCount { gate, count })
        .collect()
}
