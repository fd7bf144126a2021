//! The table of topic configs against what Kafka's own jars define (`kafka/*.txt`, printed by `kafka/TopicConfigs.java`).

use std::collections::BTreeSet;

use headgate::model::{Accepts, ConfigType, TOPIC_CONFIGS, TopicConfig, Versions, topic_config};

const VERSIONS: [(&str, &str); 3] = [
    ("3.6", include_str!("kafka/3.6.2.txt")),
    ("3.9", include_str!("kafka/3.9.1.txt")),
    ("4.3", include_str!("kafka/4.3.1.txt")),
];

/// A line of Kafka's definitions.
struct Defined<'a> {
    key: &'a str,
    config_type: &'a str,
    validator: &'a str,
    default: &'a str,
}

fn defined(text: &str) -> impl Iterator<Item = Defined<'_>> {
    text.lines().map(|line| {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [key, config_type, validator, default] = parts[..] else {
            panic!("no definition: {line}");
        };
        Defined {
            key,
            config_type,
            validator,
            default,
        }
    })
}

/// Spells what the table accepts as Kafka's validators print themselves.
fn validator(config: &TopicConfig, version: &str) -> String {
    match config.accepts {
        Accepts::Anything => "null".into(),
        Accepts::AtLeast(min) => format!("[{min},...]"),
        Accepts::AtLeastRaised(_, min) if version.starts_with('4') => format!("[{min},...]"),
        Accepts::AtLeastRaised(min, _) => format!("[{min},...]"),
        Accepts::Between(min, max) => format!("[{min},...,{max}]"),
        Accepts::BetweenOr(min, max, or) => format!("[{min},...,{max}] or {or}"),
        Accepts::Ratio => "[0,...,1]".into(),
        Accepts::Words(words) => format!("[{}]", words.join(", ")),
        Accepts::Replicas => "[partitionId]:[brokerId],[partitionId]:[brokerId],...".into(),
        Accepts::Version => "versions".into(),
    }
}

#[test]
fn the_table_says_what_kafka_says() {
    for (version, text) in VERSIONS {
        for kafka in defined(text) {
            let config = topic_config(kafka.key)
                .unwrap_or_else(|| panic!("{} of Kafka {version} is missing", kafka.key));
            let kind = format!("{:?}", config.config_type).to_uppercase();
            assert_eq!(kind, kafka.config_type, "{} in {version}", config.key);
            let ours = validator(config, version);
            // the versions themselves are far too many to repeat; a broker knows them
            if config.accepts != Accepts::Version {
                assert_eq!(ours, kafka.validator, "{} in {version}", config.key);
            }
            // Kafka 4.0 changed this default (KIP-1030); the table gives the newest
            if version == "4.3" || config.versions == Versions::Only3 {
                assert_eq!(config.default, kafka.default, "{} in {version}", config.key);
            }
        }
    }
}

#[test]
fn the_table_knows_which_version_has_which_key() {
    for (version, text) in VERSIONS {
        let kafka: BTreeSet<&str> = defined(text).map(|d| d.key).collect();
        let ours: BTreeSet<&str> = TOPIC_CONFIGS
            .iter()
            .filter(|config| match config.versions {
                Versions::All => true,
                Versions::Since(since) => since <= version,
                Versions::Only3 => version.starts_with('3'),
            })
            .map(|config| config.key)
            .collect();
        assert_eq!(ours, kafka, "Kafka {version}");
    }
}

#[test]
fn units_are_read_where_the_name_speaks_of_them() {
    for config in TOPIC_CONFIGS {
        if config.key.ends_with(".ms") || config.key.ends_with(".bytes") {
            let number = matches!(config.config_type, ConfigType::Int | ConfigType::Long);
            assert!(number, "{} is no number", config.key);
        }
    }
}
