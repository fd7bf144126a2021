//! The hand that looks at Kafka and changes things behind Headgate's back.

use compact_str::CompactString;
use headgate::{
    kafka::{Client, Settings},
    lab::KafkaCluster,
    live::{LiveObject, LiveTopic, Observed},
    model::{ConfigKey, ObjectRef, TopicName},
    ports::{Ask, Batch, KafkaPlane, NewTopic, NewValue, Outcome},
};

use super::world::until;

/// Somebody with admin rights and no patience for pull requests.
pub(super) struct Hand(Client);

impl Hand {
    pub(super) fn new(kafka: &KafkaCluster) -> Self {
        Self(Client::new(Settings::plaintext(kafka.plaintext_bootstrap())).unwrap())
    }

    /// Makes a topic of one replica and waits until it is seen.
    pub(super) async fn create(&self, name: &str, partitions: u32, config: &[(&str, &str)]) {
        let config = config
            .iter()
            .map(|(key, value)| (ConfigKey::new(key), CompactString::from(*value)));
        let topic = NewTopic {
            name: TopicName::new(name).unwrap(),
            partitions,
            replication_factor: 1,
            assignment: Vec::new(),
            config: config.collect(),
        };
        self.write(Batch::CreateTopics(vec![topic])).await;
        until("the topic made by hand is seen", async || {
            self.topic(name).await.is_some()
        })
        .await;
    }

    /// Sets a key, or resets it.
    pub(super) async fn set(&self, name: &str, key: &str, value: Option<&str>) {
        let change = vec![(ConfigKey::new(key), value.map(|v| NewValue::Open(v.into())))];
        self.write(Batch::AlterConfigs(vec![(ObjectRef::topic(name), change)]))
            .await;
    }

    /// Deletes a topic; whether it is seen gone is somebody else's question.
    pub(super) async fn delete(&self, name: &str) {
        let topic = self.topic(name).await.expect("what is deleted is there");
        self.write(Batch::DeleteTopics(vec![(
            TopicName::from_broker(name),
            topic.id,
        )]))
        .await;
    }

    /// Looks at a topic; `None` when it is not there.
    pub(super) async fn topic(&self, name: &str) -> Option<LiveTopic> {
        let object = ObjectRef::topic(name);
        match self.0.look(std::slice::from_ref(&object)).await {
            Observed::Known(mut looked) => match looked.objects.remove(&object) {
                Some(Observed::Known(Some(LiveObject::Topic(topic)))) => Some(topic),
                Some(Observed::Known(None)) => None,
                other => panic!("{name} could not be looked at: {other:?}"),
            },
            Observed::Unknown(why) => panic!("Kafka could not be looked at: {why}"),
        }
    }

    /// Returns a key's value if it is set on the topic itself.
    pub(super) async fn config(&self, name: &str, key: &str) -> Option<String> {
        let topic = self.topic(name).await?;
        topic.config_value(key).flatten().map(str::to_owned)
    }

    /// Returns the names of all topics that begin so.
    pub(super) async fn topics(&self, prefix: &str) -> Vec<String> {
        match self.0.observe(&Ask::default()).await {
            Observed::Known(live) => live
                .topics
                .keys()
                .map(|name| name.as_str())
                .filter(|name| name.starts_with(prefix))
                .map(str::to_owned)
                .collect(),
            Observed::Unknown(why) => panic!("Kafka could not be looked at: {why}"),
        }
    }

    async fn write(&self, batch: Batch) {
        let outcomes = self.0.write(batch).await;
        assert_eq!(outcomes, [Outcome::Applied]);
    }
}
