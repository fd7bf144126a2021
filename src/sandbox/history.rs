//! What a plane is, and what it was a moment ago (sandbox stage): what lags behind still shows that.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

/// A plane's state over the last moments.
#[derive(Debug)]
pub(super) struct History<W> {
    now: Arc<W>,
    /// What it was and since when, newest last.
    past: VecDeque<(Instant, Arc<W>)>,
    /// How far back the past goes.
    depth: Duration,
}

impl<W: Clone> History<W> {
    pub(super) fn new(world: W, depth: Duration) -> Self {
        let now = Arc::new(world);
        Self {
            past: VecDeque::from([(Instant::now(), Arc::clone(&now))]),
            now,
            depth,
        }
    }

    /// Returns what it is.
    pub(super) fn now(&self) -> &Arc<W> {
        &self.now
    }

    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut W) -> T) -> T {
        let result = change(Arc::make_mut(&mut self.now));
        let now = Instant::now();
        self.past.push_back((now, Arc::clone(&self.now)));
        // a state is over once the one after it is older than anybody lags
        while self
            .past
            .get(1)
            .is_some_and(|(at, _)| *at + self.depth <= now)
        {
            self.past.pop_front();
        }
        result
    }

    /// Returns what it was some time ago, or as far back as is known.
    pub(super) fn before(&self, time: Duration) -> Arc<W> {
        let now = Instant::now();
        let seen = self.past.iter().rev().find(|(at, _)| *at + time <= now);
        let (_, world) = seen
            .or(self.past.front())
            .map_or((now, &self.now), |(at, world)| (*at, world));
        Arc::clone(world)
    }
}
