//! Replicas that move between brokers, and leaders that are elected.

use headgate::{
    kafka::{Client, Settings},
    lab::{KafkaCluster, Tool},
    live::{LiveTopic, Moving},
    model::{Kind, TopicName},
    ports::{Batch, KafkaPlane, MorePartitions, NewTopic, Outcome, Reassignment, RefusalClass},
};
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, made, mistreated, mk_topic, more_partitions, observed_kind, refusal, unique,
    until, written,
};

/// A client that knows all brokers but the last, which is going to be stopped.
fn client(cluster: &KafkaCluster) -> Client {
    let mut bootstrap = cluster.bootstrap();
    bootstrap.truncate(2);
    Client::new(Settings::plaintext(bootstrap)).unwrap()
}

fn reassign(topic: &TopicName, replicas: Option<&[i32]>) -> Batch {
    Batch::Reassign(vec![Reassignment {
        topic: topic.clone(),
        partition: 0,
        replicas: replicas.map(Box::from),
    }])
}

fn replicas(topic: &LiveTopic) -> Vec<Vec<i32>> {
    topic
        .partitions
        .iter()
        .map(|p| p.replicas.to_vec())
        .collect()
}

/// Observes what is moving until it is as told.
async fn until_moving(
    client: &Client,
    topic: &TopicName,
    is_as_told: impl Fn(&[Moving]) -> bool,
) -> Vec<Moving> {
    let observing = async {
        loop {
            let live = observed_kind(client, Kind::Topic).await;
            let moving = live
                .moving
                .known()
                .map(|all| all.get(topic).cloned().unwrap_or_default());
            if let Some(moving) = moving.filter(|moving| is_as_told(moving)) {
                return moving;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, observing)
        .await
        .expect("it moves as told")
}

#[tokio::test]
async fn a_topic_lies_where_it_was_told_to() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let (client, name) = (client(&cluster), unique("placed"));
    let topic = NewTopic {
        partitions: 2,
        replication_factor: 2,
        assignment: vec![[3, 1].into(), [1, 2].into()],
        ..mk_topic(&name, &[("retention.ms", "1000")])
    };
    let topic = made(&client, topic).await;
    assert_eq!(replicas(&topic), [[3, 1], [1, 2]]);
    let more = MorePartitions {
        assignment: vec![[2, 3].into()],
        ..more_partitions(&name, 3)
    };
    written(&client, Batch::AddPartitions(vec![more])).await;
    let grown = until(&client, &name, |t| {
        t.as_ref().is_some_and(|t| t.partitions.len() == 3)
    });
    let grown = grown.await.map(|topic| replicas(&topic));
    assert_eq!(grown, Some(vec![vec![3, 1], vec![1, 2], vec![2, 3]]));
}

/// Trap 16: what is under way is seen as such, its replicas are not its target, and null replicas cancel it.
#[tokio::test]
async fn a_move_is_seen_cancelled_and_ended() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let (client, name) = (client(&cluster), unique("moved"));
    let topic = NewTopic {
        assignment: vec![[1].into()],
        ..mk_topic(&name, &[])
    };
    made(&client, topic).await;

    // a move to a broker that is down cannot end
    cluster.stop_broker(3).await.unwrap();
    written(&client, reassign(&name, Some(&[3, 2]))).await;
    let moving = until_moving(&client, &name, |moving| !moving.is_empty()).await;
    assert_eq!((moving[0].partition, moving[0].target()), (0, vec![3, 2]));
    assert!(
        moving[0].adding.contains(&3) && *moving[0].removing == [1],
        "{moving:?}"
    );
    let while_moving = until(&client, &name, |topic| {
        topic
            .as_ref()
            .is_some_and(|t| t.partitions[0].replicas.len() == 3)
    });
    assert!(
        while_moving
            .await
            .is_some_and(|t| t.replication_factor() == 3)
    );

    written(&client, reassign(&name, None)).await;
    until_moving(&client, &name, <[Moving]>::is_empty).await;
    let again = client.write(reassign(&name, None)).await;
    assert_eq!(refusal(&again[0]).class, RefusalClass::AlreadyThere);
    until(&client, &name, |t| {
        t.as_ref().is_some_and(|t| replicas(t) == [[1]])
    })
    .await;
    cluster.start_broker(3).await.unwrap();

    written(&client, reassign(&name, Some(&[3, 2]))).await;
    until_moving(&client, &name, <[Moving]>::is_empty).await;
    until(&client, &name, |t| {
        t.as_ref().is_some_and(|t| replicas(t) == [[3, 2]])
    })
    .await;
    let told = cluster
        .tool(Tool::Topics, &["--describe", "--topic", name.as_str()])
        .await
        .unwrap();
    assert!(told.contains("Replicas: 3,2"), "{told}");
}

#[tokio::test]
async fn the_first_replica_is_made_the_leader() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let (client, name) = (client(&cluster), unique("led"));
    let topic = NewTopic {
        replication_factor: 2,
        assignment: vec![[1, 2].into()],
        ..mk_topic(&name, &[])
    };
    made(&client, topic).await;
    let in_sync = |t: &LiveTopic| t.partitions[0].isr.len() == 2;
    until(&client, &name, |t| t.as_ref().is_some_and(in_sync)).await;
    written(&client, reassign(&name, Some(&[2, 1]))).await;
    until(&client, &name, |t| {
        t.as_ref().is_some_and(|t| replicas(t) == [[2, 1]])
    })
    .await;
    let elect = || Batch::ElectLeaders(vec![(name.clone(), 0), (unique("absent"), 7)]);
    let outcomes = client.write(elect()).await;
    assert_eq!(outcomes[0], Outcome::Applied);
    assert_eq!(refusal(&outcomes[1]).class, RefusalClass::Gone);
    let led = |t: &LiveTopic| t.partitions[0].leader == 2;
    until(&client, &name, |t| t.as_ref().is_some_and(led)).await;
    assert_eq!(client.write(elect()).await[0], Outcome::Applied);
}
