//! Everybody who is told of what happens: status, metrics, history and logs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Revision, clock};
use crate::{
    board::Board,
    ledger::Store,
    metrics::{Fetched, Metrics},
    model::{ClusterName, chain},
    report::{Cycle, HistoryEntry, PassResult, Phase, SourceState},
};

/// Entries of an earlier run's history that are shown again.
const REMEMBERED: usize = 100;

/// Everybody who is told.
pub(super) struct Told {
    repo: String,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    store: Arc<Store>,
    /// The newest revision that a cluster has applied, by the order in which they were examined.
    accepted: Mutex<u64>,
}

impl Told {
    /// Takes over a configuration: clusters that are new appear, with the history that the ledger kept of them.
    pub(super) fn new(
        repo: &str,
        clusters: &[(ClusterName, Duration)],
        board: &Arc<Board>,
        metrics: &Arc<Metrics>,
        store: &Arc<Store>,
    ) -> Arc<Self> {
        board.forget_loops();
        metrics.configure(clusters, repo);
        let now = clock::now();
        board.publish(|view| view.configured(clusters, now));
        for (name, _) in clusters {
            let kept = history(store, name);
            board.publish(|view| view.with_history(name, kept.clone()));
        }
        Arc::new(Self {
            repo: repo.to_owned(),
            board: board.clone(),
            metrics: metrics.clone(),
            store: store.clone(),
            accepted: Mutex::default(),
        })
    }

    /// Notes that a cluster applied a revision, from which every later one has to descend. A cluster that is slower
    /// than another does not take that back.
    pub(super) fn accept(&self, revision: &Revision) {
        let Some(commit) = &revision.commit else {
            return;
        };
        let mut newest = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if revision.order < *newest {
            return;
        }
        *newest = revision.order;
        if let Err(error) = self.store.set_accepted(&self.repo, commit) {
            tracing::error!(error = chain(&error), "accepted revision not noted");
        }
    }

    /// Tells of a pass.
    pub(super) fn cycle(&self, cycle: &Cycle) {
        log(cycle);
        self.metrics.record(cycle);
        self.board.publish(|view| view.after(cycle));
        if let Err(error) = self.keep(cycle) {
            tracing::error!(error, "history not kept");
        }
    }

    /// Tells of the source after a fetch.
    pub(super) fn source(&self, state: &SourceState, fetched: Fetched) {
        self.metrics.record_source(state, fetched);
        let now = clock::now();
        self.board
            .publish(|view| view.with_source(state.clone(), now));
    }

    /// Tells how long a stretch of the source's work took.
    pub(super) fn phase(&self, phase: Phase, took: Duration) {
        self.metrics.record_phase(phase, took);
    }

    /// Tells that a loop turned.
    pub(super) fn beat(&self, name: &str, interval: Duration) {
        self.board.beat(name, interval, Instant::now());
    }

    fn keep(&self, cycle: &Cycle) -> Result<(), String> {
        let view = self.board.view();
        let entry = view
            .clusters
            .get(&cycle.cluster)
            .and_then(|c| c.last_entry());
        let Some(entry) = entry else { return Ok(()) };
        let body = serde_json::to_string(entry).map_err(|e| chain(&e))?;
        self.store
            .append_history(&cycle.cluster, cycle.started_at, &body, entry.passes > 1)
            .map_err(|e| chain(&e))
    }
}

/// Reads what was kept, oldest first. An entry of another version's shape is passed over.
fn history(store: &Store, cluster: &ClusterName) -> Vec<HistoryEntry> {
    let kept = store
        .history(cluster, REMEMBERED, None)
        .unwrap_or_else(|error| {
            tracing::error!(error = chain(&error), "history not readable");
            Vec::new()
        });
    let read = kept.iter().rev();
    read.filter_map(|kept| serde_json::from_str(&kept.body).ok())
        .collect()
}

/// Logs a pass: one line for the pass, and one for each fact that somebody may look for later.
fn log(cycle: &Cycle) {
    let cluster = cycle.cluster.as_str();
    for result in &cycle.results {
        let (object, action, end) = (&result.object, result.verb.as_str(), result.end.label());
        match result.end.message() {
            None => tracing::info!(cluster, %object, action, result = end, "action"),
            Some(message) => {
                tracing::warn!(cluster, %object, action, result = end, message, "action");
            }
        }
    }
    for (kind, class) in &cycle.detected {
        tracing::warn!(cluster, %kind, %class, "drift detected");
    }
    for (kind, class, by) in &cycle.resolved {
        tracing::info!(cluster, %kind, %class, %by, "drift resolved");
    }
    let seconds = cycle.duration.as_secs_f64();
    let actions = cycle.results.len();
    let revision = cycle.attempted.as_ref().map_or("none", |c| c.as_str());
    match &cycle.result {
        PassResult::Ok if actions == 0 => tracing::debug!(cluster, revision, seconds, "pass"),
        PassResult::Ok => tracing::info!(cluster, revision, seconds, actions, "pass"),
        PassResult::Failed(why) | PassResult::Invalid(why) => {
            tracing::warn!(cluster, revision, seconds, actions, why, "pass failed");
        }
    }
}
