//! Every metric's name, labels and help, in one place (rank 6). Names, types and labels are a contract that a golden
//! test holds. Two further families come with their features: `webhook_requests_total` with the webhook receiver and
//! `credential_expiry_timestamp_seconds` with credentials that expire.

use prometheus::{GaugeVec, HistogramVec, IntCounterVec};

use super::family::{
    Families,
    Label::{
        Action, ActionResult, BrokerState, By, Class, Cluster, Connect, ConnectState, FetchResult,
        Gate, Group, Kind, Owner, PartitionState, PassResult, Phase, Plane, Reason, Repo, Revision,
        Risk, Stage, Version,
    },
};

/// A look at a whole cluster: from a small one on this machine to 10,000 topics behind a slow line.
const OBSERVE: &[f64] = &[0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// An action: from one request to moving partitions.
const ACTION: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0];

/// A pass: an observation and the actions it led to.
const RECONCILE: &[f64] = &[
    0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
];

/// A phase: planning takes milliseconds, applying may take minutes.
const PHASE: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// From commit to converged: seconds when all is well, up to the hour at which somebody should look.
const CONVERGE: &[f64] = &[
    1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0,
];

/// The source.
pub(super) struct Git {
    pub(super) fetches: IntCounterVec,
    pub(super) last_success: GaugeVec,
    pub(super) revision: GaugeVec,
    pub(super) rejections: IntCounterVec,
    pub(super) valid: GaugeVec,
}

impl Git {
    pub(super) fn new(f: &mut Families) -> Self {
        Self {
            fetches: f.counter(
                "git_fetches_total",
                &[Repo, FetchResult],
                "Fetches from the repository.",
            ),
            last_success: f.gauge(
                "git_last_fetch_success_timestamp_seconds",
                &[Repo],
                "When a fetch last succeeded; 0 before the first.",
            ),
            revision: f.sparse_gauge(
                "git_revision_info",
                &[Repo, Stage, Revision],
                "The newest commit that was fetched (seen), worked from (attempted) and applied by every cluster (applied); always 1.",
            ),
            rejections: f.counter(
                "git_revision_rejections_total",
                &[Repo, Reason],
                "Commits that were not worked from.",
            ),
            valid: f.gauge(
                "desired_valid",
                &[Repo],
                "Whether the newest commit's desired state is valid (1) or not (0).",
            ),
        }
    }
}

/// What is so after the last pass.
pub(super) struct State {
    pub(super) desired: GaugeVec,
    pub(super) observed: GaugeVec,
    pub(super) complete: GaugeVec,
    pub(super) requests: GaugeVec,
    pub(super) answered: GaugeVec,
    pub(super) pending: GaugeVec,
    pub(super) gate: GaugeVec,
    pub(super) unconverged: GaugeVec,
    pub(super) completed: GaugeVec,
    pub(super) succeeded: GaugeVec,
    pub(super) interval: GaugeVec,
    pub(super) suspended: GaugeVec,
    pub(super) build: GaugeVec,
}

impl State {
    pub(super) fn new(f: &mut Families) -> Self {
        Self {
            build: f.sparse_gauge(
                "build_info",
                &[Version, Revision],
                "The version and the commit this binary was built from; always 1.",
            ),
            desired: f.gauge(
                "desired_resources",
                &[Cluster, Kind],
                "Objects that git declares.",
            ),
            observed: f.gauge(
                "observed_resources",
                &[Cluster, Kind, Owner],
                "Objects that the last complete observation saw; managed ones are declared in git.",
            ),
            complete: f.gauge(
                "observation_complete",
                &[Cluster, Plane],
                "Whether the last look saw all of the plane (1) or not (0).",
            ),
            requests: f.gauge(
                "observe_requests",
                &[Cluster, Plane],
                "Requests that the last observation of a plane took.",
            ),
            answered: f.gauge(
                "observe_answered_bytes",
                &[Cluster, Plane],
                "Bytes that a plane answered in its last observation.",
            ),
            pending: f.gauge(
                "plan_pending_actions",
                &[Cluster, Risk, Action],
                "Changes that are left to make.",
            ),
            gate: f.gauge(
                "plan_gate_blocked",
                &[Cluster, Gate],
                "Whether the gate withholds anything (1) or not (0).",
            ),
            unconverged: f.gauge(
                "plan_unconverged_rounds",
                &[Cluster],
                "Passes in a row whose actions all succeeded and that still left something to do.",
            ),
            completed: f.gauge(
                "reconcile_last_completed_timestamp_seconds",
                &[Cluster],
                "When a pass last ended, whatever its result; 0 before the first.",
            ),
            succeeded: f.gauge(
                "reconcile_last_success_timestamp_seconds",
                &[Cluster],
                "When a pass last ended without an error; 0 before the first.",
            ),
            interval: f.gauge(
                "reconcile_interval_seconds",
                &[Cluster],
                "Time between passes when nothing else wakes the cluster's loop.",
            ),
            suspended: f.gauge(
                "suspended",
                &[Cluster],
                "Whether changes are switched off (1) or not (0).",
            ),
        }
    }
}

/// How the cluster itself is.
pub(super) struct Health {
    pub(super) brokers: GaugeVec,
    pub(super) partitions: GaugeVec,
    pub(super) quorum_lag: GaugeVec,
    pub(super) group_lag: GaugeVec,
    pub(super) connectors: GaugeVec,
    pub(super) tasks: GaugeVec,
}

impl Health {
    pub(super) fn new(f: &mut Families) -> Self {
        Self {
            brokers: f.gauge(
                "cluster_brokers",
                &[Cluster, BrokerState],
                "Brokers that serve (online), are registered and not heard (fenced), or hold replicas and are not named (missing).",
            ),
            partitions: f.gauge(
                "cluster_partitions",
                &[Cluster, PartitionState],
                "Partitions with a leader (online) or none (offline), and those of which a replica (under_replicated) or too many for acks=all (under_min_isr) are not in sync.",
            ),
            quorum_lag: f.gauge(
                "cluster_quorum_lag",
                &[Cluster],
                "Records of the metadata log by which the slowest voting controller is behind.",
            ),
            connectors: f.gauge(
                "connect_connectors",
                &[Cluster, Connect, ConnectState],
                "Connectors of a Connect cluster by their own state; unknown: there, and its status is not known.",
            ),
            tasks: f.gauge(
                "connect_tasks",
                &[Cluster, Connect, ConnectState],
                "Tasks of the connectors of a Connect cluster by state.",
            ),
            group_lag: f.sparse_gauge(
                "consumer_group_lag",
                &[Cluster, Group],
                "Records that a group has not read; only of groups that a ConsumerGroup document declares.",
            ),
        }
    }
}

/// Drift.
pub(super) struct Drifts {
    pub(super) open: GaugeVec,
    pub(super) oldest: GaugeVec,
    pub(super) contended: GaugeVec,
    pub(super) detected: IntCounterVec,
    pub(super) resolved: IntCounterVec,
}

impl Drifts {
    pub(super) fn new(f: &mut Families) -> Self {
        Self {
            open: f.gauge(
                "drift_resources",
                &[Cluster, Kind, Class],
                "Objects that differ from git although git did not change.",
            ),
            oldest: f.sparse_gauge(
                "drift_oldest_timestamp_seconds",
                &[Cluster, Kind, Class],
                "When the oldest open drift was first seen; absent when there is none.",
            ),
            contended: f.gauge(
                "drift_contended_resources",
                &[Cluster, Kind],
                "Objects that are no longer set right because somebody else keeps changing them.",
            ),
            detected: f.counter(
                "drift_detected_total",
                &[Cluster, Kind, Class],
                "Drift that was first seen.",
            ),
            resolved: f.counter(
                "drift_resolved_total",
                &[Cluster, Kind, By],
                "Drift that ended, by what ended it.",
            ),
        }
    }
}

/// What was done, and how long it took.
pub(super) struct Work {
    pub(super) observe: HistogramVec,
    pub(super) actions: IntCounterVec,
    pub(super) action_duration: HistogramVec,
    pub(super) passes: IntCounterVec,
    pub(super) pass_duration: HistogramVec,
    pub(super) phase_duration: HistogramVec,
    pub(super) converge: HistogramVec,
}

impl Work {
    pub(super) fn new(f: &mut Families) -> Self {
        Self {
            observe: f.histogram(
                "observe_duration_seconds",
                &[Cluster, Plane],
                OBSERVE,
                "How long observing a plane took.",
            ),
            actions: f.counter(
                "actions_total",
                &[Cluster, Kind, Action, ActionResult],
                "Actions by how they ended; ok means seen in place.",
            ),
            action_duration: f.histogram(
                "action_duration_seconds",
                &[Kind, Action],
                ACTION,
                "How long an action took, from its first request to its verification.",
            ),
            passes: f.counter(
                "reconciles_total",
                &[Cluster, PassResult],
                "Passes by how they ended.",
            ),
            pass_duration: f.histogram(
                "reconcile_duration_seconds",
                &[Cluster],
                RECONCILE,
                "How long a pass took.",
            ),
            phase_duration: f.histogram(
                "reconcile_phase_duration_seconds",
                &[Phase],
                PHASE,
                "How long a phase of a pass took.",
            ),
            converge: f.histogram(
                "commit_to_converged_seconds",
                &[Cluster],
                CONVERGE,
                "From first seeing a commit to seeing it in place.",
            ),
        }
    }
}
