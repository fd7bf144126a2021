//! Nodes -> the fields of a mirror type (desired, rank 1). Every mistake becomes a finding and reading goes on, so that a
//! file's author sees all of them at once; what could not be read is `None`.

use std::time::Duration;

use compact_str::CompactString;
use jiff::civil::Date;

use super::{
    node::{Key, Node, Value, shorten},
    page::{At, Page},
    snippet,
};
use crate::model::{Severity, integer, units};

/// A type that can be read from a node.
pub(super) trait Read: Sized {
    /// Reads a node that is not null; `None` when it noted why that is impossible.
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self>;

    /// What `null` means; by default the same as a field that is absent.
    fn null() -> Option<Self> {
        None
    }
}

/// A field that must be there. In the JSON Schema it is `required`; `None` means that its absence or its mistake has
/// been noted.
#[derive(Debug, Clone)]
pub(super) struct Needed<T>(pub(super) Option<T>);

/// How a field is taken out of a mapping.
pub(super) trait Take: Sized {
    /// Reads the field `key`, which stands in `slot` or is absent from the mapping at `parent`.
    fn take(slot: Option<&Node<'_>>, key: &'static str, parent: At, page: &mut Page<'_>) -> Self;
}

impl<T: Read> Take for Option<T> {
    fn take(slot: Option<&Node<'_>>, key: &'static str, _: At, page: &mut Page<'_>) -> Self {
        let node = slot?;
        if matches!(node.value, Value::Null) {
            return T::null();
        }
        let outer = page.field.replace(key);
        let read = T::read(node, page);
        page.field = outer;
        read
    }
}

impl<T: Read> Take for Needed<T> {
    fn take(slot: Option<&Node<'_>>, key: &'static str, parent: At, page: &mut Page<'_>) -> Self {
        match slot.map(|node| (node.at, &node.value)) {
            None => page.error(parent, format!("field `{key}` is missing")),
            Some((at, Value::Null)) => page.error(at, format!("field `{key}` has no value")),
            Some(_) => {}
        }
        Self(<Option<T> as Take>::take(slot, key, parent, page))
    }
}

/// Declares a type that mirrors a part of a YAML document: its fields by their names in YAML. The same declaration gives
/// the reader, the JSON Schema and the reference, so that these cannot differ.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident = $key:literal : $ty:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub(in $crate::desired) struct $name {
            $($(#[$field_meta])* #[schemars(rename = $key)] pub(in $crate::desired) $field: $ty),+
        }

        impl $crate::desired::read::Read for $name {
            fn read(
                node: &$crate::desired::node::Node<'_>,
                page: &mut $crate::desired::page::Page<'_>,
            ) -> Option<Self> {
                const KEYS: &[&str] = &[$($key),+];
                let fields = $crate::desired::read::fields(node, KEYS, page)?;
                let mut slots = fields.iter();
                Some(Self {
                    $($field: $crate::desired::read::Take::take(
                        slots.next().copied().flatten(), $key, node.at, page,
                    )),+
                })
            }
        }
    };
}
pub(super) use mirror;

/// Sorts the fields of a mapping into the order of `keys`; a field of another name is noted.
pub(super) fn fields<'n, 'a>(
    node: &'n Node<'a>,
    keys: &[&str],
    page: &mut Page<'_>,
) -> Option<Vec<Option<&'n Node<'a>>>> {
    let mut slots = vec![None; keys.len()];
    for (key, value) in map(node, page)? {
        match keys.iter().position(|k| *k == key.text) {
            Some(index) => slots[index] = Some(value),
            None => {
                let seen = page.has_room(Severity::Error);
                let help = seen.then(|| snippet::spelling_help(&key.text, keys));
                let message = format!("unknown field {}", shorten(&key.text));
                page.error_with(key.at, message, help.flatten());
            }
        }
    }
    Some(slots)
}

/// Reads a mapping.
pub(super) fn map<'n, 'a>(
    node: &'n Node<'a>,
    page: &mut Page<'_>,
) -> Option<&'n [(Key<'a>, Node<'a>)]> {
    match &node.value {
        Value::Map(fields) => Some(fields),
        _ => expected("fields (`name: value`)", node, page),
    }
}

/// Reads a scalar as it was written.
pub(super) fn scalar<'n>(what: &str, node: &'n Node<'_>, page: &mut Page<'_>) -> Option<&'n str> {
    match &node.value {
        Value::Scalar(text) => Some(text),
        _ => expected(what, node, page),
    }
}

/// Notes that something else was expected.
pub(super) fn expected<T>(what: &str, node: &Node<'_>, page: &mut Page<'_>) -> Option<T> {
    refuse(
        &format!("expected {what}, found {}", node.found()),
        node.at,
        page,
    );
    None
}

/// Notes what is wrong with the field that is being read.
pub(super) fn refuse(message: &str, at: At, page: &mut Page<'_>) {
    let field = page.field.map(|f| format!("`{f}`: ")).unwrap_or_default();
    page.error(at, format!("{field}{message}"));
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spotted<T> {
    pub(super) at: At,
    pub(super) value: T,
}

/// A text and where it stands.
pub(super) type Text = Spotted<CompactString>;

impl Read for Text {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let text = scalar("a text", node, page)?;
        if text.trim().is_empty() {
            refuse("this text is empty", node.at, page);
            return None;
        }
        Some(Self {
            at: node.at,
            value: text.into(),
        })
    }
}

impl<T: Read> Read for Spotted<T> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let value = T::read(node, page)?;
        Some(Self { at: node.at, value })
    }
}

/// `true` or `false`.
impl Read for bool {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        match scalar("`true` or `false`", node, page)? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => expected("`true` or `false`", node, page),
        }
    }
}

/// A whole number between two bounds, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count<const MIN: u32, const MAX: u32> {
    pub(super) at: At,
    pub(super) value: u32,
}

impl<const MIN: u32, const MAX: u32> Read for Count<MIN, MAX> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let what = format!("a whole number from {MIN} to {MAX}");
        let number = integer(scalar(&what, node, page)?).and_then(|n| u32::try_from(n).ok());
        match number {
            Some(value) if (MIN..=MAX).contains(&value) => Some(Self { at: node.at, value }),
            _ => expected(&what, node, page),
        }
    }
}

/// A day, as `2026-12-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day(pub(super) Date);

impl Read for Day {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a day such as `2026-12-31`";
        let text = scalar(WHAT, node, page)?;
        // the parser also takes times and zones, of which a day knows nothing
        let day = (text.len() == 10).then(|| text.parse().ok()).flatten();
        match day {
            Some(day) => Some(Self(day)),
            None => expected(WHAT, node, page),
        }
    }
}

/// An amount of data of at least a byte, as `50MiB`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size(pub(super) u64);

impl Read for Size {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "an amount of data such as `50MiB`";
        let size = units::bytes(scalar(WHAT, node, page)?).ok();
        match size.and_then(|n| u64::try_from(n).ok()) {
            Some(size) if size > 0 => Some(Self(size)),
            _ => expected(WHAT, node, page),
        }
    }
}

/// A length of time, as `24h`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length(pub(super) Duration);

impl Read for Length {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a length of time such as `24h`";
        let ms = units::milliseconds(scalar(WHAT, node, page)?).ok();
        match ms.and_then(|ms| u64::try_from(ms).ok()) {
            Some(ms) => Some(Self(Duration::from_millis(ms))),
            None => expected(WHAT, node, page),
        }
    }
}

/// How many records somebody may be behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lag(pub(super) u64);

impl Read for Lag {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "a number of records, 0 or more";
        let lag = integer(scalar(WHAT, node, page)?).and_then(|n| u64::try_from(n).ok());
        lag.map(Self).or_else(|| expected(WHAT, node, page))
    }
}

/// Ids of brokers, each once.
#[derive(Debug, Clone)]
pub(super) struct BrokerIds(pub(super) Vec<i32>);

impl Read for BrokerIds {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let mut ids = Vec::new();
        for id in Vec::<BrokerId>::read(node, page)? {
            match i32::try_from(id.value) {
                Ok(id) if !ids.contains(&id) => ids.push(id),
                _ => refuse(&format!("broker {} is listed twice", id.value), id.at, page),
            }
        }
        Some(Self(ids))
    }
}

/// Id of a broker: a 32-bit number of Java's.
pub(super) type BrokerId = Count<0, { i32::MAX.unsigned_abs() }>;

/// A value, or a list of values.
#[derive(Debug, Clone)]
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

impl<T: Read> Read for OneOrMore<T> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let values = match &node.value {
            Value::List(items) if items.is_empty() => return expected("a value", node, page),
            Value::List(_) => Vec::read(node, page)?,
            _ => vec![T::read(node, page)?],
        };
        Some(Self(values))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        match &node.value {
            Value::List(items) => Some(
                items
                    .iter()
                    .filter_map(|item| match item.value {
                        Value::Null => expected("a value", item, page),
                        _ => T::read(item, page),
                    })
                    .collect(),
            ),
            _ => expected("a list", node, page),
        }
    }
}
