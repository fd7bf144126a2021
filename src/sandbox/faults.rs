//! What goes wrong, and when: drawn from a seed, or asked for one by one (sandbox stage).

use std::{collections::VecDeque, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A schedule of things that go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// What is drawn depends on it and on the order of calls alone.
    pub seed: u64,
    /// How many of a hundred calls are hit.
    pub percent: u32,
    /// How many calls are hit in all: a cluster that never behaves cannot be converged.
    pub most: u32,
    /// By how much the slowest broker lags behind the controller; the others lag less, the first not at all.
    pub lag: Duration,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self {
            seed: 0,
            percent: 0,
            most: 0,
            lag: Duration::ZERO,
        }
    }
}

/// One thing that goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The write is done, and the answer never comes.
    AnswerLost,
    /// The write never arrives, which the caller cannot know.
    RequestLost,
    /// The request cannot be sent at all.
    NotSent,
    /// Half of the items are written before the connection breaks.
    Partial,
    /// Half of the items are written, then the mutation quota is spent.
    Throttled,
    /// No answer until the caller's own deadline; the write is done nevertheless.
    Hang,
    /// The brokers cannot be read.
    Unreadable,
    /// One object cannot be read.
    OneUnreadable,
}

const OF_WRITES: [Fault; 6] = [
    Fault::AnswerLost,
    Fault::RequestLost,
    Fault::NotSent,
    Fault::Partial,
    Fault::Throttled,
    Fault::Hang,
];
const OF_READS: [Fault; 3] = [Fault::Unreadable, Fault::OneUnreadable, Fault::Hang];

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Write,
}

impl Call {
    fn faults(self) -> &'static [Fault] {
        match self {
            Self::Read => &OF_READS,
            Self::Write => &OF_WRITES,
        }
    }
}

/// The schedule under way.
#[derive(Debug)]
pub(super) struct Chaos {
    faults: Faults,
    rng: StdRng,
    injected: VecDeque<Fault>,
    calls: u64,
    /// Moments until the caller's process dies.
    crash: Option<u64>,
    dead: bool,
}

impl Chaos {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            faults,
            rng: StdRng::seed_from_u64(faults.seed),
            injected: VecDeque::new(),
            calls: 0,
            crash: None,
            dead: false,
        }
    }

    /// Counts a call and draws what goes wrong with it.
    pub(super) fn draw(&mut self, call: Call) -> Option<Fault> {
        self.calls += 1;
        let possible = call.faults();
        if let Some(at) = self.injected.iter().position(|f| possible.contains(f)) {
            return self.injected.remove(at);
        }
        if self.faults.most == 0 || self.rng.random_range(0..100) >= self.faults.percent {
            return None;
        }
        self.faults.most -= 1;
        Some(possible[self.rng.random_range(0..possible.len())])
    }

    /// Draws a number below `end`; 0 when there is none.
    pub(super) fn pick(&mut self, end: usize) -> usize {
        match end {
            0 => 0,
            end => self.rng.random_range(0..end),
        }
    }

    pub(super) fn inject(&mut self, fault: Fault) {
        self.injected.push_back(fault);
    }

    /// Returns by how much the slowest lags behind.
    pub(super) fn lag(&self) -> Duration {
        self.faults.lag
    }

    pub(super) fn calm(&mut self) {
        self.faults.most = 0;
        self.faults.lag = Duration::ZERO;
        self.injected.clear();
        self.crash = None;
    }

    pub(super) fn crash_at(&mut self, moment: u64) {
        self.crash = Some(moment);
    }

    /// Counts a moment down and tells whether the caller's process is dead.
    pub(super) fn dies_now(&mut self) -> bool {
        match &mut self.crash {
            Some(0) => {
                self.crash = None;
                self.dead = true;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.dead
    }

    pub(super) fn restart(&mut self) {
        self.dead = false;
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls
    }
}
