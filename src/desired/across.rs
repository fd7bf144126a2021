//! What documents say of each other and of files beside them, judged when all of them are read (desired, rank 1).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    DesiredSchema, SchemaFormat,
    home::Home,
    node::shorten,
    page::{At, Page},
    schema_text, snippet,
};
use crate::model::{ObjectRef, Place, Severity, SourceFile};

/// Something that a document says of another object of its cluster.
pub(super) struct Mention {
    /// Where.
    pub(super) place: Place,
    /// What the document is about.
    pub(super) by: CompactString,
    /// The object that ought to be declared.
    pub(super) object: ObjectRef,
    /// What is said of it.
    pub(super) mentions: Mentions,
}

/// Why an object is named.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mentions {
    /// A connector writes or reads this topic.
    TopicOfConnector,
    /// A schema refers to the newest version of this subject.
    Reference,
    /// This subject describes the keys of a topic.
    SchemaOfKeys,
    /// This subject describes the values of a topic.
    SchemaOfValues,
}

/// A schema whose text stands in a file.
pub(super) struct Unread {
    /// The subject.
    pub(super) subject: CompactString,
    /// All else that is declared of it.
    pub(super) schema: DesiredSchema,
    /// The file, as the document names it.
    pub(super) file: CompactString,
    /// Where it does.
    pub(super) place: Place,
}

/// The files that are no documents, and what is found wrong in them.
pub(super) struct Shelf<'a> {
    files: BTreeMap<&'a str, &'a SourceFile>,
    pages: BTreeMap<&'a str, Page<'a>>,
    checked: BTreeSet<(&'a str, &'static str)>,
}

impl<'a> Shelf<'a> {
    /// Takes the files of a tree.
    pub(super) fn new(files: impl Iterator<Item = &'a SourceFile>) -> Self {
        Self {
            files: files.map(|file| (file.path.as_str(), file)).collect(),
            pages: BTreeMap::new(),
            checked: BTreeSet::new(),
        }
    }

    /// Returns the files in which something may have been found.
    pub(super) fn pages(self) -> impl Iterator<Item = Page<'a>> {
        self.pages.into_values()
    }

    /// Reads a schema, and tells what is wrong with it where it stands; `None` when there is no such file or it is no text.
    fn schema(&mut self, path: &str, format: SchemaFormat) -> Option<&'a str> {
        let (path, file) = self.files.get_key_value(path)?;
        let page = self.pages.entry(path).or_insert_with(|| Page::open(file));
        // what is no text is an empty page with a finding
        if page.errors() > 0 && page.text.is_empty() {
            return Some("");
        }
        // several subjects may have one schema
        if self.checked.insert((path, format.as_str()))
            && let Err(wrong) = schema_text::check(format, page.text)
        {
            page.error_with(wrong.at, wrong.message, wrong.help);
        }
        Some(page.text)
    }

    /// Finds the file in the same folder whose name is nearest.
    fn nearest(&self, path: &str) -> Option<&str> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let beside = self.files.keys().filter_map(|other| {
            let (other, name) = other.rsplit_once('/').unwrap_or(("", other));
            (other == folder).then_some(name)
        });
        snippet::nearest(name, beside)
    }
}

/// Reads the schemas that stand in files, and tells of what is named and nowhere declared.
pub(super) fn finish<'a>(
    home: &mut Home,
    is_whole: bool,
    shelf: &mut Shelf<'a>,
    pages: &mut [Page<'a>],
) {
    for unread in std::mem::take(&mut home.unread) {
        if let Some(page) = page_of(&unread.place, pages) {
            read(unread, home, shelf, page);
        }
    }
    let mentions = std::mem::take(&mut home.mentions);
    for mention in mentions.iter().filter(|_| is_whole) {
        if let Some(page) = page_of(&mention.place, pages) {
            mention.judge(home, page);
        }
    }
    let Some(cluster) = &home.cluster else { return };
    for circle in circles(&cluster.schemas) {
        let place = &cluster.schemas[circle[0]].place;
        if let Some(page) = page_of(place, pages) {
            page.error_with(
                at(place),
                format!("schemas refer to each other in a circle: {}", shown(&circle)),
                "each must be registered before those that refer to it; take one of the references out, or say which `version` it means"
                    .to_owned(),
            );
        }
    }
}

/// Writes a circle down, as far as somebody reads it.
fn shown(circle: &[&str]) -> String {
    const MOST: usize = 10;
    let names = circle.iter().take(MOST).map(|name| shorten(name));
    let mut names: Vec<String> = names.collect();
    if circle.len() > MOST {
        names.push("…".to_owned());
    }
    names.push(shorten(circle[0]));
    names.join(" → ")
}

/// Finds the page on which a place is; they are sorted by file.
fn page_of<'p, 'a>(place: &Place, pages: &'p mut [Page<'a>]) -> Option<&'p mut Page<'a>> {
    let found = pages.binary_search_by(|page| page.file.cmp(&place.file));
    pages.get_mut(found.ok()?)
}

fn at(place: &Place) -> At {
    At {
        line: place.line,
        column: place.column,
    }
}

fn read(unread: Unread, home: &mut Home, shelf: &mut Shelf<'_>, page: &mut Page<'_>) {
    let Unread {
        subject,
        schema,
        file,
        place,
    } = unread;
    let at = at(&place);
    let named = shorten(&file);
    if file.ends_with(".yaml") || file.ends_with(".yml") {
        let help = "give it the ending of its language: `.avsc`, `.json`, `.proto`".to_owned();
        return page.error_with(
            at,
            format!("`schemaFile`: {named} would be read as documents"),
            help,
        );
    }
    let Some(path) = beside(&page.file, &file) else {
        let help = "write its path from the folder of this document, such as `order.avsc` or `../shared/money.proto`";
        return page.error_with(
            at,
            format!("`schemaFile`: {named} leads out of the repository"),
            help.to_owned(),
        );
    };
    match shelf.schema(&path, schema.format) {
        Some(text) => home.declare_schema(subject, schema, text),
        None => {
            let near = shelf.nearest(&path);
            let help = near.map_or_else(
                || "only files below the source's folder are read".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("`schemaFile`: there is no file {}", shorten(&path));
            page.error_with(at, message, help);
        }
    }
}

/// Returns the path of a file that a document names; `None` when it leads out of the repository.
fn beside(document: &str, named: &str) -> Option<String> {
    if named.starts_with('/') || named.contains('\\') {
        return None;
    }
    let mut path: Vec<&str> = document.split('/').collect();
    path.pop();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()?),
            part => path.push(part),
        }
    }
    Some(path.join("/"))
}

impl Mention {
    fn judge(&self, home: &Home, page: &mut Page<'_>) {
        let Self {
            by,
            object,
            mentions,
            ..
        } = self;
        // who leaves topics to others declares none of a connector's, either
        let all_elsewhere = || home.names(object.kind).next().is_none();
        let is_free = matches!(mentions, Mentions::TopicOfConnector) && all_elsewhere();
        if home.is_declared(object) || is_free {
            return;
        }
        let name = shorten(&object.name);
        let (severity, message, help) = match mentions {
            Mentions::TopicOfConnector => (
                Severity::Warning,
                format!("connector {by} names topic {name}, which no document declares"),
                "declare it, so that it is there before the connector and as it should be",
            ),
            Mentions::Reference => (
                Severity::Warning,
                format!("schema {by} refers to subject {name}, which no document declares"),
                "declare it, or say which `version` of it is meant",
            ),
            Mentions::SchemaOfKeys => (
                Severity::Error,
                format!(
                    "the keys of topic {by} are said to be as subject {name} says, which no document declares"
                ),
                "write a Schema of that name",
            ),
            Mentions::SchemaOfValues => (
                Severity::Error,
                format!(
                    "the values of topic {by} are said to be as subject {name} says, which no document declares"
                ),
                "write a Schema of that name",
            ),
        };
        let seen = page.has_room(severity);
        let near = seen.then(|| snippet::nearest(&object.name, home.names(object.kind)));
        let help = near.flatten().map_or_else(
            || help.to_owned(),
            |near| format!("did you mean `{near}`? Else {help}"),
        );
        page.note(severity, at(&self.place), message, Some(help));
    }
}

/// Finds circles of schemas of which each refers to the newest version of the next: none of them could be registered
/// first. Takes linear time, and finds all but those that share a schema with another.
fn circles(schemas: &BTreeMap<CompactString, DesiredSchema>) -> Vec<Vec<&str>> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut needed_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, schema) in schemas {
        let newest = schema.references.iter().filter(|r| r.version.is_none());
        let declared = newest.filter(|r| schemas.contains_key(&r.subject));
        let of: BTreeSet<&str> = declared.map(|r| r.subject.as_str()).collect();
        for other in &of {
            needed_by.entry(*other).or_default().push(name);
        }
        needs.insert(name, of);
    }
    let ready = needs.iter().filter(|(_, of)| of.is_empty());
    let mut ready: Vec<&str> = ready.map(|(name, _)| *name).collect();
    while let Some(name) = ready.pop() {
        for user in needed_by.remove(name).unwrap_or_default() {
            if let Some(of) = needs.get_mut(user) {
                of.remove(name);
                if of.is_empty() {
                    ready.push(user);
                }
            }
        }
    }
    // each that is left needs another that is left, so whoever follows that comes into a circle
    let left = needs.iter();
    let next: BTreeMap<&str, &str> = left
        .filter_map(|(name, of)| Some((*name, *of.first()?)))
        .collect();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut circles = Vec::new();
    for start in next.keys() {
        let mut path = Vec::new();
        let mut at = *start;
        while !seen.contains_key(at) {
            seen.insert(at, start);
            path.push(at);
            at = next[at];
        }
        if seen[at] == *start {
            let begins = path.iter().position(|name| *name == at).unwrap_or_default();
            circles.push(path.split_off(begins));
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_its_documents_folder() {
        for (document, named, want) in [
            ("a/b/c.yaml", "d.avsc", Some("a/b/d.avsc")),
            ("a/b/c.yaml", "./d.avsc", Some("a/b/d.avsc")),
            ("a/b/c.yaml", "../x//d.avsc", Some("a/x/d.avsc")),
            ("a/b/c.yaml", "../../d.avsc", Some("d.avsc")),
            ("a/b/c.yaml", "../../../d.avsc", None),
            ("c.yaml", "../d.avsc", None),
            ("a/b/c.yaml", "../../../a/b/d.avsc", None),
            ("a/b/c.yaml", "/etc/passwd", None),
            ("a/b/c.yaml", "..\\..\\d", None),
        ] {
            assert_eq!(beside(document, named).as_deref(), want, "{named}");
        }
    }
}
