//! What topics with the same placement, leaders and replication factor have in common (plan stage, pure): which brokers
//! may hold them, and which part of a partition falls to each.

use super::{Placement, Standing, Topic, fleet::Fleet};

/// What makes two topics have the same rule.
pub(super) type Key<'a> = (Placement<'a>, &'a [i32], u16);

/// The rule of a topic.
pub(super) struct Rule {
    /// Replicas of each partition.
    pub(super) factor: usize,
    /// Racks with the brokers that may take replicas, none of them empty.
    pub(super) racks: Vec<Rack>,
    /// By broker: whether a replica may stay there.
    keeps: Vec<bool>,
    /// By broker: whether it may be the preferred leader.
    leads: Vec<bool>,
    /// By broker: replicas of each partition that are its fair share.
    pub(super) share: Vec<f64>,
    /// By broker: its fair share in the leadership of a partition.
    pub(super) lead_share: Vec<f64>,
}

/// The part of a rack that may take replicas of a topic.
pub(super) struct Rack {
    /// Its index in the fleet.
    pub(super) index: usize,
    pub(super) brokers: Vec<usize>,
    /// Replicas of each partition that are its fair share.
    pub(super) share: f64,
}

impl Rule {
    pub(super) fn key<'a>(topic: &Topic<'a>) -> Key<'a> {
        (
            topic.placement,
            topic.leaders,
            topic.replication_factor.max(1),
        )
    }

    pub(super) fn new(fleet: &Fleet, (placement, leaders, factor): Key<'_>) -> Self {
        let brokers = 0..fleet.ids.len();
        let factor = usize::from(factor);
        let pinned = |b: usize| match placement {
            Placement::Spread => true,
            Placement::Brokers(ids) => ids.contains(&fleet.ids[b]),
        };
        let takes = |b: &usize| pinned(*b) && fleet.standing[*b] == Standing::Serving;
        let mut racks: Vec<Rack> = Vec::new();
        for broker in brokers.clone().filter(takes) {
            let index = fleet.rack[broker];
            match racks.iter_mut().find(|r| r.index == index) {
                Some(rack) => rack.brokers.push(broker),
                None => racks.push(Rack {
                    index,
                    brokers: vec![broker],
                    share: 0.0,
                }),
            }
        }
        racks.sort_by_key(|r| r.index);
        let sizes: Vec<usize> = racks.iter().map(|r| r.brokers.len()).collect();
        let mut share = vec![0.0; fleet.ids.len()];
        for (rack, of_rack) in racks.iter_mut().zip(shares(&sizes, factor)) {
            rack.share = of_rack;
            for &broker in &rack.brokers {
                share[broker] = of_rack / rack.brokers.len() as f64;
            }
        }
        let leads: Vec<bool> = brokers
            .clone()
            .map(|b| leaders.is_empty() || leaders.contains(&fleet.ids[b]))
            .collect();
        let leading = brokers.clone().filter(|b| takes(b) && leads[*b]).count();
        let lead_share = brokers
            .clone()
            .map(|b| {
                if takes(&b) && leads[b] {
                    1.0 / leading as f64
                } else {
                    0.0
                }
            })
            .collect();
        let keeps = brokers
            .map(|b| pinned(b) && fleet.standing[b] != Standing::Draining)
            .collect();
        Self {
            factor,
            racks,
            keeps,
            leads,
            share,
            lead_share,
        }
    }

    /// Tells whether a replica may stay on a broker.
    pub(super) fn may_keep(&self, broker: usize) -> bool {
        self.keeps[broker]
    }

    /// Tells whether a broker may be the preferred leader.
    pub(super) fn may_lead(&self, broker: usize) -> bool {
        self.leads[broker]
    }

    /// Returns the brokers that may take replicas.
    pub(super) fn takers(&self) -> impl Iterator<Item = usize> + '_ {
        self.racks.iter().flat_map(|r| r.brokers.iter().copied())
    }
}

/// Shares the replicas of a partition among racks: as many as they have brokers, in proportion, within what makes no two
/// racks differ by more than one replica unless the smaller one is full.
fn shares(sizes: &[usize], factor: usize) -> Vec<f64> {
    let filled = |level: usize| sizes.iter().map(|s| (*s).min(level)).sum::<usize>();
    if filled(usize::MAX) <= factor {
        return sizes.iter().map(|s| *s as f64).collect();
    }
    // every rack has `level` replicas or is full, and some of those that are not have one more
    let level = (0..factor)
        .take_while(|level| filled(level + 1) <= factor)
        .count();
    let at = |lambda: f64| {
        sizes.iter().map(move |&size| {
            let (least, most) = (size.min(level), size.min(level + 1));
            (lambda * size as f64).clamp(least as f64, most as f64)
        })
    };
    let (mut low, mut high) = (0.0, (level + 1) as f64);
    // halving 64 times is as exact as the type can be
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        match at(middle).sum::<f64>() < factor as f64 {
            true => low = middle,
            false => high = middle,
        }
    }
    at(high).collect()
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[track_caller]
    fn check(sizes: &[usize], factor: usize, want: &[f64]) {
        let got = shares(sizes, factor);
        let near = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-9);
        assert!(near && got.len() == want.len(), "{got:?}");
    }

    #[test]
    fn racks_of_one_size_share_equally() {
        check(&[4, 4, 4], 3, &[1.0, 1.0, 1.0]);
        check(&[2, 2, 2], 2, &[2.0 / 3.0; 3]);
        check(&[2, 2], 3, &[1.5, 1.5]);
        check(&[1, 1, 1, 1], 3, &[0.75; 4]);
    }

    #[test]
    fn a_small_rack_gets_less_where_the_rule_allows() {
        check(&[1, 2], 1, &[1.0 / 3.0, 2.0 / 3.0]);
        check(&[1, 5], 2, &[1.0, 1.0]);
        check(&[1, 2, 3], 2, &[1.0 / 3.0, 2.0 / 3.0, 1.0]);
        check(&[1, 3, 3], 5, &[1.0, 2.0, 2.0]);
    }

    #[test]
    fn too_few_brokers_are_all_full() {
        check(&[1, 1], 3, &[1.0, 1.0]);
        check(&[], 3, &[]);
    }
}
