//! The plan as a value. What is serialised here is a contract (`plan -o json`); executors read the rest.

use std::{collections::BTreeMap, fmt};

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use crate::desired::DesiredSchema;
use crate::model::{
    Cause, ClusterId, ClusterName, CommitId, ConfigKey, DriftClass, Gate, Kind, ObjectRef, Place,
    Plane, Risk, SecretName, TopicId, Verb, config_key,
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
    /// Differences in kinds whose mode is `report`.
    #[serde(skip_serializing_if = "is_zero")]
    pub reported: usize,
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
    /// Topics of which not every partition is where it belongs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moving: Vec<Progress>,
    /// Everything that drifted, whatever is done about it.
    #[serde(skip)]
    pub drift: Vec<Drift>,
    /// What changes in schemas, by subject, in lines for people.
    #[serde(skip)]
    pub lines: BTreeMap<CompactString, Vec<String>>,
}

/// How far the moves of a topic's replicas are: how many of its partitions are where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The topic.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// All of them.
    pub partitions: usize,
    /// Where they belong.
    pub in_place: usize,
    /// Being moved, by whomever.
    pub under_way: usize,
    /// Not begun yet, those that this plan begins among them.
    pub waiting: usize,
    /// Withheld: by a gate, or because topics are only reported.
    #[serde(skip_serializing_if = "is_zero")]
    pub held: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl ClusterPlan {
    /// Tells whether replicas are being moved, or wait for their turn: then it is worth looking again soon.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.moving.iter().any(|p| p.under_way + p.waiting > 0)
    }
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
    /// What is to be known of it beside its fields, for people: why that failed which is restarted, what is likely a slip. A
    /// trace changes from look to look, and the plan's id does not.
    #[serde(skip)]
    pub notes: Vec<String>,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Change {
    /// Id of the topic that is changed or deleted: one made again under its name is another one. `None` for what is to
    /// be made, and for kinds without ids.
    pub id: Option<TopicId>,
    /// Fields that get a value; of an object that is made, all that are declared.
    pub set: Vec<SetField>,
    /// Fields that are given back.
    pub reset: Vec<ResetField>,
    /// Whether it overwrites a password that Headgate neither set nor saw in place, which is done by consent only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_consent: bool,
    /// Replicas by partition, preferred leader first: of a topic that is made from its first partition on, of one that
    /// grows from its first new one on. Empty: the controller places them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignment: Vec<Box<[i32]>>,
    /// Partitions that begin to move.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// Partitions whose preferred leader is to lead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elect: Vec<i32>,
    /// What it takes beside fields to write an object of another plane than Kafka's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Box<Beyond>>,
}

/// What it takes beside fields to write an object of another plane than Kafka's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Beyond {
    /// Where a connector is, or comes to be.
    Connector {
        /// The Connect cluster, by its name in `headgate.yaml`.
        connect: CompactString,
        /// What it is called there.
        name: CompactString,
    },
    /// The schema that is registered. Its digest stands among the fields.
    Schema(#[serde(skip)] DesiredSchema),
}

/// A partition that begins to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The partition.
    pub partition: i32,
    /// The replicas that it must still have.
    pub from: Box<[i32]>,
    /// Those that it is to have, preferred leader first.
    pub to: Box<[i32]>,
    /// Whether a move that is under way is taken back for it.
    pub cancel: bool,
}

/// A field that gets a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetField {
    /// The field, as `FieldChange` names it.
    pub path: CompactString,
    /// The object's own value that it replaces; `None` when it is not set on the object, or hidden.
    pub from: Option<CompactString>,
    /// The new value; of a secret, its fingerprint.
    pub to: CompactString,
    /// Where the value comes from, when it is a secret.
    pub secret: Option<SecretName>,
}

/// A field that is given back to its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResetField {
    /// The field.
    pub path: CompactString,
    /// The value it must still have; `None`: hidden.
    pub from: Option<CompactString>,
}

impl Change {
    /// Returns the new value of a field.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&str> {
        let mut fields = self.set.iter();
        fields.find(|f| f.path == path).map(|f| f.to.as_str())
    }

    /// Returns the config keys that get a value.
    pub fn config(&self) -> impl Iterator<Item = (ConfigKey, &SetField)> {
        self.set.iter().filter_map(|field| {
            let key = config_key(&field.path)?;
            Some((ConfigKey::new(key), field))
        })
    }
}

impl Move {
    /// Tells whether anything is copied: else it is over as soon as it is taken, and there is nothing to remember, to
    /// throttle or to take back.
    #[must_use]
    pub fn copies(&self) -> bool {
        !self.cancel && self.to.iter().any(|b| !self.from.contains(b))
    }
}

/// A change that is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// Kind of the object, or all of a cluster.
    pub kind: Subject,
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

/// What is withheld: a change to an object of a kind, or all that there is to do about a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All of it.
    Cluster,
    /// An object of this kind.
    Kind(Kind),
}

impl Subject {
    /// Returns the word for it: a kind's, or `Cluster`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Kind(kind) => kind.as_str(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
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
    /// Whether they are a broker's own and hide values that git declares for all brokers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hides: bool,
    /// Whether they are throttles of a reassignment while none is under way.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throttles: bool,
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
