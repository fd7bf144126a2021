//! What a Connect cluster holds, and its rules for changing it (sandbox stage, pure; Kafka, `DistributedHerder`).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use crate::{
    desired::RunState,
    live::{ConfigProblem, LiveConfig, LiveConnector, LiveTask},
    model::{ClusterId, ConfigKey, is_secret_key},
    ports::{ConnectWrite, ConnectorConfig, Outcome, RefusalClass},
    sandbox::fate::refused,
};

/// The key that names the plugin.
const CLASS: &str = "connector.class";
/// The key that says how many tasks there may be.
const TASKS: &str = "tasks.max";

/// The most tasks that a connector has, whatever its config allows: connectors decide themselves how many they need.
const MOST_TASKS: u32 = 64;

/// A Connect cluster's state.
#[derive(Debug, Clone)]
pub struct ConnectWorld {
    kafka: ClusterId,
    plugins: BTreeSet<CompactString>,
    /// Whether values of keys that look secret are masked, as Confluent's workers do.
    masks: bool,
    connectors: BTreeMap<CompactString, Connector>,
    /// How far connectors have come; outlives them.
    offsets: BTreeMap<CompactString, CompactString>,
    /// How often each one's offsets were set by request.
    offset_writes: BTreeMap<CompactString, u32>,
}

/// A connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    /// Its whole config, without its name.
    pub config: BTreeMap<ConfigKey, CompactString>,
    /// How it is to run.
    pub state: RunState,
    /// The trace with which its first task failed.
    pub failed: Option<String>,
}

impl ConnectWorld {
    pub(super) fn new(kafka: ClusterId) -> Self {
        Self {
            kafka,
            plugins: BTreeSet::new(),
            masks: false,
            connectors: BTreeMap::new(),
            offsets: BTreeMap::new(),
            offset_writes: BTreeMap::new(),
        }
    }

    /// Returns the id of the Kafka cluster that it works on.
    #[must_use]
    pub fn kafka(&self) -> &ClusterId {
        &self.kafka
    }

    /// Installs a plugin on all workers.
    pub fn install(&mut self, class: &str) {
        self.plugins.insert(class.into());
    }

    /// Makes the workers mask secrets, or tell them.
    pub fn mask(&mut self, masks: bool) {
        self.masks = masks;
    }

    /// Returns the connectors by name.
    #[must_use]
    pub fn connectors(&self) -> &BTreeMap<CompactString, Connector> {
        &self.connectors
    }

    /// Returns how often a connector's offsets were set by request.
    #[must_use]
    pub fn offset_writes(&self, name: &str) -> u32 {
        self.offset_writes.get(name).copied().unwrap_or(0)
    }

    /// Sets a value of a connector's config, or takes it out; that restarts its tasks.
    pub fn set(&mut self, name: &str, key: &str, value: Option<&str>) {
        if let Some(connector) = self.connectors.get_mut(name) {
            match value {
                Some(value) => {
                    drop(connector.config.insert(ConfigKey::new(key), value.into()));
                }
                None => drop(connector.config.remove(key)),
            }
            connector.failed = None;
        }
    }

    /// The first task of a connector that runs fails, and says why.
    pub fn fail(&mut self, name: &str, trace: &str) {
        if let Some(connector) = self.connectors.get_mut(name)
            && connector.state == RunState::Running
        {
            connector.failed = Some(trace.to_owned());
        }
    }

    /// A connector gets on with its work.
    pub fn advance(&mut self, name: &str, offsets: &str) {
        self.offsets.insert(name.into(), offsets.into());
    }

    /// Carries out a request.
    pub fn write(&mut self, write: &ConnectWrite) -> Outcome {
        let name = CompactString::from(write.name());
        match write {
            ConnectWrite::Create { config, state, .. } => {
                if self.connectors.contains_key(&name) {
                    let told = format!("Connector {name} already exists");
                    return refused(RefusalClass::AlreadyThere, "ALREADY_EXISTS", told);
                }
                self.configured(name, config, *state)
            }
            ConnectWrite::Configure { config, .. } => {
                let before = self.connectors.get(&name);
                let state = before.map_or(RunState::Running, |c| c.state);
                self.configured(name, config, state)
            }
            ConnectWrite::State { to, .. } => self.with(&name, |connector| {
                connector.state = *to;
                // a stopped connector has no tasks that could have failed
                if *to == RunState::Stopped {
                    connector.failed = None;
                }
                Outcome::Applied
            }),
            ConnectWrite::Restart { .. } => self.with(&name, |connector| {
                connector.failed = None;
                Outcome::Applied
            }),
            ConnectWrite::ResetOffsets { .. } => self.set_offsets(&name, None),
            ConnectWrite::AlterOffsets { offsets, .. } => {
                self.set_offsets(&name, Some(offsets.to_string().into()))
            }
            ConnectWrite::Delete { .. } => match self.connectors.remove(&name) {
                Some(_) => Outcome::Applied,
                None => absent(&name),
            },
        }
    }

    fn with(&mut self, name: &str, change: impl FnOnce(&mut Connector) -> Outcome) -> Outcome {
        match self.connectors.get_mut(name) {
            Some(connector) => change(connector),
            None => absent(name),
        }
    }

    /// Gives a connector a whole config, and makes it if it is absent.
    fn configured(
        &mut self,
        name: CompactString,
        config: &ConnectorConfig,
        state: RunState,
    ) -> Outcome {
        if let Some(first) = self.problems(config).first() {
            let told = format!("Connector configuration is invalid: {first}");
            return refused(RefusalClass::Final, "HTTP_400", told);
        }
        let values = config.iter();
        let values = values.map(|(key, value)| (key.clone(), value.expose().into()));
        let connector = Connector {
            config: values.collect(),
            state,
            failed: None,
        };
        self.connectors.insert(name, connector);
        Outcome::Applied
    }

    fn set_offsets(&mut self, name: &CompactString, to: Option<CompactString>) -> Outcome {
        match self.connectors.get(name) {
            None => absent(name),
            Some(connector) if connector.state != RunState::Stopped => {
                let told =
                    "Connectors must be in the STOPPED state before their offsets can be modified.";
                refused(RefusalClass::Final, "HTTP_400", told)
            }
            Some(_) => {
                match to {
                    Some(to) => drop(self.offsets.insert(name.clone(), to)),
                    None => drop(self.offsets.remove(name)),
                }
                *self.offset_writes.entry(name.clone()).or_default() += 1;
                Outcome::Applied
            }
        }
    }

    /// Returns what a plugin says against a config.
    pub(super) fn problems(&self, config: &ConnectorConfig) -> Vec<ConfigProblem> {
        let value = |key: &str| config.get(key).map(|value| value.expose());
        let problem = |key: &str, message: String| ConfigProblem {
            key: key.into(),
            message,
            is_hint: false,
        };
        match value(CLASS) {
            None => return vec![problem(CLASS, "it is missing".to_owned())],
            Some(class) if !self.plugins.contains(class) => {
                let told = format!("no worker has the plugin {class}");
                return vec![problem(CLASS, told)];
            }
            Some(_) => {}
        }
        let tasks = value(TASKS).filter(|n| n.parse::<u32>().is_ok_and(|n| n > 0));
        match tasks {
            Some(_) => Vec::new(),
            None => vec![problem(TASKS, "it is no number of tasks".to_owned())],
        }
    }

    /// Returns a connector as the workers show it, of which `told` is what their status is from: one that they do not know
    /// yet has none.
    pub(super) fn shown(&self, connect: &str, name: &str, told: &Self) -> Option<LiveConnector> {
        let connector = self.connectors.get(name)?;
        let status = told.connectors.get(name);
        let config = connector.config.iter();
        let is_masked = |key: &ConfigKey| self.masks && is_secret_key(key.as_str());
        Some(LiveConnector {
            connect: connect.into(),
            name: name.into(),
            config: config
                .map(|(key, value)| LiveConfig {
                    key: key.clone(),
                    value: Some(value.clone()).filter(|_| !is_masked(key)),
                })
                .collect(),
            state: match status.map(|status| status.state) {
                None => "UNASSIGNED",
                Some(RunState::Running) => "RUNNING",
                Some(RunState::Paused) => "PAUSED",
                Some(RunState::Stopped) => "STOPPED",
            }
            .into(),
            trace: None,
            tasks: status.map_or_else(Vec::new, tasks),
        })
    }
}

/// Returns a connector's tasks, of which the first fails.
fn tasks(connector: &Connector) -> Vec<LiveTask> {
    let count = connector.config.get(TASKS).and_then(|n| n.parse().ok());
    let count: u32 = match connector.state {
        RunState::Stopped => 0,
        RunState::Running | RunState::Paused => count.unwrap_or(0).min(MOST_TASKS),
    };
    let task = |id| {
        let trace = connector.failed.clone().filter(|_| id == 0);
        LiveTask {
            id,
            state: match (&trace, connector.state) {
                (Some(_), _) => "FAILED",
                (None, RunState::Paused) => "PAUSED",
                (None, _) => "RUNNING",
            }
            .into(),
            worker: Some("sandbox:8083".to_owned()),
            trace,
        }
    };
    (0..count).map(task).collect()
}

fn absent(name: &str) -> Outcome {
    let told = format!("Connector {name} not found");
    refused(RefusalClass::Gone, "HTTP_404", told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_makes_no_more_tasks_than_it_needs() {
        let all = i32::MAX.to_string();
        for (state, wanted, count) in [
            (RunState::Running, "2", 2),
            (RunState::Paused, all.as_str(), 64),
            (RunState::Stopped, "2", 0),
        ] {
            let connector = Connector {
                config: [(ConfigKey::new(TASKS), wanted.into())].into(),
                state,
                failed: None,
            };
            assert_eq!(tasks(&connector).len(), count, "{state:?} {wanted}");
        }
    }
}
