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
    model::{Finding, Kind, Severity},
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
    let clusters = &revision.desired.clusters;
    Verdict {
        schema_version: 1,
        valid,
        clusters: clusters.len(),
        topics: clusters.values().map(|c| c.topics.len()).sum(),
        findings: &revision.findings,
    }
}

fn tell(revision: &Revision, valid: bool) -> std::io::Result<()> {
    for finding in revision.findings.iter() {
        let word = match finding.severity {
            Severity::Error | Severity::Unverified => "error",
            Severity::Warning => "warning",
        };
        output::line(format!("{word}: {finding}"))?;
    }
    output::line(match valid {
        true => format!("valid: {}", held(revision)),
        false => format!(
            "not valid: {}",
            counted(revision.findings.len(), "finding", "findings")
        ),
    })
}

/// Says what a revision declares, in one line.
fn held(revision: &Revision) -> String {
    let clusters = &revision.desired.clusters;
    let mut parts = vec![counted(clusters.len(), "cluster", "clusters")];
    for &kind in Kind::ALL {
        let declared = clusters.values().map(|c| c.count(kind)).sum();
        // a cluster has topics; of the rest, what is not there need not be told
        if declared > 0 || kind == Kind::Topic {
            let (one, many) = nouns(kind);
            parts.push(counted(declared, one, many));
        }
    }
    parts.join(", ")
}

fn nouns(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Topic => ("topic", "topics"),
        Kind::Acl => ("ACL", "ACLs"),
        Kind::User => ("user", "users"),
        Kind::Quota => ("quota", "quotas"),
        Kind::BrokerConfig => ("broker config", "broker configs"),
        Kind::GroupConfig => ("group config", "group configs"),
        Kind::ClientMetrics => ("metrics subscription", "metrics subscriptions"),
        Kind::ConsumerGroup => ("consumer group", "consumer groups"),
        Kind::Schema => ("schema", "schemas"),
        Kind::Connector => ("connector", "connectors"),
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
