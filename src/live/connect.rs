//! What Kafka Connect holds (rank 1: types only).

use std::{collections::BTreeMap, fmt};

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

use super::{LiveConfig, Observed};
use crate::model::ClusterId;

/// What the Connect clusters beside a Kafka cluster hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectLive {
    /// The Connect clusters by their name in `headgate.yaml`; one that did not answer is unknown, and so are its
    /// connectors.
    pub clusters: BTreeMap<CompactString, Observed<ConnectCluster>>,
    /// Connectors by name. Where several Connect clusters have one of the same name, it is that of the cluster for which
    /// git declares it; others stand under `<cluster>/<name>`.
    pub connectors: BTreeMap<CompactString, Observed<LiveConnector>>,
    /// What plugins say against configs that git declares and that are about to be written, by connector; an empty list:
    /// nothing.
    #[serde(default)]
    pub checks: BTreeMap<CompactString, Observed<Vec<ConfigProblem>>>,
}

impl ConnectLive {
    /// Puts together what the Connect clusters hold, each by its name in `headgate.yaml`. `home` says for which of them git
    /// declares a connector. Of a Connect cluster that did not answer, or works on another Kafka cluster than `id`, the
    /// connectors that git declares for it are unknown.
    #[must_use]
    pub fn gather<'a>(
        seen: BTreeMap<CompactString, Observed<ConnectSeen>>,
        id: Option<&ClusterId>,
        homes: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Self {
        let seen: BTreeMap<_, _> = seen
            .into_iter()
            .map(|(name, seen)| (name, beside(seen, id)))
            .collect();
        let mut live = Self::default();
        let named: BTreeMap<&str, &str> = homes.clone().collect();
        let mut times: BTreeMap<CompactString, usize> = BTreeMap::new();
        let known = seen.values().filter_map(Observed::known);
        for name in known.flat_map(|one| one.connectors.keys()) {
            *times.entry(name.clone()).or_default() += 1;
        }
        for (name, home) in homes {
            if let Some(why) = lost(&seen, home) {
                let why = Observed::Unknown(why);
                live.connectors.insert(name.into(), why);
            }
        }
        for (connect, seen) in seen {
            live.clusters.insert(
                connect.clone(),
                seen.as_ref().map(|seen| seen.cluster.clone()),
            );
            let Observed::Known(seen) = seen else {
                continue;
            };
            for (name, connector) in seen.connectors {
                let is_home = match named.get(name.as_str()) {
                    Some(home) => *home == connect,
                    None => times.get(&name) == Some(&1),
                };
                let key = match is_home {
                    true => name,
                    false => format_compact!("{connect}/{name}"),
                };
                live.connectors.insert(key, connector);
            }
        }
        live
    }

    /// Says why a connector that is not listed may be there nevertheless: a Connect cluster did not answer.
    #[must_use]
    pub fn unseen(&self) -> Option<String> {
        let unknown = |(name, cluster): (&CompactString, &Observed<ConnectCluster>)| {
            let why = cluster.unknown()?;
            Some(format!("Connect cluster {name}: {why}"))
        };
        self.clusters.iter().find_map(unknown)
    }
}

/// Takes what a Connect cluster holds for unknown unless it works on the Kafka cluster that is meant.
fn beside(seen: Observed<ConnectSeen>, id: Option<&ClusterId>) -> Observed<ConnectSeen> {
    let Observed::Known(seen) = seen else {
        return seen;
    };
    let own = &seen.cluster.kafka_cluster_id;
    match id {
        Some(id) if id == own => Observed::Known(seen),
        Some(id) => Observed::Unknown(format!(
            "it works on the Kafka cluster with the id {own}, and not on {id}; check its address in headgate.yaml"
        )),
        None => Observed::Unknown(format!(
            "it works on the Kafka cluster with the id {own}, and which one is meant is not known while Kafka does not answer"
        )),
    }
}

/// Says why nobody knows what a Connect cluster holds.
fn lost(seen: &BTreeMap<CompactString, Observed<ConnectSeen>>, connect: &str) -> Option<String> {
    match seen.get(connect) {
        Some(Observed::Known(_)) => None,
        Some(Observed::Unknown(why)) => Some(format!("Connect cluster {connect}: {why}")),
        None => {
            let known: Vec<&str> = seen.keys().map(CompactString::as_str).collect();
            Some(format!(
                "headgate.yaml names no Connect cluster {connect} for this cluster; it has {}",
                known.join(", ")
            ))
        }
    }
}

/// What one Connect cluster holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectSeen {
    /// The cluster.
    pub cluster: ConnectCluster,
    /// Its connectors by name. One of which no worker knows the status yet is missing.
    pub connectors: BTreeMap<CompactString, Observed<LiveConnector>>,
}

/// What a look at some connectors of one Connect cluster saw.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectLooked {
    /// The cluster: a write to another one than the planned one must not happen.
    pub cluster: ConnectCluster,
    /// The connectors that were asked for; `Known(None)` is one that the worker says is absent.
    pub connectors: BTreeMap<CompactString, Observed<Option<LiveConnector>>>,
}

/// One Connect cluster (`GET /`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectCluster {
    /// The version that its workers run.
    pub version: CompactString,
    /// The Kafka cluster that it works on.
    pub kafka_cluster_id: ClusterId,
}

/// A connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveConnector {
    /// The Connect cluster that has it.
    pub connect: CompactString,
    /// What it is called there.
    pub name: CompactString,
    /// Its config, sorted by key, without `name`. A value that the workers mask is not known.
    pub config: Vec<LiveConfig>,
    /// Its state as Connect spells it (`RUNNING`, `PAUSED`, `STOPPED`, `FAILED`, `UNASSIGNED`, `RESTARTING`).
    pub state: CompactString,
    /// The trace with which the connector itself failed: its beginning as a plane sees it, which may hold secrets, and one line
    /// of it once they are taken out.
    #[serde(default)]
    pub trace: Option<String>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<LiveTask>,
}

/// A task of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveTask {
    /// Its number.
    pub id: u32,
    /// Its state, as a connector's.
    pub state: CompactString,
    /// The worker that runs it.
    #[serde(default)]
    pub worker: Option<String>,
    /// The trace with which it failed, like the connector's.
    #[serde(default)]
    pub trace: Option<String>,
}

/// What is wrong with a key of a connector's config, by what its plugin says (`PUT …/config/validate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigProblem {
    /// The key.
    pub key: CompactString,
    /// What is wrong with it.
    pub message: String,
    /// Whether the plugin takes it nevertheless, and it is only told.
    #[serde(default)]
    pub is_hint: bool,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.message)
    }
}

impl LiveConnector {
    /// Returns how it runs, in the words of documents: `running`, `paused`, `stopped`, or `failed` where it or a task of
    /// it has failed. What passes by itself (`UNASSIGNED`, `RESTARTING`) counts as running.
    #[must_use]
    pub fn runs(&self) -> &'static str {
        let failed = |state: &str| state == "FAILED";
        match self.state.as_str() {
            "PAUSED" => "paused",
            "STOPPED" => "stopped",
            state if failed(state) || self.tasks.iter().any(|t| failed(&t.state)) => "failed",
            _ => "running",
        }
    }

    /// Tells whether it and all its tasks run. What passes by itself (`UNASSIGNED`, `RESTARTING`) tells nothing yet.
    #[must_use]
    pub fn runs_well(&self) -> bool {
        let mut states = self.tasks.iter().map(|task| &task.state);
        self.state == "RUNNING" && states.all(|state| state == "RUNNING")
    }

    /// Returns why it failed, in a line.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        let of_tasks = self.tasks.iter().filter_map(|task| task.trace.as_deref());
        self.trace.as_deref().into_iter().chain(of_tasks).next()
    }
}
