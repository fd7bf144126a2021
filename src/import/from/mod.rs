//! Other tools' documents -> Headgate's (import, pure): what can be carried over is written, and what cannot is told at file,
//! line and column. Nothing is lost silently: every field is written, or told to be what Headgate does anyway, or reported.
//!
//! ```text
//! files -> sheet (values with places) -> one module a tool -> found -> write -> documents + report
//! ```

mod connector;
mod found;
mod jikkou;
mod julie;
mod kafka_gitops;
mod report;
mod rights;
mod sheet;
mod shelf;
mod strimzi;
mod terraform;
mod topicctl;
mod write;

use std::collections::BTreeSet;

pub use found::Beside;

use found::Found;
use report::Report;
use sheet::Sheet;

use crate::{
    desired::yaml,
    model::{ClusterName, Finding, SecretName, Severity, SourceFile},
};

/// A tool whose documents are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Jikkou's resources.
    Jikkou,
    /// topicctl's clusters, topics, ACLs and users.
    Topicctl,
    /// Strimzi's custom resources.
    Strimzi,
    /// kafka-gitops' state.
    KafkaGitops,
    /// JulieOps' topologies, plans and properties.
    Julie,
    /// What `terraform show -json` prints of Mongey's providers.
    Terraform,
}

/// What another tool's documents became.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// What the cluster is called.
    pub cluster: String,
    /// Files by path below the chosen folder, with their text.
    pub files: Vec<(String, String)>,
    /// How many objects of each kind were written.
    pub counts: Vec<(&'static str, usize)>,
    /// Secrets that the documents name, and that somebody has to provide.
    pub secrets: BTreeSet<SecretName>,
    /// What was not carried over (errors), and what is worth knowing (warnings), by place.
    pub findings: Vec<Finding>,
    /// Whether a part of a file could not be read at all.
    pub is_cut: bool,
    /// Whether what was written can be planned from as it stands.
    pub is_valid: bool,
}

/// What a cluster is called that nothing names.
const UNNAMED: &str = "kafka";

/// Reads another tool's files and writes Headgate's documents for them, in every kind's mode `report`. A cluster that is not
/// named is called as the files call it.
#[must_use]
pub fn import_from(
    tool: Tool,
    cluster: Option<&ClusterName>,
    files: &[SourceFile],
    beside: &Beside<'_>,
) -> Moved {
    let report = Report::default();
    let mut is_cut = false;
    let mut sheets = Vec::new();
    for file in files {
        let properties = julie::properties(file).filter(|_| tool == Tool::Julie);
        let (documents, findings) = match properties {
            Some(properties) => (vec![properties], Vec::new()),
            None => yaml::documents(file),
        };
        is_cut |= findings.iter().any(|f| f.severity == Severity::Error);
        report.extend(
            findings
                .into_iter()
                .map(|finding| tool.helped(finding, file)),
        );
        sheets.push(Sheet::new(file, documents, &report));
    }
    let mut found = Found::new(&report, files, beside, cluster);
    match tool {
        Tool::Jikkou => jikkou::read(&sheets, &mut found),
        Tool::Topicctl => topicctl::read(&sheets, &mut found),
        Tool::Strimzi => strimzi::read(&sheets, &mut found),
        Tool::KafkaGitops => kafka_gitops::read(&sheets, &mut found),
        Tool::Julie => julie::read(&sheets, &mut found),
        Tool::Terraform => terraform::read(&sheets, &mut found),
    }
    let cluster = cluster.cloned().unwrap_or_else(|| found.call(UNNAMED));
    let parts = found.parts.take();
    is_cut |= found.is_cut;
    let written = write::documents(found, &cluster);
    drop(sheets);
    Moved {
        cluster: cluster.to_string(),
        files: written.files,
        counts: written.counts,
        secrets: written.secrets,
        findings: report.close(&parts),
        is_cut,
        is_valid: written.is_valid,
    }
}

impl Tool {
    /// Tells whether files with an ending are the tool's, in a folder of them.
    #[must_use]
    pub fn reads(self, ending: &str) -> bool {
        match ending {
            "yaml" | "yml" | "json" => true,
            "properties" => self == Self::Julie,
            _ => false,
        }
    }

    /// Adds to what is wrong with a file's structure what that most often comes from.
    fn helped(self, mut finding: Finding, file: &SourceFile) -> Finding {
        finding.snippet = None;
        let has = |mark: &[u8]| file.bytes.windows(2).any(|two| two == mark);
        if has(b"{{") || has(b"{%") {
            let help = match self {
                Self::Jikkou => {
                    "render its templates first: `jikkou prepare` prints the documents that they make"
                }
                _ => "render its templates first, and import what they make",
            };
            finding.help = Some(help.to_owned());
        }
        finding
    }
}
