//! What the Schema Registry holds (rank 1: types only).

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Observed;
use crate::model::EVERY_SUBJECT;

/// What the Schema Registry holds of the subjects that are git's business.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryLive {
    /// How schemas may change where a subject does not say (`GET /config`).
    #[serde(default)]
    pub compatibility: Observed<CompactString>,
    /// Subjects by name: those that git declares, those in `owns.subjects`, and those whose deletion is due.
    pub subjects: BTreeMap<CompactString, Observed<LiveSubject>>,
    /// Why there may be more subjects in `owns.subjects` than are known: the registry cut its list. Declared ones and those
    /// whose deletion is due were asked for by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<String>,
    /// What speaks against declared schemas as their subjects' next versions, by subject, of those that are not there yet,
    /// too; an empty list: nothing. A schema that is not in the map was not judged: it is in place, or what it is judged by
    /// (its level, a schema that it refers to) is about to change.
    #[serde(default)]
    pub checks: BTreeMap<CompactString, Observed<Vec<String>>>,
    /// The newest versions by subject. Who moves in wants to know them, and a pass does not: it asks for declared schemas.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<CompactString, Observed<SchemaText>>,
    /// What the newest versions say, by subject, where the declared schema is another one: for people, who see in it what
    /// changes. Nothing is decided by it, and what could not be read soon, or is longer than people read, is not in the map.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub newest: BTreeMap<CompactString, Newest>,
}

impl RegistryLive {
    /// Adds what stands for all subjects that do not say themselves how their schemas may change.
    pub fn add_every_subject(&mut self) {
        let every = self.compatibility.clone().map(LiveSubject::of_level);
        self.subjects.insert(EVERY_SUBJECT.into(), every);
    }
}

/// What a subject's newest version says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Newest {
    /// The version.
    pub version: u32,
    /// The language that it is written in, as the registry spells it.
    #[serde(rename = "type")]
    pub format: CompactString,
    /// The schema itself, of at most [`Newest::LONGEST`] bytes.
    pub text: CompactString,
}

impl Newest {
    /// The longest text that is kept, in bytes. 64 KiB: a thousand fields, of which nobody reads more.
    pub const LONGEST: usize = 64 << 10;
}

/// A version of a subject, as the registry tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaText {
    /// The language that it is written in, as documents and the registry spell it: `AVRO`, `JSON`, `PROTOBUF`.
    #[serde(rename = "type")]
    pub format: CompactString,
    /// The schema itself.
    pub text: String,
    /// The versions that it refers to.
    pub references: Vec<Referred>,
    /// Whether the registry knows it again when it compares normal forms; what was registered without that, some know again
    /// only as it is.
    pub normalize: bool,
}

/// A version that a schema refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referred {
    /// What the schema calls it.
    pub name: CompactString,
    /// The subject that holds it.
    pub subject: CompactString,
    /// Its version there.
    pub version: u32,
}

/// What a look at some subjects saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryLooked {
    /// How schemas may change where a subject does not say.
    pub compatibility: Observed<CompactString>,
    /// The subjects that were asked for; `Known(None)` is one that the registry says is absent.
    pub subjects: BTreeMap<CompactString, Observed<Option<LiveSubject>>>,
}

/// A subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveSubject {
    /// The versions that are not deleted, oldest first. Empty: the subject is deleted softly, which only those are seen to
    /// be whose deletion is due.
    pub versions: Vec<u32>,
    /// The declared schema's own version, where the registry knows it (found by registering-lookup, not by text).
    #[serde(default)]
    pub declared: Option<Found>,
    /// How schemas may change, where the subject says so.
    #[serde(default)]
    pub compatibility: Option<CompactString>,
    /// Whether the declared schema is not known only because what it refers to by no version has a newer one: the subject's
    /// newest version refers to an older one, and is the declared schema otherwise. No drift of this subject.
    #[serde(default)]
    pub refers_to_older: bool,
}

impl LiveSubject {
    /// Makes what stands for all subjects that do not say themselves how their schemas may change.
    #[must_use]
    pub fn of_level(level: CompactString) -> Self {
        Self {
            compatibility: Some(level),
            ..Self::default()
        }
    }

    /// Tells whether the declared schema is the newest version. One that is known and not the newest cannot be made so:
    /// registering it again changes nothing.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let declared = self.declared.as_ref();
        declared.is_some_and(|found| self.versions.last() == Some(&found.version))
    }
}

/// A schema that the registry knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// Digest of the declared schema that was looked up (`DesiredSchema::digest`).
    pub digest: CompactString,
    /// Its version within the subject.
    pub version: u32,
    /// Its id.
    pub id: u32,
}
