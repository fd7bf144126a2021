//! Reads who uses topics that may be about to be deleted (rank 6, Kafka plane): the time of the newest record, and the
//! groups whose members read them. Asked only when a deletion is in sight, since it describes every group that is alive.
//!
//! A consumer without a group leaves no trace, and a producer may write any time it likes into its records. Of a partition
//! that retention has emptied nothing tells when it was written to; where it ends tells whether something has come since.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    detail,
    groups::{Listed, Listing},
    members,
    offsets::{self, Layout, Spot, Spots},
};
use crate::{
    kafka::{
        Client,
        requests::offsets::{LATEST, NEWEST, Points},
    },
    live::{LiveTopic, Observed, Usage},
    model::TopicName,
};

/// Topics that groups read, by group.
type Reads = BTreeMap<CompactString, BTreeSet<TopicName>>;

/// Observes who uses topics. One that is not there is left out.
pub(super) async fn observe(
    client: &Client,
    wanted: &BTreeSet<TopicName>,
    listing: &Observed<Listing>,
    topics: &Layout<'_>,
) -> BTreeMap<TopicName, Observed<Usage>> {
    let there = wanted.iter().filter_map(|name| topics.get_key_value(name));
    let there: Layout<'_> = there.map(|(name, topic)| (*name, *topic)).collect();
    if there.is_empty() {
        return BTreeMap::new();
    }
    let all = |topic: &LiveTopic| {
        (0..)
            .zip(&topic.partitions)
            .map(|(i, _)| (i, NEWEST))
            .collect()
    };
    let points: Points = there
        .iter()
        .map(|(name, topic)| ((*name).clone(), all(topic)))
        .collect();
    let places = async {
        let newest = offsets::find(client, topics, &points).await;
        let ends = offsets::find(client, topics, &ends_of_empty(&points, &newest)).await;
        (newest, ends)
    };
    let ((newest, ends), reads) = tokio::join!(places, reads(client, listing));
    let usage = |name: &TopicName| {
        let last_write = last_write(name, &points[name], &newest)?;
        let emptied = emptied(name, &ends)?;
        let reads = reads.as_ref().map_err(String::clone)?;
        let of_it = reads.iter().filter(|(_, topics)| topics.contains(name));
        Ok(Usage {
            last_write,
            emptied,
            consumers: of_it.map(|(group, _)| group.clone()).collect(),
        })
    };
    let observed = |name: &TopicName| match usage(name) {
        Ok(usage) => Observed::Known(usage),
        Err(reason) => Observed::Unknown(reason),
    };
    there
        .into_keys()
        .map(|name| (name.clone(), observed(name)))
        .collect()
}

fn last_write(
    name: &TopicName,
    points: &[(i32, i64)],
    spots: &Spots,
) -> Result<Option<i64>, String> {
    let mut newest = None;
    for (partition, _) in points {
        let spot = match spots.get(&(name.clone(), *partition)) {
            Some(Ok(spot)) => spot,
            Some(Err(reason)) => return Err(format!("partition {partition}: {reason}")),
            None => return Err(format!("partition {partition} was not asked")),
        };
        // -1: there is no record
        newest = newest.max((spot.time >= 0).then_some(spot.time));
    }
    Ok(newest)
}

/// Returns the ends to be asked for: those of partitions that have no record.
fn ends_of_empty(points: &Points, newest: &Spots) -> Points {
    let mut ends = Points::new();
    for (name, partitions) in points {
        for (partition, _) in partitions {
            if let Some(Ok(Spot { time: ..0, .. })) = newest.get(&(name.clone(), *partition)) {
                let of_topic = ends.entry(name.clone()).or_default();
                of_topic.push((*partition, LATEST));
            }
        }
    }
    ends
}

/// Adds up the ends of a topic's partitions that have no record.
fn emptied(name: &TopicName, ends: &Spots) -> Result<i64, String> {
    let of_topic = ends.iter().filter(|((topic, _), _)| topic == name);
    let mut sum = 0;
    for ((_, partition), end) in of_topic {
        match end {
            Ok(spot) => sum += spot.offset.max(0),
            Err(reason) => return Err(format!("partition {partition}: {reason}")),
        }
    }
    Ok(sum)
}

/// Reads which topics the groups with members read; who cannot tell of one group cannot say that nobody reads a topic.
async fn reads(client: &Client, listing: &Observed<Listing>) -> Result<Reads, String> {
    let listing = match listing {
        Observed::Known(listing) => listing,
        Observed::Unknown(reason) => return Err(format!("groups are not known: {reason}")),
    };
    let alive = listing.iter().filter(|(_, group)| may_read(group));
    let alive = alive.map(|(name, group)| (name.clone(), group.clone()));
    // of streams groups (KIP-1071) the client does not know the members; what they committed tells what they read
    let (streams, others): (Listing, Listing) =
        alive.partition(|(_, group)| group.protocol == "streams");
    let (described, committed) = tokio::join!(
        members::describe(client, &others),
        detail::committed(client, &streams),
    );
    let mut reads = Reads::new();
    let doubt = |name: &str, reason| format!("what group {name} reads is not known: {reason}");
    for (name, described) in described {
        let topics = described.and_then(|described| described.reads);
        let topics = topics.map_err(|reason| doubt(&name, reason))?;
        reads.insert(name, topics);
    }
    for (name, committed) in committed {
        let committed = committed.map_err(|reason| doubt(&name, reason))?;
        reads.insert(name, committed.into_keys().collect());
    }
    Ok(reads)
}

/// Tells whether a group may have members that read topics: Connect's workers form groups as well, and share out tasks.
fn may_read(group: &Listed) -> bool {
    let alive = !matches!(group.state.as_str(), "Empty" | "Dead");
    let classic = matches!(group.protocol.as_str(), "" | "classic");
    alive && (!classic || group.members == "consumer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_listed(state: &str, protocol: &str, members: &str) -> Listed {
        Listed {
            state: state.into(),
            protocol: protocol.into(),
            members: members.into(),
            ..Listed::of_coordinator(1)
        }
    }

    #[test]
    fn only_groups_with_members_can_read() {
        assert!(may_read(&mk_listed("Stable", "classic", "consumer")));
        assert!(may_read(&mk_listed("PreparingRebalance", "", "consumer")));
        assert!(may_read(&mk_listed("Stable", "share", "share")));
        assert!(!may_read(&mk_listed("Empty", "consumer", "consumer")));
        assert!(!may_read(&mk_listed("Stable", "classic", "connect")));
    }

    #[test]
    fn a_partition_that_does_not_tell_leaves_the_last_write_unknown() {
        let name = TopicName::from_broker("t");
        let points = [(0, NEWEST), (1, NEWEST)];
        let at = |time| Ok(Spot { offset: 7, time });
        let mut spots = Spots::from([((name.clone(), 0), at(-1)), ((name.clone(), 1), at(-1))]);
        assert_eq!(last_write(&name, &points, &spots), Ok(None));
        spots.insert((name.clone(), 1), at(9));
        assert_eq!(last_write(&name, &points, &spots), Ok(Some(9)));
        spots.insert((name.clone(), 0), Err("it has no leader".to_owned()));
        let unknown = last_write(&name, &points, &spots);
        assert_eq!(unknown, Err("partition 0: it has no leader".to_owned()));
    }

    #[test]
    fn the_ends_of_partitions_without_a_record_are_added_up_and_asked_for_only_of_these() {
        let name = TopicName::from_broker("t");
        let at = |partition, offset, time| ((name.clone(), partition), Ok(Spot { offset, time }));
        let newest = Spots::from([at(0, -1, -1), at(1, 3, 9), at(2, -1, -1)]);
        let points = Points::from([(name.clone(), [0, 1, 2].map(|p| (p, NEWEST)).into())]);
        let asked = Points::from([(name.clone(), vec![(0, LATEST), (2, LATEST)])]);
        assert_eq!(ends_of_empty(&points, &newest), asked);
        let mut ends = Spots::from([at(0, 7, -1), at(2, 0, -1)]);
        assert_eq!(emptied(&name, &ends), Ok(7));
        ends.insert((name.clone(), 2), Err("it has no leader".to_owned()));
        assert!(emptied(&name, &ends).is_err());
        assert_eq!(emptied(&TopicName::from_broker("u"), &ends), Ok(0));
    }
}
