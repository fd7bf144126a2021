//! Topic configs as a document writes them, checked against Kafka's table (desired, rank 1).

use compact_str::{CompactString, format_compact};

use super::{
    DesiredValue,
    node::{Node, Value, shorten},
    page::{At, Page},
    read::{Read, map},
    snippet,
};
use crate::model::{
    Accepts, ConfigKey, ConfigType, Severity, TOPIC_CONFIGS, TopicConfig, Versions, integer,
    topic_config, units,
};

/// Checked configs, sorted by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Config(pub(super) Vec<Entry>);

/// One key, where it stands, and its value as Kafka spells it.
#[derive(Debug, Clone)]
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

impl Config {
    /// Finds what is said about a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        let found = self.0.binary_search_by(|e| e.key.as_str().cmp(key));
        found.ok().map(|index| &self.0[index])
    }
}

impl Read for Config {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let fields = map(node, page)?;
        let mut entries = Vec::with_capacity(fields.len());
        for (key, value) in fields {
            let known = topic_config(&key.text);
            match known {
                Some(config) => warn_of_version(config, key.at, page),
                None => unverified(&key.text, key.at, page),
            }
            entries.extend(
                read_value(&key.text, known, value, page).map(|value| Entry {
                    key: ConfigKey::new(&key.text),
                    at: key.at,
                    value,
                }),
            );
        }
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Some(Self(entries))
    }
}

/// A key that the table lacks may still be known to the cluster, which the planner asks.
fn unverified(key: &str, at: At, page: &mut Page<'_>) {
    let near = page
        .has_room(Severity::Unverified)
        .then(|| snippet::nearest(key, TOPIC_CONFIGS.iter().map(|c| c.key)));
    page.note(
        Severity::Unverified,
        at,
        format!(
            "no topic config of Kafka 3.6 to 4.3 is called {}",
            shorten(key)
        ),
        near.flatten().map(|near| format!("did you mean `{near}`?")),
    );
}

fn warn_of_version(config: &TopicConfig, at: At, page: &mut Page<'_>) {
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

fn read_value(
    key: &str,
    known: Option<&TopicConfig>,
    node: &Node<'_>,
    page: &mut Page<'_>,
) -> Option<DesiredValue> {
    let value = match &node.value {
        Value::Null => return Some(DesiredValue::LeaveAlone),
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
fn list(known: Option<&TopicConfig>, items: &[Node<'_>]) -> Result<String, Refusal> {
    if known.is_some_and(|config| config.config_type != ConfigType::List) {
        return Err(Refusal::new("expected one value, found a list"));
    }
    let words: Option<Vec<&str>> = items
        .iter()
        .map(|item| match &item.value {
            Value::Scalar(text) if !text.contains(',') => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    match words {
        Some(words) => Ok(words.join(",")),
        None => Err(Refusal::new("expected a list of words")),
    }
}

/// Checks a value against Kafka's definition and spells it as Kafka does.
fn check(key: &str, known: Option<&TopicConfig>, text: &str) -> Result<CompactString, Refusal> {
    let Some(config) = known else {
        // of a key that nobody here knows only its name tells the type
        let number = quantity(key, text).ok();
        return Ok(number.map_or_else(|| text.into(), |n| format_compact!("{n}")));
    };
    match config.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => number(config, text),
        ConfigType::Double => ratio(text),
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

fn number(config: &TopicConfig, text: &str) -> Result<CompactString, Refusal> {
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
fn warn_of_limit(known: Option<&TopicConfig>, value: &str, at: At, page: &mut Page<'_>) {
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

fn ratio(text: &str) -> Result<CompactString, Refusal> {
    match text.trim().parse::<f64>() {
        Ok(n) if (0.0..=1.0).contains(&n) => Ok(ConfigType::Double.normalise(text)),
        _ => Err(Refusal::new(format!(
            "expected a number from 0 to 1, found {}",
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

fn words(config: &TopicConfig, text: &str) -> Result<CompactString, Refusal> {
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
    Ok(spelt)
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

fn string(config: &TopicConfig, text: &str) -> Result<CompactString, Refusal> {
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
