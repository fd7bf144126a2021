//! One answer for probes and load balancers (rank 4): is all well, and if not, why.

use jiff::{SignedDuration, Timestamp};

use super::{ConditionStatus, ConditionType, PassResult, View};
use std::time::Duration;

/// What makes a check fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A cluster has open drift of any class.
    Drift,
    /// A change or a revision is withheld.
    Blocked,
    /// The last successful fetch, or a cluster's last pass without an error, is older than `max_age`: passes fail, or
    /// none ends.
    Stale,
    /// The newest revision has errors.
    Invalid,
}

impl FailOn {
    /// Every word.
    pub const ALL: [Self; 4] = [Self::Drift, Self::Blocked, Self::Stale, Self::Invalid];

    /// Returns the word as `fail_on` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Blocked => "blocked",
            Self::Stale => "stale",
            Self::Invalid => "invalid",
        }
    }
}

/// What to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckParams {
    /// How old a success may be; default 15 minutes.
    pub max_age: Duration,
    /// What makes the check fail; default all.
    pub fail_on: Vec<FailOn>,
}

impl Default for CheckParams {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(15 * 60),
            fail_on: FailOn::ALL.to_vec(),
        }
    }
}

/// Checks the view.
///
/// # Errors
/// Every reason why not all is well, for people.
pub fn check(view: &View, params: &CheckParams, now: Timestamp) -> Result<(), Vec<String>> {
    let mut reasons = Vec::new();
    for fail_on in FailOn::ALL {
        if !params.fail_on.contains(&fail_on) {
            continue;
        }
        match fail_on {
            FailOn::Drift => condition(view, ConditionType::Drifted, "drifted", &mut reasons),
            FailOn::Blocked => condition(view, ConditionType::Blocked, "blocked", &mut reasons),
            FailOn::Stale => stale(view, params.max_age, now, &mut reasons),
            FailOn::Invalid => invalid(view, &mut reasons),
        }
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(reasons)
    }
}

fn condition(view: &View, kind: ConditionType, word: &str, reasons: &mut Vec<String>) {
    for cluster in view.clusters.values() {
        let conditions = cluster.status.conditions.iter();
        let held = conditions
            .filter(|c| c.kind == kind && c.status == ConditionStatus::True)
            .map(|c| format!("cluster {} {word}: {}", cluster.name, c.message));
        reasons.extend(held);
    }
}

fn stale(view: &View, max_age: Duration, now: Timestamp, reasons: &mut Vec<String>) {
    let fetched = view.source.fetched_at;
    if let Some(age) = too_old(fetched, max_age, now) {
        let error = view.source.error.as_deref().unwrap_or("no error was told");
        reasons.push(format!("source stale: last fetched {age}; {error}"));
    }
    for cluster in view.clusters.values() {
        if let Some(age) = too_old(cluster.last_success, max_age, now) {
            let name = &cluster.name;
            reasons.push(match cluster.last.as_ref().map(PassResult::message) {
                Some(Some(why)) => format!(
                    "cluster {name} failing: last pass without an error {age}; the last one failed: {why}"
                ),
                Some(None) => format!("cluster {name} stale: no pass has ended since; last {age}"),
                None => format!("cluster {name} stale: no pass has ended yet"),
            });
        }
    }
}

/// Says how long ago something was when that is too long, or that it never was.
fn too_old(at: Option<Timestamp>, max_age: Duration, now: Timestamp) -> Option<String> {
    let Some(at) = at else {
        return Some("never".into());
    };
    let age = now.duration_since(at);
    let max_age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::MAX);
    (age > max_age).then(|| format!("{} s ago", age.as_secs()))
}

fn invalid(view: &View, reasons: &mut Vec<String>) {
    // the same for every cluster: told once
    let first = view.clusters.values().find_map(|cluster| {
        let conditions = &cluster.status.conditions;
        conditions
            .iter()
            .find(|c| c.kind == ConditionType::DesiredValid && c.status == ConditionStatus::False)
    });
    reasons.extend(first.map(|c| format!("desired state invalid: {}", c.message)));
}
