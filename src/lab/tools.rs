//! Kafka's own command line tools, by the class that stands behind each.

use super::KafkaVersion;

/// A tool that comes with Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `kafka-acls.sh`
    Acls,
    /// `kafka-client-metrics.sh`, which came with 3.7
    ClientMetrics,
    /// `kafka-configs.sh`: topics, brokers, users with their credentials, quotas, groups
    Configs,
    /// `kafka-console-consumer.sh`
    ConsoleConsumer,
    /// `kafka-console-producer.sh`
    ConsoleProducer,
    /// `kafka-console-share-consumer.sh`, which came with 4.0 (KIP-932)
    ConsoleShareConsumer,
    /// `kafka-consumer-groups.sh`
    ConsumerGroups,
    /// `kafka-delete-records.sh`
    DeleteRecords,
    /// `kafka-leader-election.sh`
    LeaderElection,
    /// `kafka-log-dirs.sh`
    LogDirs,
    /// `kafka-metadata-quorum.sh`
    MetadataQuorum,
    /// `kafka-reassign-partitions.sh`
    ReassignPartitions,
    /// `kafka-topics.sh`
    Topics,
}

impl Tool {
    /// Returns the class behind the tool. They moved, one after the other, from Kafka's core to its module of tools.
    #[must_use]
    pub fn class(self, version: KafkaVersion) -> &'static str {
        use KafkaVersion::{V3_6, V3_9, V4_3};
        match (self, version) {
            (Self::Acls, V3_6 | V3_9) => "kafka.admin.AclCommand",
            (Self::Acls, V4_3) => "org.apache.kafka.tools.AclCommand",
            (Self::ClientMetrics, _) => "org.apache.kafka.tools.ClientMetricsCommand",
            (Self::Configs, _) => "kafka.admin.ConfigCommand",
            (Self::ConsoleConsumer, V3_6) => "kafka.tools.ConsoleConsumer",
            (Self::ConsoleConsumer, _) => "org.apache.kafka.tools.consumer.ConsoleConsumer",
            (Self::ConsoleProducer, V3_6 | V3_9) => "kafka.tools.ConsoleProducer",
            (Self::ConsoleProducer, V4_3) => "org.apache.kafka.tools.ConsoleProducer",
            (Self::ConsoleShareConsumer, _) => {
                "org.apache.kafka.tools.consumer.ConsoleShareConsumer"
            }
            (Self::ConsumerGroups, V3_6) => "kafka.admin.ConsumerGroupCommand",
            (Self::ConsumerGroups, _) => {
                "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
            }
            (Self::DeleteRecords, _) => "org.apache.kafka.tools.DeleteRecordsCommand",
            (Self::LeaderElection, V3_6) => "kafka.admin.LeaderElectionCommand",
            (Self::LeaderElection, _) => "org.apache.kafka.tools.LeaderElectionCommand",
            (Self::LogDirs, _) => "org.apache.kafka.tools.LogDirsCommand",
            (Self::MetadataQuorum, _) => "org.apache.kafka.tools.MetadataQuorumCommand",
            (Self::ReassignPartitions, V3_6) => "kafka.admin.ReassignPartitionsCommand",
            (Self::ReassignPartitions, _) => {
                "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
            }
            (Self::Topics, V3_6) => "kafka.admin.TopicCommand",
            (Self::Topics, _) => "org.apache.kafka.tools.TopicCommand",
        }
    }

    /// Returns the option that names the file with the client's settings. 4.2 gave all tools the same one (KIP-1147) and
    /// has the others complain on stdout.
    pub(super) fn config_option(self, version: KafkaVersion) -> &'static str {
        match (self, version) {
            (_, KafkaVersion::V4_3) => "--command-config",
            (Self::ConsoleConsumer, _) => "--consumer.config",
            (Self::ConsoleProducer, _) => "--producer.config",
            (Self::LeaderElection, _) => "--admin.config",
            _ => "--command-config",
        }
    }
}
