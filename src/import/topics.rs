//! Topics, and the defaults that most of them share (import, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Page,
    text::{Block, Labels, commented, config_value, flow},
};
use crate::{
    live::{KafkaLive, LiveConfig, LiveTopic, Observed},
    model::{ConfigKey, Kind, TopicName, is_throttle},
    plan::is_platform_topic,
};

/// A config becomes a default when this share of the topics has it, in percent: the others then say what they have.
const SHARED: usize = 80;

/// Fewer topics than these share nothing by more than chance, and a default is for all that come later, too.
const FEW: usize = 3;

/// A topic that is to be written.
#[derive(Debug, Default)]
pub(super) struct Topic {
    pub(super) partitions: Option<usize>,
    pub(super) replication_factor: Option<usize>,
    /// Values by key; `None` leaves the key alone.
    pub(super) config: BTreeMap<ConfigKey, Option<CompactString>>,
    /// As it stands in a document.
    pub(super) placement: Option<String>,
    pub(super) labels: Labels,
    /// Why no document can tell how the topic is: it stands there as a comment.
    pub(super) inexpressible: Option<String>,
}

impl Topic {
    fn of(live: &KafkaLive, name: &TopicName, topic: &LiveTopic) -> Self {
        let factors = factors(live, name, topic);
        // throttles are those of reassignments, and what is hidden is in no document
        let own = topic.config.iter();
        let own = own
            .filter(|own| !is_throttle(Kind::Topic, own.key.as_str()))
            .filter_map(|LiveConfig { key, value }| Some((key.clone(), Some(value.clone()?))));
        let several: Vec<String> = factors.iter().map(usize::to_string).collect();
        Self {
            partitions: Some(topic.partitions.len()),
            replication_factor: Some(factors.last().copied().unwrap_or(0)),
            config: own.collect(),
            inexpressible: (several.len() > 1).then(|| {
                format!(
                    "its partitions have different numbers of replicas ({})",
                    several.join(", ")
                )
            }),
            ..Self::default()
        }
    }
}

/// Returns how many replicas the partitions of a topic have, or will have when moves that are under way have ended.
fn factors(live: &KafkaLive, name: &TopicName, topic: &LiveTopic) -> BTreeSet<usize> {
    let moving = live.moving.known().and_then(|all| all.get(name));
    let target = |partition: i32| {
        let mut moving = moving.into_iter().flatten();
        Some(moving.find(|m| m.partition == partition)?.target().len())
    };
    let each = (0..).zip(&topic.partitions);
    let factors = each.map(|(number, p)| target(number).unwrap_or(p.replicas.len()));
    factors.collect()
}

/// What most topics share.
#[derive(Default)]
pub(super) struct Defaults {
    partitions: Option<usize>,
    replication_factor: Option<usize>,
    config: BTreeMap<ConfigKey, CompactString>,
}

impl Defaults {
    fn of(topics: &BTreeMap<TopicName, Topic>) -> Self {
        let mut config: BTreeMap<(&ConfigKey, &CompactString), usize> = BTreeMap::new();
        for (key, value) in topics.values().flat_map(|topic| &topic.config) {
            if let Some(value) = value {
                *config.entry((key, value)).or_default() += 1;
            }
        }
        let shared = |count: usize| topics.len() >= FEW && count * 100 >= topics.len() * SHARED;
        let config = config.into_iter().filter(|(_, count)| shared(*count));
        Self {
            partitions: number_shared(topics.values().map(|t| t.partitions), shared),
            replication_factor: number_shared(
                topics.values().map(|t| t.replication_factor),
                shared,
            ),
            config: config
                .map(|((key, value), _)| (key.clone(), value.clone()))
                .collect(),
        }
    }

    /// Writes the defaults into the Cluster's document.
    pub(super) fn write(&self, block: &mut Block) {
        if self.partitions.is_none() && self.replication_factor.is_none() && self.config.is_empty()
        {
            return;
        }
        block.line(1, "defaults:");
        block.line(2, "topic:");
        if let Some(partitions) = self.partitions {
            block.line(3, &format!("partitions: {partitions}"));
        }
        if let Some(factor) = self.replication_factor {
            block.line(3, &format!("replicationFactor: {factor}"));
        }
        if !self.config.is_empty() {
            block.line(3, "config:");
            for (key, value) in &self.config {
                let value = config_value(key.as_str(), value);
                block.line(4, &format!("{}: {value}", flow(key.as_str())));
            }
        }
    }
}

/// Returns the number that is shared; `None` also when a topic does not say its own, since a default would say it instead.
fn number_shared(
    numbers: impl Iterator<Item = Option<usize>>,
    shared: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(number?).or_default() += 1;
    }
    let found = counts.into_iter().find(|(_, count)| shared(*count));
    found.map(|(number, _)| number)
}

/// Takes every live topic that is nobody's machinery.
pub(super) fn of_live(live: &KafkaLive, page: &mut Page) -> BTreeMap<TopicName, Topic> {
    let mut topics = BTreeMap::new();
    for (name, topic) in &live.topics {
        match topic {
            Observed::Known(topic) if is_platform_topic(name, topic) => {}
            Observed::Known(topic) => {
                topics.insert(name.clone(), Topic::of(live, name, topic));
            }
            Observed::Unknown(why) => page.unread(Kind::Topic, name.as_str(), why),
        }
    }
    if let Some(why) = &live.unlisted_topics {
        page.note(format!("topics that Headgate may not describe: {why}"));
    }
    topics
}

/// Writes topics, and returns what most of them share.
pub(super) fn write(topics: &BTreeMap<TopicName, Topic>, page: &mut Page) -> Defaults {
    let defaults = Defaults::of(topics);
    let mut documents = Vec::with_capacity(topics.len());
    for (name, topic) in topics {
        let mut text = document(name, topic, &defaults);
        if let Some(why) = &topic.inexpressible {
            text = commented(&format!("Topic {name} is not declared: {why}"), &text);
            page.note(format!(
                "Topic {name}: {why}, which no document can say; it stands in its file as a comment"
            ));
        }
        documents.push((name.to_string(), text));
    }
    page.files.spread("topics", &documents);
    let declared = topics.values().filter(|t| t.inexpressible.is_none());
    page.count(Kind::Topic, declared.count());
    defaults
}

fn document(name: &TopicName, topic: &Topic, defaults: &Defaults) -> String {
    let mut block = Block::labelled("Topic", name.as_str(), &topic.labels);
    let own = |own: Option<usize>, default| own.filter(|_| own != default);
    if let Some(partitions) = own(topic.partitions, defaults.partitions) {
        block.line(1, &format!("partitions: {partitions}"));
    }
    let usual = defaults
        .replication_factor
        .filter(|_| topic.inexpressible.is_none());
    if let Some(factor) = own(topic.replication_factor, usual) {
        block.line(1, &format!("replicationFactor: {factor}"));
    }
    if let Some(placement) = &topic.placement {
        block.line(1, &format!("placement: {placement}"));
    }
    let own = topic.config.iter();
    let own =
        own.filter(|(key, value)| value.is_none() || defaults.config.get(*key) != value.as_ref());
    // a default that the topic does not have is kept away from it
    let kept_away = defaults.config.keys();
    let kept_away = kept_away.filter(|key| !topic.config.contains_key(*key));
    let mut lines: Vec<(&ConfigKey, Option<&CompactString>)> = own
        .map(|(key, value)| (key, value.as_ref()))
        .chain(kept_away.map(|key| (key, None)))
        .collect();
    lines.sort();
    if !lines.is_empty() {
        block.line(1, "config:");
        for (key, value) in lines {
            let value = value.map(|value| config_value(key.as_str(), value));
            let value = value.as_deref().unwrap_or("null");
            block.line(2, &format!("{}: {value}", flow(key.as_str())));
        }
    }
    block.finish()
}
