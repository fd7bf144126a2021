//! The keys with which Kafka slows reassignments down (rank 0; Kafka, `QuotaConfig`).

use super::Kind;

/// Keys of brokers: bytes a second that one sends of throttled replicas, and that it takes.
pub const THROTTLE_RATES: [&str; 2] = [
    "leader.replication.throttled.rate",
    "follower.replication.throttled.rate",
];

/// Keys of topics: the replicas that are sent slowly, and those that are filled slowly, as `partition:broker`.
pub const THROTTLED_REPLICAS: [&str; 2] = [
    "leader.replication.throttled.replicas",
    "follower.replication.throttled.replicas",
];

/// Tells whether a config key of a kind belongs to a reassignment. Taking one away in the middle of it lets it run at full
/// speed, so only who moves replicas touches them.
#[must_use]
pub fn is_throttle(kind: Kind, key: &str) -> bool {
    match kind {
        Kind::Topic => THROTTLED_REPLICAS.contains(&key),
        Kind::BrokerConfig => THROTTLE_RATES.contains(&key),
        _ => false,
    }
}
