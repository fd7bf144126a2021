//! The loop of one cluster: wake, pass, record, sleep.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    Revision, Stop,
    backoff::Backoff,
    pass::{self, Site},
    told::Told,
};
use crate::{
    model::Ledger,
    report::{Cycle, PassResult},
};

/// The wait before a pass that finishes what the one before could not: long enough for metadata to spread.
const SOON: Duration = Duration::from_secs(1);

/// The shortest wait while replicas move: a partition of some megabytes is copied in it.
const WHILE_MOVING: Duration = Duration::from_secs(2);

/// Time for the source to bring a first revision before it is called a failure that there is none: a fetch from a
/// healthy server takes a second, what was applied last waits for it for three, and each is read.
const FIRST_REVISION_WITHIN: Duration = Duration::from_secs(10);

/// What wakes the loop. None of them carries data: each means "run a pass".
enum Wake {
    /// The interval, or the wait after a failure, is over.
    Timer,
    /// There is a new revision to work from.
    Revision,
    /// The daemon stops.
    Stop,
}

/// One cluster's loop.
pub(super) struct ClusterLoop {
    pub(super) site: Site,
    /// What is remembered of the cluster; the loop owns it from now on.
    pub(super) ledger: Ledger,
    pub(super) told: Arc<Told>,
    pub(super) revisions: watch::Receiver<Option<Arc<Revision>>>,
    pub(super) stop: Stop,
}

impl ClusterLoop {
    /// Runs until it is cancelled.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new(self.site.interval);
        let mut ledger = std::mem::take(&mut self.ledger);
        let mut rounds = 0;
        self.told.beat(&self.loop_name(), self.site.interval);
        if self.revisions.borrow().is_none()
            && let Wake::Stop = self.sleep(FIRST_REVISION_WITHIN).await
        {
            return;
        }
        loop {
            let revision = self.revisions.borrow_and_update().clone();
            let Some(mut cycle) = self.turn(revision.as_deref(), &mut ledger).await else {
                return;
            };
            rounds = unconverged(rounds, &cycle);
            cycle.unconverged_rounds = rounds;
            let wait = match &cycle.result {
                PassResult::Ok if rounds > 0 => SOON.min(self.site.interval),
                PassResult::Ok if is_moving(&cycle) => {
                    // looking is a share of the time, however large the cluster is
                    let wait = (cycle.duration * 4).max(WHILE_MOVING);
                    wait.min(self.site.interval)
                }
                PassResult::Ok => backoff.after_success(),
                PassResult::Failed(_) | PassResult::Invalid(_) => backoff.after_failure(),
            };
            self.told.cycle(&cycle);
            self.told.beat(&self.loop_name(), self.site.interval);
            match self.sleep(wait).await {
                Wake::Timer => {}
                Wake::Revision => backoff.reset(),
                Wake::Stop => return,
            }
        }
    }

    fn loop_name(&self) -> String {
        format!("loop of cluster {}", self.site.name)
    }

    /// Runs one pass; `None` when it was abandoned because the daemon stops.
    async fn turn(&self, revision: Option<&Revision>, ledger: &mut Ledger) -> Option<Cycle> {
        let Some(revision) = revision else {
            let why = "there is no valid revision to work from yet";
            return Some(pass::idle(&self.site, ledger, why.to_owned()));
        };
        let cycle = tokio::select! {
            cycle = pass::pass(&self.site, revision, ledger, &self.stop) => cycle?,
            () = self.stop.over() => return None,
        };
        if cycle.has_seen() {
            self.told.accept(revision);
        }
        Some(cycle)
    }

    async fn sleep(&mut self, wait: Duration) -> Wake {
        tokio::select! {
            biased;
            () = self.stop.said() => Wake::Stop,
            changed = self.revisions.changed() => match changed {
                Ok(()) => Wake::Revision,
                Err(_) => Wake::Stop,
            },
            () = tokio::time::sleep(wait) => Wake::Timer,
        }
    }
}

/// Tells whether replicas are under way, so that the next are begun when these have arrived.
fn is_moving(cycle: &Cycle) -> bool {
    cycle.left.as_ref().is_some_and(|plan| plan.is_moving())
}

/// Counts passes in a row in which every action succeeded and something is still left to do.
fn unconverged(before: u32, cycle: &Cycle) -> u32 {
    let left = cycle
        .left
        .as_ref()
        .is_some_and(|plan| !plan.actions.is_empty());
    match (&cycle.result, left) {
        (PassResult::Ok, true) => before + 1,
        (PassResult::Ok, false) => 0,
        _ => before,
    }
}
