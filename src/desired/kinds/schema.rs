//! `kind: Schema`: a subject of the Schema Registry (desired, rank 1).

use std::collections::BTreeSet;

use super::{Declares, Document, Spec};
use crate::{
    desired::{
        Compatibility, DesiredSchema, SchemaFormat, SchemaReference,
        across::{Mention, Mentions, Unread},
        home::Home,
        node::{Node, shorten},
        page::{At, Page},
        read::{Count, Needed, Read, Text, mirror},
        schema_text,
        word::word,
    },
    model::{EVERY_SUBJECT, Kind, ObjectRef},
};

mirror! {
    /// What is wanted of a subject.
    SchemaSpec {
        /// The language that the schema is written in: `AVRO`, `JSON` (JSON Schema) or `PROTOBUF`.
        format = "type": Needed<SchemaFormat>,
        /// The file with the schema, by its path from the folder of this document: `order.avsc`, `../shared/money.proto`. Either
        /// this or `schema`.
        file = "schemaFile": Option<Text>,
        /// The schema itself. Either this or `schemaFile`.
        text = "schema": Option<Text>,
        /// The schemas that it refers to.
        references = "references": Option<Vec<ReferenceSpec>>,
        /// How it may change from version to version. Default: as the registry says for all (`spec.registry.compatibility` of
        /// the Cluster).
        compatibility = "compatibility": Option<Compatibility>,
        /// Whether the registry compares schemas in their normal form, in which spaces and the order of what has none mean
        /// nothing. Default: true.
        normalize = "normalize": Option<bool>,
    }
}

mirror! {
    /// A schema that another one refers to.
    ReferenceSpec {
        /// What the schema calls it: an Avro name, the path of a Protobuf import, a JSON `$ref`.
        name = "name": Needed<Text>,
        /// The subject that holds it.
        subject = "subject": Needed<Text>,
        /// Its version there. Default: the newest.
        version = "version": Option<Count<1, { i32::MAX.unsigned_abs() }>>,
    }
}

impl Read for SchemaFormat {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words = Self::ALL.map(Self::as_str);
        let parse = |text: &str| Self::ALL.into_iter().find(|f| f.as_str() == text);
        word("type of schema", &words, parse, node, page)
    }
}

impl Read for Compatibility {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words = Self::ALL.map(Self::as_str);
        let parse = |text: &str| Self::ALL.into_iter().find(|c| c.as_str() == text);
        word("compatibility", &words, parse, node, page)
    }
}

impl Spec for SchemaSpec {
    const KIND: &'static str = "Schema";
    const ABOUT: &'static str =
        "A subject of the Schema Registry: its newest schema, and how that may change.";
    const NAMED: &'static str = "What the subject is called, such as `orders-value`.";
}

impl Declares for SchemaSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let (Some(name), Some(spec)) = (document.name(), &document.spec) else {
            return;
        };
        if name.value.contains(char::is_control) || name.value != name.value.trim() {
            let message = format!(
                "{} is no subject: expected no control characters, and no spaces around it",
                shorten(&name.value)
            );
            return page.error(name.at, message);
        }
        if name.value == EVERY_SUBJECT {
            return page.error_with(
                name.at,
                format!("`{EVERY_SUBJECT}` is no subject, but what plans call the registry's own setting"),
                "say it in the Cluster's `spec.registry.compatibility`".to_owned(),
            );
        }
        if !home.claim(ObjectRef::new(Kind::Schema, &name.value), document.at, page) {
            return;
        }
        let Some(format) = spec.format.0 else { return };
        let schema = DesiredSchema {
            place: page.place(document.at),
            labels: document.labels(),
            format,
            text: "".into(),
            digest: "".into(),
            references: spec.references(home, name, page).into(),
            compatibility: spec.compatibility,
            normalize: spec.normalize.unwrap_or(true),
        };
        match (&spec.file, &spec.text) {
            (Some(file), None) => home.unread.push(Unread {
                subject: name.value.clone(),
                schema,
                file: file.value.clone(),
                place: page.place(file.at),
            }),
            (None, Some(text)) => {
                if let Err(wrong) = schema_text::check(format, &text.value) {
                    let (message, help) = wrong.inline();
                    page.error_with(text.at, message, help);
                }
                home.declare_schema(name.value.clone(), schema, &text.value);
            }
            // a field that could not be read has been told of
            (None, None) if !document.clean => {}
            (file, _) => choose(file.is_some(), document.at, page),
        }
    }
}

fn choose(both: bool, at: At, page: &mut Page<'_>) {
    let (message, help) = match both {
        true => (
            "both `schemaFile` and `schema` say what the schema is",
            "take one of them out",
        ),
        false => (
            "nothing says what the schema is",
            "write `schemaFile: order.avsc` for a file beside this one, or the schema itself as `schema: |`",
        ),
    };
    page.error_with(at, message, help.to_owned());
}

impl SchemaSpec {
    fn references(
        &self,
        home: &mut Home,
        subject: &Text,
        page: &mut Page<'_>,
    ) -> Vec<SchemaReference> {
        let mut names = BTreeSet::new();
        let mut references = Vec::new();
        for spec in self.references.iter().flatten() {
            let (Some(name), Some(to)) = (&spec.name.0, &spec.subject.0) else {
                continue;
            };
            if !names.insert(&name.value) {
                page.error(
                    name.at,
                    format!("{} is referred to twice", shorten(&name.value)),
                );
                continue;
            }
            // a version that is named may be there since before git said anything
            if spec.version.is_none() {
                home.mentions.push(Mention {
                    place: page.place(to.at),
                    by: subject.value.clone(),
                    object: ObjectRef::new(Kind::Schema, &to.value),
                    mentions: Mentions::Reference,
                });
            }
            references.push(SchemaReference {
                name: name.value.clone(),
                subject: to.value.clone(),
                version: spec.version.map(|n| n.value),
            });
        }
        references.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        references
    }
}
