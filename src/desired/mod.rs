//! Desired state: YAML documents -> parse -> validate -> `Desired` (rank 1: pure, reads no file).

mod cluster;
mod snippet;
mod topic;
pub mod yaml;

use std::collections::BTreeMap;

pub use cluster::{Budget, Consent, Deletion, DesiredCluster, Owns, Pattern};
pub use topic::{DesiredTopic, DesiredValue};

use crate::model::ClusterName;

/// The parsed, validated resources of one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// Clusters by name.
    pub clusters: BTreeMap<ClusterName, DesiredCluster>,
}
