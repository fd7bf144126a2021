//! Kafka's own tables of groups' configs and of clients' metrics, version 4.3 (rank 0): what `GroupConfig` and
//! `ClientMetricsConfigs` in Kafka's jars say; `tests/desired/kafka` holds the printed definitions, and a test compares them
//! with these tables. Older versions know fewer keys; which, the cluster tells.

use super::{
    Accepts::{self, Anything, AtLeast, Between, Words},
    ConfigType::{self, Boolean, Int, List, String},
    KnownConfig, Versions,
};

const fn row(
    key: &'static str,
    config_type: ConfigType,
    accepts: Accepts,
    default: &'static str,
    about: &'static str,
) -> KnownConfig {
    KnownConfig {
        key,
        config_type,
        accepts,
        default,
        versions: Versions::All,
        about,
    }
}

/// Every config of a group, sorted.
#[rustfmt::skip]
pub const GROUP_CONFIGS: &[KnownConfig] = &[
    row("consumer.assignment.interval.ms", Int, AtLeast(0), "1000",
        "How long the coordinator waits between two assignments of a group."),
    row("consumer.heartbeat.interval.ms", Int, AtLeast(1), "5000",
        "How often members send heartbeats (KIP-848)."),
    row("consumer.session.timeout.ms", Int, AtLeast(1), "45000",
        "After how long without a heartbeat a member is thrown out (KIP-848)."),
    row("share.assignment.interval.ms", Int, AtLeast(0), "1000",
        "How long the coordinator waits between two assignments of a share group."),
    row("share.auto.offset.reset", String, Anything, "latest",
        "Where a share group begins: `earliest`, `latest`, or `by_duration:` and an ISO 8601 duration."),
    row("share.delivery.count.limit", Int, AtLeast(2), "5",
        "How often a record is given to a share group before it is given up."),
    row("share.heartbeat.interval.ms", Int, AtLeast(1), "5000",
        "How often members of a share group send heartbeats."),
    row("share.isolation.level", String, Words(&["read_committed", "read_uncommitted"]), "read_uncommitted",
        "Whether a share group sees records of transactions that are not committed."),
    row("share.partition.max.record.locks", Int, AtLeast(100), "2000",
        "How many records of a partition a share group may have taken at once."),
    row("share.record.lock.duration.ms", Int, AtLeast(1000), "30000",
        "For how long a record is taken by the consumer that got it."),
    row("share.renew.acknowledge.enable", Boolean, Anything, "true",
        "Whether consumers may prolong the time for which they have a record."),
    row("share.session.timeout.ms", Int, AtLeast(1), "45000",
        "After how long without a heartbeat a member of a share group is thrown out."),
    row("streams.assignment.interval.ms", Int, AtLeast(0), "1000",
        "How long the coordinator waits between two assignments of a streams group."),
    row("streams.heartbeat.interval.ms", Int, AtLeast(1), "5000",
        "How often members of a streams group send heartbeats (KIP-1071)."),
    row("streams.initial.rebalance.delay.ms", Int, AtLeast(0), "3000",
        "How long the first assignment waits for further members."),
    row("streams.num.standby.replicas", Int, AtLeast(0), "0",
        "How many standby copies of each state store a streams group keeps."),
    row("streams.session.timeout.ms", Int, AtLeast(1), "45000",
        "After how long without a heartbeat a member of a streams group is thrown out."),
];

/// Every config of a subscription to clients' metrics (KIP-714), sorted. The bounds of the interval are those of
/// `ClientMetricsConfigs.validate`.
#[rustfmt::skip]
pub const CLIENT_METRICS_CONFIGS: &[KnownConfig] = &[
    row("interval.ms", Int, Between(100, 3_600_000), "300000",
        "How often clients send their metrics."),
    row("match", List, Anything, "",
        "Which clients: a list of `selector=regex`, such as `client_id=app-.*`."),
    row("metrics", List, Anything, "",
        "Which metrics: a list of beginnings of their names; `*` alone stands for all."),
];
