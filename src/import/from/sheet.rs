//! Somebody else's documents while they are read (import, pure): every value knows its place, and what nobody takes out of a
//! mapping is reported when the mapping is done with, so that nothing can be lost by being forgotten.

use std::{collections::BTreeSet, sync::Arc};

use super::report::Report;
use crate::{
    desired::yaml::{At, Key, Node, Value},
    model::{Place, Severity, SourceFile},
};

/// A file that is read.
pub(super) struct Sheet<'d> {
    pub(super) source: &'d SourceFile,
    pub(super) documents: Vec<Node<'d>>,
    file: Arc<str>,
    report: &'d Report,
}

impl<'d> Sheet<'d> {
    pub(super) fn new(
        source: &'d SourceFile,
        documents: Vec<Node<'d>>,
        report: &'d Report,
    ) -> Self {
        Self {
            source,
            documents,
            file: Arc::from(source.path.as_str()),
            report,
        }
    }

    /// Returns the documents.
    pub(super) fn spots(&'d self) -> impl Iterator<Item = Spot<'d>> {
        self.documents.iter().map(|node| self.spot(node.at, node))
    }

    fn spot(&'d self, at: At, node: &'d Node<'d>) -> Spot<'d> {
        Spot {
            sheet: self,
            at,
            node,
        }
    }
}

/// A value, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'d> {
    pub(super) sheet: &'d Sheet<'d>,
    at: At,
    node: &'d Node<'d>,
}

impl<'d> Spot<'d> {
    pub(super) fn place(&self) -> Place {
        Place {
            file: Arc::clone(&self.sheet.file),
            line: self.at.line,
            column: self.at.column,
        }
    }

    /// Tells that something here is not carried over, and what to do.
    pub(super) fn lost(&self, message: impl Into<String>, help: &str) {
        let place = Some(self.place());
        let report = self.sheet.report;
        report.add(Severity::Error, place, message.into(), help);
    }

    /// Tells something that is worth knowing, and what to do.
    pub(super) fn note(&self, message: impl Into<String>, help: &str) {
        let place = Some(self.place());
        let report = self.sheet.report;
        report.add(Severity::Warning, place, message.into(), help);
    }

    /// Tells that what is said here is what Headgate does when nothing is said.
    pub(super) fn same(&self, message: impl Into<String>) {
        self.sheet.report.same(message.into(), self.place());
    }

    /// Returns the text if it is one.
    pub(super) fn plain(&self) -> Option<&'d str> {
        match &self.node.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Looks at a field of a mapping, without taking anything.
    pub(super) fn field(&self, key: &str) -> Option<Spot<'d>> {
        match &self.node.value {
            Value::Map(fields) => {
                let (_, node) = fields.iter().find(|(k, _)| k.text == key)?;
                Some(self.sheet.spot(node.at, node))
            }
            _ => None,
        }
    }

    /// Tells whether nothing stands here.
    pub(super) fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::Null => true,
            Value::Scalar(_) => false,
            Value::List(items) => items.is_empty(),
            Value::Map(fields) => fields.is_empty(),
        }
    }

    /// Tells whether this is a mapping.
    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// Tells whether this is the empty value of any type: `""`, `[]`, `{}`, nothing.
    pub(super) fn says_nothing(&self) -> bool {
        self.is_empty() || self.plain() == Some("")
    }

    /// Reads a text.
    pub(super) fn text(&self, what: &str) -> Option<&'d str> {
        let text = self.plain();
        if text.is_none() {
            self.expected(what, "a text");
        }
        text
    }

    /// Reads a whole number.
    pub(super) fn count(&self, what: &str) -> Option<usize> {
        let number = self.plain().and_then(|text| text.trim().parse().ok());
        if number.is_none() {
            self.expected(what, "a whole number");
        }
        number
    }

    /// Reads `true` or `false`.
    pub(super) fn flag(&self, what: &str) -> Option<bool> {
        match self.plain().map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                self.expected(what, "`true` or `false`");
                None
            }
        }
    }

    /// Reads a list.
    pub(super) fn items(&self, what: &str) -> Vec<Spot<'d>> {
        match &self.node.value {
            Value::List(items) => {
                let each = items.iter();
                each.map(|node| self.sheet.spot(node.at, node)).collect()
            }
            Value::Null => Vec::new(),
            _ => {
                self.expected(what, "a list");
                Vec::new()
            }
        }
    }

    /// Reads a mapping. `what` names it in messages.
    pub(super) fn fields(&self, what: impl Into<String>) -> Option<Fields<'d>> {
        let what = what.into();
        match &self.node.value {
            Value::Map(fields) => Some(Fields {
                spot: *self,
                what,
                fields,
                taken: BTreeSet::new(),
            }),
            _ => {
                self.expected(&what, "fields");
                None
            }
        }
    }

    /// What stands here instead may be anything, a secret too, so that it is not told.
    fn expected(&self, what: &str, wanted: &str) {
        self.lost(
            format!("{what}: expected {wanted}; this was left out"),
            "correct it and import again",
        );
    }
}

/// A mapping of which field after field is taken. What is left in the end had no counterpart, and is reported.
pub(super) struct Fields<'d> {
    pub(super) spot: Spot<'d>,
    /// What it is, for messages.
    pub(super) what: String,
    fields: &'d [(Key<'d>, Node<'d>)],
    taken: BTreeSet<&'d str>,
}

impl<'d> Fields<'d> {
    /// Takes a field; one without a value says nothing.
    pub(super) fn take(&mut self, key: &str) -> Option<Spot<'d>> {
        let (key, node) = self.fields.iter().find(|(k, _)| k.text == key)?;
        self.taken.insert(&key.text);
        let spot = self.spot.sheet.spot(node.at, node);
        (!matches!(node.value, Value::Null)).then_some(spot)
    }

    /// Looks at a field without taking it.
    pub(super) fn peek(&self, key: &str) -> Option<Spot<'d>> {
        let (_, node) = self.fields.iter().find(|(k, _)| k.text == key)?;
        Some(self.spot.sheet.spot(node.at, node))
    }

    /// Takes a field that is a text.
    pub(super) fn text(&mut self, key: &str) -> Option<&'d str> {
        let spot = self.take(key)?;
        spot.text(&format!("{}: `{key}`", self.what))
    }

    /// Takes a field that is a text and must be there.
    pub(super) fn need(&mut self, key: &str) -> Option<&'d str> {
        if self.peek(key).is_none_or(|spot| spot.says_nothing()) {
            self.spot.lost(
                format!("{}: `{key}` is missing; this was left out", self.what),
                "correct it and import again",
            );
        }
        self.text(key).filter(|text| !text.is_empty())
    }

    /// Takes a field that is a whole number.
    pub(super) fn count(&mut self, key: &str) -> Option<usize> {
        let spot = self.take(key)?;
        spot.count(&format!("{}: `{key}`", self.what))
    }

    /// Takes a field that is a whole number, or a word that stands for none.
    pub(super) fn count_unless(&mut self, key: &str, none: &str) -> Option<usize> {
        let spot = self.take(key).filter(|spot| spot.plain() != Some(none))?;
        spot.count(&format!("{}: `{key}`", self.what))
    }

    /// Takes a field that is `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let spot = self.take(key)?;
        spot.flag(&format!("{}: `{key}`", self.what))
    }

    /// Takes a field that is a list.
    pub(super) fn items(&mut self, key: &str) -> Vec<Spot<'d>> {
        let what = format!("{}: `{key}`", self.what);
        self.take(key).map_or(Vec::new(), |spot| spot.items(&what))
    }

    /// Takes a field that is a list of texts.
    pub(super) fn texts(&mut self, key: &str) -> Vec<&'d str> {
        let what = format!("{}: `{key}`", self.what);
        let items = self.items(key).into_iter();
        items.filter_map(|item| item.text(&what)).collect()
    }

    /// Takes a field that is a mapping.
    pub(super) fn fields(&mut self, key: &str) -> Option<Fields<'d>> {
        let spot = self.take(key)?;
        spot.fields(format!("{}: `{key}`", self.what))
    }

    /// Takes a field that is a mapping and without which all else here says nothing.
    pub(super) fn need_fields(&mut self, key: &str) -> Option<Fields<'d>> {
        let fields = self.fields(key);
        if fields.is_none() {
            self.rest();
            self.spot.lost(
                format!("{} has no `{key}`; it was left out", self.what),
                "correct it and import again",
            );
        }
        fields
    }

    /// Takes the `spec` of a document, which is called as the document is; one without it is left out.
    pub(super) fn spec(&mut self) -> Option<Fields<'d>> {
        let mut spec = self.need_fields("spec")?;
        spec.what.clone_from(&self.what);
        Some(spec)
    }

    /// Takes a field that is a mapping, and all that stands in it, by name.
    pub(super) fn entries(&mut self, key: &str) -> Vec<(&'d str, Spot<'d>)> {
        let fields = self.fields(key);
        fields.map_or(Vec::new(), |mut fields| fields.rest())
    }

    /// Takes all fields that are left, by name.
    pub(super) fn rest(&mut self) -> Vec<(&'d str, Spot<'d>)> {
        let sheet = self.spot.sheet;
        let left = self
            .fields
            .iter()
            .filter(|(key, _)| !self.taken.contains(key.text.as_ref()));
        let left: Vec<(&'d str, Spot<'d>)> = left
            .map(|(key, node)| (key.text.as_ref(), sheet.spot(node.at, node)))
            .collect();
        self.taken.extend(left.iter().map(|(key, _)| *key));
        left
    }

    /// Leaves out fields that say nothing about Kafka: bookkeeping of the tool or of Kubernetes.
    pub(super) fn bookkeeping(&mut self, keys: &[&str]) {
        for key in keys {
            self.take(key);
        }
    }

    /// Leaves a field out that has no counterpart, and says what to do instead.
    pub(super) fn lost(&mut self, key: &str, help: &str) {
        if let Some(spot) = self.take_said(key) {
            spot.lost(self.left_out(key), help);
        }
    }

    /// Leaves a field out that needs no counterpart, and says why.
    pub(super) fn needless(&mut self, key: &str, why: &str) {
        if let Some(spot) = self.take_said(key) {
            spot.note(self.left_out(key), why);
        }
    }

    /// Leaves out the annotations that are left.
    pub(super) fn annotations_lost(mut self) {
        for (key, spot) in self.rest() {
            spot.lost(
                format!("annotation `{}` was left out", key.escape_debug()),
                "what is for people can be a label",
            );
        }
    }

    /// Leaves everything out that has not been taken, with one finding for the whole.
    pub(super) fn left_out_whole(mut self, why: impl Into<String>, help: &str) {
        self.rest();
        self.spot.lost(why, help);
    }

    /// Passes over everything that has not been taken, with one note for the whole.
    pub(super) fn passed_over(mut self, message: impl Into<String>, why: &str) {
        self.rest();
        self.spot.note(message, why);
    }

    fn left_out(&self, key: &str) -> String {
        format!("{}: `{key}` was left out", self.what)
    }

    /// Takes a field that says something, unless it was taken before; its place is that of its name.
    fn take_said(&mut self, key: &str) -> Option<Spot<'d>> {
        if self.taken.contains(key) {
            return None;
        }
        self.take(key).filter(|spot| !spot.is_empty())?;
        self.named(key)
    }

    fn named(&self, key: &str) -> Option<Spot<'d>> {
        let (key, node) = self.fields.iter().find(|(k, _)| k.text == key)?;
        Some(self.spot.sheet.spot(key.at, node))
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        for (key, node) in self.fields {
            let known = self.taken.contains(key.text.as_ref());
            let spot = self.spot.sheet.spot(key.at, node);
            if !known && !spot.is_empty() {
                spot.lost(
                    format!(
                        "{}: `{}` is not known here and was left out",
                        self.what,
                        key.text.escape_debug()
                    ),
                    "look in docs/moving-in.md for what is carried over",
                );
            }
        }
    }
}
