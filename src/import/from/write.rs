//! What was read -> documents (import, pure).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Moved,
    found::{Cluster, Found},
    report::Report,
};
use crate::{
    desired,
    import::{
        access,
        connectors::{self, Connector},
        only_report,
        principal::quota,
        schemas::{self, Schema},
        text::{Block, scalar},
        topics::{self, Defaults},
    },
    model::{ClusterName, Finding, Kind, SecretName, Severity, SourceFile},
};

/// Writes documents, loads them as a pass would, and says what that finds wrong with them.
pub(super) fn documents(found: Found<'_>, name: &ClusterName) -> Written {
    let Found {
        report,
        mut page,
        cluster,
        topics,
        rights,
        connectors,
        schemas,
        ..
    } = found;
    let defaults = topics::write(&topics, &mut page);
    let acls = rights.principals.values();
    let acls = acls.flat_map(|p| p.rules.values().map(BTreeSet::len)).sum();
    page.count(Kind::Acl, acls);
    access::write(&rights.principals, &mut page);
    for (name, (entity, quotas)) in &rights.quotas {
        page.files.add("quotas.yaml", &quota(name, entity, quotas));
    }
    let own = rights.principals.values().filter(|p| !p.quotas.is_empty());
    page.count(Kind::Quota, own.count() + rights.quotas.len());
    connectors::write(&connectors, &mut page);
    told_services(name, &connectors, &schemas, report);
    schemas::write(&schemas, &mut page);
    let counts = page.counts.iter().map(|(kind, n)| (kind.as_str(), *n));
    let counts: Vec<_> = counts.collect();
    let head = head(name, &cluster, &defaults, report);
    let mut files = page.files.close();
    files.insert(0, ("cluster.yaml".to_owned(), head));
    let wrong = loaded(&files);
    let is_valid = wrong.iter().all(|f| f.severity != Severity::Error);
    report.extend(wrong);
    Written {
        files,
        counts,
        secrets: page.secrets,
        is_valid,
    }
}

/// Says which services the connectors and subjects are in: where each is, only headgate.yaml says.
fn told_services(
    name: &ClusterName,
    connectors: &BTreeMap<String, Connector>,
    schemas: &BTreeMap<String, Schema>,
    report: &Report,
) {
    let connects: BTreeSet<&str> = connectors.values().map(Connector::connect).collect();
    for connect in connects {
        let connect = connect.escape_debug();
        report.note(
            format!("connectors run on the Connect cluster `{connect}`, of which none of the files says where it is"),
            &format!("headgate.yaml says it: `clusters.{name}.connect: {{{connect}: {{url: …}}}}`"),
        );
    }
    if !schemas.is_empty() {
        report.note(
            "subjects are in a Schema Registry, of which none of the files says where it is",
            &format!("headgate.yaml says it: `clusters.{name}.registry: {{url: …}}`"),
        );
    }
}

/// What was written.
pub(super) struct Written {
    pub(super) files: Vec<(String, String)>,
    pub(super) counts: Vec<(&'static str, usize)>,
    pub(super) secrets: BTreeSet<SecretName>,
    /// Whether a pass would take it as it stands.
    pub(super) is_valid: bool,
}

/// Writes the Cluster's document. Nothing is changed before somebody has looked: every kind is in mode `report`.
fn head(name: &ClusterName, cluster: &Cluster, defaults: &Defaults, report: &Report) -> String {
    let mut block = Block::labelled("Cluster", name.as_str(), &cluster.labels);
    match &cluster.id {
        Some(id) => block.line(1, &format!("clusterId: {}", scalar(id))),
        None => report.note(
            "cluster.yaml names no `clusterId`, which none of the files says",
            "write what `kafka-cluster.sh cluster-id` prints, so that nothing is ever written to another cluster",
        ),
    }
    let modes = [
        Kind::Topic,
        Kind::User,
        Kind::Acl,
        Kind::Quota,
        Kind::Schema,
        Kind::Connector,
    ];
    only_report(&mut block, &modes);
    defaults.write(&mut block);
    if let Some(throttle) = &cluster.throttle {
        block.line(1, &format!("moves: {{throttle: {throttle}}}"));
    }
    block.finish()
}

/// Loads what was written.
fn loaded(files: &[(String, String)]) -> Vec<Finding> {
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: path.clone(),
            bytes: text.clone().into_bytes(),
        })
        .collect();
    let told = desired::load(&sources).findings.into_iter();
    let told = told.map(|mut finding| {
        finding.message = format!("in what was written: {}", finding.message);
        finding.snippet = None;
        finding
    });
    told.collect()
}

impl Moved {
    /// Says what was not carried over as it was, one line each.
    pub fn report(&self) -> impl Iterator<Item = String> {
        self.findings.iter().map(|finding| match finding.severity {
            Severity::Error => format!("left out: {finding}"),
            _ => format!("note: {finding}"),
        })
    }
}
