//! Where a declared topic's replicas lie, as a part of its diff (plan stage, pure).

use super::{Diff, Difference};
use crate::{
    live::LiveRef,
    plan::{
        FieldChange,
        fields::Want,
        memory::{MIN_INSYNC, PARTITIONS, PLACEMENT, REPLICATION_FACTOR},
        moves::{Fate, Hold},
    },
};

impl Diff<'_> {
    /// Takes up what is to be done about the replicas, and where new partitions go.
    pub(super) fn replicas(&mut self, wanted: &[Want<'_>]) {
        if !matches!(self.live, LiveRef::Topic(_)) {
            return;
        }
        self.new_partitions();
        let Some(moves) = self.inputs.moves.of_topic(self.seen.name) else {
            return;
        };
        for (field, fate) in moves.told() {
            let drifted = self.moved_by_hand(&field, wanted);
            let difference = Difference { field, drifted };
            match fate {
                Fate::Due => self.todo.push(difference),
                Fate::Held(Hold { gate, reason }) => self.held.push((difference, gate, reason)),
                Fate::UnderWay => self.under_way.push(difference),
            }
        }
        if let Some((field, Hold { gate, reason })) = moves.strangers() {
            let drifted = false;
            self.held
                .push((Difference { field, drifted }, gate, reason));
        }
    }

    /// Tells whether a difference is somebody else's doing: git wants what was in place. Only what git declares counts:
    /// that brokers came or went makes replicas uneven, and leadership moves by itself.
    fn moved_by_hand(&self, field: &FieldChange, wanted: &[Want<'_>]) -> bool {
        let held = |path: &str| {
            let want = wanted.iter().find(|want| want.path == path);
            want.and_then(|want| want.value.known())
                .is_some_and(|value| self.memory.value(path) == Some(value))
        };
        match field.path.as_str() {
            REPLICATION_FACTOR => held(REPLICATION_FACTOR),
            // that they are spread is not remembered by itself
            PLACEMENT => {
                let said = wanted.iter().any(|want| want.path == PLACEMENT);
                let misplaced = self.inputs.moves.is_misplaced(self.seen.name);
                let was_spread = self.memory.value(PLACEMENT).is_none() && held(REPLICATION_FACTOR);
                misplaced && (held(PLACEMENT) || (!said && was_spread))
            }
            _ => false,
        }
    }

    /// Finds brokers for the partitions that the topic gets, or withholds them.
    fn new_partitions(&mut self) {
        if !self.set.iter().any(|set| set.path == PARTITIONS) {
            return;
        }
        match self.inputs.moves.layout(self.seen.name) {
            Ok(layout) => self.layout = layout,
            Err(Hold { gate, reason }) => {
                self.set.retain(|set| set.path != PARTITIONS);
                let (held, todo) = std::mem::take(&mut self.todo)
                    .into_iter()
                    .partition(|d: &Difference| d.field.path == PARTITIONS);
                self.todo = todo;
                let held: Vec<Difference> = held;
                let held = held.into_iter().map(|d| (d, gate, reason.clone()));
                self.held.extend(held);
            }
        }
    }

    /// Says why a config has to wait for replicas.
    pub(super) fn waits_for_replicas(&self, want: &Want<'_>) -> Option<Hold> {
        let value = want.value.known()?;
        let is_topic = matches!(self.live, LiveRef::Topic(_));
        let key = want.key.as_ref().filter(|_| is_topic)?;
        (key.as_str() == MIN_INSYNC)
            .then(|| self.inputs.moves.delays(self.seen.name, value))
            .flatten()
    }
}

/// Tells whether a field is about where replicas lie, which `moves` looks after.
pub(super) fn is_about_replicas(path: &str) -> bool {
    [REPLICATION_FACTOR, PLACEMENT].contains(&path)
}
