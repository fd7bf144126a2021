//! The kinds of documents, one file each: its mirror type, and what is made of it (desired, rank 1).
//!
//! A kind is a `Spec` (its words, its reader, its JSON Schema) that `Declares` something in the cluster of its folder;
//! `KINDS` lists all of them, and reader, schema and reference go by that list.

mod access;
mod cluster;
mod config;
mod connector;
mod deletion;
mod grant;
mod group;
mod offsets;
mod preset;
mod quota;
mod schema;
mod settings;
mod topic;
mod user;

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    access::Labels,
    home::Home,
    node::Node,
    page::{At, Page},
    read::{Needed, Read, Take, Text, fields, mirror},
    schema as json_schema,
    word::{self, API_VERSION, ApiVersion},
};
pub(super) use cluster::{ClusterSpec, cluster};
pub(super) use preset::{Name, PRESETS, Preset, Right};
pub(super) use {
    connector::Backoff,
    group::Reset,
    offsets::{Json, OffsetSpec, Offsets},
    quota::{ByteRate, Connections, Rate},
    settings::{SecretSettings, Settings},
    topic::{Defaults, PinSpec, Placement},
};

mirror! {
    /// Names an object.
    Metadata {
        /// The object's name.
        name = "name": Needed<Text>,
        /// Words for people, searches and policies, such as `domain: orders`.
        labels = "labels": Option<word::Labels>,
    }
}

/// The words of a kind.
pub(super) trait Spec: Read + JsonSchema {
    /// The kind.
    const KIND: &'static str;
    /// What a document declares.
    const ABOUT: &'static str;
    /// What `metadata` says.
    const NAMED: &'static str;
    /// What `spec` says.
    const WANTED: &'static str = "What is wanted.";
    /// Whether a document without a `spec` says nothing.
    const NEEDED: bool = true;
}

/// A kind that declares objects of a cluster.
pub(super) trait Declares: Spec + Sized {
    /// Checks a document and puts what it declares into its cluster.
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>);
}

/// A document of a kind.
#[derive(Debug)]
pub(super) struct Document<S> {
    /// Where the name stands: the place of what it declares.
    pub(super) at: At,
    /// Whether it was read without an error. What is missing in a document with one may be what could not be read.
    pub(super) clean: bool,
    /// `metadata`.
    pub(super) metadata: Option<Metadata>,
    /// `spec`.
    pub(super) spec: Option<S>,
}

impl<S> Document<S> {
    /// Returns the name, if one could be read.
    pub(super) fn name(&self) -> Option<&Text> {
        self.metadata.as_ref()?.name.0.as_ref()
    }

    /// Returns the labels, sorted.
    pub(super) fn labels(&self) -> Labels {
        let labels = self.metadata.as_ref().and_then(|m| m.labels.as_ref());
        let mut labels = labels.map(|l| l.0.clone()).unwrap_or_default();
        labels.sort_unstable();
        labels.into()
    }
}

const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

impl<S: Spec> Read for Document<S> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let before = page.errors();
        let slots = fields(node, FIELDS, page)?;
        let mut slots = slots.into_iter();
        let mut next = || slots.next().flatten();
        <Needed<ApiVersion> as Take>::take(next(), "apiVersion", node.at, page);
        // whoever reads a whole document has looked at its kind before
        next();
        let metadata = <Needed<Metadata> as Take>::take(next(), "metadata", node.at, page).0;
        let spec = match S::NEEDED {
            true => <Needed<S> as Take>::take(next(), "spec", node.at, page).0,
            false => <Option<S> as Take>::take(next(), "spec", node.at, page),
        };
        let name = metadata.as_ref().and_then(|m: &Metadata| m.name.0.as_ref());
        Some(Self {
            at: name.map_or(node.at, |name| name.at),
            clean: page.errors() == before,
            metadata,
            spec,
        })
    }
}

/// A document of any kind that declares objects.
pub(super) trait Declaration {
    /// Where it stands.
    fn at(&self) -> At;
    /// Checks it and puts what it declares into its cluster.
    fn declare(&self, home: &mut Home, page: &mut Page<'_>);
}

impl<S: Declares> Declaration for Document<S> {
    fn at(&self) -> At {
        self.at
    }

    fn declare(&self, home: &mut Home, page: &mut Page<'_>) {
        S::declare(self, home, page);
    }
}

/// One kind among all.
pub(super) struct KindOf {
    /// The word.
    pub(super) word: &'static str,
    /// Reads a document.
    pub(super) read: fn(&Node<'_>, &mut Page<'_>) -> Option<Body>,
    /// Makes the JSON Schema of a document.
    pub(super) schema: fn() -> Value,
}

/// A document that was read.
pub(super) enum Body {
    Cluster(Box<Document<ClusterSpec>>),
    Object(Box<dyn Declaration>),
}

/// Every kind that is read, in the order of the reference.
pub(super) const KINDS: &[KindOf] = &[
    KindOf {
        word: ClusterSpec::KIND,
        read: |node, page| Some(Body::Cluster(Box::new(Document::read(node, page)?))),
        schema: document_schema::<ClusterSpec>,
    },
    declaring::<topic::TopicSpec>(),
    declaring::<user::UserSpec>(),
    declaring::<access::AclSpec>(),
    declaring::<quota::QuotaSpec>(),
    declaring::<config::BrokerConfigSpec>(),
    declaring::<config::GroupConfigSpec>(),
    declaring::<config::ClientMetricsSpec>(),
    declaring::<group::ConsumerGroupSpec>(),
    declaring::<schema::SchemaSpec>(),
    declaring::<connector::ConnectorSpec>(),
];

const fn declaring<S: Declares + 'static>() -> KindOf {
    KindOf {
        word: S::KIND,
        read: |node, page| Some(Body::Object(Box::new(Document::<S>::read(node, page)?))),
        schema: document_schema::<S>,
    }
}

fn document_schema<S: Spec>() -> Value {
    let mut required = vec!["apiVersion", "kind", "metadata"];
    let mut spec = json_schema::of::<S>();
    match S::NEEDED {
        true => required.push("spec"),
        false => spec["type"] = json!(["object", "null"]),
    }
    json!({
        "description": S::ABOUT,
        "type": "object",
        "properties": {
            "apiVersion": {"description": "The version of this format.", "const": API_VERSION},
            "kind": {"description": "What the document declares.", "const": S::KIND},
            "metadata": described(json_schema::of::<Metadata>(), S::NAMED),
            "spec": described(spec, S::WANTED),
        },
        "additionalProperties": false,
        "required": required,
    })
}

fn described(mut schema: Value, text: &str) -> Value {
    schema["description"] = json!(text);
    schema
}
