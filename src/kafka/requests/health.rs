//! Requests about the cluster itself (rank 6, Kafka plane): its brokers, its controllers, its disks.

use std::time::Duration;

use kafka_protocol::messages::{
    DescribeClusterRequest, DescribeLogDirsRequest, DescribeQuorumRequest,
    describe_quorum_request::{PartitionData, TopicData},
};

use super::{Operation, text};
use crate::kafka::Code;

operation!(
    DescribeClusterRequest,
    "DescribeCluster",
    |a| [a.error_code]
);
operation!(
    DescribeLogDirsRequest,
    "DescribeLogDirs",
    |a| [a.error_code]
);

/// The one answer without a throttle time: the controllers answer it, and they do not throttle.
impl Operation for DescribeQuorumRequest {
    const NAME: &'static str = "DescribeQuorum";

    fn throttle(_answer: &Self::Response) -> Duration {
        Duration::ZERO
    }

    fn codes(answer: &Self::Response) -> Vec<Code> {
        vec![Code(answer.error_code)]
    }
}

/// The version of DescribeCluster that can show fenced brokers (KIP-1073, Kafka 4.0).
pub(in crate::kafka) const SHOWS_FENCED: i16 = 2;

/// `EndpointType.BROKER`.
const BROKERS: i8 = 1;

/// Asks for the brokers, with or without the fenced ones, and for what we may do with the cluster.
pub(in crate::kafka) fn cluster(fenced: bool) -> DescribeClusterRequest {
    DescribeClusterRequest::default()
        .with_endpoint_type(BROKERS)
        .with_include_cluster_authorized_operations(true)
        .with_include_fenced_brokers(fenced)
}

/// Asks how the controllers are: the metadata log has one partition (KIP-595).
pub(in crate::kafka) fn quorum() -> DescribeQuorumRequest {
    let log = TopicData::default()
        .with_topic_name(text("__cluster_metadata").into())
        .with_partitions(vec![PartitionData::default().with_partition_index(0)]);
    DescribeQuorumRequest::default().with_topics(vec![log])
}

/// Asks a broker for its log directories with all replicas in them.
pub(in crate::kafka) fn log_dirs() -> DescribeLogDirsRequest {
    DescribeLogDirsRequest::default().with_topics(None)
}

#[cfg(test)]
mod tests {
    use super::{super::encodes, *};

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        encodes(&cluster(false), 0..=2);
        encodes(&cluster(true), SHOWS_FENCED..=2);
        encodes(&quorum(), 0..=2);
        encodes(&log_dirs(), 1..=4);
    }

    #[test]
    fn all_replicas_are_asked_for_by_null_and_not_by_an_empty_list() {
        assert_eq!(log_dirs().topics, None);
    }
}
