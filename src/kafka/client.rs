//! The client (rank 6, Kafka plane): finds the broker for a call, keeps a connection to it, and says what became of it.
//! Nothing is retried: the next pass is the retry. Only what did not reach the controller, because another node is it by
//! now, is sent once more after asking who it is.

mod state;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::stream::{FuturesUnordered, StreamExt};
use kafka_protocol::messages::MetadataResponse;
use tokio::time::sleep;

use state::State;
pub(super) use state::brokers;

use super::{
    Code, Error, Settings,
    connection::Connection,
    deadline::Deadline,
    dial::dial,
    observe::health::Disks,
    requests::{self, Operation},
    traffic::Traffic,
};
use crate::{
    live::{Broker, Cost},
    model::ClusterId,
};

/// How many brokers are dialled at once when the first does not answer: two more than needed, without a storm of
/// handshakes on a cluster that is just coming up.
const DIALS: usize = 3;

/// Whom a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// Any broker; the same one as long as it answers, so that what was read once is not older the next time.
    Any,
    /// This broker.
    Broker(i32),
    /// The node that the cluster calls its controller. In KRaft that is any broker, which passes the request on.
    Controller,
}

/// Reads and writes have connections of their own: a broker that throttles writes does so by not reading from their
/// connection any more. So have questions that a broker passes on: it answers a connection's requests one after the
/// other, and while the controller is silent nothing else would be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// Questions that a broker answers itself.
    Read,
    /// Questions that it passes on to the controller.
    Forwarded,
    /// Changes.
    Write,
}

/// A client of one cluster. Connects when it is needed, and again after a failure.
pub struct Client {
    settings: Settings,
    state: Mutex<State>,
    disks: Disks,
    traffic: Traffic,
}

/// What a cluster says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its living brokers.
    pub brokers: Vec<Broker>,
}

impl Client {
    /// Makes a client; nothing is dialled yet.
    ///
    /// # Errors
    /// The settings cannot work, whatever the network is like.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        Ok(Self {
            settings,
            state: Mutex::default(),
            disks: Disks::default(),
            traffic: Traffic::default(),
        })
    }

    /// Returns how long a call may take, by the settings.
    pub(super) fn patience(&self) -> Duration {
        self.settings.timeouts.call
    }

    /// Returns how the cluster is reached.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the log directories as they were seen last.
    pub(super) fn disks(&self) -> &Disks {
        &self.disks
    }

    /// Returns what was asked and answered so far.
    pub(super) fn cost(&self) -> Cost {
        self.traffic.so_far()
    }

    /// Returns the newest version of an API that the broker and this client both speak; `None`: they have none in common.
    ///
    /// # Errors
    /// The broker cannot be reached.
    pub(super) async fn version<R: Operation>(&self, to: To) -> Result<Option<i16>, Error> {
        let deadline = Deadline::within(self.patience());
        let (_, connection) = self.reach(to, Lane::Read, deadline).await?;
        Ok(connection.version::<R>())
    }

    /// Returns the addresses of brokers, those to ask first before the others.
    pub(super) fn candidates(&self) -> Vec<String> {
        self.with(|state| state.candidates(&self.settings.bootstrap))
    }

    /// Returns a broker that is not the one asked as a rule, if there is one. Behind an address that is no broker's own,
    /// nobody knows which one that is, and it may be the same.
    pub(super) fn other(&self) -> Option<i32> {
        self.with(|state| state.other(&self.settings.bootstrap))
    }

    /// Checks that a secret may be told to a broker, for requests that do not look as if they carried one.
    ///
    /// # Errors
    /// Others could read along, or the broker cannot be reached.
    pub(super) async fn may_tell_secrets(&self, to: To) -> Result<(), Error> {
        let deadline = Deadline::within(self.patience());
        let (_, connection) = self.reach(to, Lane::Write, deadline).await?;
        connection.may_carry_secrets()
    }

    /// Asks who the cluster is.
    ///
    /// # Errors
    /// No broker answers in time.
    pub async fn cluster(&self, within: Duration) -> Result<Cluster, Error> {
        let answer = self.refresh(Deadline::within(within)).await?;
        Ok(Cluster {
            id: ClusterId(answer.cluster_id.as_deref().unwrap_or_default().to_owned()),
            brokers: brokers(&answer),
        })
    }

    /// Sends a request and returns its answer; single items may have failed in it.
    ///
    /// # Errors
    /// No answer; [`Error::outcome_is_unknown`] tells whether the request may have been carried out all the same.
    pub(super) async fn call<R: Operation>(
        &self,
        to: To,
        lane: Lane,
        request: &R,
        within: Duration,
    ) -> Result<R::Response, Error> {
        let deadline = Deadline::within(within);
        let first = self.attempt(to, lane, request, deadline).await;
        let again = match &first {
            Ok(answer) => to == To::Controller && was_no_controller(&R::codes(answer)),
            Err(error) => {
                to == To::Controller && error.is_of_the_broker() && !error.outcome_is_unknown()
            }
        };
        if !again {
            return first;
        }
        self.refresh(deadline).await?;
        self.attempt(to, lane, request, deadline).await
    }

    async fn attempt<R: Operation>(
        &self,
        to: To,
        lane: Lane,
        request: &R,
        deadline: Deadline,
    ) -> Result<R::Response, Error> {
        let (address, connection) = self.reach(to, lane, deadline).await?;
        self.ask(address, &connection, lane, request, deadline)
            .await
    }

    async fn reach(
        &self,
        to: To,
        lane: Lane,
        deadline: Deadline,
    ) -> Result<(String, Arc<Connection>), Error> {
        match to {
            To::Any => self.any(lane, deadline).await,
            To::Broker(id) => self.broker(id, lane, deadline).await,
            To::Controller => {
                if self.with(|state| state.controller.is_none()) {
                    self.refresh(deadline).await?;
                }
                match self.with(|state| state.controller) {
                    Some(id) => self.broker(id, lane, deadline).await,
                    // between two controllers: any broker passes the request on
                    None => self.any(lane, deadline).await,
                }
            }
        }
    }

    /// Calls a broker and remembers whether it could be used.
    async fn ask<R: Operation>(
        &self,
        address: String,
        connection: &Connection,
        lane: Lane,
        request: &R,
        deadline: Deadline,
    ) -> Result<R::Response, Error> {
        let answer = connection.call(request, deadline, &self.traffic).await;
        match &answer {
            // whoever passes a question on is not to blame for the controller's silence
            Err(_) if lane == Lane::Forwarded => {}
            Err(error) if error.is_of_the_broker() => self.with(|state| state.failed(&address)),
            _ => self.with(|state| state.answered(&address)),
        }
        answer
    }

    /// Learns brokers and controller.
    async fn refresh(&self, deadline: Deadline) -> Result<MetadataResponse, Error> {
        let (address, connection) = self.any(Lane::Read, deadline).await?;
        let request = requests::topics::metadata(Some(&[]));
        let answer = self
            .ask(address, &connection, Lane::Read, &request, deadline)
            .await?;
        self.with(|state| state.learn(&answer, &self.settings.bootstrap));
        Ok(answer)
    }

    async fn broker(
        &self,
        id: i32,
        lane: Lane,
        deadline: Deadline,
    ) -> Result<(String, Arc<Connection>), Error> {
        let known = || self.with(|state| state.brokers.get(&id).cloned());
        let address = match known() {
            Some(address) => address,
            None => {
                self.refresh(deadline).await?;
                known().ok_or_else(|| Error::UnknownBroker {
                    id,
                    known: self.with(|state| state.brokers.keys().copied().collect()),
                })?
            }
        };
        let configured = self.settings.bootstrap.contains(&address);
        match self.connect(address, lane, deadline).await {
            Err(error) if !configured => Err(error.advertised_by(id)),
            connected => connected,
        }
    }

    /// Connects to the first of the candidates that answers: one after the other, and side by side once one is silent.
    async fn any(
        &self,
        lane: Lane,
        deadline: Deadline,
    ) -> Result<(String, Arc<Connection>), Error> {
        let mut candidates = self.candidates().into_iter().peekable();
        let mut dials = FuturesUnordered::new();
        let mut failures = Vec::new();
        loop {
            if dials.len() < DIALS
                && let Some(address) = candidates.next()
            {
                dials.push(self.connect(address, lane, deadline));
            }
            let more = candidates.peek().is_some() && dials.len() < DIALS;
            tokio::select! {
                Some(outcome) = dials.next() => match outcome {
                    Ok(connected) => return Ok(connected),
                    Err(error) => failures.push(error),
                },
                () = sleep(self.settings.timeouts.second_choice), if more => {}
                else => {}
            }
            if dials.is_empty() && candidates.peek().is_none() {
                return Err(match failures.len() {
                    1 => failures.remove(0),
                    _ => Error::Unreachable(failures),
                });
            }
        }
    }

    /// Returns the connection to an address, dialling if there is none that can be used.
    async fn connect(
        &self,
        address: String,
        lane: Lane,
        deadline: Deadline,
    ) -> Result<(String, Arc<Connection>), Error> {
        let slot =
            self.with(|state| Arc::clone(state.slots.entry((address.clone(), lane)).or_default()));
        let dialled = async {
            let mut held = slot.lock().await;
            if let Some(connection) = held.as_ref().filter(|c| c.is_usable()) {
                return Ok(Arc::clone(connection));
            }
            *held = None;
            let connection = Arc::new(dial(&address, &self.settings, deadline).await?);
            *held = Some(Arc::clone(&connection));
            Ok(connection)
        };
        match deadline.bound(dialled).await {
            Some(Ok(connection)) => Ok((address, connection)),
            Some(Err(error)) => {
                self.with(|state| state.failed(&address));
                Err(error)
            }
            None => {
                self.with(|state| state.failed(&address));
                Err(Error::Timeout {
                    address,
                    api: "connecting",
                    after: deadline.length(),
                    sent: false,
                })
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells whether an answer says nothing but "I am not the controller", so that nothing was done.
fn was_no_controller(codes: &[Code]) -> bool {
    !codes.is_empty() && codes.iter().all(|code| *code == Code::NOT_CONTROLLER)
}

#[cfg(test)]
mod tests;
