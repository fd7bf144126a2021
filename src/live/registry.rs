//! What the Schema Registry holds (rank 1: types only).

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Observed;

/// What the Schema Registry holds of the subjects that are git's business.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryLive {
    /// How schemas may change where a subject does not say (`GET /config`).
    pub compatibility: Option<CompactString>,
    /// Subjects by name.
    pub subjects: BTreeMap<CompactString, Observed<LiveSubject>>,
}

/// A subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveSubject {
    /// The versions that are not deleted, oldest first.
    pub versions: Vec<u32>,
    /// The declared schema's own version, where the registry knows it (found by registering-lookup, not by text).
    #[serde(default)]
    pub declared: Option<Found>,
    /// How schemas may change, where the subject says so.
    #[serde(default)]
    pub compatibility: Option<CompactString>,
    /// What the registry says against the declared schema as its next version; empty: nothing. `None`: it was not asked.
    #[serde(default)]
    pub check: Option<Observed<Vec<String>>>,
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
