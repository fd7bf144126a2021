//! What the story tells of a drift: what somebody did, what Headgate saw of it, and how long it took to heal.

use tokio::time::Instant;

use super::{
    stage::Stage,
    story::{say, until},
};
use crate::{
    cli::failure::Failure,
    model::{DriftClass, ObjectRef, ResolvedBy},
    report::{DriftEvent, DriftField, HistoryDrift, HistoryEntry},
};

/// Lets something be done by hand, waits until Headgate has healed it, and tells what it saw and how long that took.
pub(super) async fn heals(
    stage: &Stage,
    object: &ObjectRef,
    by_hand: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let before = healed(stage, object).await;
    by_hand.await?;
    let began = Instant::now();
    until("the drift is healed", async || {
        healed(stage, object).await > before
    })
    .await?;
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("Headgate saw: {}", saw(stage, object).await))?;
    say(&format!("healed after {seconds:.1} s"))
}

/// Says which drift of an object Headgate saw last.
pub(super) async fn saw(stage: &Stage, object: &ObjectRef) -> String {
    let drift = history(stage, object).await;
    let seen = drift.iter().find(|d| d.event == DriftEvent::Detected);
    seen.map_or_else(|| "nothing".to_owned(), told)
}

/// Spells a drift as plans do: what is, and what should be.
fn told(drift: &HistoryDrift) -> String {
    let value = |value: &Option<String>| value.as_deref().unwrap_or("unset").to_owned();
    let field = |f: &DriftField| format!("{}: {} → {}", f.path, value(&f.live), value(&f.desired));
    let mut told = vec![format!("drift, {}", drift.class)];
    // of what is missing all differs
    if drift.class != DriftClass::Missing {
        told.extend(drift.fields.iter().map(field));
    }
    told.join(", ")
}

/// Counts the times that Headgate healed an object.
async fn healed(stage: &Stage, object: &ObjectRef) -> usize {
    let drift = history(stage, object).await;
    let healed = drift.iter().filter(|d| d.by == Some(ResolvedBy::Apply));
    healed.count()
}

/// Returns what the daemon's history tells of an object, newest first.
async fn history(stage: &Stage, object: &ObjectRef) -> Vec<HistoryDrift> {
    let entries: Vec<HistoryEntry> = stage.list("history").await;
    let drift = entries.into_iter().flat_map(|entry| entry.drift);
    drift
        .filter(|d| d.kind == object.kind && object.name == d.name.as_str())
        .collect()
}
