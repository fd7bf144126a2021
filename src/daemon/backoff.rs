//! How long a loop waits: the interval with jitter while all is well, an exponential time after failures.

use std::time::Duration;

use rand::RngExt;

/// The first wait after a failure.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait after failures, unless the interval is longer: a pass over a cluster that does not answer costs it
/// one connection attempt, so asking every 15 s hurts nobody, and an outage is noticed to be over soon.
const LONGEST: Duration = Duration::from_secs(15);

/// Share of the interval by which it varies, so that loops do not march in step.
const JITTER: f64 = 0.1;

/// The waits of one loop.
#[derive(Debug)]
pub(super) struct Backoff {
    interval: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            failures: 0,
        }
    }

    /// Forgets failures: a success, or an input that changed.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns the wait after a pass that failed: exponential with full jitter, never under half of its bound so that
    /// a failing cluster is not asked in a hot loop.
    pub(super) fn after_failure(&mut self) -> Duration {
        let bound = FIRST
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST.max(self.interval));
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    /// Returns the wait after a pass that went well.
    pub(super) fn after_success(&mut self) -> Duration {
        self.reset();
        jittered(self.interval)
    }
}

/// Varies an interval by a tenth either way.
pub(super) fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_up_to_a_bound_and_a_reset_forgets_them() {
        let mut backoff = Backoff::new(Duration::from_secs(2));
        let first = backoff.after_failure();
        assert!(first <= FIRST && first >= FIRST / 2, "{first:?}");
        for _ in 0..40 {
            assert!(backoff.after_failure() <= LONGEST);
        }
        assert!(backoff.after_failure() >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.after_failure() <= FIRST);
    }

    #[test]
    fn a_success_waits_for_the_interval_give_or_take_a_tenth() {
        let wait = Backoff::new(Duration::from_secs(10)).after_success();
        assert!((9.0..=11.0).contains(&wait.as_secs_f64()), "{wait:?}");
    }
}
