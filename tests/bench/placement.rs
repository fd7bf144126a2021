//! Placing replicas, in this process: making all topics, emptying a broker, and evening out after one came.

use std::time::{Duration, Instant};

use headgate::plan::placement::{
    Broker, Current, Estate, Extent, Placement, Standing, Target, Topic, place,
};

use crate::{
    measure::{REPEATS, median},
    table::{Reach, Row},
};

/// Topics, and partitions of each: 10,000 in all.
const TOPICS: usize = 1_000;
const PARTITIONS: usize = 10;

const RACKS: [&str; 3] = ["az1", "az2", "az3"];
const BROKERS: i32 = 12;

/// Measures the slowest of the three.
pub(crate) fn row() -> Row {
    let all = [Standing::Serving; BROKERS as usize];
    let but_last = |standing| {
        let mut standings = all;
        standings[BROKERS as usize - 1] = standing;
        standings
    };
    let (created, creation) = timed(&all, &[], Extent::Repair);
    let (_, emptying) = timed(&but_last(Standing::Draining), &created, Extent::Repair);
    let (eleven, _) = timed(&but_last(Standing::Draining), &[], Extent::Repair);
    let (_, evening) = timed(&all, &eleven, Extent::Even);
    Row::new(
        "placement of 10,000 partitions on 12 brokers",
        creation.max(emptying).max(evening),
        None,
        Reach::Below(0.2),
    )
}

/// Places all topics, which lie as they were answered before; returns the answer and the time it took.
fn timed(
    standings: &[Standing],
    before: &[Vec<Target>],
    extent: Extent,
) -> (Vec<Vec<Target>>, Duration) {
    let broker = |(id, standing): (i32, &Standing)| Broker {
        id,
        rack: Some(RACKS[id as usize % RACKS.len()]),
        standing: *standing,
    };
    let topic = |index: usize| Topic {
        name: "events",
        current: before
            .get(index)
            .map_or(Vec::new(), |targets| lying(targets)),
        partitions: PARTITIONS,
        replication_factor: 3,
        placement: Placement::Spread,
        leaders: &[],
        extent,
    };
    let estate = Estate {
        brokers: (0..BROKERS).zip(standings).map(broker).collect(),
        topics: (0..TOPICS).map(topic).collect(),
    };
    let mut answer = Vec::new();
    let once = || {
        let began = Instant::now();
        answer = place(&estate);
        began.elapsed()
    };
    let took = median(std::iter::repeat_with(once).take(REPEATS).collect());
    let answer: Result<Vec<_>, _> = answer.into_iter().collect();
    (answer.expect("there are brokers enough"), took)
}

fn lying(targets: &[Target]) -> Vec<Current<'_>> {
    let replicas = targets.iter().map(|t| t.replicas.as_slice());
    let current = replicas.map(|replicas| Current {
        replicas,
        isr: replicas,
    });
    current.collect()
}
