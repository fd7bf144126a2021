//! Groups of consumers, and the records they read (sandbox stage, pure; Kafka, `GroupMetadataManager`).

use std::{collections::BTreeMap, ops::Range};

use compact_str::{CompactString, format_compact};

use super::{Done, World, last_word, outcome, refuse};
use crate::{
    desired::{ResetPoint, ResetTo},
    live::{GroupDetail, GroupMember, GroupOffset, LiveGroup, Observed, Usage},
    model::TopicName,
    ports::{OffsetReset, Outcome, RefusalClass},
};

/// A partition of a topic.
type Partition = (TopicName, i32);

/// A group as its coordinator keeps it.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// Members, with the topics they read.
    members: BTreeMap<CompactString, Vec<TopicName>>,
    offsets: BTreeMap<Partition, i64>,
}

/// The records of a partition: how many there are, and when the newest was written (ms since 1970).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Log {
    end: i64,
    newest: i64,
    /// Whether retention has deleted them all.
    emptied: bool,
}

impl World {
    /// Somebody writes records into a partition.
    pub fn produce(&mut self, topic: &TopicName, partition: i32, records: i64, at: i64) {
        let log = self.logs.entry((topic.clone(), partition)).or_default();
        log.end += records;
        log.newest = at;
        log.emptied = false;
    }

    /// Retention deletes all records of a topic.
    pub fn expire(&mut self, topic: &TopicName) {
        let of_it = self.logs.iter_mut().filter(|((name, _), _)| name == topic);
        of_it.for_each(|(_, log)| log.emptied = true);
    }

    /// Tells whether anything was ever written into a topic.
    #[must_use]
    pub fn was_written(&self, topic: &TopicName) -> bool {
        let mut logs = self.logs.iter();
        logs.any(|((name, _), log)| name == topic && log.end > 0)
    }

    /// A consumer joins a group and reads topics; the group is made by its first member.
    pub fn join(&mut self, group: &str, member: &str, topics: &[TopicName]) {
        let group = self.groups.entry(group.into()).or_default();
        group.members.insert(member.into(), topics.to_vec());
    }

    /// A consumer leaves its group.
    pub fn leave(&mut self, group: &str, member: &str) {
        if let Some(group) = self.groups.get_mut(group) {
            group.members.remove(member);
        }
    }

    /// A group commits how far it has come.
    pub fn commit(&mut self, group: &str, topic: &TopicName, partition: i32, offset: i64) {
        let group = self.groups.entry(group.into()).or_default();
        group.offsets.insert((topic.clone(), partition), offset);
    }

    /// Returns how far a group has come in a partition.
    #[must_use]
    pub fn committed(&self, group: &str, topic: &TopicName, partition: i32) -> Option<i64> {
        let group = self.groups.get(group)?;
        group.offsets.get(&(topic.clone(), partition)).copied()
    }

    /// Returns the names of all groups.
    pub(in crate::sandbox) fn group_names(&self) -> impl Iterator<Item = &CompactString> {
        self.groups.keys()
    }

    /// Returns a group as its coordinator tells of it.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<LiveGroup> {
        let group = self.groups.get(name)?;
        let state = match group.members.is_empty() {
            true => "Empty",
            false => "Stable",
        };
        Some(LiveGroup {
            state: state.into(),
            protocol: "consumer".into(),
            detail: Observed::Known(self.detail(group)),
        })
    }

    fn detail(&self, group: &Group) -> GroupDetail {
        let member = |(at, (client, topics)): (usize, (&CompactString, &Vec<TopicName>))| {
            let all = |topic: &TopicName| (topic.clone(), self.partitions_of(topic).collect());
            GroupMember {
                id: format_compact!("{client}-{at}"),
                client_id: client.clone(),
                host: "/10.0.0.1".into(),
                assigned: topics.iter().map(all).collect(),
            }
        };
        let mut offsets: BTreeMap<TopicName, Vec<GroupOffset>> = BTreeMap::new();
        for ((topic, partition), committed) in &group.offsets {
            let of_topic = offsets.entry(topic.clone()).or_default();
            of_topic.push(GroupOffset {
                partition: *partition,
                committed: *committed,
                end: self.end(topic, *partition),
                at: None,
            });
        }
        GroupDetail {
            members: group.members.iter().enumerate().map(member).collect(),
            offsets,
        }
    }

    /// Returns who uses a topic.
    pub(in crate::sandbox) fn usage(&self, topic: &TopicName) -> Usage {
        let logs = self.logs.iter().filter(|((name, _), _)| name == topic);
        let (emptied, full): (Vec<&Log>, Vec<&Log>) =
            logs.map(|(_, log)| log).partition(|log| log.emptied);
        let reads = |group: &Group| group.members.values().flatten().any(|t| t == topic);
        let consumers = self.groups.iter().filter(|(_, group)| reads(group));
        Usage {
            last_write: full.iter().map(|log| log.newest).max(),
            emptied: emptied.iter().map(|log| log.end).sum(),
            consumers: consumers.map(|(name, _)| name.clone()).collect(),
        }
    }

    fn partitions_of(&self, topic: &TopicName) -> Range<i32> {
        let count = self.topic(topic.as_str()).map_or(0, |t| t.partitions.len());
        0..i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// Returns the end of a partition; `None` when there is no such partition.
    fn end(&self, topic: &TopicName, partition: i32) -> Option<i64> {
        self.partitions_of(topic).find(|p| *p == partition)?;
        let log = self.logs.get(&(topic.clone(), partition));
        Some(log.map_or(0, |log| log.end))
    }

    /// Sets the offsets of a group without members.
    fn reset(&mut self, reset: &OffsetReset) -> Done {
        let OffsetReset {
            group,
            to: ResetTo { point, topics },
        } = reset;
        let Some(known) = self.groups.get(group) else {
            let text = format!("Group {group} not found.");
            return refuse(RefusalClass::Gone, "GROUP_ID_NOT_FOUND", text);
        };
        if !known.members.is_empty() {
            let text = format!("The group {group} is not empty.");
            return last_word("NON_EMPTY_GROUP", text);
        }
        let partitions: Vec<Partition> = match topics.is_empty() {
            true => known.offsets.keys().cloned().collect(),
            false => {
                let all = |topic: &TopicName| {
                    let (topic, partitions) = (topic.clone(), self.partitions_of(topic));
                    partitions.map(move |p| (topic.clone(), p))
                };
                topics.iter().flat_map(all).collect()
            }
        };
        for (topic, partition) in partitions {
            let (Some(end), log) = (self.end(&topic, partition), (topic, partition)) else {
                continue;
            };
            let newest = self.logs.get(&log).map_or(0, |log| log.newest);
            let offset = match point {
                ResetPoint::Earliest => 0,
                ResetPoint::Time(time) if *time <= newest => 0,
                ResetPoint::Latest | ResetPoint::Time(_) => end,
            };
            if let Some(group) = self.groups.get_mut(group) {
                group.offsets.insert(log, offset);
            }
        }
        Ok(())
    }

    pub(super) fn reset_all(&mut self, items: &[OffsetReset]) -> Vec<Outcome> {
        items.iter().map(|one| outcome(self.reset(one))).collect()
    }
}
