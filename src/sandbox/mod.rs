//! A platform in memory (rank 6): the ports' second implementation, a Kafka cluster, and Connect clusters and a registry
//! beside it, with their rules, what lags, and faults from a seed. The demo without Java runs on it, and the properties.
//! The same seed and calls give the same story.

mod connect;
mod fate;
mod faults;
mod history;
mod plane;
mod registry;
mod service;
mod values;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use connect::{Connect, ConnectWorld, Connector};
pub use faults::{Fault, Faults};
pub use registry::{Kept, Meant, Registry, RegistryWorld, Subject, Version};
pub use world::{MAX_RECORDS, World};

use crate::model::ClusterId;
use fate::Fate;
use faults::Call;
use history::History;
use service::Service;

/// A cluster in memory. Everything takes `&self`, so that a pass and a hand that edits can share it.
#[derive(Debug)]
pub struct Sandbox {
    state: Mutex<History<World>>,
    service: Service,
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
        let world = World::new(ClusterId(cluster_id.to_owned()), brokers);
        Self {
            state: Mutex::new(History::new(world, faults.lag)),
            service: Service::new("the broker", &Arc::new(Fate::new(faults))),
        }
    }

    /// Returns the cluster as its controller knows it now.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        Arc::clone(self.state().now())
    }

    /// Changes the cluster behind Headgate's back.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.state().change(change)
    }

    /// Makes the next call that `fault` can hit go wrong so.
    pub fn inject(&self, fault: Fault) {
        self.service.fate.chaos().inject(fault);
    }

    /// Ends all brokers, or brings them up again.
    pub fn set_down(&self, is_down: bool) {
        self.service.set_down(is_down);
    }

    /// Ends all faults and all lag: from now on the platform behaves.
    pub fn calm(&self) {
        self.service.fate.chaos().calm();
    }

    /// Lets the caller's process "die" at the n-th moment from now at which it could: each call has one before it takes
    /// effect and one after. The call then never returns, nor does any later one.
    pub fn crash_at(&self, moment: u64) {
        self.service.fate.chaos().crash_at(moment);
    }

    /// Waits until the caller's process is dead; what it was doing is then to be dropped.
    pub async fn crashed(&self) {
        self.service.fate.crashed().await;
    }

    /// Starts the caller's process anew: calls are answered again.
    pub fn restart(&self) {
        self.service.fate.restart();
    }

    /// Returns how many calls were made: observations, looks and writes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.service.fate.chaos().calls()
    }

    fn state(&self) -> MutexGuard<'_, History<World>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the world as a broker shows it: the brokers lag evenly between not at all and the whole lag, each always
    /// by the same time, so that none goes back.
    fn view(&self, broker: usize) -> Arc<World> {
        let lag = self.service.fate.chaos().lag();
        let state = self.state();
        let last = state.now().brokers().len().saturating_sub(1).max(1);
        let behind = lag * u32::try_from(broker).unwrap_or(0) / u32::try_from(last).unwrap_or(1);
        state.before(behind)
    }
}
