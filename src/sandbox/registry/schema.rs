//! Schemas as a registry keeps them, and what it says of one beside another (sandbox stage, pure). Of Avro it knows records and
//! their fields' defaults; all else may follow anything.

use std::{collections::BTreeMap, fmt};

use compact_str::CompactString;
use serde_json::Value;

use crate::{
    desired::{Compatibility, SchemaFormat, SchemaReference},
    live::{Referred, SchemaText},
    ports::NewSchema,
};

/// A schema with the versions that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    format: SchemaFormat,
    text: CompactString,
    references: Vec<Meant>,
}

/// A reference and the version that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    name: CompactString,
    subject: CompactString,
    /// 0: it is not there.
    version: u32,
    /// Whether it may be there yet, since it is newer than all that is there.
    is_to_come: bool,
}

impl Meant {
    /// Returns the subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub(super) fn is_to_come(&self) -> bool {
        self.is_to_come
    }
}

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, subject, .. } = self;
        write!(
            f,
            "the reference {name} means what subject {subject} does not have"
        )
    }
}

impl Kept {
    /// Finds out what a schema means; `versions` tells those of a subject, oldest first.
    pub(super) fn meant(
        schema: &NewSchema,
        versions: impl Fn(&str) -> Vec<u32>,
    ) -> Result<Self, Vec<Meant>> {
        let mean = |reference: &SchemaReference| {
            let there = versions(&reference.subject);
            let newest = there.last().copied();
            let found = reference.version.or(newest);
            let found = found.filter(|version| there.contains(version));
            Meant {
                name: reference.name.clone(),
                subject: reference.subject.clone(),
                version: found.unwrap_or(0),
                is_to_come: found.is_none() && (newest.is_none() || reference.version > newest),
            }
        };
        let references: Vec<Meant> = schema.references.iter().map(mean).collect();
        if references.iter().any(|one| one.version == 0) {
            let missing = references.into_iter().filter(|one| one.version == 0);
            return Err(missing.collect());
        }
        Ok(Self {
            format: schema.format,
            text: normal(schema),
            references,
        })
    }

    /// Returns it as the registry tells it.
    pub(super) fn told(&self) -> SchemaText {
        let references = self.references.iter().map(|one| Referred {
            name: one.name.clone(),
            subject: one.subject.clone(),
            version: one.version,
        });
        SchemaText {
            format: self.format.as_str().into(),
            text: self.text.to_string(),
            references: references.collect(),
            normalize: true,
        }
    }

    /// Tells whether the registry can read it.
    pub(super) fn is_valid(&self) -> bool {
        self.format == SchemaFormat::Protobuf || serde_json::from_str::<Value>(&self.text).is_ok()
    }

    pub(super) fn refers_to(&self, subject: &str) -> bool {
        self.references.iter().any(|one| one.subject == subject)
    }

    /// Tells whether it is what a schema means now but for references that name no version.
    pub(super) fn is_older_meaning(&self, now: &Self, schema: &NewSchema) -> bool {
        let free = schema.references.iter().map(|one| one.version.is_none());
        self.format == now.format
            && self.text == now.text
            && self.references.len() == now.references.len()
            && self
                .references
                .iter()
                .zip(&now.references)
                .zip(free)
                .all(|((old, new), free)| {
                    old == new || free && (&old.name, &old.subject) == (&new.name, &new.subject)
                })
    }

    /// Returns its fields, each with whether it has a default; `None` when it is no record.
    fn fields(&self) -> Option<BTreeMap<String, bool>> {
        let value: Value = serde_json::from_str(&self.text).ok()?;
        let fields = value.get("fields")?.as_array()?.iter();
        let field = |field: &Value| {
            let name = field.get("name")?.as_str()?.to_owned();
            Some((name, field.get("default").is_some()))
        };
        fields.map(field).collect()
    }
}

/// Returns a schema's text without what means nothing, where that is asked for.
fn normal(schema: &NewSchema) -> CompactString {
    let value = serde_json::from_str::<Value>(&schema.text);
    match value {
        Ok(value) if schema.normalize => value.to_string().into(),
        _ => schema.text.clone(),
    }
}

/// Says what speaks against a schema behind others, newest first.
pub(super) fn against<'a>(
    level: Compatibility,
    next: &Kept,
    before: impl Iterator<Item = &'a Kept>,
) -> Vec<String> {
    use Compatibility::{
        Backward, BackwardTransitive, Forward, ForwardTransitive, Full, FullTransitive,
    };
    let is_transitive = matches!(
        level,
        BackwardTransitive | ForwardTransitive | FullTransitive
    );
    let reads_old = matches!(level, Backward | BackwardTransitive | Full | FullTransitive);
    let is_read_by_old = matches!(level, Forward | ForwardTransitive | Full | FullTransitive);
    let mut told = Vec::new();
    for old in before.take(if is_transitive { usize::MAX } else { 1 }) {
        if reads_old {
            told.extend(unreadable(next, old));
        }
        if is_read_by_old {
            told.extend(unreadable(old, next));
        }
    }
    told
}

/// Returns why a reader cannot read what a writer writes: a field that it needs may be missing.
fn unreadable(reader: &Kept, writer: &Kept) -> Option<String> {
    let (wanted, written) = (reader.fields()?, writer.fields()?);
    let missing = |(name, has_default): &(&String, &bool)| {
        !**has_default && !written.contains_key(name.as_str())
    };
    let (name, _) = wanted.iter().find(missing)?;
    Some(format!("READER_FIELD_MISSING_DEFAULT_VALUE: {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_kept(text: &str) -> Kept {
        Kept {
            format: SchemaFormat::Avro,
            text: text.into(),
            references: Vec::new(),
        }
    }

    #[test]
    fn levels_tell_which_fields_may_come_and_go() {
        use Compatibility::*;
        let one = mk_kept(r#"{"fields": [{"name": "a"}]}"#);
        let more = mk_kept(r#"{"fields": [{"name": "a"}, {"name": "b"}]}"#);
        let optional = mk_kept(r#"{"fields": [{"name": "a"}, {"name": "b", "default": 1}]}"#);
        for (level, before, next, goes) in [
            (Backward, &one, &more, false),
            (Backward, &one, &optional, true),
            (Backward, &more, &one, true),
            (Forward, &one, &more, true),
            (Forward, &more, &one, false),
            (Full, &one, &optional, true),
            (Full, &more, &one, false),
            (None, &one, &more, true),
        ] {
            let told = against(level, next, [before].into_iter());
            assert_eq!(told.is_empty(), goes, "{level:?} {before:?} {next:?}");
        }
        let transitive = against(BackwardTransitive, &more, [&optional, &one].into_iter());
        assert_eq!(transitive.len(), 1, "the older one has no b");
    }
}
