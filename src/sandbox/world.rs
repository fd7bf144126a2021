//! What the cluster holds, and the controller's rules for changing it (sandbox stage, pure). Messages and codes are
//! Kafka's (`ReplicationControlManager`, `ConfigurationControlManager`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use compact_str::CompactString;

use super::values;
use crate::{
    live::{Broker, LiveConfig, LivePartition, LiveTopic},
    model::{ClusterId, ConfigKey, ObjectRef, TopicId, TopicName},
    ports::{Batch, KeyChange, MorePartitions, NewTopic, Outcome, Refusal, RefusalClass},
};

/// Metadata records from which on an operation is refused (KRaft, `QuorumController.MAX_RECORDS_PER_USER_OP`).
pub const MAX_RECORDS: usize = 10_000;

/// The topics that a broker calls internal (Kafka, `Topic.isInternal`).
const INTERNAL: [&str; 3] = [
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
];

/// A cluster's state.
#[derive(Debug, Clone)]
pub struct World {
    cluster_id: ClusterId,
    brokers: Vec<Broker>,
    topics: BTreeMap<TopicName, Arc<LiveTopic>>,
    /// Topics by the name that metrics know them by, in which `.` and `_` are the same.
    metric_names: BTreeMap<String, TopicName>,
    /// Topics ever made: ids and placement come from it.
    made: u64,
}

type Done = Result<(), Refusal>;
/// Config keys with the values to set, or `None` to reset.
type Alterations = [(ConfigKey, Option<CompactString>)];

impl World {
    pub(super) fn new(cluster_id: ClusterId, brokers: u16) -> Self {
        let broker = |n: u16| Broker {
            id: n.into(),
            host: "sandbox".to_owned(),
            port: 9090 + n,
            rack: Some(format!("zone-{}", (n - 1) % 3 + 1)),
        };
        Self {
            cluster_id,
            brokers: (1..=brokers).map(broker).collect(),
            topics: BTreeMap::new(),
            metric_names: BTreeMap::new(),
            made: 0,
        }
    }

    /// Returns the cluster's id.
    #[must_use]
    pub fn cluster_id(&self) -> &ClusterId {
        &self.cluster_id
    }

    /// Gives the cluster another id, as if it had been formatted anew.
    pub fn set_cluster_id(&mut self, id: &str) {
        self.cluster_id = ClusterId(id.to_owned());
    }

    /// Returns the brokers.
    #[must_use]
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// Returns the topics by name.
    #[must_use]
    pub fn topics(&self) -> &BTreeMap<TopicName, Arc<LiveTopic>> {
        &self.topics
    }

    /// Returns a topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&LiveTopic> {
        self.topics.get(name).map(AsRef::as_ref)
    }

    /// Makes a topic.
    ///
    /// # Errors
    /// Kafka's refusal: it exists, its name collides, too few brokers, a config value is wrong.
    pub fn create(&mut self, new: &NewTopic) -> Done {
        let name = new.name.as_str();
        if self.topics.contains_key(&new.name) {
            let text = format!("Topic '{name}' already exists.");
            return refuse(RefusalClass::AlreadyThere, "TOPIC_ALREADY_EXISTS", text);
        }
        if let Err(error) = TopicName::new(name) {
            return last_word("INVALID_TOPIC_EXCEPTION", error.to_string());
        }
        if let Some(other) = self.metric_names.get(&metric_name(name)) {
            let text = format!("Topic '{name}' collides with existing topic: {other}");
            return last_word("INVALID_TOPIC_EXCEPTION", text);
        }
        if new.partitions == 0 {
            let text = "Number of partitions must be larger than 0.";
            return last_word("INVALID_PARTITIONS", text.to_owned());
        }
        let brokers = self.brokers.len();
        if new.replication_factor == 0 || usize::from(new.replication_factor) > brokers {
            let text = format!(
                "Unable to replicate the partition {} time(s): The target replication factor of {0} cannot be reached \
                 because only {brokers} broker(s) are registered.",
                new.replication_factor
            );
            return last_word("INVALID_REPLICATION_FACTOR", text);
        }
        let set: Vec<_> = new
            .config
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone())))
            .collect();
        check(&set)?;
        self.made += 1;
        let mut topic = LiveTopic {
            id: topic_id(self.made),
            internal: INTERNAL.contains(&name),
            partitions: Vec::new(),
            config: Vec::new(),
        };
        grow(
            &mut topic,
            &self.brokers,
            new.partitions,
            new.replication_factor.into(),
            self.made,
        );
        write(&mut topic, &set);
        self.metric_names
            .insert(metric_name(name), new.name.clone());
        self.topics.insert(new.name.clone(), Arc::new(topic));
        Ok(())
    }

    /// Gives a topic more partitions. Kafka says INVALID_PARTITIONS for too few and for as many, and which of the two
    /// it was only a look tells.
    ///
    /// # Errors
    /// Kafka's refusal: no such topic, or not more than it has; as many as it has is an error, too.
    pub fn add_partitions(&mut self, more: &MorePartitions) -> Done {
        let MorePartitions { name, count, .. } = more;
        let (made, count) = (self.made, *count);
        let Some(topic) = self.topics.get_mut(name) else {
            return unknown_topic(name);
        };
        let has = topic.partitions.len();
        if has == count as usize {
            let text = format!("Topic already has {has} partition(s).");
            return refuse(RefusalClass::AlreadyThere, "INVALID_PARTITIONS", text);
        }
        if has > count as usize {
            let text = format!(
                "The topic {name} currently has {has} partition(s); {count} would not be an increase."
            );
            return refuse(RefusalClass::AlreadyThere, "INVALID_PARTITIONS", text);
        }
        let topic = Arc::make_mut(topic);
        let factor = topic.replication_factor();
        grow(topic, &self.brokers, count, factor, made);
        Ok(())
    }

    /// Sets and resets config values of a topic, all or none.
    ///
    /// # Errors
    /// Kafka's refusal: no such topic, no such key, a wrong value, a key twice.
    pub fn alter(&mut self, name: &TopicName, keys: &Alterations) -> Done {
        let Some(topic) = self.topics.get_mut(name) else {
            return unknown_topic(name);
        };
        check(keys)?;
        write(Arc::make_mut(topic), keys);
        Ok(())
    }

    /// Sets (or resets, with `None`) one value as a person with Kafka's tools would.
    ///
    /// # Errors
    /// Kafka's refusal.
    pub fn set(&mut self, topic: &str, key: &str, value: Option<&str>) -> Done {
        let name = TopicName::from_broker(topic);
        self.alter(&name, &[(ConfigKey::new(key), value.map(Into::into))])
    }

    /// Deletes a topic by name.
    ///
    /// # Errors
    /// There is none.
    pub fn delete(&mut self, name: &str) -> Done {
        self.metric_names.remove(&metric_name(name));
        match self.topics.remove(name) {
            Some(_) => Ok(()),
            None => unknown_topic(&TopicName::from_broker(name)),
        }
    }

    /// Deletes a topic by id.
    fn delete_id(&mut self, id: TopicId) -> Done {
        let name = self
            .topics
            .iter()
            .find(|(_, t)| t.id == id)
            .map(|(n, _)| n.clone());
        match name {
            Some(name) => self.delete(name.as_str()),
            None => {
                let text = "This server does not host this topic ID.".to_owned();
                refuse(RefusalClass::Gone, "UNKNOWN_TOPIC_ID", text)
            }
        }
    }

    /// Carries out a request.
    pub(super) fn write(&mut self, batch: &Batch) -> Vec<Outcome> {
        let mut records = 0;
        // all requests but CreateTopics turn the overflow into errors of the items that are too many
        let mut within = |cost: usize| {
            records += cost;
            if records < MAX_RECORDS {
                Ok(())
            } else {
                too_large()
            }
        };
        match batch {
            Batch::CreateTopics(items) => {
                let costs = items
                    .iter()
                    .map(|t| 1 + t.partitions as usize + t.config.len());
                if let Err(refusal) = within(costs.sum()) {
                    return vec![Outcome::Refused(refusal); items.len()];
                }
                items.iter().map(|new| outcome(self.create(new))).collect()
            }
            Batch::AddPartitions(items) => {
                let one = |more: &MorePartitions| {
                    let topic = self.topic(more.name.as_str());
                    let has = topic.map_or(0, |t| t.partitions.len());
                    within((more.count as usize).saturating_sub(has))?;
                    self.add_partitions(more)
                };
                items.iter().map(one).map(outcome).collect()
            }
            Batch::AlterConfigs(items) => {
                let one = |(object, keys): &(ObjectRef, Vec<KeyChange>)| {
                    within(keys.len())?;
                    let open = |(key, value): &KeyChange| {
                        (key.clone(), value.as_ref().map(|v| v.expose().into()))
                    };
                    let keys: Vec<_> = keys.iter().map(open).collect();
                    self.alter(&TopicName::from_broker(&object.name), &keys)
                };
                items.iter().map(one).map(outcome).collect()
            }
            Batch::DeleteTopics(items) => {
                let one = |(name, id): &(TopicName, TopicId)| {
                    within(1 + self.topic(name.as_str()).map_or(0, |t| t.config.len()))?;
                    self.delete_id(*id)
                };
                items.iter().map(one).map(outcome).collect()
            }
            _ => vec![outcome(last_word("UNSUPPORTED_VERSION", String::new())); batch.len()],
        }
    }
}

fn metric_name(name: &str) -> String {
    name.replace('.', "_")
}

fn outcome(done: Done) -> Outcome {
    match done {
        Ok(()) => Outcome::Applied,
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn refuse(class: RefusalClass, code: &'static str, message: String) -> Done {
    Err(Refusal {
        class,
        code: code.into(),
        message,
    })
}

fn last_word(code: &'static str, message: String) -> Done {
    refuse(RefusalClass::Final, code, message)
}

fn unknown_topic(name: &TopicName) -> Done {
    let text = format!("The topic '{name}' does not exist.");
    refuse(RefusalClass::Gone, "UNKNOWN_TOPIC_OR_PARTITION", text)
}

fn too_large() -> Done {
    let text = "Unable to perform excessively large batch operation.".to_owned();
    refuse(RefusalClass::WholeRequest, "POLICY_VIOLATION", text)
}

/// Checks alterations before any of them is made.
fn check(keys: &Alterations) -> Done {
    let mut seen = BTreeSet::new();
    for (key, value) in keys {
        if !seen.insert(key) {
            let text = format!("Error due to duplicate config keys: {key}");
            return last_word("INVALID_REQUEST", text);
        }
        if let Some(text) = value
            .as_ref()
            .and_then(|v| values::refusal(key.as_str(), v))
        {
            return last_word("INVALID_CONFIG", text);
        }
    }
    Ok(())
}

fn write(topic: &mut LiveTopic, keys: &Alterations) {
    for (key, value) in keys {
        topic.config.retain(|c| c.key != *key);
        if let Some(value) = value {
            let key = key.clone();
            let value = Some(value.clone());
            topic.config.push(LiveConfig { key, value });
        }
    }
    topic.config.sort_unstable_by(|a, b| a.key.cmp(&b.key));
}

/// Adds partitions, placed round robin from another broker for each topic.
fn grow(topic: &mut LiveTopic, brokers: &[Broker], count: u32, factor: usize, shift: u64) {
    for partition in topic.partitions.len()..count as usize {
        let start = partition + shift as usize;
        let replicas: Box<[i32]> = (0..factor)
            .map(|r| brokers[(start + r) % brokers.len()].id)
            .collect();
        topic.partitions.push(LivePartition {
            leader: replicas[0],
            isr: replicas.clone(),
            replicas,
        });
    }
}

/// Makes an id that looks like one and depends on the number alone (the finaliser of MurmurHash3).
fn topic_id(number: u64) -> TopicId {
    let mix = |n: u64| {
        let n = (n ^ (n >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let n = (n ^ (n >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        n ^ (n >> 33)
    };
    let id = u128::from(mix(number)) << 64 | u128::from(mix(!number));
    TopicId(id.to_be_bytes())
}
