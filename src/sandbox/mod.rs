//! A Kafka cluster in memory (rank 6): the ports' second implementation, with Kafka's rules, lagging brokers, and faults
//! from a seed. The demo without Java runs on it, and the properties. The same seed and calls give the same story.

mod faults;
mod plane;
mod values;
mod world;

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

pub use faults::{Fault, Faults};
pub use world::{MAX_RECORDS, World};

use crate::model::ClusterId;
use faults::{Call, Chaos};

/// A cluster in memory. Everything takes `&self`, so that a pass and a hand that edits can share it.
#[derive(Debug)]
pub struct Sandbox {
    state: Mutex<State>,
    died: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    world: Arc<World>,
    /// What the world was and since when, newest last: what a lagging broker still shows.
    past: VecDeque<(Instant, Arc<World>)>,
    lag: Duration,
    chaos: Chaos,
}

impl Sandbox {
    /// Makes an empty cluster whose brokers have the ids 1 to `brokers`, where nothing goes wrong.
    #[must_use]
    pub fn new(cluster_id: &str, brokers: u16) -> Self {
        Self::with_faults(cluster_id, brokers, Faults::none())
    }

    /// Makes an empty cluster where things go wrong.
    #[must_use]
    pub fn with_faults(cluster_id: &str, brokers: u16, faults: Faults) -> Self {
        let world = Arc::new(World::new(ClusterId(cluster_id.to_owned()), brokers));
        Self {
            state: Mutex::new(State {
                past: VecDeque::from([(Instant::now(), Arc::clone(&world))]),
                world,
                lag: faults.lag,
                chaos: Chaos::new(faults),
            }),
            died: watch::Sender::new(false),
        }
    }

    /// Returns the cluster as its controller knows it now.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.state().world)
    }

    /// Changes the cluster behind Headgate's back.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.state().change(change)
    }

    /// Makes the next call that `fault` can hit go wrong so.
    pub fn inject(&self, fault: Fault) {
        self.state().chaos.inject(fault);
    }

    /// Ends all faults and all lag: from now on the cluster behaves.
    pub fn calm(&self) {
        let mut state = self.state();
        state.chaos.calm();
        state.lag = Duration::ZERO;
    }

    /// Lets the caller's process "die" at the n-th moment from now at which it could: each call has one before it takes
    /// effect and one after. The call then never returns, nor does any later one.
    pub fn crash_at(&self, moment: u64) {
        self.state().chaos.crash_at(moment);
    }

    /// Waits until the caller's process is dead; what it was doing is then to be dropped.
    pub async fn crashed(&self) {
        let mut died = self.died.subscribe();
        if died.wait_for(|died| *died).await.is_err() {
            pending().await
        }
    }

    /// Starts the caller's process anew: calls are answered again.
    pub fn restart(&self) {
        self.state().chaos.restart();
        self.died.send_replace(false);
    }

    /// Returns how many calls were made: observations, looks and writes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().chaos.calls()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment at which the caller's process may die.
    async fn moment(&self) {
        let dead = self.state().chaos.dies_now();
        if dead {
            self.died.send_replace(true);
            pending().await
        }
    }

    fn fault(&self, call: Call) -> Option<Fault> {
        self.state().chaos.draw(call)
    }
}

impl State {
    fn change<T>(&mut self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(Arc::make_mut(&mut self.world));
        let now = Instant::now();
        self.past.push_back((now, Arc::clone(&self.world)));
        // all brokers are past a state once the one after it is older than the lag
        while self
            .past
            .get(1)
            .is_some_and(|(at, _)| *at + self.lag <= now)
        {
            self.past.pop_front();
        }
        result
    }

    /// Returns the world as a broker shows it: the brokers lag evenly between not at all and the whole lag, each always
    /// by the same time, so that none goes back.
    fn view(&self, broker: usize) -> Arc<World> {
        let last = self.world.brokers().len().saturating_sub(1).max(1);
        let behind =
            self.lag * u32::try_from(broker).unwrap_or(0) / u32::try_from(last).unwrap_or(1);
        let now = Instant::now();
        let seen = self.past.iter().rev().find(|(at, _)| *at + behind <= now);
        let (_, world) = seen
            .or(self.past.front())
            .map_or((now, &self.world), |(at, world)| (*at, world));
        Arc::clone(world)
    }
}
