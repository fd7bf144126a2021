//! What a config key is on this cluster, and the one comparison that diff, apply and verify share (pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    desired::nearest,
    live::KafkaLive,
    model::{ConfigKey, ConfigType, Kind, TOPIC_CONFIGS, Versions, topic_config},
};

/// What people read in place of a value that is a secret, or that Kafka hides.
pub(super) const HIDDEN: CompactString = CompactString::const_new("(hidden)");

/// The types of topic config keys: the cluster's own word first, then Headgate's table, then plain text.
#[derive(Debug, Clone, Copy)]
pub struct KeyTypes<'a> {
    live: &'a BTreeMap<ConfigKey, ConfigType>,
}

impl<'a> KeyTypes<'a> {
    /// Takes the types that the cluster told.
    #[must_use]
    pub fn new(kafka: &'a KafkaLive) -> Self {
        Self {
            live: &kafka.topic_keys,
        }
    }

    /// Returns the type by which values of a key are compared.
    #[must_use]
    pub fn of(&self, key: &str) -> ConfigType {
        self.live
            .get(key)
            .copied()
            .or_else(|| topic_config(key).map(|c| c.config_type))
            .unwrap_or(ConfigType::String)
    }

    /// Tells whether two values of a key mean the same.
    #[must_use]
    pub fn same(&self, key: &str, a: &str, b: &str) -> bool {
        if a == b {
            return true;
        }
        let of = self.of(key);
        of.normalise(a) == of.normalise(b)
    }

    /// Tells whether two values of a field of an object mean the same.
    #[must_use]
    pub fn same_field(&self, kind: Kind, path: &str, a: &str, b: &str) -> bool {
        a == b
            || path.strip_prefix("config.").is_some_and(|key| match kind {
                Kind::Topic => self.same(key, a, b),
                _ => false,
            })
    }

    /// Returns a declared value as people may see it.
    pub(super) fn shown(&self, key: &str, value: &CompactString) -> CompactString {
        match self.of(key) {
            ConfigType::Password => HIDDEN,
            _ => value.clone(),
        }
    }

    /// Says why a key cannot be set on a topic of this cluster; `None` when it can. A cluster that has a readable
    /// topic tells every key it knows, so its word is final; until then the table is all there is to go by.
    pub(super) fn refusal(&self, key: &str) -> Option<String> {
        if self.live.contains_key(key) {
            return None;
        }
        match (topic_config(key), self.live.is_empty()) {
            (Some(_), true) => None,
            (Some(known), false) => Some(format!(
                "this cluster has no topic config `{key}`: {}; take it out of git, or run a Kafka that has it",
                match known.versions {
                    Versions::Since(version) => format!("Kafka has it since {version}"),
                    Versions::Only3 => "Kafka 4.0 removed it".to_owned(),
                    Versions::All => "what answers is not Apache Kafka, or hides it".to_owned(),
                }
            )),
            (None, true) => Some(format!(
                "Apache Kafka has no topic config `{key}`{}, and the cluster has no topic yet that could tell whether it is \
                 its own; it opens with the first topic there, or with another key",
                did_you_mean(key, TOPIC_CONFIGS.iter().map(|c| c.key))
            )),
            (None, false) => Some(format!(
                "neither Apache Kafka nor this cluster has a topic config `{key}`{}; correct the key or take it out of git",
                did_you_mean(key, self.live.keys().map(ConfigKey::as_str))
            )),
        }
    }
}

/// The nearest right spelling as a clause, empty when none is near.
fn did_you_mean<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(key, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}
