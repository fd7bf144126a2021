//! Reads how far groups have come (rank 6, Kafka plane): the offsets they committed, from their coordinators, and the ends
//! of these partitions, from their leaders.

use std::collections::BTreeMap;

use compact_str::CompactString;
use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponseGroup;

use super::{
    ask,
    groups::{Listing, Told, of_coordinators},
    members,
    offsets::{self, Layout, Spots},
};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, Needs, On},
        requests::{
            groups as requests,
            offsets::{LATEST, Points},
        },
    },
    live::{GroupDetail, GroupOffset, Observed},
    model::TopicName,
};

/// Of how many partitions an observation reads the time of the first unread record: each costs its leader a batch of
/// records, 16 KB as producers make them and 1 MB at most, so a pass 1 MB as a rule.
const TIMES_AT_ONCE: usize = 64;

/// Committed offsets by topic and partition.
pub(in crate::kafka) type Committed = BTreeMap<TopicName, Vec<(i32, i64)>>;

/// Reads all committed offsets of groups.
pub(in crate::kafka) async fn committed(client: &Client, groups: &Listing) -> Told<Committed> {
    let mut all = Told::new();
    let mut of_broker = BTreeMap::<i32, Vec<&str>>::new();
    for (name, group) in groups {
        if group.protocol == "share" {
            let reason = "a share group commits none".to_owned();
            all.insert(name.clone(), Err(reason));
            continue;
        }
        of_broker.entry(group.coordinator).or_default().push(name);
    }
    let ask = |id, names| async move {
        let answer = ask(client, To::Broker(id), &requests::committed(names)).await?;
        let group = |group: &OffsetFetchResponseGroup| {
            let name = CompactString::from(group.group_id.as_str());
            (name, of_group(client, group))
        };
        Ok(answer.groups.iter().map(group).collect())
    };
    all.extend(of_coordinators(&of_broker, ask).await);
    all
}

fn of_group(client: &Client, group: &OffsetFetchResponseGroup) -> Result<Committed, String> {
    let needs = Needs {
        operation: "Describe",
        on: On::Group(group.group_id.as_str()),
    };
    let refused = |code| denied::refused(client.settings(), code, None, needs);
    match Code(group.error_code) {
        Code::NONE => {}
        code => return Err(refused(code)),
    }
    let mut committed = Committed::new();
    for topic in &group.topics {
        for partition in &topic.partitions {
            match Code(partition.error_code) {
                // -1: nothing is committed
                Code::NONE if partition.committed_offset < 0 => {}
                Code::NONE => committed
                    .entry(TopicName::from_broker(&topic.name))
                    .or_default()
                    .push((partition.partition_index, partition.committed_offset)),
                code => return Err(refused(code)),
            }
        }
    }
    for partitions in committed.values_mut() {
        partitions.sort_unstable();
    }
    Ok(committed)
}

/// Adds members, the ends of the partitions, and the times where a group is behind.
pub(super) async fn complete(
    client: &Client,
    groups: &Listing,
    committed: Told<Committed>,
    topics: &Layout<'_>,
) -> BTreeMap<CompactString, Observed<GroupDetail>> {
    let (mut members, ends) = tokio::join!(
        members::describe(client, groups),
        ends(client, &committed, topics),
    );
    let mut details = BTreeMap::new();
    for (name, committed) in committed {
        let detail = match (committed, members.remove(&name)) {
            (Err(reason), _) => Observed::Unknown(format!("its offsets cannot be read: {reason}")),
            (Ok(committed), Some(Ok(described))) => Observed::Known(GroupDetail {
                members: described.members,
                offsets: with_ends(committed, &ends),
            }),
            (Ok(_), Some(Err(reason))) => {
                Observed::Unknown(format!("its members cannot be read: {reason}"))
            }
            (Ok(_), None) => Observed::Unknown("its members were not told".to_owned()),
        };
        details.insert(name, detail);
    }
    date(client, topics, &mut details).await;
    details
}

async fn ends(client: &Client, committed: &Told<Committed>, topics: &Layout<'_>) -> Spots {
    let mut points = Points::new();
    for committed in committed.values().flatten() {
        for (topic, partitions) in committed {
            let of_topic = points.entry(topic.clone()).or_default();
            of_topic.extend(partitions.iter().map(|(partition, _)| (*partition, LATEST)));
        }
    }
    for partitions in points.values_mut() {
        partitions.sort_unstable();
        partitions.dedup();
    }
    offsets::find(client, topics, &points).await
}

fn with_ends(committed: Committed, ends: &Spots) -> BTreeMap<TopicName, Vec<GroupOffset>> {
    let of_topic = |(topic, partitions): (TopicName, Vec<(i32, i64)>)| {
        let offset = |(partition, committed)| GroupOffset {
            partition,
            committed,
            end: match ends.get(&(topic.clone(), partition)) {
                Some(Ok(spot)) => Some(spot.offset),
                _ => None,
            },
            at: None,
        };
        let offsets = partitions.into_iter().map(offset).collect();
        (topic, offsets)
    };
    committed.into_iter().map(of_topic).collect()
}

/// Adds the times of the first unread records, where most are unread first.
async fn date(
    client: &Client,
    topics: &Layout<'_>,
    details: &mut BTreeMap<CompactString, Observed<GroupDetail>>,
) {
    let mut behind = Vec::new();
    for (topic, offset) in details.values().filter_map(Observed::known).flat_map(each) {
        if let Some(lag) = offset.lag().filter(|lag| *lag > 0) {
            let place = (topic.clone(), offset.partition, offset.committed);
            behind.push((std::cmp::Reverse(lag), place));
        }
    }
    behind.sort_unstable();
    behind.dedup();
    behind.truncate(TIMES_AT_ONCE);
    let behind = behind.into_iter().map(|(_, place)| place).collect();
    let times = offsets::times(client, topics, behind).await;
    for detail in details.values_mut() {
        let Observed::Known(detail) = detail else {
            continue;
        };
        for (topic, offsets) in &mut detail.offsets {
            for offset in offsets {
                let place = (topic.clone(), offset.partition, offset.committed);
                offset.at = times.get(&place).copied();
            }
        }
    }
}

fn each(detail: &GroupDetail) -> impl Iterator<Item = (&TopicName, &GroupOffset)> {
    let of_topic = |(topic, offsets)| std::iter::repeat(topic).zip(offsets);
    detail.offsets.iter().flat_map(of_topic)
}
