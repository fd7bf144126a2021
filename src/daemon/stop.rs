//! The word to stop, which reaches every loop and the write that is under way.

use std::time::Duration;

use tokio::sync::watch;

/// Time that a pass has to end once it was told to: an exit within 5 s is promised, less one for writing the ledger.
const GRACE: Duration = Duration::from_secs(4);

/// Says once, to everybody who holds a clone, that it is time to end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Makes one that has not been said yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Says it.
    pub fn say(&self) {
        self.0.send_replace(true);
    }

    /// Resolves once it was said.
    pub async fn said(&self) {
        let mut said = self.0.subscribe();
        // the sender lives in `self`, so waiting cannot fail
        let _ = said.wait_for(|said| *said).await;
    }

    /// Resolves once it was said and what was under way had its time: who still works then is abandoned.
    pub async fn over(&self) {
        self.said().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Returns it as `apply` listens to it.
    pub(super) fn listen(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
