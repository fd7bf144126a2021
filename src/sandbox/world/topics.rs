//! Topics, and the controller's rules for them (sandbox stage, pure; Kafka, `ReplicationControlManager`).

use std::sync::Arc;

use super::{Alterations, Done, Records, World, last_word, outcome, refuse, too_large};
use crate::{
    live::{Broker, LivePartition, LiveTopic},
    model::{ConfigKey, ObjectRef, TopicId, TopicName},
    ports::{MorePartitions, NewTopic, Outcome, RefusalClass},
};

/// The topics that a broker calls internal (Kafka, `Topic.isInternal`).
const INTERNAL: [&str; 3] = [
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
];

impl World {
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
        self.check_layout(new)?;
        let set: Vec<_> = new
            .config
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone())))
            .collect();
        self.made += 1;
        let mut topic = LiveTopic {
            id: topic_id(self.made),
            internal: INTERNAL.contains(&name),
            partitions: new.assignment.iter().map(|r| placed(r)).collect(),
            config: Vec::new(),
        };
        let object = ObjectRef::topic(name);
        super::configs::check(&object, &set)?;
        let factor = new.replication_factor.into();
        grow(&mut topic, &self.brokers, new.partitions, factor, self.made);
        super::configs::write(&mut topic.config, &set);
        self.metric_names
            .insert(metric_name(name), new.name.clone());
        self.topics.insert(new.name.clone(), Arc::new(topic));
        Ok(())
    }

    fn check_layout(&self, new: &NewTopic) -> Done {
        if !new.assignment.is_empty() {
            return self.check_replicas(&new.assignment);
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
        Ok(())
    }

    /// Checks replicas that a caller chose.
    pub(super) fn check_replicas(&self, assignment: &[Box<[i32]>]) -> Done {
        for replicas in assignment {
            let unknown = replicas
                .iter()
                .find(|id| !self.brokers.iter().any(|b| b.id == **id));
            if let Some(id) = unknown {
                let text = format!(
                    "The manual partition assignment includes broker {id}, but no such broker is registered."
                );
                return last_word("INVALID_REPLICA_ASSIGNMENT", text);
            }
            let twice = (1..replicas.len()).any(|at| replicas[..at].contains(&replicas[at]));
            if twice || replicas.is_empty() {
                let text = format!(
                    "The manual partition assignment {replicas:?} is empty or has a broker twice."
                );
                return last_word("INVALID_REPLICA_ASSIGNMENT", text);
            }
        }
        Ok(())
    }

    /// Gives a topic more partitions. Kafka says INVALID_PARTITIONS for too few and for as many, and which of the two
    /// it was only a look tells.
    ///
    /// # Errors
    /// Kafka's refusal: no such topic, or not more than it has; as many as it has is an error, too.
    pub fn add_partitions(&mut self, more: &MorePartitions) -> Done {
        let MorePartitions { name, count, .. } = more;
        self.check_replicas(&more.assignment)?;
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
        topic
            .partitions
            .extend(more.assignment.iter().map(|r| placed(r)));
        grow(topic, &self.brokers, count, factor, made);
        Ok(())
    }

    /// Sets and resets config values of a topic.
    pub(super) fn alter_topic(&mut self, object: &ObjectRef, keys: &Alterations) -> Done {
        let Some(topic) = self.topics.get_mut(object.name.as_str()) else {
            return unknown_topic(&TopicName::from_broker(&object.name));
        };
        super::configs::check(object, keys)?;
        super::configs::write(&mut Arc::make_mut(topic).config, keys);
        Ok(())
    }

    /// Sets (or resets, with `None`) one value of a topic as a person with Kafka's tools would.
    ///
    /// # Errors
    /// Kafka's refusal.
    pub fn set(&mut self, topic: &str, key: &str, value: Option<&str>) -> Done {
        let key = (ConfigKey::new(key), value.map(Into::into));
        self.alter(&ObjectRef::topic(topic), &[key])
    }

    /// Deletes a topic by name.
    ///
    /// # Errors
    /// There is none.
    pub fn delete(&mut self, name: &str) -> Done {
        self.metric_names.remove(&metric_name(name));
        self.moves.retain(|(topic, _), _| topic.as_str() != name);
        self.logs.retain(|(topic, _), _| topic.as_str() != name);
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

    pub(super) fn create_all(&mut self, items: &[NewTopic], records: &mut Records) -> Vec<Outcome> {
        let costs = items
            .iter()
            .map(|t| 1 + t.partitions as usize + t.config.len());
        if !records.take(costs.sum()) {
            return vec![outcome(too_large()); items.len()];
        }
        items.iter().map(|new| outcome(self.create(new))).collect()
    }

    pub(super) fn grow_all(
        &mut self,
        items: &[MorePartitions],
        records: &mut Records,
    ) -> Vec<Outcome> {
        let one = |more: &MorePartitions| {
            let topic = self.topic(more.name.as_str());
            let has = topic.map_or(0, |t| t.partitions.len());
            match records.take((more.count as usize).saturating_sub(has)) {
                true => self.add_partitions(more),
                false => too_large(),
            }
        };
        items.iter().map(one).map(outcome).collect()
    }

    pub(super) fn delete_all(
        &mut self,
        items: &[(TopicName, TopicId)],
        records: &mut Records,
    ) -> Vec<Outcome> {
        let one = |(name, id): &(TopicName, TopicId)| {
            let keys = self.topic(name.as_str()).map_or(0, |t| t.config.len());
            match records.take(1 + keys) {
                true => self.delete_id(*id),
                false => too_large(),
            }
        };
        items.iter().map(one).map(outcome).collect()
    }
}

/// Returns the name that metrics know a topic by, in which `.` and `_` are the same.
fn metric_name(name: &str) -> String {
    name.replace('.', "_")
}

pub(super) fn unknown_topic(name: &TopicName) -> Done {
    let text = format!("The topic '{name}' does not exist.");
    refuse(RefusalClass::Gone, "UNKNOWN_TOPIC_OR_PARTITION", text)
}

fn placed(replicas: &[i32]) -> LivePartition {
    LivePartition {
        leader: replicas[0],
        isr: replicas.into(),
        replicas: replicas.into(),
    }
}

/// Adds partitions, placed round robin from another broker for each topic.
fn grow(topic: &mut LiveTopic, brokers: &[Broker], count: u32, factor: usize, shift: u64) {
    for partition in topic.partitions.len()..count as usize {
        let start = partition + shift as usize;
        let replicas: Box<[i32]> = (0..factor)
            .map(|r| brokers[(start + r) % brokers.len()].id)
            .collect();
        topic.partitions.push(placed(&replicas));
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
