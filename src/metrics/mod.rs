//! Metrics (rank 6): from passes and fetches to series. Names and help stand in `table`, closed label sets in `family`.

mod connect;
mod family;
mod health;
mod record;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use compact_str::CompactString;
use jiff::Timestamp;
use prometheus::{TextEncoder, process_collector::ProcessCollector};

use crate::{
    model::{ClusterName, CommitId, Gate},
    report::{Phase, SourceState},
};
use family::{Families, Label};
use table::{Drifts, Git, Health, State, Work};

/// How a fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// The repository answered.
    Ok,
    /// It did not, or what it answered could not be taken.
    Error,
}

impl Fetched {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// Every metric of the daemon, in a registry of its own.
pub struct Metrics {
    families: Families,
    git: Git,
    state: State,
    health: Health,
    drift: Drifts,
    work: Work,
    memory: Mutex<Memory>,
}

/// What earlier facts said, where a series follows from more than the newest fact.
#[derive(Default)]
struct Memory {
    repo: String,
    clusters: BTreeMap<ClusterName, ClusterMemory>,
    /// The commit that each `git_revision_info` series is at, by stage.
    revisions: BTreeMap<&'static str, CommitId>,
    /// The commit that was last counted as rejected, and why.
    rejected: Option<(CommitId, &'static str)>,
    held: bool,
}

#[derive(Default)]
struct ClusterMemory {
    applied: Option<CommitId>,
    gates: BTreeSet<Gate>,
    /// Groups whose lag has a series.
    groups: BTreeSet<CompactString>,
    /// Connect clusters that have series.
    connects: BTreeSet<CompactString>,
}

impl Metrics {
    /// Makes the metrics of a daemon, with every series that is known beforehand at 0.
    #[must_use]
    pub fn new(clusters: &[(ClusterName, Duration)], repo: &str) -> Self {
        let mut families = Families::new();
        let git = Git::new(&mut families);
        let state = State::new(&mut families);
        let health = Health::new(&mut families);
        let drift = Drifts::new(&mut families);
        let work = Work::new(&mut families);
        families
            .registry
            .register(Box::new(ProcessCollector::for_self()))
            .expect("no metric of ours begins with process_");
        families.start_unscoped();
        let revision = option_env!("HEADGATE_REVISION").unwrap_or("unknown");
        let build = [env!("CARGO_PKG_VERSION"), revision];
        state.build.with_label_values(&build).set(1.0);
        let metrics = Self {
            families,
            git,
            state,
            health,
            drift,
            work,
            memory: Mutex::default(),
        };
        metrics.configure(clusters, repo);
        metrics
    }

    /// Takes over a configuration: new clusters start at 0, the series of those that left are removed.
    pub fn configure(&self, clusters: &[(ClusterName, Duration)], repo: &str) {
        let mut memory = self.memory();
        let stays = |name: &ClusterName| clusters.iter().any(|(n, _)| n == name);
        memory.clusters.retain(|name, cluster| {
            if !stays(name) {
                self.families.forget(Label::Cluster, name.as_str());
                self.forget_groups(name.as_str(), cluster, |_| false);
                self.forget_connects(name.as_str(), cluster, |_| false);
                self.forget_planes(name.as_str(), |_| false);
            }
            stays(name)
        });
        for (name, interval) in clusters {
            if !memory.clusters.contains_key(name) {
                self.families.start(Label::Cluster, name.as_str());
                memory
                    .clusters
                    .insert(name.clone(), ClusterMemory::default());
            }
            let gauge = self.state.interval.with_label_values(&[name.as_str()]);
            gauge.set(interval.as_secs_f64());
        }
        if memory.repo != repo {
            self.forget_repo(&mut memory);
            self.families.start(Label::Repo, repo);
            repo.clone_into(&mut memory.repo);
        }
    }

    fn forget_repo(&self, memory: &mut Memory) {
        self.families.forget(Label::Repo, &memory.repo);
        for (stage, commit) in std::mem::take(&mut memory.revisions) {
            let labels = [memory.repo.as_str(), stage, commit.as_str()];
            // it was set when the commit was remembered
            let _ = self.git.revision.remove_label_values(&labels);
        }
        memory.rejected = None;
        memory.held = false;
    }

    /// Takes over what is known of the source after a fetch.
    pub fn record_source(&self, source: &SourceState, fetched: Fetched) {
        let mut memory = self.memory();
        let memory = &mut *memory;
        let repo = memory.repo.clone();
        let repo = repo.as_str();
        let fetches = self.git.fetches.with_label_values(&[repo, fetched.label()]);
        fetches.inc();
        if let Some(at) = source.fetched_at {
            let gauge = self.git.last_success.with_label_values(&[repo]);
            gauge.set(seconds(at));
        }
        let valid = self.git.valid.with_label_values(&[repo]);
        valid.set(f64::from(u8::from(source.valid)));
        if let Some(seen) = &source.seen {
            self.set_revision(memory, "seen", seen);
            self.count_rejection(memory, source, seen);
        }
        memory.held = source.held.is_some();
        for (name, cluster) in &memory.clusters {
            self.set_gates(name, cluster, memory.held);
        }
    }

    /// Counts a commit that is not worked from, once for each reason.
    fn count_rejection(&self, memory: &mut Memory, source: &SourceState, seen: &CommitId) {
        let reason = if !source.valid {
            "invalid"
        } else if source.held.is_some() {
            Gate::NonFastForward.as_str()
        } else {
            return;
        };
        let rejected = Some((seen.clone(), reason));
        if memory.rejected != rejected {
            let labels = [memory.repo.as_str(), reason];
            self.git.rejections.with_label_values(&labels).inc();
            memory.rejected = rejected;
        }
    }

    /// Moves a stage to a commit: one series at a time.
    fn set_revision(&self, memory: &mut Memory, stage: &'static str, commit: &CommitId) {
        let repo = memory.repo.as_str();
        let before = memory.revisions.insert(stage, commit.clone());
        if let Some(before) = before.filter(|b| b != commit) {
            let labels = [repo, stage, before.as_str()];
            // it was set when the commit was remembered
            let _ = self.git.revision.remove_label_values(&labels);
        }
        let labels = [repo, stage, commit.as_str()];
        self.git.revision.with_label_values(&labels).set(1.0);
    }

    /// Takes over how long a stretch of the pipeline took; those of the source belong to no cluster's pass.
    pub fn record_phase(&self, phase: Phase, took: Duration) {
        let phase = self
            .work
            .phase_duration
            .with_label_values(&[phase.as_str()]);
        phase.observe(took.as_secs_f64());
    }

    /// Returns every series in Prometheus' text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let families = self.families.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .expect("families that were gathered from a registry can be written to a string")
    }

    /// A panic while recording leaves figures that the next pass overwrites, so a poisoned lock is still good.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set(gauge: &prometheus::GaugeVec, labels: &[&str], n: usize) {
    set_count(gauge, labels, n as u64);
}

fn set_count(gauge: &prometheus::GaugeVec, labels: &[&str], n: u64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of objects and records stay far below 2^53"
    )]
    gauge.with_label_values(labels).set(n as f64);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 stay below 2^53 until the year 287396"
)]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
