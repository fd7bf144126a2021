//! Words that a document may say from a closed set, and names made of them (desired, rank 1).

use compact_str::CompactString;

use super::{
    Pattern,
    node::{Node, Value, shorten},
    page::{At, Page},
    read::{Read, expected, map, scalar},
    snippet,
};
use crate::model::{Kind, Mode, Severity, TopicName};

/// The one version of the format.
pub(super) const API_VERSION: &str = "headgate.dev/v1";

/// Kinds of documents that are read.
pub(super) const KINDS: [&str; 2] = ["Cluster", "Topic"];

/// Kinds that belong to the format and that a later version manages.
pub(super) const LATER: [&str; 11] = [
    "User",
    "Acl",
    "Connector",
    "Schema",
    "Quota",
    "BrokerConfig",
    "ConsumerGroup",
    "GroupConfig",
    "Network",
    "SecurityGroup",
    "NodeGroup",
];

/// Notes that a kind is none that is read here, with the nearest right one.
pub(super) fn refuse_kind(kind: &str, at: At, readable: &[&str], page: &mut Page<'_>) {
    if LATER.contains(&kind) {
        page.error_with(
            at,
            format!("this version of Headgate does not manage kind {kind} yet"),
            "remove it until it does".to_owned(),
        );
        return;
    }
    let all = readable.iter().chain(&LATER).copied();
    let near = page
        .has_room(Severity::Error)
        .then(|| snippet::nearest(kind, all));
    let help = near.flatten().map_or_else(
        || format!("known here: {}", snippet::quoted(readable)),
        |near| format!("did you mean `{near}`?"),
    );
    page.error_with(at, format!("unknown kind {}", shorten(kind)), help);
}

/// `headgate.dev/v1`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ApiVersion;

impl Read for ApiVersion {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let text = scalar(&format!("`{API_VERSION}`"), node, page)?;
        if text == API_VERSION {
            return Some(Self);
        }
        page.error_with(
            node.at,
            format!("unknown apiVersion {}", shorten(text)),
            format!("this version of Headgate reads `{API_VERSION}`"),
        );
        None
    }
}

/// `Cluster`; whoever reads a whole document has looked at its kind before.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClusterKind;

impl Read for ClusterKind {
    fn read(_: &Node<'_>, _: &mut Page<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// `Topic`; whoever reads a whole document has looked at its kind before.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopicKind;

impl Read for TopicKind {
    fn read(_: &Node<'_>, _: &mut Page<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// The kind of an object that may be deleted.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConsentKind(pub(super) Kind);

impl Read for ConsentKind {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let text = scalar("a kind", node, page)?;
        let kind = kind(text);
        if kind.is_none() {
            refuse_kind(text, node.at, &kinds(), page);
        }
        kind.map(Self)
    }
}

fn kind(text: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|k| k.as_str() == text)
}

fn kinds() -> Vec<&'static str> {
    Kind::ALL.iter().map(|k| k.as_str()).collect()
}

impl Read for Mode {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words: Vec<&str> = Mode::ALL.iter().map(|m| m.as_str()).collect();
        let text = scalar("a mode", node, page)?;
        let mode = Mode::ALL.iter().copied().find(|m| m.as_str() == text);
        if mode.is_none() {
            page.error_with(
                node.at,
                format!("unknown mode {}", shorten(text)),
                snippet::spelling_help(text, &words),
            );
        }
        mode
    }
}

/// Modes by kind.
#[derive(Debug, Clone)]
pub(super) struct Modes(pub(super) Vec<(Kind, Mode)>);

impl Read for Modes {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let mut modes = Vec::new();
        for (key, value) in map(node, page)? {
            let mode = Mode::read(value, page);
            match kind(&key.text) {
                Some(kind) => modes.extend(mode.map(|mode| (kind, mode))),
                // a cluster's file may look ahead; but nobody is to believe that what it says is done
                None if LATER.contains(&key.text.as_ref()) => page.note(
                    Severity::Warning,
                    key.at,
                    format!(
                        "this version of Headgate does not manage kind {} yet; its mode has no effect",
                        key.text
                    ),
                    None,
                ),
                None => refuse_kind(&key.text, key.at, &kinds(), page),
            }
        }
        Some(Self(modes))
    }
}

/// Words for people.
#[derive(Debug, Clone)]
pub(super) struct Labels(pub(super) Vec<(CompactString, CompactString)>);

impl Read for Labels {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let mut labels = Vec::new();
        for (key, value) in map(node, page)? {
            let text = match &value.value {
                Value::Null => Some(""),
                _ => scalar("a text", value, page),
            };
            labels.extend(text.map(|text| (key.text.as_ref().into(), text.into())));
        }
        Some(Self(labels))
    }
}

impl Read for Pattern {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a pattern of topic names such as `app.*`";
        let text = scalar(WHAT, node, page)?;
        // with its wildcards taken as letters a pattern has to be a name, else it could match none
        let as_name = text.replace(['*', '?'], "x");
        match TopicName::new(&as_name) {
            Ok(_) => Some(Self(text.to_owned())),
            Err(_) => expected(WHAT, node, page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_or_comes_later() {
        for kind in kinds() {
            assert!(KINDS.contains(&kind), "{kind} is managed and not read");
            assert!(!LATER.contains(&kind), "{kind} is managed and comes later");
        }
        assert_eq!(
            KINDS.len(),
            Kind::ALL.len() + 1,
            "Cluster and what is managed"
        );
    }
}
