//! The status as users script against it (rank 4): the JSON of `/api/v1/status`, built from the `View` on demand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Condition;
use crate::model::{ClusterId, ClusterName, CommitId, Gate, Plane};

/// The state of the source and of every cluster, as the last passes left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of this shape: 1.
    pub schema_version: u32,
    /// Version of the daemon.
    pub version: String,
    /// The repository.
    pub source: SourceStatus,
    /// Clusters by name.
    pub clusters: Vec<ClusterStatus>,
}

/// The repository and how far it was followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// The repository as configured, without credentials.
    pub repo: String,
    /// The branch, tag or commit that is followed.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The newest commit that was fetched.
    #[schema(value_type = Option<String>, required)]
    pub seen: Option<CommitId>,
    /// The newest commit that every cluster has applied.
    #[schema(value_type = Option<String>, required)]
    pub applied: Option<CommitId>,
    /// When a fetch last succeeded.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub fetched_at: Option<Timestamp>,
    /// Why the last fetch, or reading what it brought, failed.
    #[schema(required)]
    pub error: Option<String>,
    /// Why the newest commit is held although it is valid: its history was rewritten. Not there when it is not held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// Its name in git and in `headgate.yaml`.
    #[schema(value_type = String)]
    pub name: ClusterName,
    /// The id that the live cluster last reported.
    #[schema(value_type = Option<String>, required)]
    pub cluster_id: Option<ClusterId>,
    /// How far each commit came.
    pub revision: Revisions,
    /// What is true of the cluster, and since when: one of each type.
    pub conditions: Vec<Condition>,
    /// Each outside system that was looked at.
    pub planes: BTreeMap<Plane, PlaneStatus>,
    /// Open drift by class.
    pub drift: DriftCounts,
    /// Changes that are still to be made.
    pub pending: usize,
    /// Changes that are withheld, by what withholds them.
    pub blocked: Vec<BlockedCount>,
    /// The last pass; null before the first has ended.
    #[schema(required)]
    pub last_pass: Option<LastPass>,
}

/// The commits of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Revisions {
    /// The one the last pass worked from.
    #[schema(value_type = Option<String>, required)]
    pub attempted: Option<CommitId>,
    /// The last whose actions all ran without an error.
    #[schema(value_type = Option<String>, required)]
    pub applied: Option<CommitId>,
    /// The last that an observation showed to be in place.
    #[schema(value_type = Option<String>, required)]
    pub converged: Option<CommitId>,
}

/// One outside system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaneStatus {
    /// Whether the last look saw all of it.
    pub complete: bool,
    /// When what is shown of it was observed; null when nothing ever was.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub observed_at: Option<Timestamp>,
    /// Why the last look was not complete.
    #[schema(required)]
    pub reason: Option<String>,
}

/// Open drift by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftCounts {
    /// Declared objects that are gone.
    pub missing: usize,
    /// Declared objects that were changed.
    pub modified: usize,
    /// Undeclared objects in owned scopes.
    pub unexpected: usize,
    /// Declared objects that were deleted and made again.
    pub replaced: usize,
}

impl DriftCounts {
    /// Returns the sum.
    #[must_use]
    pub fn total(self) -> usize {
        let Self {
            missing,
            modified,
            unexpected,
            replaced,
        } = self;
        missing + modified + unexpected + replaced
    }
}

/// How much one gate withholds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockedCount {
    /// The gate.
    pub gate: Gate,
    /// Changes; a held revision counts as one.
    pub count: usize,
}

/// How the last pass went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastPass {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// `ok`, `error` (an action or a plane failed) or `invalid` (there is no valid revision to work from).
    pub result: String,
}
