//! Reads groups (rank 6, Kafka plane). A broker lists the groups that it coordinates: one ListGroups a broker shows all of
//! them, with their state. Members and offsets are asked of the coordinators, many groups a request.
//!
//! A listing that may have holes is no listing: not when a broker cannot be asked, nor when we may only see some groups.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use futures::{
    FutureExt,
    future::join_all,
    stream::{self, StreamExt},
};
use kafka_protocol::messages::list_groups_response::ListedGroup;

use super::{
    ask, detail,
    offsets::Layout,
    topics::{self, IN_FLIGHT},
    undeclared,
};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, Needs, On},
        requests::groups as requests,
    },
    live::{GroupDetail, LiveGroup, LiveObject, LiveTopic, Looks, Observed},
    model::{ObjectRef, TopicName},
};

/// Groups in one request: some hundred bytes a member, a few members a group.
const GROUPS_AT_ONCE: usize = 500;

/// The topic that groups live in. Where it does not exist there are no groups, and whoever asks for a coordinator makes it.
const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// A group as its coordinator lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct Listed {
    pub(super) coordinator: i32,
    pub(super) state: CompactString,
    /// `classic`, `consumer`, `share`, `streams`; empty before Kafka 3.8.
    pub(super) protocol: CompactString,
    /// What the members of a classic group do: `consumer`, `connect`, …
    pub(super) members: CompactString,
}

/// Groups by name.
pub(in crate::kafka) type Listing = BTreeMap<CompactString, Listed>;

/// What an observation holds of groups.
type Groups = BTreeMap<CompactString, Observed<LiveGroup>>;

impl Listed {
    fn new(coordinator: i32, group: &ListedGroup) -> Self {
        Self {
            coordinator,
            state: CompactString::from(group.group_state.as_str()),
            protocol: CompactString::from(group.group_type.as_str()).to_lowercase(),
            members: CompactString::from(group.protocol_type.as_str()),
        }
    }

    /// Names nothing but who coordinates a group.
    pub(in crate::kafka) fn of_coordinator(coordinator: i32) -> Self {
        Self {
            coordinator,
            state: CompactString::default(),
            protocol: CompactString::default(),
            members: CompactString::default(),
        }
    }

    fn live(self, detail: Option<Observed<GroupDetail>>) -> LiveGroup {
        LiveGroup {
            state: self.state,
            protocol: self.protocol,
            detail: detail.unwrap_or_default(),
        }
    }
}

/// Lists the groups of these brokers.
///
/// # Errors
/// One of them does not say: then nobody knows which groups there are.
pub(in crate::kafka) async fn list(
    client: &Client,
    brokers: impl IntoIterator<Item = i32>,
) -> Result<Listing, String> {
    let each = brokers.into_iter().map(|id| async move {
        let doubt = |reason| format!("broker {id} does not list its groups: {reason}");
        let answer = ask(client, To::Broker(id), &requests::list()).await;
        let answer = answer.map_err(doubt)?;
        match Code(answer.error_code) {
            Code::NONE => Ok((id, answer.groups)),
            code => Err(doubt(denied::refused(
                client.settings(),
                code,
                None,
                denied::DESCRIBE,
            ))),
        }
    });
    let mut listing = Listing::new();
    for answer in join_all(each).await {
        let (id, groups) = answer?;
        let named = |g: &ListedGroup| (g.group_id.as_str().into(), Listed::new(id, g));
        listing.extend(groups.iter().map(named));
    }
    Ok(listing)
}

/// Adds members and offsets: of the declared groups, and of as many others as a pass can bear. One that is declared and not
/// listed is sought before it counts as absent, since it may just have gone from one coordinator to another.
pub(super) async fn observe(
    client: &Client,
    listing: &Observed<Listing>,
    declared: &BTreeSet<CompactString>,
    topics: &Layout<'_>,
) -> Observed<Groups> {
    let listing = match listing {
        Observed::Known(listing) => listing,
        Observed::Unknown(reason) => return Observed::Unknown(reason.clone()),
    };
    let unlisted = declared.iter().filter(|name| !listing.contains_key(*name));
    let unlisted: Vec<&str> = unlisted.map(CompactString::as_str).collect();
    let (mut ours, others): (Listing, Listing) = listing
        .iter()
        .map(|(name, group)| (name.clone(), group.clone()))
        .partition(|(name, _)| declared.contains(name));
    let mut groups = Groups::new();
    if topics.contains_key(&TopicName::from_broker(OFFSETS_TOPIC)) {
        for (name, found) in seek(client, &unlisted).await {
            match found {
                Ok(Some(group)) => drop(ours.insert(name, group)),
                Ok(None) => {}
                Err(reason) => drop(groups.insert(name, Observed::Unknown(reason))),
            }
        }
    }
    // one after the other: an answer that breaks the connection must not be one about the others
    let mut read = detail::progress(client, &ours).await;
    let more = |some: Listing| async move { detail::progress(client, &some).await };
    read.extend(undeclared::read(others.clone(), more).await);
    let mut details = detail::complete(client, read, declared, topics).await;
    for (name, group) in ours.into_iter().chain(others) {
        let detail = details.remove(&name);
        groups.insert(name, Observed::Known(group.live(detail)));
    }
    Observed::Known(groups)
}

/// Says why a listing cannot be whole, if it cannot: the groups of a partition without a leader have no coordinator.
pub(super) fn hole(topics: &Layout<'_>) -> Option<String> {
    let offsets = topics.get(&TopicName::from_broker(OFFSETS_TOPIC))?;
    let headless = offsets.partitions.iter().position(|p| p.leader < 0)?;
    Some(format!(
        "partition {headless} of {OFFSETS_TOPIC} has no leader, so nobody tells of the groups in it"
    ))
}

/// Looks at some groups, with their members and offsets.
pub(super) async fn look(client: &Client, objects: &[&ObjectRef]) -> Looks {
    if objects.is_empty() {
        return Looks::new();
    }
    let names: Vec<&str> = objects.iter().map(|o| o.name.as_str()).collect();
    let mut looks = Looks::new();
    let mut listed = Listing::new();
    for (name, found) in find(client, &names).await {
        let object = ObjectRef::new(crate::model::Kind::ConsumerGroup, &name);
        match found {
            Ok(Some(group)) => drop(listed.insert(name, group)),
            Ok(None) => drop(looks.insert(object, Observed::Known(None))),
            Err(reason) => drop(looks.insert(object, Observed::Unknown(reason))),
        }
    }
    let read = detail::progress(client, &listed).await;
    let topics = read.values().flatten().flat_map(|p| p.committed.keys());
    let topics: BTreeSet<&TopicName> = topics.collect();
    let layout = known(client, topics.into_iter().cloned().collect()).await;
    let layout = layout.iter().collect();
    let asked_for = listed.keys().cloned().collect();
    let mut details = detail::complete(client, read, &asked_for, &layout).await;
    for (name, group) in listed {
        let live = group.live(details.remove(&name));
        let object = ObjectRef::new(crate::model::Kind::ConsumerGroup, &name);
        looks.insert(object, Observed::Known(Some(LiveObject::Group(live))));
    }
    looks
}

/// Finds groups by name, on a cluster that may have none at all.
async fn find(
    client: &Client,
    names: &[&str],
) -> BTreeMap<CompactString, Result<Option<Listed>, String>> {
    let offsets = TopicName::from_broker(OFFSETS_TOPIC);
    let topic = match topics::layouts_of(client, std::slice::from_ref(&offsets)).await {
        Ok(mut topics) => topics.remove(&offsets),
        Err(reason) => Some(Observed::Unknown(reason)),
    };
    let all = |said: Result<Option<Listed>, String>| {
        names
            .iter()
            .map(|n| (CompactString::from(*n), said.clone()))
            .collect()
    };
    match topic {
        Some(Observed::Known(Some(_))) => seek(client, names).await,
        Some(Observed::Known(None)) => all(Ok(None)),
        Some(Observed::Unknown(reason)) => all(Err(reason)),
        None => all(Err(
            "the broker's answer leaves the offsets' topic out".to_owned()
        )),
    }
}

/// Asks who coordinates groups, and then those who do.
async fn seek(
    client: &Client,
    names: &[&str],
) -> BTreeMap<CompactString, Result<Option<Listed>, String>> {
    let coordinators = coordinators(client, names).await;
    let brokers: BTreeSet<i32> = coordinators
        .values()
        .filter_map(|c| c.clone().ok())
        .collect();
    let each = brokers
        .into_iter()
        .map(|id| async move { (id, list(client, [id]).await) });
    let listings: BTreeMap<i32, Result<Listing, String>> =
        join_all(each).await.into_iter().collect();
    let found = |(name, coordinator): (CompactString, Result<i32, String>)| {
        let listed = coordinator.and_then(|id| match listings.get(&id) {
            Some(Ok(listing)) => Ok(listing.get(&name).cloned()),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("its coordinator was not asked".to_owned()),
        });
        (name, listed)
    };
    coordinators.into_iter().map(found).collect()
}

/// Asks which brokers coordinate groups. Whoever asks makes the offsets' topic where there is none.
pub(in crate::kafka) async fn coordinators(
    client: &Client,
    names: &[&str],
) -> BTreeMap<CompactString, Result<i32, String>> {
    let all = |reason: &str| -> BTreeMap<CompactString, Result<i32, String>> {
        let failed = |name: &&str| (CompactString::from(*name), Err(reason.to_owned()));
        names.iter().map(failed).collect()
    };
    if names.is_empty() {
        return BTreeMap::new();
    }
    let request = requests::find_coordinators(names);
    let answer = match ask(client, To::Any, &request).await {
        Ok(answer) => answer,
        Err(reason) => return all(&reason),
    };
    let mut coordinators = all("the broker's answer leaves it out");
    for said in answer.coordinators {
        let needs = Needs {
            operation: "Describe",
            on: On::Group(said.key.as_str()),
        };
        let message = said.error_message.as_deref();
        let coordinator = match Code(said.error_code) {
            Code::NONE => Ok(said.node_id.0),
            code => Err(denied::refused(client.settings(), code, message, needs)),
        };
        coordinators.insert(said.key.as_str().into(), coordinator);
    }
    coordinators
}

/// Groups by name, each with what its coordinator tells of it, or why that is not known.
pub(in crate::kafka) type Told<T> = BTreeMap<CompactString, Result<T, String>>;

/// Asks coordinators about their groups, many a request; one that an answer leaves out is not known.
pub(super) async fn of_coordinators<'a, P: Copy, T, F>(
    groups: &'a BTreeMap<P, Vec<&'a str>>,
    ask: impl Fn(P, &'a [&'a str]) -> F,
) -> Told<T>
where
    F: Future<Output = Result<Told<T>, String>>,
{
    let chunks = groups.iter().flat_map(|(place, names)| {
        let chunks = names.chunks(GROUPS_AT_ONCE);
        chunks.map(|names| (*place, names))
    });
    let asked = chunks.map(|(place, names)| ask(place, names).map(move |answer| (answer, names)));
    let asked: Vec<_> = asked.collect();
    let mut answers = stream::iter(asked).buffer_unordered(IN_FLIGHT);
    let mut told = Told::new();
    while let Some((answer, names)) = answers.next().await {
        let missing = match &answer {
            Ok(_) => "the coordinator's answer leaves it out",
            Err(reason) => reason,
        };
        let failed = |name: &&str| (CompactString::from(*name), Err(missing.to_owned()));
        told.extend(names.iter().map(failed));
        told.extend(answer.into_iter().flatten());
    }
    told
}

/// Reads topics without their configs, as far as they are known.
async fn known(client: &Client, names: Vec<TopicName>) -> BTreeMap<TopicName, LiveTopic> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    // a topic that is not read has no leader that could be asked, which is then said of its partitions
    let layout = topics::layouts_of(client, &names).await.unwrap_or_default();
    let there = |(name, topic)| match topic {
        Observed::Known(Some(topic)) => Some((name, topic)),
        _ => None,
    };
    layout.into_iter().filter_map(there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{live::LivePartition, model::TopicId};

    #[tokio::test]
    async fn a_group_that_no_coordinator_tells_of_is_not_known() {
        let names: Vec<String> = (0..=GROUPS_AT_ONCE).map(|n| format!("{n:03}")).collect();
        let many = names.iter().map(String::as_str).collect();
        let groups = BTreeMap::from([(1, many), (2, vec!["of 2"])]);
        let ask = |broker, names: &[&str]| {
            std::future::ready(match broker {
                1 => Ok(Told::from([(names[0].into(), Ok(names.len()))])),
                _ => Err("it is away".to_owned()),
            })
        };
        let told = of_coordinators(&groups, ask).await;
        assert_eq!(told.len(), GROUPS_AT_ONCE + 2);
        assert_eq!(told["000"], Ok(GROUPS_AT_ONCE));
        assert_eq!(told["500"], Ok(1), "a request of its own");
        assert_eq!(told["of 2"], Err("it is away".to_owned()));
        let left_out = "the coordinator's answer leaves it out";
        assert_eq!(told["001"], Err(left_out.to_owned()));
    }

    #[test]
    fn groups_whose_partition_has_no_leader_leave_a_hole_in_the_listing() {
        let partition = |leader| LivePartition {
            leader,
            replicas: [1].into(),
            isr: [].into(),
        };
        let topic = |leaders: [i32; 2]| LiveTopic {
            id: TopicId([1; 16]),
            internal: true,
            partitions: leaders.map(partition).into(),
            config: Vec::new(),
        };
        let name = TopicName::from_broker(OFFSETS_TOPIC);
        assert_eq!(hole(&Layout::new()), None);
        assert_eq!(hole(&Layout::from([(&name, &topic([1, 2]))])), None);
        let headless = hole(&Layout::from([(&name, &topic([1, -1]))]));
        assert!(headless.is_some_and(|why| why.contains("partition 1")));
    }
}
