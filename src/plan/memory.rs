//! What the ledger remembers of an object's fields, and what that says about the cause of a difference (plan stage,
//! pure). The paths stand in the ledger: a changed spelling would turn old drift into a commit's work.

use compact_str::{CompactString, format_compact};

use super::KeyTypes;
use crate::{
    live::LiveRef,
    model::{CONFIG, ConfigKey, Converged, Kind, Record, TopicId},
};

/// Path of the number of partitions.
pub(super) const PARTITIONS: &str = "partitions";
/// Path of the number of replicas.
pub(super) const REPLICATION_FACTOR: &str = "replicationFactor";
/// Path of where replicas lie.
pub(super) const PLACEMENT: &str = "placement";
/// Path of who leads; never remembered, since leadership moves by itself whenever a broker restarts.
pub(super) const LEADERS: &str = "leaders";
/// The topic config that says how many replicas have to be in sync.
pub(super) const MIN_INSYNC: &str = "min.insync.replicas";
/// Path of the offsets of a group.
pub(super) const OFFSETS: &str = "offsets";
/// Path of what the offsets of a group may have been set to: `<since when> <where to>`.
pub(super) const OFFSETS_BEGUN: &str = "begun.offsets";
/// What stands there for a moment before the ledger.
pub(super) const FOUND: &str = "before";
/// Marks that under `owns.topicConfigs` nothing undeclared was set: a foreign key that shows up later has drifted, one
/// that was there when the scope was claimed is the commit's work.
pub(super) const EXCLUSIVE: &str = "config";
/// The value of a mark.
pub(super) const MARK: &str = "true";

/// Returns the path of a config key.
pub(super) fn config_path(key: &str) -> CompactString {
    format_compact!("{CONFIG}{key}")
}

/// Returns the path that marks a key as left alone (`null` in git): once the `null` goes, what stands there is no drift.
pub(super) fn left_path(key: &str) -> CompactString {
    format_compact!("left.{key}")
}

/// The memory of one object; of one never seen it is empty.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a> {
    record: Option<&'a Record>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(record: Option<&'a Record>) -> Self {
        Self { record }
    }

    fn converged(&self) -> Option<&'a Converged> {
        self.record.and_then(|r| r.converged.as_ref())
    }

    /// Returns what was in place when it was last seen so.
    pub(super) fn value(&self, path: &str) -> Option<&'a str> {
        self.converged()?.get(path)
    }

    /// Returns where the offsets of a group may have been set, though nobody knows whether they were, and since when.
    pub(super) fn begun_offsets(&self) -> Option<(&'a str, &'a str)> {
        self.value(OFFSETS_BEGUN)?.split_once(' ')
    }

    /// Tells whether the object was ever seen in place while it was declared.
    pub(super) fn was_in_place(&self) -> bool {
        self.converged().is_some()
    }

    /// Tells whether what git declares for a field was in place already: if it differs now, it drifted.
    pub(super) fn held(
        &self,
        kind: Kind,
        path: &str,
        declared: &str,
        types: &KeyTypes<'_>,
    ) -> bool {
        self.value(path)
            .is_some_and(|was| types.same_field(kind, path, was, declared))
    }

    /// Tells whether a foreign key appeared after the topic was seen to have none.
    pub(super) fn appeared(&self, key: &str) -> bool {
        self.was_exclusive() && !self.was_left(key)
    }

    /// Tells whether the topic was seen to hold nothing undeclared while that was asked for.
    pub(super) fn was_exclusive(&self) -> bool {
        self.value(EXCLUSIVE).is_some()
    }

    /// Tells whether git left the key alone before.
    pub(super) fn was_left(&self, key: &str) -> bool {
        self.value(&left_path(key)).is_some()
    }

    /// Tells whether the key is git's: declared once and seen in place, or set by Headgate.
    pub(super) fn owns(&self, key: &ConfigKey) -> bool {
        self.record.is_some_and(|r| r.owned.contains(key))
    }

    /// Tells whether the topic of this id is another one than was last seen under its name.
    pub(super) fn replaced(&self, id: TopicId) -> bool {
        self.record
            .and_then(|r| r.topic_id)
            .is_some_and(|known| known != id)
    }

    /// Tells whether a live object was declared once, so that its deletion is git's business.
    pub(super) fn is_ours(&self, live: LiveRef<'_>) -> bool {
        match live {
            LiveRef::Topic(topic) => self.record.is_some() && !self.replaced(topic.id),
            // of an object that is nothing but keys only those are git's that it declared
            LiveRef::Config(config) => config.iter().any(|own| self.owns(&own.key)),
            LiveRef::Acl | LiveRef::User(_) | LiveRef::Subject(_) | LiveRef::Connector(_) => {
                self.record.is_some()
            }
            LiveRef::Group(_) => false,
        }
    }
}
