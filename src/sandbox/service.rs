//! The way to a service, as far as all of them are alike (sandbox stage): it is up or down, and hit by what hits the platform.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::fate::{Fate, unreached};
use crate::ports::Outcome;

/// The way to a service.
#[derive(Debug)]
pub(super) struct Service {
    /// Who answers, in messages.
    who: &'static str,
    is_down: AtomicBool,
    pub(super) fate: Arc<Fate>,
}

impl Service {
    pub(super) fn new(who: &'static str, fate: &Arc<Fate>) -> Self {
        Self {
            who,
            is_down: AtomicBool::new(false),
            fate: Arc::clone(fate),
        }
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    pub(super) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    /// Begins a read: whether one object shall be unreadable, or why nothing can be read.
    pub(super) async fn read(&self) -> Result<bool, String> {
        self.reach().await?;
        self.answer().await
    }

    /// Takes the first half of a read: somebody is there, or nobody.
    pub(super) async fn reach(&self) -> Result<(), String> {
        self.fate.moment().await;
        match self.is_down() {
            true => Err("connection refused".to_owned()),
            false => Ok(()),
        }
    }

    /// Takes the second half.
    pub(super) async fn answer(&self) -> Result<bool, String> {
        self.fate.read(self.who).await
    }

    /// Makes one request that writes, and what goes wrong with it.
    pub(super) async fn write(&self, make: impl FnOnce() -> Outcome) -> Outcome {
        self.fate.moment().await;
        let outcome = match self.is_down() {
            true => unreached(),
            false => self.fate.write(make).await,
        };
        self.fate.moment().await;
        outcome
    }
}
