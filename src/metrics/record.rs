//! A pass as figures (rank 6): what each series is set to or counts after it.

use std::collections::BTreeSet;

use super::{ClusterMemory, Metrics, seconds, set, set_count};
use crate::{
    desired::DesiredCluster,
    live::{Live, Observed},
    model::{ClusterName, DriftClass, Gate, Kind, Plane, Risk, Verb},
    plan::{ClusterPlan, Subject},
    report::{Cycle, PassResult},
};

impl Metrics {
    /// Takes over a pass. The pass of a cluster that is no longer configured is not counted.
    pub fn record(&self, cycle: &Cycle) {
        let mut memory = self.memory();
        let memory = &mut *memory;
        let Some(cluster) = memory.clusters.get_mut(&cycle.cluster) else {
            return;
        };
        let name = cycle.cluster.as_str();
        cluster.applied.clone_from(&cycle.applied);
        if let Some(plan) = cycle.left.as_deref().or(cycle.planned.as_deref()) {
            cluster.gates = plan.blocked.iter().map(|b| b.gate).collect();
            self.set_plan(name, plan);
        }
        self.set_gates(&cycle.cluster, cluster, memory.held);
        if let Some(attempted) = &cycle.attempted {
            self.set_revision(memory, "attempted", attempted);
        }
        let mut applied = memory.clusters.values().map(|c| &c.applied);
        if let Some(Some(first)) = applied.next().cloned()
            && applied.all(|a| a.as_ref() == Some(&first))
        {
            self.set_revision(memory, "applied", &first);
        }
        self.set_times(name, cycle);
        self.set_planes(name, cycle);
        self.set_objects(name, cycle);
        if let Some(cluster) = memory.clusters.get_mut(&cycle.cluster) {
            self.set_health(name, cycle, cluster);
            self.set_connect(name, cycle, cluster);
        }
        // a pass that did not come to look says nothing about drift
        if cycle.live.is_some() {
            self.set_drift(name, cycle);
        }
        self.count_actions(name, cycle);
    }

    fn set_plan(&self, name: &str, plan: &ClusterPlan) {
        for &risk in Risk::ALL {
            for &verb in Verb::ALL {
                let actions = plan.actions.iter();
                let left = actions.filter(|a| a.risk == risk && a.verb == verb).count();
                let labels = [name, risk.as_str(), verb.as_str()];
                set(&self.state.pending, &labels, left);
            }
        }
        for &kind in Kind::ALL {
            let blocked = plan.blocked.iter();
            let contended = blocked
                .filter(|b| b.kind == Subject::Kind(kind) && b.gate == Gate::Contended)
                .count();
            set(&self.drift.contended, &[name, kind.as_str()], contended);
        }
    }

    pub(super) fn set_gates(&self, name: &ClusterName, cluster: &ClusterMemory, held: bool) {
        for gate in Gate::ALL {
            let closed = cluster.gates.contains(gate) || (held && *gate == Gate::NonFastForward);
            let labels = [name.as_str(), gate.as_str()];
            set(&self.state.gate, &labels, usize::from(closed));
        }
        let suspended = cluster.gates.contains(&Gate::Suspended);
        set(
            &self.state.suspended,
            &[name.as_str()],
            usize::from(suspended),
        );
    }

    fn set_times(&self, name: &str, cycle: &Cycle) {
        let (state, work) = (&self.state, &self.work);
        let ended = seconds(cycle.started_at) + cycle.duration.as_secs_f64();
        state.completed.with_label_values(&[name]).set(ended);
        if cycle.result == PassResult::Ok {
            state.succeeded.with_label_values(&[name]).set(ended);
        }
        let interval = cycle.interval.as_secs_f64();
        state.interval.with_label_values(&[name]).set(interval);
        let rounds = f64::from(cycle.unconverged_rounds);
        state.unconverged.with_label_values(&[name]).set(rounds);
        let result = [name, cycle.result.label()];
        work.passes.with_label_values(&result).inc();
        let pass = work.pass_duration.with_label_values(&[name]);
        pass.observe(cycle.duration.as_secs_f64());
        for (phase, took) in &cycle.phases {
            self.record_phase(*phase, *took);
        }
        for (plane, took) in &cycle.observe {
            let plane = work.observe.with_label_values(&[name, plane.as_str()]);
            plane.observe(took.as_secs_f64());
        }
        if let Some(took) = cycle.commit_to_converged {
            let converge = work.converge.with_label_values(&[name]);
            converge.observe(took.as_secs_f64());
        }
    }

    /// Counts objects. What was not seen keeps its last figure, and `observation_complete` says that it is old.
    fn set_objects(&self, name: &str, cycle: &Cycle) {
        for &kind in Kind::ALL {
            if let Some(desired) = &cycle.desired {
                let labels = [name, kind.as_str()];
                set(&self.state.desired, &labels, desired.count(kind));
            }
            let live = cycle.live.as_ref();
            let counted = live.and_then(|live| counted(live, cycle.desired.as_deref(), kind));
            if let Some((all, managed)) = counted {
                for (owner, n) in [("managed", managed), ("unmanaged", all - managed)] {
                    set(&self.state.observed, &[name, kind.as_str(), owner], n);
                }
            }
        }
    }

    /// Says of each plane whether it was seen whole. One that is not there has no series.
    fn set_planes(&self, name: &str, cycle: &Cycle) {
        let Some(live) = &cycle.live else { return };
        let plan = cycle.left.as_ref().or(cycle.planned.as_ref());
        let mut there = BTreeSet::new();
        for (plane, unseen) in live.planes() {
            let told = plan.and_then(|plan| plan.planes.get(&plane));
            let complete = told.map_or(unseen.is_none(), |told| told.complete);
            let labels = [name, plane.as_str()];
            set(&self.state.complete, &labels, usize::from(complete));
            there.insert(plane);
        }
        self.forget_planes(name, |plane| there.contains(&plane));
        if let Some(kafka) = live.kafka.known() {
            let labels = [name, Plane::Kafka.as_str()];
            let cost = &kafka.cost;
            set_count(&self.state.requests, &labels, cost.requests);
            set_count(&self.state.answered, &labels, cost.answered_bytes);
        }
    }

    /// Removes the series of planes that do not stay.
    pub(super) fn forget_planes(&self, name: &str, stays: impl Fn(Plane) -> bool) {
        for plane in Plane::ALL.iter().filter(|plane| !stays(**plane)) {
            let labels = [name, plane.as_str()];
            // they may never have been set
            drop(self.state.complete.remove_label_values(&labels));
            drop(self.work.observe.remove_label_values(&labels));
        }
    }

    fn set_drift(&self, name: &str, cycle: &Cycle) {
        for &kind in Kind::ALL {
            for &class in DriftClass::ALL {
                let labels = [name, kind.as_str(), class.as_str()];
                let of_class = cycle
                    .open
                    .iter()
                    .filter(|o| o.drift.object.kind == kind && o.drift.class == class);
                set(&self.drift.open, &labels, of_class.clone().count());
                match of_class.map(|o| o.since).min() {
                    Some(oldest) => {
                        let gauge = self.drift.oldest.with_label_values(&labels);
                        gauge.set(seconds(oldest));
                    }
                    // it may never have been set
                    None => drop(self.drift.oldest.remove_label_values(&labels)),
                }
            }
        }
        for drift in &cycle.detected {
            let labels = [name, drift.object.kind.as_str(), drift.class.as_str()];
            self.drift.detected.with_label_values(&labels).inc();
        }
        for (drift, by) in &cycle.resolved {
            let labels = [name, drift.object.kind.as_str(), by.as_str()];
            self.drift.resolved.with_label_values(&labels).inc();
        }
    }

    fn count_actions(&self, name: &str, cycle: &Cycle) {
        for result in &cycle.results {
            let (kind, verb) = (result.object.kind.as_str(), result.verb.as_str());
            let labels = [name, kind, verb, result.end.label()];
            self.work.actions.with_label_values(&labels).inc();
            let duration = self.work.action_duration.with_label_values(&[kind, verb]);
            duration.observe(result.seconds);
        }
    }
}

/// Counts the live objects of a kind, and those of them that git declares; `None` when the kind was not seen, or of some
/// Connect clusters only.
fn counted(live: &Live, desired: Option<&DesiredCluster>, kind: Kind) -> Option<(usize, usize)> {
    let mut planes = live.planes();
    planes.find(|(plane, unseen)| *plane == kind.plane() && unseen.is_none())?;
    let Observed::Known(objects) = live.objects(kind) else {
        return None;
    };
    // both come by name: one walk over both is quicker than looking each of fifty thousand up
    let declared = desired.map(|desired| desired.objects(kind));
    let mut declared = declared.into_iter().flatten().peekable();
    Some(objects.fold((0, 0), |(all, managed), (name, _)| {
        while declared.next_if(|(wanted, _)| *wanted < name).is_some() {}
        let is_declared = declared.next_if(|(wanted, _)| *wanted == name).is_some();
        (all + 1, managed + usize::from(is_declared))
    }))
}
