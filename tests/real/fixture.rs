//! Clusters that tests share, one for each way of being reached, and words for what every test does.

use std::time::Duration;

use compact_str::CompactString;
use headgate::{
    config::{Mechanism, Sasl, Tls},
    kafka::{Client, Settings},
    lab::{ADMIN_USER, KafkaCluster, KafkaSpec},
    live::{KafkaLive, LiveObject, LiveTopic, Observed},
    model::{ConfigKey, ObjectRef, SecretRef, TopicName},
    ports::{Ask, Batch, KafkaPlane, MorePartitions, NewTopic, Outcome, Refusal},
};
use tokio::{
    sync::{Mutex, MutexGuard, OnceCell},
    time::timeout,
};

use crate::support::lab::start;
pub(super) use crate::support::lab::{plaintext, scram};

/// Brokers show what was written within milliseconds; on a machine with ten builds on it, seconds were seen.
pub(super) const SHOWN_WITHIN: Duration = Duration::from_secs(60);

/// Returns three brokers that one test at a time may mistreat; it hands them back running.
pub(super) async fn mistreated() -> Option<MutexGuard<'static, KafkaCluster>> {
    static CLUSTER: OnceCell<Option<Mutex<KafkaCluster>>> = OnceCell::const_new();
    let spec = KafkaSpec {
        brokers: 3,
        racks: &["az1", "az2"],
        ..KafkaSpec::default()
    };
    let cluster = CLUSTER
        .get_or_init(|| async move { start(&spec).await.map(Mutex::new) })
        .await;
    match cluster {
        Some(cluster) => Some(cluster.lock().await),
        None => None,
    }
}

/// Makes a client of a plaintext cluster.
pub(super) fn client(cluster: &KafkaCluster) -> Client {
    Client::new(Settings::plaintext(cluster.bootstrap())).unwrap()
}

/// Makes the settings by which the admin gets into a cluster with TLS.
pub(super) fn admin_settings(cluster: &KafkaCluster) -> Settings {
    Settings {
        tls: Some(Tls {
            ca: cluster.ca_pem_path().map(|ca| file(&ca)),
            ..Tls::default()
        }),
        sasl: Some(Sasl {
            mechanism: Mechanism::ScramSha512,
            username: ADMIN_USER.to_owned(),
            password: file(&cluster.password_path()),
        }),
        ..Settings::plaintext(cluster.bootstrap())
    }
}

/// Names a file as a secret.
pub(super) fn file(path: &std::path::Path) -> SecretRef {
    SecretRef::File(path.display().to_string())
}

/// Names a topic as no other test does.
pub(super) fn unique(what: &str) -> TopicName {
    TopicName::new(&format!("{what}-{}", uuid::Uuid::new_v4().simple())).unwrap()
}

/// Describes a topic with one partition and one replica.
pub(super) fn mk_topic(name: &TopicName, config: &[(&str, &str)]) -> NewTopic {
    NewTopic {
        name: name.clone(),
        partitions: 1,
        replication_factor: 1,
        assignment: Vec::new(),
        config: config
            .iter()
            .map(|(key, value)| (ConfigKey::new(key), CompactString::from(*value)))
            .collect(),
    }
}

/// Describes how a topic shall grow.
pub(super) fn more_partitions(name: &TopicName, count: u32) -> MorePartitions {
    MorePartitions {
        name: name.clone(),
        count,
        assignment: Vec::new(),
    }
}

/// Makes a topic and returns it as the brokers show it.
pub(super) async fn made(client: &Client, topic: NewTopic) -> LiveTopic {
    let name = topic.name.clone();
    let outcomes = client.write(Batch::CreateTopics(vec![topic])).await;
    assert_eq!(outcomes, [Outcome::Applied]);
    until(client, &name, Option::is_some).await.unwrap()
}

/// Looks at a topic until it is as told: brokers show a write a little after it was taken.
pub(super) async fn until(
    client: &Client,
    name: &TopicName,
    is_as_told: impl Fn(&Option<LiveTopic>) -> bool,
) -> Option<LiveTopic> {
    let object = ObjectRef::topic(name.as_str());
    let looking = async {
        loop {
            let looked = client.look(std::slice::from_ref(&object)).await;
            if let Observed::Known(looked) = looked
                && let Some(Observed::Known(object)) = looked.objects.get(&object).cloned()
                && let topic = object.and_then(topic)
                && is_as_told(&topic)
            {
                return topic;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, looking)
        .await
        .unwrap_or_else(|_| panic!("{name} is not shown as told"))
}

/// Takes the topic out of a look.
pub(super) fn topic(object: LiveObject) -> Option<LiveTopic> {
    match object {
        LiveObject::Topic(topic) => Some(topic),
        _ => None,
    }
}

/// Asks for nothing but topics.
pub(super) fn asking(expected: &[TopicName]) -> Ask {
    Ask {
        topics: expected.to_vec(),
        ..Ask::default()
    }
}

/// Observes, and insists on an answer.
pub(super) async fn observed(client: &Client, expected: &[TopicName]) -> KafkaLive {
    match client.observe(&asking(expected)).await {
        Observed::Known(live) => live,
        Observed::Unknown(reason) => panic!("nothing observed: {reason}"),
    }
}

/// Returns why an item was refused.
pub(super) fn refusal(outcome: &Outcome) -> &Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
