//! What a config key is on this cluster, and the one comparison that diff, apply and verify share (pure).

use compact_str::CompactString;

use crate::{
    desired::nearest,
    live::KafkaLive,
    model::{ConfigKey, ConfigType, Kind, TOPIC_CONFIGS, Versions, config_key, topic_config},
};

/// What people read in place of a value that is a secret, or that Kafka hides.
pub(super) const HIDDEN: CompactString = CompactString::const_new("(hidden)");

/// The types of config keys: the cluster's own word first, then Headgate's table, then plain text.
#[derive(Debug, Clone, Copy)]
pub struct KeyTypes<'a> {
    kafka: &'a KafkaLive,
}

impl<'a> KeyTypes<'a> {
    /// Takes the types that the cluster told.
    #[must_use]
    pub fn new(kafka: &'a KafkaLive) -> Self {
        Self { kafka }
    }

    /// Returns the type by which values of a kind's key are compared.
    #[must_use]
    pub fn of(&self, kind: Kind, key: &str) -> ConfigType {
        let told = match kind {
            Kind::Topic => {
                let told = self.kafka.topic_keys.get(key).copied();
                told.or_else(|| topic_config(key).map(|c| c.config_type))
            }
            Kind::BrokerConfig => self.kafka.broker_keys.get(key).map(|k| k.config_type),
            Kind::GroupConfig => self.kafka.group_keys.get(key).copied(),
            // KIP-546: every value is a float64
            Kind::Quota => Some(ConfigType::Double),
            // KIP-714: `metrics` and `match` are lists, of which the order says nothing
            Kind::ClientMetrics => Some(match key {
                "interval.ms" => ConfigType::Int,
                _ => ConfigType::List,
            }),
            // REST knows strings only
            Kind::Acl | Kind::User | Kind::ConsumerGroup | Kind::Schema | Kind::Connector => None,
        };
        told.unwrap_or(ConfigType::String)
    }

    /// Tells whether two values of a field of an object mean the same.
    #[must_use]
    pub fn same_field(&self, kind: Kind, path: &str, a: &str, b: &str) -> bool {
        a == b
            || config_key(path).is_some_and(|key| {
                let of = self.of(kind, key);
                of.normalise(a) == of.normalise(b)
            })
    }

    /// Says why a key cannot be set on an object of this cluster; `None` when it can. A cluster that told which keys it
    /// has is to be believed; until then the table is all there is to go by.
    pub(super) fn refusal(&self, kind: Kind, key: &str) -> Option<String> {
        match kind {
            Kind::Topic => self.no_topic_key(key),
            Kind::BrokerConfig => self.no_broker_key(key),
            Kind::GroupConfig => self.no_group_key(key),
            _ => None,
        }
    }

    fn no_topic_key(&self, key: &str) -> Option<String> {
        let live = &self.kafka.topic_keys;
        if live.contains_key(key) {
            return None;
        }
        match (topic_config(key), live.is_empty()) {
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
                did_you_mean(key, live.keys().map(ConfigKey::as_str))
            )),
        }
    }

    fn no_broker_key(&self, key: &str) -> Option<String> {
        let live = &self.kafka.broker_keys;
        match live.get(key) {
            Some(known) if known.read_only => Some(format!(
                "`{key}` takes effect only when a broker starts, so Kafka does not let it be set while it runs; put it into \
                 the brokers' server.properties, and take it out of git"
            )),
            // listener.name.<listener>.<key> exists once it is set
            None if !live.is_empty() && !key.starts_with("listener.name.") => Some(format!(
                "this cluster's brokers have no config `{key}`{}; correct the key or take it out of git",
                did_you_mean(key, live.keys().map(ConfigKey::as_str))
            )),
            _ => None,
        }
    }

    fn no_group_key(&self, key: &str) -> Option<String> {
        let live = &self.kafka.group_keys;
        (!live.is_empty() && !live.contains_key(key)).then(|| {
            format!(
                "this cluster's groups have no config `{key}`{}; correct the key, take it out of git, or run a Kafka that \
                 has it",
                did_you_mean(key, live.keys().map(ConfigKey::as_str))
            )
        })
    }
}

/// The nearest right spelling as a clause, empty when none is near.
fn did_you_mean<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(key, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}
