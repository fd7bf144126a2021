//! What happened (rank 4): passes in which something did, and the quiet ones between them as a count.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cycle, DriftField};
use crate::{
    model::{CommitId, DriftClass, Kind, ResolvedBy, Verb},
    plan::{ActionResult, ClusterPlan, Drift, FieldChange},
};

/// Entries that are kept: with quiet passes merged, a hundred things that happened.
const KEPT: usize = 100;

/// Actions that an entry names; 100 entries of 50 stay around a megabyte even with long error texts. The rest is
/// counted by result, and failures are named first.
const NAMED: usize = 50;

/// Fields that an entry names of one drift.
const FIELDS: usize = 10;

/// Characters of a value in an entry: the longest that people set are lists of a few names.
const VALUE: usize = 200;

/// One pass, or a run of passes in which nothing happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When the pass, or the first of the run, began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When the last of the run began.
    #[schema(value_type = String, format = DateTime)]
    pub last_started_at: Timestamp,
    /// Passes in the run.
    pub passes: u32,
    /// How long the last of them took.
    pub seconds: f64,
    /// `ok`, `error` or `invalid`.
    pub result: String,
    /// What there is to say about the result.
    #[schema(required)]
    pub message: Option<String>,
    /// The commit it worked from.
    #[schema(value_type = Option<String>, required)]
    pub revision: Option<CommitId>,
    /// Actions that succeeded.
    pub done: usize,
    /// Actions that did not.
    pub failed: usize,
    /// Up to 50 of the actions, failed ones first.
    pub actions: Vec<HistoryAction>,
    /// Drift first seen.
    pub drift_detected: usize,
    /// Drift that ended.
    pub drift_resolved: usize,
    /// Up to 50 of these drifts: first seen ones before ended ones.
    pub drift: Vec<HistoryDrift>,
    /// Changes left after it.
    pub pending: usize,
    /// Changes withheld after it.
    pub blocked: usize,
}

/// One action of a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryAction {
    /// Kind of the object.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What was to be done.
    pub action: Verb,
    /// `ok`, `error`, `precondition_failed`, `indeterminate` or `not_tried`.
    pub result: String,
    /// What there is to say about the result.
    #[schema(required)]
    pub message: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// A drift that began or ended in a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryDrift {
    /// Kind of the object.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// How it differs, or differed.
    pub class: DriftClass,
    /// Up to 10 of the fields that differed; none of one that had ended before the pass.
    pub fields: Vec<DriftField>,
    /// `detected` or `resolved`.
    pub event: DriftEvent,
    /// What ended it; null when it was detected.
    #[schema(required)]
    pub by: Option<ResolvedBy>,
}

/// What happened to a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftEvent {
    /// It was first seen.
    Detected,
    /// It ended.
    Resolved,
}

/// The last passes, oldest first. Copies share their entries.
#[derive(Debug, Clone, Default)]
pub(super) struct History(VecDeque<Arc<HistoryEntry>>);

impl History {
    /// Adds a pass.
    pub(super) fn after(&self, cycle: &Cycle) -> Self {
        let mut entries = self.0.clone();
        let entry = HistoryEntry::of(cycle);
        match entries.back_mut() {
            Some(last) if entry.is_quiet() && entry.continues(last) => {
                let last = Arc::make_mut(last);
                last.passes += 1;
                last.last_started_at = entry.started_at;
                last.seconds = entry.seconds;
                last.message = entry.message;
            }
            _ => entries.push_back(Arc::new(entry)),
        }
        while entries.len() > KEPT {
            entries.pop_front();
        }
        Self(entries)
    }

    /// Makes it of entries that were kept, oldest first.
    pub(super) fn kept(entries: Vec<HistoryEntry>) -> Self {
        let from = entries.len().saturating_sub(KEPT);
        Self(entries.into_iter().skip(from).map(Arc::new).collect())
    }

    /// Walks the entries, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.0.iter().rev().map(AsRef::as_ref)
    }
}

impl HistoryEntry {
    fn of(cycle: &Cycle) -> Self {
        let done = cycle.results.iter().filter(|r| r.end.is_done()).count();
        let size = |f: fn(&ClusterPlan) -> usize| cycle.left.as_deref().map_or(0, f);
        let failed_first = {
            let mut results: Vec<&ActionResult> = cycle.results.iter().collect();
            results.sort_by_key(|r| r.end.is_done());
            results
        };
        Self {
            started_at: cycle.started_at,
            last_started_at: cycle.started_at,
            passes: 1,
            seconds: cycle.duration.as_secs_f64(),
            result: cycle.result.label().to_owned(),
            message: cycle.result.message().map(str::to_owned),
            revision: cycle.attempted.clone(),
            done,
            failed: cycle.results.len() - done,
            actions: failed_first.into_iter().take(NAMED).map(named).collect(),
            drift_detected: cycle.detected.len(),
            drift_resolved: cycle.resolved.len(),
            drift: drift(cycle),
            pending: size(|plan| plan.actions.len()),
            blocked: size(|plan| plan.blocked.len()),
        }
    }

    fn is_quiet(&self) -> bool {
        self.done + self.failed + self.drift_detected + self.drift_resolved == 0
    }

    /// Tells whether this quiet pass says nothing that the entry before it does not say. Messages may differ: a day
    /// of outage is one entry, although each attempt failed in slightly other words.
    fn continues(&self, before: &Self) -> bool {
        before.is_quiet()
            && self.result == before.result
            && self.revision == before.revision
            && self.pending == before.pending
            && self.blocked == before.blocked
    }
}

fn named(result: &ActionResult) -> HistoryAction {
    HistoryAction {
        kind: result.object.kind,
        name: result.object.name.to_string(),
        action: result.verb,
        result: result.end.label().to_owned(),
        message: result.end.message().map(str::to_owned),
        seconds: result.seconds,
    }
}

/// Names what drifted and what ended. A replaced topic that was healed at once stands in both lists, and so here twice.
fn drift(cycle: &Cycle) -> Vec<HistoryDrift> {
    let detected = cycle.detected.iter().map(|drift| (drift, None));
    let resolved = cycle.resolved.iter().map(|(drift, by)| (drift, Some(*by)));
    let named = detected.chain(resolved).take(NAMED);
    named.map(|(drift, by)| drifted(drift, by)).collect()
}

fn drifted(drift: &Drift, by: Option<ResolvedBy>) -> HistoryDrift {
    HistoryDrift {
        kind: drift.object.kind,
        name: drift.object.name.to_string(),
        class: drift.class,
        fields: drift.fields.iter().take(FIELDS).map(shortened).collect(),
        event: match by {
            None => DriftEvent::Detected,
            Some(_) => DriftEvent::Resolved,
        },
        by,
    }
}

fn shortened(field: &FieldChange) -> DriftField {
    let short = |value: String| value.chars().take(VALUE).collect();
    let DriftField {
        path,
        live,
        desired,
    } = DriftField::from(field);
    DriftField {
        path,
        live: live.map(short),
        desired: desired.map(short),
    }
}
