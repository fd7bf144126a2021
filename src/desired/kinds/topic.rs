//! `kind: Topic`: the document, and the Cluster's defaults merged into it (desired, rank 1).

use super::{Declares, Document, Spec, cluster::ClusterSpec};
use crate::{
    desired::{
        DesiredPlacement, DesiredTopic, DesiredValue, TopicSchemas,
        across::{Mention, Mentions},
        config_table::Topics,
        config_value::{Config, Entry},
        home::Home,
        node::{Node, Value},
        page::{At, Page},
        read::{BrokerIds, Count, Read, Spotted, Text, expected, mirror},
    },
    model::{ConfigKey, Kind, ObjectRef, Severity, TopicName, integer},
};

/// The most partitions a topic may declare. Kafka's controller makes 10,000 records in one operation at most, so
/// a topic is created with fewer than that; ten times as many, grown step by step, is beyond what brokers carry, and
/// a number beyond it is a slip of the finger.
const MAX_PARTITIONS: u32 = 100_000;

/// The most replicas a topic may declare. Each is a whole copy on a broker of its own; Kafka's wire format would carry
/// 32,767.
const MAX_REPLICAS: u32 = 100;

/// The most partitions that one operation makes: 10,000 records less the topic's own and a few configs
/// (`QuorumController.MAX_RECORDS_PER_USER_OP`, Kafka 3.6 to 4.3).
const AT_ONCE: u32 = 9_900;

mirror! {
    /// What is wanted of a topic.
    TopicSpec {
        /// Number of partitions. It can grow later, never shrink.
        partitions = "partitions": Option<Count<1, MAX_PARTITIONS>>,
        /// Number of replicas of each partition, each on a broker of its own.
        replication_factor = "replicationFactor": Option<Count<1, MAX_REPLICAS>>,
        /// Where the replicas lie: `spread` evenly over the racks and brokers, or on the brokers that are named. Default:
        /// new replicas are spread, and those that lie somewhere already stay there.
        placement = "placement": Option<Spotted<Placement>>,
        /// Topic configs by Kafka's names. Keys ending in `.ms` accept `7d`, keys ending in `.bytes` accept `1GiB`;
        /// `null` leaves a key alone, whatever it is.
        config = "config": Option<Config<Topics>>,
        /// The subjects of the Schema Registry that describe its records; each is declared in the same cluster.
        schemas = "schemas": Option<Spotted<SchemasSpec>>,
    }
}

mirror! {
    /// The subjects that describe a topic's records.
    SchemasSpec {
        /// That of the keys.
        key = "key": Option<Text>,
        /// That of the values.
        value = "value": Option<Text>,
    }
}

mirror! {
    /// The brokers on which replicas lie.
    PinSpec {
        /// Ids of the brokers that hold the replicas. Default: all.
        brokers = "brokers": Option<BrokerIds>,
        /// Ids of the brokers among which the preferred leaders are. Default: all that hold replicas.
        leaders = "leaders": Option<BrokerIds>,
    }
}

/// `spread`, which names no broker, or the brokers that are named.
#[derive(Debug)]
pub(in crate::desired) struct Placement(DesiredPlacement);

impl Placement {
    /// How a document asks for an even spread.
    pub(in crate::desired) const SPREAD: &str = "spread";
}

impl Read for Placement {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        match &node.value {
            Value::Scalar(word) if word == Self::SPREAD => Some(Self(DesiredPlacement::default())),
            Value::Map(_) => {
                let pin = PinSpec::read(node, page)?;
                let ids = |ids: Option<BrokerIds>| ids.map(|ids| ids.0).unwrap_or_default();
                Some(Self(DesiredPlacement {
                    brokers: ids(pin.brokers),
                    leaders: ids(pin.leaders),
                }))
            }
            _ => expected("`spread` or `{brokers: […], leaders: […]}`", node, page),
        }
    }
}

impl Spec for TopicSpec {
    const KIND: &'static str = "Topic";
    const ABOUT: &'static str = "A Kafka topic.";
    const NAMED: &'static str =
        "What it is called. The name is the topic's: 1 to 249 letters, digits, `.`, `_` and `-`.";
    const WANTED: &'static str =
        "What is wanted. What it leaves open comes from the Cluster's `defaults.topic`.";
    const NEEDED: bool = false;
}

/// What a Cluster says for its topics.
#[derive(Debug, Default)]
pub(in crate::desired) struct Defaults {
    partitions: Option<u32>,
    replication_factor: Option<u16>,
    config: Vec<(ConfigKey, DesiredValue)>,
    placement: Option<DesiredPlacement>,
    draining: Vec<i32>,
}

impl Defaults {
    /// Takes the defaults out of a Cluster's document.
    pub(in crate::desired) fn of(spec: Option<&ClusterSpec>) -> Self {
        let draining = spec.map(|s| s.draining().to_vec()).unwrap_or_default();
        let defaults = spec.and_then(|s| s.defaults.as_ref());
        let Some(topic) = defaults.and_then(|d| d.topic.as_ref()) else {
            return Self {
                draining,
                ..Self::default()
            };
        };
        Self {
            partitions: topic.partitions.map(|n| n.value),
            replication_factor: topic.replicas(),
            config: topic.pairs().collect(),
            placement: topic.placement.as_ref().map(|p| p.value.0.clone()),
            draining,
        }
    }
}

impl TopicSpec {
    fn replicas(&self) -> Option<u16> {
        self.replication_factor
            .and_then(|n| u16::try_from(n.value).ok())
    }

    fn pairs(&self) -> impl Iterator<Item = (ConfigKey, DesiredValue)> {
        self.config.iter().flat_map(Config::pairs)
    }
}

impl SchemasSpec {
    fn build(&self) -> Option<Box<TopicSchemas>> {
        let name = |subject: &Option<Text>| subject.as_ref().map(|s| s.value.clone());
        let schemas = TopicSchemas {
            key: name(&self.key),
            value: name(&self.value),
        };
        (schemas != TopicSchemas::default()).then(|| Box::new(schemas))
    }

    fn mentions(&self, topic: &TopicName, page: &Page<'_>) -> impl Iterator<Item = Mention> {
        let subjects = [
            (&self.key, Mentions::SchemaOfKeys),
            (&self.value, Mentions::SchemaOfValues),
        ];
        subjects.into_iter().filter_map(|(subject, mentions)| {
            let subject = subject.as_ref()?;
            Some(Mention {
                place: page.place(subject.at),
                by: topic.as_str().into(),
                object: ObjectRef::new(Kind::Schema, &subject.value),
                mentions,
            })
        })
    }
}

impl Declares for TopicSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let Some(name) = document.name() else { return };
        let name = match TopicName::new(&name.value) {
            Ok(name) => name,
            Err(e) => return page.error(name.at, e.to_string()),
        };
        if !home.claim_topic(&name, document.at, page) {
            return;
        }
        let schemas = document.spec.as_ref().and_then(|s| s.schemas.as_ref());
        if let Some(schemas) = schemas {
            let mentions = schemas.value.mentions(&name, page);
            home.mentions.extend(mentions);
        }
        let built = topic(&name, document, &home.defaults, page);
        if let (Some(cluster), Some(topic)) = (&mut home.cluster, built) {
            cluster.topics.insert(name, topic);
        }
    }
}

/// Builds a topic out of its document and the defaults; `None` when something that it needs is nowhere said.
fn topic(
    name: &TopicName,
    document: &Document<TopicSpec>,
    defaults: &Defaults,
    page: &mut Page<'_>,
) -> Option<DesiredTopic> {
    let spec = document.spec.as_ref();
    let partitions = spec
        .and_then(|s| s.partitions)
        .map(|n| n.value)
        .or(defaults.partitions);
    let replication_factor = spec
        .and_then(TopicSpec::replicas)
        .or(defaults.replication_factor);
    // in a document with an error a field may be missing because it could not be read, of which a finding tells already
    if document.clean {
        let mut needs = |field, said| needs(name, field, said, document.at, page);
        needs("partitions", partitions.is_some());
        needs("replicationFactor", replication_factor.is_some());
    }
    let own = spec.and_then(|s| s.config.as_ref());
    let placement = spec.and_then(|s| s.placement.as_ref());
    let pinned = match placement {
        Some(own) => Some(own.value.0.clone()),
        None => defaults.placement.clone(),
    };
    let built = DesiredTopic {
        place: page.place(document.at),
        labels: document.labels(),
        partitions: partitions?,
        replication_factor: replication_factor?,
        config: merge(own, &defaults.config),
        placement: pinned.map(Box::new),
        schemas: spec
            .and_then(|s| s.schemas.as_ref())
            .and_then(|s| s.value.build()),
    };
    judge(name, &built, own, document.at, page);
    let at = placement.map_or(document.at, |p| p.at);
    judge_placement(name, &built, &defaults.draining, at, page);
    Some(built)
}

fn needs(name: &TopicName, field: &str, said: bool, at: At, page: &mut Page<'_>) {
    if !said {
        page.error_with(
            at,
            format!(
                "topic {name} does not say its `{field}`, and the Cluster has no default for it"
            ),
            format!("write `spec.{field}` here, or `spec.defaults.topic.{field}` in the Cluster"),
        );
    }
}

/// Adds the defaults to what a topic says itself; `null` in the topic keeps a default away. Both are sorted by key.
fn merge(
    own: Option<&Config<Topics>>,
    defaults: &[(ConfigKey, DesiredValue)],
) -> Vec<(ConfigKey, DesiredValue)> {
    let Some(own) = own else {
        return defaults.to_vec();
    };
    let added = defaults
        .iter()
        .filter(|(key, _)| own.get(key.as_str()).is_none());
    let mut merged: Vec<_> = own.pairs().chain(added.cloned()).collect();
    merged.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    merged
}

/// Looks at what fields say together.
fn judge(
    name: &TopicName,
    topic: &DesiredTopic,
    own: Option<&Config<Topics>>,
    at: At,
    page: &mut Page<'_>,
) {
    let value = |key: &str| number(topic, key);
    let place = |key: &str| own.and_then(|c| c.get(key)).map_or(at, |e: &Entry| e.at);
    if let Some(insync) = value("min.insync.replicas")
        && insync > i64::from(topic.replication_factor)
    {
        let replicas = topic.replication_factor;
        page.note(
            Severity::Warning,
            place("min.insync.replicas"),
            format!(
                "topic {name} asks for {insync} in-sync replicas and has {replicas}: \
                 producers with `acks=all` cannot write to it"
            ),
            None,
        );
    }
    // LogConfig.validateValues refuses this on every version
    if let (Some(min), Some(max)) = (
        value("min.compaction.lag.ms"),
        value("max.compaction.lag.ms"),
    ) && min > max
    {
        page.error(
            place("min.compaction.lag.ms"),
            format!("topic {name}: `min.compaction.lag.ms` ({min}) is more than `max.compaction.lag.ms` ({max})"),
        );
    }
    if topic.partitions > AT_ONCE {
        page.note(
            Severity::Warning,
            at,
            format!(
                "topic {name}: Kafka makes at most 10,000 records in one operation, so a topic of {} partitions \
                 cannot be created at once",
                topic.partitions
            ),
            None,
        );
    }
}

/// Looks whether the brokers that a topic is pinned to can hold it.
fn judge_placement(
    name: &TopicName,
    topic: &DesiredTopic,
    draining: &[i32],
    at: At,
    page: &mut Page<'_>,
) {
    let Some(placement) = &topic.placement else {
        return;
    };
    let staying = placement.brokers.iter().filter(|b| !draining.contains(b));
    let (staying, named) = (staying.count(), placement.brokers.len());
    let replicas = usize::from(topic.replication_factor);
    if named > 0 && staying < replicas {
        let leaving = match named - staying {
            0 => String::new(),
            leaving => format!(", {leaving} of which are draining"),
        };
        page.error(
            at,
            format!(
                "topic {name} has {replicas} replicas, each on a broker of its own, and is placed on {named} brokers{leaving}"
            ),
        );
    }
    let strange = |leader: &&i32| named > 0 && !placement.brokers.contains(leader);
    if let Some(leader) = placement.leaders.iter().find(strange) {
        page.error(
            at,
            format!("topic {name}: broker {leader} is to lead and holds no replica: it is not among `brokers`"),
        );
    }
}

fn number(topic: &DesiredTopic, key: &str) -> Option<i64> {
    let found = topic.config.binary_search_by(|(k, _)| k.as_str().cmp(key));
    match &topic.config[found.ok()?].1 {
        DesiredValue::Set(value) => integer(value),
        DesiredValue::Secret(_) | DesiredValue::LeaveAlone => None,
    }
}
