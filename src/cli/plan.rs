//! `headgate plan` and `headgate snapshot`.

use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

use super::{
    args::{Args, Output, PlanOptions, SnapshotOptions},
    failure::Failure,
    output, run,
};
use crate::{
    daemon::{self, ConnectPlanes, OnceError, Source},
    model::{Finding, Severity},
    plan::{self, Plan},
};

/// The exit code of `--detailed-exitcode` for "something to do" and "something stays blocked".
pub(super) const DETAILED: u8 = 2;

/// Plans and prints.
pub(super) async fn plan(args: &Args, options: &PlanOptions) -> Result<ExitCode, Failure> {
    let config = run::config(args)?;
    let connect: ConnectPlanes = Arc::new(daemon::connect);
    let (source, only) = (source(options), options.cluster.as_deref());
    let planning = daemon::plan(&config, &source, only, &connect);
    let (plan, findings) = output::waiting("reading git, asking Kafka", planning)
        .await
        .map_err(failure)?;
    show(&plan, options.output)?;
    for finding in findings.iter().filter(|f| f.severity == Severity::Warning) {
        output::stderr("warning: ", &finding.to_string());
    }
    let unseen = unseen(&plan, options.output);
    for why in &unseen {
        output::stderr("error: ", why);
    }
    if !unseen.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let due = plan.clusters.iter().any(|c| !c.actions.is_empty());
    Ok(match options.detailed_exitcode && due {
        true => DETAILED.into(),
        false => ExitCode::SUCCESS,
    })
}

/// The planes that were not seen whole, and why: the plan says so among its blocked changes, which a script that reads
/// the exit code only does not look at. A person, who reads both, is told why once.
fn unseen(plan: &Plan, output: Output) -> Vec<String> {
    let mut unseen = Vec::new();
    for cluster in &plan.clusters {
        for (plane, state) in cluster.planes.iter().filter(|(_, state)| !state.complete) {
            let why = state.reason.as_deref().unwrap_or("not seen whole");
            let is_told = output != Output::Json && cluster.blocked.iter().any(|b| b.reason == why);
            let why = if is_told {
                "not seen; the plan says why"
            } else {
                why
            };
            unseen.push(format!("{}: {plane} plane: {why}", cluster.name));
        }
    }
    unseen
}

/// Prints what the planes hold.
pub(super) async fn snapshot(args: &Args, options: &SnapshotOptions) -> Result<ExitCode, Failure> {
    let config = run::config(args)?;
    let connect: ConnectPlanes = Arc::new(daemon::connect);
    let looking = daemon::snapshot(&config, options.cluster.as_deref(), &connect);
    let seen = output::waiting("asking Kafka", looking)
        .await
        .map_err(failure)?;
    let whole = seen.iter().all(|(_, live)| live.kafka.known().is_some());
    output::json(&seen.into_iter().collect::<BTreeMap<_, _>>())?;
    Ok(match whole {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

pub(super) fn source(options: &PlanOptions) -> Source {
    options
        .source
        .clone()
        .map_or(Source::Repository, Source::Dir)
}

/// Prints a plan.
pub(super) fn show(plan: &Plan, format: Output) -> std::io::Result<()> {
    match format {
        Output::Json => output::json(plan),
        Output::Markdown => output::text(&plan::render::markdown(plan)),
        Output::Text => output::text(&plan::render::text(plan, output::style())),
    }
}

/// Turns an error of one-shot work into what is printed: an invalid revision with all of its findings.
pub(super) fn failure(error: OnceError) -> Failure {
    match error {
        OnceError::Invalid(findings) => {
            let errors: Vec<&Finding> = findings
                .iter()
                .filter(|f| f.severity == Severity::Error)
                .collect();
            Failure::new(OnceError::Invalid(findings.clone()).to_string()).with(errors)
        }
        other => other.into(),
    }
}
