//! Connectors as the API shows them, and how many are in which state (rank 4).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BlockedItem, ClusterView, ConfigItem, Page, Standing,
    item::configs,
    lists::{self, Seen},
};
use crate::{
    desired::{DesiredConnector, DesiredRef, RunState},
    live::{LiveConnector, LiveTask, Observed, config_value},
    model::{Kind, ObjectRef, Plane},
};

/// The key of a connector's config that says what it is.
const CLASS: &str = "connector.class";

/// A connector. What could not be read of it is null, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorItem {
    /// Its name; `<Connect cluster>/<name>` where several Connect clusters have one of the name and git declares it for
    /// another one, or for none.
    pub name: String,
    /// The Connect cluster that has it, by its name in `headgate.yaml`.
    #[schema(required)]
    pub connect: Option<String>,
    /// `connector.class`.
    #[schema(required)]
    pub class: Option<String>,
    /// `RUNNING`, `FAILED` and the like, as Connect spells it.
    #[schema(required)]
    pub state: Option<String>,
    /// First line of the trace with which the connector itself failed, and its last cause; null when it did not.
    #[schema(required)]
    pub trace: Option<String>,
    /// Its tasks.
    #[schema(required)]
    pub tasks: Option<Vec<TaskItem>>,
    /// `running`, `paused` or `stopped`, as git declares it; null when git does not declare the connector.
    #[schema(required)]
    pub desired_state: Option<String>,
    /// Where git declares it, what differs, and why it is not known.
    #[serde(flatten)]
    pub standing: Standing,
}

/// A task of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskItem {
    /// Its number.
    pub id: u32,
    /// Its state, as Connect spells it.
    pub state: String,
    /// The worker that runs it; null when none does.
    #[schema(required)]
    pub worker: Option<String>,
    /// First line of the trace with which it failed, and its last cause; null when it did not.
    #[schema(required)]
    pub trace: Option<String>,
}

impl From<&LiveTask> for TaskItem {
    fn from(task: &LiveTask) -> Self {
        Self {
            id: task.id,
            state: task.state.to_string(),
            worker: task.worker.clone(),
            trace: task.trace.clone(),
        }
    }
}

/// A connector with its config, and what is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConnectorDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub connector: ConnectorItem,
    /// Keys that are set or declared, sorted; null when the connector could not be read.
    #[schema(required)]
    pub configs: Option<Vec<ConfigItem>>,
    /// Changes to the connector that are withheld.
    pub blocked: Vec<BlockedItem>,
}

/// The state of a connector or of a task, as metrics spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectState {
    /// It works.
    Running,
    /// It rests, and keeps its tasks.
    Paused,
    /// It rests without tasks (KIP-875).
    Stopped,
    /// It failed.
    Failed,
    /// No worker has it.
    Unassigned,
    /// It begins anew.
    Restarting,
    /// It is there, and its state is not known, or one that this version of Headgate has no word for.
    Unknown,
}

impl ConnectState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Paused,
        Self::Stopped,
        Self::Failed,
        Self::Unassigned,
        Self::Restarting,
        Self::Unknown,
    ];

    /// Returns the label; what git can declare is called as documents call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => RunState::Running.as_str(),
            Self::Paused => RunState::Paused.as_str(),
            Self::Stopped => RunState::Stopped.as_str(),
            Self::Failed => "failed",
            Self::Unassigned => "unassigned",
            Self::Restarting => "restarting",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a state as Connect spells it.
    #[must_use]
    pub fn read(state: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|one| one.as_str().eq_ignore_ascii_case(state));
        found.unwrap_or(Self::Unknown)
    }
}

impl ClusterView {
    /// Returns connectors behind the cursor, sorted by name.
    #[must_use]
    pub fn connectors(&self, cursor: Option<&str>, limit: usize) -> Seen<Page<ConnectorItem>> {
        let connect = self.beside(Plane::Connect, self.connect.as_ref())?;
        Some(connect.map(|connect| {
            let item = |name, one| self.connector_item(name, one);
            lists::page(&connect.connectors, cursor, limit, item)
        }))
    }

    /// Returns one connector; inner `None` when there is no such connector.
    #[must_use]
    pub fn connector(&self, name: &str) -> Seen<Option<ConnectorDetail>> {
        let connect = self.beside(Plane::Connect, self.connect.as_ref())?;
        Some(connect.map(|connect| {
            let one = connect.connectors.get(name)?;
            let wanted = self.declared_connector(name);
            let wanted = wanted.map_or(&[][..], |declared| &declared.config);
            let live = one.known();
            Some(ConnectorDetail {
                connector: self.connector_item(name, one),
                configs: live.map(|live| configs("connector", &live.config, wanted)),
                blocked: self.blocked_of(&ObjectRef::new(Kind::Connector, name)),
            })
        }))
    }

    fn connector_item(&self, name: &str, one: &Observed<LiveConnector>) -> ConnectorItem {
        let declared = self.declared_connector(name);
        let live = one.known();
        let home = declared.map(|declared| &declared.connect);
        let class = live.and_then(|live| config_value(&live.config, CLASS).flatten());
        ConnectorItem {
            name: name.to_owned(),
            connect: live
                .map(|live| &live.connect)
                .or(home)
                .map(ToString::to_string),
            class: class.map(str::to_owned),
            state: live.map(|live| live.state.to_string()),
            trace: live.and_then(|live| live.trace.clone()),
            tasks: live.map(|live| live.tasks.iter().map(TaskItem::from).collect()),
            desired_state: declared.map(|declared| declared.state.as_str().to_owned()),
            standing: self.standing(&ObjectRef::new(Kind::Connector, name), one),
        }
    }

    fn declared_connector(&self, name: &str) -> Option<&DesiredConnector> {
        match self.declared(&ObjectRef::new(Kind::Connector, name))? {
            DesiredRef::Connector(connector) => Some(connector),
            _ => None,
        }
    }
}
