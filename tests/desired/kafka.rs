//! The tables of configs against what Kafka's own jars define (`kafka/*.txt`, printed by `kafka/TopicConfigs.java` and
//! `kafka/KafkaConfigs.java`).

use std::collections::BTreeSet;

use headgate::model::{
    Accepts, BROKER_CONFIGS, BrokerScope, CLIENT_METRICS_CONFIGS, ConfigType, GROUP_CONFIGS,
    KnownConfig, TOPIC_CONFIGS, Versions, broker_config, is_per_broker, is_read_only, known_config,
    topic_config,
};

const VERSIONS: [(&str, &str); 3] = [
    ("3.6", include_str!("kafka/3.6.2.txt")),
    ("3.9", include_str!("kafka/3.9.1.txt")),
    ("4.3", include_str!("kafka/4.3.1.txt")),
];

const BROKERS: [(&str, &str); 3] = [
    ("3.6", include_str!("kafka/broker-3.6.2.txt")),
    ("3.9", include_str!("kafka/broker-3.9.1.txt")),
    ("4.3", include_str!("kafka/broker-4.3.1.txt")),
];

/// A line of Kafka's definitions.
struct Defined<'a> {
    key: &'a str,
    config_type: &'a str,
    validator: &'a str,
    default: &'a str,
    /// Of a broker's config: where it may be changed while brokers run.
    mode: &'a str,
}

fn defined(text: &str) -> impl Iterator<Item = Defined<'_>> {
    text.lines().map(|line| {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let (key, config_type, validator, default, mode) = match parts[..] {
            [key, config_type, validator, default] => (key, config_type, validator, default, ""),
            [key, config_type, validator, default, mode] => {
                (key, config_type, validator, default, mode)
            }
            _ => panic!("no definition: {line}"),
        };
        Defined {
            mode,
            key,
            config_type,
            validator,
            default,
        }
    })
}

/// Spells what the table accepts as Kafka's validators print themselves.
fn validator(config: &KnownConfig, version: &str) -> String {
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

/// What a newer Kafka checks, an older one may not have, and what is no range or choice, only a broker can judge.
fn agrees(config: &KnownConfig, kafka: &Defined<'_>, version: &str) -> bool {
    let ours = validator(config, version);
    config.accepts == Accepts::Anything || ours == kafka.validator
}

#[test]
fn the_table_of_brokers_says_what_kafka_says() {
    for (version, text) in BROKERS {
        for kafka in defined(text) {
            if kafka.mode == "read-only" {
                // what a newer Kafka changes while it runs, the planner asks the cluster about
                assert!(
                    is_read_only(kafka.key) || broker_config(kafka.key).is_some(),
                    "{} of Kafka {version} is missing",
                    kafka.key
                );
                continue;
            }
            let config = broker_config(kafka.key)
                .unwrap_or_else(|| panic!("{} of Kafka {version} is missing", kafka.key));
            assert!(!is_read_only(kafka.key), "{}", kafka.key);
            let scope = match kafka.mode {
                "cluster-wide" => BrokerScope::ClusterWide,
                "per-broker" => BrokerScope::PerBroker,
                other => panic!("unknown mode {other}"),
            };
            assert_eq!(config.scope, scope, "{} in {version}", kafka.key);
            if version == "4.3" {
                let kind = format!("{:?}", config.known.config_type).to_uppercase();
                assert_eq!(kind, kafka.config_type, "{} in {version}", kafka.key);
            }
            assert!(
                agrees(&config.known, &kafka, version),
                "{} in {version}: {}",
                kafka.key,
                kafka.validator
            );
        }
    }
}

#[test]
fn the_table_of_brokers_knows_nothing_more() {
    let kafka: BTreeSet<&str> = BROKERS
        .iter()
        .flat_map(|(_, text)| defined(text))
        .filter(|d| d.mode != "read-only")
        .map(|d| d.key)
        .collect();
    let ours: BTreeSet<&str> = BROKER_CONFIGS.iter().map(|c| c.known.key).collect();
    assert_eq!(ours, kafka);
    assert!(BROKER_CONFIGS.is_sorted_by_key(|c| c.known.key));
}

#[test]
fn what_brokers_are_told_a_listener_at_a_time_is_known_by_its_last_part() {
    let found = |key| broker_config(key).map(|c| c.known.key);
    assert_eq!(
        found("listener.name.client.ssl.keystore.location"),
        Some("ssl.keystore.location")
    );
    assert_eq!(
        found("listener.name.client.scram-sha-512.sasl.jaas.config"),
        Some("sasl.jaas.config")
    );
    assert_eq!(found("listener.name.client"), None);
    assert!(is_per_broker("listener.name.client.max.connections"));
    assert!(!is_per_broker("max.connections"));
    assert!(is_per_broker("ssl.keystore.location"));
}

#[test]
fn the_tables_of_groups_and_client_metrics_say_what_kafka_says() {
    let tables = [
        (GROUP_CONFIGS, include_str!("kafka/group-4.3.1.txt")),
        (
            CLIENT_METRICS_CONFIGS,
            include_str!("kafka/client-metrics-4.3.1.txt"),
        ),
    ];
    for (table, text) in tables {
        assert_eq!(table.len(), defined(text).count());
        for kafka in defined(text) {
            let config = known_config(table, kafka.key)
                .unwrap_or_else(|| panic!("{} is missing", kafka.key));
            let kind = format!("{:?}", config.config_type).to_uppercase();
            assert_eq!(kind, kafka.config_type, "{}", kafka.key);
            assert_eq!(config.default, kafka.default, "{}", kafka.key);
            let bounds = kafka.validator == "null" || agrees(config, &kafka, "4.3");
            assert!(bounds, "{}: {}", kafka.key, kafka.validator);
        }
    }
}
