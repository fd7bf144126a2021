//! A revision: one commit's tree, parsed, validated and reviewed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    desired::{self, Desired, DesiredCluster},
    model::{ClusterName, CommitId, Finding, Severity},
    policy::Policies,
    source::Tree,
};

/// What one commit declares, and what is wrong with it.
#[derive(Debug)]
pub struct Revision {
    /// The commit; `None` for plain files.
    pub commit: Option<CommitId>,
    /// Its resources.
    pub desired: Desired,
    /// Its policies.
    pub policies: Policies,
    /// Everything found wrong.
    pub findings: Arc<[Finding]>,
    /// When Headgate first saw the commit.
    pub seen_at: Timestamp,
}

impl Revision {
    /// Parses, validates and reviews a tree. Each of the `configured` clusters must be in it: one that is gone is a
    /// mistake or a damaged tree, never a wish to delete everything.
    #[must_use]
    pub fn load(tree: &Tree, configured: &[ClusterName], seen_at: Timestamp) -> Self {
        let desired::Loaded {
            desired,
            mut findings,
        } = desired::load(&tree.files);
        for name in configured {
            if !desired.clusters.contains_key(name)
                && !findings.iter().any(|f| f.severity == Severity::Error)
            {
                findings.push(
                    Finding::error(None, format!("cluster {name} is configured in headgate.yaml, but the repository has no `kind: Cluster` of that name"))
                        .with_help("put the document back, or take the cluster out of headgate.yaml; nothing is deleted meanwhile"),
                );
            }
        }
        let policies = Policies::compile(&tree.policies).unwrap_or_else(|broken| {
            findings.extend(broken);
            Policies::default()
        });
        for cluster in desired.clusters.values() {
            findings.extend(policies.review(cluster));
        }
        Self {
            commit: tree.commit.clone(),
            desired,
            policies,
            findings: findings.into(),
            seen_at,
        }
    }

    /// Tells whether passes may work from it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// Returns a cluster's desired state.
    #[must_use]
    pub fn cluster(&self, name: &ClusterName) -> Option<&Arc<DesiredCluster>> {
        self.desired.clusters.get(name)
    }
}
