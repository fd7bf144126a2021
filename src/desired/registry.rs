//! A schema as git wants it.

use std::fmt::Write;

use compact_str::CompactString;
use sha2::{Digest, Sha256};

use super::Labels;
use crate::model::Place;

/// A `kind: Schema` document.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredSchema {
    /// Where it is declared.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// The language it is written in.
    pub format: SchemaFormat,
    /// The schema itself.
    pub text: CompactString,
    /// Digest of format, text and references (`DesiredSchema::digest_of`): what plans and the ledger know it by.
    pub digest: CompactString,
    /// The schemas that it refers to, sorted by name.
    pub references: Box<[SchemaReference]>,
    /// How it may change; `None`: as the registry's global setting says.
    pub compatibility: Option<Compatibility>,
    /// Whether the registry normalises it before it compares. Default: true.
    pub normalize: bool,
}

impl DesiredSchema {
    /// Digests what a schema is: the first 128 bits of a SHA-256, in hexadecimal digits. How it may change is not part of it.
    #[must_use]
    pub fn digest_of(
        format: SchemaFormat,
        text: &str,
        references: &[SchemaReference],
    ) -> CompactString {
        let references = references.iter();
        let references: Vec<_> = references
            .map(|r| (r.name.as_str(), r.subject.as_str(), r.version))
            .collect();
        let bytes = serde_json::to_vec(&(format.as_str(), text, references))
            .expect("texts and numbers have a JSON form");
        let mut digest = CompactString::with_capacity(32);
        for byte in &Sha256::digest(&bytes)[..16] {
            write!(digest, "{byte:02x}").expect("writing to a string succeeds");
        }
        digest
    }
}

/// A schema that another one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaReference {
    /// What it is called in the text: an Avro name, a Protobuf import, a JSON `$ref`.
    pub name: CompactString,
    /// The subject that holds it.
    pub subject: CompactString,
    /// Its version there; `None`: the newest.
    pub version: Option<u32>,
}

/// The language of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaFormat {
    /// Apache Avro.
    Avro,
    /// JSON Schema.
    Json,
    /// Protocol Buffers.
    Protobuf,
}

impl SchemaFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Avro, Self::Json, Self::Protobuf];

    /// Returns the word as documents and the registry spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avro => "AVRO",
            Self::Json => "JSON",
            Self::Protobuf => "PROTOBUF",
        }
    }
}

/// How a schema may change from version to version (Confluent's compatibility levels).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compatibility {
    /// New readers read what the last version wrote.
    Backward,
    /// New readers read what every version wrote.
    BackwardTransitive,
    /// Readers of the last version read what new writers write.
    Forward,
    /// Readers of every version read what new writers write.
    ForwardTransitive,
    /// Both, with the last version.
    Full,
    /// Both, with every version.
    FullTransitive,
    /// Anything goes.
    None,
}

impl Compatibility {
    /// Every level.
    pub const ALL: [Self; 7] = [
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
        Self::None,
    ];

    /// Returns the word as documents and the registry spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backward => "BACKWARD",
            Self::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Self::Forward => "FORWARD",
            Self::ForwardTransitive => "FORWARD_TRANSITIVE",
            Self::Full => "FULL",
            Self::FullTransitive => "FULL_TRANSITIVE",
            Self::None => "NONE",
        }
    }
}
