//! Requests about the offsets of partitions, sent to their leaders (rank 6, Kafka plane).

use std::{collections::BTreeMap, time::Duration};

use kafka_protocol::messages::{
    BrokerId, FetchRequest, ListOffsetsRequest,
    fetch_request::{FetchPartition, FetchTopic},
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
};

use super::{millis, name};
use crate::model::{TopicId, TopicName};

operation!(ListOffsetsRequest, "ListOffsets", |a| a
    .topics
    .iter()
    .flat_map(|t| t.partitions.iter().map(|p| p.error_code)));
operation!(FetchRequest, "Fetch", |a| [a.error_code]);

/// The times that mean a place (`ListOffsetsRequest`): behind the newest record.
pub(in crate::kafka) const LATEST: i64 = -1;
/// At the oldest record.
pub(in crate::kafka) const EARLIEST: i64 = -2;
/// At the record with the greatest time (KIP-734): version 7, which every broker since 3.0 speaks.
pub(in crate::kafka) const NEWEST: i64 = -3;

/// The id of a reader that is no broker.
const NO_BROKER: BrokerId = BrokerId(-1);

/// Partitions, each with a time, by topic.
pub(in crate::kafka) type Points = BTreeMap<TopicName, Vec<(i32, i64)>>;

/// Asks for the offsets of the first records that are as new as told, or at the places that stand for.
pub(in crate::kafka) fn list(points: &Points, within: Duration) -> ListOffsetsRequest {
    let partition = |(partition, time): &(i32, i64)| {
        ListOffsetsPartition::default()
            .with_partition_index(*partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(*time)
    };
    let topic = |(topic, partitions): (&TopicName, &Vec<_>)| {
        ListOffsetsTopic::default()
            .with_name(name(topic))
            .with_partitions(partitions.iter().map(partition).collect())
    };
    ListOffsetsRequest::default()
        .with_replica_id(NO_BROKER)
        .with_topics(points.iter().map(topic).collect())
        .with_timeout_ms(millis(within))
}

/// Asks for the batch of records at an offset and for nothing more: a broker sends the first batch whole however little
/// is wanted (KIP-74). By topic id: version 13, which every broker since 3.1 speaks.
pub(in crate::kafka) fn first_batch(topic: TopicId, partition: i32, offset: i64) -> FetchRequest {
    let partition = FetchPartition::default()
        .with_partition(partition)
        .with_current_leader_epoch(-1)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1);
    let topic = FetchTopic::default()
        .with_topic_id(uuid::Uuid::from_bytes(topic.0))
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_replica_id(NO_BROKER)
        .with_max_wait_ms(0)
        .with_min_bytes(0)
        .with_max_bytes(1)
        .with_session_epoch(-1)
        .with_topics(vec![topic])
}

#[cfg(test)]
mod tests {
    use super::{super::encodes, *};

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        let points = Points::from([(TopicName::from_broker("t"), vec![(0, LATEST), (1, 5)])]);
        encodes(&list(&points, Duration::from_secs(1)), 7..=10);
        encodes(&first_batch(TopicId([7; 16]), 0, 5), 13..=18);
    }

    #[test]
    fn nobody_takes_us_for_a_broker() {
        let points = Points::new();
        assert_eq!(list(&points, Duration::ZERO).replica_id, NO_BROKER);
        assert_eq!(first_batch(TopicId([7; 16]), 0, 5).replica_id, NO_BROKER);
    }
}
