//! From facts to conditions (rank 4): which of the seven hold, why, and in what words.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    BlockedCount, Condition, ConditionStatus, ConditionType, DriftCounts, PassResult, PlaneStatus,
    Reason, Revisions, SourceState,
    condition::{
        ConditionStatus::{False, True, Unknown},
        ConditionType as T,
    },
};
use crate::model::{CommitId, Gate, Plane};

/// How many names or findings a message carries; the rest is counted. The lists are one request away.
const SHOWN: usize = 3;

/// What conditions are judged by.
pub(super) struct Facts<'a> {
    pub(super) source: &'a SourceState,
    /// How the last pass ended; `None` before the first.
    pub(super) last: Option<&'a PassResult>,
    pub(super) revision: &'a Revisions,
    pub(super) planes: &'a BTreeMap<Plane, PlaneStatus>,
    pub(super) drift: DriftCounts,
    /// Actions left, and the names of the first few.
    pub(super) pending: usize,
    /// Differences of kinds whose mode is `report`.
    pub(super) reported: usize,
    pub(super) blocked: &'a [BlockedCount],
    /// The first withheld changes in words.
    pub(super) withheld: Vec<Withheld>,
}

type Judgement = (ConditionStatus, Reason, String);

/// Judges every condition and carries `since` over from `previous` where the status stayed.
pub(super) fn judge(facts: &Facts<'_>, previous: &[Condition], now: Timestamp) -> Vec<Condition> {
    T::ALL
        .into_iter()
        .map(|kind| {
            let (status, reason, message) = facts.judge(kind);
            let since = previous
                .iter()
                .find(|c| c.kind == kind && c.status == status)
                .map_or(now, |c| c.since);
            Condition {
                kind,
                status,
                reason,
                message,
                since,
            }
        })
        .collect()
}

impl Facts<'_> {
    fn judge(&self, kind: ConditionType) -> Judgement {
        match (kind, self.last) {
            (T::DesiredValid, _) => self.desired_valid(),
            // a held revision is known before any pass has ended
            (T::Blocked, _) if !self.blocked.is_empty() => self.something_withheld(),
            (_, None) => starting(),
            (T::Ready, Some(last)) => self.ready(last),
            (T::Reconciling, Some(last)) => self.reconciling(last),
            (T::Drifted, Some(_)) => self.drifted(),
            (T::Blocked, Some(_)) => (False, Reason::NothingWithheld, "nothing is withheld".into()),
            (T::ObservationComplete, Some(_)) => self.observation_complete(),
            (T::Suspended, Some(_)) => self.suspended(),
        }
    }

    fn ready(&self, last: &PassResult) -> Judgement {
        if let (False, reason, message) = self.desired_valid() {
            return (False, reason, message);
        }
        if let PassResult::Invalid(why) = last {
            return (False, Reason::Invalid, why.clone());
        }
        if let Some(unseen) = self.unseen() {
            return (False, Reason::ObservationIncomplete, unseen);
        }
        if let PassResult::Failed(why) = last {
            return (False, Reason::PassFailed, why.clone());
        }
        if !self.blocked.is_empty() {
            let (_, reason, message) = self.something_withheld();
            return (False, reason, message);
        }
        if let Some((reason, message)) = self.work() {
            return (False, reason, message);
        }
        let revision = short(self.revision.attempted.as_ref());
        match self.reported {
            0 => (True, Reason::Converged, format!("{revision} is in place")),
            n => (
                True,
                Reason::ReportOnly,
                format!(
                    "everything that may be written of {revision} is in place; {} only reported, as the mode says",
                    count(n, "difference is", "differences are")
                ),
            ),
        }
    }

    fn reconciling(&self, last: &PassResult) -> Judgement {
        match (last, self.work()) {
            (PassResult::Failed(why), _) => (
                True,
                Reason::PassFailed,
                format!("the next pass tries again: {why}"),
            ),
            (_, Some((reason, message))) => (True, reason, message),
            (_, None) => (False, Reason::Idle, "there is nothing to do".into()),
        }
    }

    /// What the next pass has to do, if anything.
    fn work(&self) -> Option<(Reason, String)> {
        let good = self.source.good.as_ref();
        if good.is_some() && good != self.revision.attempted.as_ref() {
            let message = format!("{} waits for the next pass", short(good));
            return Some((Reason::NewRevision, message));
        }
        let left = count(self.pending, "change is", "changes are");
        match self.pending {
            0 if self.revision.converged == self.revision.attempted => None,
            0 if !self.blocked.is_empty() || self.reported > 0 => None,
            0 => Some((
                Reason::Progressing,
                format!(
                    "{} is not seen in place yet",
                    short(self.revision.attempted.as_ref())
                ),
            )),
            _ => Some((Reason::Progressing, format!("{left} left to make"))),
        }
    }

    fn drifted(&self) -> Judgement {
        let DriftCounts {
            missing,
            modified,
            unexpected,
            replaced,
        } = self.drift;
        if self.drift.total() > 0 {
            let classes = [
                (missing, "missing"),
                (modified, "modified"),
                (unexpected, "unexpected"),
                (replaced, "replaced"),
            ];
            let parts = classes.iter().filter(|(n, _)| *n > 0);
            let parts: Vec<_> = parts.map(|(n, class)| format!("{n} {class}")).collect();
            return (True, Reason::DriftOpen, parts.join(", "));
        }
        match self.unseen() {
            Some(unseen) => (Unknown, Reason::ObservationIncomplete, unseen),
            None => (
                False,
                Reason::NoDrift,
                "nothing differs that git did not cause".into(),
            ),
        }
    }

    fn something_withheld(&self) -> Judgement {
        let total: usize = self.blocked.iter().map(|b| b.count).sum();
        let texts: Vec<_> = self.withheld.iter().map(|w| w.text.as_str()).collect();
        let mut message = texts.join("; ");
        let told: usize = self.withheld.iter().map(|w| w.changes).sum();
        if total > told {
            message += &format!("; and {} more", total - told);
        }
        (True, Reason::ChangesWithheld, message)
    }

    fn observation_complete(&self) -> Judgement {
        match self.unseen() {
            Some(unseen) => (False, Reason::ObservationIncomplete, unseen),
            None => (True, Reason::Complete, "every plane was seen whole".into()),
        }
    }

    /// The planes that could not be seen whole, in words.
    fn unseen(&self) -> Option<String> {
        if self.planes.is_empty() {
            return Some("the last pass ended before it looked at the cluster".into());
        }
        let unseen: Vec<_> = self
            .planes
            .iter()
            .filter(|(_, plane)| !plane.complete)
            .map(|(name, plane)| {
                let reason = plane.reason.as_deref().unwrap_or("no reason was given");
                format!("{name}: {reason}")
            })
            .collect();
        (!unseen.is_empty()).then(|| unseen.join("; "))
    }

    fn desired_valid(&self) -> Judgement {
        let SourceState {
            seen,
            findings,
            valid,
            error,
            ..
        } = self.source;
        if *valid {
            let message = format!("{} is valid", short(seen.as_ref()));
            return (True, Reason::Valid, message);
        }
        if findings.is_empty() && seen.is_none() {
            return match error {
                Some(error) => (Unknown, Reason::SourceUnreachable, error.clone()),
                None => starting(),
            };
        }
        let mut message = format!("{} has errors: ", short(seen.as_ref()));
        let errors = || {
            findings
                .iter()
                .filter(|f| f.severity == crate::model::Severity::Error)
        };
        let shown: Vec<_> = errors().take(SHOWN).map(|f| f.headline()).collect();
        message += &shown.join(" | ");
        let more = errors().count().saturating_sub(SHOWN);
        if more > 0 {
            message += &format!(" | and {more} more");
        }
        if shown.is_empty() {
            message += error.as_deref().unwrap_or("no reason was given");
        }
        (False, Reason::Invalid, message)
    }

    fn suspended(&self) -> Judgement {
        let suspended = self.blocked.iter().any(|b| b.gate == Gate::Suspended);
        if suspended {
            (True, Reason::Requested, "changes are switched off".into())
        } else {
            (
                False,
                Reason::NotSuspended,
                "changes are switched on".into(),
            )
        }
    }
}

/// Some withheld changes in words, and how many they are.
pub(super) struct Withheld {
    text: String,
    changes: usize,
}

/// Picks the first withheld changes of a plan, for the message of `Blocked`; what is withheld for one reason stands
/// together.
pub(super) fn withheld(
    held: Option<&str>,
    plan: Option<&crate::plan::ClusterPlan>,
) -> Vec<Withheld> {
    let mut groups: BTreeMap<(&str, Gate, &str), Vec<&str>> = BTreeMap::new();
    for blocked in plan.iter().flat_map(|plan| &plan.blocked) {
        let why = (blocked.kind.as_str(), blocked.gate, blocked.reason.as_str());
        groups.entry(why).or_default().push(&blocked.name);
    }
    let changes = groups.iter().map(|((kind, gate, reason), names)| {
        let more = match names.len().saturating_sub(SHOWN) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let shown = names[..names.len().min(SHOWN)].join(", ");
        Withheld {
            text: format!("{kind} {shown}{more} ({gate}): {reason}"),
            changes: names.len(),
        }
    });
    let revision = held.map(|why| Withheld {
        text: format!("revision ({}): {why}", Gate::NonFastForward),
        changes: 1,
    });
    revision.into_iter().chain(changes).take(SHOWN).collect()
}

fn starting() -> Judgement {
    (Unknown, Reason::Starting, "no pass has ended yet".into())
}

fn short(revision: Option<&CommitId>) -> String {
    match revision {
        Some(commit) => format!(
            "revision {}",
            commit.as_str().get(..8).unwrap_or(commit.as_str())
        ),
        None => "the desired state".into(),
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
