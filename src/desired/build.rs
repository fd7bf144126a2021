//! Mirror types -> `DesiredCluster` and `DesiredTopic`: names, consent, and the Cluster's defaults merged into each topic
//! (desired, rank 1).

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::{
    Budget, Consent, Deletion, DesiredCluster, DesiredTopic, DesiredValue, Owns,
    config_value::{Config, Entry},
    load::Topic,
    mirror::{ClusterDocument, ConsentSpec, DeletionSpec, TopicDocument, TopicSpec},
    page::{At, Page},
};
use crate::model::{ClusterId, ClusterName, ConfigKey, ObjectRef, Severity, TopicName, integer};

/// The most partitions that one operation makes: 10,000 records less the topic's own and a few configs
/// (`QuorumController.MAX_RECORDS_PER_USER_OP`, Kafka 3.6 to 4.3).
const AT_ONCE: u32 = 9_900;

/// What a Cluster says for its topics.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    partitions: Option<u32>,
    replication_factor: Option<u16>,
    config: Vec<(ConfigKey, DesiredValue)>,
}

impl Defaults {
    /// Takes the defaults out of a Cluster's document.
    pub(super) fn of(document: &ClusterDocument) -> Self {
        let defaults = document.spec.as_ref().and_then(|s| s.defaults.as_ref());
        let Some(topic) = defaults.and_then(|d| d.topic.as_ref()) else {
            return Self::default();
        };
        Self {
            partitions: topic.partitions.map(|n| n.value),
            replication_factor: replicas(topic),
            config: pairs(topic.config.as_ref()).collect(),
        }
    }
}

fn replicas(spec: &TopicSpec) -> Option<u16> {
    spec.replication_factor
        .and_then(|n| u16::try_from(n.value).ok())
}

fn pairs(config: Option<&Config>) -> impl Iterator<Item = (ConfigKey, DesiredValue)> {
    let entries = config.map(|c| c.0.as_slice()).unwrap_or_default();
    entries.iter().map(|e| (e.key.clone(), e.value.clone()))
}

/// Builds a cluster without its topics; `None` when its name is not to be had.
pub(super) fn cluster(
    document: &ClusterDocument,
    at: At,
    page: &mut Page<'_>,
) -> Option<DesiredCluster> {
    let name = document.metadata.0.as_ref().and_then(|m| m.name())?;
    let parsed = ClusterName::new(&name.value);
    let spec = document.spec.as_ref();
    let modes = spec.and_then(|s| s.modes.as_ref()).map(|m| m.0.clone());
    let owns = spec.and_then(|s| s.owns.as_ref());
    let deletion = spec
        .and_then(|s| s.deletion.as_ref())
        .map(|d| deletion(d, page))
        .unwrap_or_default();
    let name = parsed
        .map_err(|e| page.error(name.at, e.to_string()))
        .ok()?;
    Some(DesiredCluster {
        cluster_id: spec
            .and_then(|s| s.cluster_id.as_ref())
            .map(|id| ClusterId(id.value.to_string())),
        modes: modes.unwrap_or_default().into_iter().collect(),
        owns: Owns {
            topics: owns.and_then(|o| o.topics.clone()).unwrap_or_default(),
            topic_configs: owns.and_then(|o| o.topic_configs).unwrap_or_default(),
            ..Owns::default()
        },
        deletion,
        ..DesiredCluster::new(name, page.place(at))
    })
}

fn deletion(spec: &DeletionSpec, page: &mut Page<'_>) -> Deletion {
    let default = Budget::default();
    let budget = spec.budget.as_ref();
    let mut allow = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in spec.allow.as_deref().unwrap_or_default() {
        let Some((at, consent)) = consent(entry, page) else {
            continue;
        };
        if seen.insert(consent.object.clone()) {
            allow.push(consent);
        } else {
            page.error(at, format!("{} is allowed twice", consent.object));
        }
    }
    Deletion {
        budget: Budget {
            count: budget
                .and_then(|b| b.count)
                .map_or(default.count, |n| n.value),
            percent: budget
                .and_then(|b| b.percent)
                .map_or(default.percent, |n| n.value),
        },
        allow,
        ..Deletion::default()
    }
}

fn consent(spec: &ConsentSpec, page: &mut Page<'_>) -> Option<(At, Consent)> {
    let name = spec.name.0.as_ref()?;
    if let Err(e) = TopicName::new(&name.value) {
        page.error(name.at, e.to_string());
        return None;
    }
    let consent = Consent {
        object: ObjectRef {
            kind: spec.kind.0?.0,
            name: name.value.clone(),
        },
        reason: spec.reason.0.as_ref()?.value.to_string(),
        until: spec.until.0?.0,
        place: page.place(name.at),
    };
    Some((name.at, consent))
}

/// Reads a topic's name by Kafka's rules.
pub(super) fn topic_name(topic: &Topic, page: &mut Page<'_>) -> Option<TopicName> {
    let name = topic.document.metadata.0.as_ref().and_then(|m| m.name())?;
    TopicName::new(&name.value)
        .map_err(|e| page.error(name.at, e.to_string()))
        .ok()
}

/// Builds a topic out of its document and the defaults; `None` when something that it needs is nowhere said.
pub(super) fn topic(
    name: &TopicName,
    topic: &Topic,
    defaults: &Defaults,
    page: &mut Page<'_>,
) -> Option<DesiredTopic> {
    let spec = topic.document.spec.as_ref();
    let partitions = spec
        .and_then(|s| s.partitions)
        .map(|n| n.value)
        .or(defaults.partitions);
    let replication_factor = spec.and_then(replicas).or(defaults.replication_factor);
    // in a document with an error a field may be missing because it could not be read, of which a finding tells already
    if topic.clean {
        needs(name, "partitions", partitions.is_some(), topic.at, page);
        needs(
            name,
            "replicationFactor",
            replication_factor.is_some(),
            topic.at,
            page,
        );
    }
    let own = spec.and_then(|s| s.config.as_ref());
    let config = merge(own, &defaults.config);
    let built = DesiredTopic {
        place: page.place(topic.at),
        labels: labels(&topic.document),
        partitions: partitions?,
        replication_factor: replication_factor?,
        config,
        placement: None,
    };
    judge(name, &built, own, topic.at, page);
    Some(built)
}

fn labels(document: &TopicDocument) -> Box<[(CompactString, CompactString)]> {
    let metadata = document.metadata.0.iter();
    let mut labels: Vec<_> = metadata.flat_map(|m| m.labels()).collect();
    labels.sort_unstable();
    labels.into()
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
    own: Option<&Config>,
    defaults: &[(ConfigKey, DesiredValue)],
) -> Vec<(ConfigKey, DesiredValue)> {
    let Some(own) = own else {
        return defaults.to_vec();
    };
    let added = defaults
        .iter()
        .filter(|(key, _)| own.get(key.as_str()).is_none());
    let mut merged: Vec<_> = pairs(Some(own)).chain(added.cloned()).collect();
    merged.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    merged
}

/// Looks at what fields say together.
fn judge(
    name: &TopicName,
    topic: &DesiredTopic,
    own: Option<&Config>,
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

fn number(topic: &DesiredTopic, key: &str) -> Option<i64> {
    let found = topic.config.binary_search_by(|(k, _)| k.as_str().cmp(key));
    match &topic.config[found.ok()?].1 {
        DesiredValue::Set(value) => integer(value),
        DesiredValue::Secret(_) | DesiredValue::LeaveAlone => None,
    }
}
