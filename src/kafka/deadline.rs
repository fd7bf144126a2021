//! A deadline that remembers how long it was (rank 6, Kafka plane), so that an error can say what was waited for.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// The latest moment at which something may end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    started: Instant,
    at: Instant,
}

impl Deadline {
    /// Starts the clock. A time beyond what the platform can count is cut to a day.
    pub(super) fn within(time: Duration) -> Self {
        let started = Instant::now();
        let day = Duration::from_secs(24 * 60 * 60);
        Self {
            started,
            at: started.checked_add(time).unwrap_or(started + day),
        }
    }

    /// Starts a shorter clock inside this one, if it is shorter.
    pub(super) fn part(self, time: Duration) -> Self {
        let part = Self::within(time);
        if part.at < self.at { part } else { self }
    }

    /// Returns the time from start to end.
    pub(super) fn length(self) -> Duration {
        self.at.saturating_duration_since(self.started)
    }

    /// Returns the time that is left.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Tells whether a moment lies beyond the deadline.
    pub(super) fn ends_before(self, moment: Instant) -> bool {
        self.at < moment
    }

    /// Waits for the future, but not beyond the deadline.
    pub(super) async fn bound<T>(self, future: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.at, future).await.ok()
    }
}
