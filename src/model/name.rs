//! Names, parsed once: whoever holds a `TopicName` holds one that Kafka accepts.

use std::{borrow::Borrow, fmt, sync::Arc};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Says why a text is no name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a valid {what}: {reason}")]
pub struct NameError {
    what: &'static str,
    name: String,
    reason: &'static str,
}

/// A Kafka topic's name: 1 to 249 of `[a-zA-Z0-9._-]`, neither `.` nor `..` (Kafka, `Topic.validate`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicName(CompactString);

impl TopicName {
    /// Kafka's own limit: the name, a dash and a partition number make a folder name of at most 255 bytes.
    pub const MAX_LEN: usize = 249;

    /// Parses a name by Kafka's rules.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let reason = if name.is_empty() {
            "it is empty"
        } else if name == "." || name == ".." {
            "it may not be '.' or '..'"
        } else if name.len() > Self::MAX_LEN {
            "it is longer than 249 characters"
        } else if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        {
            "only letters, digits, '.', '_' and '-' are allowed"
        } else {
            return Ok(Self(name.into()));
        };
        Err(NameError {
            what: "topic name",
            name: name.to_owned(),
            reason,
        })
    }

    /// Wraps a name that a broker reported, whatever it looks like: live names are never rejected.
    #[must_use]
    pub fn from_broker(name: &str) -> Self {
        Self(name.into())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for TopicName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a `kind: Cluster` document, and of the entry in `headgate.yaml` that says where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterName(Arc<str>);

impl ClusterName {
    /// Parses a cluster name: 1 to 63 of `[a-z0-9-]`, beginning and ending with a letter or digit, so that it is
    /// a label value and a URL segment as it stands.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let reason = if name.is_empty() || name.len() > 63 {
            "it must have 1 to 63 characters"
        } else if !name.bytes().all(inner) || name.starts_with('-') || name.ends_with('-') {
            "only lower-case letters, digits and inner '-' are allowed"
        } else {
            return Ok(Self(name.into()));
        };
        Err(NameError {
            what: "cluster name",
            name: name.to_owned(),
            reason,
        })
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ClusterName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Beginning of the paths by which plans and the ledger name the config keys of an object.
pub const CONFIG: &str = "config.";
/// Path of how a connector runs.
pub const STATE: &str = "state";
/// Path of a subject's schema, which is known by its digest.
pub const SCHEMA: &str = "schema";
/// Path of how a subject's schemas may change.
pub const COMPATIBILITY: &str = "compatibility";
/// What stands for all subjects that do not say themselves how their schemas may change: the registry's own setting.
pub const EVERY_SUBJECT: &str = "<default>";

/// Returns the config key that the path of a field names; `None` when it names another field.
#[must_use]
pub fn config_key(path: &str) -> Option<&str> {
    path.strip_prefix(CONFIG)
}

/// A config key such as `retention.ms`. Ten thousand topics name the same few keys, so it is short and kept inline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfigKey(CompactString);

impl ConfigKey {
    /// Wraps a key as it is written.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(key.into())
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ConfigKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
