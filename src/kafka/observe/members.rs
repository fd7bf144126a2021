//! Reads the members of groups (rank 6, Kafka plane), in the words of each of the three protocols.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Buf, Bytes};
use compact_str::CompactString;
use kafka_protocol::{
    messages::{
        ConsumerProtocolAssignment, ConsumerProtocolSubscription,
        consumer_group_describe_response::{self as consumer},
        describe_groups_response::{self as classic},
        share_group_describe_response::{self as share},
    },
    protocol::Decodable,
};

use super::{
    ask,
    groups::{Listing, Told, of_coordinators},
};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, Needs, On},
        requests::groups as requests,
    },
    live::GroupMember,
    model::TopicName,
};

/// The members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) members: Vec<GroupMember>,
    /// Topics that they read, or want to; or why nobody knows.
    pub(super) reads: Result<BTreeSet<TopicName>, String>,
}

/// Which request tells of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Classic,
    Consumer,
    Share,
}

/// Describes groups.
pub(super) async fn describe(client: &Client, groups: &Listing) -> Told<Described> {
    let mut all = Told::new();
    let mut of_broker = BTreeMap::<(i32, Protocol), Vec<&str>>::new();
    for (name, group) in groups {
        let protocol = match group.protocol.as_str() {
            // before Kafka 3.8 all are classic
            "" | "classic" => Protocol::Classic,
            "consumer" => Protocol::Consumer,
            "share" => Protocol::Share,
            other => {
                let reason = format!("Headgate does not speak the protocol of {other} groups");
                all.insert(name.clone(), Err(reason));
                continue;
            }
        };
        let place = (group.coordinator, protocol);
        of_broker.entry(place).or_default().push(name);
    }
    let ask = |(id, protocol), names| described(client, id, protocol, names);
    all.extend(of_coordinators(&of_broker, ask).await);
    all
}

async fn described(
    client: &Client,
    broker: i32,
    protocol: Protocol,
    names: &[&str],
) -> Result<Told<Described>, String> {
    let to = To::Broker(broker);
    Ok(match protocol {
        Protocol::Classic => {
            let answer = ask(client, to, &requests::describe_classic(names)).await?;
            let group = |g: &classic::DescribedGroup| {
                let said = (g.error_code, g.error_message.as_deref());
                checked(client, &g.group_id, said, || of_classic(g))
            };
            answer.groups.iter().map(group).collect()
        }
        Protocol::Consumer => {
            let answer = ask(client, to, &requests::describe_consumer(names)).await?;
            let group = |g: &consumer::DescribedGroup| {
                let said = (g.error_code, g.error_message.as_deref());
                checked(client, &g.group_id, said, || of_consumer(g))
            };
            answer.groups.iter().map(group).collect()
        }
        Protocol::Share => {
            let answer = ask(client, to, &requests::describe_share(names)).await?;
            let group = |g: &share::DescribedGroup| {
                let said = (g.error_code, g.error_message.as_deref());
                checked(client, &g.group_id, said, || of_share(g))
            };
            answer.groups.iter().map(group).collect()
        }
    })
}

/// Names a group, and takes it unless the coordinator refuses to tell of it.
fn checked(
    client: &Client,
    group: &str,
    (code, message): (i16, Option<&str>),
    take: impl FnOnce() -> Described,
) -> (CompactString, Result<Described, String>) {
    let code = Code(code);
    let on = match code {
        // KIP-848: who describes a group must be allowed to see the topics it reads
        Code::TOPIC_AUTHORIZATION_FAILED => On::Topic("*"),
        _ => On::Group(group),
    };
    let needs = Needs {
        operation: "Describe",
        on,
    };
    let said = match code {
        Code::NONE => Ok(take()),
        code => Err(denied::refused(client.settings(), code, message, needs)),
    };
    (group.into(), said)
}

fn of_classic(group: &classic::DescribedGroup) -> Described {
    let consumers = group.protocol_type.as_str() == "consumer";
    let mut reads = match group.group_state.ends_with("Rebalance") {
        true => Err("it is just sharing out its partitions".to_owned()),
        false => Ok(BTreeSet::new()),
    };
    let mut members = Vec::with_capacity(group.members.len());
    for member in &group.members {
        let mut assigned = BTreeMap::new();
        if consumers {
            let dealt = assignment(&member.member_assignment);
            reads = reads.and_then(|mut reads| {
                let foreign = || format!("nobody understands its member {}", &*member.member_id);
                reads.extend(dealt.iter().flat_map(BTreeMap::keys).cloned());
                reads.extend(subscription(&member.member_metadata).ok_or_else(foreign)?);
                dealt.is_some().then_some(reads).ok_or_else(foreign)
            });
            assigned = dealt.unwrap_or_default();
        }
        members.push(GroupMember {
            id: member.member_id.as_str().into(),
            client_id: member.client_id.as_str().into(),
            host: member.client_host.as_str().into(),
            assigned,
        });
    }
    Described { members, reads }
}

/// Reads what a leader of a group dealt to a member. These are a client's own bytes: they may be anything.
fn assignment(bytes: &Bytes) -> Option<BTreeMap<TopicName, Vec<i32>>> {
    // what a member gets that the leader dealt nothing to
    if bytes.is_empty() {
        return Some(BTreeMap::new());
    }
    let (version, mut rest) = versioned(bytes)?;
    let dealt = ConsumerProtocolAssignment::decode(&mut rest, version).ok()?;
    let of_topic = |t: kafka_protocol::messages::consumer_protocol_assignment::TopicPartition| {
        (TopicName::from_broker(&t.topic), t.partitions)
    };
    Some(
        dealt
            .assigned_partitions
            .into_iter()
            .map(of_topic)
            .collect(),
    )
}

/// Reads the topics that a member asks for.
fn subscription(bytes: &Bytes) -> Option<Vec<TopicName>> {
    let (version, mut rest) = versioned(bytes)?;
    let asked = ConsumerProtocolSubscription::decode(&mut rest, version).ok()?;
    Some(
        asked
            .topics
            .iter()
            .map(|t| TopicName::from_broker(t))
            .collect(),
    )
}

/// Takes the version off; a newer one begins as the newest that we know (Kafka, `ConsumerProtocol`).
fn versioned(bytes: &Bytes) -> Option<(i16, Bytes)> {
    const NEWEST: i16 = 3;
    let mut rest = bytes.clone();
    let version = rest.try_get_i16().ok()?;
    Some((version.clamp(0, NEWEST), rest))
}

fn of_consumer(group: &consumer::DescribedGroup) -> Described {
    let mut reads = BTreeSet::new();
    let mut members = Vec::with_capacity(group.members.len());
    for member in &group.members {
        let target = &member.target_assignment.topic_partitions;
        reads.extend(target.iter().map(|t| TopicName::from_broker(&t.topic_name)));
        let asked = &member.subscribed_topic_names;
        reads.extend(asked.iter().map(|name| TopicName::from_broker(name)));
        let mut assigned = BTreeMap::new();
        for topic in &member.assignment.topic_partitions {
            let name = TopicName::from_broker(&topic.topic_name);
            reads.insert(name.clone());
            assigned.insert(name, topic.partitions.clone());
        }
        members.push(GroupMember {
            id: member.member_id.as_str().into(),
            client_id: member.client_id.as_str().into(),
            host: member.client_host.as_str().into(),
            assigned,
        });
    }
    Described {
        members,
        reads: Ok(reads),
    }
}

fn of_share(group: &share::DescribedGroup) -> Described {
    let mut reads = BTreeSet::new();
    let mut members = Vec::with_capacity(group.members.len());
    for member in &group.members {
        let asked = &member.subscribed_topic_names;
        reads.extend(asked.iter().map(|name| TopicName::from_broker(name)));
        let mut assigned = BTreeMap::new();
        for topic in &member.assignment.topic_partitions {
            let name = TopicName::from_broker(&topic.topic_name);
            reads.insert(name.clone());
            assigned.insert(name, topic.partitions.clone());
        }
        members.push(GroupMember {
            id: member.member_id.as_str().into(),
            client_id: member.client_id.as_str().into(),
            host: member.client_host.as_str().into(),
            assigned,
        });
    }
    Described {
        members,
        reads: Ok(reads),
    }
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};
    use kafka_protocol::{
        messages::consumer_protocol_assignment::TopicPartition,
        protocol::{Encodable, StrBytes},
    };
    use proptest::prelude::*;

    use super::*;

    fn mk_bytes(version: i16, message: &impl Encodable) -> Bytes {
        let mut bytes = BytesMut::new();
        bytes.put_i16(version);
        message
            .encode(&mut bytes, version.min(3))
            .expect("it can be written");
        bytes.freeze()
    }

    fn mk_group(state: &'static str, protocol: &'static str) -> classic::DescribedGroup {
        let text = StrBytes::from_static_str;
        let dealt = TopicPartition::default()
            .with_topic(text("dealt").into())
            .with_partitions(vec![0, 2]);
        let dealt = ConsumerProtocolAssignment::default().with_assigned_partitions(vec![dealt]);
        let asked = ConsumerProtocolSubscription::default().with_topics(vec![text("asked")]);
        let member = classic::DescribedGroupMember::default()
            .with_member_id(text("m1"))
            .with_member_metadata(mk_bytes(1, &asked))
            .with_member_assignment(mk_bytes(1, &dealt));
        classic::DescribedGroup::default()
            .with_group_state(text(state))
            .with_protocol_type(text(protocol))
            .with_members(vec![member])
    }

    #[test]
    fn a_member_reads_what_it_was_dealt_and_what_it_asks_for() {
        let described = of_classic(&mk_group("Stable", "consumer"));
        let dealt = TopicName::from_broker("dealt");
        assert_eq!(
            described.members[0].assigned,
            [(dealt.clone(), vec![0, 2])].into()
        );
        let reads = described.reads.expect("the group is settled");
        assert_eq!(reads, [TopicName::from_broker("asked"), dealt].into());
    }

    #[test]
    fn a_group_that_shares_out_its_partitions_does_not_tell_what_it_reads() {
        for state in ["PreparingRebalance", "CompletingRebalance"] {
            assert!(of_classic(&mk_group(state, "consumer")).reads.is_err());
        }
    }

    /// Such a member may read anything: a topic is not deleted under it.
    #[test]
    fn a_member_that_nobody_understands_leaves_it_unknown_what_the_group_reads() {
        let foreign = Bytes::from_static(b"\0\x01\x7f");
        let spoilt = |spoil: &dyn Fn(&mut classic::DescribedGroupMember)| {
            let mut group = mk_group("Stable", "consumer");
            let mut member = group.members[0].clone();
            spoil(&mut member);
            group.members.insert(0, member);
            of_classic(&group).reads
        };
        for reads in [
            spoilt(&|member| member.member_metadata = foreign.clone()),
            spoilt(&|member| member.member_metadata = Bytes::new()),
            spoilt(&|member| member.member_assignment = foreign.clone()),
        ] {
            assert!(reads.is_err_and(|why| why.contains("m1")));
        }
        let idle = spoilt(&|member| member.member_assignment = Bytes::new());
        assert!(idle.is_ok(), "it asks for topics, and was dealt none");
    }

    #[test]
    fn workers_of_connect_are_members_and_no_readers() {
        let described = of_classic(&mk_group("Stable", "connect"));
        assert_eq!(described.members.len(), 1);
        assert_eq!(described.reads, Ok(BTreeSet::new()));
    }

    #[test]
    fn a_version_that_is_newer_than_ours_is_read_as_ours() {
        let asked = ConsumerProtocolSubscription::default()
            .with_topics(vec![StrBytes::from_static_str("asked")]);
        let asked = subscription(&mk_bytes(9, &asked));
        assert_eq!(asked, Some(vec![TopicName::from_broker("asked")]));
    }

    proptest! {
        /// Any client may write these bytes.
        #[test]
        fn bytes_of_any_client_are_read_or_left(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let bytes = Bytes::from(bytes);
            let _ = (assignment(&bytes), subscription(&bytes));
        }
    }
}
