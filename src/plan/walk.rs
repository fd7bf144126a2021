//! Walks git, the cluster and the ledger side by side (plan stage, pure): one step per name that any of them knows.
//! All three are sorted by name, so the walk is linear and copies nothing.

use std::{collections::btree_map, iter::Peekable};

use crate::{
    desired::{DesiredCluster, DesiredTopic},
    live::{KafkaLive, LiveTopic, Observed},
    model::{Kind, Ledger, ObjectRef, Record, TopicName},
};

/// What each side knows of one topic name.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) name: &'a str,
    pub(super) desired: Option<&'a DesiredTopic>,
    pub(super) live: Option<&'a Observed<LiveTopic>>,
    pub(super) record: Option<&'a Record>,
}

/// Steps through all topic names in order.
pub(super) struct Walk<'a> {
    desired: Peekable<btree_map::Iter<'a, TopicName, DesiredTopic>>,
    live: Peekable<btree_map::Iter<'a, TopicName, Observed<LiveTopic>>>,
    records: Peekable<btree_map::Iter<'a, ObjectRef, Record>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        desired: &'a DesiredCluster,
        kafka: &'a KafkaLive,
        ledger: &'a Ledger,
    ) -> Self {
        Self {
            desired: desired.topics.iter().peekable(),
            live: kafka.topics.iter().peekable(),
            records: ledger.records.iter().peekable(),
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Seen<'a>;

    fn next(&mut self) -> Option<Seen<'a>> {
        while self
            .records
            .next_if(|(object, _)| object.kind != Kind::Topic)
            .is_some()
        {}
        let name = [
            self.desired.peek().map(|(name, _)| name.as_str()),
            self.live.peek().map(|(name, _)| name.as_str()),
            self.records.peek().map(|(object, _)| object.name.as_str()),
        ]
        .into_iter()
        .flatten()
        .min()?;
        Some(Seen {
            name,
            desired: self
                .desired
                .next_if(|(n, _)| n.as_str() == name)
                .map(|e| e.1),
            live: self.live.next_if(|(n, _)| n.as_str() == name).map(|e| e.1),
            record: self.records.next_if(|(o, _)| o.name == name).map(|e| e.1),
        })
    }
}
