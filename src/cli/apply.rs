//! `headgate apply`: one pass of the daemon, told as it went.

use std::{process::ExitCode, sync::Arc};

use serde::Serialize;

use super::{
    args::{Args, Output, PlanOptions},
    failure::Failure,
    output,
    plan::{self, DETAILED},
    run,
};
use crate::{
    daemon::{self, ConnectPlanes, Stop},
    model::CommitId,
    plan::{ActionResult, ClusterPlan, Plan},
    report::{Cycle, PassResult},
};

/// What `apply -o json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Applied<'a> {
    schema_version: u32,
    revision: Option<&'a CommitId>,
    clusters: Vec<AppliedCluster<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppliedCluster<'a> {
    name: &'a str,
    result: &'static str,
    error: Option<&'a str>,
    results: &'a [ActionResult],
    left: Option<&'a ClusterPlan>,
}

/// Applies and prints.
pub(super) async fn apply(args: &Args, options: &PlanOptions) -> Result<ExitCode, Failure> {
    let config = run::config(args)?;
    let connect: ConnectPlanes = Arc::new(daemon::connect);
    let stop = Stop::new();
    let (signal, stopper) = (run::stop_signal()?, stop.clone());
    let watch = tokio::spawn(async move {
        signal.await;
        stopper.say();
    });
    let source = plan::source(options);
    let only = options.cluster.as_deref();
    let applying = daemon::apply(&config, &source, only, &connect, &stop);
    let done = tokio::select! {
        done = output::waiting("applying", applying) => done,
        () = stop.over() => {
            let why = "stopped before it was done; the next apply, or the daemon, finds out where things stand by looking";
            return Err(Failure::new(why));
        }
    };
    watch.abort();
    let (revision, cycles) = done.map_err(plan::failure)?;
    match options.output {
        Output::Json => output::json(&Applied {
            schema_version: 1,
            revision: revision.as_ref(),
            clusters: cycles.iter().map(describe).collect(),
        })?,
        format => tell(revision, &cycles, format)?,
    }
    Ok(exit_code(&cycles, options.detailed_exitcode))
}

fn describe(cycle: &Cycle) -> AppliedCluster<'_> {
    AppliedCluster {
        name: cycle.cluster.as_str(),
        result: cycle.result.label(),
        error: reason(cycle),
        results: &cycle.results,
        left: cycle.left.as_deref(),
    }
}

fn reason(cycle: &Cycle) -> Option<&str> {
    match &cycle.result {
        PassResult::Ok => None,
        PassResult::Failed(why) | PassResult::Invalid(why) => Some(why),
    }
}

fn tell(revision: Option<CommitId>, cycles: &[Cycle], format: Output) -> std::io::Result<()> {
    let planned = cycles
        .iter()
        .filter_map(|c| c.planned.as_deref().cloned())
        .collect();
    plan::show(&Plan::new(revision, planned), format)?;
    for cycle in cycles {
        let done = cycle.results.iter().filter(|r| r.end.is_done()).count();
        for result in cycle.results.iter().filter(|r| !r.end.is_done()) {
            let why = result.end.message().unwrap_or_default();
            output::line(format!(
                "! {} {}: {}: {why}",
                result.verb,
                result.object,
                result.end.label()
            ))?;
        }
        let seconds = cycle.duration.as_secs_f64();
        output::line(format!(
            "{}: {done} of {} done in {seconds:.1} s",
            cycle.cluster,
            cycle.results.len()
        ))?;
        if let Some(why) = reason(cycle) {
            output::stderr("error: ", &format!("{}: {why}", cycle.cluster));
        }
    }
    Ok(())
}

fn exit_code(cycles: &[Cycle], detailed: bool) -> ExitCode {
    if cycles.iter().any(|c| c.result != PassResult::Ok) {
        return ExitCode::FAILURE;
    }
    let blocked = cycles
        .iter()
        .filter_map(|c| c.left.as_ref())
        .any(|left| !left.blocked.is_empty());
    match detailed && blocked {
        true => DETAILED.into(),
        false => ExitCode::SUCCESS,
    }
}
