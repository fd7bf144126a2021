//! Who holds and leads how much (plan stage, pure): by topic and broker, by topic and rack, and in all.

use super::rule::Rule;

/// One replica in fixed point, so that shares add up the same in any order.
pub(super) const ONE: i64 = 1 << 32;

/// What shares may be off by after rounding: one in 2^33 for each topic, so it is enough for eight million topics.
pub(super) const OFF: i64 = ONE >> 10;

/// Something that is counted against a share of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    /// How many there are.
    pub(super) is: i64,
    /// How many there should be, in fixed point.
    pub(super) fair: i64,
}

impl Count {
    /// Returns by how much there are too many.
    pub(super) fn over(self) -> i64 {
        self.is * ONE - self.fair
    }

    /// The fair share rounded down.
    pub(super) fn floor(self) -> i64 {
        (self.fair + OFF).div_euclid(ONE)
    }

    /// The fair share rounded up.
    pub(super) fn ceil(self) -> i64 {
        (self.fair - OFF).div_euclid(ONE) + 1
    }
}

/// All counts.
pub(super) struct Tally {
    brokers: usize,
    racks: usize,
    /// By broker: its rack.
    rack_of: Vec<usize>,
    /// Replicas, by topic and broker.
    held: Vec<Count>,
    /// Replicas, by topic and rack.
    held_rack: Vec<Count>,
    /// Preferred leaders, by topic and broker.
    led: Vec<i64>,
    /// Replicas of all topics, by broker.
    pub(super) load: Vec<Count>,
    /// Replicas of all topics, by rack.
    pub(super) load_rack: Vec<Count>,
    /// Preferred leaders of all topics, by broker.
    pub(super) leads: Vec<Count>,
}

impl Tally {
    pub(super) fn new(topics: usize, rack_of: Vec<usize>, racks: usize) -> Self {
        let brokers = rack_of.len();
        Self {
            brokers,
            racks,
            rack_of,
            held: vec![Count::default(); topics * brokers],
            held_rack: vec![Count::default(); topics * racks],
            led: vec![0; topics * brokers],
            load: vec![Count::default(); brokers],
            load_rack: vec![Count::default(); racks],
            leads: vec![Count::default(); brokers],
        }
    }

    /// Adds a topic's fair shares.
    pub(super) fn expect(&mut self, topic: usize, partitions: usize, rule: &Rule) {
        let fixed = |share: f64| (share * partitions as f64 * ONE as f64).round() as i64;
        for broker in rule.takers() {
            let fair = fixed(rule.share[broker]);
            self.held[topic * self.brokers + broker].fair = fair;
            self.load[broker].fair += fair;
            self.load_rack[self.rack_of[broker]].fair += fair;
            self.leads[broker].fair += fixed(rule.lead_share[broker]);
        }
        for rack in &rule.racks {
            self.held_rack[topic * self.racks + rack.index].fair = fixed(rack.share);
        }
    }

    /// Counts a replica that comes to a broker (1) or goes (-1).
    pub(super) fn hold(&mut self, topic: usize, broker: usize, by: i64) {
        let rack = self.rack_of[broker];
        self.held[topic * self.brokers + broker].is += by;
        self.held_rack[topic * self.racks + rack].is += by;
        self.load[broker].is += by;
        self.load_rack[rack].is += by;
    }

    /// Counts a preferred leader that comes to a broker (1) or goes (-1).
    pub(super) fn lead(&mut self, topic: usize, broker: usize, by: i64) {
        self.led[topic * self.brokers + broker] += by;
        self.leads[broker].is += by;
    }

    /// Replicas of a topic on a broker.
    pub(super) fn held(&self, topic: usize, broker: usize) -> Count {
        self.held[topic * self.brokers + broker]
    }

    /// Replicas of a topic in a rack.
    pub(super) fn held_rack(&self, topic: usize, rack: usize) -> Count {
        self.held_rack[topic * self.racks + rack]
    }

    /// Preferred leaders of a topic on a broker.
    pub(super) fn led(&self, topic: usize, broker: usize) -> i64 {
        self.led[topic * self.brokers + broker]
    }
}
