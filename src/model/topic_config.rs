//! Kafka's own table of topic configs, versions 3.6 to 4.3 (rank 0). It is what `LogConfig`'s `ConfigDef` in Kafka's
//! jars says; `tests/desired/kafka` holds the printed definitions, and a test compares them with this table.

use super::{
    Accepts::{
        self, Anything, AtLeast, AtLeastRaised, Between, BetweenOr, Ratio, Replicas, Version, Words,
    },
    ConfigType::{self, Boolean, Double, Int, List, Long, String},
    KnownConfig,
    Versions::{self, All, Only3, Since},
    known_config,
};

/// Looks a key up.
#[must_use]
pub fn topic_config(key: &str) -> Option<&'static KnownConfig> {
    known_config(TOPIC_CONFIGS, key)
}

const fn row(
    key: &'static str,
    config_type: ConfigType,
    accepts: Accepts,
    default: &'static str,
    versions: Versions,
    about: &'static str,
) -> KnownConfig {
    KnownConfig {
        key,
        config_type,
        accepts,
        default,
        versions,
        about,
    }
}

const FOREVER: &str = "9223372036854775807";

/// Every key, sorted.
#[rustfmt::skip]
pub const TOPIC_CONFIGS: &[KnownConfig] = &[
    row("cleanup.policy", List, Words(&["compact", "delete"]), "delete", All,
        "Whether old segments are deleted, compacted to the last value of each key, or both."),
    row("compression.gzip.level", Int, BetweenOr(1, 9, -1), "-1", Since("3.8"),
        "How hard the broker compresses with gzip."),
    row("compression.lz4.level", Int, Between(1, 17), "9", Since("3.8"),
        "How hard the broker compresses with lz4."),
    row("compression.type", String, Words(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), "producer", All,
        "The codec in which the broker stores batches; `producer` keeps what the producer sent."),
    row("compression.zstd.level", Int, Between(-131_072, 22), "3", Since("3.8"),
        "How hard the broker compresses with zstd."),
    row("delete.retention.ms", Long, AtLeast(0), "86400000", All,
        "How long a compacted topic keeps tombstones, so that slow readers see deletions."),
    row("file.delete.delay.ms", Long, AtLeast(0), "60000", All,
        "How long a deleted segment's file stays on the disk."),
    row("flush.messages", Long, AtLeast(1), FOREVER, All,
        "After how many messages the log is forced to disk; replication makes this unnecessary."),
    row("flush.ms", Long, AtLeast(0), FOREVER, All,
        "After how much time the log is forced to disk; replication makes this unnecessary."),
    row("follower.replication.throttled.replicas", List, Replicas, "", All,
        "Replicas whose followers are throttled while partitions move; moving tools set and clear it."),
    row("index.interval.bytes", Int, AtLeast(0), "4096", All,
        "How many bytes of log stand between two entries of the offset index."),
    row("leader.replication.throttled.replicas", List, Replicas, "", All,
        "Replicas whose leaders are throttled while partitions move; moving tools set and clear it."),
    row("local.retention.bytes", Long, AtLeast(-2), "-2", All,
        "With tiered storage: how much of a partition stays on the broker; -2 means `retention.bytes`."),
    row("local.retention.ms", Long, AtLeast(-2), "-2", All,
        "With tiered storage: how long segments stay on the broker; -2 means `retention.ms`."),
    row("max.compaction.lag.ms", Long, AtLeast(1), FOREVER, All,
        "How long a record may stay uncompacted at most."),
    row("max.message.bytes", Int, AtLeast(0), "1048588", All,
        "The largest batch of records a producer may send, after compression."),
    row("message.downconversion.enable", Boolean, Anything, "true", Only3,
        "Whether brokers convert messages for consumers older than 0.11."),
    row("message.format.version", String, Version, "3.0-IV1", Only3,
        "The format in which messages are stored; without effect since 3.0."),
    row("message.timestamp.after.max.ms", Long, AtLeast(0), "3600000", All,
        "How far in the future a record's timestamp may lie."),
    row("message.timestamp.before.max.ms", Long, AtLeast(0), FOREVER, All,
        "How far in the past a record's timestamp may lie."),
    row("message.timestamp.difference.max.ms", Long, AtLeast(0), FOREVER, Only3,
        "How far a record's timestamp may lie from the broker's clock; the two keys above replace it."),
    row("message.timestamp.type", String, Words(&["CreateTime", "LogAppendTime"]), "CreateTime", All,
        "Whose clock a record's timestamp shows: the producer's or the broker's."),
    row("min.cleanable.dirty.ratio", Double, Ratio, "0.5", All,
        "How much of a compacted log must be dirty before it is compacted again."),
    row("min.compaction.lag.ms", Long, AtLeast(0), "0", All,
        "How long a record stays uncompacted at least."),
    row("min.insync.replicas", Int, AtLeast(1), "1", All,
        "How many replicas must have a record before a producer with `acks=all` is told so."),
    row("preallocate", Boolean, Anything, "false", All,
        "Whether a segment's file gets its full size at once."),
    row("remote.log.copy.disable", Boolean, Anything, "false", Since("3.9"),
        "With tiered storage: stops copying segments to remote storage."),
    row("remote.log.delete.on.disable", Boolean, Anything, "false", Since("3.9"),
        "With tiered storage: whether switching it off deletes what is remote."),
    row("remote.storage.enable", Boolean, Anything, "false", All,
        "Whether old segments go to remote storage."),
    row("retention.bytes", Long, Anything, "-1", All,
        "How large a partition may grow before its oldest segments are deleted; -1 means without limit."),
    row("retention.ms", Long, AtLeast(-1), "604800000", All,
        "How long records are kept; -1 means for ever."),
    row("segment.bytes", Int, AtLeastRaised(14, 1 << 20), "1073741824", All,
        "The size at which a segment is closed; deletion and compaction work on closed segments only."),
    row("segment.index.bytes", Int, AtLeast(4), "10485760", All,
        "The size of a segment's offset index."),
    row("segment.jitter.ms", Long, AtLeast(0), "0", All,
        "By how much `segment.ms` varies at random, so that partitions do not roll together."),
    row("segment.ms", Long, AtLeast(1), "604800000", All,
        "The age at which a segment is closed even when it is not full."),
    row("unclean.leader.election.enable", Boolean, Anything, "false", All,
        "Whether a replica that lags may become leader and lose what it lacks."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found() {
        assert!(TOPIC_CONFIGS.is_sorted_by(|a, b| a.key < b.key));
        for config in TOPIC_CONFIGS {
            assert_eq!(topic_config(config.key), Some(config));
        }
        assert_eq!(topic_config("retention"), None);
    }

    #[test]
    fn defaults_are_spelt_as_normalisation_spells_them() {
        for config in TOPIC_CONFIGS {
            assert_eq!(config.config_type.normalise(config.default), config.default);
        }
    }
}
