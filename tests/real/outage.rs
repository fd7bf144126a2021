//! Brokers that halt, die and come back, and one that has had enough: calls end in time, and the client goes on.

use std::time::Duration;

use headgate::{
    kafka::{Client, Settings, Timeouts},
    lab::{KafkaCluster, Tool},
    live::Observed,
    ports::{Ask, Batch, KafkaPlane, NewTopic, Outcome},
};
use tokio::time::timeout;

use super::fixture::{asking, client, made, mistreated, mk_topic, observed, unique, until};

/// Far more than the calls below may take, far less than a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// A client that knows some of the nodes and soon loses patience.
fn impatient(cluster: &KafkaCluster, nodes: std::ops::Range<usize>) -> Client {
    Client::new(Settings {
        timeouts: Timeouts {
            call: Duration::from_secs(2),
            ..Timeouts::default()
        },
        ..Settings::plaintext(cluster.bootstrap()[nodes].to_vec())
    })
    .unwrap()
}

/// Observes until something is seen again.
async fn recovered(client: &Client) {
    let observing = async {
        while client.observe(&Ask::default()).await.known().is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, observing).await.expect("the client recovers");
}

#[tokio::test]
async fn a_halted_cluster_ends_calls_at_their_deadline_and_is_seen_again_afterwards() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let client = impatient(&cluster, 0..3);
    made(&client, mk_topic(&unique("before"), &[])).await;
    for node in 1..=3 {
        cluster.pause(node).unwrap();
    }
    let name = unique("meanwhile");
    let create = Batch::CreateTopics(vec![mk_topic(&name, &[])]);
    let calls = async {
        (
            client.write(create).await,
            client.observe(&Ask::default()).await,
        )
    };
    let (written, seen) = timeout(LONG, calls)
        .await
        .expect("calls end at their deadline");
    for node in 1..=3 {
        cluster.resume(node).unwrap();
    }
    assert!(matches!(&written[..], [Outcome::Unknown(_)]), "{written:?}");
    let reason = seen.unknown().expect("nothing can be seen");
    assert!(reason.contains("no answer"), "{reason}");
    recovered(&client).await;
}

#[tokio::test]
async fn a_topic_is_not_absent_while_a_broker_that_may_know_it_is_silent() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let client = impatient(&cluster, 0..1);
    let ghost = [unique("ghost")];
    observed(&client, &[]).await;
    cluster.pause(3).unwrap();
    let live = timeout(LONG, client.observe(&asking(&ghost))).await;
    cluster.resume(3).unwrap();
    let live = live
        .expect("the observation ends")
        .known()
        .cloned()
        .expect("broker 1 answers");
    let reason = live.topics.get(&ghost[0]).and_then(Observed::unknown);
    assert!(reason.is_some_and(|r| r.contains("broker 3")), "{reason:?}");
    let racks: Vec<_> = live
        .brokers
        .iter()
        .filter_map(|b| b.rack.as_deref())
        .collect();
    assert_eq!(racks, ["az1", "az2", "az1"]);

    let absent = async {
        while observed(&client, &ghost)
            .await
            .topics
            .contains_key(&ghost[0])
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, absent)
        .await
        .expect("once all answer, it is absent");
}

#[tokio::test]
async fn a_killed_broker_is_gone_round_and_taken_back() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let client = impatient(&cluster, 0..3);
    let name = unique("replicated");
    let topic = NewTopic {
        replication_factor: 3,
        ..mk_topic(&name, &[])
    };
    made(&client, topic).await;
    cluster.kill_broker(1).unwrap();
    recovered(&client).await;
    cluster.start_broker(1).await.unwrap();
    let whole = |topic: &Option<headgate::live::LiveTopic>| {
        topic
            .as_ref()
            .is_some_and(|t| t.partitions[0].isr.len() == 3)
    };
    until(&impatient(&cluster, 0..1), &name, whole).await;
    recovered(&client).await;
}

#[tokio::test]
async fn a_spent_quota_says_how_long_to_wait() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let quota = |verb, what| {
        [
            "--alter",
            "--entity-type",
            "users",
            "--entity-default",
            verb,
            what,
        ]
    };
    cluster
        .tool(
            Tool::Configs,
            &quota("--add-config", "controller_mutation_rate=1"),
        )
        .await
        .unwrap();
    let client = client(&cluster);
    let create = || {
        let topic = NewTopic {
            partitions: 50,
            ..mk_topic(&unique("throttled"), &[])
        };
        client.write(Batch::CreateTopics(vec![topic]))
    };
    let throttled = async {
        loop {
            match create().await.remove(0) {
                Outcome::Throttled(wait) => return wait,
                Outcome::Applied => {}
                other => panic!("expected to be throttled, got {other:?}"),
            }
        }
    };
    let wait = timeout(LONG, throttled).await;
    cluster
        .tool(
            Tool::Configs,
            &quota("--delete-config", "controller_mutation_rate"),
        )
        .await
        .unwrap();
    assert!(wait.expect("the quota is spent at once") > Duration::ZERO);
    assert!(
        client.look(&[]).await.known().is_some(),
        "questions are not throttled"
    );
}
