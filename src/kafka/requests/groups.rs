//! Requests about groups and their offsets (rank 6, Kafka plane).

use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, FindCoordinatorRequest, GroupId,
    ListGroupsRequest, OffsetCommitRequest, OffsetFetchRequest, ShareGroupDescribeRequest,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_fetch_request::OffsetFetchRequestGroup,
};

use super::{name, text};
use crate::model::TopicName;

operation!(ListGroupsRequest, "ListGroups", |a| [a.error_code]);
operation!(FindCoordinatorRequest, "FindCoordinator", |a| a
    .coordinators
    .iter()
    .map(|c| c.error_code));
operation!(DescribeGroupsRequest, "DescribeGroups", |a| a
    .groups
    .iter()
    .map(|g| g.error_code));
operation!(ConsumerGroupDescribeRequest, "ConsumerGroupDescribe", |a| a
    .groups
    .iter()
    .map(|g| g.error_code));
operation!(ShareGroupDescribeRequest, "ShareGroupDescribe", |a| a
    .groups
    .iter()
    .map(|g| g.error_code));
operation!(OffsetFetchRequest, "OffsetFetch", |a| a
    .groups
    .iter()
    .map(|g| g.error_code));
operation!(OffsetCommitRequest, "OffsetCommit", |a| a
    .topics
    .iter()
    .flat_map(|t| t.partitions.iter().map(|p| p.error_code)));

/// `FindCoordinatorRequest.CoordinatorType.GROUP`.
const GROUP: i8 = 0;
/// What stands for a generation where a commit is not a member's.
const NO_GENERATION: i32 = -1;

fn ids(groups: &[&str]) -> Vec<GroupId> {
    groups.iter().map(|group| GroupId(text(group))).collect()
}

/// Asks a broker for the groups it coordinates, whatever their state and type.
pub(in crate::kafka) fn list() -> ListGroupsRequest {
    ListGroupsRequest::default()
}

/// Asks which brokers coordinate groups, all in one request: version 4, which every broker since 3.0 speaks.
pub(in crate::kafka) fn find_coordinators(groups: &[&str]) -> FindCoordinatorRequest {
    FindCoordinatorRequest::default()
        .with_key_type(GROUP)
        .with_coordinator_keys(groups.iter().map(|group| text(group)).collect())
}

/// Asks for the members of groups of the classic protocol.
pub(in crate::kafka) fn describe_classic(groups: &[&str]) -> DescribeGroupsRequest {
    DescribeGroupsRequest::default()
        .with_groups(ids(groups))
        .with_include_authorized_operations(false)
}

/// Asks for the members of groups of KIP-848's protocol.
pub(in crate::kafka) fn describe_consumer(groups: &[&str]) -> ConsumerGroupDescribeRequest {
    ConsumerGroupDescribeRequest::default()
        .with_group_ids(ids(groups))
        .with_include_authorized_operations(false)
}

/// Asks for the members of share groups (KIP-932).
pub(in crate::kafka) fn describe_share(groups: &[&str]) -> ShareGroupDescribeRequest {
    ShareGroupDescribeRequest::default()
        .with_group_ids(ids(groups))
        .with_include_authorized_operations(false)
}

/// Asks for all committed offsets of groups, as a bystander: version 8, which every broker since 3.0 speaks.
pub(in crate::kafka) fn committed(groups: &[&str]) -> OffsetFetchRequest {
    let group = |group: &&str| {
        OffsetFetchRequestGroup::default()
            .with_group_id(GroupId(text(group)))
            .with_member_id(None)
            .with_member_epoch(NO_GENERATION)
            .with_topics(None)
    };
    OffsetFetchRequest::default()
        .with_groups(groups.iter().map(group).collect())
        .with_require_stable(false)
}

/// Sets committed offsets of a group, as nobody's member: Kafka takes that only while the group has no members.
pub(in crate::kafka) fn commit(
    group: &str,
    offsets: &[(TopicName, Vec<(i32, i64)>)],
) -> OffsetCommitRequest {
    let partition = |(partition, offset): &(i32, i64)| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(*partition)
            .with_committed_offset(*offset)
            .with_committed_leader_epoch(-1)
            .with_committed_metadata(None)
    };
    let topic = |(topic, partitions): &(TopicName, Vec<_>)| {
        OffsetCommitRequestTopic::default()
            .with_name(name(topic))
            .with_partitions(partitions.iter().map(partition).collect())
    };
    OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(NO_GENERATION)
        .with_member_id(text(""))
        .with_group_instance_id(None)
        .with_topics(offsets.iter().map(topic).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::encodes, *};

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        encodes(&list(), 4..=5);
        encodes(&find_coordinators(&["a", "b"]), 4..=6);
        encodes(&describe_classic(&["a"]), 5..=6);
        encodes(&describe_consumer(&["a"]), 0..=1);
        encodes(&describe_share(&["a"]), 1..=1);
        encodes(&committed(&["a"]), 8..=9);
        let topic = TopicName::from_broker("t");
        encodes(&commit("a", &[(topic, vec![(0, 7)])]), 8..=9);
    }

    #[test]
    fn all_offsets_are_asked_for_by_null_and_not_by_an_empty_list() {
        assert_eq!(committed(&["a"]).groups[0].topics, None);
    }
}
