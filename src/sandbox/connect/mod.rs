//! A Connect cluster in memory (sandbox stage): configs as they are, the status as it was a moment ago, and what goes wrong
//! with requests.

mod world;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use compact_str::CompactString;
use futures::future::BoxFuture;

use super::{Sandbox, history::History, service::Service};
use crate::{
    live::{ConfigProblem, ConnectCluster, ConnectLooked, ConnectSeen, LiveConnector, Observed},
    ports::{ConnectPlane, ConnectWrite, ConnectorConfig, Outcome},
};

pub use world::{ConnectWorld, Connector};

/// A Connect cluster in memory, beside a Kafka cluster whose fate it shares.
#[derive(Debug)]
pub struct Connect {
    name: CompactString,
    world: Mutex<History<ConnectWorld>>,
    service: Service,
}

impl Sandbox {
    /// Makes an empty Connect cluster beside this one, which `headgate.yaml` calls by this name. Faults, lag and death are
    /// those of the whole platform.
    #[must_use]
    pub fn connect(&self, name: &str) -> Connect {
        let world = ConnectWorld::new(self.world().cluster_id().clone());
        let lag = self.service.fate.chaos().lag();
        Connect {
            name: name.into(),
            world: Mutex::new(History::new(world, lag)),
            service: Service::new("the worker", &self.service.fate),
        }
    }
}

impl Connect {
    /// Returns what it holds.
    #[must_use]
    pub fn world(&self) -> Arc<ConnectWorld> {
        Arc::clone(self.history().now())
    }

    /// Changes it behind Headgate's back.
    pub fn edit<T>(&self, change: impl FnOnce(&mut ConnectWorld) -> T) -> T {
        self.history().change(change)
    }

    /// Ends all workers, or brings them up again.
    pub fn set_down(&self, is_down: bool) {
        self.service.set_down(is_down);
    }

    fn history(&self) -> MutexGuard<'_, History<ConnectWorld>> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cluster(&self) -> ConnectCluster {
        ConnectCluster {
            version: "4.3.1".into(),
            kafka_cluster_id: self.world().kafka().clone(),
        }
    }

    /// Returns the connectors that a worker answers with; one that it does not know the status of is not in the list.
    fn listed(&self) -> BTreeMap<CompactString, Observed<LiveConnector>> {
        let (now, told) = self.views();
        let known = now.connectors().keys();
        let known = known.filter(|name| told.connectors().contains_key(*name));
        let each = known.filter_map(|name| {
            let shown = now.shown(&self.name, name, &told)?;
            Some((name.clone(), Observed::Known(shown)))
        });
        each.collect()
    }

    /// Returns what the configs are from, and what the status is from.
    fn views(&self) -> (Arc<ConnectWorld>, Arc<ConnectWorld>) {
        let lag = self.service.fate.chaos().lag();
        let history = self.history();
        (Arc::clone(history.now()), history.before(lag))
    }
}

impl ConnectPlane for Connect {
    fn observe(&self) -> BoxFuture<'_, Observed<ConnectSeen>> {
        Box::pin(async move {
            let unreadable = match self.service.read().await {
                Ok(unreadable) => unreadable,
                Err(why) => return Observed::Unknown(why),
            };
            let mut connectors = self.listed();
            let at = self.service.fate.pick(connectors.len());
            if let Some(one) = connectors.values_mut().nth(at).filter(|_| unreadable) {
                *one = Observed::Unknown("it could not be read".to_owned());
            }
            self.service.fate.moment().await;
            Observed::Known(ConnectSeen {
                cluster: self.cluster(),
                connectors,
            })
        })
    }

    fn look<'a>(&'a self, names: &'a [CompactString]) -> BoxFuture<'a, Observed<ConnectLooked>> {
        Box::pin(async move {
            let unreadable = match self.service.read().await {
                Ok(unreadable) => unreadable,
                Err(why) => return Observed::Unknown(why),
            };
            let (now, told) = self.views();
            let at = self.service.fate.pick(names.len());
            let look = |(i, name): (usize, &CompactString)| {
                let seen = match unreadable && i == at {
                    true => Observed::Unknown("it could not be read".to_owned()),
                    false => Observed::Known(now.shown(&self.name, name, &told)),
                };
                (name.clone(), seen)
            };
            let connectors = names.iter().enumerate().map(look).collect();
            self.service.fate.moment().await;
            Observed::Known(ConnectLooked {
                cluster: self.cluster(),
                connectors,
            })
        })
    }

    fn validate<'a>(
        &'a self,
        _name: &'a str,
        config: &'a ConnectorConfig,
    ) -> BoxFuture<'a, Observed<Vec<ConfigProblem>>> {
        Box::pin(async move {
            let told = match self.service.read().await {
                Ok(false) => Observed::Known(self.world().problems(config)),
                Ok(true) => Observed::Unknown("the plugin could not be asked".to_owned()),
                Err(why) => Observed::Unknown(why),
            };
            self.service.fate.moment().await;
            told
        })
    }

    fn write(&self, write: ConnectWrite) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let make = || self.edit(|world| world.write(&write));
            self.service.write(make).await
        })
    }
}
