//! Topics that belong to Kafka and the systems around it (plan stage, pure). They are never written, never deleted and
//! never unexpected, whatever git says.

use crate::live::LiveRef;

/// Beginnings of names that platform components give their topics: Kafka itself (`__consumer_offsets`), Strimzi,
/// MSK (`__amazon_msk_canary`), Confluent, the Schema Registry, Connect workers (with and without `_`), MirrorMaker 2.
const PREFIXES: [&str; 5] = ["__", "_confluent", "connect-", "_connect-", "mm2-"];

/// Whole names.
const NAMES: [&str; 1] = ["_schemas"];

/// Endings that Kafka Streams gives the topics it makes and deletes by itself.
const SUFFIXES: [&str; 2] = ["-changelog", "-repartition"];

/// Tells whether a topic is somebody's machinery: by its name, or because the broker calls it internal.
pub(super) fn is_platform(name: &str, live: Option<LiveRef<'_>>) -> bool {
    NAMES.contains(&name)
        || PREFIXES.iter().any(|p| name.starts_with(p))
        || SUFFIXES.iter().any(|s| name.ends_with(s))
        || matches!(live, Some(LiveRef::Topic(topic)) if topic.internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap 14: Kafka flags three topics as internal; those of Connect, Streams and vendors look like any other.
    #[test]
    fn platform_topics_are_known_by_name() {
        for name in [
            "__consumer_offsets",
            "__amazon_msk_canary",
            "__strimzi_canary",
            "_schemas",
            "_confluent-metrics",
            "connect-offsets",
            "_connect-status",
            "mm2-offset-syncs.a.internal",
            "orders-store-changelog",
            "orders-by-user-repartition",
        ] {
            assert!(is_platform(name, None), "{name}");
        }
        for name in [
            "orders",
            "_schemas2",
            "reconnect-events",
            "changelog",
            "_audit",
        ] {
            assert!(!is_platform(name, None), "{name}");
        }
    }
}
