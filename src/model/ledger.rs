//! What Headgate remembers of one cluster, as a value: the planner reads it, the store (rank 6) keeps it.

use std::{collections::BTreeMap, sync::Arc};

use compact_str::CompactString;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Begun, ClusterId, CommitId, ConfigKey, DriftClass, Fingerprint, Kind, ObjectRef, TopicId,
    TopicName, Verb,
};

/// The memory of one cluster. An empty one is right, only ignorant: nothing is ever deleted or reset because of what
/// it lacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// Id of the live cluster that all of this is about, from the first complete observation on.
    pub cluster_id: Option<ClusterId>,
    /// By kind, the revision of the last pass that could list it, whatever became of its actions: an undeclared object
    /// that comes into view under it later was made since.
    pub observed: BTreeMap<Kind, CommitId>,
    /// Revision of the last pass that ran its actions without an error.
    pub applied: Option<CommitId>,
    /// Revision that an observation last showed to be in place, with nothing left to do.
    pub converged: Option<CommitId>,
    /// What is known of each object that was ever declared; an entry goes when the object is seen to be gone.
    /// Shared, since a pass keeps what was before it and most passes change nothing.
    pub records: Arc<BTreeMap<ObjectRef, Record>>,
    /// Writes that were about to be made when they were noted, and whose outcome no observation has settled yet.
    pub intents: Vec<Intent>,
    /// Drift that is open now, so that it counts once, also over a restart.
    pub drift: BTreeMap<(ObjectRef, DriftClass), DriftRecord>,
    /// Consents by which something was deleted, until they end: each is good for one deletion.
    pub consents: Vec<UsedConsent>,
    /// Moves of replicas that are Headgate's, and the throttles it set for them.
    pub begun: Begun,
    /// Topics that may be about to go and have emptied partitions, each with since when nothing was written there.
    pub quiet: BTreeMap<TopicName, Quiet>,
}

impl Ledger {
    /// Hands the records out to be changed.
    pub fn records_mut(&mut self) -> &mut BTreeMap<ObjectRef, Record> {
        Arc::make_mut(&mut self.records)
    }
}

/// How long nothing was seen to be written to the emptied partitions of a topic: nothing but watching where they end tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// The topic's id: another one begins anew.
    pub id: TopicId,
    /// How many offsets those partitions have given out, together.
    pub emptied: i64,
    /// When that was first seen.
    pub since: Timestamp,
}

/// A consent by which its object was deleted. One with another reason or date is another consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsedConsent {
    /// What was deleted.
    pub object: ObjectRef,
    /// The consent's reason.
    pub reason: String,
    /// The last day on which the consent holds.
    pub until: Date,
    /// The day (UTC) on which the object was deleted.
    pub on: Date,
}

/// What is remembered of one object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The topic id last seen under this name; another one means the topic was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<TopicId>,
    /// Config keys that are git's: declared and seen in place, whoever set them, or set by Headgate. They are reset once
    /// git no longer declares them; all others are foreign. Declaring, not writing, makes a key git's, so that a lost
    /// ledger finds its keys again.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub owned: Box<[ConfigKey]>,
    /// What was in place, and declared so, when an observation last showed the two equal. `None`: never yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converged: Option<Converged>,
    /// The same change made, acknowledged and still differing this often in a row: at 3 the object is contended.
    #[serde(default)]
    pub rounds: u32,
    /// Digest of the change that `rounds` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<str>>,
    /// Passes in a row in which an object that git gave up was not seen: one broker that lags does not make it gone.
    #[serde(default, skip_serializing_if = "is_seen")]
    pub absent: u8,
    /// Keys of a connector whose values git takes from secrets, or did so before, with what tells the last one that could be
    /// read; as long as the connector has the key. Connect tells every value in clear.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub secrets: Box<[(ConfigKey, Option<Fingerprint>)]>,
    /// Restarts of a connector that failed, in a row. Few objects have any, so they stand apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<Box<Restarts>>,
}

/// Restarts in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// How many.
    pub count: u32,
    /// When the last one was made.
    pub at: Timestamp,
    /// Since when it was seen to run well in every pass that saw it. Default: the last one saw something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_seen(absent: &u8) -> bool {
    *absent == 0
}

impl Record {
    /// Remembers that Headgate set a key.
    pub fn own(&mut self, key: &ConfigKey) {
        if !self.owned.contains(key) {
            let mut owned = std::mem::take(&mut self.owned).into_vec();
            owned.push(key.clone());
            owned.sort_unstable();
            self.owned = owned.into();
        }
    }
}

/// The declared values of an object at the moment they were seen in place, by field path as plans name them
/// (`partitions`, `config.retention.ms`): a field that still is declared so and differs has drifted.
///
/// A sorted slice: a map of so few fields would take three times the memory, and there is one for each object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    from = "BTreeMap<CompactString, CompactString>",
    into = "BTreeMap<CompactString, CompactString>"
)]
pub struct Converged(Box<[(CompactString, CompactString)]>);

impl Converged {
    /// Returns the fields and their values, by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.map(|(path, value)| (path.as_str(), value.as_str()))
    }

    /// Returns the value of a field.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        let place = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(path));
        place.ok().map(|index| self.0[index].1.as_str())
    }

    /// Sets the value of a field.
    pub fn insert(&mut self, path: &str, value: &str) {
        let mut fields = std::mem::take(&mut self.0).into_vec();
        match fields.binary_search_by(|(known, _)| known.as_str().cmp(path)) {
            Ok(index) => fields[index].1 = value.into(),
            Err(index) => fields.insert(index, (path.into(), value.into())),
        }
        self.0 = fields.into();
    }

    /// Forgets the fields for which `keep` is false.
    pub fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        let mut fields = std::mem::take(&mut self.0).into_vec();
        fields.retain(|(path, value)| keep(path, value));
        self.0 = fields.into();
    }
}

impl<P: Into<CompactString>, V: Into<CompactString>> FromIterator<(P, V)> for Converged {
    fn from_iter<I: IntoIterator<Item = (P, V)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        BTreeMap::from_iter(fields.map(|(path, value)| (path.into(), value.into()))).into()
    }
}

impl From<BTreeMap<CompactString, CompactString>> for Converged {
    fn from(fields: BTreeMap<CompactString, CompactString>) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl From<Converged> for BTreeMap<CompactString, CompactString> {
    fn from(converged: Converged) -> Self {
        converged.0.into_iter().collect()
    }
}

/// A drift that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftRecord {
    /// When it was first seen.
    pub since: Timestamp,
}

/// A write that is about to be made, noted before the call: after a crash the next pass looks whether it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The object.
    pub object: ObjectRef,
    /// What is done to it.
    pub verb: Verb,
    /// Config values about to be set: the keys become owned if live is then seen to hold these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<(ConfigKey, CompactString)>,
    /// Partitions about to be moved, and where to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<(i32, Box<[i32]>)>,
    /// Where the offsets of a group are about to be set: nothing shows afterwards whether they were, so they never are
    /// twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offsets: Option<CompactString>,
    /// When it was noted.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converged_fields_are_found_in_whatever_order_they_came() {
        let mut fields = Converged::from_iter([("partitions", "3"), ("config.a", "1")]);
        assert_eq!(fields.get("partitions"), Some("3"));
        assert_eq!(fields.get("config.a"), Some("1"));
        assert_eq!(fields.get("config.b"), None);
        fields.retain(|path, _| path == "partitions");
        assert_eq!(fields, Converged::from_iter([("partitions", "3")]));
    }

    #[test]
    fn a_key_is_owned_once() {
        let mut record = Record::default();
        for key in ["b", "a", "b"] {
            record.own(&ConfigKey::new(key));
        }
        assert_eq!(*record.owned, ["a", "b"].map(ConfigKey::new));
    }
}
