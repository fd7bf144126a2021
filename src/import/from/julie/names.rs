//! How JulieOps puts names together (import, pure).

use std::collections::BTreeMap;

use super::super::sheet::Fields;
use crate::{
    desired::yaml::{At, Key, Node, Value},
    model::SourceFile,
};

/// How names are put together: after a format where one is given, else all parts in their order.
#[derive(Default)]
pub(super) struct Naming<'d> {
    separator: Option<&'d str>,
    topic: Option<&'d str>,
    project: Option<&'d str>,
    /// Whether connectors may make topics; JulieOps lets them unless it is told otherwise.
    pub(super) makes_topics: Option<bool>,
}

/// The parts before a project's name, in their order.
pub(super) struct Prefix<'d>(Vec<(&'d str, &'d str)>);

impl<'d> Prefix<'d> {
    pub(super) fn new(context: &'d str) -> Self {
        Self(vec![("context", context)])
    }

    pub(super) fn push(&mut self, key: &'d str, value: &'d str) {
        self.0.push((key, value));
    }
}

impl<'d> Naming<'d> {
    /// Reads what properties say of names. All others are about how JulieOps runs and how it logs in.
    pub(super) fn read(&mut self, mut properties: Fields<'d>) {
        let mut text = |key| properties.text(key);
        self.separator = text("topology.topic.prefix.separator").or(self.separator);
        self.topic = text("topology.topic.prefix.format").or(self.topic);
        self.project = text("topology.project.prefix.format").or(self.project);
        self.makes_topics = properties
            .flag("topology.connector.allow.topic.create")
            .or(self.makes_topics);
        if properties.flag("topology.acls.optimized") == Some(true) {
            properties.spot.lost(
                "`topology.acls.optimized`: ACLs were written topic by topic",
                "the plan shows what is there instead; write `pattern: prefixed` where that is meant",
            );
        }
        let rest: Vec<String> = properties
            .rest()
            .iter()
            .map(|(key, _)| key.escape_debug().to_string())
            .collect();
        if !rest.is_empty() {
            properties.spot.note(
                format!("these properties were left out: {}", rest.join(", ")),
                "they are about how JulieOps runs and logs in; Headgate's are in headgate.yaml",
            );
        }
    }

    /// Tells whether a part of the context stands in the names of topics.
    pub(super) fn takes(&self, key: &str) -> bool {
        let Some(format) = self.topic else {
            return true;
        };
        let mut named = format.split("{{").skip(1);
        named.any(|rest| {
            rest.split("}}")
                .next()
                .is_some_and(|part| part.trim() == key)
        })
    }

    /// Returns a topic's name; `None` when its format is not understood.
    pub(super) fn topic(
        &self,
        prefix: &Prefix<'_>,
        project: &str,
        topic: &str,
        data_type: Option<&str>,
    ) -> Option<String> {
        let data_type = data_type.filter(|of| !of.is_empty());
        let mut parts = prefix.0.clone();
        parts.extend([("project", project), ("topic", topic)]);
        parts.extend(data_type.map(|of| ("dataType", of)));
        self.put(self.topic, &parts)
    }

    /// Returns what a project's names begin with.
    pub(super) fn project(&self, prefix: &Prefix<'_>, project: &str) -> Option<String> {
        let mut parts = prefix.0.clone();
        parts.push(("project", project));
        self.put(self.project, &parts)
    }

    fn put(&self, format: Option<&str>, parts: &[(&str, &str)]) -> Option<String> {
        let Some(format) = format else {
            let values: Vec<&str> = parts.iter().map(|(_, value)| *value).collect();
            return Some(values.join(self.separator.unwrap_or(".")));
        };
        let mut name = String::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once("{{") {
            let (key, behind) = after.split_once("}}")?;
            let known = parts.iter().find(|(part, _)| *part == key.trim());
            name.push_str(before);
            name.push_str(known?.1);
            rest = behind;
        }
        name.push_str(rest);
        (!name.contains("{%")).then_some(name)
    }
}

/// Tells whether a file is JulieOps' own settings.
pub(super) fn is_properties(file: &SourceFile) -> bool {
    file.path.ends_with(".properties")
}

/// Reads Java's properties (`java.util.Properties.load`) but for its escapes; `None` when a file is something else.
pub(in crate::import::from) fn properties(file: &SourceFile) -> Option<Node<'_>> {
    let text = std::str::from_utf8(&file.bytes).ok();
    let text = text.filter(|_| is_properties(file))?;
    let mut read: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for (line, said) in whole_lines(text) {
        let ends = |c: char| matches!(c, '=' | ':') || c.is_whitespace();
        let (key, rest) = said.split_at(said.find(ends).unwrap_or(said.len()));
        let rest = rest.trim();
        let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
        // of two with one key Java takes the last
        read.insert(key.to_owned(), (line, value.to_owned()));
    }
    let fields = read.into_iter().map(|(key, (line, value))| {
        let at = At { line, column: 1 };
        let text = key.into();
        let value = Value::Scalar(value.into());
        (Key { at, text }, Node { at, value })
    });
    let at = At { line: 1, column: 1 };
    let value = Value::Map(fields.collect());
    Some(Node { at, value })
}

/// Returns what stands on the lines of a text but for comments, with the number of each. One that ends in `\` goes on.
fn whole_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let said = line.trim_start();
        if !goes_on && (said.is_empty() || said.starts_with(['#', '!'])) {
            continue;
        }
        let slashes = said.len() - said.trim_end_matches('\\').len();
        // two of them are one that is meant
        let is_cut = slashes % 2 == 1;
        let part = &said[..said.len() - usize::from(is_cut)];
        match lines.last_mut() {
            Some((_, before)) if goes_on => before.push_str(part),
            _ => lines.push((number, part.to_owned())),
        }
        goes_on = is_cut;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_prefix() -> Prefix<'static> {
        let mut prefix = Prefix::new("acme");
        prefix.push("division", "retail");
        prefix
    }

    #[test]
    fn names_are_all_parts_in_their_order() {
        let naming = Naming::default();
        let name = |of| naming.topic(&mk_prefix(), "shop", "orders", of);
        assert_eq!(name(None).as_deref(), Some("acme.retail.shop.orders"));
        assert_eq!(
            name(Some("avro")).as_deref(),
            Some("acme.retail.shop.orders.avro")
        );
        assert_eq!(
            naming.project(&mk_prefix(), "shop").as_deref(),
            Some("acme.retail.shop")
        );
    }

    #[test]
    fn a_format_and_a_separator_are_followed() {
        let naming = Naming {
            separator: Some("_"),
            topic: Some("{{division}}-{{ project }}.{{topic}}"),
            ..Naming::default()
        };
        let name = naming.topic(&mk_prefix(), "shop", "orders", Some("avro"));
        assert_eq!(name.as_deref(), Some("retail-shop.orders"));
        assert_eq!(
            naming.project(&mk_prefix(), "shop").as_deref(),
            Some("acme_retail_shop")
        );
    }

    #[test]
    fn a_format_that_is_not_understood_makes_no_name() {
        for format in [
            "{{team}}.{{topic}}",
            "{{topic",
            "{% if dataType %}x{% endif %}",
        ] {
            let naming = Naming {
                topic: Some(format),
                ..Naming::default()
            };
            assert_eq!(
                naming.topic(&mk_prefix(), "shop", "orders", None),
                None,
                "{format}"
            );
        }
    }

    #[test]
    fn properties_are_read_as_java_reads_them() {
        let file = SourceFile {
            path: "julie.properties".to_owned(),
            bytes: b"# a=b\n! c\na = 1\nb:2\nc 3\nlogin=\\\n  hunter2 \\\n  user=x\na=4\nlast\\"
                .to_vec(),
        };
        let Some(Value::Map(fields)) = properties(&file).map(|node| node.value) else {
            panic!("they are fields");
        };
        let read: Vec<(&str, &str, u32)> = fields
            .iter()
            .filter_map(|(key, node)| match &node.value {
                Value::Scalar(text) => Some((&*key.text, &**text, node.at.line)),
                _ => None,
            })
            .collect();
        let wanted = [
            ("a", "4", 9),
            ("b", "2", 4),
            ("c", "3", 5),
            ("last", "", 10),
            ("login", "hunter2 user=x", 6),
        ];
        assert_eq!(read, wanted);
    }
}
