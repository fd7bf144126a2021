//! Moves as people and executors read them (plan stage, pure): fields, progress, and the changes to topics that nobody
//! declares.

use compact_str::{CompactString, ToCompactString, format_compact};

use super::topic::{Hold, TopicMoves};
use crate::{
    live::{LiveTopic, Observed},
    model::{Gate, Kind, ObjectRef, Risk, Verb},
    plan::{
        Action, Blocked, Change, FieldChange, Progress, Subject,
        draft::{Draft, Inputs, field},
        memory::{LEADERS, PLACEMENT, REPLICATION_FACTOR},
    },
};

/// What becomes of a field that differs.
pub(in crate::plan) enum Fate {
    /// It is changed now.
    Due,
    /// It is withheld.
    Held(Hold),
    /// It is being changed, or waits for its turn.
    UnderWay,
}

impl TopicMoves {
    /// Tells which fields differ, and what becomes of each.
    pub(in crate::plan) fn told(&self) -> Vec<(FieldChange, Fate)> {
        let mut fields = Vec::new();
        if let Some((declared, other)) = self.factor {
            let live = Some(other.to_compact_string());
            fields.push(field(
                REPLICATION_FACTOR,
                live,
                Some(declared.to_compact_string()),
            ));
        }
        if self.misplaced || (self.astray() > 0 && self.factor.is_none()) {
            let in_place = self.partitions - self.astray();
            let live = format_compact!("{in_place} of {} partitions in place", self.partitions);
            fields.push(field(PLACEMENT, Some(live), Some(self.words.clone())));
        }
        let begins = self.begin().next().is_some();
        let fate = |first: bool| match (&self.held, begins) {
            (Some(hold), _) if !first && self.withholds() => Fate::Held(hold.clone()),
            (_, true) => Fate::Due,
            (Some(hold), false) if self.withholds() => Fate::Held(hold.clone()),
            _ => Fate::UnderWay,
        };
        let mut told: Vec<(FieldChange, Fate)> =
            fields.iter().map(|f| (f.clone(), fate(true))).collect();
        // some are taken back while others may not begin
        if begins && self.withholds() {
            told.extend(fields.iter().map(|f| (f.clone(), fate(false))));
        }
        if !self.elect.is_empty() {
            let rest = self.partitions - self.elect.len();
            let live = format_compact!(
                "{rest} of {} partitions led by the preferred one",
                self.partitions
            );
            let fate = match &self.held {
                Some(hold) => Fate::Held(hold.clone()),
                None => Fate::Due,
            };
            told.push((field(LEADERS, Some(live), Some("preferred".into())), fate));
        }
        told
    }

    /// Says that somebody else is moving partitions elsewhere.
    pub(in crate::plan) fn strangers(&self) -> Option<(FieldChange, Hold)> {
        let hold = || Hold {
            gate: Gate::InUse,
            reason: format!(
                "somebody else is moving its partitions {:?} to where git does not want them; it opens when that has ended, \
                 or was cancelled with kafka-reassign-partitions",
                self.strangers
            ),
        };
        let live = format_compact!(
            "{} of {} partitions being moved",
            self.strangers.len(),
            self.partitions
        );
        let field = field(PLACEMENT, Some(live), Some(self.words.clone()));
        (!self.strangers.is_empty()).then(|| (field, hold()))
    }

    /// Makes what begins now part of an action.
    pub(in crate::plan) fn add_to(&self, action: &mut Action) {
        action.change.moves = self.begin().cloned().collect();
        if self.held.is_none() {
            action.change.elect.clone_from(&self.elect);
        }
        if !action.change.moves.is_empty() || !action.change.elect.is_empty() {
            action.risk = action.risk.max(Risk::Disruptive);
        }
    }

    /// Tells whether anything begins now.
    pub(in crate::plan) fn begins(&self) -> bool {
        let elects = self.held.is_none() && !self.elect.is_empty();
        elects || self.begin().next().is_some()
    }
}

/// Tells how far the moves of a topic are. What is `denied` waits for no turn.
pub(super) fn progress(name: &CompactString, moves: &TopicMoves, denied: bool) -> Progress {
    let due = moves.due.len();
    let held = match denied || moves.held.is_some() {
        true => due,
        false => 0,
    };
    Progress {
        object: ObjectRef::topic(name),
        partitions: moves.partitions,
        in_place: moves.partitions - moves.astray(),
        under_way: moves.under_way + moves.strangers.len() + moves.turned.len(),
        waiting: due - held,
        held,
    }
}

/// Plans the topics that nobody declares, and those that are the platform's: git's word about brokers.
pub(in crate::plan) fn others(inputs: &Inputs<'_>, draft: &mut Draft) {
    for (name, moves) in inputs.moves.topics() {
        let Some(Observed::Known(live)) = inputs.kafka.topics.get(name.as_str()) else {
            continue;
        };
        if !inputs.is_declared(name, live) {
            other(inputs, name, live, moves, draft);
        }
    }
}

fn other(
    inputs: &Inputs<'_>,
    name: &CompactString,
    live: &LiveTopic,
    moves: &TopicMoves,
    draft: &mut Draft,
) {
    let object = ObjectRef::topic(name);
    let mut action = Action {
        object: object.clone(),
        verb: Verb::Update,
        risk: Risk::Safe,
        cause: inputs.cause(false),
        fields: Vec::new(),
        source: Some(inputs.desired.place.clone()),
        notes: Vec::new(),
        change: Change {
            id: Some(live.id),
            ..Change::default()
        },
    };
    let mut held: Vec<(Hold, Vec<FieldChange>)> = Vec::new();
    for (field, fate) in moves.told() {
        match fate {
            Fate::Due => action.fields.push(field),
            Fate::Held(hold) => held.push((hold, vec![field])),
            Fate::UnderWay => {}
        }
    }
    held.extend(moves.strangers().map(|(field, hold)| (hold, vec![field])));
    for (Hold { gate, reason }, fields) in held {
        draft.blocked.push(Blocked {
            kind: Subject::Kind(Kind::Topic),
            name: name.clone(),
            action: Verb::Update,
            gate,
            reason,
            fields,
            source: Some(inputs.desired.place.clone()),
        });
    }
    let deleted = draft.actions.iter().any(|a| a.object == object);
    if moves.begins() && !deleted {
        moves.add_to(&mut action);
        draft.push(action, None);
    }
}
