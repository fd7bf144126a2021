//! The Connect plane as the daemon sees it (rank 5).

use std::collections::BTreeMap;

use compact_str::CompactString;
use futures::future::BoxFuture;

use super::{NewValue, Outcome};
use crate::{
    desired::RunState,
    live::{ConfigProblem, ConnectLooked, ConnectSeen, Observed},
    model::ConfigKey,
};

/// One Connect cluster. Every method is bounded in time by the implementation, and may be dropped at any point without harm
/// to later calls. No write is repeated that may have been carried out: the next pass is the retry.
pub trait ConnectPlane: Send + Sync {
    /// Observes the cluster, in two requests. What the workers do not know the status of yet (it was made a moment ago)
    /// is missing from Connect's list: a look tells whether it is absent.
    fn observe(&self) -> BoxFuture<'_, Observed<ConnectSeen>>;

    /// Looks at some connectors only: right before a write, and after it until it is seen.
    fn look<'a>(&'a self, names: &'a [CompactString]) -> BoxFuture<'a, Observed<ConnectLooked>>;

    /// Asks the plugin what it says of a connector's config; nothing: it takes it. The plugin may try out the systems that
    /// the config names. That no worker has the plugin is a problem of `connector.class`.
    fn validate<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConnectorConfig,
    ) -> BoxFuture<'a, Observed<Vec<ConfigProblem>>>;

    /// Writes one thing. While Connect is busy with itself (a rebalance, a config that it has not read yet), it is asked
    /// again for a while.
    fn write(&self, write: ConnectWrite) -> BoxFuture<'_, Outcome>;
}

/// A connector's whole config, `connector.class` among it and `name` not.
pub type ConnectorConfig = BTreeMap<ConfigKey, NewValue>;

/// One change of a connector.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectWrite {
    /// Makes a connector, in this state from the first moment (KIP-980, workers 3.7 and newer; any can make running ones).
    /// Refused with `AlreadyThere` if there is one of the name, whatever its config.
    Create {
        /// The connector.
        name: CompactString,
        /// Its config.
        config: ConnectorConfig,
        /// Its state.
        state: RunState,
    },
    /// Sets the whole config, which restarts the tasks and leaves the state as it is. One that is absent is made: look
    /// before.
    Configure {
        /// The connector.
        name: CompactString,
        /// Its config.
        config: ConnectorConfig,
    },
    /// Resumes, pauses or stops. Does not heal what has failed.
    State {
        /// The connector.
        name: CompactString,
        /// Its state.
        to: RunState,
    },
    /// Restarts the connector and its tasks as far as they have failed (KIP-745).
    Restart {
        /// The connector.
        name: CompactString,
    },
    /// Forgets how far a stopped connector has come (KIP-875).
    ResetOffsets {
        /// The connector.
        name: CompactString,
    },
    /// Says how far a stopped connector has come (KIP-875).
    AlterOffsets {
        /// The connector.
        name: CompactString,
        /// Partitions and offsets in the connector's own terms, as Connect's API spells them:
        /// `[{"partition": {…}, "offset": {…}}]`.
        offsets: serde_json::Value,
    },
    /// Deletes the connector. Its offsets stay, and one that is made under the name goes on from them.
    Delete {
        /// The connector.
        name: CompactString,
    },
}

impl ConnectWrite {
    /// Returns the connector's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. }
            | Self::Configure { name, .. }
            | Self::State { name, .. }
            | Self::Restart { name }
            | Self::ResetOffsets { name }
            | Self::AlterOffsets { name, .. }
            | Self::Delete { name } => name,
        }
    }

    /// Returns the config that it sets.
    #[must_use]
    pub fn config(&self) -> Option<&ConnectorConfig> {
        match self {
            Self::Create { config, .. } | Self::Configure { config, .. } => Some(config),
            _ => None,
        }
    }
}
