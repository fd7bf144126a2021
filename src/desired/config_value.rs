//! Configs as a document writes them, checked against Kafka's tables (desired, rank 1).

use std::marker::PhantomData;

use compact_str::{CompactString, format_compact};

use super::{
    DesiredValue,
    config_table::Table,
    node::{Node, Value, shorten},
    page::{At, Page},
    read::{Read, map},
    snippet,
    word::SecretSpec,
};
use crate::model::{
    Accepts, ConfigKey, ConfigType, KnownConfig, Severity, Versions, integer, units,
};

/// Configs that were checked against a table, sorted by key.
#[derive(Debug)]
pub(super) struct Config<T> {
    /// The entries.
    pub(super) entries: Vec<Entry>,
    table: PhantomData<T>,
}

/// One key, where it stands, and its value as Kafka spells it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: ConfigKey,
    pub(super) at: At,
    pub(super) value: DesiredValue,
}

/// What is wrong with a value, and the way out.
struct Refusal {
    message: String,
    help: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }
}

impl<T> Config<T> {
    /// Finds what is said about a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|e| e.key.as_str().cmp(key));
        found.ok().map(|index| &self.entries[index])
    }

    /// Returns the keys and values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (ConfigKey, DesiredValue)> {
        self.entries
            .iter()
            .map(|e| (e.key.clone(), e.value.clone()))
    }
}

impl<T: Table> Read for Config<T> {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let fields = map(node, page)?;
        let mut entries = Vec::with_capacity(fields.len());
        for (key, value) in fields {
            let known = T::find(&key.text);
            if let Some((message, help)) = T::refusal(&key.text) {
                page.error_with(key.at, format!("`{}` {message}", key.text), help);
                continue;
            }
            match known {
                Some(config) => warn_of_version(config, key.at, page),
                None => unverified::<T>(&key.text, key.at, page),
            }
            entries.extend(
                read_value::<T>(&key.text, known, value, page).map(|value| Entry {
                    key: ConfigKey::new(&key.text),
                    at: key.at,
                    value,
                }),
            );
        }
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Some(Self {
            entries,
            table: PhantomData,
        })
    }
}

/// A key that the table lacks may still be known to the cluster, which the planner asks.
fn unverified<T: Table>(key: &str, at: At, page: &mut Page<'_>) {
    let near = page
        .has_room(Severity::Unverified)
        .then(|| snippet::nearest(key, T::rows().map(|config| config.key)));
    page.note(
        Severity::Unverified,
        at,
        format!(
            "no {} of Kafka 3.6 to 4.3 is called {}",
            T::WHAT,
            shorten(key)
        ),
        near.flatten().map(|near| format!("did you mean `{near}`?")),
    );
}

fn warn_of_version(config: &KnownConfig, at: At, page: &mut Page<'_>) {
    if config.versions == Versions::Only3 {
        page.note(
            Severity::Warning,
            at,
            format!(
                "Kafka 4.0 removed `{}`; brokers from 4.0 on refuse it",
                config.key
            ),
            None,
        );
    }
}

fn read_value<T: Table>(
    key: &str,
    known: Option<&KnownConfig>,
    node: &Node<'_>,
    page: &mut Page<'_>,
) -> Option<DesiredValue> {
    let value = match &node.value {
        Value::Null => return Some(DesiredValue::LeaveAlone),
        _ if T::is_sensitive(key) => {
            let secret = SecretSpec::of(key, node, page)?;
            return Some(DesiredValue::Secret(secret.0));
        }
        Value::Map(_) if T::SECRETS && known.is_none() => {
            let secret = SecretSpec::of(key, node, page)?;
            return Some(DesiredValue::Secret(secret.0));
        }
        Value::Scalar(text) => check(key, known, text),
        Value::List(items) => list(known, items).and_then(|text| check(key, known, &text)),
        Value::Map(_) => Err(Refusal::new("expected a value, found fields")),
    };
    match value {
        Ok(value) => {
            warn_of_limit(known, &value, node.at, page);
            Some(DesiredValue::Set(value))
        }
        Err(Refusal { message, help }) => {
            page.error_with(node.at, format!("`{key}`: {message}"), help);
            None
        }
    }
}

/// Writes a YAML list as Kafka writes lists.
fn list(known: Option<&KnownConfig>, items: &[Node<'_>]) -> Result<String, Refusal> {
    if known.is_some_and(|config| config.config_type != ConfigType::List) {
        return Err(Refusal::new("expected one value, found a list"));
    }
    joined(items).ok_or_else(|| Refusal::new("expected a list of words"))
}

/// Joins words with commas; `None` when something is no word.
pub(super) fn joined(items: &[Node<'_>]) -> Option<String> {
    let words = items.iter().map(|item| match &item.value {
        Value::Scalar(text) if !text.contains(',') => Some(text.as_ref()),
        _ => None,
    });
    let words: Option<Vec<&str>> = words.collect();
    words.map(|words| words.join(","))
}

/// Checks a value against Kafka's definition and spells it as Kafka does.
fn check(key: &str, known: Option<&KnownConfig>, text: &str) -> Result<CompactString, Refusal> {
    let Some(config) = known else {
        // of a key that nobody here knows only its name tells the type
        let number = quantity(key, text).ok();
        return Ok(number.map_or_else(|| text.into(), |n| format_compact!("{n}")));
    };
    match config.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => number(config, text),
        ConfigType::Double => fraction(config, text),
        ConfigType::Boolean => boolean(text),
        ConfigType::List => words(config, text),
        ConfigType::String | ConfigType::Class | ConfigType::Password => string(config, text),
    }
}

/// Reads a number in the unit that the key's name speaks of.
fn quantity(key: &str, text: &str) -> Result<i64, Refusal> {
    let read = if key.ends_with(".ms") {
        units::milliseconds(text)
    } else if key.ends_with(".bytes") {
        units::bytes(text)
    } else {
        return integer(text).ok_or_else(|| {
            Refusal::new(format!("expected a whole number, found {}", shorten(text)))
        });
    };
    read.map_err(|e| Refusal::new(format!("{} is no value: {e}", shorten(text))))
}

fn number(config: &KnownConfig, text: &str) -> Result<CompactString, Refusal> {
    let n = quantity(config.key, text)?;
    let (low, high) = match config.config_type {
        ConfigType::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
        ConfigType::Short => (i64::from(i16::MIN), i64::from(i16::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (low, high, or) = match config.accepts {
        Accepts::AtLeast(min) | Accepts::AtLeastRaised(min, _) => (min, high, None),
        Accepts::Between(min, max) => (min, max, None),
        Accepts::BetweenOr(min, max, or) => (min, max, Some(or)),
        _ => (low, high, None),
    };
    if (low..=high).contains(&n) || or == Some(n) {
        return Ok(format_compact!("{n}"));
    }
    let bound = match (n < low, or) {
        (_, Some(or)) => format!("{low} to {high} or {or}"),
        (true, None) => format!("at least {low}"),
        (false, None) => format!("at most {high}"),
    };
    Err(Refusal::new(format!(
        "expected {bound}, found {}",
        shorten(text)
    )))
}

/// Kafka 4.0 raised the lower bound of some keys (KIP-1030); the cluster may still be of version 3.
fn warn_of_limit(known: Option<&KnownConfig>, value: &str, at: At, page: &mut Page<'_>) {
    let Some((config, n)) = known.zip(integer(value)) else {
        return;
    };
    if let Accepts::AtLeastRaised(_, raised) = config.accepts
        && n < raised
    {
        page.note(
            Severity::Warning,
            at,
            format!(
                "`{}`: brokers from Kafka 4.0 on refuse less than {raised}",
                config.key
            ),
            None,
        );
    }
}

fn fraction(config: &KnownConfig, text: &str) -> Result<CompactString, Refusal> {
    let (what, most) = match config.accepts {
        Accepts::Ratio => ("a number from 0 to 1", 1.0),
        _ => ("a number, 0 or more", f64::MAX),
    };
    match text.trim().parse::<f64>() {
        Ok(n) if (0.0..=most).contains(&n) => Ok(ConfigType::Double.normalise(text)),
        _ => Err(Refusal::new(format!(
            "expected {what}, found {}",
            shorten(text)
        ))),
    }
}

fn boolean(text: &str) -> Result<CompactString, Refusal> {
    let spelt = ConfigType::Boolean.normalise(text);
    match spelt.as_str() {
        "true" | "false" => Ok(spelt),
        other => Err(Refusal {
            message: format!("expected `true` or `false`, found {}", shorten(text)),
            help: match other {
                "yes" | "on" | "1" | "y" => Some("did you mean `true`?".into()),
                "no" | "off" | "0" | "n" => Some("did you mean `false`?".into()),
                _ => None,
            },
        }),
    }
}

fn words(config: &KnownConfig, text: &str) -> Result<CompactString, Refusal> {
    let spelt = config.config_type.normalise(text);
    let mut last = None;
    for word in spelt.split(',').filter(|word| !word.is_empty()) {
        if last.replace(word) == Some(word) {
            return Err(Refusal::new(format!("{} is listed twice", shorten(word))));
        }
        match config.accepts {
            Accepts::Words(known) => one_of(known, word)?,
            Accepts::Replicas if spelt != "*" => replica(word)?,
            _ => {}
        }
    }
    match config.accepts {
        Accepts::Words(_) | Accepts::Replicas => Ok(spelt),
        // of other lists the order may mean something: cipher suites, rules
        _ => {
            let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
            Ok(words.collect::<Vec<_>>().join(",").into())
        }
    }
}

fn replica(word: &str) -> Result<(), Refusal> {
    let small = |n: &str| n.parse::<u32>().is_ok();
    match word.split_once(':') {
        Some((partition, broker)) if small(partition) && small(broker) => Ok(()),
        _ => Err(Refusal::new(format!(
            "expected `*` or a list of `partition:broker`, found {}",
            shorten(word)
        ))),
    }
}

fn string(config: &KnownConfig, text: &str) -> Result<CompactString, Refusal> {
    let spelt = config.config_type.normalise(text);
    match config.accepts {
        Accepts::Words(known) => one_of(known, &spelt)?,
        Accepts::Version if !spelt.starts_with(|c: char| c.is_ascii_digit()) => {
            return Err(Refusal::new(format!(
                "expected a Kafka version such as `3.0`, found {}",
                shorten(text)
            )));
        }
        _ => {}
    }
    Ok(spelt)
}

fn one_of(known: &[&str], word: &str) -> Result<(), Refusal> {
    if known.contains(&word) {
        return Ok(());
    }
    let near = snippet::nearest(word, known.iter().copied());
    Err(Refusal {
        message: format!(
            "expected {}, found {}",
            snippet::quoted(known),
            shorten(word)
        ),
        help: near.map(|near| format!("did you mean `{near}`?")),
    })
}
