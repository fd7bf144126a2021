//! One pass: the pipeline, from top to bottom.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Planes, Revision, Stop, clock};
use crate::{
    apply::{self, Applied, Limits},
    ledger::Store,
    live::Live,
    model::{ClusterName, Ledger},
    plan::{self, ActionResult, ClusterPlan, KeyTypes, Pass},
    report::{Cycle, PassResult, Phase},
};

/// What a pass works on.
pub(super) struct Site {
    pub(super) name: ClusterName,
    pub(super) interval: Duration,
    pub(super) planes: Planes,
    pub(super) store: Arc<Store>,
}

/// Walks through the pipeline once. Every exit reports: what is not known, not done or not allowed stands in the cycle.
pub(super) async fn pass(
    site: &Site,
    revision: &Revision,
    ledger: &mut Ledger,
    stop: &Stop,
) -> Cycle {
    let mut cycle = begin(site, ledger);
    let Some(desired) = revision.cluster(&site.name) else {
        return invalid(
            cycle,
            format!("the revision declares no cluster {}", site.name),
        );
    };
    cycle.attempted.clone_from(&revision.commit);

    let before = ledger.clone();
    let (live, took) = timed(&mut cycle, Phase::Observe, site.planes.observe(ledger)).await;
    cycle.observe = took;
    plan::resolve_intents(ledger, &live);

    let began = Instant::now();
    let planned = Arc::new(plan::plan(
        desired,
        &live,
        ledger,
        &revision.policies,
        cycle.started_at,
    ));
    cycle.phases.push((Phase::Plan, began.elapsed()));

    let applied = timed(
        &mut cycle,
        Phase::Apply,
        carry_out(site, &planned, &live, stop),
    )
    .await;

    let began = Instant::now();
    let live = Live {
        kafka: live.kafka.map(|kafka| kafka.with_looked(applied.looked)),
        ..live
    };
    let results = applied.results;
    let left = match results.is_empty() {
        true => planned.clone(),
        false => Arc::new(plan::plan(
            desired,
            &live,
            ledger,
            &revision.policies,
            clock::now(),
        )),
    };
    let pass = Pass {
        desired,
        live: &live,
        planned: &planned,
        left: &left,
        results: &results,
        revision: revision.commit.as_ref(),
        now: cycle.started_at,
    };
    let settled = plan::settle(ledger, &pass);
    // saving forgets every noted write that is not among these
    ledger.intents.extend(applied.unsettled);
    cycle.phases.push((Phase::Plan, began.elapsed()));

    let began = Instant::now();
    let saved = site.store.save(&site.name, &before, ledger);
    cycle.phases.push((Phase::Record, began.elapsed()));

    cycle.result = verdict(&left, &results, saved.err());
    cycle.live = Some(Arc::new(live));
    cycle.planned = Some(planned);
    cycle.left = Some(left);
    cycle.results = results;
    cycle.detected = settled.detected;
    cycle.resolved = settled.resolved;
    cycle.open = settled.open;
    finish(cycle, ledger, revision)
}

/// Runs the plan. Without a Kafka plane that was seen there is nothing to run, as the plan says itself.
async fn carry_out(site: &Site, planned: &ClusterPlan, live: &Live, stop: &Stop) -> Applied {
    match live.kafka.known() {
        Some(seen) if !planned.actions.is_empty() => {
            let kafka = site.planes.kafka.as_ref();
            let types = KeyTypes::new(seen);
            apply::apply(
                planned,
                types,
                kafka,
                site.store.as_ref(),
                &Limits::default(),
                &clock::now,
                stop.listen(),
            )
            .await
        }
        _ => Applied::default(),
    }
}

fn begin(site: &Site, ledger: &Ledger) -> Cycle {
    Cycle {
        cluster: site.name.clone(),
        started_at: clock::now(),
        duration: Duration::ZERO,
        phases: Vec::new(),
        interval: site.interval,
        result: PassResult::Ok,
        attempted: None,
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
    invalid(begin(site, ledger), why)
}

async fn timed<T>(cycle: &mut Cycle, phase: Phase, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let value = work.await;
    cycle.phases.push((phase, began.elapsed()));
    value
}

/// Judges a pass: a plane that is unknown, an action that failed or a ledger that cannot be written fail it. What is
/// blocked does not: a gate that holds is a gate that works.
fn verdict(
    left: &ClusterPlan,
    results: &[ActionResult],
    saved: Option<crate::ledger::LedgerError>,
) -> PassResult {
    if let Some(error) = saved {
        return PassResult::Failed(super::run::chain(&error));
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

fn finish(mut cycle: Cycle, ledger: &Ledger, revision: &Revision) -> Cycle {
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
