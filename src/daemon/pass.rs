//! One pass: the pipeline, from top to bottom.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Revision, Stop, clock, observer::Observer};
use crate::{
    apply::{self, Applied, Limits, On, Secrets},
    desired::DesiredCluster,
    ledger::{LedgerError, Store},
    live::Live,
    model::{ClusterName, CommitId, Ledger, chain},
    plan::{self, ActionResult, ClusterPlan, KeyTypes, Pass, Settled},
    report::{Cycle, PassResult, Phase},
};

/// What a pass works on.
pub(super) struct Site {
    pub(super) name: ClusterName,
    pub(super) interval: Duration,
    pub(super) observer: Observer,
    pub(super) store: Arc<Store>,
}

/// Walks through the pipeline once. Every exit reports: what is not known, not done or not allowed stands in the cycle.
/// `None`: it was told to stop before anything was planned, and there is nothing to report.
pub(super) async fn pass(
    site: &Site,
    revision: &Revision,
    ledger: &mut Ledger,
    stop: &Stop,
) -> Option<Cycle> {
    let mut cycle = begin(site, revision.commit.as_ref(), ledger);
    let Some(desired) = revision.cluster(&site.name) else {
        let why = format!("the revision declares no cluster {}", site.name);
        return Some(invalid(cycle, why));
    };
    let before = ledger.clone();
    let live = observe(&mut cycle, site, desired, ledger, stop).await?;
    plan::resolve_intents(ledger, desired, &live);
    let planned = make_plan(&mut cycle, desired, &live, ledger, revision);
    let secrets = Secrets::new(Some(desired), ledger, &site.observer.vault, &live.secrets);
    let applied = apply(&mut cycle, site, &planned, &live, &secrets, stop).await;
    site.observer.wrote(&applied.results);
    let live = live.with_looked(applied.looked);
    plan::credit(ledger, &planned, &applied.results, &live);
    let left = match applied.results.is_empty() {
        true => planned.clone(),
        false => make_plan(&mut cycle, desired, &live, ledger, revision),
    };
    let walked = Pass {
        desired,
        live: &live,
        planned: &planned,
        left: &left,
        results: &applied.results,
        revision: revision.commit.as_ref(),
        now: cycle.started_at,
    };
    let settled = plan::settle(ledger, &walked);
    // saving forgets every noted write that is not among these
    ledger.intents.extend(applied.unsettled);
    let saved = record(&mut cycle, site, &before, ledger);
    if saved.is_err() {
        // what is not on disk is not remembered: the next pass sees the same again, and saves all of it
        *ledger = before;
    }
    cycle.result = verdict(&left, &applied.results, saved);
    cycle.desired = Some(desired.clone());
    cycle.live = Some(Arc::new(live));
    cycle.planned = Some(planned);
    cycle.left = Some(left);
    cycle.results = applied.results;
    Some(finish(cycle, settled, ledger, revision))
}

/// Observes; looking changes nothing, so it is dropped at once when the daemon stops.
async fn observe(
    cycle: &mut Cycle,
    site: &Site,
    desired: &DesiredCluster,
    ledger: &Ledger,
    stop: &Stop,
) -> Option<Live> {
    let began = Instant::now();
    let (live, took) = tokio::select! {
        seen = site.observer.observe(desired, ledger) => seen,
        () = stop.said() => return None,
    };
    cycle.phases.push((Phase::Observe, began.elapsed()));
    cycle.observe = took;
    Some(live)
}

fn make_plan(
    cycle: &mut Cycle,
    desired: &DesiredCluster,
    live: &Live,
    ledger: &Ledger,
    revision: &Revision,
) -> Arc<ClusterPlan> {
    let began = Instant::now();
    let plan = plan::plan(desired, live, ledger, &revision.policies, clock::now());
    cycle.phases.push((Phase::Plan, began.elapsed()));
    Arc::new(plan)
}

/// Runs the plan.
async fn apply(
    cycle: &mut Cycle,
    site: &Site,
    planned: &ClusterPlan,
    live: &Live,
    secrets: &Secrets<'_>,
    stop: &Stop,
) -> Applied {
    if planned.actions.is_empty() {
        return Applied::default();
    }
    let (began, limits) = (Instant::now(), Limits::default());
    let on = On {
        plan: planned,
        kafka: live.kafka(),
        types: KeyTypes::new(live.kafka()),
        planes: site.observer.planes.to_apply(),
        journal: site.store.as_ref(),
        vault: &site.observer.vault,
        hide: &|name, connector| secrets.hide(name, connector),
        limits: &limits,
        now: &clock::now,
    };
    let applied = apply::apply(on, stop.listen()).await;
    cycle.phases.push((Phase::Apply, began.elapsed()));
    applied
}

fn record(
    cycle: &mut Cycle,
    site: &Site,
    before: &Ledger,
    after: &Ledger,
) -> Result<(), LedgerError> {
    let began = Instant::now();
    let saved = site.store.save(&site.name, before, after);
    cycle.phases.push((Phase::Record, began.elapsed()));
    saved
}

fn begin(site: &Site, attempted: Option<&CommitId>, ledger: &Ledger) -> Cycle {
    Cycle {
        cluster: site.name.clone(),
        started_at: clock::now(),
        duration: Duration::ZERO,
        phases: Vec::new(),
        interval: site.interval,
        result: PassResult::Ok,
        attempted: attempted.cloned(),
        applied: ledger.applied.clone(),
        converged: ledger.converged.clone(),
        commit_to_converged: None,
        desired: None,
        live: None,
        observe: Vec::new(),
        planned: None,
        left: None,
        results: Vec::new(),
        detected: Vec::new(),
        resolved: Vec::new(),
        open: Vec::new(),
        unconverged_rounds: 0,
    }
}

/// Reports that there is nothing valid to work from.
pub(super) fn invalid(mut cycle: Cycle, why: String) -> Cycle {
    cycle.result = PassResult::Invalid(why);
    cycle.duration = since(&cycle);
    cycle
}

/// Reports a pass that could not even begin: no revision was ever valid.
pub(super) fn idle(site: &Site, ledger: &Ledger, why: String) -> Cycle {
    invalid(begin(site, None, ledger), why)
}

/// Judges a pass: a plane that is unknown, an action that failed or a ledger that cannot be written fail it. What is
/// blocked does not: a gate that holds is a gate that works.
fn verdict(
    left: &ClusterPlan,
    results: &[ActionResult],
    saved: Result<(), LedgerError>,
) -> PassResult {
    if let Err(error) = saved {
        return PassResult::Failed(chain(&error));
    }
    for (plane, state) in &left.planes {
        if let Some(reason) = &state.reason {
            return PassResult::Failed(format!("{plane} plane: {reason}"));
        }
    }
    let mut failed = results.iter().filter(|r| !r.end.is_done());
    match failed.next() {
        None => PassResult::Ok,
        Some(first) => PassResult::Failed(format!(
            "{} {}: {}{}",
            first.verb,
            first.object,
            first.end.message().unwrap_or_default(),
            match failed.count() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            }
        )),
    }
}

fn finish(mut cycle: Cycle, settled: Settled, ledger: &Ledger, revision: &Revision) -> Cycle {
    cycle.detected = settled.detected;
    cycle.resolved = settled.resolved;
    cycle.open = settled.open;
    let newly = ledger.converged.is_some() && ledger.converged != cycle.converged;
    cycle.applied.clone_from(&ledger.applied);
    cycle.converged.clone_from(&ledger.converged);
    cycle.duration = since(&cycle);
    if newly && cycle.converged == revision.commit {
        cycle.commit_to_converged =
            Some(clock::now().duration_since(revision.seen_at).unsigned_abs());
    }
    cycle
}

fn since(cycle: &Cycle) -> Duration {
    clock::now().duration_since(cycle.started_at).unsigned_abs()
}
