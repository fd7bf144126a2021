//! What is told to people (rank 4): a pass becomes a `Cycle`, cycles become a `View`. Pure: time comes with the data.

mod access;
mod broker;
mod check;
mod cluster;
mod condition;
mod connector;
mod cycle;
mod group;
mod health;
mod history;
mod item;
mod judge;
mod lists;
mod schema;
mod status;
mod subject;
mod topic;
mod view;

pub use access::{
    AclFilter, AclItem, AclResourceItem, CredentialItem, QuotaEntityItem, QuotaItem, UserItem,
};
pub use broker::{BrokerItem, BrokerList, LogDirItem, QuorumItem, QuorumNodeItem};
pub use check::{CheckParams, FailOn, check};
pub use cluster::ClusterView;
pub use condition::{Condition, ConditionStatus, ConditionType, Reason};
pub use connector::{ConnectState, ConnectorDetail, ConnectorItem, TaskItem};
pub use cycle::{Cycle, PassResult, Phase, SourceState};
pub use group::{
    ConsumerGroupDetail, ConsumerGroupItem, GroupExpectation, GroupMemberItem, GroupOffsetItem,
};
pub use health::{BrokerState, PartitionCounts, PartitionState, brokers, partitions};
pub use history::{DriftEvent, HistoryAction, HistoryDrift, HistoryEntry};
pub use item::{
    BlockedItem, ConfigItem, DriftField, DriftItem, Page, SourcePlace, Standing, Values,
};
pub use lists::Seen;
pub use status::{
    BlockedCount, ClusterStatus, DriftCounts, LastPass, PlaneStatus, Revisions, SourceStatus,
    Status,
};
pub use subject::{SchemaDetail, SchemaItem};
pub use topic::{MovingItem, PartitionItem, TopicDetail, TopicItem};
pub use view::View;
