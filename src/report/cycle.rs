//! One pass of one cluster, and the state of the source, as facts: everything that metrics, status, page and history
//! tell is derived from these.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    desired::DesiredCluster,
    live::Live,
    model::{ClusterName, CommitId, Finding, ResolvedBy},
    plan::{ActionResult, ClusterPlan, Drift, OpenDrift},
};

/// What one pass found, did and left.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// The cluster.
    pub cluster: ClusterName,
    /// When the pass began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Where the time went, in the order of the pipeline.
    pub phases: Vec<(Phase, Duration)>,
    /// The interval the cluster is configured with.
    pub interval: Duration,
    /// How it ended.
    pub result: PassResult,
    /// The revision it worked from; `None` for plain files, or when there has never been a valid one.
    pub attempted: Option<CommitId>,
    /// The ledger's revision that was last applied without an error, after this pass.
    pub applied: Option<CommitId>,
    /// The ledger's revision that was last seen in place, after this pass.
    pub converged: Option<CommitId>,
    /// Time from first seeing the commit to seeing it in place, when this pass is the one that saw it so.
    pub commit_to_converged: Option<Duration>,
    /// Desired state it worked from.
    pub desired: Option<Arc<DesiredCluster>>,
    /// The observation, with what was looked at after the writes laid over it; `None` when the pass ended before.
    pub live: Option<Arc<Live>>,
    /// How long each plane's observation took.
    pub observe: Vec<(crate::model::Plane, Duration)>,
    /// The plan as it was made.
    pub planned: Option<Arc<ClusterPlan>>,
    /// The plan made again after applying: what is left.
    pub left: Option<Arc<ClusterPlan>>,
    /// What became of each action.
    pub results: Vec<ActionResult>,
    /// Drift first seen in this pass.
    pub detected: Vec<Drift>,
    /// Drift that ended in this pass, and by what.
    pub resolved: Vec<(Drift, ResolvedBy)>,
    /// Drift that is open after this pass.
    pub open: Vec<OpenDrift>,
    /// Passes in a row whose actions all succeeded and that still left something to do.
    pub unconverged_rounds: u32,
}

impl Cycle {
    /// Tells whether the revision was held against what a plane holds: from then on things may follow it.
    #[must_use]
    pub fn has_seen(&self) -> bool {
        let live = self.live.as_ref();
        live.is_some_and(|live| live.kafka.known().is_some())
    }
}

/// A stretch of the pipeline, as `reconcile_phase_duration_seconds` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Getting the newest commit.
    Fetch,
    /// Reading the tree, parsing, validating, policy.
    Load,
    /// Observing the planes.
    Observe,
    /// Planning, both times.
    Plan,
    /// Writing and verifying.
    Apply,
    /// Writing the ledger.
    Record,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [
        Self::Fetch,
        Self::Load,
        Self::Observe,
        Self::Plan,
        Self::Apply,
        Self::Record,
    ];

    /// Returns the label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Load => "load",
            Self::Observe => "observe",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Record => "record",
        }
    }
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassResult {
    /// Everything that may be done is done.
    Ok,
    /// An action or a plane failed; the text says which and why.
    Failed(String),
    /// There is no valid revision to work from; the text says why.
    Invalid(String),
}

impl PassResult {
    /// Returns the label of `reconciles_total`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed(_) => "error",
            Self::Invalid(_) => "invalid",
        }
    }

    /// Every label.
    pub const LABELS: [&'static str; 3] = ["ok", "error", "invalid"];

    /// Returns what there is to say beside the label.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ok => None,
            Self::Failed(why) | Self::Invalid(why) => Some(why),
        }
    }
}

/// What is known of the source after a fetch.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// The repository as configured, without credentials.
    pub repo: String,
    /// The branch, tag or commit that is followed.
    pub reference: String,
    /// The newest commit that was fetched.
    pub seen: Option<CommitId>,
    /// The newest commit whose desired state is valid: the one passes work from.
    pub good: Option<CommitId>,
    /// When a fetch last succeeded.
    pub fetched_at: Option<Timestamp>,
    /// Why the last fetch, or reading what it brought, failed.
    pub error: Option<String>,
    /// Findings of the newest commit; with an error among them it is not worked from.
    pub findings: Arc<[Finding]>,
    /// Whether the newest commit is valid.
    pub valid: bool,
    /// Why the newest commit is held although it is valid (`non_fast_forward`).
    pub held: Option<String>,
}
