//! What git says about where a topic's replicas lie, and a quick look whether they do (plan stage, pure).

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::{
    desired::{DesiredCluster, DesiredTopic},
    live::{KafkaLive, LiveRef, LiveTopic, Observed},
    model::{Kind, Mode},
    plan::{
        placement::{Broker, Extent, Placement, Standing},
        platform,
    },
};

/// What one topic is to be like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) factor: u16,
    pub(super) placement: Placement<'a>,
    pub(super) leaders: &'a [i32],
    pub(super) extent: Extent,
}

/// What a partition's replicas break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    /// There are more or fewer than declared.
    Factor,
    /// They lie where they should not.
    Place,
}

/// The rules of a cluster.
pub(super) struct Rules<'a> {
    pub(super) desired: &'a DesiredCluster,
    pub(super) brokers: Vec<Broker<'a>>,
    /// The brokers that serve, by id, each with the index of its rack; empty where racks do not count.
    racks: Vec<(i32, usize)>,
    /// How many racks there are.
    rack_count: usize,
    /// Whether moves that are under way may be taken back or get another target.
    pub(super) turns: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(desired: &'a DesiredCluster, kafka: &'a KafkaLive) -> Self {
        let up = kafka.brokers.iter().map(|b| Broker {
            id: b.id,
            rack: b.rack.as_deref(),
            standing: match desired.draining.contains(&b.id) {
                true => Standing::Draining,
                false => Standing::Serving,
            },
        });
        let mut brokers: Vec<Broker<'a>> = up.collect();
        // brokers that are down, and known because they are fenced, hold replicas or are to be emptied
        let topics = kafka.topics.values().filter_map(Observed::known);
        let named = topics
            .flat_map(|t| &t.partitions)
            .flat_map(|p| p.replicas.iter());
        let fenced = kafka.health.fenced.known().into_iter().flatten();
        let known = named.chain(fenced).chain(&desired.draining);
        let up: BTreeSet<i32> = kafka.brokers.iter().map(|b| b.id).collect();
        let down: BTreeSet<i32> = known.filter(|id| !up.contains(id)).copied().collect();
        brokers.extend(down.into_iter().map(|id| Broker {
            id,
            rack: None,
            standing: match desired.draining.contains(&id) {
                true => Standing::Draining,
                false => Standing::Away,
            },
        }));
        let serving = || brokers.iter().filter(|b| b.standing == Standing::Serving);
        let names: BTreeSet<&str> = serving().filter_map(|b| b.rack).collect();
        let index = |rack: &str| names.iter().position(|name| *name == rack);
        let mut racks: Vec<(i32, usize)> = match serving().all(|b| b.rack.is_some()) {
            true => serving()
                .filter_map(|b| Some((b.id, index(b.rack?)?)))
                .collect(),
            false => Vec::new(),
        };
        racks.sort_unstable();
        Self {
            desired,
            brokers,
            rack_count: names.len(),
            racks,
            turns: desired.mode(Kind::Topic) == Mode::Enforce,
        }
    }

    /// Tells whether a broker is up and not to be emptied.
    pub(super) fn serves(&self, id: i32) -> bool {
        let mut brokers = self.brokers.iter();
        brokers.any(|b| b.id == id && b.standing == Standing::Serving)
    }

    /// Returns a topic's document, unless the topic is somebody's machinery.
    pub(super) fn declared(
        &self,
        name: &str,
        live: Option<&LiveTopic>,
    ) -> Option<&'a DesiredTopic> {
        let declared = self.desired.topics.get(name)?;
        (!platform::is_platform(name, live.map(LiveRef::Topic))).then_some(declared)
    }

    /// Returns the rule of a declared topic.
    pub(super) fn of_declared(&self, topic: &'a DesiredTopic) -> Rule<'a> {
        let pinned = topic.placement.as_deref();
        Rule {
            factor: topic.replication_factor,
            placement: match pinned.map(|p| p.brokers.as_slice()) {
                None | Some([]) => Placement::Spread,
                Some(brokers) => Placement::Brokers(brokers),
            },
            leaders: pinned.map_or(&[], |p| &p.leaders),
            extent: match (self.desired.balance.replicas, pinned) {
                (true, _) => Extent::Even,
                (false, Some(_)) => Extent::Racks,
                // a cluster that was taken over is not rebuilt unless git says so
                (false, None) => Extent::Repair,
            },
        }
    }

    /// Returns the rule of a topic that nobody declares: git says nothing about it but which brokers are to be emptied.
    /// `None` while its partitions differ in how many replicas they have, since one of these numbers would be forced on
    /// all.
    pub(super) fn of_undeclared(&self, topic: &LiveTopic) -> Option<Rule<'a>> {
        let mut factors = topic.partitions.iter().map(|p| p.replicas.len());
        let factor = factors.next()?;
        factors.all(|other| other == factor).then(|| Rule {
            factor: u16::try_from(factor).unwrap_or(u16::MAX),
            placement: Placement::Spread,
            leaders: &[],
            extent: match self.desired.draining.is_empty() {
                true => Extent::Keep,
                false => Extent::Repair,
            },
        })
    }

    /// Tells whether a replica lies on a broker that is to be emptied.
    pub(super) fn drains(&self, replicas: &[i32]) -> bool {
        replicas.iter().any(|b| self.desired.draining.contains(b))
    }

    /// Says what replicas break of a rule. It may name a breach where nothing better is to be had; it never misses one.
    pub(super) fn breach(&self, rule: &Rule<'_>, replicas: &[i32]) -> Option<Breach> {
        if rule.extent == Extent::Keep {
            return None;
        }
        if replicas.len() != usize::from(rule.factor.max(1)) {
            return Some(Breach::Factor);
        }
        let outside = match rule.placement {
            Placement::Spread => false,
            Placement::Brokers(pinned) => replicas.iter().any(|b| !pinned.contains(b)),
        };
        let led =
            rule.leaders.is_empty() || replicas.first().is_some_and(|b| rule.leaders.contains(b));
        let crowded = || rule.extent >= Extent::Racks && self.crowded(rule, replicas);
        (outside || !led || self.drains(replicas) || crowded()).then_some(Breach::Place)
    }

    /// Tells whether a rack has two replicas more than another one that has a broker left.
    fn crowded(&self, rule: &Rule<'_>, replicas: &[i32]) -> bool {
        if self.racks.is_empty() || replicas.len() < 2 {
            return false;
        }
        let mut held = vec![0_usize; self.rack_count];
        for broker in replicas {
            match self.racks.binary_search_by_key(broker, |(id, _)| *id) {
                Ok(at) => held[self.racks[at].1] += 1,
                // replicas on brokers that are away wait for them
                Err(_) => return false,
            }
        }
        let most = held.iter().copied().max().unwrap_or(0);
        if most < 2 {
            return false;
        }
        let fits = |id: &i32| match rule.placement {
            Placement::Spread => true,
            Placement::Brokers(pinned) => pinned.contains(id),
        };
        let free = self
            .racks
            .iter()
            .filter(|(id, _)| fits(id) && !replicas.contains(id));
        let least = free.map(|(_, rack)| held[*rack]).min();
        least.is_some_and(|least| most > least + 1)
    }
}

/// Words where the replicas of a topic are to lie; it stands in plans and in the ledger.
pub(in crate::plan) fn words(
    desired: &DesiredCluster,
    topic: Option<&DesiredTopic>,
) -> CompactString {
    let list = |ids: &mut dyn Iterator<Item = i32>| {
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        ids.join(",")
    };
    let mut words = Vec::new();
    let pinned = topic.and_then(|t| t.placement.as_deref());
    match pinned.filter(|p| !p.brokers.is_empty()) {
        Some(p) => words.push(format!("brokers {}", list(&mut p.brokers.iter().copied()))),
        None => words.push("spread".to_owned()),
    }
    if let Some(p) = pinned.filter(|p| !p.leaders.is_empty()) {
        words.push(format!("leaders {}", list(&mut p.leaders.iter().copied())));
    }
    if !desired.draining.is_empty() {
        words.push(format!(
            "none on {}",
            list(&mut desired.draining.iter().copied())
        ));
    }
    if desired.balance.replicas && topic.is_some() {
        words.push("even".to_owned());
    }
    words.join("; ").into()
}
