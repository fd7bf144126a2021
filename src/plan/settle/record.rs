//! What a pass teaches about each object (plan stage, pure).

use compact_str::{CompactString, ToCompactString};

use super::{Pass, deeds::Deeds};
use crate::{
    desired::{DesiredTopic, DesiredValue},
    live::{KafkaLive, LiveTopic, Observed},
    model::{ConfigKey, Ledger, ObjectRef, Record},
    plan::{
        diff,
        draft::Inputs,
        memory::{EXCLUSIVE, MARK, Memory, PARTITIONS, REPLICATION_FACTOR, config_path, left_path},
        platform,
        walk::{Seen, Walk},
    },
};

/// Brings all records up to what was seen, and names the ones that changed.
pub(super) fn learn(
    ledger: &mut Ledger,
    pass: &Pass<'_>,
    kafka: &KafkaLive,
    deeds: &Deeds<'_>,
) -> Vec<ObjectRef> {
    let inputs = Inputs::new(pass.desired, kafka, ledger, pass.now);
    let mut news: Vec<(ObjectRef, Option<Record>)> = Vec::new();
    let mut facts = Facts::default();
    for seen in Walk::new(pass.desired, kafka, ledger) {
        if platform::is_platform(seen.name, seen.live) {
            continue;
        }
        match lesson(&inputs, deeds, &seen, &mut facts) {
            Lesson::Nothing => {}
            Lesson::Record(record) => news.push((ObjectRef::topic(seen.name), Some(record))),
            Lesson::Forget => news.push((ObjectRef::topic(seen.name), None)),
        }
    }
    let store = |(object, record): (ObjectRef, Option<Record>)| {
        match record {
            Some(record) => ledger.records.insert(object.clone(), record),
            None => ledger.records.remove(&object),
        };
        object
    };
    news.into_iter().map(store).collect()
}

/// What one topic teaches.
enum Lesson {
    /// Nothing new.
    Nothing,
    /// This is its record from now on.
    Record(Record),
    /// There is nothing left to remember.
    Forget,
}

fn lesson(inputs: &Inputs<'_>, deeds: &Deeds<'_>, seen: &Seen<'_>, facts: &mut Facts) -> Lesson {
    match (seen.desired, seen.live, seen.record) {
        (_, Some(Observed::Unknown(_)), _) | (None, _, None) | (Some(_), None, None) => {
            Lesson::Nothing
        }
        (Some(desired), Some(Observed::Known(live)), _) => {
            facts.of_present(inputs, deeds, seen, desired, live);
            facts.teach(deeds, seen, Some(live))
        }
        (Some(desired), None, Some(_)) => {
            facts.of_missing(inputs, seen, desired);
            facts.teach(deeds, seen, None)
        }
        (None, Some(Observed::Known(live)), Some(record)) => {
            let ours = record.topic_id.is_none_or(|id| id == live.id);
            match ours {
                true => undeclared(deeds, seen, record),
                false => Lesson::Forget,
            }
        }
        // gone, and that was all there was to it
        (None, None, Some(_)) => Lesson::Forget,
    }
}

/// A topic that git gave up stays recorded until it is gone; its values prove no drift any more, should git take it
/// back.
fn undeclared(deeds: &Deeds<'_>, seen: &Seen<'_>, record: &Record) -> Lesson {
    if record.converged.is_none() && deeds.leaves_rounds(seen.name, record) {
        return Lesson::Nothing;
    }
    let mut record = record.clone();
    record.converged = None;
    deeds.count_rounds(seen.name, &mut record);
    Lesson::Record(record)
}

/// What is true of one declared topic now: the values that are in place, and the keys that are git's. Kept between
/// topics, so that a pass without news allocates next to nothing.
#[derive(Default)]
struct Facts {
    values: Vec<(CompactString, CompactString)>,
    owned: Vec<ConfigKey>,
}

impl Facts {
    fn value(&mut self, path: impl Into<CompactString>, value: impl Into<CompactString>) {
        self.values.push((path.into(), value.into()));
    }

    /// A declared value stands as long as it is in place, and once it was, until git declares another one: that is how
    /// drift is told from a commit that is not carried out yet.
    fn of_present(
        &mut self,
        inputs: &Inputs<'_>,
        deeds: &Deeds<'_>,
        seen: &Seen<'_>,
        desired: &DesiredTopic,
        live: &LiveTopic,
    ) {
        self.values.clear();
        self.owned.clear();
        let memory = Memory::new(seen.record);
        let partitions = desired.partitions.to_compact_string();
        if live.partitions.len() == desired.partitions as usize
            || memory.held(PARTITIONS, &partitions)
        {
            self.value(PARTITIONS, partitions);
        }
        let factor = desired.replication_factor.to_compact_string();
        if diff::other_replication_factor(live, desired.replication_factor.into()).is_none()
            || memory.held(REPLICATION_FACTOR, &factor)
        {
            self.value(REPLICATION_FACTOR, factor);
        }
        for (key, value) in &desired.config {
            match value {
                DesiredValue::Set(value) => {
                    self.declared_key(inputs, deeds, seen, live, key, value)
                }
                DesiredValue::Secret(_) => {}
                DesiredValue::LeaveAlone => self.value(left_path(key.as_str()), MARK),
            }
        }
        self.other_keys(inputs, memory, desired, live);
    }

    fn declared_key(
        &mut self,
        inputs: &Inputs<'_>,
        deeds: &Deeds<'_>,
        seen: &Seen<'_>,
        live: &LiveTopic,
        key: &ConfigKey,
        value: &CompactString,
    ) {
        if platform::is_throttle(key.as_str()) {
            return;
        }
        let memory = Memory::new(seen.record);
        let set = deeds.set(seen.name, key);
        // what Kafka hides counts as in place once it was set
        let hidden = set && live.config_value(key.as_str()) == Some(None);
        let in_place = hidden || diff::in_place(inputs, memory, live, key, value);
        if in_place || memory.held_config(key.as_str(), value, &inputs.types) {
            self.value(config_path(key.as_str()), value.clone());
        }
        if in_place || set || memory.owns(key) {
            self.owned.push(key.clone());
        }
    }

    fn other_keys(
        &mut self,
        inputs: &Inputs<'_>,
        memory: Memory<'_>,
        desired: &DesiredTopic,
        live: &LiveTopic,
    ) {
        let mut foreign = false;
        for own in &live.config {
            if desired.config.iter().any(|(key, _)| *key == own.key) {
                continue;
            }
            if memory.owns(&own.key) {
                self.owned.push(own.key.clone());
                continue;
            }
            foreign |= !platform::is_throttle(own.key.as_str());
            if memory.was_left(own.key.as_str()) {
                self.value(left_path(own.key.as_str()), MARK);
            }
        }
        if inputs.desired.owns.topic_configs && (!foreign || memory.was_exclusive()) {
            self.value(EXCLUSIVE, MARK);
        }
    }

    /// Of a topic that is gone only what git still declares stands.
    fn of_missing(&mut self, inputs: &Inputs<'_>, seen: &Seen<'_>, desired: &DesiredTopic) {
        self.values.clear();
        self.owned.clear();
        let memory = Memory::new(seen.record);
        for (path, number) in [
            (PARTITIONS, desired.partitions.to_compact_string()),
            (
                REPLICATION_FACTOR,
                desired.replication_factor.to_compact_string(),
            ),
        ] {
            if memory.held(path, &number) {
                self.value(path, number);
            }
        }
        for (key, value) in &desired.config {
            let DesiredValue::Set(value) = value else {
                continue;
            };
            if memory.held_config(key.as_str(), value, &inputs.types) {
                self.value(config_path(key.as_str()), value.clone());
            }
            if memory.owns(key) {
                self.owned.push(key.clone());
            }
        }
    }

    /// Compares the facts with the record, and makes a new one when they differ.
    fn teach(&mut self, deeds: &Deeds<'_>, seen: &Seen<'_>, live: Option<&LiveTopic>) -> Lesson {
        let old = seen.record;
        let id = match live {
            Some(_) if deeds.is_unhealed(seen.name) => old.and_then(|r| r.topic_id),
            Some(live) => Some(live.id),
            // whoever makes it again: it is missing, not replaced
            None => None,
        };
        let known = old.is_some_and(|record| {
            record.topic_id == id
                && self.are_those_of(record, live.is_some())
                && deeds.leaves_rounds(seen.name, record)
        });
        if known {
            return Lesson::Nothing;
        }
        let was_in_place = live.is_some() || Memory::new(old).was_in_place();
        self.owned.sort_unstable();
        let mut record = Record {
            topic_id: id,
            owned: self.owned.drain(..).collect(),
            converged: was_in_place.then(|| self.values.drain(..).collect()),
            rounds: old.map_or(0, |r| r.rounds),
            change: old.and_then(|r| r.change.clone()),
        };
        deeds.count_rounds(seen.name, &mut record);
        Lesson::Record(record)
    }

    fn are_those_of(&self, record: &Record, is_live: bool) -> bool {
        let values = match &record.converged {
            Some(converged) => {
                converged.iter().len() == self.values.len()
                    && self
                        .values
                        .iter()
                        .all(|(path, value)| converged.get(path) == Some(value))
            }
            None => !is_live,
        };
        values
            && record.owned.len() == self.owned.len()
            && self.owned.iter().all(|key| record.owned.contains(key))
    }
}
