//! What a client knows of its cluster (rank 6, Kafka plane): its brokers, which of them to ask first, and the connections
//! there are.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kafka_protocol::messages::MetadataResponse;

use super::Lane;
use crate::{kafka::connection::Connection, live::Broker};

/// A connection, or the place for one; whoever holds the lock dials for all who wait.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Connection>>>>;

/// Brokers, and the connections to them.
#[derive(Default)]
pub(super) struct State {
    pub(super) slots: HashMap<(String, Lane), Slot>,
    pub(super) brokers: BTreeMap<i32, String>,
    pub(super) controller: Option<i32>,
    /// The broker that is asked first, until it fails.
    pub(super) favourite: Option<String>,
    /// Those that failed since they last answered; asked last.
    pub(super) failed: Vec<String>,
}

/// Takes the brokers from Metadata; one with an impossible port is left out, nobody could reach it.
pub(in crate::kafka) fn brokers(answer: &MetadataResponse) -> Vec<Broker> {
    let broker = |b: &kafka_protocol::messages::metadata_response::MetadataResponseBroker| {
        Some(Broker {
            id: b.node_id.0,
            host: b.host.to_string(),
            port: u16::try_from(b.port).ok()?,
            rack: b.rack.as_deref().map(str::to_owned),
        })
    };
    answer.brokers.iter().filter_map(broker).collect()
}

impl State {
    /// Orders the addresses that may be asked: the favourite, the configured ones, those the cluster named; failed last.
    pub(super) fn candidates(&self, bootstrap: &[String]) -> Vec<String> {
        let mut all: Vec<&String> = Vec::new();
        for address in self
            .favourite
            .iter()
            .chain(bootstrap)
            .chain(self.brokers.values())
        {
            if !all.contains(&address) {
                all.push(address);
            }
        }
        all.sort_by_key(|address| {
            self.failed
                .iter()
                .position(|f| f == *address)
                .map_or(0, |at| at + 1)
        });
        all.into_iter().cloned().collect()
    }

    /// Returns a broker that is not the favourite; rather one that did not fail.
    pub(super) fn other(&self, bootstrap: &[String]) -> Option<i32> {
        let candidates = self.candidates(bootstrap).into_iter();
        let mut others = candidates.filter(|address| self.favourite.as_ref() != Some(address));
        others.find_map(|other| {
            let mut brokers = self.brokers.iter();
            let (id, _) = brokers.find(|(_, address)| **address == other)?;
            Some(*id)
        })
    }

    pub(super) fn answered(&mut self, address: &str) {
        self.failed.retain(|f| f != address);
        if self.favourite.is_none() {
            self.favourite = Some(address.to_owned());
        }
    }

    pub(super) fn failed(&mut self, address: &str) {
        self.failed.retain(|f| f != address);
        self.failed.push(address.to_owned());
        self.favourite.take_if(|f| f == address);
        let controller = self.controller.and_then(|id| self.brokers.get(&id));
        if controller.is_some_and(|c| c == address) {
            self.controller = None;
        }
    }

    pub(super) fn learn(&mut self, answer: &MetadataResponse, bootstrap: &[String]) {
        let address = |b: Broker| match b.host.contains(':') {
            true => (b.id, format!("[{}]:{}", b.host, b.port)),
            false => (b.id, format!("{}:{}", b.host, b.port)),
        };
        self.brokers = brokers(answer).into_iter().map(address).collect();
        let controller = answer.controller_id.0;
        self.controller = Some(controller).filter(|id| self.brokers.contains_key(id));
        let Self {
            brokers,
            slots,
            failed,
            ..
        } = self;
        let known = |address: &String| {
            bootstrap.contains(address) || brokers.values().any(|b| b == address)
        };
        slots.retain(|(address, _), _| known(address));
        failed.retain(known);
    }
}
