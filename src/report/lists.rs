//! Lists of one cluster (rank 4), a page at a time, from what the last pass left; those of each kind stand beside its items.

use std::{borrow::Borrow, collections::BTreeMap, ops::Bound, sync::Arc};

use jiff::Timestamp;

use super::{
    BlockedItem, ClusterView, DriftItem, HistoryEntry, Page, SourcePlace, Standing, item::owner,
};
use crate::{
    desired::DesiredRef,
    live::{KafkaLive, Observed},
    model::{ObjectRef, Plane},
    plan::{OpenDrift, Subject},
};

/// What a list needs of the cluster: `None` while it was never seen, unknown when the last look could not read it.
pub type Seen<T> = Option<Observed<T>>;

impl ClusterView {
    pub(super) fn kafka(&self) -> Option<&KafkaLive> {
        self.live.as_ref()?.kafka.known()
    }

    /// Returns what was last seen of a plane beside Kafka, which not every cluster has.
    pub(super) fn beside<'a, T>(&self, plane: Plane, kept: Option<&'a Arc<T>>) -> Seen<&'a T> {
        match (kept, self.status.planes.get(&plane)) {
            (Some(kept), _) => Some(Observed::Known(kept)),
            (None, Some(state)) => {
                let why = state.reason.clone();
                Some(Observed::Unknown(why.unwrap_or_default()))
            }
            (None, None) if self.status.planes.is_empty() => None,
            (None, None) => Some(Observed::Unknown(format!(
                "headgate.yaml names no {plane} for this cluster, or its Cluster document ignores what it holds"
            ))),
        }
    }

    /// Returns open drift behind the cursor, sorted by kind, name and class.
    #[must_use]
    pub fn drift(&self, cursor: Option<&str>, limit: usize) -> Page<DriftItem> {
        let start = cursor.map_or(0, |c| {
            self.drift.partition_point(|o| drift_key(o).as_str() <= c)
        });
        Page::take(
            self.drift[start..].iter(),
            limit,
            |o| drift_key(o),
            DriftItem::from,
        )
    }

    /// Returns open drift of one object.
    pub(super) fn drift_of(&self, object: &ObjectRef) -> Vec<DriftItem> {
        let open = self.drift.iter().filter(|o| o.drift.object == *object);
        open.map(DriftItem::from).collect()
    }

    /// Returns the changes to one object that are withheld.
    pub(super) fn blocked_of(&self, object: &ObjectRef) -> Vec<BlockedItem> {
        let plan = self.plan.iter().map(|(_, plan)| plan);
        let blocked = plan.flat_map(|plan| &plan.blocked);
        blocked
            .filter(|b| b.kind == Subject::Kind(object.kind) && b.name == object.name)
            .map(BlockedItem::from)
            .collect()
    }

    /// Tells how an object stands of which `seen` is known.
    pub(super) fn standing<T>(&self, object: &ObjectRef, seen: &Observed<T>) -> Standing {
        let declared = self.declaration(object);
        Standing {
            owner: owner(declared.is_some()).to_owned(),
            declared,
            drift: self.drift_of(object),
            unknown: seen.unknown().map(str::to_owned),
        }
    }

    /// Tells where an object is declared, whether it exists or not.
    #[must_use]
    pub fn declaration(&self, object: &ObjectRef) -> Option<SourcePlace> {
        Some(self.declared(object)?.place().into())
    }

    pub(super) fn declared(&self, object: &ObjectRef) -> Option<DesiredRef<'_>> {
        self.desired.as_ref()?.object(object)
    }

    /// Returns passes behind the cursor, newest first.
    #[must_use]
    pub fn history(&self, cursor: Option<Timestamp>, limit: usize) -> Page<HistoryEntry> {
        let entries = self.history.newest_first();
        let behind = entries.filter(|e| cursor.is_none_or(|c| e.started_at < c));
        Page::take(behind, limit, |e| e.started_at.to_string(), Clone::clone)
    }
}

/// Takes a page off a map: the entries behind the cursor, which is a name.
pub(super) fn page<'a, K: Borrow<str> + Ord, V, T>(
    all: &'a BTreeMap<K, V>,
    cursor: Option<&str>,
    limit: usize,
    item: impl Fn(&'a str, &'a V) -> T,
) -> Page<T> {
    let entries = all.range::<str, _>((behind(cursor), Bound::Unbounded));
    let entries = entries.map(|(name, value)| (name.borrow(), value));
    let key = |(name, _): &(&str, &V)| (*name).to_owned();
    Page::take(entries, limit, key, |(name, value)| item(name, value))
}

/// Returns where a page begins.
pub(super) fn behind(cursor: Option<&str>) -> Bound<&str> {
    cursor.map_or(Bound::Unbounded, Bound::Excluded)
}

pub(super) fn drift_key(open: &OpenDrift) -> String {
    let drift = &open.drift;
    // kinds and classes are single words, so whatever stands in a name, each drift has a key of its own
    format!(
        "{} {} {}",
        drift.object.kind, drift.object.name, drift.class
    )
}
