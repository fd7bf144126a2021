//! What a Schema Registry holds, and its rules for changing it (sandbox stage, pure; Confluent's `KafkaSchemaRegistry`).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::schema::{Kept, Meant, against};
use crate::{
    desired::{Compatibility, DesiredSchema},
    live::{Found, LiveSubject},
    ports::{NewSchema, Outcome, RefusalClass, RegistryWrite},
    sandbox::fate::refused,
};

/// How schemas may change where nobody says (Confluent's default).
const DEFAULT: Compatibility = Compatibility::Backward;

/// A registry's state.
#[derive(Debug, Clone, Default)]
pub struct RegistryWorld {
    level: Option<Compatibility>,
    subjects: BTreeMap<CompactString, Subject>,
    /// Every schema ever registered; its place tells its id.
    ids: Vec<Kept>,
}

/// A subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// How its schemas may change, where it says so.
    pub level: Option<Compatibility>,
    /// Its versions, oldest first, those that are deleted softly among them.
    pub versions: Vec<Version>,
}

/// A version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// The schema.
    pub schema: Kept,
    /// Whether it is deleted softly.
    pub deleted: bool,
}

impl Subject {
    /// Returns the versions that are not deleted.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Version> {
        self.versions.iter().filter(|version| !version.deleted)
    }
}

impl RegistryWorld {
    /// Returns the subjects by name.
    #[must_use]
    pub fn subjects(&self) -> &BTreeMap<CompactString, Subject> {
        &self.subjects
    }

    /// Returns how schemas may change where a subject does not say.
    #[must_use]
    pub fn level(&self) -> Compatibility {
        self.level.unwrap_or(DEFAULT)
    }

    /// Returns what the subject's next version would be, as references are meant now.
    ///
    /// # Errors
    /// What it refers to and is not there.
    pub fn meant(&self, schema: &NewSchema) -> Result<Kept, Vec<Meant>> {
        Kept::meant(schema, |subject| {
            let subject = self.subjects.get(subject);
            let versions = subject.into_iter().flat_map(Subject::live);
            versions.map(|version| version.number).collect()
        })
    }

    /// Carries out a request. A deletion takes two.
    pub fn write(&mut self, write: &RegistryWrite) -> Outcome {
        match write {
            RegistryWrite::Register { subject, schema } => self.register(subject, schema),
            RegistryWrite::Compatibility {
                subject: None,
                level,
            } => {
                self.level = *level;
                Outcome::Applied
            }
            RegistryWrite::Compatibility {
                subject: Some(name),
                level,
            } => match self.subjects.get_mut(name) {
                Some(subject) if subject.live().next().is_some() => {
                    subject.level = *level;
                    Outcome::Applied
                }
                _ => absent(name),
            },
            RegistryWrite::DeleteSubject { subject } => match self.delete_softly(subject) {
                Outcome::Applied => self.delete_for_good(subject),
                other => other,
            },
        }
    }

    fn register(&mut self, name: &CompactString, schema: &NewSchema) -> Outcome {
        let kept = match self.meant(schema) {
            Ok(kept) => kept,
            Err(missing) => {
                let told: Vec<String> = missing.iter().map(ToString::to_string).collect();
                return refused(RefusalClass::Final, "REFERENCE_MISSING", told.join("; "));
            }
        };
        if !kept.is_valid() {
            return refused(RefusalClass::Final, "INVALID_SCHEMA", "it is no schema");
        }
        let before = self.subjects.get(name);
        let known = before.is_some_and(|s| s.live().any(|version| version.schema == kept));
        if known {
            return Outcome::Applied;
        }
        let told = self.against(name, &kept);
        if !told.is_empty() {
            return refused(RefusalClass::Final, "INCOMPATIBLE", told.join("; "));
        }
        if !self.ids.contains(&kept) {
            self.ids.push(kept.clone());
        }
        let subject = self.subjects.entry(name.clone()).or_default();
        let last = subject.versions.last().map_or(0, |last| last.number);
        subject.versions.push(Version {
            number: last + 1,
            schema: kept,
            deleted: false,
        });
        Outcome::Applied
    }

    /// Says what speaks against a schema as a subject's next version.
    pub(super) fn against(&self, name: &str, kept: &Kept) -> Vec<String> {
        let Some(subject) = self.subjects.get(name) else {
            return Vec::new();
        };
        let level = subject.level.unwrap_or(self.level());
        let before = subject.live().rev().map(|version| &version.schema);
        against(level, kept, before)
    }

    /// Deletes a subject so that it can be had back.
    pub(super) fn delete_softly(&mut self, name: &str) -> Outcome {
        let referring = self.subjects.iter().find(|(other, subject)| {
            *other != name && subject.live().any(|version| version.schema.refers_to(name))
        });
        if let Some((other, _)) = referring {
            let told = format!("{other} refers to it");
            return refused(RefusalClass::ReferredTo, "REFERRED_TO", told);
        }
        match self.subjects.get_mut(name) {
            Some(subject) => {
                subject.level = None;
                for version in &mut subject.versions {
                    version.deleted = true;
                }
                Outcome::Applied
            }
            None => absent(name),
        }
    }

    /// Deletes a subject that is deleted softly.
    pub(super) fn delete_for_good(&mut self, name: &str) -> Outcome {
        match self.subjects.get(name) {
            Some(subject) if subject.live().next().is_some() => {
                let told = "it was not deleted first before being permanently deleted";
                refused(RefusalClass::Transient, "MADE_ANEW", told)
            }
            _ => {
                self.subjects.remove(name);
                Outcome::Applied
            }
        }
    }

    /// Returns a subject as it is shown; one that is deleted softly only where its deletion is due.
    pub(super) fn shown(
        &self,
        name: &str,
        declared: Option<&DesiredSchema>,
        is_due: bool,
    ) -> Option<LiveSubject> {
        let subject = self.subjects.get(name)?;
        let versions: Vec<u32> = subject.live().map(|version| version.number).collect();
        if versions.is_empty() {
            return is_due.then(LiveSubject::default);
        }
        let mut live = LiveSubject {
            versions,
            compatibility: subject.level.map(|level| level.as_str().into()),
            ..LiveSubject::default()
        };
        if let Some(desired) = declared
            && let Ok(kept) = self.meant(&NewSchema::from(desired))
        {
            let mut known = subject.live();
            let found = known.find(|version| version.schema == kept);
            live.declared = found.map(|version| Found {
                digest: desired.digest.clone(),
                version: version.number,
                id: self.id(&kept),
            });
            let newest = subject.live().next_back();
            live.refers_to_older = found.is_none()
                && newest.is_some_and(|newest| {
                    newest
                        .schema
                        .is_older_meaning(&kept, &NewSchema::from(desired))
                });
        }
        Some(live)
    }

    fn id(&self, schema: &Kept) -> u32 {
        let place = self.ids.iter().position(|known| known == schema);
        place.and_then(|at| u32::try_from(at).ok()).unwrap_or(0) + 1
    }
}

fn absent(name: &str) -> Outcome {
    let told = format!("Subject '{name}' not found.");
    refused(RefusalClass::Gone, "GONE", told)
}
