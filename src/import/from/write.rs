//! What was read -> documents (import, pure).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Moved,
    connector::Connector,
    found::{Cluster, Found, Schema, file_name},
    report::Report,
};
use crate::{
    desired,
    import::{
        Page, access, only_report,
        principal::quota,
        text::{Block, flow, scalar},
        topics::{self, Defaults},
    },
    model::{ClusterName, Finding, Kind, SourceFile},
};

/// Folders of connectors and schemas.
const CONNECTORS: &str = "connectors";
const SCHEMAS: &str = "schemas";

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
    page.count(Kind::Connector, connectors.len());
    write_connectors(&connectors, &mut page);
    page.count(Kind::Schema, schemas.len());
    write_schemas(&schemas, &mut page);
    let counts = page.counts.iter().map(|(kind, n)| (kind.as_str(), *n));
    let counts: Vec<_> = counts.collect();
    let head = head(name, &cluster, &defaults, report);
    let mut files = page.files.close();
    files.insert(0, ("cluster.yaml".to_owned(), head));
    report.extend(loaded(&files));
    Written {
        files,
        counts,
        secrets: page.secrets,
    }
}

/// What was written.
pub(super) struct Written {
    pub(super) files: Vec<(String, String)>,
    pub(super) counts: Vec<(&'static str, usize)>,
    pub(super) secrets: BTreeSet<crate::model::SecretName>,
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

fn write_connectors(connectors: &BTreeMap<String, Connector>, page: &mut Page) {
    let documents = connectors.iter();
    let documents = documents.map(|(name, connector)| (name.clone(), connector.document(name)));
    let documents: Vec<(String, String)> = documents.collect();
    page.files.spread(CONNECTORS, &documents);
}

impl Connector {
    fn document(&self, name: &str) -> String {
        let mut block = Block::labelled("Connector", name, &self.labels);
        let connect = self.connect.as_deref().unwrap_or("main");
        block.line(1, &format!("connect: {}", scalar(connect)));
        block.line(1, &format!("class: {}", scalar(&self.class)));
        if let Some(tasks_max) = self.tasks_max {
            block.line(1, &format!("tasksMax: {tasks_max}"));
        }
        if let Some(state) = self.state {
            block.line(1, &format!("state: {state}"));
        }
        if !self.config.is_empty() {
            block.line(1, "config:");
            for (key, value) in &self.config {
                block.line(2, &format!("{}: {}", flow(key), scalar(value)));
            }
        }
        if !self.secrets.is_empty() {
            block.line(1, "configFrom:");
            for (key, secret) in &self.secrets {
                block.line(2, &format!("{}: {{secret: {secret}}}", flow(key)));
            }
        }
        block.finish()
    }
}

fn write_schemas(schemas: &BTreeMap<String, Schema>, page: &mut Page) {
    let mut taken: BTreeSet<Arc<str>> = BTreeSet::new();
    for (name, schema) in schemas {
        let file = file_name(name, &mut taken);
        let ending = match schema.of {
            "PROTOBUF" => "proto",
            "JSON" => "json",
            _ => "avsc",
        };
        let beside = format!("{file}.{ending}");
        page.files.add(&format!("{SCHEMAS}/{beside}"), &schema.text);
        let document = schema.document(name, &beside);
        page.files.add(&format!("{SCHEMAS}/{file}.yaml"), &document);
    }
}

impl Schema {
    fn document(&self, name: &str, file: &str) -> String {
        let mut block = Block::labelled("Schema", name, &self.labels);
        block.line(1, &format!("type: {}", self.of));
        block.line(1, &format!("schemaFile: {}", scalar(file)));
        if !self.references.is_empty() {
            block.line(1, "references:");
            for (name, subject, version) in &self.references {
                let (name, subject) = (flow(name), flow(subject));
                let version = match version.as_str() {
                    // the newest, which is what no version means
                    "-1" | "latest" => String::new(),
                    version => format!(", version: {}", flow(version)),
                };
                let line = format!("- {{name: {name}, subject: {subject}{version}}}");
                block.line(2, &line);
            }
        }
        if let Some(compatibility) = &self.compatibility {
            let level = compatibility.to_ascii_uppercase();
            block.line(1, &format!("compatibility: {}", scalar(&level)));
        }
        block.finish()
    }
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
            crate::model::Severity::Warning => format!("note: {finding}"),
            _ => format!("left out: {finding}"),
        })
    }
}
