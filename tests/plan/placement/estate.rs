//! Estates for the placement tests, as values that own what they say and change as the answer says.

use std::collections::BTreeMap;

use headgate::plan::placement::{
    Broker, Current, Estate, Extent, Impossible, Placement, Standing, Target, Topic, place,
};

/// Brokers and topics.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// Id, rack, standing.
    pub(super) brokers: Vec<(i32, Option<String>, Standing)>,
    pub(super) topics: Vec<Wish>,
}

/// A topic as it lies and as it is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) name: String,
    /// Replicas of each partition, and those in sync.
    pub(super) current: Vec<(Vec<i32>, Vec<i32>)>,
    pub(super) partitions: usize,
    pub(super) factor: u16,
    pub(super) pinned: Option<Vec<i32>>,
    pub(super) leaders: Vec<i32>,
    pub(super) extent: Extent,
}

pub(super) type Answer = Vec<Result<Vec<Target>, Impossible>>;

pub(super) fn ids(brokers: &[(i32, Option<String>, Standing)]) -> Vec<i32> {
    brokers.iter().map(|b| b.0).collect()
}

impl Site {
    /// Brokers 1, 2, … in racks of these sizes, all serving.
    pub(super) fn racks(sizes: &[usize]) -> Self {
        let racks = sizes.iter().enumerate();
        let racks = racks.flat_map(|(rack, size)| vec![Some(format!("az{rack}")); *size]);
        Self {
            brokers: (1..)
                .zip(racks)
                .map(|(id, rack)| (id, rack, Standing::Serving))
                .collect(),
            topics: Vec::new(),
        }
    }

    pub(super) fn with(mut self, topic: Wish) -> Self {
        self.topics.push(topic);
        self
    }

    pub(super) fn standing(mut self, id: i32, standing: Standing) -> Self {
        let broker = self.brokers.iter_mut().filter(|b| b.0 == id);
        broker.for_each(|b| b.2 = standing);
        self
    }

    /// What a broker may do; one that is not listed is away.
    pub(super) fn standing_of(&self, id: i32) -> Standing {
        let broker = self.brokers.iter().find(|b| b.0 == id);
        broker.map_or(Standing::Away, |b| b.2)
    }

    pub(super) fn place(&self) -> Answer {
        let estate = Estate {
            brokers: self
                .brokers
                .iter()
                .map(|(id, rack, standing)| Broker {
                    id: *id,
                    rack: rack.as_deref(),
                    standing: *standing,
                })
                .collect(),
            topics: self.topics.iter().map(Wish::topic).collect(),
        };
        place(&estate)
    }

    /// The estate when everything is done.
    pub(super) fn after(&self, answer: &Answer) -> Self {
        let mut after = self.clone();
        for (topic, answer) in after.topics.iter_mut().zip(answer) {
            for target in answer.iter().flatten() {
                let there = (target.replicas.clone(), target.replicas.clone());
                match topic.current.get_mut(target.partition) {
                    Some(partition) => *partition = there,
                    None => topic.current.push(there),
                }
            }
        }
        after
    }

    /// How much of a partition is each broker's, when all serve: racks in proportion to their brokers, as far as no two
    /// racks differ by more than one replica unless the smaller one is full.
    pub(super) fn shares(&self, factor: usize) -> Vec<(i32, f64)> {
        let size = |rack: &Option<String>| self.brokers.iter().filter(|b| b.1 == *rack).count();
        let mut racks: Vec<usize> = self
            .brokers
            .iter()
            .map(|b| (&b.1, size(&b.1)))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect();
        racks.sort_unstable();
        let filled = |level: usize| racks.iter().map(|s| (*s).min(level)).sum::<usize>();
        let level = (0..=factor)
            .rev()
            .find(|l| filled(*l) <= factor)
            .unwrap_or(0);
        // shares grow with a factor common to all racks until they add up
        let share = |common: f64, size: usize| {
            (common * size as f64).clamp(size.min(level) as f64, size.min(level + 1) as f64)
        };
        let sum = |common: f64| racks.iter().map(|s| share(common, *s)).sum::<f64>();
        let (mut low, mut high) = (0.0, factor as f64 + 1.0);
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if sum(middle) < factor as f64 {
                low = middle
            } else {
                high = middle
            }
        }
        let of = |b: &(i32, Option<String>, Standing)| {
            (b.0, share(high, size(&b.1)) / size(&b.1) as f64)
        };
        self.brokers.iter().map(of).collect()
    }

    /// Tells whether no rack has two more of these replicas than one in which a broker could take another.
    pub(super) fn level(&self, topic: &Wish, replicas: &[i32]) -> bool {
        let serving = || self.brokers.iter().filter(|b| b.2 == Standing::Serving);
        if serving().any(|b| b.1.is_none()) {
            return true;
        }
        let rack = |id: &i32| {
            self.brokers
                .iter()
                .find(|b| b.0 == *id)
                .and_then(|b| b.1.clone())
        };
        let within = |name: &String| {
            replicas
                .iter()
                .filter(|id| rack(id).as_ref() == Some(name))
                .count()
        };
        let room = serving().filter(|b| {
            !replicas.contains(&b.0) && topic.pinned.as_ref().is_none_or(|p| p.contains(&b.0))
        });
        let least = room.filter_map(|b| b.1.as_ref()).map(within).min();
        let most = replicas
            .iter()
            .filter_map(rack)
            .map(|name| within(&name))
            .max();
        least
            .zip(most)
            .is_none_or(|(least, most)| most <= least + 1)
    }
}

impl Wish {
    /// A topic that is to be made.
    pub(super) fn new(partitions: usize, factor: u16) -> Self {
        Self::lying(&[], factor).grown(partitions)
    }

    /// A topic that lies so, all in sync, to be repaired.
    pub(super) fn lying(current: &[Vec<i32>], factor: u16) -> Self {
        Self {
            name: "orders".to_owned(),
            current: current.iter().map(|r| (r.clone(), r.clone())).collect(),
            partitions: current.len(),
            factor,
            pinned: None,
            leaders: Vec::new(),
            extent: Extent::Repair,
        }
    }

    /// With so many partitions more.
    pub(super) fn grown(self, more: usize) -> Self {
        Self {
            partitions: self.partitions + more,
            ..self
        }
    }

    pub(super) fn up_to(self, extent: Extent) -> Self {
        Self { extent, ..self }
    }

    pub(super) fn pinned(self, brokers: &[i32]) -> Self {
        Self {
            pinned: Some(brokers.to_vec()),
            ..self
        }
    }

    pub(super) fn led_by(self, leaders: &[i32]) -> Self {
        Self {
            leaders: leaders.to_vec(),
            ..self
        }
    }

    /// The replicas of each partition.
    pub(super) fn replicas(&self) -> Vec<&[i32]> {
        self.current
            .iter()
            .map(|(replicas, _)| replicas.as_slice())
            .collect()
    }

    fn topic(&self) -> Topic<'_> {
        Topic {
            name: &self.name,
            current: self
                .current
                .iter()
                .map(|(replicas, isr)| Current { replicas, isr })
                .collect(),
            partitions: self.partitions,
            replication_factor: self.factor,
            placement: self
                .pinned
                .as_deref()
                .map_or(Placement::Spread, Placement::Brokers),
            leaders: &self.leaders,
            extent: self.extent,
        }
    }
}
