//! What is told to people (rank 4): a pass becomes a `Cycle`, cycles become a `View`. Pure: time comes with the data.

mod check;
mod cluster;
mod condition;
mod cycle;
mod history;
mod item;
mod judge;
mod lists;
mod schema;
mod status;
mod view;

pub use check::{CheckParams, FailOn, check};
pub use cluster::ClusterView;
pub use condition::{Condition, ConditionStatus, ConditionType, Reason};
pub use cycle::{Cycle, PassResult, Phase, SourceState};
pub use history::{DriftEvent, HistoryAction, HistoryDrift, HistoryEntry};
pub use item::{
    BrokerItem, DriftField, DriftItem, Page, PartitionItem, SourcePlace, TopicBlocked, TopicDetail,
    TopicItem,
};
pub use status::{
    BlockedCount, ClusterStatus, DriftCounts, LastPass, PlaneStatus, Revisions, SourceStatus,
    Status,
};
pub use view::View;
