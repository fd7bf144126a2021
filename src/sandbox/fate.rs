//! What becomes of calls to the platform, whichever of its planes they are to (sandbox stage): the faults that hit them, and
//! the death of whoever makes them.

use std::{
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use compact_str::CompactString;
use tokio::sync::watch;

use super::faults::{Call, Chaos, Fault, Faults};
use crate::ports::{Outcome, Refusal, RefusalClass};

/// How long a call that hangs takes until its caller's deadline.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// The fate of all calls.
#[derive(Debug)]
pub(super) struct Fate {
    chaos: Mutex<Chaos>,
    died: watch::Sender<bool>,
}

impl Fate {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            chaos: Mutex::new(Chaos::new(faults)),
            died: watch::Sender::new(false),
        }
    }

    /// Returns what is drawn from.
    pub(super) fn chaos(&self) -> MutexGuard<'_, Chaos> {
        self.chaos.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws a number below `end`; 0 when there is none.
    pub(super) fn pick(&self, end: usize) -> usize {
        self.chaos().pick(end)
    }

    /// A moment at which the caller's process may die.
    pub(super) async fn moment(&self) {
        let dead = self.chaos().dies_now();
        if dead {
            self.died.send_replace(true);
            pending().await
        }
    }

    /// Waits until the caller's process is dead.
    pub(super) async fn crashed(&self) {
        let mut died = self.died.subscribe();
        if died.wait_for(|died| *died).await.is_err() {
            pending().await
        }
    }

    /// Starts the caller's process anew.
    pub(super) fn restart(&self) {
        self.chaos().restart();
        self.died.send_replace(false);
    }

    /// Counts a call and draws what goes wrong with it.
    pub(super) fn fault(&self, call: Call) -> Option<Fault> {
        self.chaos().draw(call)
    }

    /// Begins to answer a read: whether one object shall be unreadable, or why nothing can be read.
    pub(super) async fn read(&self, who: &str) -> Result<bool, String> {
        match self.fault(Call::Read) {
            Some(Fault::Unreadable) => Err(format!("the connection to {who} broke")),
            Some(Fault::Hang) => {
                tokio::time::sleep(DEADLINE).await;
                Err(format!("{who} did not answer within {DEADLINE:?}"))
            }
            fault => Ok(fault == Some(Fault::OneUnreadable)),
        }
    }

    /// Answers as a follower does whose leader changes, or a proxy.
    fn of_a_follower(&self, make: impl FnOnce() -> Outcome) -> Outcome {
        let failed = Outcome::Unclear("HTTP 500: it failed at the leader".to_owned());
        match self.pick(3) {
            0 => return refused(RefusalClass::Final, "HTTP_404", "Not Found"),
            1 => drop(make()),
            _ => {}
        }
        failed
    }

    /// Answers one request that writes to a service, or does not.
    pub(super) async fn write(&self, make: impl FnOnce() -> Outcome) -> Outcome {
        let broken = "the connection broke before an answer came";
        match self.fault(Call::Write) {
            Some(Fault::AnswerLost) => {
                make();
                Outcome::Unknown(broken.to_owned())
            }
            Some(Fault::Hang) => {
                make();
                tokio::time::sleep(DEADLINE).await;
                Outcome::Unknown(format!("no answer within {DEADLINE:?}"))
            }
            Some(Fault::RequestLost) => Outcome::Unknown(broken.to_owned()),
            Some(Fault::NotSent) => unreached(),
            // a rebalance that outlasts the client's patience
            Some(Fault::Throttled) => refused(RefusalClass::Transient, "CONFLICT", "it is busy"),
            Some(Fault::Partial) => self.of_a_follower(make),
            Some(Fault::Unreadable | Fault::OneUnreadable) | None => make(),
        }
    }
}

/// Makes a refusal.
pub(super) fn refused(
    class: RefusalClass,
    code: impl Into<CompactString>,
    message: impl Into<String>,
) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: code.into(),
        message: message.into(),
    })
}

/// Says that no server of a service takes a connection.
pub(super) fn unreached() -> Outcome {
    refused(RefusalClass::Unreached, "unreachable", "connection refused")
}

/// Says that a request could not be sent at all.
pub(super) fn not_sent() -> Refusal {
    Refusal {
        class: RefusalClass::Transient,
        code: "unreachable".into(),
        message: "connection refused".to_owned(),
    }
}
