//! Words that a document may say from a closed set, and names made of them (desired, rank 1).

use compact_str::CompactString;

use super::{
    Deletion, Pattern,
    node::{Node, Value, shorten},
    page::{At, Page},
    read::{Read, expected, map, scalar},
    snippet,
};
use crate::model::{
    AclOperation, AclPattern, AclPermission, AclResource, Kind, Mode, ScramMechanism, SecretName,
    Severity, TopicName,
};

/// The one version of the format.
pub(super) const API_VERSION: &str = "headgate.dev/v1";

/// Kinds that belong to the format and that a later version manages.
pub(super) const LATER: [&str; 3] = ["Network", "SecurityGroup", "NodeGroup"];

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
    Kind::ALL.iter().map(|kind| kind.as_str()).collect()
}

/// A kind of which deleting takes access away and no data.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccessKind(pub(super) Kind);

impl AccessKind {
    /// Those kinds.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        let all = Kind::ALL.iter().filter(|kind| Deletion::is_access(**kind));
        all.map(|kind| kind.as_str())
    }
}

impl Read for AccessKind {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words: Vec<&str> = Self::words().collect();
        word(
            "kind that is deleted without consent",
            &words,
            kind,
            node,
            page,
        )
        .map(Self)
    }
}

/// Reads a word of a closed set.
pub(super) fn word<T>(
    what: &str,
    words: &[&str],
    parse: impl Fn(&str) -> Option<T>,
    node: &Node<'_>,
    page: &mut Page<'_>,
) -> Option<T> {
    let text = scalar(&format!("a {what}"), node, page)?;
    let known = words.contains(&text) || text.starts_with('#');
    let read = known.then(|| parse(text)).flatten();
    if read.is_none() {
        page.error_with(
            node.at,
            format!("unknown {what} {}", shorten(text)),
            snippet::spelling_help(text, words),
        );
    }
    read
}

impl Read for Mode {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words: Vec<&str> = Mode::ALL.iter().map(|m| m.as_str()).collect();
        let parse = |text: &str| Mode::ALL.iter().copied().find(|m| m.as_str() == text);
        word("mode", &words, parse, node, page)
    }
}

impl Read for ScramMechanism {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words: Vec<&str> = Self::ALL.iter().map(|m| m.as_str()).collect();
        word("SCRAM mechanism", &words, Self::parse, node, page)
    }
}

/// Reads a word of an ACL, or `#n` for what a newer Kafka has. Codes 0 and 1 (and of patterns 2) stand for "unknown" and
/// for what only filters say, which no ACL can be.
macro_rules! acl_words {
    ($($name:ident: $what:literal, $first:literal);+ $(;)?) => {$(
        impl Read for $name {
            fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
                let words: Vec<&str> = Self::ALL.iter().filter_map(|w| w.word()).collect();
                let parse = |text: &str| Self::parse(text).filter(|w| w.0 >= $first);
                word($what, &words, parse, node, page)
            }
        }
    )+};
}

acl_words! {
    AclResource: "resource type", 2;
    AclOperation: "operation", 2;
    AclPermission: "permission", 2;
}

impl Read for AclPattern {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words: Vec<&str> = Self::ALL.iter().filter_map(|w| w.word()).collect();
        if let Value::Scalar(text) = &node.value
            && matches!(text.to_ascii_lowercase().as_str(), "match" | "any")
        {
            page.error_with(
                node.at,
                format!(
                    "pattern {} is for finding ACLs; an ACL itself cannot have it",
                    shorten(text)
                ),
                format!("known here: {}", snippet::quoted(&words)),
            );
            return None;
        }
        let parse = |text: &str| Self::parse(text).filter(|w| w.0 >= 3);
        word("pattern", &words, parse, node, page)
    }
}

/// A word of a grant of `admin`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admin(pub(super) &'static str);

impl Read for Admin {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        word("grant of `admin`", &Self::words(), Self::parse, node, page)
    }
}

/// `{secret: name}`. Whatever else stands there may be the secret itself, so that nothing of it is told.
#[derive(Debug, Clone)]
pub(super) struct SecretSpec(pub(super) SecretName);

impl Read for SecretSpec {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let field = page.field.unwrap_or("secret");
        Self::of(field, node, page)
    }
}

impl SecretSpec {
    /// Reads the value of a field.
    pub(super) fn of(field: &str, node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let name = match &node.value {
            Value::Map(fields) => match fields.as_slice() {
                [(key, value)] if key.text == "secret" => match &value.value {
                    Value::Scalar(name) if is_secret_name(name) => Some(name),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        if name.is_none() {
            page.error_unseen(
                node.at,
                format!("`{field}`: expected `{{secret: name}}`, the name being letters, digits, `.`, `_` and `-`"),
                "git names a secret and never holds one; `headgate.yaml` says where secrets lie"
                    .to_owned(),
            );
        }
        name.map(|name| Self(SecretName(name.as_ref().into())))
    }
}

/// A secret's name is a file's name, and a part of a variable's.
fn is_secret_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=200).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(inner)
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

/// A pattern of names that may have any letters.
#[derive(Debug, Clone)]
pub(super) struct NamePattern(pub(super) Pattern);

impl Read for NamePattern {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a pattern of names such as `app.*`";
        match scalar(WHAT, node, page)? {
            text if text.trim().is_empty() => expected(WHAT, node, page),
            text => Some(Self(Pattern(text.to_owned()))),
        }
    }
}

/// A pattern of principals.
#[derive(Debug, Clone)]
pub(super) struct PrincipalPattern(pub(super) Pattern);

impl Read for PrincipalPattern {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a pattern of principals such as `User:app-*`";
        let text = scalar(WHAT, node, page)?;
        match text.split_once(':') {
            Some((of, name)) if !of.is_empty() && !name.is_empty() => {
                Some(Self(Pattern(text.to_owned())))
            }
            _ => expected(WHAT, node, page),
        }
    }
}

/// A pattern of resources.
#[derive(Debug, Clone)]
pub(super) struct ResourcePattern(pub(super) Pattern);

impl Read for ResourcePattern {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a pattern of resources such as `topic:app.*` or `group:*`";
        let text = scalar(WHAT, node, page)?;
        match text.split_once(':') {
            Some((of, name)) if AclResource::parse(of).is_some() && !name.is_empty() => {
                Some(Self(Pattern(text.to_owned())))
            }
            _ => expected(WHAT, node, page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::kinds::KINDS;

    #[test]
    fn every_kind_is_read_and_none_of_them_comes_later() {
        for kind in kinds() {
            assert!(KINDS.iter().any(|k| k.word == kind), "{kind}");
            assert!(!LATER.contains(&kind), "{kind}");
        }
        assert_eq!(KINDS.len(), kinds().len() + 1, "they and Cluster");
    }
}
