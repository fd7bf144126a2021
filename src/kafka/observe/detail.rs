//! Reads how far groups have come (rank 6, Kafka plane): the offsets they committed, from their coordinators, and the ends
//! of these partitions, from their leaders.

use std::collections::{BTreeMap, BTreeSet};

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
    live::{GroupDetail, GroupMember, GroupOffset, Observed},
    model::TopicName,
};

/// Of how many partitions an observation reads the time of the first unread record: each costs its leader a batch of
/// records, 16 KB as producers make them and 1 MB at most, so a pass 1 MB as a rule.
const TIMES_AT_ONCE: usize = 64;

/// Committed offsets by topic and partition.
pub(in crate::kafka) type Committed = BTreeMap<TopicName, Vec<(i32, i64)>>;

/// What its coordinator tells of a group.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) members: Vec<GroupMember>,
    pub(super) committed: Committed,
}

impl Progress {
    /// Returns how many partitions it is about: those with an offset, or those that members have, whichever are more. A
    /// member counts as well.
    pub(super) fn size(&self) -> usize {
        let assigned = self.members.iter().map(|member| {
            let partitions = member.assigned.values().map(Vec::len);
            1 + partitions.sum::<usize>()
        });
        let committed = self.committed.values().map(Vec::len);
        committed.sum::<usize>().max(assigned.sum())
    }
}

/// Reads members and committed offsets of groups.
pub(super) async fn progress(client: &Client, groups: &Listing) -> Told<Progress> {
    let (mut members, committed) =
        tokio::join!(members::describe(client, groups), committed(client, groups),);
    let both = |(name, committed): (CompactString, Result<Committed, String>)| {
        let progress = match (committed, members.remove(&name)) {
            (Err(reason), _) => Err(format!("its offsets cannot be read: {reason}")),
            (Ok(committed), Some(Ok(described))) => Ok(Progress {
                members: described.members,
                committed,
            }),
            (Ok(_), Some(Err(reason))) => Err(format!("its members cannot be read: {reason}")),
            (Ok(_), None) => Err("its members were not told".to_owned()),
        };
        (name, progress)
    };
    committed.into_iter().map(both).collect()
}

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

/// Adds the ends of the partitions, and of some groups the times where they are behind.
pub(super) async fn complete(
    client: &Client,
    read: Told<Progress>,
    dated: &BTreeSet<CompactString>,
    topics: &Layout<'_>,
) -> BTreeMap<CompactString, Observed<GroupDetail>> {
    let ends = ends(client, &read, topics).await;
    let detail = |(name, progress): (CompactString, Result<Progress, String>)| {
        let detail = match progress {
            Ok(progress) => Observed::Known(GroupDetail {
                members: progress.members,
                offsets: with_ends(progress.committed, &ends),
            }),
            Err(reason) => Observed::Unknown(reason),
        };
        (name, detail)
    };
    let mut details = read.into_iter().map(detail).collect();
    date(client, topics, dated, &mut details).await;
    details
}

async fn ends(client: &Client, read: &Told<Progress>, topics: &Layout<'_>) -> Spots {
    let mut points = Points::new();
    for progress in read.values().flatten() {
        for (topic, partitions) in &progress.committed {
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

/// Adds the times of the first unread records of some groups, where most are unread first.
async fn date(
    client: &Client,
    topics: &Layout<'_>,
    dated: &BTreeSet<CompactString>,
    details: &mut BTreeMap<CompactString, Observed<GroupDetail>>,
) {
    let mut wanted: Vec<&mut GroupDetail> = details
        .iter_mut()
        .filter(|(name, _)| dated.contains(*name))
        .filter_map(|(_, detail)| match detail {
            Observed::Known(detail) => Some(detail),
            Observed::Unknown(_) => None,
        })
        .collect();
    let mut behind = Vec::new();
    for (topic, offset) in wanted.iter().flat_map(|detail| each(detail)) {
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
    for (topic, offsets) in wanted.iter_mut().flat_map(|detail| &mut detail.offsets) {
        for offset in offsets {
            let place = (topic.clone(), offset.partition, offset.committed);
            offset.at = times.get(&place).copied();
        }
    }
}

fn each(detail: &GroupDetail) -> impl Iterator<Item = (&TopicName, &GroupOffset)> {
    let of_topic = |(topic, offsets)| std::iter::repeat(topic).zip(offsets);
    detail.offsets.iter().flat_map(of_topic)
}
