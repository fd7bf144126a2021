//! What the client costs a cluster (rank 6, Kafka plane): requests and bytes, counted, so that a pass can tell what it
//! took.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::live::Cost;

/// Counts since the client was made.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: AtomicU64,
    asked: AtomicU64,
    answered: AtomicU64,
}

impl Traffic {
    /// Counts a request and its answer.
    pub(super) fn count(&self, asked: usize, answered: usize) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.asked.fetch_add(asked as u64, Ordering::Relaxed);
        self.answered.fetch_add(answered as u64, Ordering::Relaxed);
    }

    /// Returns the counts so far.
    pub(super) fn so_far(&self) -> Cost {
        Cost {
            requests: self.requests.load(Ordering::Relaxed),
            asked_bytes: self.asked.load(Ordering::Relaxed),
            answered_bytes: self.answered.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pass_costs_is_what_came_after_it_began() {
        let traffic = Traffic::default();
        traffic.count(5, 50);
        let before = traffic.so_far();
        traffic.count(7, 70);
        traffic.count(1, 1);
        let cost = Cost {
            requests: 2,
            asked_bytes: 8,
            answered_bytes: 71,
        };
        assert_eq!(traffic.so_far().since(before), cost);
    }
}
