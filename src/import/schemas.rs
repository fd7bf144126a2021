//! Subjects of a Schema Registry as documents (import, pure).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Page, listed,
    text::{Block, Labels, flow, scalar},
};
use crate::{
    live::{LiveSubject, Observed, Referred, RegistryLive, SchemaText},
    model::Kind,
};

/// Their folder.
const FOLDER: &str = "schemas";

/// A subject.
pub(super) struct Schema {
    /// `AVRO`, `JSON`, `PROTOBUF`.
    pub(super) of: String,
    pub(super) text: String,
    pub(super) compatibility: Option<String>,
    /// Name, subject and version of each.
    pub(super) references: Vec<(String, String, String)>,
    /// Whether the registry compares it in its normal form.
    pub(super) normalize: bool,
    pub(super) labels: Labels,
}

/// Reads what the registry has.
pub(super) fn of_live(
    registry: Option<&Observed<RegistryLive>>,
    page: &mut Page,
) -> BTreeMap<String, Schema> {
    let mut read = BTreeMap::new();
    let Some(registry) = registry.and_then(|seen| listed(seen, Kind::Schema, page)) else {
        return read;
    };
    if let Some(why) = &registry.unlisted {
        page.unread(Kind::Schema, "", why);
    }
    for (name, subject) in &registry.subjects {
        let text = registry.texts.get(name).cloned().unwrap_or_default();
        match (subject, text) {
            (Observed::Unknown(why), _) => page.unread(Kind::Schema, name, why),
            (_, Observed::Unknown(why)) => page.unread(Kind::Schema, name, &why),
            (Observed::Known(subject), Observed::Known(text)) => {
                let schema = Schema::of_live(subject, text, registry);
                read.insert(name.to_string(), schema);
            }
        }
    }
    read
}

/// Writes subjects as documents, each beside the file with its schema.
pub(super) fn write(schemas: &BTreeMap<String, Schema>, page: &mut Page) {
    page.count(Kind::Schema, schemas.len());
    let mut taken: BTreeSet<Arc<str>> = BTreeSet::new();
    for (name, schema) in schemas {
        let file = file_name(name, &mut taken);
        let ending = match schema.of.as_str() {
            "PROTOBUF" => "proto",
            "JSON" => "json",
            _ => "avsc",
        };
        let beside = format!("{file}.{ending}");
        page.files.add(&format!("{FOLDER}/{beside}"), &schema.text);
        let document = schema.document(name, &beside);
        page.files.add(&format!("{FOLDER}/{file}.yaml"), &document);
    }
}

impl Schema {
    fn of_live(subject: &LiveSubject, text: SchemaText, registry: &RegistryLive) -> Self {
        let references = text.references.into_iter();
        Self {
            of: text.format.to_string(),
            text: text.text,
            compatibility: subject.compatibility.as_ref().map(ToString::to_string),
            references: references.map(|one| reference(one, registry)).collect(),
            normalize: text.normalize,
            labels: Labels::default(),
        }
    }

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
        if !self.normalize {
            block.line(1, "normalize: false");
        }
        block.finish()
    }
}

/// Names a reference. The newest version of a subject that is written, too, is what a reference without a version means.
fn reference(referred: Referred, registry: &RegistryLive) -> (String, String, String) {
    let Referred {
        name,
        subject,
        version,
    } = referred;
    let there = registry.subjects.get(&subject).and_then(Observed::known);
    let newest = there.and_then(|there| there.versions.last());
    let is_written = registry
        .texts
        .get(&subject)
        .is_some_and(|text| text.known().is_some());
    let version = match newest == Some(&version) && is_written {
        true => "latest".to_owned(),
        false => version.to_string(),
    };
    (name.into(), subject.into(), version)
}

/// Makes a file's name of a subject's, which no other has.
fn file_name(subject: &str, taken: &mut BTreeSet<Arc<str>>) -> Arc<str> {
    let letter = |c: char| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
        _ => '-',
    };
    let name: String = subject.chars().map(letter).take(150).collect();
    let name = match name.trim_start_matches('.') {
        "" => "schema",
        name => name,
    };
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| !taken.contains(name.as_str()));
    let free: Arc<str> = free.expect("there are numbers enough").into();
    taken.insert(Arc::clone(&free));
    free
}
