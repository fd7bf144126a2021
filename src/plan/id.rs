//! The plan as a whole: its counts, and the id that tells two plans apart (plan stage, pure).

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Change, ClusterPlan, Plan, Summary};
use crate::model::{CommitId, Verb};

impl Plan {
    /// Puts the plans of clusters together and names the whole by its content.
    #[must_use]
    pub fn new(revision: Option<CommitId>, mut clusters: Vec<ClusterPlan>) -> Self {
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        let mut plan = Self {
            schema_version: 1,
            plan_id: String::new(),
            revision,
            summary: Summary::of(&clusters),
            clusters,
        };
        plan.plan_id = digest(&plan);
        plan
    }
}

impl Summary {
    fn of(clusters: &[ClusterPlan]) -> Self {
        let mut sum = Self::default();
        for cluster in clusters {
            for action in &cluster.actions {
                match action.verb {
                    Verb::Create => sum.create += 1,
                    Verb::Update => sum.update += 1,
                    Verb::Delete => sum.delete += 1,
                }
            }
            sum.blocked += cluster.blocked.len();
            sum.unexpected += cluster.unexpected.len();
            sum.reported += cluster.reported.len();
        }
        sum
    }
}

/// Digests the plan as it is serialised, with an empty id, and what executors read beside it: the order of fields and of
/// objects is fixed, so equal plans have equal bytes. Two plans that read alike and would delete different topics, or
/// overwrite different values, are two.
fn digest(plan: &Plan) -> String {
    let actions = plan.clusters.iter().flat_map(|c| &c.actions);
    let changes: Vec<&Change> = actions.map(|a| &a.change).collect();
    let bytes = serde_json::to_vec(&(plan, changes))
        .expect("a plan has text keys only, so it has a JSON form");
    let mut id = String::with_capacity(7 + 64);
    id.push_str("sha256:");
    for byte in Sha256::digest(&bytes) {
        write!(id, "{byte:02x}").expect("writing to a String succeeds");
    }
    id
}
