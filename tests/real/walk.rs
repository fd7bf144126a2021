//! The life of a topic, on whatever version of Kafka: what is written is compared with what Kafka's own tools tell.

use headgate::{
    lab::{KafkaCluster, Tool},
    model::{ConfigKey, ObjectRef, TopicId, TopicName},
    ports::{Batch, KafkaPlane, NewTopic, NewValue, Outcome, RefusalClass},
};

use super::fixture::{client, made, mk_topic, more_partitions, refusal, unique, until};

/// Creates a topic, changes and grows it, deletes it; then one that was made again is spared.
pub(super) async fn walk(cluster: &KafkaCluster) {
    let client = client(cluster);
    let name = unique("walk");
    let config = [
        ("retention.ms", "86400000"),
        ("cleanup.policy", "compact,delete"),
    ];
    let topic = made(
        &client,
        NewTopic {
            partitions: 2,
            ..mk_topic(&name, &config)
        },
    )
    .await;
    assert_eq!(topic.partitions.len(), 2);
    assert_eq!(topic.replication_factor(), 1);
    assert!(!topic.internal);

    let changes = vec![
        (ConfigKey::new("cleanup.policy"), None),
        (
            ConfigKey::new("segment.ms"),
            Some(NewValue::Open("3600000".into())),
        ),
    ];
    let alter = Batch::AlterConfigs(vec![(ObjectRef::topic(name.as_str()), changes)]);
    assert_eq!(client.write(alter).await, [Outcome::Applied]);
    let grow = Batch::AddPartitions(vec![more_partitions(&name, 5)]);
    assert_eq!(client.write(grow).await, [Outcome::Applied]);
    let topic = until(&client, &name, |topic| {
        topic
            .as_ref()
            .is_some_and(|t| t.partitions.len() == 5 && t.config_value("segment.ms").is_some())
    })
    .await
    .expect("it is there");
    let own: Vec<_> = topic
        .config
        .iter()
        .map(|c| (c.key.as_str(), c.value.as_deref()))
        .collect();
    let expected = [
        ("retention.ms", Some("86400000")),
        ("segment.ms", Some("3600000")),
    ];
    assert_eq!(own, expected);
    agrees_with_kafkas_tools(cluster, &name, topic.id).await;
    is_deleted_by_id_only(cluster, &name, topic.id).await;
}

async fn agrees_with_kafkas_tools(cluster: &KafkaCluster, name: &TopicName, id: TopicId) {
    let topics = cluster
        .tool(Tool::Topics, &["--describe", "--topic", name.as_str()])
        .await
        .unwrap();
    assert!(topics.contains(&format!("TopicId: {id}")), "{topics}");
    assert!(topics.contains("PartitionCount: 5"), "{topics}");
    let entity = [
        "--describe",
        "--entity-type",
        "topics",
        "--entity-name",
        name.as_str(),
    ];
    let configs = cluster.tool(Tool::Configs, &entity).await.unwrap();
    let own: Vec<&str> = configs
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    assert_eq!(
        own,
        ["retention.ms=86400000", "segment.ms=3600000"],
        "{configs}"
    );
}

async fn is_deleted_by_id_only(cluster: &KafkaCluster, name: &TopicName, id: TopicId) {
    let client = client(cluster);
    let delete = || Batch::DeleteTopics(vec![(name.clone(), id)]);
    assert_eq!(client.write(delete()).await, [Outcome::Applied]);
    assert_eq!(until(&client, name, Option::is_none).await, None);

    let again = made(&client, mk_topic(name, &[])).await;
    assert_ne!(again.id, id);
    let outcomes = client.write(delete()).await;
    assert_eq!(refusal(&outcomes[0]).class, RefusalClass::Gone);
    let spared = until(&client, name, Option::is_some)
        .await
        .map(|topic| topic.id);
    assert_eq!(spared, Some(again.id));
}
