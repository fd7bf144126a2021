//! What a config key is on this cluster, and the one comparison that diff, apply and verify share (pure).

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    live::KafkaLive,
    model::{ConfigKey, ConfigType},
};

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
        self.live.get(key).copied().unwrap_or(ConfigType::String)
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

    /// Says why a key cannot be set on a topic of this cluster; `None` when it can. A cluster that has a readable
    /// topic tells every key it knows, so its word is final; until then the table is all there is to go by.
    pub(super) fn refusal(&self, key: &str) -> Option<String> {
        if self.live.contains_key(key) {
            return None;
        }
        let nearest = nearest(key, self.live.keys().map(ConfigKey::as_str));
        (!self.live.is_empty()).then(|| {
            format!("this cluster knows no topic config `{key}`{nearest}; correct the key or take it out of git")
        })
    }
}

/// The nearest right spelling as a clause, empty when none is near.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Cow<'static, str> {
    known
        .map(|k| (strsim::damerau_levenshtein(key, k), k))
        .min()
        .filter(|(distance, k)| *distance <= 2.max(k.len() / 4))
        .map_or(Cow::Borrowed(""), |(_, k)| {
            format!(" (did you mean `{k}`?)").into()
        })
}
