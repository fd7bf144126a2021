//! The board (rank 5): where loops hang up the newest `View` and sign that they turn, and where readers look. Readers
//! never wait for a pass, passes never wait for readers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;

use crate::report::View;

/// A loop that has not turned for this many intervals is stuck.
const STUCK_INTERVALS: u32 = 10;

/// What an interval counts as at the least (the default one): a pass over ten thousand new topics rightly takes
/// minutes, however short the interval, since applying alone may verify for two minutes a stage.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(60);

/// The newest view, and when each loop last turned.
#[derive(Debug)]
pub struct Board {
    view: ArcSwap<View>,
    beats: Mutex<BTreeMap<String, Beat>>,
}

#[derive(Debug, Clone, Copy)]
struct Beat {
    at: Instant,
    interval: Duration,
}

impl Board {
    /// Hangs up the first view.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self {
            view: ArcSwap::from_pointee(view),
            beats: Mutex::default(),
        }
    }

    /// Returns the newest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Replaces the view by one made from it. `next` may run again when another loop was quicker, so that no loop's
    /// news is lost.
    pub fn publish(&self, next: impl Fn(&View) -> View) {
        self.view.rcu(|view| next(view));
    }

    /// Notes that a loop turned, at `now` of the monotonic clock, and how long it may sleep.
    pub fn beat(&self, name: &str, interval: Duration, now: Instant) {
        let beat = Beat { at: now, interval };
        self.beats().insert(name.to_owned(), beat);
    }

    /// Forgets every loop: another configuration starts its own.
    pub fn forget_loops(&self) {
        self.beats().clear();
    }

    /// Names the loops that have not turned for ten intervals (each counted as at least 60 s), and for how long.
    #[must_use]
    pub fn stuck(&self, now: Instant) -> Vec<(String, Duration)> {
        let beats = self.beats();
        let silent = beats
            .iter()
            .map(|(name, beat)| (name, beat, now.saturating_duration_since(beat.at)));
        silent
            .filter(|(_, beat, silence)| {
                *silence > beat.interval.max(SHORTEST_INTERVAL) * STUCK_INTERVALS
            })
            .map(|(name, _, silence)| (name.clone(), silence))
            .collect()
    }

    /// A panic elsewhere cannot leave a half-written beat, so a poisoned lock is as good as a whole one.
    fn beats(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Beat>> {
        self.beats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
