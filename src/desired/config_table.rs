//! Which of Kafka's tables a document's configs are checked against (desired, rank 1).

use crate::model::{
    BROKER_CONFIGS, CLIENT_METRICS_CONFIGS, ConfigType, GROUP_CONFIGS, KnownConfig, TOPIC_CONFIGS,
    broker_config, is_read_only, known_config,
};

/// Why a key may not be declared, and the way out.
pub(super) type Refused = (String, Option<String>);

/// A table of configs.
pub(super) trait Table: 'static {
    /// What one of its keys is, for messages.
    const WHAT: &'static str;
    /// Whether a key that the table lacks may have a secret's value.
    const SECRETS: bool = false;

    /// Lists every config, sorted by key.
    fn rows() -> impl Iterator<Item = &'static KnownConfig>;

    /// Looks a key up.
    fn find(key: &str) -> Option<&'static KnownConfig>;

    /// Says why a key that Kafka knows may not be declared.
    fn refusal(_key: &str) -> Option<Refused> {
        None
    }

    /// Tells whether Kafka hides a key's value, so that it has to come from a secret.
    fn is_sensitive(_key: &str) -> bool {
        false
    }
}

/// Configs of topics.
#[derive(Debug)]
pub(super) struct Topics;

impl Table for Topics {
    const WHAT: &'static str = "topic config";

    fn rows() -> impl Iterator<Item = &'static KnownConfig> {
        TOPIC_CONFIGS.iter()
    }

    fn find(key: &str) -> Option<&'static KnownConfig> {
        known_config(TOPIC_CONFIGS, key)
    }
}

/// Configs of brokers that can be changed while they run.
#[derive(Debug)]
pub(super) struct Brokers;

/// What Headgate itself sets while it moves replicas.
const OF_MOVES: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

impl Table for Brokers {
    const WHAT: &'static str = "dynamic broker config";
    const SECRETS: bool = true;

    fn rows() -> impl Iterator<Item = &'static KnownConfig> {
        BROKER_CONFIGS.iter().map(|config| &config.known)
    }

    fn find(key: &str) -> Option<&'static KnownConfig> {
        broker_config(key).map(|config| &config.known)
    }

    fn refusal(key: &str) -> Option<Refused> {
        if OF_MOVES.contains(&key) {
            return Some((
                "is set and taken off while replicas move".to_owned(),
                Some(
                    "say how fast they may move in the Cluster's `spec.moves.throttle`".to_owned(),
                ),
            ));
        }
        is_read_only(key).then(|| {
            (
                "is read by a broker when it starts, and cannot be changed while it runs"
                    .to_owned(),
                Some("set it in the broker's `server.properties` and restart it".to_owned()),
            )
        })
    }

    fn is_sensitive(key: &str) -> bool {
        match broker_config(key) {
            Some(config) => config.known.config_type == ConfigType::Password,
            // Kafka hides every key whose type it does not know; of those only these are surely secrets
            None => ["password", "secret", "jaas"]
                .iter()
                .any(|w| key.contains(w)),
        }
    }
}

/// Configs of groups.
#[derive(Debug)]
pub(super) struct Groups;

impl Table for Groups {
    const WHAT: &'static str = "group config";

    fn rows() -> impl Iterator<Item = &'static KnownConfig> {
        GROUP_CONFIGS.iter()
    }

    fn find(key: &str) -> Option<&'static KnownConfig> {
        known_config(GROUP_CONFIGS, key)
    }
}

/// Configs of subscriptions to clients' metrics.
#[derive(Debug)]
pub(super) struct Subscriptions;

impl Table for Subscriptions {
    const WHAT: &'static str = "client metrics config";

    fn rows() -> impl Iterator<Item = &'static KnownConfig> {
        CLIENT_METRICS_CONFIGS.iter()
    }

    fn find(key: &str) -> Option<&'static KnownConfig> {
        known_config(CLIENT_METRICS_CONFIGS, key)
    }
}
