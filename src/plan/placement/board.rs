//! The state that is worked on (plan stage, pure): each partition's replicas as they are so far, with the counts that go
//! with them. Replicas change through here only, so the counts are always right.

use std::{collections::BTreeMap, ops::Range};

use super::{Estate, Extent, Target, fleet::Fleet, rule::Rule, tally::Tally};

/// A partition.
pub(super) struct Part {
    pub(super) topic: usize,
    /// The replicas it had; `None` for a new one.
    pub(super) was: Option<Vec<usize>>,
    /// The replicas it is to have, preferred leader first.
    pub(super) now: Vec<usize>,
    /// Whether it may be moved to even things out.
    pub(super) free: bool,
}

/// Everything.
pub(super) struct Board<'a> {
    pub(super) estate: &'a Estate<'a>,
    pub(super) fleet: Fleet,
    rules: Vec<Rule>,
    /// By topic: its rule.
    rule_of: Vec<usize>,
    /// Partitions, topic by topic.
    pub(super) parts: Vec<Part>,
    /// By topic: its partitions.
    ranges: Vec<Range<usize>>,
    pub(super) tally: Tally,
}

impl<'a> Board<'a> {
    pub(super) fn new(estate: &'a Estate<'a>) -> Self {
        let fleet = Fleet::new(estate);
        let mut tally = Tally::new(estate.topics.len(), fleet.rack.clone(), fleet.racks);
        let (mut rules, mut known) = (Vec::new(), BTreeMap::new());
        let (mut rule_of, mut parts, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
        for (topic, wish) in estate.topics.iter().enumerate() {
            let key = Rule::key(wish);
            let rule = *known.entry(key).or_insert_with(|| {
                rules.push(Rule::new(&fleet, key));
                rules.len() - 1
            });
            rule_of.push(rule);
            let first = parts.len();
            parts.extend(wish.current.iter().map(|current| {
                let was: Vec<usize> = current
                    .replicas
                    .iter()
                    .filter_map(|id| fleet.index(*id))
                    .collect();
                Part {
                    topic,
                    now: was.clone(),
                    was: Some(was),
                    free: false,
                }
            }));
            tally.expect(topic, wish.partitions.max(wish.current.len()), &rules[rule]);
            for part in &parts[first..] {
                part.now.iter().for_each(|b| tally.hold(topic, *b, 1));
                part.now
                    .first()
                    .into_iter()
                    .for_each(|b| tally.lead(topic, *b, 1));
            }
            if wish.extent != Extent::Keep {
                let missing = wish.current.len()..wish.partitions;
                parts.extend(missing.map(|_| Part {
                    topic,
                    was: None,
                    now: Vec::new(),
                    free: false,
                }));
            }
            ranges.push(first..parts.len());
        }
        Self {
            estate,
            fleet,
            rules,
            rule_of,
            parts,
            ranges,
            tally,
        }
    }

    pub(super) fn rule(&self, topic: usize) -> &Rule {
        &self.rules[self.rule_of[topic]]
    }

    /// Returns where the partitions of a topic stand in `parts`.
    pub(super) fn of_topic(&self, topic: usize) -> Range<usize> {
        self.ranges[topic].clone()
    }

    /// Puts a replica more on a broker, as the last one.
    pub(super) fn add(&mut self, part: usize, broker: usize) {
        let Part { topic, now, .. } = &mut self.parts[part];
        self.tally.hold(*topic, broker, 1);
        if now.is_empty() {
            self.tally.lead(*topic, broker, 1);
        }
        now.push(broker);
    }

    /// Replaces all replicas by some of them.
    pub(super) fn retain(&mut self, part: usize, kept: Vec<usize>) {
        let Part { topic, now, .. } = &mut self.parts[part];
        for (brokers, by) in [(&*now, -1), (&kept, 1)] {
            brokers.iter().for_each(|b| self.tally.hold(*topic, *b, by));
            brokers
                .first()
                .into_iter()
                .for_each(|b| self.tally.lead(*topic, *b, by));
        }
        *now = kept;
    }

    /// Moves a replica to another broker; it keeps its place in the order.
    pub(super) fn relocate(&mut self, part: usize, from: usize, to: usize) {
        let mut replicas = self.parts[part].now.clone();
        replicas
            .iter_mut()
            .filter(|b| **b == from)
            .for_each(|b| *b = to);
        self.retain(part, replicas);
    }

    /// Makes one of the replicas the preferred leader; the others keep their order.
    pub(super) fn lead(&mut self, part: usize, broker: usize) {
        let Part { topic, now, .. } = &mut self.parts[part];
        if let Some(at) = now.iter().position(|b| *b == broker) {
            self.tally.lead(*topic, now[0], -1);
            self.tally.lead(*topic, broker, 1);
            now[..=at].rotate_right(1);
        }
    }

    /// Returns how many replicas of a partition a rack holds.
    pub(super) fn in_rack(&self, part: usize, rack: usize) -> usize {
        let brokers = self.parts[part].now.iter();
        brokers.filter(|b| self.fleet.rack[**b] == rack).count()
    }

    /// Returns which partitions of a topic are to change, and to what.
    pub(super) fn targets(&self, topic: usize) -> Vec<Target> {
        let parts = self.parts[self.of_topic(topic)].iter().enumerate();
        parts
            .filter(|(_, part)| part.was.as_ref() != Some(&part.now))
            .map(|(partition, part)| Target {
                partition,
                replicas: part.now.iter().map(|b| self.fleet.ids[*b]).collect(),
            })
            .collect()
    }
}
