//! Checks config values as a Kafka 4 broker does (sandbox stage, pure): its table, its messages.

use crate::model::{
    Accepts, CLIENT_METRICS_CONFIGS, ConfigType, GROUP_CONFIGS, Kind, KnownConfig, ObjectRef,
    Versions, broker_config, is_per_broker, is_read_only, known_config, topic_config,
};

/// Looks up a key of topics that this Kafka has.
pub(super) fn known(key: &str) -> Option<&'static KnownConfig> {
    topic_config(key).filter(|config| config.versions != Versions::Only3)
}

/// Says why the cluster refuses a value; `None` when it takes it.
pub(super) fn refusal(object: &ObjectRef, key: &str, value: &str) -> Option<String> {
    let found = match object.kind {
        Kind::BrokerConfig => return of_broker(&object.name, key, value),
        Kind::GroupConfig => known_config(GROUP_CONFIGS, key),
        Kind::ClientMetrics => known_config(CLIENT_METRICS_CONFIGS, key),
        _ => known(key),
    };
    match (found, object.kind) {
        (Some(config), _) => of_type(config, value),
        (None, Kind::Topic) => Some(format!("Unknown topic config name: {key}")),
        (None, _) => Some(format!("Unknown config name: {key}")),
    }
}

/// A key that brokers do not know may be one of somebody's plugin, so it is taken.
fn of_broker(broker: &str, key: &str, value: &str) -> Option<String> {
    if is_read_only(key) {
        return Some(format!(
            "Cannot update these configs dynamically: Set({key})"
        ));
    }
    if broker == "default" && is_per_broker(key) {
        return Some(format!(
            "Cannot update these configs at default cluster level: Set({key})"
        ));
    }
    of_type(&broker_config(key)?.known, value)
}

fn of_type(config: &KnownConfig, value: &str) -> Option<String> {
    match config.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => number(config, value),
        ConfigType::Double => match value.trim().parse::<f64>() {
            Ok(ratio) if config.accepts != Accepts::Ratio || (0.0..=1.0).contains(&ratio) => None,
            Ok(_) => Some(invalid(config, value, "Value must be between 0 and 1")),
            Err(_) => Some(invalid(config, value, "Not a number of type DOUBLE")),
        },
        ConfigType::Boolean => {
            (!matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "false"))
                .then(|| invalid(config, value, "Expected value to be either true or false"))
        }
        ConfigType::List => words(config, value.split(',').map(str::trim), value),
        ConfigType::String | ConfigType::Class | ConfigType::Password => {
            words(config, std::iter::once(value), value)
        }
    }
}

fn number(config: &KnownConfig, value: &str) -> Option<String> {
    let text = value.trim();
    let of_type = match config.config_type {
        ConfigType::Long => text.parse().ok(),
        ConfigType::Short => text.parse::<i16>().ok().map(i64::from),
        _ => text.parse::<i32>().ok().map(i64::from),
    };
    let Some(number) = of_type else {
        let why = format!("Not a number of type {:?}", config.config_type).to_uppercase();
        return Some(invalid(
            config,
            value,
            &why.replacen("NOT A NUMBER OF TYPE", "Not a number of type", 1),
        ));
    };
    let taken = match config.accepts {
        Accepts::AtLeast(least) | Accepts::AtLeastRaised(_, least) => number >= least,
        Accepts::Between(least, most) => (least..=most).contains(&number),
        Accepts::BetweenOr(least, most, or) => (least..=most).contains(&number) || number == or,
        _ => true,
    };
    (!taken).then(|| invalid(config, value, "Value is out of range"))
}

fn words<'a>(
    config: &KnownConfig,
    mut given: impl Iterator<Item = &'a str>,
    value: &str,
) -> Option<String> {
    let Accepts::Words(words) = config.accepts else {
        return None;
    };
    (!given.all(|word| words.contains(&word))).then(|| {
        let why = format!("String must be one of: {}", words.join(", "));
        invalid(config, value, &why)
    })
}

fn invalid(config: &KnownConfig, value: &str, why: &str) -> String {
    format!(
        "Invalid value {value} for configuration {}: {why}",
        config.key
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_kafka_4_takes_them() {
        for (key, value, taken) in [
            ("retention.ms", "-1", true),
            ("retention.ms", "-2", false),
            ("retention.ms", "12x", false),
            ("retention.ms", "1e6", false),
            ("segment.bytes", "1048576", true),
            ("segment.bytes", "14", false),
            ("max.message.bytes", "3000000000", false),
            ("cleanup.policy", "delete, compact", true),
            ("cleanup.policy", "shred", false),
            ("compression.type", "zstd", true),
            ("preallocate", "TRUE", true),
            ("preallocate", "yes", false),
            ("min.cleanable.dirty.ratio", "0.1", true),
            ("min.cleanable.dirty.ratio", "1.1", false),
            ("message.format.version", "3.0", false),
            ("retention", "1", false),
        ] {
            let topic = ObjectRef::topic("t");
            let refused = refusal(&topic, key, value).is_some();
            assert_eq!(refused, !taken, "{key}={value}");
        }
    }

    /// Trap 19: what a broker takes for itself it may not take for all.
    #[test]
    fn brokers_groups_and_subscriptions_have_keys_of_their_own() {
        let all = ObjectRef::new(Kind::BrokerConfig, "default");
        let one = ObjectRef::new(Kind::BrokerConfig, "1");
        let group = ObjectRef::new(Kind::GroupConfig, "g");
        let metrics = ObjectRef::new(Kind::ClientMetrics, "m");
        for (object, key, value, taken) in [
            (&all, "num.io.threads", "8", true),
            (&all, "num.io.threads", "many", false),
            (&all, "log.dirs", "/data", false),
            (&all, "ssl.keystore.location", "/k", false),
            (&one, "ssl.keystore.location", "/k", true),
            (&one, "my.plugin.key", "x", true),
            (&group, "consumer.session.timeout.ms", "45000", true),
            (&group, "retention.ms", "1", false),
            (&metrics, "interval.ms", "10", false),
            (&metrics, "metrics", "*", true),
        ] {
            let refused = refusal(object, key, value).is_some();
            assert_eq!(refused, !taken, "{object} {key}={value}");
        }
    }
}
