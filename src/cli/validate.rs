//! `headgate validate`.

use std::process::ExitCode;

use serde::Serialize;

use super::{
    args::{Args, Output, ValidateOptions},
    failure::Failure,
    output, plan, run,
};
use crate::{
    daemon::{self, Revision, Source},
    model::{Finding, Severity},
};

/// What `validate -o json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    schema_version: u32,
    valid: bool,
    clusters: usize,
    topics: usize,
    findings: &'a [Finding],
}

/// Validates and prints every finding.
pub(super) async fn validate(args: &Args, options: &ValidateOptions) -> Result<ExitCode, Failure> {
    let revision = match &options.source {
        // with plain files, clusters need not be configured and nothing else of headgate.yaml matters
        Some(dir) => daemon::files(dir),
        None => daemon::revision(&run::config(args)?, &Source::Repository, None).await,
    }
    .map_err(plan::failure)?;
    // there is no cluster to ask, so a key that no table knows stays wrong
    let valid = revision
        .findings
        .iter()
        .all(|f| f.severity == Severity::Warning);
    match options.output {
        Output::Json => output::json(&verdict(&revision, valid))?,
        Output::Text | Output::Markdown => tell(&revision, valid)?,
    }
    Ok(match valid {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn verdict(revision: &Revision, valid: bool) -> Verdict<'_> {
    let (clusters, topics) = counts(revision);
    Verdict {
        schema_version: 1,
        valid,
        clusters,
        topics,
        findings: &revision.findings,
    }
}

fn counts(revision: &Revision) -> (usize, usize) {
    let clusters = &revision.desired.clusters;
    (
        clusters.len(),
        clusters.values().map(|c| c.topics.len()).sum(),
    )
}

fn tell(revision: &Revision, valid: bool) -> std::io::Result<()> {
    for finding in revision.findings.iter() {
        let word = match finding.severity {
            Severity::Error | Severity::Unverified => "error",
            Severity::Warning => "warning",
        };
        output::line(format!("{word}: {finding}"))?;
    }
    let (clusters, topics) = counts(revision);
    let found = revision.findings.len();
    output::line(match valid {
        true => format!("valid: {clusters} clusters, {topics} topics"),
        false => format!("not valid: {found} findings"),
    })
}
