//! What Kafka Connect holds (rank 1: types only).

use std::collections::BTreeMap;

use compact_str::CompactString;
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
}

impl ConnectLive {
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
    /// Its config, sorted by key, without `name`. A value that the workers mask is not known.
    pub config: Vec<LiveConfig>,
    /// Its state as Connect spells it (`RUNNING`, `PAUSED`, `STOPPED`, `FAILED`, `UNASSIGNED`, `RESTARTING`).
    pub state: CompactString,
    /// First line of the trace with which the connector itself failed.
    #[serde(default)]
    pub trace: Option<String>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<LiveTask>,
    /// What the workers say of the config that git declares, where that was asked.
    #[serde(default)]
    pub check: Option<Observed<Vec<ConfigProblem>>>,
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
    /// First line of the trace with which it failed.
    #[serde(default)]
    pub trace: Option<String>,
}

/// What is wrong with a key of a connector's config, as its plugin says (`PUT …/config/validate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigProblem {
    /// The key.
    pub key: CompactString,
    /// What is wrong with it.
    pub message: String,
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

    /// Returns why it failed, in a line.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        let of_tasks = self.tasks.iter().filter_map(|task| task.trace.as_deref());
        self.trace.as_deref().into_iter().chain(of_tasks).next()
    }
}
