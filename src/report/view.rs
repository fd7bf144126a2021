//! The `View` (rank 4): what is told to people right now, as one immutable value. A pass or a fetch makes the next
//! one; readers hold the one they began with. Observation, desired state and plan are shared, never copied.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{ClusterView, Cycle, HistoryEntry, SourceState, SourceStatus, Status};
use crate::model::{ClusterName, CommitId};

/// Everything that is told to people.
#[derive(Debug, Clone)]
pub struct View {
    /// Version of the daemon.
    pub version: Arc<str>,
    /// The source as the last fetch left it.
    pub source: Arc<SourceState>,
    /// Clusters by name.
    pub clusters: BTreeMap<ClusterName, Arc<ClusterView>>,
    /// The newest commit that every cluster has applied.
    applied: Option<CommitId>,
}

impl View {
    /// Makes the view of a daemon that has not looked at anything yet.
    #[must_use]
    pub fn new(
        version: &str,
        source: SourceState,
        clusters: &[(ClusterName, Duration)],
        now: Timestamp,
    ) -> Self {
        let empty = Self {
            version: version.into(),
            source: Arc::new(source),
            clusters: BTreeMap::new(),
            applied: None,
        };
        empty.configured(clusters, now)
    }

    /// Returns the view with exactly these clusters and intervals: known ones keep what is known of them.
    #[must_use]
    pub fn configured(&self, clusters: &[(ClusterName, Duration)], now: Timestamp) -> Self {
        let cluster = |(name, interval): &(ClusterName, Duration)| {
            let view = match self.clusters.get(name) {
                Some(known) => ClusterView {
                    interval: *interval,
                    ..known.as_ref().clone()
                },
                None => {
                    ClusterView::new(name.clone(), *interval, now).with_source(&self.source, now)
                }
            };
            (name.clone(), Arc::new(view))
        };
        Self {
            clusters: clusters.iter().map(cluster).collect(),
            ..self.clone()
        }
    }

    /// Returns the view after a fetch.
    #[must_use]
    pub fn with_source(&self, source: SourceState, now: Timestamp) -> Self {
        let renew = |(name, view): (&ClusterName, &Arc<ClusterView>)| {
            (name.clone(), Arc::new(view.with_source(&source, now)))
        };
        let clusters = self.clusters.iter().map(renew).collect();
        Self {
            source: Arc::new(source),
            clusters,
            ..self.clone()
        }
    }

    /// Returns the view with what an earlier run of the daemon noted of a cluster, oldest entry first.
    #[must_use]
    pub fn with_history(&self, cluster: &ClusterName, entries: Vec<HistoryEntry>) -> Self {
        let mut next = self.clone();
        if let Some(view) = next.clusters.get_mut(cluster) {
            *view = Arc::new(view.with_history(entries));
        }
        next
    }

    /// Returns the view after a pass. The pass of a cluster that is no longer configured changes nothing.
    #[must_use]
    pub fn after(&self, cycle: &Cycle) -> Self {
        let mut next = self.clone();
        if let Some(view) = next.clusters.get_mut(&cycle.cluster) {
            *view = Arc::new(view.after(cycle, &self.source));
        }
        let mut applied = next.clusters.values().map(|c| &c.status.revision.applied);
        if let Some(Some(first)) = applied.next()
            && applied.all(|a| a.as_ref() == Some(first))
        {
            next.applied = Some(first.clone());
        }
        next
    }

    /// Returns the status as users script against it.
    #[must_use]
    pub fn status(&self) -> Status {
        let source = &self.source;
        Status {
            schema_version: 1,
            version: self.version.to_string(),
            source: SourceStatus {
                repo: source.repo.clone(),
                reference: source.reference.clone(),
                seen: source.seen.clone(),
                applied: self.applied.clone(),
                fetched_at: source.fetched_at,
                error: source.error.clone(),
                held: source.held.clone(),
            },
            clusters: self.clusters.values().map(|c| c.status.clone()).collect(),
        }
    }

    /// Says why the daemon is not ready to be asked: clusters that were never seen whole. Empty means ready.
    #[must_use]
    pub fn not_ready(&self) -> Vec<String> {
        let unseen = self.clusters.values().filter(|c| !c.seen_whole);
        unseen
            .map(|c| match &c.last {
                None => format!("cluster {}: no pass has ended yet", c.name),
                Some(result) => format!(
                    "cluster {}: never seen whole yet: {}",
                    c.name,
                    result.message().unwrap_or("see its planes in the status")
                ),
            })
            .collect()
    }
}
