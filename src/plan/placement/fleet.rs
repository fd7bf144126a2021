//! The brokers by index (plan stage, pure): everything below counts in indices, ids come back at the end.

use std::collections::BTreeMap;

use super::{Broker, Estate, Standing};

/// All brokers, those too that only replicas name.
pub(super) struct Fleet {
    /// Ids, ascending; a broker's index is its place here.
    pub(super) ids: Vec<i32>,
    /// Whether it is listed, rather than merely named by a replica.
    pub(super) listed: Vec<bool>,
    pub(super) standing: Vec<Standing>,
    /// Index of its rack.
    pub(super) rack: Vec<usize>,
    /// How many racks there are.
    pub(super) racks: usize,
}

impl Fleet {
    pub(super) fn new(estate: &Estate<'_>) -> Self {
        let mut brokers: BTreeMap<i32, Option<&Broker<'_>>> = BTreeMap::new();
        for broker in &estate.brokers {
            brokers.entry(broker.id).or_insert(Some(broker));
        }
        for id in estate
            .topics
            .iter()
            .flat_map(|t| &t.current)
            .flat_map(|p| p.replicas)
        {
            if !brokers.contains_key(id) {
                brokers.insert(*id, None);
            }
        }
        let (rack, racks) = racks(&brokers);
        Self {
            ids: brokers.keys().copied().collect(),
            listed: brokers.values().map(Option::is_some).collect(),
            standing: brokers
                .values()
                .map(|b| b.map_or(Standing::Away, |b| b.standing))
                .collect(),
            rack,
            racks,
        }
    }

    /// Returns the index of a broker.
    pub(super) fn index(&self, id: i32) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.ids.len()
    }

    /// Returns the ids of those of the listed brokers that fulfil a condition.
    pub(super) fn ids_where(&self, condition: impl Fn(usize) -> bool) -> Vec<i32> {
        let all = self.all().filter(|&b| self.listed[b] && condition(b));
        all.map(|b| self.ids[b]).collect()
    }
}

/// Numbers the racks. They count when every serving broker has one; a broker whose rack does not count or is not known
/// is a rack of its own.
fn racks(brokers: &BTreeMap<i32, Option<&Broker<'_>>>) -> (Vec<usize>, usize) {
    let listed = || brokers.values().flatten();
    let counts = listed().all(|b| b.rack.is_some() || b.standing != Standing::Serving);
    let mut numbers = BTreeMap::new();
    for name in listed().filter_map(|b| b.rack).filter(|_| counts) {
        let next = numbers.len();
        numbers.entry(name).or_insert(next);
    }
    let mut next = numbers.len();
    let mut number = |broker: Option<&Broker<'_>>| {
        let named = broker
            .and_then(|b| b.rack)
            .and_then(|name| numbers.get(name));
        named.copied().unwrap_or_else(|| {
            next += 1;
            next - 1
        })
    };
    let rack: Vec<usize> = brokers.values().map(|b| number(*b)).collect();
    (rack, next)
}
