//! Config values of every kind, and quotas, which are nothing but values either (sandbox stage, pure; Kafka,
//! `ConfigurationControlManager`, `ClientQuotaControlManager`).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{Alterations, Done, Records, World, last_word, outcome, too_large};
use crate::{
    live::{BrokerKey, LiveConfig},
    model::{
        BROKER_CONFIGS, ConfigKey, ConfigType, GROUP_CONFIGS, Kind, ObjectRef, QuotaEntity,
        broker_config, is_throttle,
    },
    ports::{KeyChange, Outcome},
    sandbox::values,
};

/// Keys that brokers tell although they cannot be changed while they run.
const READ_ONLY: [(&str, ConfigType); 3] = [
    ("auto.create.topics.enable", ConfigType::Boolean),
    ("broker.rack", ConfigType::String),
    ("log.dirs", ConfigType::String),
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
    let dynamic = BROKER_CONFIGS.iter();
    let dynamic = dynamic.map(|config| (config.known.key, config.known.config_type, false));
    let fixed = READ_ONLY.iter().map(|(key, of)| (*key, *of, true));
    dynamic
        .chain(fixed)
        .map(|(key, config_type, read_only)| {
            let known = BrokerKey {
                config_type,
                read_only,
            };
            (ConfigKey::new(key), known)
        })
        .collect()
}

/// Returns the keys that groups are told to have.
pub(in crate::sandbox) fn group_keys() -> BTreeMap<ConfigKey, ConfigType> {
    let keys = GROUP_CONFIGS.iter();
    keys.map(|config| (ConfigKey::new(config.key), config.config_type))
        .collect()
}

/// Tells whether Kafka keeps the values of a broker's key to itself: also those of keys that it does not know
/// (`DynamicBrokerConfig`, `ConfigHelper.isSensitive`).
pub(in crate::sandbox) fn is_hidden(key: &str) -> bool {
    // throttles stand in no table, since only moves set them (Kafka, `DynamicConfig.Broker`)
    let throttle = is_throttle(Kind::BrokerConfig, key);
    !throttle
        && broker_config(key).is_none_or(|config| config.known.config_type == ConfigType::Password)
}

/// Checks alterations before any of them is made.
pub(super) fn check(object: &ObjectRef, keys: &Alterations) -> Done {
    let mut seen = BTreeSet::new();
    for (key, value) in keys {
        if !seen.insert(key) {
            let text = format!("Error due to duplicate config keys: {key}");
            return last_word("INVALID_REQUEST", text);
        }
        let value = value.as_ref();
        if let Some(text) = value.and_then(|v| values::refusal(object, key.as_str(), v)) {
            return last_word("INVALID_CONFIG", text);
        }
    }
    Ok(())
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
