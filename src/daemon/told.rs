//! Everybody who is told of what happens: status, metrics, history and logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use compact_str::CompactString;

use super::{Revision, clock};
use crate::{
    board::Board,
    ledger::Store,
    metrics::{Fetched, Metrics},
    model::{ClusterName, Gate, Verb, chain},
    plan::{Blocked, ClusterPlan, FieldChange, Subject},
    report::{Cycle, HistoryEntry, PassResult, Phase, SourceState},
};

/// Entries of an earlier run's history that are shown again.
const REMEMBERED: usize = 100;

/// Drifts of a pass, and withheld changes, that are logged by name: a broken platform must not fill the disk with one pass.
const LOGGED: usize = 200;

/// Fields of one drift that are logged. A topic has some 30 keys; whoever changes more than 10 at once is seen anyway.
const LOGGED_FIELDS: usize = 10;

/// Characters of a value that are logged: longer ones are lists of replicas, which nobody reads in a log.
const LOGGED_VALUE: usize = 200;

/// Everybody who is told.
pub(super) struct Told {
    repo: String,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    store: Arc<Store>,
    /// The newest revision that a cluster has applied, by the order in which they were examined.
    accepted: Mutex<u64>,
    /// What was withheld when it was last looked at, so that each is logged once and not in every pass.
    withheld: Mutex<BTreeMap<ClusterName, BTreeSet<Held>>>,
}

/// A withheld change: kind and name of the object, what would be done, and what withholds it.
type Held = (Subject, CompactString, Verb, Gate);

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
            withheld: Mutex::default(),
        })
    }

    /// Notes that a cluster works from a revision, from which every later one has to descend. A cluster that is slower
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
        self.log_withheld(cycle);
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

    /// Logs what became withheld in a pass, and what no longer is.
    fn log_withheld(&self, cycle: &Cycle) {
        let Some(plan) = cycle.left.as_deref().or(cycle.planned.as_deref()) else {
            return;
        };
        let cluster = cycle.cluster.as_str();
        let mut clusters = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        let known = clusters.entry(cycle.cluster.clone()).or_default();
        let (newly, opened) = compare(known, plan);
        for blocked in newly.iter().take(LOGGED) {
            let Blocked {
                kind,
                name,
                action,
                gate,
                reason,
                ..
            } = blocked;
            tracing::warn!(cluster, object = %format_args!("{kind} {name}"), %action, %gate, reason, "change withheld");
        }
        for (kind, name, action, gate) in opened.iter().take(LOGGED) {
            tracing::info!(cluster, object = %format_args!("{kind} {name}"), %action, %gate, "change no longer withheld");
        }
        if let Some(more @ 1..) = newly.len().max(opened.len()).checked_sub(LOGGED) {
            tracing::warn!(
                cluster,
                more,
                "more withheld changes than are logged; GET /plan names all"
            );
        }
        known.extend(newly.into_iter().map(held));
        for gone in &opened {
            known.remove(gone);
        }
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

fn held(blocked: &Blocked) -> Held {
    let name = blocked.name.clone();
    (blocked.kind, name, blocked.action, blocked.gate)
}

/// Returns what a plan withholds that was not withheld before, and what it no longer does. Of a kind that could not be
/// listed, or of a cluster that could not be seen, nothing opens: what the plan does not name, it did not see.
fn compare<'a>(known: &BTreeSet<Held>, plan: &'a ClusterPlan) -> (Vec<&'a Blocked>, Vec<Held>) {
    let now: BTreeSet<Held> = plan.blocked.iter().map(held).collect();
    let blocked = plan.blocked.iter();
    let newly = blocked.filter(|b| !known.contains(&held(b))).collect();
    let whole = now.iter().filter(|h| h.0 == Subject::Cluster || h.1 == "*");
    let unseen: BTreeSet<Subject> = whole.map(|h| h.0).collect();
    let is_seen = |h: &&Held| !unseen.contains(&Subject::Cluster) && !unseen.contains(&h.0);
    let opened = known.difference(&now).filter(is_seen).cloned().collect();
    (newly, opened)
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
    log_drift(cluster, cycle);
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

/// Logs which objects drifted, in what, and what ended it; where it is thousands, the number of the rest.
fn log_drift(cluster: &str, cycle: &Cycle) {
    for drift in cycle.detected.iter().take(LOGGED) {
        let (object, class, fields) = (&drift.object, drift.class, differences(&drift.fields));
        tracing::warn!(cluster, %object, %class, fields, "drift detected");
    }
    for (drift, by) in cycle.resolved.iter().take(LOGGED) {
        let (object, class) = (&drift.object, drift.class);
        tracing::info!(cluster, %object, %class, %by, "drift resolved");
    }
    let all = cycle.detected.len().max(cycle.resolved.len());
    if let Some(more @ 1..) = all.checked_sub(LOGGED) {
        tracing::warn!(
            cluster,
            more,
            "more drift than is logged; GET /drift names what is open"
        );
    }
}

/// Spells fields as plans do, `config.retention.ms: 1000 → 86400000`: what was found, and what should be.
fn differences(fields: &[FieldChange]) -> String {
    let value = |value: &Option<CompactString>| -> String {
        let text = value.as_deref().unwrap_or("unset");
        text.chars().take(LOGGED_VALUE).collect()
    };
    let mut texts: Vec<String> = fields
        .iter()
        .take(LOGGED_FIELDS)
        .map(|f| format!("{}: {} → {}", f.path, value(&f.live), value(&f.desired)))
        .collect();
    if let Some(more @ 1..) = fields.len().checked_sub(LOGGED_FIELDS) {
        texts.push(format!("and {more} more"));
    }
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn mk_field(path: &str, desired: Option<&str>, live: Option<&str>) -> FieldChange {
        FieldChange {
            path: path.into(),
            live: live.map(Into::into),
            desired: desired.map(Into::into),
        }
    }

    #[test]
    fn a_drift_is_logged_with_what_was_found_and_what_should_be() {
        let fields = [
            mk_field("partitions", Some("3"), Some("6")),
            mk_field("config.segment.ms", None, Some("60000")),
        ];
        assert_eq!(
            differences(&fields),
            "partitions: 6 → 3, config.segment.ms: 60000 → unset"
        );
    }

    const TOPIC: Subject = Subject::Kind(Kind::Topic);
    const ACL: Subject = Subject::Kind(Kind::Acl);

    fn mk_plan(blocked: &[(Subject, &str, Gate)]) -> ClusterPlan {
        let blocked = blocked.iter().map(|(kind, name, gate)| Blocked {
            kind: *kind,
            name: (*name).into(),
            action: Verb::Delete,
            gate: *gate,
            reason: "nobody consented to it".into(),
            fields: Vec::new(),
            source: None,
        });
        ClusterPlan {
            name: ClusterName::new("c").expect("a cluster name"),
            cluster_id: None,
            planes: BTreeMap::new(),
            actions: Vec::new(),
            blocked: blocked.collect(),
            unexpected: Vec::new(),
            reported: Vec::new(),
            foreign: Vec::new(),
            moving: Vec::new(),
            drift: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    fn known(plan: &ClusterPlan) -> BTreeSet<Held> {
        plan.blocked.iter().map(held).collect()
    }

    #[test]
    fn a_withheld_change_is_told_once_and_again_when_another_gate_holds_it() {
        let first = mk_plan(&[(TOPIC, "a", Gate::Consent), (ACL, "b", Gate::Consent)]);
        assert_eq!(compare(&BTreeSet::new(), &first).0.len(), 2);
        assert_eq!(compare(&known(&first), &first), (Vec::new(), Vec::new()));
        let then = mk_plan(&[(TOPIC, "a", Gate::DestroyBudget)]);
        let (newly, opened) = compare(&known(&first), &then);
        assert_eq!(newly, [&then.blocked[0]]);
        assert_eq!(opened, known(&first).into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_not_seen_is_not_told_as_open() {
        let first = mk_plan(&[(TOPIC, "a", Gate::Consent), (ACL, "b", Gate::Consent)]);
        let no_acls = mk_plan(&[(ACL, "*", Gate::IncompleteObservation)]);
        let (newly, opened) = compare(&known(&first), &no_acls);
        let names: Vec<_> = opened.iter().map(|h| h.1.as_str()).collect();
        assert_eq!((newly.len(), names), (1, vec!["a"]));
        let another = mk_plan(&[(Subject::Cluster, "c", Gate::ClusterId)]);
        assert_eq!(compare(&known(&first), &another).1, Vec::new());
    }

    #[test]
    fn a_line_of_the_log_is_bounded() {
        let long = "x".repeat(100_000);
        let fields = vec![mk_field("config.a", Some(&long), Some(&long)); 100];
        let line = differences(&fields);
        assert!(line.len() < 5_000 && line.ends_with("and 90 more"));
    }
}
