//! Topics on the newest Kafka: written, observed, refused.

use headgate::{
    live::{LiveObject, Observed},
    model::{ConfigKey, ConfigType, ObjectRef, TopicName},
    ports::{Batch, KafkaPlane, NewTopic, NewValue, Outcome, RefusalClass},
};

use super::{
    fixture::{
        client, made, mk_topic, more_partitions, observed, plaintext, refusal, unique, until,
    },
    walk::walk,
};

#[tokio::test]
async fn a_topic_lives_as_kafkas_own_tools_see_it() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    walk(cluster).await;
}

#[tokio::test]
async fn the_observation_holds_the_cluster_and_what_is_absent_is_not_in_it() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let (there, ghost) = (unique("there"), unique("ghost"));
    let topic = made(
        &client,
        mk_topic(&there, &[("max.message.bytes", "2097152")]),
    )
    .await;

    let live = observed(&client, &[there.clone(), ghost.clone()]).await;
    assert_eq!(live.cluster_id.as_str(), cluster.cluster_id());
    let brokers: Vec<_> = live
        .brokers
        .iter()
        .map(|b| (b.id, b.host.as_str(), b.rack.as_deref()))
        .collect();
    assert_eq!(brokers, [(1, "127.0.0.1", Some("az1"))]);
    assert_eq!(live.topics.get(&there), Some(&Observed::Known(topic)));
    assert_eq!(live.topics.get(&ghost), None);
    assert_eq!(
        live.topic_keys.get("max.message.bytes"),
        Some(&ConfigType::Int)
    );
    assert_eq!(
        live.topic_keys.get("cleanup.policy"),
        Some(&ConfigType::List)
    );
    assert!(live.topic_keys.len() > 25, "{:?}", live.topic_keys);
}

#[tokio::test]
async fn a_look_tells_what_is_there_and_what_is_not() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let (there, ghost) = (unique("there"), unique("ghost"));
    let topic = made(&client, mk_topic(&there, &[])).await;
    let Observed::Known(looked) = client
        .look(&[&there, &ghost].map(|t| ObjectRef::topic(t.as_str())))
        .await
    else {
        panic!("nothing seen");
    };
    assert_eq!(looked.cluster_id.as_str(), cluster.cluster_id());
    assert_eq!(looked.objects.len(), 2);
    assert_eq!(
        looked.objects.get(&ObjectRef::topic(there.as_str())),
        Some(&Observed::Known(Some(LiveObject::Topic(topic))))
    );
    assert_eq!(
        looked.objects.get(&ObjectRef::topic(ghost.as_str())),
        Some(&Observed::Known(None))
    );
}

#[tokio::test]
async fn one_refused_item_does_not_hold_back_the_others() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let (old, wrong, new) = (unique("old"), unique("wrong"), unique("new"));
    made(&client, mk_topic(&old, &[])).await;
    let batch = vec![
        mk_topic(&old, &[]),
        mk_topic(&wrong, &[("retention.ms", "soon")]),
        mk_topic(&new, &[]),
        NewTopic {
            replication_factor: 7,
            ..mk_topic(&unique("replicas"), &[])
        },
    ];
    let outcomes = client.write(Batch::CreateTopics(batch)).await;
    assert_eq!(refusal(&outcomes[0]).class, RefusalClass::AlreadyThere);
    let invalid = refusal(&outcomes[1]);
    assert_eq!(
        (invalid.class, invalid.code.as_str()),
        (RefusalClass::Final, "INVALID_CONFIG")
    );
    assert!(
        invalid.message.contains("retention.ms"),
        "{}",
        invalid.message
    );
    assert_eq!(outcomes[2], Outcome::Applied);
    assert_eq!(refusal(&outcomes[3]).code, "INVALID_REPLICATION_FACTOR");
}

#[tokio::test]
async fn what_cannot_be_done_to_a_topic_is_refused_with_kafkas_reason() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let (name, ghost) = (unique("refusals"), unique("ghost"));
    made(&client, mk_topic(&name, &[])).await;

    let grow = |name: &TopicName| more_partitions(name, 1);
    let outcomes = client
        .write(Batch::AddPartitions(vec![grow(&name), grow(&ghost)]))
        .await;
    assert_eq!(refusal(&outcomes[0]).class, RefusalClass::AlreadyThere);
    assert_eq!(refusal(&outcomes[1]).class, RefusalClass::Gone);

    let set = |name: &TopicName, key: &str| {
        let value = Some(NewValue::Open("1".into()));
        (
            ObjectRef::topic(name.as_str()),
            vec![(ConfigKey::new(key), value)],
        )
    };
    let alter = vec![set(&name, "no.such.key"), set(&ghost, "retention.ms")];
    let outcomes = client.write(Batch::AlterConfigs(alter)).await;
    let unknown = refusal(&outcomes[0]);
    assert_eq!(
        (unknown.class, unknown.code.as_str()),
        (RefusalClass::Final, "INVALID_CONFIG")
    );
    assert_eq!(refusal(&outcomes[1]).class, RefusalClass::Gone);
}

/// Trap 2: Kafka's own words for a request that is too large.
#[tokio::test]
async fn a_request_beyond_krafts_limit_is_told_apart() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let too_large = NewTopic {
        partitions: 10_001,
        ..mk_topic(&unique("large"), &[])
    };
    let batch = vec![too_large, mk_topic(&unique("beside"), &[])];
    let outcomes = client.write(Batch::CreateTopics(batch)).await;
    let classes: Vec<_> = outcomes
        .iter()
        .map(|outcome| refusal(outcome).class)
        .collect();
    assert_eq!(classes, [RefusalClass::WholeRequest; 2], "{outcomes:?}");
}

#[tokio::test]
async fn internal_topics_are_flagged() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    // not `__consumer_offsets`: the groups of other tests live there, with as many partitions as brokers give it
    let name = TopicName::new("__share_group_state").unwrap();
    // a share group of another test may have made it already
    client
        .write(Batch::CreateTopics(vec![mk_topic(&name, &[])]))
        .await;
    let topic = until(&client, &name, Option::is_some).await;
    assert!(topic.is_some_and(|topic| topic.internal));
}

#[tokio::test]
async fn an_empty_batch_sends_nothing() {
    let client = headgate::kafka::Client::new(headgate::kafka::Settings::plaintext(vec![
        "127.0.0.1:1".to_owned(),
    ]))
    .unwrap();
    assert_eq!(client.write(Batch::DeleteTopics(vec![])).await, []);
}
