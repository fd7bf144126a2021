//! The topics with what is to become of each partition (plan stage, pure): what is under way and whether it goes on, and
//! from where a target is worked out.

use std::collections::BTreeMap;

use crate::{
    live::{KafkaLive, LivePartition, LiveTopic, Moving, Observed},
    model::{Begun, TopicName},
    plan::placement::{Current, Extent, Topic},
};

use super::{
    rule::{Breach, Rule, Rules},
    state::{self, State},
};

/// What becomes of a partition that is being moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// It goes on.
    Keep(Box<[i32]>),
    /// It is taken back to these replicas.
    Cancel(Box<[i32]>),
    /// It gets another target.
    Change {
        /// Its present target, from which the other one is worked out.
        now: Box<[i32]>,
        /// How many replicas it has without the move.
        had: usize,
    },
    /// It is somebody else's, and goes there.
    Theirs(Box<[i32]>),
}

/// A topic.
pub(super) struct Site<'a> {
    pub(super) name: &'a TopicName,
    pub(super) live: &'a LiveTopic,
    /// Whether git declares it.
    pub(super) declared: bool,
    pub(super) rule: Option<Rule<'a>>,
    /// Partitions that are to be placed; more than there are: it grows.
    pub(super) wanted: usize,
    /// The partitions that are being moved, by number.
    pub(super) courses: Vec<(usize, Course)>,
    /// Another number of replicas than the rule's that a partition has, apart from what moves add.
    pub(super) other_factor: Option<usize>,
    /// Whether replicas lie where the rule does not have them, apart from moves that are under way.
    pub(super) misplaced: bool,
    /// Whether anything may have to be moved.
    pub(super) stirred: bool,
}

/// Returns all topics that could be read.
pub(super) fn sites<'a>(rules: &Rules<'a>, kafka: &'a KafkaLive, begun: &Begun) -> Vec<Site<'a>> {
    let topics = kafka.topics.iter();
    topics
        .filter_map(|(name, topic)| Some((name, topic.known()?)))
        .map(|(name, topic)| site(rules, kafka, begun, name, topic))
        .collect()
}

fn site<'a>(
    rules: &Rules<'a>,
    kafka: &'a KafkaLive,
    begun: &Begun,
    name: &'a TopicName,
    live: &'a LiveTopic,
) -> Site<'a> {
    let declared = rules.declared(name.as_str(), Some(live));
    let rule = match declared {
        Some(topic) => Some(rules.of_declared(topic)),
        None => rules.of_undeclared(live),
    };
    // Kafka gives new partitions as many replicas as the first one has and refuses any other number, also while that
    // changes: then the controller places them, and they are moved with the others
    let factor = rule.map_or(0, |r| usize::from(r.factor));
    let fits = live
        .partitions
        .first()
        .is_some_and(|p| p.replicas.len() == factor);
    let wanted = declared.map_or(0, |t| t.partitions as usize);
    let wanted = if fits && !kafka.brokers.is_empty() {
        wanted
    } else {
        0
    };
    let mut site = Site {
        name,
        live,
        declared: declared.is_some(),
        rule,
        wanted: wanted.max(live.partitions.len()),
        courses: Vec::new(),
        other_factor: None,
        misplaced: false,
        stirred: wanted > live.partitions.len(),
    };
    let moving = kafka.moving.known().and_then(|all| all.get(name));
    let moving: BTreeMap<i32, &Moving> = moving
        .into_iter()
        .flatten()
        .map(|m| (m.partition, m))
        .collect();
    let quiet = moving.is_empty() && begun.is_empty();
    for (index, partition) in live.partitions.iter().enumerate() {
        let mut base = None;
        if !quiet {
            let number = i32::try_from(index).unwrap_or(i32::MAX);
            let entry = moving.get(&number).copied();
            let targets = begun.targets(name.as_str(), number);
            base = site.course(rules, index, partition, entry, targets);
        }
        let base = base.as_deref().unwrap_or(&partition.replicas);
        let breach = rule.and_then(|rule| rules.breach(&rule, base));
        match breach.filter(|_| !site.seems_to_move(kafka, index)) {
            Some(Breach::Factor) => site.other_factor = Some(base.len()),
            Some(Breach::Place) => site.misplaced = true,
            None => {}
        }
    }
    let seems = |index| site.seems_to_move(kafka, index);
    let uncertain = (0..live.partitions.len()).any(seems);
    let drained = || live.partitions.iter().any(|p| rules.drains(&p.replicas));
    let evened = rule.is_some_and(|r| r.extent == Extent::Even);
    site.stirred |= site.other_factor.is_some()
        || site.misplaced
        || !site.courses.is_empty()
        || uncertain
        || evened
        || (rule.is_none() && drained());
    site
}

impl Site<'_> {
    /// Decides about a partition that may be moving; returns the replicas that it has apart from that.
    fn course(
        &mut self,
        rules: &Rules<'_>,
        index: usize,
        partition: &LivePartition,
        moving: Option<&Moving>,
        targets: &[Box<[i32]>],
    ) -> Option<Vec<i32>> {
        let state = state::of(partition, moving, targets, |b| rules.serves(b));
        let (State::Ours { to, .. } | State::Theirs { to }) = &state else {
            return None;
        };
        // replicas that are there only because of the move
        let added = |b: &i32| match moving {
            Some(moving) => moving.adding.contains(b),
            None => to.contains(b) && !partition.isr.contains(b),
        };
        let base: Vec<i32> = partition
            .replicas
            .iter()
            .filter(|b| !added(b))
            .copied()
            .collect();
        let course = match state {
            State::Still => return None,
            State::Theirs { to } => Course::Theirs(to),
            State::Ours { to, .. } if !rules.turns => Course::Keep(to),
            State::Ours { to, original } => {
                let breaks = |replicas: &[i32]| match &self.rule {
                    Some(rule) => rules.breach(rule, replicas).is_some(),
                    None => rules.drains(replicas),
                };
                let even = self.rule.is_some_and(|r| r.extent == Extent::Even);
                match original {
                    Some(original) if !breaks(&original) && !even => Course::Cancel(original),
                    Some(original) if breaks(&to) => Course::Change {
                        now: to,
                        had: original.len(),
                    },
                    _ => Course::Keep(to),
                }
            }
        };
        self.courses.push((index, course));
        Some(base)
    }

    /// Tells whether Headgate moves any of its partitions.
    pub(super) fn is_moved(&self) -> bool {
        let mut courses = self.courses.iter();
        courses.any(|(_, course)| !matches!(course, Course::Theirs(_)))
    }

    pub(super) fn course_of(&self, index: usize) -> Option<&Course> {
        let found = self.courses.binary_search_by_key(&index, |(at, _)| *at);
        found.ok().map(|at| &self.courses[at].1)
    }

    /// Returns the replicas that a partition has, or is going to have as things stand.
    pub(super) fn replicas(&self, index: usize) -> &[i32] {
        match self.course_of(index) {
            None => &self.live.partitions[index].replicas,
            Some(
                Course::Keep(to)
                | Course::Cancel(to)
                | Course::Change { now: to, .. }
                | Course::Theirs(to),
            ) => to,
        }
    }

    /// Describes the topic for the work on where replicas belong.
    pub(super) fn topic(&self) -> Topic<'_> {
        let rule = self.rule.filter(|_| self.stirred);
        let each = self.live.partitions.iter().enumerate();
        let keep = Rule {
            factor: u16::try_from(self.live.replication_factor()).unwrap_or(u16::MAX),
            placement: crate::plan::placement::Placement::Spread,
            leaders: &[],
            extent: Extent::Keep,
        };
        let Rule {
            factor,
            placement,
            leaders,
            extent,
        } = rule
            .or(self.rule.map(|r| Rule {
                extent: Extent::Keep,
                ..r
            }))
            .unwrap_or(keep);
        Topic {
            name: self.name.as_str(),
            current: each
                .map(|(index, partition)| Current {
                    replicas: self.replicas(index),
                    isr: &partition.isr,
                })
                .collect(),
            partitions: self.wanted,
            replication_factor: factor,
            placement,
            leaders,
            extent,
        }
    }

    /// Tells whether a partition seems to be moving although nobody could list what moves: it has replicas to spare that
    /// are not all in sync, and the controller takes the surplus away as soon as they are (KIP-455).
    pub(super) fn seems_to_move(&self, kafka: &KafkaLive, index: usize) -> bool {
        let partition = &self.live.partitions[index];
        let factor = self.rule.map_or(0, |r| usize::from(r.factor));
        matches!(kafka.moving, Observed::Unknown(_))
            && partition.replicas.len() > factor
            && partition.isr.len() < partition.replicas.len()
    }
}
