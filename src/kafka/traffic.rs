//! What the client costs a cluster (rank 6, Kafka plane): requests and bytes, counted, so that a pass can tell what it
//! took.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the client was made.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: AtomicU64,
    asked: AtomicU64,
    answered: AtomicU64,
}

/// Some traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Requests that were answered.
    pub(super) requests: u64,
    /// Bytes of these requests.
    pub(super) asked: u64,
    /// Bytes of their answers.
    pub(super) answered: u64,
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
            asked: self.asked.load(Ordering::Relaxed),
            answered: self.answered.load(Ordering::Relaxed),
        }
    }
}

impl Cost {
    /// Returns what came after an earlier count.
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            asked: self.asked - earlier.asked,
            answered: self.answered - earlier.answered,
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
            asked: 8,
            answered: 71,
        };
        assert_eq!(traffic.so_far().since(before), cost);
    }
}
