//! Config values as DescribeConfigs tells them (rank 6, Kafka plane), of whatever they are the values.

use std::collections::BTreeMap;

use compact_str::CompactString;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};

use crate::{
    live::{BrokerKey, LiveConfig},
    model::{ConfigKey, ConfigType},
};

/// Keys that can be set on every version (Kafka, `QuotaConfig.brokerQuotaConfigs`), and that Kafka 3.x lists only when they
/// are set, and then as read-only.
const THROTTLES: [&str; 3] = [
    "leader.replication.throttled.rate",
    "follower.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

/// Returns the values that are set on the object itself, which their source tells (`ConfigSource`), by key.
pub(super) fn own_values(configs: &[DescribeConfigsResourceResult], source: i8) -> Vec<LiveConfig> {
    let is_own = |config: &&DescribeConfigsResourceResult| {
        // `log.retention.hours` shows the value of `log.retention.ms`, as its first synonym says
        let by_another_name = config
            .synonyms
            .first()
            .is_some_and(|s| s.name != config.name);
        config.config_source == source && !by_another_name
    };
    let value = |config: &DescribeConfigsResourceResult| LiveConfig {
        key: ConfigKey::new(&config.name),
        value: config
            .value
            .as_deref()
            .filter(|_| !config.is_sensitive)
            .map(CompactString::from),
    };
    let mut own: Vec<LiveConfig> = configs.iter().filter(is_own).map(value).collect();
    own.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    own
}

/// Returns which keys there are, and their types.
pub(super) fn key_types(result: &DescribeConfigsResult) -> BTreeMap<ConfigKey, ConfigType> {
    let typed = |config: &DescribeConfigsResourceResult| {
        Some((
            ConfigKey::new(&config.name),
            config_type(config.config_type)?,
        ))
    };
    result.configs.iter().filter_map(typed).collect()
}

/// `DescribeConfigsResponse.ConfigType`, by its number on the wire.
fn config_type(wire: i8) -> Option<ConfigType> {
    Some(match wire {
        1 => ConfigType::Boolean,
        2 => ConfigType::String,
        3 => ConfigType::Int,
        4 => ConfigType::Short,
        5 => ConfigType::Long,
        6 => ConfigType::Double,
        7 => ConfigType::List,
        8 => ConfigType::Class,
        9 => ConfigType::Password,
        _ => return None,
    })
}

/// Returns which keys brokers have.
pub(super) fn broker_keys(told: &DescribeConfigsResult) -> BTreeMap<ConfigKey, BrokerKey> {
    let key = |config: &DescribeConfigsResourceResult| {
        let key = BrokerKey {
            config_type: config_type(config.config_type)?,
            read_only: config.read_only,
        };
        Some((ConfigKey::new(&config.name), key))
    };
    let mut keys: BTreeMap<ConfigKey, BrokerKey> = told.configs.iter().filter_map(key).collect();
    for key in THROTTLES {
        let dynamic = BrokerKey {
            config_type: ConfigType::Long,
            read_only: false,
        };
        keys.insert(ConfigKey::new(key), dynamic);
    }
    keys
}

#[cfg(test)]
mod tests {
    use kafka_protocol::{
        messages::describe_configs_response::DescribeConfigsSynonym, protocol::StrBytes,
    };

    use super::*;

    fn mk_entry(
        name: &'static str,
        synonym: &'static str,
        source: i8,
    ) -> DescribeConfigsResourceResult {
        let text = StrBytes::from_static_str;
        let synonym = DescribeConfigsSynonym::default().with_name(text(synonym));
        DescribeConfigsResourceResult::default()
            .with_name(text(name))
            .with_value(Some(text("1")))
            .with_config_source(source)
            .with_synonyms(vec![synonym])
    }

    fn keys(told: &[DescribeConfigsResourceResult], source: i8) -> Vec<String> {
        let own = own_values(told, source);
        own.into_iter().map(|c| c.key.to_string()).collect()
    }

    #[test]
    fn only_what_is_set_on_the_broker_itself_is_its_own() {
        let told = [
            mk_entry("log.retention.hours", "log.retention.ms", 2),
            mk_entry("log.retention.ms", "log.retention.ms", 2),
            mk_entry("message.max.bytes", "message.max.bytes", 3),
            mk_entry("num.io.threads", "num.io.threads", 4),
        ];
        assert_eq!(keys(&told, 2), ["log.retention.ms"]);
        assert_eq!(keys(&told, 3), ["message.max.bytes"]);
    }

    /// Trap 7: a secret that Kafka does not tell is set all the same.
    #[test]
    fn a_secret_is_there_without_its_value() {
        let secret = mk_entry("ssl.keystore.password", "ssl.keystore.password", 2)
            .with_value(None)
            .with_is_sensitive(true);
        let own = own_values(&[secret], 2);
        assert_eq!((own.len(), &own[0].value), (1, &None));
    }

    #[test]
    fn every_config_type_of_the_protocol_has_its_counterpart() {
        assert!((1..=9).all(|wire| config_type(wire).is_some()));
        assert_eq!((config_type(0), config_type(10)), (None, None));
    }
}
