//! Replicas on the move, and leaders (sandbox stage, pure; KIP-455, KIP-460).

use std::{collections::BTreeMap, sync::Arc};

use super::{Done, World, last_word, outcome, refuse, topics::unknown_topic};
use crate::{
    live::{LivePartition, Moving},
    model::TopicName,
    ports::{Outcome, Reassignment, RefusalClass},
};

/// How often the cluster is looked at before new replicas are in sync.
const LOOKS: u32 = 3;

/// A partition that is being moved.
#[derive(Debug, Clone)]
pub(super) struct Move {
    from: Box<[i32]>,
    to: Box<[i32]>,
    looks_left: u32,
}

impl World {
    /// Tells whether anything is being moved.
    pub(in crate::sandbox) fn is_moving(&self) -> bool {
        !self.moves.is_empty()
    }

    /// Returns the reassignments under way.
    #[must_use]
    pub fn moving(&self) -> BTreeMap<TopicName, Vec<Moving>> {
        let mut all: BTreeMap<TopicName, Vec<Moving>> = BTreeMap::new();
        for ((topic, partition), moved) in &self.moves {
            all.entry(topic.clone()).or_default().push(Moving {
                partition: *partition,
                replicas: both(moved),
                adding: without(&moved.to, &moved.from),
                removing: without(&moved.from, &moved.to),
            });
        }
        all
    }

    /// Lets time go by: replicas come closer to being in sync.
    pub(in crate::sandbox) fn move_on(&mut self) {
        for (place, mut moved) in std::mem::take(&mut self.moves) {
            moved.looks_left -= 1;
            if moved.looks_left == 0 {
                self.lay(&place.0, place.1, &moved.to);
            } else {
                self.moves.insert(place, moved);
            }
        }
    }

    /// Begins a move, or cancels one.
    ///
    /// # Errors
    /// Kafka's refusal: no such partition, no such broker, or nothing to cancel.
    pub fn reassign(&mut self, wanted: &Reassignment) -> Done {
        let place = (wanted.topic.clone(), wanted.partition);
        let Some(now) = self.partition(&wanted.topic, wanted.partition) else {
            return unknown_topic(&wanted.topic);
        };
        let replicas = now.replicas.clone();
        let Some(to) = &wanted.replicas else {
            return match self.moves.remove(&place) {
                Some(moved) => {
                    self.lay(&place.0, place.1, &moved.from);
                    Ok(())
                }
                None => {
                    let text = "No partition reassignment is in progress.".to_owned();
                    refuse(
                        RefusalClass::AlreadyThere,
                        "NO_REASSIGNMENT_IN_PROGRESS",
                        text,
                    )
                }
            };
        };
        self.check_replicas(std::slice::from_ref(to))?;
        let from = self.moves.remove(&place).map_or(replicas, |m| m.from);
        if without(to, &from).is_empty() {
            // nothing is to be copied
            self.lay(&place.0, place.1, to);
            return Ok(());
        }
        let moved = Move {
            from,
            to: to.clone(),
            looks_left: LOOKS,
        };
        let (replicas, isr) = (both(&moved), moved.from.clone());
        self.change(&place.0, place.1, |partition| {
            partition.replicas = replicas;
            partition.isr = isr;
        });
        self.moves.insert(place, moved);
        Ok(())
    }

    /// Makes the first replica the leader.
    ///
    /// # Errors
    /// Kafka's refusal: no such partition, it leads already, or it is not in sync.
    pub fn elect(&mut self, topic: &TopicName, partition: i32) -> Done {
        let Some(now) = self.partition(topic, partition) else {
            return unknown_topic(topic);
        };
        let preferred = now.replicas[0];
        if now.leader == preferred {
            let text = "Leader election not needed for topic partition.".to_owned();
            return refuse(RefusalClass::AlreadyThere, "ELECTION_NOT_NEEDED", text);
        }
        if !now.isr.contains(&preferred) {
            let text = "The preferred leader was not available.".to_owned();
            return last_word("PREFERRED_LEADER_NOT_AVAILABLE", text);
        }
        self.change(topic, partition, |p| p.leader = preferred);
        Ok(())
    }

    fn partition(&self, topic: &TopicName, partition: i32) -> Option<&LivePartition> {
        let topic = self.topic(topic.as_str())?;
        topic.partitions.get(usize::try_from(partition).ok()?)
    }

    fn change(
        &mut self,
        topic: &TopicName,
        partition: i32,
        change: impl FnOnce(&mut LivePartition),
    ) {
        let place = usize::try_from(partition).ok();
        if let (Some(topic), Some(place)) = (self.topics.get_mut(topic), place)
            && let Some(partition) = Arc::make_mut(topic).partitions.get_mut(place)
        {
            change(partition);
        }
    }

    /// Gives a partition replicas that are all in sync. Its leader stays if it is among them.
    fn lay(&mut self, topic: &TopicName, partition: i32, replicas: &[i32]) {
        self.change(topic, partition, |partition| {
            partition.replicas = replicas.into();
            partition.isr = replicas.into();
            if !replicas.contains(&partition.leader) {
                partition.leader = replicas[0];
            }
        });
    }

    pub(super) fn reassign_all(&mut self, items: &[Reassignment]) -> Vec<Outcome> {
        items
            .iter()
            .map(|one| outcome(self.reassign(one)))
            .collect()
    }

    pub(super) fn elect_all(&mut self, items: &[(TopicName, i32)]) -> Vec<Outcome> {
        let each = items.iter();
        each.map(|(topic, partition)| outcome(self.elect(topic, *partition)))
            .collect()
    }
}

fn without(these: &[i32], those: &[i32]) -> Box<[i32]> {
    let left = these.iter().copied().filter(|id| !those.contains(id));
    left.collect()
}

/// Returns the replicas while a partition moves: those to be first.
fn both(moved: &Move) -> Box<[i32]> {
    let goes = without(&moved.from, &moved.to);
    moved.to.iter().chain(&goes).copied().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::{model::ClusterId, ports::NewTopic};

    fn mk_world() -> (World, TopicName) {
        let mut world = World::new(ClusterId("c".into()), 4);
        let name = TopicName::new("t").unwrap();
        let new = NewTopic {
            name: name.clone(),
            partitions: 1,
            replication_factor: 2,
            assignment: vec![[1, 2].into()],
            config: Vec::new(),
        };
        world.create(&new).unwrap();
        (world, name)
    }

    fn mk_move(topic: &TopicName, replicas: Option<&[i32]>) -> Reassignment {
        Reassignment {
            topic: topic.clone(),
            partition: 0,
            replicas: replicas.map(Into::into),
        }
    }

    /// Trap 16: while it moves, a partition has the adding replicas, too.
    #[test]
    fn a_move_takes_a_while_and_can_be_cancelled() {
        let (mut world, name) = mk_world();
        world.reassign(&mk_move(&name, Some(&[3, 2]))).unwrap();
        let moving = &world.moving()[&name][0];
        assert_eq!(*moving.replicas, [3, 2, 1]);
        assert_eq!((&*moving.adding, &*moving.removing), (&[3][..], &[1][..]));
        assert_eq!(*world.partition(&name, 0).unwrap().isr, [1, 2]);
        world.reassign(&mk_move(&name, None)).unwrap();
        assert_eq!(*world.partition(&name, 0).unwrap().replicas, [1, 2]);
        let again = world.reassign(&mk_move(&name, None)).unwrap_err();
        assert_eq!(again.code, "NO_REASSIGNMENT_IN_PROGRESS");
        world.reassign(&mk_move(&name, Some(&[3, 2]))).unwrap();
        for _ in 0..LOOKS {
            assert!(world.is_moving());
            world.move_on();
        }
        let partition = world.partition(&name, 0).unwrap();
        assert_eq!(
            (&*partition.replicas, partition.leader),
            (&[3, 2][..], 3),
            "the old leader is gone"
        );
    }

    #[test]
    fn another_order_is_no_move_and_the_preferred_leader_is_elected() {
        let (mut world, name) = mk_world();
        world.reassign(&mk_move(&name, Some(&[2, 1]))).unwrap();
        assert!(!world.is_moving());
        assert_eq!(world.partition(&name, 0).unwrap().leader, 1);
        world.elect(&name, 0).unwrap();
        assert_eq!(world.partition(&name, 0).unwrap().leader, 2);
        let again = world.elect(&name, 0).unwrap_err();
        assert_eq!(again.code, "ELECTION_NOT_NEEDED");
        let nowhere = world.reassign(&mk_move(&name, Some(&[9])));
        assert_eq!(nowhere.unwrap_err().code, "INVALID_REPLICA_ASSIGNMENT");
    }
}
