//! The daemon (rank 8): loops that wake, run a pass, and tell what came of it.
//!
//! ```text
//! source loop ──revision──▶ cluster loop (one a cluster): wake ▶ pass ▶ record ▶ sleep
//!      ▲ timer, file event        ▲ timer, new revision, retry
//! ```
//! A wake carries no data: every pass starts from the newest good revision and a fresh observation.

mod backoff;
mod checks;
pub mod clock;
mod cluster;
mod connectors;
mod follow;
mod logins;
mod observer;
mod once;
mod pass;
mod planes;
mod reload;
mod revision;
mod run;
mod slow;
mod stop;
mod told;
mod watchdog;

pub use connectors::look_for_connectors;
pub use once::{OnceError, Source, apply, files, plan, revision, snapshot};
pub use planes::{ConnectPlanes, PlaneError, Planes, connect};
pub use reload::read_config;
pub use revision::Revision;
pub use run::{DaemonError, Options, run};
pub use stop::Stop;
