//! What a registry is asked about, as git would declare it.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::{CompactString, format_compact};
use headgate::{
    desired::{Compatibility, DesiredSchema, Pattern, SchemaFormat, SchemaReference},
    model::Place,
    ports::Wanted,
};

/// What is wanted, owned.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    pub(crate) schemas: BTreeMap<CompactString, DesiredSchema>,
    pub(crate) owned: Vec<Pattern>,
    pub(crate) due: BTreeSet<CompactString>,
}

impl Wants {
    /// Declares schemas by subject.
    pub(crate) fn declaring<const N: usize>(schemas: [(&str, DesiredSchema); N]) -> Self {
        Self {
            schemas: schemas
                .map(|(subject, schema)| (subject.into(), schema))
                .into(),
            ..Self::default()
        }
    }

    pub(crate) fn all(&self) -> Wanted<'_> {
        Wanted {
            schemas: &self.schemas,
            owned: &self.owned,
            due: &self.due,
        }
    }
}

/// A schema in Avro.
pub(crate) fn mk_schema(text: &str) -> DesiredSchema {
    DesiredSchema {
        place: Place {
            file: "schemas.yaml".into(),
            line: 1,
            column: 1,
        },
        labels: Box::default(),
        format: SchemaFormat::Avro,
        text: text.into(),
        digest: format_compact!("digest of {text}"),
        references: Box::default(),
        compatibility: None,
        normalize: true,
    }
}

/// A schema with a level of its own.
pub(crate) fn mk_level(text: &str, level: Compatibility) -> DesiredSchema {
    DesiredSchema {
        compatibility: Some(level),
        ..mk_schema(text)
    }
}

/// A schema that refers to a name in another subject.
pub(crate) fn mk_referring(
    text: &str,
    name: &str,
    subject: &str,
    version: Option<u32>,
) -> DesiredSchema {
    DesiredSchema {
        references: Box::new([SchemaReference {
            name: name.into(),
            subject: subject.into(),
            version,
        }]),
        ..mk_schema(text)
    }
}
