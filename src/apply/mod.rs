//! Runs a plan over the ports (rank 6): batched, re-checked right before each write, and verified by looking. It makes
//! no decision that the plan has not made, and retries nothing that may have happened: the next pass is the retry.
//!
//! ```text
//! what is made and changed -> what goes      each stage: batch by batch  look, note, write
//!                                            then for all of them        look until seen
//! ```

mod access;
mod answers;
mod batch;
mod hide;
mod intent;
mod known;
mod limits;
mod moves;
mod needs;
mod planes;
mod rest;
mod run;
mod silent;
mod stage;
mod step;
mod verify;

use jiff::Timestamp;
use tokio::sync::watch;

pub use known::Secrets;
pub use limits::Limits;
pub use planes::{ConnectClusters, Planes};
pub use rest::config as connector_config;

use crate::{
    live::{KafkaLive, LiveConnector, Looks},
    model::Intent,
    plan::{ActionResult, ClusterPlan, KeyTypes},
    ports::Journal,
    secrets::Vault,
};

/// What came of running a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// How each action ended, in the plan's order.
    pub results: Vec<ActionResult>,
    /// The newest look at each object that was touched, for `Live::with_looked`. One whose write nobody has seen yet
    /// is unknown here, not absent or unchanged.
    pub looked: Looks,
    /// What was noted of the actions whose end is indeterminate. It belongs into `Ledger::intents` before the ledger is
    /// saved, since saving forgets every other intent of the cluster.
    pub unsettled: Vec<Intent>,
}

/// What a plan is run on and with.
#[derive(Clone, Copy)]
pub struct On<'a> {
    /// What is to be done.
    pub plan: &'a ClusterPlan,
    /// What was seen of Kafka when it was planned.
    pub kafka: &'a KafkaLive,
    /// How values are compared.
    pub types: KeyTypes<'a>,
    /// Where it is done.
    pub planes: Planes<'a>,
    /// Where it is noted before.
    pub journal: &'a dyn Journal,
    /// Where secrets come from, right before they are written.
    pub vault: &'a Vault,
    /// Takes the secrets out of what is seen of a connector, which has this name in git.
    pub hide: &'a (dyn Fn(&str, &mut LiveConnector) + Sync),
    /// The bounds.
    pub limits: &'a Limits,
    /// The time.
    pub now: &'a (dyn Fn() -> Timestamp + Sync),
}

/// Runs the actions of a plan. Once `stop` says true, no further request is begun, one that is under way is given
/// [`Limits::grace`], and what is known by then is returned. It may be dropped at any point: the journal then tells the
/// next pass where to look.
pub async fn apply(on: On<'_>, stop: watch::Receiver<bool>) -> Applied {
    let mut run = run::Run::new(on, stop);
    for stage in stage::Stage::ALL {
        run.stage(stage).await;
    }
    run.finish()
}
