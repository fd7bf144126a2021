//! What a pass teaches about each object (plan stage, pure).

use compact_str::CompactString;

use super::{
    Pass,
    deeds::Deeds,
    secrets::{self, Kept},
};
use crate::{
    desired::{DesiredRef, DesiredValue},
    live::{Field, LiveRef, Observed},
    model::{ConfigKey, Kind, Ledger, Mode, ObjectRef, Record, TopicId, is_throttle},
    plan::{
        beyond,
        draft::Inputs,
        fields::{self, Want},
        memory::{EXCLUSIVE, FOUND, MARK, Memory, OFFSETS, OFFSETS_BEGUN, left_path},
        moves::Outlook,
        special,
        walk::{Seen, Walk},
    },
};

/// Brings all records up to what was seen. Of a kind that is ignored, or was not listed,
/// nothing is learnt.
pub(super) fn learn(ledger: &mut Ledger, pass: &Pass<'_>, deeds: &Deeds<'_>) {
    let outlook = Outlook::of(&pass.left.moving);
    let inputs = Inputs::new(pass.desired, pass.live, ledger, &outlook, pass.now);
    let looked_at = |kind: &&Kind| pass.desired.mode(**kind) != Mode::Ignore;
    let walks = Kind::ALL.iter().filter(looked_at).filter_map(|kind| {
        match Walk::new(pass.desired, pass.live, ledger, *kind) {
            Observed::Known(walk) => Some(walk),
            Observed::Unknown(_) => None,
        }
    });
    let mut news: Vec<(ObjectRef, Option<Record>)> = Vec::new();
    let mut facts = Facts::default();
    for seen in walks.flatten() {
        if special::is_platform(&seen) {
            continue;
        }
        match lesson(&inputs, deeds, &seen, &mut facts) {
            Lesson::Nothing => {}
            Lesson::Record(record) => news.push((seen.object(), Some(record))),
            Lesson::Forget => news.push((seen.object(), None)),
        }
    }
    if news.is_empty() {
        return;
    }
    let records = ledger.records_mut();
    for (object, record) in news {
        match record {
            Some(record) => records.insert(object, record),
            None => records.remove(&object),
        };
    }
}

/// What one object teaches.
enum Lesson {
    /// Nothing new.
    Nothing,
    /// This is its record from now on.
    Record(Record),
    /// There is nothing left to remember.
    Forget,
}

fn lesson(inputs: &Inputs<'_>, deeds: &Deeds<'_>, seen: &Seen<'_>, facts: &mut Facts) -> Lesson {
    if seen.kind == Kind::ConsumerGroup {
        return of_group(inputs, seen);
    }
    match (seen.desired, &seen.live, seen.record) {
        (_, Some(Observed::Unknown(_)), _) => unseen(deeds, seen),
        (None, _, None) | (Some(_), None, None) => Lesson::Nothing,
        (Some(desired), Some(Observed::Known(live)), _) => {
            facts.of_present(inputs, deeds, seen, desired, *live);
            facts.teach(deeds, seen, Some(*live))
        }
        (Some(desired), None, Some(_)) => {
            facts.of_missing(inputs, seen, desired);
            facts.teach(deeds, seen, None)
        }
        (None, Some(Observed::Known(live)), Some(record)) => {
            match Memory::new(seen.record).is_ours(*live) {
                true => undeclared(deeds, seen, record),
                false => gone(deeds, seen, record),
            }
        }
        // several have its name: which of them was git's is not known
        (None, None, Some(_)) if is_beside_another(inputs, seen) => Lesson::Nothing,
        (None, None, Some(record)) => gone(deeds, seen, record),
    }
}

fn is_beside_another(inputs: &Inputs<'_>, seen: &Seen<'_>) -> bool {
    seen.kind == Kind::Connector && beyond::is_listed(inputs.live, seen.name)
}

/// Of an object that nobody saw after the write all that is learnt is that it was written.
fn unseen(deeds: &Deeds<'_>, seen: &Seen<'_>) -> Lesson {
    let object = seen.object();
    if !deeds.struck(&object) || (seen.desired.is_none() && seen.record.is_none()) {
        return Lesson::Nothing;
    }
    let mut record = seen.record.cloned().unwrap_or_default();
    deeds.count_rounds(&object, &mut record);
    Lesson::Record(record)
}

/// Gone, and that was all there was to it. A topic was looked for on every broker, and what went in this pass was seen to
/// go; for the rest one broker speaks, which may lag behind what is true: forgotten by mistake, access would stay for ever.
fn gone(deeds: &Deeds<'_>, seen: &Seen<'_>, record: &Record) -> Lesson {
    let sure = seen.kind == Kind::Topic || record.absent > 0 || deeds.made(&seen.object());
    match sure {
        true => Lesson::Forget,
        false => Lesson::Record(Record {
            absent: 1,
            ..record.clone()
        }),
    }
}

/// All that is kept of a group is where its offsets were set, or may have been; it ends with the document that says so.
fn of_group(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Lesson {
    let to = match seen.desired {
        Some(DesiredRef::Group(group)) => group.reset_to.as_ref(),
        _ => None,
    };
    let held = seen.record.and_then(|record| record.converged.as_ref());
    let kept = held.is_some_and(|c| {
        [OFFSETS, OFFSETS_BEGUN]
            .iter()
            .any(|path| c.get(path).is_some())
    });
    match to {
        None if kept => Lesson::Forget,
        // what a ledger finds in git when it is new may have been done under the one that was lost
        Some(to) if !kept && inputs.ledger.converged.is_none() => {
            let mut record = seen.record.cloned().unwrap_or_default();
            let held = record.converged.get_or_insert_default();
            held.insert(OFFSETS_BEGUN, &format!("{FOUND} {to}"));
            Lesson::Record(record)
        }
        _ => Lesson::Nothing,
    }
}

/// An object that git gave up stays recorded until it is gone; its values prove no drift any more, should git take it
/// back.
fn undeclared(deeds: &Deeds<'_>, seen: &Seen<'_>, record: &Record) -> Lesson {
    let object = seen.object();
    if record.converged.is_none() && record.absent == 0 && deeds.leaves_rounds(&object, record) {
        return Lesson::Nothing;
    }
    let mut record = record.clone();
    record.converged = None;
    record.absent = 0;
    deeds.count_rounds(&object, &mut record);
    Lesson::Record(record)
}

/// What is true of one declared object now: the values that are in place, and the keys that are git's. Kept between
/// objects, so that a pass without news allocates next to nothing.
#[derive(Default)]
struct Facts {
    values: Vec<(CompactString, CompactString)>,
    owned: Vec<ConfigKey>,
    secrets: Vec<Kept>,
}

impl Facts {
    fn value(&mut self, path: impl Into<CompactString>, value: impl Into<CompactString>) {
        self.values.push((path.into(), value.into()));
    }

    fn own(&mut self, key: &ConfigKey) {
        if !self.owned.contains(key) {
            self.owned.push(key.clone());
        }
    }

    /// A declared value stands as long as it is in place, and once it was, until git declares another one: that is how
    /// drift is told from a commit that is not carried out yet.
    fn of_present(
        &mut self,
        inputs: &Inputs<'_>,
        deeds: &Deeds<'_>,
        seen: &Seen<'_>,
        desired: DesiredRef<'_>,
        live: LiveRef<'_>,
    ) {
        self.values.clear();
        self.owned.clear();
        for want in &fields::wanted(inputs, desired) {
            self.declared(inputs, deeds, seen, live, want);
        }
        for key in left_alone(desired) {
            self.value(left_path(key.as_str()), MARK);
        }
        self.other_keys(inputs, seen, desired, live);
        self.offsets(inputs, seen, desired);
        self.secrets = secrets::kept(inputs, seen, desired, Some(live));
    }

    /// What is kept of a connector's offsets: where they were set, or may have been, as long as git says so.
    fn offsets(&mut self, inputs: &Inputs<'_>, seen: &Seen<'_>, desired: DesiredRef<'_>) {
        let DesiredRef::Connector(connector) = desired else {
            return;
        };
        let Some(to) = &connector.offsets else { return };
        let before = self.values.len();
        let memory = Memory::new(seen.record);
        for path in [OFFSETS, OFFSETS_BEGUN] {
            if let Some(held) = memory.value(path) {
                self.value(path, held);
            }
        }
        if self.values.len() == before && inputs.ledger.converged.is_none() {
            self.value(OFFSETS_BEGUN, format!("{FOUND} {to}"));
        }
    }

    fn declared(
        &mut self,
        inputs: &Inputs<'_>,
        deeds: &Deeds<'_>,
        seen: &Seen<'_>,
        live: LiveRef<'_>,
        want: &Want<'_>,
    ) {
        let is_throttle = |key: &ConfigKey| is_throttle(seen.kind, key.as_str());
        if want.key.as_ref().is_some_and(is_throttle) {
            return;
        }
        let memory = Memory::new(seen.record);
        let set = want
            .key
            .as_ref()
            .is_some_and(|key| deeds.set(seen.kind, seen.name, key));
        // what Kafka hides counts as in place once it was set
        let hidden = || set && live.field(&want.path) == Some(Field::Hidden);
        let in_place = fields::in_place(inputs, seen, live, want) || hidden();
        match &want.value {
            Observed::Known(value) => {
                if in_place || memory.held(seen.kind, &want.path, value, &inputs.types) {
                    self.value(want.path.clone(), value.clone());
                }
            }
            // a secret that cannot be read now may be the same as before
            Observed::Unknown(_) => {
                if let Some(held) = memory.value(&want.path) {
                    self.value(want.path.clone(), held);
                }
            }
        }
        let Some(key) = &want.key else { return };
        if in_place || set || memory.owns(key) {
            self.own(key);
        } else if special::claims_keys(inputs, seen.kind) && live.field(&want.path).is_some() {
            // somebody's value, that git did not come to replace yet: should git drop the key, it did not appear then
            self.value(left_path(key.as_str()), MARK);
        }
    }

    fn other_keys(
        &mut self,
        inputs: &Inputs<'_>,
        seen: &Seen<'_>,
        desired: DesiredRef<'_>,
        live: LiveRef<'_>,
    ) {
        let memory = Memory::new(seen.record);
        let mut foreign = false;
        for own in fields::unmentioned(Some(desired), live) {
            if memory.owns(&own.key) {
                self.own(&own.key);
                continue;
            }
            foreign |= !is_throttle(seen.kind, own.key.as_str());
            if memory.was_left(own.key.as_str()) {
                self.value(left_path(own.key.as_str()), MARK);
            }
        }
        if special::claims_keys(inputs, seen.kind) && (!foreign || memory.was_exclusive()) {
            self.value(EXCLUSIVE, MARK);
        }
    }

    /// Of an object that is gone only what git still declares stands.
    fn of_missing(&mut self, inputs: &Inputs<'_>, seen: &Seen<'_>, desired: DesiredRef<'_>) {
        self.values.clear();
        self.owned.clear();
        let memory = Memory::new(seen.record);
        for want in fields::wanted(inputs, desired) {
            if let Observed::Known(value) = want.value
                && memory.held(seen.kind, &want.path, &value, &inputs.types)
            {
                self.value(want.path, value);
            }
            if let Some(key) = want.key.filter(|key| memory.owns(key)) {
                self.own(&key);
            }
        }
        self.offsets(inputs, seen, desired);
        self.secrets = secrets::kept(inputs, seen, desired, None);
    }

    /// Compares the facts with the record, and makes a new one when they differ.
    fn teach(&mut self, deeds: &Deeds<'_>, seen: &Seen<'_>, live: Option<LiveRef<'_>>) -> Lesson {
        let (old, object) = (seen.record, seen.object());
        let id: Option<TopicId> = match live {
            Some(_) if deeds.is_unhealed(&object) => old.and_then(|r| r.topic_id),
            Some(live) => live.id(),
            // whoever makes it again: it is missing, not replaced
            None => None,
        };
        let known = old.is_some_and(|record| {
            record.topic_id == id
                && record.absent == 0
                && self.are_those_of(record, live.is_some())
                && deeds.leaves_rounds(&object, record)
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
            absent: 0,
            secrets: self.secrets.drain(..).collect(),
            restarts: old.and_then(|r| r.restarts.clone()),
        };
        deeds.count_rounds(&object, &mut record);
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
            && *record.secrets == *self.secrets
    }
}

/// Returns the keys that git leaves alone.
fn left_alone<'a>(desired: DesiredRef<'a>) -> impl Iterator<Item = &'a ConfigKey> {
    let config: &'a [(ConfigKey, DesiredValue)] = match desired {
        DesiredRef::Topic(topic) => &topic.config,
        DesiredRef::Config(object) => &object.config,
        DesiredRef::Connector(connector) => &connector.config,
        DesiredRef::Acl(_)
        | DesiredRef::User(_)
        | DesiredRef::Group(_)
        | DesiredRef::Schema(_)
        | DesiredRef::EverySubject(_) => &[],
    };
    let alone = config
        .iter()
        .filter(|(_, value)| *value == DesiredValue::LeaveAlone);
    alone.map(|(key, _)| key)
}
