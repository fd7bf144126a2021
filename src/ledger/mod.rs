//! The embedded store of what Headgate remembers (rank 6): one SQLite file for every cluster of a daemon. It never
//! decides anything, and holds no secret: plans and digests only, whose key lies in a file of its own.
//!
//! **Durability.** WAL with `synchronous=FULL`: a commit is on the disk when the call returns, so an intent outlives
//! `kill -9` and a power cut alike. A pass commits once for each batch it writes and once at its end, so the price is a
//! few milliseconds a pass.
//!
//! **Losing the file** loses no data on the cluster and deletes nothing there; see [`LedgerError::Damaged`].

mod error;
mod history;
mod key;
mod lock;
mod logins;
mod open;
mod save;
mod store;

pub use error::LedgerError;
pub use history::HistoryEntry;
pub use logins::{LoginTries, LoginTry};
pub use store::Store;
