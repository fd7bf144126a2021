//! Reads brokers and topics (rank 6, Kafka plane): one Metadata for everything, one DescribeConfigs for every 500 topics,
//! one Metadata a broker if something that was there is not listed, and one for what is only asked for by name. Calls nothing
//! absent that it did not see absent.

mod named;

use std::collections::{BTreeMap, BTreeSet};

use futures::{
    future::join_all,
    stream::{self, StreamExt, TryStreamExt},
};
use kafka_protocol::messages::{
    DescribeConfigsResponse, MetadataResponse,
    describe_configs_response::DescribeConfigsResult,
    metadata_response::{MetadataResponsePartition, MetadataResponseTopic},
};

use super::values::{key_types, own_values};
use crate::{
    kafka::{
        Client, Code, Error, Settings,
        client::{Lane, To, brokers},
        denied::{self, Needs, On},
        requests,
    },
    live::{Broker, LiveObject, LivePartition, LiveTopic, Looks, Observed},
    model::{ClusterId, ConfigKey, ConfigType, ObjectRef, TopicId, TopicName, chain},
    ports::Ask,
};

/// Topics in one DescribeConfigs: an answer of about 0.6 MB (36 entries of some 35 bytes a topic), which neither keeps a
/// broker's only thread for long nor fills our memory: decoded it takes four times as much, and two are in flight.
pub(in crate::kafka) const CONFIGS_AT_ONCE: usize = 500;

/// One answer is read while the broker makes the next; a third would only wait there.
pub(in crate::kafka) const IN_FLIGHT: usize = 2;

/// `ConfigSource.DYNAMIC_TOPIC_CONFIG`: set on the topic itself.
const OF_THE_TOPIC: i8 = 1;

/// Topics as far as they are known; `Known(None)` is one that a broker says is absent.
pub(in crate::kafka) type Topics = BTreeMap<TopicName, Observed<Option<LiveTopic>>>;

/// Brokers, topics, and which config keys topics have.
pub(super) struct Seen {
    pub(super) cluster_id: ClusterId,
    pub(super) brokers: Vec<Broker>,
    pub(super) topics: BTreeMap<TopicName, Observed<LiveTopic>>,
    pub(super) unlisted: Option<String>,
    pub(super) keys: BTreeMap<ConfigKey, ConfigType>,
    pub(super) min_insync: Option<u32>,
}

/// Observes brokers and all topics. Those that were there are looked for on every broker, those that are only declared on
/// one: a broker that does not answer shall hold up no new topic.
///
/// # Errors
/// No broker answers: then nothing is known of the cluster, not even which one it is.
pub(super) async fn observe(client: &Client, ask: &Ask) -> Result<Seen, String> {
    let answer = metadata(client, To::Any, None)
        .await
        .map_err(|e| chain(&e))?;
    let cluster_id = cluster_id(&answer)?;
    let brokers = brokers_by_id(&answer);
    let mut topics = layouts(client.settings(), answer);
    let missing = unlisted(&ask.topics, &topics);
    if !missing.is_empty() {
        topics.extend(seek(client, &brokers, &missing).await);
    }
    let new = unlisted(&ask.declared, &topics);
    topics.extend(named::ask(client, &new).await);
    let unlisted = named::unlisted(client, &ask.scopes).await;
    let (topics, keys, min_insync) = with_configs(client, topics).await?;
    Ok(Seen {
        cluster_id,
        brokers,
        topics: topics.into_iter().filter_map(unless_absent).collect(),
        unlisted,
        keys,
        min_insync,
    })
}

fn unlisted(names: &[TopicName], listed: &Topics) -> Vec<TopicName> {
    let names = names.iter();
    names
        .filter(|name| !listed.contains_key(*name))
        .cloned()
        .collect()
}

/// Looks at topics, which may be none, and asks which cluster it is.
///
/// # Errors
/// No broker answers.
pub(super) async fn look(
    client: &Client,
    objects: &[&ObjectRef],
) -> Result<(ClusterId, Looks), String> {
    let named = |object: &&ObjectRef| TopicName::from_broker(&object.name);
    let names: Vec<TopicName> = objects.iter().map(named).collect();
    let answer = metadata(client, To::Any, Some(&names))
        .await
        .map_err(|e| chain(&e))?;
    let cluster_id = cluster_id(&answer)?;
    let mut topics = layouts(client.settings(), answer);
    for name in names {
        let left_out = || Observed::Unknown("the broker's answer leaves it out".to_owned());
        topics.entry(name).or_insert_with(left_out);
    }
    let (topics, ..) = with_configs(client, topics).await?;
    let object = |(name, topic): (TopicName, Observed<Option<LiveTopic>>)| {
        let topic = topic.map(|topic| topic.map(LiveObject::Topic));
        (ObjectRef::topic(name.as_str()), topic)
    };
    Ok((cluster_id, topics.into_iter().map(object).collect()))
}

/// Reads topics without their configs.
///
/// # Errors
/// No broker answers.
pub(in crate::kafka) async fn layouts_of(
    client: &Client,
    names: &[TopicName],
) -> Result<Topics, String> {
    let answer = metadata(client, To::Any, Some(names)).await;
    let answer = answer.map_err(|e| chain(&e))?;
    Ok(layouts(client.settings(), answer))
}

async fn metadata(
    client: &Client,
    to: To,
    names: Option<&[TopicName]>,
) -> Result<MetadataResponse, Error> {
    let request = requests::topics::metadata(names);
    client
        .call(to, Lane::Read, &request, client.patience())
        .await
}

/// Asks every broker for topics that one of them did not list: it may lag behind its controller.
async fn seek(client: &Client, brokers: &[Broker], names: &[TopicName]) -> Topics {
    let ask = |broker: &Broker| {
        let id = broker.id;
        async move {
            match metadata(client, To::Broker(id), Some(names)).await {
                Ok(answer) => Ok(layouts(client.settings(), answer)),
                Err(error) => Err(format!(
                    "broker {id} may know it and cannot be asked: {}",
                    chain(&error)
                )),
            }
        }
    };
    let answers = join_all(brokers.iter().map(ask)).await;
    names
        .iter()
        .map(|name| (name.clone(), agreed(name, &answers)))
        .collect()
}

/// What the brokers together say of a topic: there if one has it, absent if all say so, and otherwise not known.
fn agreed(name: &TopicName, answers: &[Result<Topics, String>]) -> Observed<Option<LiveTopic>> {
    let mut doubt = None;
    for answer in answers {
        match answer.as_ref().map(|topics| topics.get(name)) {
            Ok(Some(Observed::Known(Some(topic)))) => return Observed::Known(Some(topic.clone())),
            Ok(Some(Observed::Known(None))) => {}
            Ok(Some(Observed::Unknown(reason))) | Err(reason) => doubt = Some(reason.clone()),
            Ok(None) => doubt = Some("a broker's answer leaves it out".to_owned()),
        }
    }
    match doubt {
        Some(reason) => Observed::Unknown(reason),
        None if answers.is_empty() => Observed::Unknown("there is no broker to ask".to_owned()),
        None => Observed::Known(None),
    }
}

/// Adds the topics' own configs, and returns besides which keys topics have on this cluster.
async fn with_configs(
    client: &Client,
    mut topics: Topics,
) -> Result<(Topics, BTreeMap<ConfigKey, ConfigType>, Option<u32>), String> {
    let there: Vec<TopicName> = topics
        .iter()
        .filter(|(_, topic)| matches!(topic, Observed::Known(Some(_))))
        .map(|(name, _)| name.clone())
        .collect();
    let ask = |request| async move {
        client
            .call(To::Any, Lane::Read, &request, client.patience())
            .await
    };
    let requests: Vec<_> = there
        .chunks(CONFIGS_AT_ONCE)
        .map(|chunk| requests::configs::describe_topics(chunk, None))
        .collect();
    let mut keys = BTreeMap::new();
    let mut inherited = None;
    let mut answers = stream::iter(requests).map(ask).buffer_unordered(IN_FLIGHT);
    let mut unread: BTreeSet<&TopicName> = there.iter().collect();
    while let Some(answer) = answers.try_next().await.map_err(|e| chain(&e))? {
        let DescribeConfigsResponse { results, .. } = answer;
        for result in results {
            if keys.is_empty() {
                keys = key_types(&result);
            }
            if inherited.is_none() {
                inherited = inherited_min_insync(&result);
            }
            let name = TopicName::from_broker(&result.resource_name);
            if unread.remove(&name)
                && let Some(topic) = topics.get_mut(&name)
            {
                configure(client.settings(), topic, &result);
            }
        }
    }
    for name in unread {
        let reason = "the broker's answer leaves its configs out".to_owned();
        topics.insert(name.clone(), Observed::Unknown(reason));
    }
    Ok((topics, keys, inherited))
}

/// Writes a topic's configs into it, or why they are not known: half a topic is not known.
fn configure(
    settings: &Settings,
    topic: &mut Observed<Option<LiveTopic>>,
    result: &DescribeConfigsResult,
) {
    let code = Code(result.error_code);
    if !code.is_ok() {
        *topic = Observed::Unknown(match code {
            Code::UNKNOWN_TOPIC_OR_PARTITION => {
                "it was deleted while it was read, or is not everywhere yet".to_owned()
            }
            _ => {
                let on = On::Topic(&result.resource_name);
                let (operation, message) = ("DescribeConfigs", result.error_message.as_deref());
                let why = denied::refused(settings, code, message, Needs { operation, on });
                format!("its configs cannot be read: {why}")
            }
        });
    } else if let Observed::Known(Some(topic)) = topic {
        topic.config = own_values(&result.configs, OF_THE_TOPIC);
    }
}

/// Returns the `min.insync.replicas` that a topic inherits, if it has none of its own.
fn inherited_min_insync(result: &DescribeConfigsResult) -> Option<u32> {
    let mut configs = result.configs.iter();
    let found = configs.find(|c| c.name.as_str() == "min.insync.replicas")?;
    let value = found.value.as_deref();
    value
        .filter(|_| found.config_source != OF_THE_TOPIC)?
        .parse()
        .ok()
}

fn cluster_id(answer: &MetadataResponse) -> Result<ClusterId, String> {
    let id = answer.cluster_id.as_deref().filter(|id| !id.is_empty());
    id.map(|id| ClusterId(id.to_owned()))
        .ok_or_else(|| "the broker does not say which cluster it belongs to".to_owned())
}

fn brokers_by_id(answer: &MetadataResponse) -> Vec<Broker> {
    let mut all = brokers(answer);
    all.sort_unstable_by_key(|broker| broker.id);
    all
}

/// Takes the topics of a Metadata answer, without their configs.
fn layouts(settings: &Settings, answer: MetadataResponse) -> Topics {
    let named = |topic: MetadataResponseTopic| {
        let name = TopicName::from_broker(topic.name.as_deref()?);
        let topic = layout(settings, &name, topic);
        Some((name, topic))
    };
    answer.topics.into_iter().filter_map(named).collect()
}

fn layout(
    settings: &Settings,
    name: &TopicName,
    topic: MetadataResponseTopic,
) -> Observed<Option<LiveTopic>> {
    match Code(topic.error_code) {
        Code::NONE => {}
        Code::UNKNOWN_TOPIC_OR_PARTITION => return Observed::Known(None),
        code => {
            let on = On::Topic(name.as_str());
            let needs = Needs {
                operation: "Describe",
                on,
            };
            return Observed::Unknown(denied::refused(settings, code, None, needs));
        }
    }
    if topic.topic_id.is_nil() {
        return Observed::Unknown(
            "the broker does not tell its id; Headgate needs Kafka 3.6 or newer".to_owned(),
        );
    }
    let mut answered = topic.partitions;
    answered.sort_unstable_by_key(|partition| partition.partition_index);
    let gapless = (0..)
        .zip(&answered)
        .all(|(index, p)| p.partition_index == index);
    if !gapless || answered.is_empty() {
        return Observed::Unknown("the broker does not list all of its partitions".to_owned());
    }
    // not collected: that would keep the answer's allocation, five times as large, as long as the observation lives
    let mut partitions = Vec::with_capacity(answered.len());
    partitions.extend(answered.into_iter().map(partition));
    Observed::Known(Some(LiveTopic {
        id: TopicId(topic.topic_id.into_bytes()),
        internal: topic.is_internal,
        partitions,
        config: Vec::new(),
    }))
}

fn partition(partition: MetadataResponsePartition) -> LivePartition {
    let ids =
        |ids: Vec<kafka_protocol::messages::BrokerId>| ids.into_iter().map(|id| id.0).collect();
    LivePartition {
        leader: partition.leader_id.0,
        replicas: ids(partition.replica_nodes),
        isr: ids(partition.isr_nodes),
    }
}

/// In an observation what is absent is left out.
fn unless_absent(
    (name, topic): (TopicName, Observed<Option<LiveTopic>>),
) -> Option<(TopicName, Observed<LiveTopic>)> {
    match topic {
        Observed::Known(topic) => topic.map(|topic| (name, Observed::Known(topic))),
        Observed::Unknown(reason) => Some((name, Observed::Unknown(reason))),
    }
}

#[cfg(test)]
mod tests;
