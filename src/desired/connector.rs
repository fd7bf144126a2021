//! A connector as git wants it.

use std::fmt;

use compact_str::CompactString;
use serde_json::Value;

use super::{DesiredValue, Labels};
use crate::model::{ConfigKey, Place, TopicName};

/// A `kind: Connector` document.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredConnector {
    /// Where it is declared.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// The Connect cluster that runs it, by its name in `headgate.yaml`.
    pub connect: CompactString,
    /// Its whole config, sorted by key, `connector.class` and `tasks.max` among it and `name` not. `${…}` stays as it is.
    pub config: Box<[(ConfigKey, DesiredValue)]>,
    /// How it runs.
    pub state: RunState,
    /// When it is restarted after it failed.
    pub restart: Restart,
    /// Where its offsets are set, once. Git says so only of a connector that it wants stopped.
    pub offsets: Option<ConnectorOffsets>,
}

impl DesiredConnector {
    /// The Connect cluster of a document that names none.
    pub const DEFAULT_CONNECT: &str = "main";

    /// Returns the topics that its config names.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        let config = self.config.iter();
        topics_in(config.filter_map(|(key, value)| match value {
            DesiredValue::Set(value) => Some((key.as_str(), value.as_str())),
            DesiredValue::Secret(_) | DesiredValue::LeaveAlone => None,
        }))
    }
}

/// Returns the topics that a connector's config names, as most plugins call them. Those that work between clusters name
/// topics of another one.
pub fn topics_in<'a>(
    config: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> impl Iterator<Item = &'a str> {
    let is_between = |(key, value): (&str, &str)| {
        key == "connector.class" && value.starts_with("org.apache.kafka.connect.mirror.")
    };
    let names_them = !config.clone().any(is_between);
    let naming = config
        .filter(move |(key, _)| names_them && ["kafka.topic", "topic", "topics"].contains(key));
    let named = naming.flat_map(|(_, topics)| topics.split(',').map(str::trim));
    // what Connect looks up (`${…}`) and patterns name no topic
    named.filter(|topic| TopicName::new(topic).is_ok())
}

/// How a connector runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunState {
    /// It works.
    #[default]
    Running,
    /// It keeps its tasks, which rest.
    Paused,
    /// It has no tasks (KIP-875).
    Stopped,
}

impl RunState {
    /// Every word.
    pub const ALL: [Self; 3] = [Self::Running, Self::Paused, Self::Stopped];

    /// Returns the word as documents spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// When a connector is restarted that failed, or a task of which did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// How often in a row; 0: never. Default: 7. The pause before the nth is n² − n minutes, so that seven take about two
    /// hours, and the count begins anew once it ran for as long as the pause before.
    pub max: u32,
}

impl Default for Restart {
    fn default() -> Self {
        Self { max: 7 }
    }
}

/// Where the offsets of a connector are set (KIP-875).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectorOffsets {
    /// Nowhere: they are forgotten, and the connector begins anew.
    Reset,
    /// Where each of these partitions goes on, in the connector's own terms and as Connect's API spells them:
    /// `[{"partition": {…}, "offset": {…}}]`; an offset of null forgets that of one partition.
    Set(Value),
}

impl ConnectorOffsets {
    /// The word for offsets that are forgotten.
    pub const RESET: &str = "reset";

    /// Reads what `Display` writes; `None` when it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::RESET {
            return Some(Self::Reset);
        }
        let value: Value = serde_json::from_str(text).ok()?;
        value.is_array().then_some(Self::Set(value))
    }
}

impl fmt::Display for ConnectorOffsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => f.write_str(Self::RESET),
            Self::Set(value) => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_as_they_are_written() {
        for text in [
            "reset",
            r#"[{"offset":{"position":30},"partition":{"filename":"2024"}}]"#,
        ] {
            let read = ConnectorOffsets::parse(text);
            assert_eq!(read.map(|r| r.to_string()).as_deref(), Some(text));
        }
        for text in ["", "earliest", "{}", "[", "30"] {
            assert_eq!(ConnectorOffsets::parse(text), None, "{text}");
        }
    }
}
