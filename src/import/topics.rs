//! Topics, and the defaults that most of them share (import, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Page,
    text::{Block, commented, config_value},
};
use crate::{
    live::{KafkaLive, LiveConfig, LiveTopic, Observed},
    model::{ConfigKey, Kind, TopicName, is_throttle},
    plan::is_platform_topic,
};

/// A config becomes a default when this share of the topics has it, in percent: the others then say what they have.
const SHARED: usize = 80;

/// A topic that is written.
struct Seen<'a> {
    name: &'a TopicName,
    topic: &'a LiveTopic,
    /// How many replicas its partitions have, or will have when moves that are under way have ended.
    factors: BTreeSet<usize>,
}

impl<'a> Seen<'a> {
    fn new(live: &KafkaLive, name: &'a TopicName, topic: &'a LiveTopic) -> Self {
        let moving = live.moving.known().and_then(|all| all.get(name));
        let target = |partition: i32| {
            let mut moving = moving.into_iter().flatten();
            Some(moving.find(|m| m.partition == partition)?.target().len())
        };
        let each = (0..).zip(&topic.partitions);
        let factors = each.map(|(number, p)| target(number).unwrap_or(p.replicas.len()));
        Self {
            name,
            topic,
            factors: factors.collect(),
        }
    }

    /// Returns how many replicas a partition has, the most of any.
    fn factor(&self) -> usize {
        self.factors.last().copied().unwrap_or(0)
    }

    /// Says why no document can tell how the topic is.
    fn inexpressible(&self) -> Option<String> {
        let factors: Vec<String> = self.factors.iter().map(usize::to_string).collect();
        (factors.len() > 1).then(|| {
            format!(
                "its partitions have different numbers of replicas ({})",
                factors.join(", ")
            )
        })
    }
}

/// What most topics share.
#[derive(Default)]
pub(super) struct Defaults {
    partitions: Option<usize>,
    replication_factor: Option<usize>,
    config: BTreeMap<ConfigKey, CompactString>,
}

impl Defaults {
    fn of(topics: &[Seen<'_>]) -> Self {
        let mut config: BTreeMap<(&ConfigKey, &CompactString), usize> = BTreeMap::new();
        let own = topics.iter().flat_map(|seen| written(seen.topic));
        for (key, value) in own {
            *config.entry((key, value)).or_default() += 1;
        }
        let shared = |count: usize| topics.len() > 1 && count * 100 >= topics.len() * SHARED;
        let config = config.into_iter().filter(|(_, count)| shared(*count));
        Self {
            partitions: commonest(topics.iter().map(|seen| seen.topic.partitions.len())),
            replication_factor: commonest(topics.iter().map(Seen::factor)),
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
            Observed::Known(topic) => topics.push(Seen::new(live, name, topic)),
            Observed::Unknown(why) => page.unread(Kind::Topic, name.as_str(), why),
        }
    }
    let defaults = Defaults::of(&topics);
    let mut documents = Vec::with_capacity(topics.len());
    for seen in &topics {
        let mut text = document(seen, &defaults);
        if let Some(why) = seen.inexpressible() {
            text = commented(
                &format!("Topic {} is not declared: {why}", seen.name),
                &text,
            );
            page.note(format!(
                "Topic {}: {why}, which no document can say; it stands in its file as a comment",
                seen.name
            ));
        }
        documents.push((seen.name.to_string(), text));
    }
    page.files.spread("topics", &documents);
    let declared = topics.iter().filter(|seen| seen.inexpressible().is_none());
    page.count(Kind::Topic, declared.count());
    defaults
}

fn document(seen: &Seen<'_>, defaults: &Defaults) -> String {
    let (topic, factor) = (seen.topic, seen.factor());
    let mut block = Block::document("Topic", seen.name.as_str());
    if defaults.partitions != Some(topic.partitions.len()) {
        block.line(1, &format!("partitions: {}", topic.partitions.len()));
    }
    if defaults.replication_factor != Some(factor) || seen.factors.len() > 1 {
        block.line(1, &format!("replicationFactor: {factor}"));
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
