//! A connector as git wants it.

use compact_str::CompactString;

use super::{DesiredValue, Labels};
use crate::model::{ConfigKey, Place};

/// A `kind: Connector` document.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredConnector {
    /// Where it is declared.
    pub place: Place,
    /// `metadata.labels`.
    pub labels: Labels,
    /// The Connect cluster that runs it, by its name in `headgate.yaml`.
    pub connect: CompactString,
    /// Its whole config, sorted by key, `connector.class` and `tasks.max` among it and `name` not. `${…}` stays as it is.
    pub config: Box<[(ConfigKey, DesiredValue)]>,
    /// How it runs.
    pub state: RunState,
    /// When it is restarted after it failed.
    pub restart: Restart,
}

/// How a connector runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunState {
    /// It works.
    #[default]
    Running,
    /// It keeps its tasks, which rest.
    Paused,
    /// It has no tasks (KIP-875).
    Stopped,
}

impl RunState {
    /// Every word.
    pub const ALL: [Self; 3] = [Self::Running, Self::Paused, Self::Stopped];

    /// Returns the word as documents spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// When a connector is restarted that failed, or a task of which did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// How often in a row; 0: never. Default: 7. The pause before the nth is n² + n minutes, so that seven take about two
    /// hours, and the count begins anew once it ran for as long as the pause before.
    pub max: u32,
}

impl Default for Restart {
    fn default() -> Self {
        Self { max: 7 }
    }
}
