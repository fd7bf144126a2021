//! Moves and elections in a run (apply stage): a move counts as made once the controller has taken it up, since copying
//! takes hours; how far it is, later passes see.

use super::{run::Run, stage::Stage};
use crate::{
    live::{LivePartition, LiveRef, LiveTopic},
    model::{ConfigKey, Kind, TopicName, is_throttle},
    plan::{Action, End, Move},
    ports::Reassignment,
};

/// Tells whether a stage has moves or elections of an action to make.
pub(super) fn concern(stage: Stage, action: &Action) -> bool {
    match stage {
        Stage::Reassign => !action.change.moves.is_empty(),
        Stage::Elect => !action.change.elect.is_empty(),
        _ => false,
    }
}

/// Tells whether the moves or elections of a stage are seen to be made.
pub(super) fn in_place(stage: Stage, action: &Action, seen: Option<LiveRef<'_>>) -> bool {
    if !concern(stage, action) {
        return true;
    }
    let Some(LiveRef::Topic(topic)) = seen else {
        return false;
    };
    match stage {
        Stage::Reassign => {
            let mut moves = action.change.moves.iter();
            moves.all(|m| partition(topic, m.partition).is_some_and(|p| is_taken(m, p)))
        }
        _ => {
            let mut elect = action.change.elect.iter();
            elect.all(|n| {
                partition(topic, *n).is_some_and(|p| p.replicas.first() == Some(&p.leader))
            })
        }
    }
}

/// Says how a partition that is to move is not as the plan saw it.
pub(super) fn differs(stage: Stage, action: &Action, live: LiveRef<'_>) -> Option<String> {
    let LiveRef::Topic(topic) = live else {
        return None;
    };
    let mut moves = action
        .change
        .moves
        .iter()
        .filter(|_| stage == Stage::Reassign);
    moves.find_map(|m| match partition(topic, m.partition) {
        Some(p) if p.replicas == m.from || is_taken(m, p) => None,
        Some(p) => Some(format!(
            "partition {} has the replicas {:?} by now, the plan saw {:?}",
            m.partition, p.replicas, m.from
        )),
        None => Some(format!("partition {} is gone", m.partition)),
    })
}

/// Says which moves had arrived before they were taken back, once all others are seen to be made.
pub(super) fn ended(stage: Stage, action: &Action, live: LiveRef<'_>) -> Option<String> {
    let LiveRef::Topic(topic) = live else {
        return None;
    };
    let mut arrived = Vec::new();
    for one in action
        .change
        .moves
        .iter()
        .filter(|_| stage == Stage::Reassign)
    {
        let live = partition(topic, one.partition)?;
        match is_taken(one, live) {
            true => {}
            false if one.cancel && live.replicas != one.from => arrived.push(one.partition),
            false => return None,
        }
    }
    (!arrived.is_empty())
        .then(|| format!("partitions {arrived:?} had arrived before they could be taken back"))
}

/// Tells whether a partition is where a move ends, or on its way there: the controller puts the target in front and
/// leaves the replicas that go behind it (KIP-455).
fn is_taken(one: &Move, live: &LivePartition) -> bool {
    let has_all = one.to.iter().all(|b| live.replicas.contains(b));
    match one.cancel {
        true => has_all && live.replicas.len() == one.to.len(),
        false => {
            live.replicas == one.to
                || (live.replicas != one.from && live.replicas.starts_with(&one.to))
        }
    }
}

fn partition(topic: &LiveTopic, number: i32) -> Option<&LivePartition> {
    topic.partitions.get(usize::try_from(number).ok()?)
}

/// Returns the requests for an action's moves.
pub(super) fn reassignments(action: &Action) -> Vec<Reassignment> {
    let name = TopicName::from_broker(&action.object.name);
    let one = |m: &Move| Reassignment {
        topic: name.clone(),
        partition: m.partition,
        replicas: (!m.cancel).then(|| m.to.clone()),
    };
    action.change.moves.iter().map(one).collect()
}

/// Returns the requests for an action's elections.
pub(super) fn elections(action: &Action) -> Vec<(TopicName, i32)> {
    let name = TopicName::from_broker(&action.object.name);
    let elect = action.change.elect.iter();
    elect.map(|n| (name.clone(), *n)).collect()
}

impl Run<'_> {
    /// Lets nothing move while a broker that was to be throttled for it is not.
    pub(super) fn hold_what_is_not_throttled(&mut self) {
        let throttles = |action: &Action| {
            let is_rate = |key: &ConfigKey| is_throttle(Kind::BrokerConfig, key.as_str());
            action.object.kind == Kind::BrokerConfig
                && action.change.config().any(|(key, _)| is_rate(&key))
        };
        let failed = self.tasks.iter().find(|task| {
            let end = task.ended.as_ref();
            throttles(task.action) && end.is_none_or(|(end, _)| !end.is_done())
        });
        let Some(failed) = failed else {
            return;
        };
        let end = End::NotTried(format!(
            "broker {} could not be throttled, and moves would run at full speed; the next pass tries again",
            failed.action.object.name
        ));
        let due = self.tasks.iter().enumerate();
        let due = due.filter(|(_, t)| t.ended.is_none() && concern(Stage::Reassign, t.action));
        let due: Vec<usize> = due.map(|(i, _)| i).collect();
        self.end_all(&due, &end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_taken_once_the_target_stands_in_front() {
        let mk = |from: &[i32], to: &[i32], cancel| Move {
            partition: 0,
            from: from.into(),
            to: to.into(),
            cancel,
        };
        let live = |replicas: &[i32]| LivePartition {
            leader: replicas[0],
            replicas: replicas.into(),
            isr: replicas.into(),
        };
        let one = mk(&[1, 2], &[1, 3], false);
        for (replicas, taken) in [
            (&[1, 2][..], false),
            (&[1, 3, 2], true),
            (&[1, 3], true),
            (&[3, 1], false),
        ] {
            assert_eq!(is_taken(&one, &live(replicas)), taken, "{replicas:?}");
        }
        let fewer = mk(&[1, 2, 3], &[1], false);
        assert!(!is_taken(&fewer, &live(&[1, 2, 3])));
        assert!(is_taken(&fewer, &live(&[1])));
        let cancelled = mk(&[1, 3, 2], &[1, 2], true);
        assert!(!is_taken(&cancelled, &live(&[1, 3, 2])));
        assert!(is_taken(&cancelled, &live(&[1, 2])));
    }
}
