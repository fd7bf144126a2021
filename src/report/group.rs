//! Groups of consumers as the API shows them (rank 4).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BlockedItem, ClusterView, DriftItem, Page, SourcePlace,
    item::{Values, own_values, owner},
    lists::{self, Seen},
};
use crate::{
    desired::{DesiredGroup, DesiredRef},
    live::{GroupDetail, GroupMember, GroupOffset, LiveGroup, Observed},
    model::{Kind, ObjectRef},
};

/// A group. What could not be read of it is null, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerGroupItem {
    /// Its id.
    pub name: String,
    /// `Stable`, `Empty` and the like, as Kafka spells it.
    #[schema(required)]
    pub state: Option<String>,
    /// `classic`, `consumer`, `share` or `streams`; empty where the cluster does not tell.
    #[schema(required)]
    pub protocol: Option<String>,
    /// Number of its members.
    #[schema(required)]
    pub member_count: Option<usize>,
    /// Records that it has not read, over all partitions.
    #[schema(required)]
    pub lag: Option<u64>,
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Why something of it is not known; null when all is.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// A group with its members and offsets, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsumerGroupDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub group: ConsumerGroupItem,
    /// Its members.
    #[schema(required)]
    pub members: Option<Vec<GroupMemberItem>>,
    /// Committed offsets by topic and partition.
    #[schema(required)]
    pub offsets: Option<Vec<GroupOffsetItem>>,
    /// Dynamic configs of its own; null when they are not known, and in it a value that Kafka keeps secret.
    #[schema(required)]
    pub config: Option<Values>,
    /// What its document says; null when there is none.
    #[schema(required)]
    pub expected: Option<GroupExpectation>,
    /// Open drift of the group.
    pub drift: Vec<DriftItem>,
    /// Changes to the group that are withheld.
    pub blocked: Vec<BlockedItem>,
}

/// What is true of a group while all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupExpectation {
    /// It is there.
    pub must_exist: bool,
    /// It is at most this many records behind.
    #[schema(required)]
    pub max_lag: Option<u64>,
    /// The oldest record that it has not read is at most this old.
    #[schema(required)]
    pub max_lag_seconds: Option<u64>,
    /// Where its offsets are set, once.
    #[schema(required)]
    pub reset_to: Option<String>,
}

impl From<&DesiredGroup> for GroupExpectation {
    fn from(group: &DesiredGroup) -> Self {
        Self {
            must_exist: group.must_exist,
            max_lag: group.max_lag,
            max_lag_seconds: group.max_lag_time.map(|time| time.as_secs()),
            reset_to: group.reset_to.as_ref().map(ToString::to_string),
        }
    }
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupMemberItem {
    /// Its id, which the coordinator made.
    pub id: String,
    /// The client id it calls itself.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// Partitions it reads, by topic.
    pub assigned: BTreeMap<String, Vec<i32>>,
}

impl From<&GroupMember> for GroupMemberItem {
    fn from(member: &GroupMember) -> Self {
        let assigned = member.assigned.iter();
        Self {
            id: member.id.to_string(),
            client_id: member.client_id.to_string(),
            host: member.host.to_string(),
            assigned: assigned
                .map(|(topic, partitions)| (topic.to_string(), partitions.clone()))
                .collect(),
        }
    }
}

/// How far a group has come in a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupOffsetItem {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that it reads.
    pub committed: i64,
    /// The partition's end; null when it is not known.
    #[schema(required)]
    pub end: Option<i64>,
    /// Records that it has not read; null when the end is not known.
    #[schema(required)]
    pub lag: Option<u64>,
    /// Time of the record at the committed offset, where there is one; asked for of declared groups only.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub at: Option<Timestamp>,
}

impl GroupOffsetItem {
    fn of(topic: &str, offset: &GroupOffset) -> Self {
        Self {
            topic: topic.to_owned(),
            partition: offset.partition,
            committed: offset.committed,
            end: offset.end,
            lag: offset.lag(),
            at: offset
                .at
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        }
    }
}

impl ClusterView {
    /// Returns groups behind the cursor, sorted by id.
    #[must_use]
    pub fn groups(&self, cursor: Option<&str>, limit: usize) -> Seen<Page<ConsumerGroupItem>> {
        let groups = self.kafka()?.groups.as_ref();
        Some(groups.map(|groups| {
            lists::page(groups, cursor, limit, |id, group| {
                self.group_item(id, group)
            })
        }))
    }

    /// Returns one group; inner `None` when there is no such group.
    #[must_use]
    pub fn group(&self, id: &str) -> Seen<Option<ConsumerGroupDetail>> {
        let kafka = self.kafka()?;
        let config = own_values(&kafka.group_configs, id);
        let groups = kafka.groups.as_ref();
        Some(groups.map(|groups| {
            let group = groups.get(id)?;
            let object = ObjectRef::new(Kind::ConsumerGroup, id);
            let seen = detail(group);
            let seen = seen.known();
            Some(ConsumerGroupDetail {
                group: self.group_item(id, group),
                members: seen.map(|d| d.members.iter().map(GroupMemberItem::from).collect()),
                offsets: seen.map(|d| offsets(d)),
                config: config.known().cloned(),
                expected: match self.declared(&object) {
                    Some(DesiredRef::Group(group)) => Some(group.into()),
                    _ => None,
                },
                drift: self.drift_of(&object),
                blocked: self.blocked_of(&object),
            })
        }))
    }

    fn group_item(&self, id: &str, group: &Observed<LiveGroup>) -> ConsumerGroupItem {
        let declared = self.declaration(&ObjectRef::new(Kind::ConsumerGroup, id));
        let (live, seen) = (group.known(), detail(group));
        let lag = seen.known().and_then(|detail| detail.lag());
        let unknown = match (&seen, lag) {
            (Observed::Unknown(why), _) => Some(why.clone()),
            (Observed::Known(_), None) => {
                Some("the end of a partition is not known, so neither is the lag".to_owned())
            }
            (Observed::Known(_), Some(_)) => None,
        };
        ConsumerGroupItem {
            name: id.to_owned(),
            state: live.map(|g| g.state.to_string()),
            protocol: live.map(|g| g.protocol.to_string()),
            member_count: seen.known().map(|detail| detail.members.len()),
            lag,
            owner: owner(declared.is_some()).to_owned(),
            declared,
            unknown,
        }
    }
}

fn detail(group: &Observed<LiveGroup>) -> Observed<&GroupDetail> {
    match group {
        Observed::Unknown(why) => Observed::Unknown(why.clone()),
        Observed::Known(group) => group.detail.as_ref(),
    }
}

fn offsets(detail: &GroupDetail) -> Vec<GroupOffsetItem> {
    let topics = detail.offsets.iter();
    topics
        .flat_map(|(topic, all)| {
            all.iter()
                .map(|offset| GroupOffsetItem::of(topic.as_str(), offset))
        })
        .collect()
}
