//! Config values of every kind, and quotas, which are nothing but values either (sandbox stage, pure; Kafka,
//! `ConfigurationControlManager`, `ClientQuotaControlManager`).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{Alterations, Done, Records, World, last_word, outcome, too_large};
use crate::{
    live::{BrokerKey, LiveConfig},
    model::{ConfigKey, ConfigType, Kind, ObjectRef, QuotaEntity},
    ports::{KeyChange, Outcome},
    sandbox::values,
};

/// Some of the keys that brokers have, with whether they only take effect at a start.
const BROKER_KEYS: [(&str, ConfigType, bool); 16] = [
    ("auto.create.topics.enable", ConfigType::Boolean, true),
    ("background.threads", ConfigType::Int, false),
    ("broker.rack", ConfigType::String, true),
    (
        "follower.replication.throttled.rate",
        ConfigType::Long,
        false,
    ),
    ("leader.replication.throttled.rate", ConfigType::Long, false),
    ("log.cleaner.threads", ConfigType::Int, false),
    ("log.dirs", ConfigType::String, true),
    ("log.retention.ms", ConfigType::Long, false),
    ("log.segment.bytes", ConfigType::Int, false),
    ("max.connections", ConfigType::Int, false),
    ("max.connections.per.ip", ConfigType::Int, false),
    ("message.max.bytes", ConfigType::Int, false),
    ("num.io.threads", ConfigType::Int, false),
    ("num.network.threads", ConfigType::Int, false),
    ("ssl.keystore.location", ConfigType::String, false),
    ("ssl.keystore.password", ConfigType::Password, false),
];

/// The keys that groups have (KIP-848, KIP-932).
const GROUP_KEYS: [(&str, ConfigType); 7] = [
    ("consumer.heartbeat.interval.ms", ConfigType::Int),
    ("consumer.session.timeout.ms", ConfigType::Int),
    ("share.auto.offset.reset", ConfigType::String),
    ("share.heartbeat.interval.ms", ConfigType::Int),
    ("share.isolation.level", ConfigType::String),
    ("share.record.lock.duration.ms", ConfigType::Int),
    ("share.session.timeout.ms", ConfigType::Int),
];

/// The keys that subscriptions to clients' metrics have (KIP-714).
const METRICS_KEYS: [(&str, ConfigType); 3] = [
    ("interval.ms", ConfigType::Int),
    ("match", ConfigType::List),
    ("metrics", ConfigType::List),
];

/// The keys of quotas on users and clients, and whether they are whole numbers (Kafka, `QuotaConfig`).
const CLIENT_QUOTAS: [(&str, bool); 4] = [
    ("consumer_byte_rate", true),
    ("controller_mutation_rate", false),
    ("producer_byte_rate", true),
    ("request_percentage", false),
];
/// The key of quotas on addresses.
const IP_QUOTAS: [(&str, bool); 1] = [("connection_creation_rate", true)];

/// A quota's key and value.
type Limit = (CompactString, Option<f64>);

impl World {
    /// Sets and resets config values of an object, all or none.
    ///
    /// # Errors
    /// Kafka's refusal: no such topic or broker, no such key, a wrong value, a key twice.
    pub fn alter(&mut self, object: &ObjectRef, keys: &Alterations) -> Done {
        match object.kind {
            Kind::Topic => return self.alter_topic(object, keys),
            Kind::BrokerConfig if !self.has_broker(&object.name) => {
                let text = format!("No broker {} is registered.", object.name);
                return last_word("INVALID_REQUEST", text);
            }
            Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics => {}
            kind => {
                let text = format!("Unexpected resource type {kind}.");
                return last_word("INVALID_REQUEST", text);
            }
        }
        check(object, keys)?;
        let own = self.configs.entry(object.clone()).or_default();
        write(own, keys);
        if own.is_empty() {
            self.configs.remove(object);
        }
        Ok(())
    }

    fn has_broker(&self, name: &str) -> bool {
        let is = |id: i32| self.brokers.iter().any(|b| b.id == id);
        name == "default" || name.parse().is_ok_and(is)
    }

    /// Sets a quota's value, or removes it.
    ///
    /// # Errors
    /// Kafka's refusal: no such key for such an entity, or no such value.
    pub fn limit(&mut self, entity: &QuotaEntity, key: &str, value: Option<f64>) -> Done {
        check_quota(entity, key, value)?;
        let name = entity.name();
        let quota = self.quotas.entry(name.clone()).or_default();
        match value {
            Some(value) => drop(quota.insert(key.into(), value)),
            None => drop(quota.remove(key)),
        }
        if quota.is_empty() {
            self.quotas.remove(&name);
        }
        Ok(())
    }

    pub(super) fn alter_all(
        &mut self,
        items: &[(ObjectRef, Vec<KeyChange>)],
        records: &mut Records,
    ) -> Vec<Outcome> {
        let open =
            |(key, value): &KeyChange| (key.clone(), value.as_ref().map(|v| v.expose().into()));
        let one = |(object, keys): &(ObjectRef, Vec<KeyChange>)| match records.take(keys.len()) {
            true => self.alter(object, &keys.iter().map(open).collect::<Vec<_>>()),
            false => too_large(),
        };
        items.iter().map(one).map(outcome).collect()
    }

    /// Writes quotas, each whole or not at all.
    pub(super) fn limit_all(
        &mut self,
        items: &[(QuotaEntity, Vec<Limit>)],
        records: &mut Records,
    ) -> Vec<Outcome> {
        let one = |(entity, keys): &(QuotaEntity, Vec<Limit>)| {
            if !records.take(keys.len()) {
                return too_large();
            }
            for (key, value) in keys {
                check_quota(entity, key, *value)?;
            }
            let mut each = keys.iter();
            each.try_for_each(|(key, value)| self.limit(entity, key, *value))
        };
        items.iter().map(one).map(outcome).collect()
    }
}

/// Returns the keys that brokers tell they have.
pub(in crate::sandbox) fn broker_keys() -> BTreeMap<ConfigKey, BrokerKey> {
    let keys = BROKER_KEYS.iter();
    keys.map(|(key, config_type, read_only)| {
        let known = BrokerKey {
            config_type: *config_type,
            read_only: *read_only,
        };
        (ConfigKey::new(key), known)
    })
    .collect()
}

/// Returns the keys that groups are told to have.
pub(in crate::sandbox) fn group_keys() -> BTreeMap<ConfigKey, ConfigType> {
    let keys = GROUP_KEYS.iter();
    keys.map(|(key, of)| (ConfigKey::new(key), *of)).collect()
}

/// Tells whether Kafka keeps the values of a broker's key to itself.
pub(in crate::sandbox) fn is_hidden(key: &str) -> bool {
    let known = BROKER_KEYS.iter().find(|(name, ..)| *name == key);
    known.is_some_and(|(_, of, _)| *of == ConfigType::Password)
}

/// Checks alterations before any of them is made.
pub(super) fn check(object: &ObjectRef, keys: &Alterations) -> Done {
    let mut seen = BTreeSet::new();
    for (key, value) in keys {
        if !seen.insert(key) {
            let text = format!("Error due to duplicate config keys: {key}");
            return last_word("INVALID_REQUEST", text);
        }
        let refusal = value.as_ref().and_then(|value| match object.kind {
            Kind::Topic => values::refusal(key.as_str(), value),
            kind => refusal(kind, key.as_str(), value),
        });
        if let Some(text) = refusal {
            return last_word("INVALID_CONFIG", text);
        }
    }
    Ok(())
}

/// Says why a broker, a group or a subscription does not take a value.
fn refusal(kind: Kind, key: &str, value: &str) -> Option<String> {
    let of = match kind {
        Kind::BrokerConfig => {
            let known = BROKER_KEYS.iter().find(|(name, ..)| *name == key);
            match known {
                Some((_, _, true)) => {
                    return Some(format!(
                        "Cannot update these configs dynamically: Set({key})"
                    ));
                }
                Some((_, of, false)) => *of,
                // a plugin of somebody's may know it
                None => ConfigType::String,
            }
        }
        _ => {
            let table: &[_] = match kind {
                Kind::GroupConfig => &GROUP_KEYS,
                _ => &METRICS_KEYS,
            };
            match table.iter().find(|(name, _)| *name == key) {
                Some((_, of)) => *of,
                None => return Some(format!("Unknown config name: {key}")),
            }
        }
    };
    (!values::is_of_type(of, value))
        .then(|| format!("Invalid value {value} for configuration {key}: Not a {of:?}"))
}

/// Sets and resets values, and keeps them sorted by key.
pub(super) fn write(config: &mut Vec<LiveConfig>, keys: &Alterations) {
    for (key, value) in keys {
        config.retain(|c| c.key != *key);
        if let Some(value) = value {
            let key = key.clone();
            let value = Some(value.clone());
            config.push(LiveConfig { key, value });
        }
    }
    config.sort_unstable_by(|a, b| a.key.cmp(&b.key));
}

fn check_quota(entity: &QuotaEntity, key: &str, value: Option<f64>) -> Done {
    let with_ip = entity.ip.is_some();
    if *entity == QuotaEntity::default()
        || with_ip && (entity.user.is_some() || entity.client_id.is_some())
    {
        return last_word("INVALID_REQUEST", "Invalid client quota entity".to_owned());
    }
    let table: &[_] = match with_ip {
        true => &IP_QUOTAS,
        false => &CLIENT_QUOTAS,
    };
    let Some((_, whole)) = table.iter().find(|(name, _)| *name == key) else {
        return last_word(
            "INVALID_REQUEST",
            format!("Invalid configuration key {key}"),
        );
    };
    let Some(value) = value else {
        return Ok(());
    };
    if value.is_nan() || value <= 0.0 {
        return last_word(
            "INVALID_REQUEST",
            format!("Quota {key} must be greater than 0"),
        );
    }
    if *whole && value.fract() != 0.0 {
        let text = format!("Configuration {key} must be a Long value");
        return last_word("INVALID_REQUEST", text);
    }
    Ok(())
}
