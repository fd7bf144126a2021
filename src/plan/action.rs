//! The plan as a value. What is serialised here is a contract (`plan -o json`); executors read the rest.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use crate::model::{
    Cause, ClusterId, ClusterName, CommitId, ConfigKey, DriftClass, Gate, ObjectRef, Place, Plane,
    Risk, TopicId, Verb,
};

/// The plan of one revision over every cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Version of this shape: 1.
    pub schema_version: u32,
    /// `sha256:` and the digest of everything else in the plan, and of what would be executed: the ids of topics, and
    /// every value with the one it replaces. The same inputs give the same id.
    pub plan_id: String,
    /// The commit the plan is of; `None` for plain files.
    pub revision: Option<CommitId>,
    /// Counts over all clusters.
    pub summary: Summary,
    /// Clusters by name.
    pub clusters: Vec<ClusterPlan>,
}

/// How many changes of each sort a plan holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Objects to make.
    pub create: usize,
    /// Objects to change.
    pub update: usize,
    /// Objects to delete.
    pub delete: usize,
    /// Changes that are withheld.
    pub blocked: usize,
    /// Undeclared objects in owned scopes.
    pub unexpected: usize,
}

/// The ordered set of changes to one cluster, and what is withheld from it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterPlan {
    /// The cluster.
    pub name: ClusterName,
    /// The id that the live cluster reported; `None` when it could not be asked.
    pub cluster_id: Option<ClusterId>,
    /// Whether each plane was observed whole.
    pub planes: BTreeMap<Plane, PlaneState>,
    /// Changes in the order in which they are made; deletions stand last.
    pub actions: Vec<Action>,
    /// Changes that are withheld, each with its gate and reason.
    pub blocked: Vec<Blocked>,
    /// Undeclared objects in owned scopes.
    pub unexpected: Vec<Unexpected>,
    /// Differences in kinds whose mode is `report`: shown, never applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<Action>,
    /// Config keys that nobody declared and Headgate never set: they stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Foreign>,
    /// Everything that drifted, whatever is done about it.
    #[serde(skip)]
    pub drift: Vec<Drift>,
}

/// Whether a plane was observed whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaneState {
    /// Whole.
    pub complete: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One change to one object, with everything that making it needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Action {
    /// The object (serialised as `kind` and `name`).
    #[serde(flatten)]
    pub object: ObjectRef,
    /// What is done.
    #[serde(rename = "action")]
    pub verb: Verb,
    /// What it may cost.
    pub risk: Risk,
    /// Why it is due.
    pub cause: Cause,
    /// What differs, for people.
    pub fields: Vec<FieldChange>,
    /// Where it is declared; for a deletion the consent's place.
    #[serde(serialize_with = "file_and_line")]
    pub source: Option<Place>,
    /// What differs, for the executor.
    #[serde(skip)]
    pub change: Change,
}

/// A field that differs; values as Kafka spells them, `None` for "not there" and "reset".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// `partitions`, `replicationFactor` or `config.<key>`.
    pub path: CompactString,
    /// What is.
    pub live: Option<CompactString>,
    /// What should be.
    pub desired: Option<CompactString>,
}

/// A change as the executor needs it: no choices are left, and the values it may overwrite are its preconditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Change {
    /// Makes a topic that must not be there.
    CreateTopic {
        /// Number of partitions.
        partitions: u32,
        /// Replicas of each.
        replication_factor: u16,
        /// Every declared value.
        config: Vec<(ConfigKey, CompactString)>,
    },
    /// Changes the topic with this id.
    UpdateTopic {
        /// Its id.
        id: TopicId,
        /// From how many partitions to how many; only ever more.
        partitions: Option<(u32, u32)>,
        /// Values to set.
        set: Vec<SetKey>,
        /// Keys to give back to the broker's default, with the value each must still have (`None`: secret).
        reset: Vec<(ConfigKey, Option<CompactString>)>,
    },
    /// Deletes the topic with this id.
    DeleteTopic {
        /// Its id.
        id: TopicId,
    },
}

/// A config value to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetKey {
    /// The key.
    pub key: ConfigKey,
    /// The topic's own value that it replaces; `None` when the key is not set on the topic.
    pub from: Option<CompactString>,
    /// The new value.
    pub to: CompactString,
}

/// A change that is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// Kind of the object; `Cluster` when all of a cluster is held.
    pub kind: &'static str,
    /// Its name.
    pub name: CompactString,
    /// What would be done.
    pub action: Verb,
    /// What withholds it.
    pub gate: Gate,
    /// Why, and what would open the gate.
    pub reason: String,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Where it is declared.
    #[serde(
        serialize_with = "file_and_line",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<Place>,
}

/// An undeclared object in an owned scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Unexpected(pub ObjectRef);

/// Foreign config keys of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// Its foreign keys with their values.
    pub config: BTreeMap<ConfigKey, Option<CompactString>>,
}

/// A difference that git did not cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// How it differs.
    pub class: DriftClass,
    /// What differs.
    pub fields: Vec<FieldChange>,
    /// Where it is declared.
    #[serde(serialize_with = "file_and_line")]
    pub source: Option<Place>,
}

/// Serialises a place as contracts spell it: `{"file", "line"}` or null.
pub(crate) fn file_and_line<S: Serializer>(place: &Option<Place>, s: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct FileLine<'a> {
        file: &'a str,
        line: u32,
    }
    place
        .as_ref()
        .map(|p| FileLine {
            file: &p.file,
            line: p.line,
        })
        .serialize(s)
}
