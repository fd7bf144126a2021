//! What was read, whatever the tool (import, pure): topics, schemas and the cluster; who may do what stands in `rights`,
//! connectors in `connector`.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use compact_str::CompactString;

use super::{
    report::Report,
    rights::Rights,
    sheet::{Fields, Spot},
};
use crate::{
    import::{Page, connectors::Connector, schemas::Schema, text::Labels, topics::Topic},
    model::{ClusterName, ConfigKey, Kind, Place, SourceFile, TopicName, is_throttle},
};

/// Reads a file that an input names: the path of the input, and the path that stands in it. Why it cannot, it says.
pub type Beside<'a> = dyn Fn(&str, &str) -> Result<Vec<u8>, String> + 'a;

/// What was read.
pub(super) struct Found<'d> {
    pub(super) report: &'d Report,
    pub(super) page: Page,
    pub(super) cluster: Cluster,
    pub(super) topics: BTreeMap<TopicName, Topic>,
    pub(super) rights: Rights,
    pub(super) connectors: BTreeMap<String, Connector>,
    pub(super) schemas: BTreeMap<String, Schema>,
    places: BTreeMap<(&'static str, String), Place>,
    files: &'d [SourceFile],
    /// Files that others name.
    pub(super) parts: RefCell<BTreeSet<String>>,
    /// Whether a part of one of these could not be read.
    pub(super) is_cut: bool,
    beside: &'d Beside<'d>,
    wanted: Option<&'d ClusterName>,
}

/// What is known of the cluster.
#[derive(Default)]
pub(super) struct Cluster {
    /// The one whose documents are taken, by the tool's name.
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) labels: Labels,
    /// Bytes a second for moves, as a document says it.
    pub(super) throttle: Option<String>,
}

impl<'d> Found<'d> {
    pub(super) fn new(
        report: &'d Report,
        files: &'d [SourceFile],
        beside: &'d Beside<'d>,
        wanted: Option<&'d ClusterName>,
    ) -> Self {
        Self {
            report,
            page: Page::default(),
            cluster: Cluster::default(),
            topics: BTreeMap::new(),
            rights: Rights::default(),
            connectors: BTreeMap::new(),
            schemas: BTreeMap::new(),
            places: BTreeMap::new(),
            files,
            parts: RefCell::default(),
            is_cut: false,
            beside,
            wanted,
        }
    }

    /// Says what the cluster is called when nobody says it: what the files call it, as far as it can be a name here.
    pub(super) fn call(&self, otherwise: &str) -> ClusterName {
        let name = self.cluster.name.as_deref().map(bare);
        let name = name.and_then(|name| ClusterName::new(name).ok());
        name.unwrap_or_else(|| {
            self.report.note(
                format!("the cluster is called `{otherwise}` in cluster.yaml, since the files do not name it"),
                "give it the name that it has in headgate.yaml, or import with `--cluster`",
            );
            ClusterName::new(otherwise).expect("it is a name")
        })
    }

    /// Chooses the cluster whose documents are taken: the one that is called as it is called here, else the first.
    pub(super) fn choose<'t>(&mut self, names: impl Iterator<Item = &'t str>) {
        let wanted = self.wanted.map(ClusterName::as_str);
        let mut names = names.peekable();
        let first = names.peek().copied();
        let chosen = names.find(|name| Some(bare(name)) == wanted).or(first);
        self.cluster.name = chosen.map(str::to_owned);
    }

    /// Tells whether a document's cluster is the chosen one.
    pub(super) fn belongs(&self, cluster: Option<&str>) -> bool {
        cluster.is_none() || cluster == self.cluster.name.as_deref()
    }

    /// Claims a name; an object that is declared twice is taken once.
    pub(super) fn claim(&mut self, kind: &'static str, name: &str, spot: Spot<'_>) -> bool {
        match self.places.entry((kind, name.to_owned())) {
            Entry::Vacant(free) => {
                free.insert(spot.place());
                true
            }
            Entry::Occupied(first) => {
                spot.lost(
                    format!(
                        "{kind} `{}` is declared a second time, first at {}; this one was left out",
                        name.escape_debug(),
                        first.get()
                    ),
                    "make one of the two",
                );
                false
            }
        }
    }

    /// Adds a topic.
    pub(super) fn topic(&mut self, name: &str, topic: Topic, spot: Spot<'_>) {
        let name = match TopicName::new(name) {
            Ok(name) => name,
            Err(why) => {
                return spot.lost(format!("topic left out: {why}"), "Kafka has no such topic");
            }
        };
        if !self.claim("Topic", name.as_str(), spot) {
            return;
        }
        for (field, said) in [
            ("partitions", topic.partitions.is_some()),
            ("replicationFactor", topic.replication_factor.is_some()),
        ] {
            if !said {
                spot.note(
                    format!("topic {name}: nothing says its `{field}`; the brokers' default was taken when it was made"),
                    "write what `kafka-topics.sh --describe` shows into its document",
                );
            }
        }
        self.topics.insert(name, topic);
    }

    /// Adds a subject.
    pub(super) fn schema(&mut self, name: &str, schema: Schema, spot: Spot<'_>) {
        if self.claim("Schema", name, spot) {
            self.schemas.insert(name.to_owned(), schema);
        }
    }

    /// Finds a file beside another one: among those that were read, or where it lies.
    fn part(&self, file: &str, path: &str) -> Result<Vec<u8>, String> {
        let full = beside(file, path);
        match self.files.iter().find(|file| file.path == full) {
            Some(known) => {
                self.parts.borrow_mut().insert(full);
                Ok(known.bytes.clone())
            }
            None => (self.beside)(file, path),
        }
    }

    /// Reads a file that is named at `spot`, relative to the file in which that stands.
    pub(super) fn beside(&self, path: &str, spot: Spot<'_>) -> Option<String> {
        let read = match path.starts_with('/') || path.contains("://") {
            true => Err("only files that stand beside it are read".to_owned()),
            false => self.part(&spot.sheet.source.path, path),
        };
        let text = read.and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
        });
        match text {
            Ok(text) => Some(text),
            Err(why) => {
                spot.lost(
                    format!("`{}` was not read: {why}", path.escape_debug()),
                    "bring the file where this says, and import again",
                );
                None
            }
        }
    }
}

/// Returns the path of a file that another one names by its path from there.
pub(super) fn beside(file: &str, path: &str) -> String {
    let mut full: Vec<&str> = file.split('/').collect();
    full.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if full.last().is_some_and(|last| *last != "..") => drop(full.pop()),
            part => full.push(part),
        }
    }
    full.join("/")
}

/// Reads a value as the text that Kafka keeps: lists are joined by commas, and whole numbers have no exponent.
pub(super) fn scalar(spot: Spot<'_>, what: &str) -> Option<CompactString> {
    let Some(text) = spot.plain() else {
        if spot.is_empty() {
            return Some(CompactString::default());
        }
        if spot.is_mapping() {
            return spot.text(what).map(Into::into);
        }
        let items = spot.items(what).into_iter();
        let texts: Option<Vec<&str>> = items.map(|item| item.text(what)).collect();
        return texts.filter(|t| !t.is_empty()).map(|t| t.join(",").into());
    };
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return Some(text.to_ascii_lowercase().into());
    }
    let whole = text.contains(['e', 'E']) && text.starts_with(|c: char| c.is_ascii_digit());
    // what a float64 holds exactly
    let number = text.parse::<f64>().ok();
    let number = number.filter(|n| whole && n.fract() == 0.0 && n.abs() < 9e15);
    Some(number.map_or_else(|| text.into(), |n| format!("{n}").into()))
}

/// Returns a cluster's name alone: topicctl's clusters are known by name, environment and region.
fn bare(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Reads the configs of a topic.
pub(super) fn topic_config(
    config: Option<Fields<'_>>,
) -> BTreeMap<ConfigKey, Option<CompactString>> {
    let mut read = BTreeMap::new();
    let Some(mut config) = config else {
        return read;
    };
    for (key, value) in config.rest() {
        if is_throttle(Kind::Topic, key) {
            value.lost(
                format!(
                    "{}: `{key}` was left out: it belongs to a move of replicas",
                    config.what
                ),
                "Headgate throttles its own moves, as `moves.throttle` of the Cluster says",
            );
            continue;
        }
        let what = format!("{}: `{}`", config.what, key.escape_debug());
        let text = match value.is_empty() {
            true => Some(None),
            false => scalar(value, &what).map(Some),
        };
        if let Some(text) = text {
            read.insert(ConfigKey::new(key), text);
        }
    }
    read
}

/// Reads labels.
pub(super) fn labels(labels: Option<Fields<'_>>) -> Labels {
    let mut read = Labels::new();
    let Some(mut labels) = labels else {
        return read;
    };
    for (key, value) in labels.rest() {
        let what = format!("{}: `{}`", labels.what, key.escape_debug());
        if let Some(text) = scalar(value, &what) {
            read.insert(key.to_owned(), text.into());
        }
    }
    read
}

/// Finds the type of a schema.
pub(super) fn schema_type(text: &str) -> Option<&'static str> {
    let all = ["AVRO", "JSON", "PROTOBUF"];
    all.into_iter().find(|of| of.eq_ignore_ascii_case(text))
}
