//! What Connect answers, as it spells it (rank 7, Connect plane), and what becomes of it in `live`.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use compact_str::CompactString;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    live::{ConnectCluster, LiveConfig, LiveConnector, LiveTask, Observed},
    model::{ClusterId, ConfigKey, is_masked},
};

/// The most connectors that are taken; the largest Connect clusters have thousands.
const MOST_CONNECTORS: usize = 100_000;

/// The largest entry that is read. A config fits into a record of Kafka (1 MiB by default); traces of failed tasks come on
/// top.
const LARGEST_ENTRY: usize = 8 << 20;

/// The most characters that are kept of a trace until it is cut to what is told of it: a secret has to be whole to be found
/// in it, and keys and certificates are long.
const TRACE: usize = 8192;

/// `GET /`.
#[derive(Deserialize)]
pub(super) struct Root {
    version: CompactString,
    kafka_cluster_id: String,
}

impl From<Root> for ConnectCluster {
    fn from(root: Root) -> Self {
        Self {
            version: root.version,
            kafka_cluster_id: ClusterId(root.kafka_cluster_id),
        }
    }
}

/// An entry of `GET /connectors?expand=info&expand=status`.
#[derive(Deserialize)]
struct Entry {
    info: Info,
    status: Option<Status>,
}

/// `GET /connectors/{name}`: the name, the config, and the tasks' ids.
#[derive(Deserialize)]
pub(super) struct Info {
    config: BTreeMap<CompactString, Option<CompactString>>,
}

/// `GET /connectors/{name}/status`.
#[derive(Deserialize)]
pub(super) struct Status {
    connector: Part,
    #[serde(default)]
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Part {
    state: CompactString,
    #[serde(default, deserialize_with = "beginning")]
    trace: Option<String>,
}

#[derive(Deserialize)]
struct Task {
    id: u32,
    state: CompactString,
    #[serde(default)]
    worker_id: Option<String>,
    #[serde(default, deserialize_with = "beginning")]
    trace: Option<String>,
}

/// A connector whose status no worker knows yet, which is to pass (Kafka, `AbstractStatus.State`).
const NO_STATUS: &str = "UNASSIGNED";

/// Puts together what is told of a connector.
pub(super) fn connector(
    connect: &str,
    name: &str,
    info: Info,
    status: Option<Status>,
) -> LiveConnector {
    let config = info.config.into_iter();
    let (part, tasks) = match status {
        Some(status) => (Some(status.connector), status.tasks),
        None => (None, Vec::new()),
    };
    LiveConnector {
        connect: connect.into(),
        name: name.into(),
        config: config
            .filter(|(key, _)| key != "name")
            .map(|(key, value)| LiveConfig {
                key: ConfigKey::new(&key),
                value: value.filter(|value| !is_masked(value)),
            })
            .collect(),
        state: part
            .as_ref()
            .map_or(NO_STATUS.into(), |part| part.state.clone()),
        trace: part.and_then(|part| part.trace),
        tasks: tasks
            .into_iter()
            .map(|task| LiveTask {
                id: task.id,
                state: task.state,
                worker: task.worker_id,
                trace: task.trace,
            })
            .collect(),
    }
}

/// Keeps the beginning of a trace only: the rest is many times longer than everything else.
fn beginning<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let trace = Option::<Cow<'de, str>>::deserialize(d)?;
    let begin = trace.as_deref().unwrap_or_default().trim_start();
    Ok((!begin.is_empty()).then(|| begin.chars().take(TRACE).collect()))
}

/// The connectors of a list, each read by itself: one that is not what it should be is unknown and spoils no other.
pub(super) struct Connectors(pub(super) BTreeMap<CompactString, Observed<(Info, Option<Status>)>>);

impl<'de> Deserialize<'de> for Connectors {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(Listed)
    }
}

struct Listed;

impl<'de> Visitor<'de> for Listed {
    type Value = Connectors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connectors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Connectors, A::Error> {
        let mut connectors = BTreeMap::new();
        while let Some((name, entry)) = map.next_entry::<CompactString, &RawValue>()? {
            if connectors.len() >= MOST_CONNECTORS {
                return Err(A::Error::custom("too many connectors"));
            }
            connectors.insert(name, read_entry(entry.get()));
        }
        Ok(Connectors(connectors))
    }
}

fn read_entry(text: &str) -> Observed<(Info, Option<Status>)> {
    if text.len() > LARGEST_ENTRY {
        let why = format!("what Connect lists of it is larger than {LARGEST_ENTRY} bytes");
        return Observed::Unknown(why);
    }
    match serde_json::from_str::<Entry>(text) {
        Ok(entry) => Observed::Known((entry.info, entry.status)),
        Err(_) => {
            let why = "what Connect lists of it is not what Connect should say of a connector";
            Observed::Unknown(why.to_owned())
        }
    }
}

/// A plugin of `GET /connector-plugins`.
#[derive(Deserialize)]
pub(super) struct Plugin {
    pub(super) class: String,
}

/// What `PUT /connector-plugins/{class}/config/validate` finds, key by key.
#[derive(Deserialize)]
pub(super) struct Validation {
    pub(super) configs: Vec<Validated>,
}

#[derive(Deserialize)]
pub(super) struct Validated {
    /// `None`: the plugin does not know the key (Kafka, `AbstractHerder.generateResult`).
    #[serde(default)]
    pub(super) definition: Option<IgnoredAny>,
    pub(super) value: ValidatedValue,
}

#[derive(Deserialize)]
pub(super) struct ValidatedValue {
    pub(super) name: CompactString,
    #[serde(default)]
    pub(super) errors: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::live::config_value;

    fn mk_live(text: &str) -> LiveConnector {
        let (info, status) = match read_entry(text) {
            Observed::Known(read) => read,
            Observed::Unknown(why) => panic!("{why}"),
        };
        connector("main", "c", info, status)
    }

    /// Trap 35: Connect puts the name into the config; it is no value that anybody set.
    #[test]
    fn the_echoed_name_is_no_config() {
        let live = mk_live(
            r#"{"info": {"name": "c", "config": {"name": "c", "connector.class": "C", "a": "1"}, "tasks": [], "type": "sink"},
                "status": {"name": "c", "connector": {"state": "RUNNING", "worker_id": "w"}, "tasks": [], "type": "sink"}}"#,
        );
        let keys: Vec<&str> = live.config.iter().map(|c| c.key.as_str()).collect();
        assert_eq!(keys, ["a", "connector.class"]);
        assert_eq!(live.state, "RUNNING");
    }

    /// Trap 36: what workers show in place of a secret is not its value.
    #[test]
    fn masked_values_are_not_known_and_look_alikes_are() {
        let live = mk_live(
            r#"{"info": {"config": {"null": null, "stars": "********", "hidden": "[hidden]", "all": "*", "some": "**",
                "regex": "app.*", "ref": "${file:/s:key}", "empty": ""}}}"#,
        );
        for key in ["null", "stars", "hidden"] {
            assert_eq!(config_value(&live.config, key), Some(None), "{key}");
        }
        for (key, value) in [
            ("all", "*"),
            ("some", "**"),
            ("regex", "app.*"),
            ("ref", "${file:/s:key}"),
            ("empty", ""),
        ] {
            assert_eq!(config_value(&live.config, key), Some(Some(value)), "{key}");
        }
    }

    #[test]
    fn a_connector_without_a_status_is_yet_to_be_assigned() {
        let live = mk_live(r#"{"info": {"config": {}}}"#);
        assert_eq!(
            (live.state.as_str(), live.runs()),
            ("UNASSIGNED", "running")
        );
    }

    #[test]
    fn no_more_than_the_beginning_of_a_trace_is_kept() {
        let trace = format!("\n  org.Broken:\n{}", "x".repeat(2 * TRACE));
        let text = serde_json::json!({
            "info": {"config": {}},
            "status": {"connector": {"state": "RUNNING", "trace": "\n"},
                       "tasks": [{"id": 0, "state": "FAILED", "worker_id": "w:1", "trace": trace}]},
        });
        let live = mk_live(&text.to_string());
        assert_eq!((live.trace.as_ref(), live.runs()), (None, "failed"));
        let told = live.failure().unwrap();
        assert!(told.starts_with("org.Broken:\nxxx"), "{told}");
        assert_eq!(told.chars().count(), TRACE);
    }

    #[test]
    fn an_entry_that_is_not_connects_spoils_no_other() {
        let Connectors(read) = serde_json::from_str(
            r#"{"good": {"info": {"config": {"a": "b"}}}, "number": 7, "config": {"info": {"config": {"a": ["hunter2"]}}},
                "nothing": {}}"#,
        )
        .unwrap();
        assert!(read["good"].known().is_some());
        for name in ["number", "config", "nothing"] {
            let why = read[name].unknown().unwrap();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
