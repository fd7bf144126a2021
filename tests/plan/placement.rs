//! Where replicas belong: what holds for every estate.

mod estate;
mod examples;

use std::collections::{BTreeMap, BTreeSet};

use headgate::plan::placement::{Extent, Standing};
use proptest::{collection::vec, prelude::*, sample::subsequence, test_runner::Config};

use estate::{Site, Wish, ids};

fn config() -> Config {
    Config {
        cases: 128,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Racks of any sizes, some brokers not serving; now and then a broker without a rack.
fn brokers() -> impl Strategy<Value = Site> {
    let standing = prop_oneof![
        8 => Just(Standing::Serving),
        1 => Just(Standing::Away),
        1 => Just(Standing::Draining),
    ];
    (vec(1..4_usize, 1..4), vec(standing, 12), 0..20_usize).prop_map(
        |(sizes, standings, unracked)| {
            let mut site = Site::racks(&sizes);
            for (broker, standing) in site.brokers.iter_mut().zip(standings) {
                broker.2 = standing;
            }
            if let Some(broker) = site.brokers.get_mut(unracked) {
                broker.1 = None;
            }
            site
        },
    )
}

/// A topic that lies anyhow, on brokers that are known and on two that are not.
fn wish(known: Vec<i32>) -> impl Strategy<Value = Wish> {
    let everywhere: Vec<i32> = known.iter().copied().chain([98, 99]).collect();
    let many = everywhere.len().min(5);
    let replicas = subsequence(everywhere, 1..=many).prop_shuffle();
    let current = replicas.prop_flat_map(|r| {
        let isr = subsequence(r.clone(), 0..=r.len());
        (Just(r), isr)
    });
    let some = || subsequence(known.clone(), 0..=known.len());
    let extent = prop_oneof![
        Just(Extent::Keep),
        Just(Extent::Repair),
        Just(Extent::Racks),
        Just(Extent::Even),
    ];
    (
        vec(current, 0..8),
        0..5_usize,
        1..5_u16,
        some(),
        some(),
        extent,
        (0..4_u8, 0..4_u8),
    )
        .prop_map(
            |(current, more, factor, pinned, leaders, extent, odds)| Wish {
                name: "t".to_owned(),
                partitions: current.len() + more,
                current,
                factor,
                pinned: (odds.0 == 0).then_some(pinned),
                leaders: if odds.1 == 0 { leaders } else { Vec::new() },
                extent,
            },
        )
}

fn anything() -> impl Strategy<Value = Site> {
    brokers().prop_flat_map(|site| {
        let known = ids(&site.brokers);
        vec(wish(known), 0..6).prop_map(move |topics| Site {
            topics,
            ..site.clone()
        })
    })
}

/// Racks of one size, all brokers serving, topics that are new or lie anyhow and may be evened out.
fn even(sizes: impl Strategy<Value = Vec<usize>>) -> impl Strategy<Value = Site> {
    sizes.prop_flat_map(|sizes| {
        let site = Site::racks(&sizes);
        let known = ids(&site.brokers);
        let most = known.len().min(4);
        let replicas = subsequence(known, 1..=most).prop_shuffle();
        let topic = (vec(replicas, 0..9), 0..9_usize).prop_map(|(current, more)| (current, more));
        (Just(site), 1..=most, vec(topic, 1..8)).prop_map(|(mut site, factor, topics)| {
            site.topics = topics
                .into_iter()
                .map(|(current, more)| {
                    let factor = u16::try_from(factor).expect("at most four");
                    let wish = Wish::lying(&current, factor).grown(more);
                    wish.up_to(Extent::Even)
                })
                .collect();
            site
        })
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_same_estate_is_placed_the_same_and_then_stays(site in anything()) {
        let answer = site.place();
        prop_assert_eq!(&site.place(), &answer);
        let after = site.after(&answer);
        for (again, first) in after.place().into_iter().zip(&answer) {
            match first {
                Ok(_) => prop_assert_eq!(again, Ok(vec![])),
                Err(error) => prop_assert_eq!(again.as_ref(), Err(error)),
            }
        }
    }

    #[test]
    fn replicas_stand_where_they_may(site in anything()) {
        let answer = site.place();
        let after = site.after(&answer);
        for ((topic, was), answer) in after.topics.iter().zip(&site.topics).zip(&answer) {
            if answer.is_err() || topic.extent == Extent::Keep {
                continue;
            }
            prop_assert_eq!(topic.current.len(), topic.partitions);
            for (number, (replicas, _)) in topic.current.iter().enumerate() {
                prop_assert_eq!(replicas.len(), usize::from(topic.factor));
                prop_assert_eq!(replicas.iter().collect::<BTreeSet<_>>().len(), replicas.len());
                let had = was.current.get(number).map_or(&[][..], |(r, _)| r);
                for id in replicas {
                    prop_assert!(topic.pinned.as_ref().is_none_or(|p| p.contains(id)));
                    let may = match site.standing_of(*id) {
                        Standing::Serving => true,
                        Standing::Away => had.contains(id),
                        Standing::Draining => false,
                    };
                    prop_assert!(may, "{} of {:?}", id, replicas);
                }
                prop_assert!(topic.leaders.is_empty() || topic.leaders.contains(&replicas[0]));
            }
        }
    }

    #[test]
    fn no_rack_has_two_more_than_one_with_room(site in anything()) {
        let answer = site.place();
        let after = site.after(&answer);
        for ((topic, was), answer) in after.topics.iter().zip(&site.topics).zip(&answer) {
            let away = |id: &&i32| site.standing_of(**id) == Standing::Away;
            let waits = topic.replicas().concat().iter().any(|id| away(&id));
            let judged = topic.extent >= Extent::Racks && !waits;
            for (number, replicas) in topic.replicas().into_iter().enumerate() {
                if answer.is_ok() && (judged || number >= was.current.len()) {
                    prop_assert!(site.level(topic, replicas), "{:?}", replicas);
                }
            }
        }
    }

    #[test]
    fn every_broker_ends_at_its_fair_share_whatever_the_racks(site in even(vec(1..5_usize, 1..5))) {
        let after = site.after(&site.place());
        for topic in &after.topics {
            let held = count(topic.replicas().into_iter().flatten());
            for (id, share) in after.shares(usize::from(topic.factor)) {
                let fair = share * topic.partitions as f64;
                let is = held.get(&id).copied().unwrap_or(0) as f64;
                prop_assert!((is - fair).abs() < 1.0 + 1e-6, "{} has {} of {}", id, is, fair);
            }
        }
    }

    #[test]
    fn evening_out_moves_hardly_a_replica_to_and_fro(site in even((1..4_usize, 1..4_usize).prop_map(|(s, n)| vec![s; n]))) {
        let before = site.after(&site.place());
        let mut grown = before.clone();
        let racks: BTreeSet<_> = before.brokers.iter().map(|b| b.1.clone()).collect();
        let came = racks.into_iter().zip(90..);
        grown.brokers.extend(came.map(|(rack, id)| (id, rack, Standing::Serving)));
        let after = grown.after(&grown.place());
        for (before, after) in before.topics.iter().zip(&after.topics) {
            let pairs = || before.replicas().into_iter().zip(after.replicas());
            let moved = pairs().flat_map(|(b, a)| a.iter().filter(|id| !b.contains(id))).count();
            let had = count(before.replicas().into_iter().flatten());
            let has = count(after.replicas().into_iter().flatten());
            let gained = |(id, n): (&i32, &usize)| n.saturating_sub(had.get(id).copied().unwrap_or(0));
            let least: usize = has.iter().map(gained).sum();
            // where a partition stands in the way of itself, one more moves
            prop_assert!(moved <= least + 1, "{} moved, {} needed", moved, least);
        }
    }

    #[test]
    fn repair_moves_only_what_must_go(site in anything()) {
        for (topic, answer) in site.topics.iter().zip(site.place()) {
            if topic.extent != Extent::Repair || !topic.leaders.is_empty() {
                continue;
            }
            for target in answer.into_iter().flatten() {
                let Some((had, isr)) = topic.current.get(target.partition) else { continue };
                let factor = usize::from(topic.factor);
                let may_stay = |id: &&i32| {
                    site.standing_of(**id) != Standing::Draining
                        && topic.pinned.as_ref().is_none_or(|p| p.contains(*id))
                };
                let good: Vec<i32> = had.iter().filter(may_stay).copied().collect();
                let kept = good.iter().filter(|id| target.replicas.contains(id)).count();
                prop_assert_eq!(kept, good.len().min(factor));
                prop_assert!(good.len() != factor || good.len() != had.len());
                let added = target.replicas.iter().filter(|id| !had.contains(id)).count();
                prop_assert_eq!(added, factor.saturating_sub(good.len()));
                if target.replicas.contains(&had[0]) {
                    prop_assert_eq!(target.replicas[0], had[0]);
                }
                let synced = |ids: &[i32]| ids.iter().any(|id| isr.contains(id));
                prop_assert!(good.len() < factor || synced(&target.replicas) || !synced(&good));
            }
        }
    }

    #[test]
    fn racks_of_one_size_end_even(site in even((1..4_usize, 1..4_usize).prop_map(|(s, n)| vec![s; n]))) {
        let after = site.after(&site.place());
        let brokers = after.brokers.len();
        let topics: Vec<Vec<&[i32]>> = after.topics.iter().map(Wish::replicas).collect();
        let all = topics.concat();
        for partitions in topics.iter().chain([&all]) {
            let held = count(partitions.iter().flat_map(|r| r.iter()));
            let led = count(partitions.iter().map(|r| &r[0]));
            // leaders of all topics give way to those of each topic, so they may be off by more than one
            let leaders = if partitions.len() == all.len() { 2 * brokers - 1 } else { brokers };
            for (counts, most) in [(held, brokers - 1), (led, leaders)] {
                let sum: usize = counts.values().sum();
                for id in ids(&after.brokers) {
                    let is = counts.get(&id).copied().unwrap_or(0);
                    // in whole numbers: how far `is` lies from `sum / brokers`, times `brokers`
                    prop_assert!((is * brokers).abs_diff(sum) <= most, "{id} has {is} of {sum}");
                }
            }
        }
    }

    #[test]
    fn brokers_of_one_rack_end_even_whatever_the_racks(site in even(vec(1..5_usize, 1..5))) {
        let after = site.after(&site.place());
        let mut topics: Vec<Vec<&[i32]>> = after.topics.iter().map(Wish::replicas).collect();
        topics.push(topics.concat());
        for partitions in topics {
            let held = count(partitions.iter().flat_map(|r| r.iter()));
            let mut by_rack: BTreeMap<_, Vec<usize>> = BTreeMap::new();
            for (id, rack, _) in &after.brokers {
                by_rack.entry(rack).or_default().push(held.get(id).copied().unwrap_or(0));
            }
            for counts in by_rack.values() {
                let spread = counts.iter().max().zip(counts.iter().min());
                prop_assert!(spread.is_some_and(|(most, least)| most - least <= 1), "{by_rack:?}");
            }
        }
    }
}

fn count<'a>(ids: impl Iterator<Item = &'a i32>) -> BTreeMap<i32, usize> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(*id).or_default() += 1);
    counts
}
