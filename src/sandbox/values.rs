//! Checks config values as a Kafka 4 broker does (sandbox stage, pure): its table, its messages.

use crate::model::{Accepts, ConfigType, KnownConfig, Versions, topic_config};

/// Looks up a key that this Kafka has.
pub(super) fn known(key: &str) -> Option<&'static KnownConfig> {
    topic_config(key).filter(|config| config.versions != Versions::Only3)
}

/// Says why the cluster refuses a value; `None` when it takes it.
pub(super) fn refusal(key: &str, value: &str) -> Option<String> {
    let Some(config) = known(key) else {
        return Some(format!("Unknown topic config name: {key}"));
    };
    match config.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => number(config, value),
        ConfigType::Double => match value.trim().parse::<f64>() {
            Ok(ratio) if config.accepts != Accepts::Ratio || (0.0..=1.0).contains(&ratio) => None,
            Ok(_) => Some(invalid(config, value, "Value must be between 0 and 1")),
            Err(_) => Some(invalid(config, value, "Not a number of type DOUBLE")),
        },
        ConfigType::Boolean => (!is_of_type(ConfigType::Boolean, value))
            .then(|| invalid(config, value, "Expected value to be either true or false")),
        ConfigType::List => words(config, value.split(',').map(str::trim), value),
        ConfigType::String | ConfigType::Class | ConfigType::Password => {
            words(config, std::iter::once(value), value)
        }
    }
}

/// Tells whether a value is one of a type.
pub(super) fn is_of_type(of: ConfigType, value: &str) -> bool {
    match of {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => integer(of, value).is_some(),
        ConfigType::Double => value.trim().parse::<f64>().is_ok(),
        ConfigType::Boolean => {
            matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "false")
        }
        ConfigType::String | ConfigType::List | ConfigType::Class | ConfigType::Password => true,
    }
}

fn integer(of: ConfigType, value: &str) -> Option<i64> {
    let text = value.trim();
    match of {
        ConfigType::Long => text.parse().ok(),
        ConfigType::Short => text.parse::<i16>().ok().map(i64::from),
        _ => text.parse::<i32>().ok().map(i64::from),
    }
}

fn number(config: &KnownConfig, value: &str) -> Option<String> {
    let Some(number) = integer(config.config_type, value) else {
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
            assert_eq!(refusal(key, value).is_none(), taken, "{key}={value}");
        }
    }
}
