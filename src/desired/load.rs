//! Files -> documents -> clusters (desired, rank 1): which document belongs to which cluster, which are two for one
//! object, and what the Cluster's defaults add. The order of the files means nothing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    Desired,
    across::{self, Shelf},
    home::Home,
    kinds::{self, Body, ClusterSpec, Defaults, KINDS},
    node::{self, Node, Value},
    page::{At, Page},
    read::{map, scalar},
    snippet,
    word::{API_VERSION, refuse_kind},
};
use crate::model::{ClusterName, Finding, Severity, SourceFile};

/// What a revision's files declare, and what is wrong with them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// What could be read. It is what people want only if no finding is an error.
    pub desired: Desired,
    /// Everything that was found, by file and line.
    pub findings: Vec<Finding>,
}

impl Loaded {
    /// Tells whether the revision may be worked from: nothing in it is an error. Keys that the table lacks
    /// (`Severity::Unverified`) are for the planner, which asks the cluster.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.findings.iter().all(|f| f.severity != Severity::Error)
    }
}

/// Reads the `.yaml` and `.yml` files among `files`, and the schemas that they name; all others belong to somebody else.
#[must_use]
pub fn load(files: &[SourceFile]) -> Loaded {
    let mut pages: Vec<Page<'_>> = files
        .iter()
        .filter(|f| is_yaml(&f.path))
        .map(Page::open)
        .collect();
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let mut documents = Vec::new();
    let mut broken = BTreeSet::new();
    for (index, page) in pages.iter_mut().enumerate() {
        let mut unread = false;
        let cut = node::documents(page, node::MAX_DEPTH, |node, page| {
            match document(&node, page) {
                Some(body) => documents.push(Document { page: index, body }),
                None => unread |= !matches!(node.value, Value::Null),
            }
        });
        // what a document declares that could not be read nobody knows, so nothing is said to be missing beside it
        if cut || unread || page.errors() > 0 && page.text.is_empty() {
            broken.insert(folder(&page.file).to_owned());
        }
    }
    let mut shelf = Shelf::new(files.iter().filter(|f| !is_yaml(&f.path)));
    let desired = assemble(documents, &broken, &mut shelf, &mut pages);
    pages.extend(shelf.pages());
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let mut findings: Vec<Finding> = pages.into_iter().flat_map(Page::close).collect();
    if desired.clusters.is_empty() && findings.iter().all(|f| f.severity != Severity::Error) {
        findings.push(nothing_declared(files));
    }
    Loaded { desired, findings }
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// An empty tree is a mistake, never a wish to delete everything.
fn nothing_declared(files: &[SourceFile]) -> Finding {
    let yaml = files.iter().filter(|f| is_yaml(&f.path)).count();
    Finding::error(
        None,
        format!(
            "no `kind: Cluster` is declared (YAML files read: {yaml} of {})",
            files.len()
        ),
    )
    .with_help("an empty source is never taken for a wish to delete everything; check the path and the branch")
}

/// A document that was read, and the page on which it stands.
struct Document {
    page: usize,
    body: Body,
}

fn document(node: &Node<'_>, page: &mut Page<'_>) -> Option<Body> {
    if matches!(node.value, Value::Null) {
        return None;
    }
    let fields = map(node, page)?;
    let Some((_, kind)) = fields.iter().find(|(key, _)| key.text == "kind") else {
        page.error_with(
            node.at,
            "field `kind` is missing",
            format!(
                "a document begins with `apiVersion: {API_VERSION}` and its kind; known here: {}",
                snippet::quoted(&readable())
            ),
        );
        return None;
    };
    let word = scalar("a kind", kind, page)?;
    match KINDS.iter().find(|k| k.word == word) {
        Some(known) => (known.read)(node, page),
        None => {
            refuse_kind(word, kind.at, &readable(), page);
            None
        }
    }
}

fn readable() -> Vec<&'static str> {
    KINDS.iter().map(|k| k.word).collect()
}

/// The folder of a file: what stands before its last `/`, nothing for a file at the top.
fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder and all above it, from the inside out.
fn upwards(start: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(start), |inner| {
        (!inner.is_empty()).then(|| folder(inner))
    })
}

fn assemble<'a>(
    documents: Vec<Document>,
    broken: &BTreeSet<String>,
    shelf: &mut Shelf<'a>,
    pages: &mut [Page<'a>],
) -> Desired {
    let mut homes: BTreeMap<String, Home> = BTreeMap::new();
    let mut objects = Vec::new();
    for Document { page, body } in documents {
        match body {
            Body::Cluster(document) => settle(&mut homes, page, &document, pages),
            Body::Object(object) => objects.push((page, object)),
        }
    }
    refuse_nested(&homes, pages);
    let mut homeless = None;
    for (page, object) in objects {
        let folder = folder(&pages[page].file).to_owned();
        let home = upwards(&folder)
            .find(|f| homes.contains_key(*f))
            .map(str::to_owned);
        match home.and_then(|folder| homes.get_mut(&folder)) {
            Some(home) => object.declare(home, &mut pages[page]),
            None if homeless == Some(page) || upwards(&folder).any(|f| broken.contains(f)) => {}
            None => {
                homeless = Some(page);
                refuse_homeless(object.at(), &mut pages[page]);
            }
        }
    }
    for (folder, home) in &mut homes {
        let is_within = |inner: &String| upwards(inner).any(|outer| outer == folder);
        let is_whole = !broken.iter().any(is_within);
        across::finish(home, is_whole, shelf, pages);
    }
    collect(homes, pages)
}

/// Makes a folder a cluster's.
fn settle(
    homes: &mut BTreeMap<String, Home>,
    page: usize,
    document: &kinds::Document<ClusterSpec>,
    pages: &mut [Page<'_>],
) {
    let folder = folder(&pages[page].file).to_owned();
    if let Some(first) = homes.get(&folder) {
        let place = pages[first.page].place(first.at);
        pages[page].error_with(
            document.at,
            format!("a second Cluster in one folder; the first is declared at {place}"),
            "give each cluster a folder of its own".to_owned(),
        );
        return;
    }
    let cluster = kinds::cluster(document, &mut pages[page]);
    let defaults = Defaults::of(document.spec.as_ref());
    homes.insert(folder, Home::new(page, document.at, cluster, defaults));
}

/// A cluster within a cluster: nobody could say to which the documents of the inner one belong.
fn refuse_nested(homes: &BTreeMap<String, Home>, pages: &mut [Page<'_>]) {
    for (folder, home) in homes {
        let outer = upwards(folder).skip(1).find_map(|f| homes.get(f));
        if let Some(outer) = outer {
            let place = pages[outer.page].place(outer.at);
            pages[home.page].error_with(
                home.at,
                format!("this Cluster stands below the folder of another, declared at {place}"),
                "put the two folders side by side".to_owned(),
            );
        }
    }
}

fn refuse_homeless(at: At, page: &mut Page<'_>) {
    let folder = match folder(&page.file) {
        "" => "the top folder".to_owned(),
        folder => format!("`{folder}` or a folder above it"),
    };
    page.error_with(
        at,
        format!("this belongs to no cluster: there is no `kind: Cluster` in {folder}"),
        "every document belongs to the cluster of its folder".to_owned(),
    );
}

/// Brings the clusters together by name.
fn collect(homes: BTreeMap<String, Home>, pages: &mut [Page<'_>]) -> Desired {
    let mut desired = Desired::default();
    let mut first: HashMap<ClusterName, (usize, At)> = HashMap::new();
    for home in homes.into_values() {
        let Some(cluster) = home.cluster else {
            continue;
        };
        if let Some((page, at)) = first.get(&cluster.name) {
            let place = pages[*page].place(*at);
            pages[home.page].error(
                home.at,
                format!(
                    "Cluster {} is declared twice, first at {place}",
                    cluster.name
                ),
            );
            continue;
        }
        first.insert(cluster.name.clone(), (home.page, home.at));
        desired
            .clusters
            .insert(cluster.name.clone(), Arc::new(cluster));
    }
    desired
}
