//! Topics, and the defaults that most of them share (import, pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Page,
    text::{Block, config_value},
};
use crate::{
    live::{KafkaLive, LiveConfig, LiveTopic, Observed},
    model::{ConfigKey, Kind, TopicName, is_throttle},
    plan::is_platform_topic,
};

/// A config becomes a default when this share of the topics has it, in percent: the others then say what they have.
const SHARED: usize = 80;

/// What most topics share.
#[derive(Default)]
pub(super) struct Defaults {
    partitions: Option<usize>,
    replication_factor: Option<usize>,
    config: BTreeMap<ConfigKey, CompactString>,
}

impl Defaults {
    fn of(topics: &[(&TopicName, &LiveTopic)]) -> Self {
        let mut config: BTreeMap<(&ConfigKey, &CompactString), usize> = BTreeMap::new();
        let own = topics.iter().flat_map(|(_, topic)| written(topic));
        for (key, value) in own {
            *config.entry((key, value)).or_default() += 1;
        }
        let shared = |count: usize| topics.len() > 1 && count * 100 >= topics.len() * SHARED;
        let config = config.into_iter().filter(|(_, count)| shared(*count));
        Self {
            partitions: commonest(topics.iter().map(|(_, t)| t.partitions.len())),
            replication_factor: commonest(topics.iter().map(|(_, t)| t.replication_factor())),
            config: config
                .map(|((key, value), _)| (key.clone(), value.clone()))
                .collect(),
        }
    }

    /// Writes the defaults into the Cluster's document.
    pub(super) fn write(&self, block: &mut Block) {
        let (Some(partitions), Some(factor)) = (self.partitions, self.replication_factor) else {
            return;
        };
        block.line(1, "defaults:");
        block.line(2, "topic:");
        block.line(3, &format!("partitions: {partitions}"));
        block.line(3, &format!("replicationFactor: {factor}"));
        if !self.config.is_empty() {
            block.line(3, "config:");
            for (key, value) in &self.config {
                block.line(4, &format!("{key}: {}", config_value(key.as_str(), value)));
            }
        }
    }
}

/// Returns the most frequent number, the smallest of equals.
fn commonest(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, n)| *n == most).map(|(n, _)| n)
}

/// Returns the own values that are git's business: neither hidden ones nor those of reassignments.
fn written(topic: &LiveTopic) -> impl Iterator<Item = (&ConfigKey, &CompactString)> {
    let own = topic.config.iter();
    own.filter(|own| !is_throttle(Kind::Topic, own.key.as_str()))
        .filter_map(|LiveConfig { key, value }| Some((key, value.as_ref()?)))
}

/// Writes every topic that is nobody's machinery, and returns what most of them share.
pub(super) fn write(live: &KafkaLive, page: &mut Page) -> Defaults {
    let mut topics = Vec::new();
    for (name, topic) in &live.topics {
        match topic {
            Observed::Known(topic) if is_platform_topic(name, topic) => {}
            Observed::Known(topic) => topics.push((name, topic)),
            Observed::Unknown(why) => page.unread(Kind::Topic, name.as_str(), why),
        }
    }
    let defaults = Defaults::of(&topics);
    let document = |(name, topic): &(&TopicName, &LiveTopic)| {
        (name.to_string(), document(name, topic, &defaults))
    };
    let documents: Vec<_> = topics.iter().map(document).collect();
    page.files.spread("topics", &documents);
    page.count(Kind::Topic, documents.len());
    for (name, topic) in &topics {
        let factor = topic.replication_factor();
        if topic.partitions.iter().any(|p| p.replicas.len() != factor) {
            page.note(format!(
                "Topic {name}: its partitions have different numbers of replicas; {factor} is written, the most of them"
            ));
        }
    }
    defaults
}

fn document(name: &TopicName, topic: &LiveTopic, defaults: &Defaults) -> String {
    let mut block = Block::document("Topic", name.as_str());
    if defaults.partitions != Some(topic.partitions.len()) {
        block.line(1, &format!("partitions: {}", topic.partitions.len()));
    }
    if defaults.replication_factor != Some(topic.replication_factor()) {
        block.line(
            1,
            &format!("replicationFactor: {}", topic.replication_factor()),
        );
    }
    let own: BTreeMap<&ConfigKey, &CompactString> = written(topic).collect();
    let differs =
        |(key, value): &(&ConfigKey, &CompactString)| defaults.config.get(*key) != Some(*value);
    let own_lines = own
        .iter()
        .map(|(key, value)| (*key, *value))
        .filter(differs);
    let own_lines = own_lines.map(|(key, value)| (key, config_value(key.as_str(), value)));
    // a default that the topic does not have is kept away from it
    let kept_away = defaults.config.keys().filter(|key| !own.contains_key(*key));
    let mut lines: Vec<(&ConfigKey, String)> = own_lines
        .chain(kept_away.map(|key| (key, "null".to_owned())))
        .collect();
    lines.sort();
    if !lines.is_empty() {
        block.line(1, "config:");
        for (key, value) in lines {
            block.line(2, &format!("{key}: {value}"));
        }
    }
    block.finish()
}
