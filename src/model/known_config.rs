//! What Kafka's own tables say about a config (rank 0).

use super::ConfigType;

/// One config as Kafka defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownConfig {
    /// The key.
    pub key: &'static str,
    /// The type of its value.
    pub config_type: ConfigType,
    /// The values that a broker accepts.
    pub accepts: Accepts,
    /// What holds when nobody says anything (4.3's, or the last version's that has the key).
    pub default: &'static str,
    /// The Kafka versions that know the key.
    pub versions: Versions,
    /// What it does, in a line.
    pub about: &'static str,
}

/// The values that a broker accepts for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// All values of the type.
    Anything,
    /// Numbers from this one on.
    AtLeast(i64),
    /// Numbers from the first one on in Kafka 3, from the second one on in Kafka 4.
    AtLeastRaised(i64, i64),
    /// Numbers from the first to the second.
    Between(i64, i64),
    /// Numbers from the first to the second, and the third.
    BetweenOr(i64, i64, i64),
    /// Fractions from 0 to 1.
    Ratio,
    /// These words.
    Words(&'static [&'static str]),
    /// `*`, or a list of `partition:broker`.
    Replicas,
    /// A Kafka version such as `3.0` or `3.0-IV1`.
    Version,
}

/// The Kafka versions that know a key, between 3.6 and 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// All of them.
    All,
    /// From this one on.
    Since(&'static str),
    /// Kafka 4.0 removed it.
    Only3,
}

/// Looks a key up in a table that is sorted by key.
#[must_use]
pub fn known_config(table: &'static [KnownConfig], key: &str) -> Option<&'static KnownConfig> {
    let found = table.binary_search_by(|config| config.key.cmp(key));
    found.ok().map(|index| &table[index])
}
