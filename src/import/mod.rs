//! The live estate as documents (rank 4, pure): what an existing cluster holds, written as somebody would keep it, so that
//! planning it changes nothing.

mod access;
mod configs;
mod connectors;
mod files;
mod from;
mod principal;
mod schemas;
mod text;
mod topics;

use std::collections::BTreeSet;

use crate::{
    desired,
    live::{Live, Observed},
    model::{ClusterName, EVERY_SUBJECT, Finding, Kind, Plane, SecretName, Severity, SourceFile},
};
pub use from::{Beside, Moved, Tool, import_from};

use files::Files;
use text::{Block, flow, scalar};

/// What an import writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Files by path below the chosen folder, with their text.
    pub files: Vec<(String, String)>,
    /// How many objects of each kind were written.
    pub counts: Vec<(Kind, usize)>,
    /// Secrets that the documents name, and that somebody has to provide.
    pub secrets: BTreeSet<SecretName>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl Imported {
    /// Reads what was written as `plan` will, and returns what is wrong with it: only of valid documents can be said that
    /// they plan to nothing. Places are below `folder`, where the files stand.
    #[must_use]
    pub fn errors(&self, folder: &str) -> Vec<Finding> {
        let file = |(path, text): &(String, String)| SourceFile {
            path: format!("{folder}/{path}"),
            bytes: text.clone().into_bytes(),
        };
        let files: Vec<SourceFile> = self.files.iter().map(file).collect();
        let mut findings = desired::load(&files).findings;
        findings.retain(|finding| finding.severity == Severity::Error);
        findings
    }
}

/// Writes all that a cluster and the planes beside it hold as documents, in files by the beginning of names, with what most
/// topics share in the Cluster's defaults.
#[must_use]
pub fn import(name: &ClusterName, live: &Live) -> Imported {
    let mut page = Page::default();
    let kafka = live.kafka();
    let topics = topics::of_live(kafka, &mut page);
    let defaults = topics::write(&topics, &mut page);
    let principals = access::of_live(kafka, &mut page);
    access::write(&principals, &mut page);
    configs::write(kafka, &mut page);
    let connectors = connectors::of_live(live.connect.as_ref(), &mut page);
    connectors::write(&connectors, &mut page);
    let schemas = schemas::of_live(live.registry.as_ref(), &mut page);
    schemas::write(&schemas, &mut page);
    let head = cluster(name, live, &defaults, &mut page);
    let mut files = page.files.close();
    files.insert(0, ("cluster.yaml".to_owned(), head));
    Imported {
        files,
        counts: page.counts,
        secrets: page.secrets,
        notes: page.notes,
    }
}

/// What is being written.
#[derive(Default)]
struct Page {
    files: Files,
    counts: Vec<(Kind, usize)>,
    secrets: BTreeSet<SecretName>,
    notes: Vec<String>,
}

impl Page {
    fn count(&mut self, kind: Kind, count: usize) {
        if count > 0 {
            self.counts.push((kind, count));
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Notes that a whole kind could not be read, or that one of it could not.
    fn unread(&mut self, kind: Kind, what: &str, why: &str) {
        let one = if what.is_empty() { "" } else { " " };
        self.note(format!("{kind}{one}{what}: could not be read: {why}"));
    }

    /// Names a secret after what it is for.
    fn secret(&mut self, of: &str) -> String {
        let letter = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '-',
        };
        let name: String = of.chars().map(letter).collect();
        let name = name.trim_start_matches('.');
        // `a b` and `a-b` are two users
        let numbered = (2..).map(|n| format!("{name}-{n}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_new = |name: &String| self.secrets.insert(SecretName(name.as_str().into()));
        names.find(is_new).expect("there are numbers enough")
    }
}

/// Returns what is known of a kind, and notes why when nothing is.
fn listed<'a, T>(seen: &'a Observed<T>, kind: Kind, page: &mut Page) -> Option<&'a T> {
    if let Some(why) = seen.unknown() {
        page.unread(kind, "", why);
    }
    seen.known()
}

/// The kinds that the import of a cluster writes, as far as the planes that hold them are there.
const WRITTEN: [Kind; 9] = [
    Kind::Topic,
    Kind::User,
    Kind::Acl,
    Kind::Quota,
    Kind::BrokerConfig,
    Kind::GroupConfig,
    Kind::ClientMetrics,
    Kind::Schema,
    Kind::Connector,
];

/// Puts kinds into mode `report`: nothing is changed before somebody has looked.
fn only_report(block: &mut Block, kinds: &[Kind]) {
    let modes: Vec<String> = kinds.iter().map(|kind| format!("{kind}: report")).collect();
    block.line(1, &format!("modes: {{{}}}", modes.join(", ")));
}

fn cluster(
    name: &ClusterName,
    live: &Live,
    defaults: &topics::Defaults,
    page: &mut Page,
) -> String {
    let mut block = Block::document("Cluster", name.as_str());
    let id = scalar(live.kafka().cluster_id.as_str());
    block.line(1, &format!("clusterId: {id}"));
    let planes: BTreeSet<Plane> = live.planes().map(|(plane, _)| plane).collect();
    let mut written = WRITTEN.to_vec();
    written.retain(|kind| planes.contains(&kind.plane()));
    only_report(&mut block, &written);
    defaults.write(&mut block);
    let registry = live.registry.as_ref().and_then(Observed::known);
    match registry.map(|registry| &registry.compatibility) {
        Some(Observed::Known(level)) => {
            block.line(1, &format!("registry: {{compatibility: {}}}", flow(level)));
        }
        Some(Observed::Unknown(why)) => page.unread(Kind::Schema, EVERY_SUBJECT, why),
        None => {}
    }
    block.finish()
}
