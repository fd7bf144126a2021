//! The Schema Registry plane as the daemon sees it (rank 5).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use futures::future::BoxFuture;

use super::Outcome;
use crate::{
    desired::{Compatibility, DesiredSchema, Pattern, SchemaFormat, SchemaReference},
    live::{Newest, Observed, RegistryLive, RegistryLooked, SchemaText},
};

/// One Schema Registry. Every method is bounded in time by the implementation, and may be dropped at any point without harm
/// to later calls. No method retries a write: the next pass is the retry.
pub trait RegistryPlane: Send + Sync {
    /// Observes the subjects that are wanted, and no other. A subject that cannot be read is unknown by itself.
    fn observe<'a>(&'a self, wanted: &'a Wanted<'a>) -> BoxFuture<'a, Observed<RegistryLive>>;

    /// Looks at some subjects only: right before a write, and after it. Whether a declared schema may come next is not
    /// asked.
    fn look<'a>(
        &'a self,
        wanted: &'a Wanted<'a>,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, RegistryLooked>;

    /// Reads the newest versions of subjects: what they say, and not only whether they are what git declares.
    fn texts<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Observed<SchemaText>>>;

    /// Reads what the newest versions of subjects say, for people only: what cannot be read within seconds, or is longer
    /// than [`Newest::LONGEST`], is left out.
    fn newest<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Newest>>;

    /// Writes one thing.
    fn write(&self, write: RegistryWrite) -> BoxFuture<'_, Outcome>;
}

/// What anybody wants to know of a registry.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The schemas that git declares, by subject: the registry is asked whether it knows them.
    pub schemas: &'a BTreeMap<CompactString, DesiredSchema>,
    /// Which subjects are read though git does not declare them.
    pub owned: &'a [Pattern],
    /// Subjects that Headgate made and git no longer declares: of these is told, too, that they are deleted but softly.
    pub due: &'a BTreeSet<CompactString>,
}

/// One change of a registry.
#[derive(Debug, Clone, PartialEq)]
pub enum RegistryWrite {
    /// Makes a schema the newest version of a subject, which is made if it is absent. One that the subject has already
    /// stays the version that it is.
    Register {
        /// The subject.
        subject: CompactString,
        /// The schema.
        schema: NewSchema,
    },
    /// Says how schemas may change.
    Compatibility {
        /// The subject; `None`: all those that do not say it themselves.
        subject: Option<CompactString>,
        /// The level; `None`: the subject goes by the registry's again, and the registry by its default.
        level: Option<Compatibility>,
    },
    /// Deletes a subject with all its versions, first softly, then for good.
    DeleteSubject {
        /// The subject.
        subject: CompactString,
    },
}

impl RegistryWrite {
    /// Returns the subject; `None`: it is about all of them.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Register { subject, .. } | Self::DeleteSubject { subject } => Some(subject),
            Self::Compatibility { subject, .. } => subject.as_deref(),
        }
    }
}

/// A schema to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchema {
    /// The language it is written in.
    pub format: SchemaFormat,
    /// The schema itself.
    pub text: CompactString,
    /// The schemas that it refers to. Which version is the newest is found out right before the write.
    pub references: Box<[SchemaReference]>,
    /// Whether the registry normalises it before it compares.
    pub normalize: bool,
}

impl From<&DesiredSchema> for NewSchema {
    fn from(desired: &DesiredSchema) -> Self {
        Self {
            format: desired.format,
            text: desired.text.clone(),
            references: desired.references.clone(),
            normalize: desired.normalize,
        }
    }
}
