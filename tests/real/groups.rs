//! Groups: listed, described and counted as Kafka's own tool counts them; their offsets set, and not while they live.

use std::{cell::RefCell, collections::BTreeSet, io::Write};

use compact_str::CompactString;
use headgate::{
    desired::{ResetPoint, ResetTo},
    kafka::Client,
    lab::{KafkaCluster, Tool},
    live::{GroupDetail, KafkaLive, LiveGroup, LiveObject, Observed, Usage},
    model::{Kind, ObjectRef, TopicName},
    ports::{Ask, Batch, KafkaPlane, NewTopic, OffsetReset, Outcome, RefusalClass},
};
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, client, made, mistreated, mk_topic, plaintext, refusal, scram, unique, written,
};

/// Asks for groups of which git declares none.
fn undeclared() -> Ask {
    Ask {
        kinds: BTreeSet::from([Kind::ConsumerGroup]),
        ..Ask::default()
    }
}

/// Asks for groups, and for all about one of them.
fn asking(group: &str, usage: Option<&TopicName>) -> Ask {
    Ask {
        groups: BTreeSet::from([group.into(), "ghost".into()]),
        usage: usage.into_iter().cloned().collect(),
        ..undeclared()
    }
}

async fn observed(client: &Client, ask: &Ask) -> KafkaLive {
    match client.observe(ask).await {
        Observed::Known(live) => live,
        Observed::Unknown(reason) => panic!("nothing observed: {reason}"),
    }
}

fn group_of(live: &KafkaLive, group: &str) -> LiveGroup {
    let groups = live.groups.known();
    let groups = groups.unwrap_or_else(|| panic!("{:?}", live.groups.unknown()));
    let group = groups.get(group).unwrap_or_else(|| panic!("{groups:?}"));
    group.known().unwrap().clone()
}

fn detail_of(group: &LiveGroup) -> &GroupDetail {
    match &group.detail {
        Observed::Known(detail) => detail,
        Observed::Unknown(reason) => panic!("no detail: {reason}"),
    }
}

/// Returns how far a group is behind, if that is known.
fn lag_of(group: &LiveGroup) -> Option<u64> {
    group.detail.known()?.lag()
}

/// Asks until there is an answer.
async fn awaited<T>(ask: impl AsyncFn() -> Option<T>, otherwise: impl FnOnce() -> String) -> T {
    let asking = async {
        loop {
            match ask().await {
                Some(told) => return told,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let told = timeout(SHOWN_WITHIN, asking).await;
    told.unwrap_or_else(|_| panic!("{}", otherwise()))
}

/// Returns who uses a topic, as soon as that is known: of a group that rebalances nobody can tell what it reads, and other
/// tests have groups as well.
async fn usage_of(client: &Client, topic: &TopicName) -> Usage {
    let ask = asking(topic.as_str(), Some(topic));
    let usage = async || {
        let live = observed(client, &ask).await;
        live.usage[topic].known().cloned()
    };
    awaited(usage, || format!("nobody tells who uses {topic}")).await
}

/// Looks at a group until it is as told.
async fn until(client: &Client, group: &str, is_as_told: impl Fn(&LiveGroup) -> bool) -> LiveGroup {
    let object = ObjectRef::new(Kind::ConsumerGroup, group);
    let last = RefCell::new(None);
    let look = async || {
        let looked = client.look(std::slice::from_ref(&object)).await;
        let seen = looked.known()?.objects.get(&object).cloned();
        let group = match &seen {
            Some(Observed::Known(Some(LiveObject::Group(group)))) => Some(group.clone()),
            _ => None,
        };
        last.replace(seen);
        group.filter(&is_as_told)
    };
    let otherwise = || format!("{group} is not shown as told: {:?}", last.borrow());
    awaited(look, otherwise).await
}

/// Sets offsets, as often as it takes: a new cluster has no coordinators yet, and whoever asks for one makes it.
async fn reset(client: &Client, group: &str, point: ResetPoint, topics: &[TopicName]) -> Outcome {
    let to = ResetTo {
        point,
        topics: topics.to_vec(),
    };
    let reset = OffsetReset {
        group: group.into(),
        to,
    };
    let set = async || {
        let outcomes = client.write(Batch::SetOffsets(vec![reset.clone()])).await;
        match <[Outcome; 1]>::try_from(outcomes) {
            Ok([Outcome::Refused(refusal)]) if refusal.class == RefusalClass::Transient => None,
            Ok([outcome]) => Some(outcome),
            Err(outcomes) => panic!("{outcomes:?}"),
        }
    };
    awaited(set, || format!("the offsets of {group} are not set")).await
}

/// Makes a topic of two partitions with three records.
async fn with_records(cluster: &KafkaCluster, client: &Client, what: &str) -> TopicName {
    let name = unique(what);
    let topic = NewTopic {
        partitions: 2,
        ..mk_topic(&name, &[])
    };
    made(client, topic).await;
    cluster
        .admin()
        .produce(name.as_str(), &["a", "b", "c"])
        .await
        .unwrap();
    name
}

/// Asks Kafka's own tool how far a group is behind; returns also what the tool said.
async fn lag_by_tool(cluster: &KafkaCluster, group: &str) -> (u64, String) {
    let told = cluster
        .tool(Tool::ConsumerGroups, &["--describe", "--group", group])
        .await
        .unwrap();
    let lags = told.lines().filter(|line| line.starts_with(group));
    let lag = |line: &str| line.split_whitespace().nth(5).unwrap().parse::<u64>();
    (lags.map(|line| lag(line).unwrap()).sum(), told)
}

/// Sets a group's offsets to each sort of point, and compares what is observed with Kafka's own tool.
pub(super) async fn walk(cluster: &KafkaCluster) {
    let client = client(cluster);
    let name = with_records(cluster, &client, "lag").await;
    let group = name.as_str();

    let topics = std::slice::from_ref(&name);
    assert_eq!(
        reset(&client, group, ResetPoint::Earliest, topics).await,
        Outcome::Applied
    );
    until(&client, group, |g| lag_of(g) == Some(3)).await;
    let live = observed(&client, &asking(group, Some(&name))).await;
    let seen = group_of(&live, group);
    assert_eq!(seen.state, "Empty");
    let detail = detail_of(&seen);
    assert!(detail.members.is_empty());
    let offsets = &detail.offsets[&name];
    let partitions: Vec<_> = offsets.iter().map(|o| o.partition).collect();
    assert_eq!(partitions, [0, 1]);
    assert!(offsets.iter().all(|o| o.committed == 0), "{offsets:?}");
    assert_eq!(detail.lag(), Some(3));
    for offset in offsets {
        assert_eq!(offset.at.is_some(), offset.lag() != Some(0), "{offset:?}");
    }
    assert!(!live.groups.known().unwrap().contains_key("ghost"));
    let (lags, told) = lag_by_tool(cluster, group).await;
    assert_eq!(Some(lags), detail.lag(), "{told}");

    // a group that git does not declare is read as well, but for how old its unread records are
    let other = group_of(&observed(&client, &undeclared()).await, group);
    assert_eq!(detail_of(&other).lag(), Some(3));
    let mut dateless = offsets.clone();
    dateless.iter_mut().for_each(|offset| offset.at = None);
    assert_eq!(detail_of(&other).offsets[&name], dateless);

    // nobody is a member, so nobody uses it; the newest record is as old as the newest unread one or younger
    let usage = usage_of(&client, &name).await;
    assert_eq!(usage.consumers, Vec::<CompactString>::new());
    let oldest = offsets.iter().filter_map(|o| o.at).min().unwrap();
    assert!(usage.last_write >= Some(oldest), "{usage:?}");

    assert_eq!(
        reset(&client, group, ResetPoint::Latest, &[]).await,
        Outcome::Applied
    );
    let seen = until(&client, group, |g| lag_of(g) == Some(0)).await;
    assert!(
        detail_of(&seen).offsets[&name]
            .iter()
            .all(|o| o.at.is_none())
    );
    assert_eq!(
        reset(&client, group, ResetPoint::Time(oldest), &[]).await,
        Outcome::Applied
    );
    until(&client, group, |g| lag_of(g) == Some(3)).await;
    assert_eq!(
        reset(&client, group, ResetPoint::Time(i64::MAX), &[]).await,
        Outcome::Applied
    );
    until(&client, group, |g| lag_of(g) == Some(0)).await;
}

/// Has Kafka's own tool delete all records of a topic's two partitions.
async fn emptied(cluster: &KafkaCluster, topic: &TopicName) {
    let all = |partition| {
        format!("{{\"topic\": \"{topic}\", \"partition\": {partition}, \"offset\": -1}}")
    };
    let wanted = format!(
        "{{\"partitions\": [{}, {}], \"version\": 1}}",
        all(0),
        all(1)
    );
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(wanted.as_bytes()).unwrap();
    let args = ["--offset-json-file", file.path().to_str().unwrap()];
    cluster.tool(Tool::DeleteRecords, &args).await.unwrap();
}

/// Retention takes whole segments, which takes minutes; then nothing tells the time any more (seen on Kafka 4.3).
#[tokio::test]
async fn of_deleted_records_kafka_tells_when_they_were_written_as_long_as_their_segment_is_there() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let name = with_records(cluster, &client, "emptied").await;
    let before = usage_of(&client, &name).await;
    assert!(before.last_write.is_some());
    emptied(cluster, &name).await;
    assert_eq!(usage_of(&client, &name).await, before);
}

#[tokio::test]
async fn offsets_and_lag_are_those_that_kafkas_own_tool_tells() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    walk(cluster).await;
}

#[tokio::test]
async fn a_group_with_members_is_shown_with_them_keeps_its_offsets_and_uses_its_topic() {
    let Some(cluster) = scram().await else {
        return;
    };
    let client = client(cluster);
    let name = with_records(cluster, &client, "alive").await;
    let group = name.as_str();
    let consumer = cluster.admin().consumer(group, group).unwrap();
    let is_member = |detail: &GroupDetail| !detail.members.is_empty();
    let stable = |g: &LiveGroup| g.state == "Stable" && g.detail.known().is_some_and(is_member);
    let seen = until(&client, group, stable).await;
    assert_eq!(seen.protocol, "classic");
    let members = &detail_of(&seen).members;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].assigned[&name], [0, 1]);

    let topics = std::slice::from_ref(&name);
    let outcome = reset(&client, group, ResetPoint::Earliest, topics).await;
    let refused = refusal(&outcome);
    assert_eq!(refused.class, RefusalClass::Final);
    assert!(
        refused.message.contains("stop its consumers"),
        "{refused:?}"
    );

    let usage = usage_of(&client, &name).await;
    assert_eq!(usage.consumers, [group]);
    assert!(usage.last_write.is_some());
    let live = observed(&client, &undeclared()).await;
    assert_eq!(&detail_of(&group_of(&live, group)).members, members);

    consumer.leave().await.unwrap();
    until(&client, group, |g| g.state == "Empty").await;
    let usage = usage_of(&client, &name).await;
    assert_eq!(usage.consumers, Vec::<CompactString>::new());
}

#[tokio::test]
async fn a_group_of_the_newer_protocol_is_described_by_its_own_request() {
    let Some(cluster) = scram().await else {
        return;
    };
    let client = client(cluster);
    let name = with_records(cluster, &client, "newer").await;
    let group = name.as_str();
    let args = [
        "--topic",
        group,
        "--group",
        group,
        "--from-beginning",
        "--command-property",
        "group.protocol=consumer",
        "--max-messages",
        "5",
    ];
    let seeing = async {
        let stable = |g: &LiveGroup| g.state == "Stable" && lag_of(g) == Some(0);
        let seen = until(&client, group, stable).await;
        assert_eq!(seen.protocol, "consumer");
        assert_eq!(detail_of(&seen).members[0].assigned[&name], [0, 1]);
        assert_eq!(usage_of(&client, &name).await.consumers, [group]);
        cluster.admin().produce(group, &["d", "e"]).await.unwrap();
    };
    let (consumed, ()) = tokio::join!(cluster.tool(Tool::ConsoleConsumer, &args), seeing);
    assert_eq!(consumed.unwrap().lines().count(), 5);
}

#[tokio::test]
async fn a_share_group_uses_its_topic_and_has_no_offsets_of_its_own() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let name = with_records(cluster, &client, "shared").await;
    let group = name.as_str();
    let args = ["--topic", group, "--group", group, "--max-messages", "2"];
    let seeing = async {
        let seen = until(&client, group, |g| g.state == "Stable").await;
        assert_eq!(seen.protocol, "share");
        assert!(matches!(seen.detail, Observed::Unknown(_)), "{seen:?}");
        assert_eq!(usage_of(&client, &name).await.consumers, [group]);
    };
    tokio::select! {
        // it reads until it is killed
        ended = cluster.tool(Tool::ConsoleShareConsumer, &args) => panic!("{ended:?}"),
        () = seeing => {}
    }
}

/// Each broker may be asked to list and to describe its groups, for their offsets, and for the ends of its partitions.
#[tokio::test]
async fn sixty_groups_cost_no_more_requests_than_their_coordinators_are_many() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let client = client(&cluster);
    let name = with_records(&cluster, &client, "many").await;
    let topics = std::slice::from_ref(&name);
    let id = |n| format!("{name}-{n:02}");
    let outcome = reset(&client, &id(0), ResetPoint::Earliest, topics).await;
    assert_eq!(outcome, Outcome::Applied);
    let lag = |g: &LiveGroup| lag_of(g) == Some(3);
    until(&client, &id(0), lag).await;
    // sizes of disks are read the first time only
    observed(&client, &undeclared()).await;
    let one = observed(&client, &undeclared()).await.cost.requests;

    let to = |n| OffsetReset {
        group: id(n).into(),
        to: ResetTo {
            point: ResetPoint::Earliest,
            topics: topics.to_vec(),
        },
    };
    written(&client, Batch::SetOffsets((1..60).map(to).collect())).await;
    for n in 1..60 {
        until(&client, &id(n), lag).await;
    }
    let live = observed(&client, &undeclared()).await;
    assert!((0..60).all(|n| lag(&group_of(&live, &id(n)))));
    let many = live.cost.requests;
    // described, offsets and ends: by two brokers more than before, as there are three
    assert!(
        many <= one + 2 * 3,
        "{many} requests, not {one} or few more"
    );
}

#[tokio::test]
async fn offsets_of_nothing_are_not_set() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let nothing = reset(&client, unique("nobody").as_str(), ResetPoint::Latest, &[]).await;
    assert!(
        refusal(&nothing).message.contains("name the topics"),
        "{nothing:?}"
    );
}
