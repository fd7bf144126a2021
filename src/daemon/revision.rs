//! A revision: one commit's tree, parsed, validated and reviewed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    config,
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
    /// Its place among the revisions that this run examined.
    pub(super) order: u64,
    /// Whether the tree itself is without error, whatever clusters are configured.
    sound: bool,
}

impl Revision {
    /// Parses, validates and reviews a tree. Each of the `configured` clusters must be in it: one that is gone is a
    /// mistake or a damaged tree, never a wish to delete everything.
    #[must_use]
    pub fn load(
        tree: &Tree,
        configured: &BTreeMap<ClusterName, config::Cluster>,
        seen_at: Timestamp,
    ) -> Self {
        let desired::Loaded {
            desired,
            mut findings,
        } = desired::load(&tree.files);
        let policies = Policies::compile(&tree.policies).unwrap_or_else(|broken| {
            findings.extend(broken);
            Policies::default()
        });
        for cluster in desired.clusters.values() {
            findings.extend(policies.review(cluster));
        }
        let sound = is_without_error(&findings);
        for (name, settings) in configured {
            match desired.clusters.get(name) {
                Some(cluster) => findings.extend(settings.lacks(cluster)),
                None if sound => findings.push(
                    Finding::error(None, format!("cluster {name} is configured in headgate.yaml, but the repository has no `kind: Cluster` of that name"))
                        .with_help("put the document back, or take the cluster out of headgate.yaml; nothing is deleted meanwhile"),
                ),
                None => {}
            }
        }
        Self {
            commit: tree.commit.clone(),
            desired,
            policies,
            findings: findings.into(),
            seen_at,
            order: 0,
            sound,
        }
    }

    /// Tells whether passes went on working from it while `headgate.yaml` was given a cluster more: the others stay
    /// kept, and that one waits for its document.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// Tells whether passes may work from it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        is_without_error(&self.findings)
    }

    /// Returns a cluster's desired state.
    #[must_use]
    pub fn cluster(&self, name: &ClusterName) -> Option<&Arc<DesiredCluster>> {
        self.desired.clusters.get(name)
    }
}

fn is_without_error(findings: &[Finding]) -> bool {
    findings.iter().all(|f| f.severity != Severity::Error)
}
