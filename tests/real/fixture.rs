//! Clusters that tests share, one for each way of being reached, and words for what every test does.

use std::time::Duration;

use compact_str::CompactString;
use headgate::{
    config::{Mechanism, Sasl, Tls},
    kafka::{Client, Settings},
    lab::{ADMIN_USER, KafkaCluster, KafkaSpec},
    live::{KafkaLive, LiveObject, LiveTopic, Looks, Observed},
    model::{ConfigKey, Kind, ObjectRef, SecretRef, TopicName},
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

/// Returns three brokers, without an authorizer, that one test at a time may mistreat; it hands them back running.
pub(super) async fn mistreated() -> Option<MutexGuard<'static, KafkaCluster>> {
    static CLUSTER: OnceCell<Option<Mutex<KafkaCluster>>> = OnceCell::const_new();
    let spec = KafkaSpec {
        brokers: 3,
        racks: &["az1", "az2"],
        authorizer: false,
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

/// Makes a client that is a super user without a name.
pub(super) fn client(cluster: &KafkaCluster) -> Client {
    Client::new(Settings::plaintext(cluster.plaintext_bootstrap())).unwrap()
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
    let is_as_told = |object: &Option<LiveObject>| is_as_told(&object.clone().and_then(topic));
    until_object(client, &object, is_as_told)
        .await
        .and_then(topic)
}

/// Looks at an object until it is as told.
pub(super) async fn until_object(
    client: &Client,
    object: &ObjectRef,
    is_as_told: impl Fn(&Option<LiveObject>) -> bool,
) -> Option<LiveObject> {
    let is_shown =
        |looks: &Looks| matches!(&looks[object], Observed::Known(seen) if is_as_told(seen));
    let mut looks = until_looks(client, std::slice::from_ref(object), is_shown).await;
    match looks.remove(object) {
        Some(Observed::Known(seen)) => seen,
        other => panic!("{object} was known a moment ago: {other:?}"),
    }
}

/// Looks at objects until they are as told.
pub(super) async fn until_looks(
    client: &Client,
    objects: &[ObjectRef],
    are_as_told: impl Fn(&Looks) -> bool,
) -> Looks {
    let looking = async {
        loop {
            if let Observed::Known(looked) = client.look(objects).await
                && are_as_told(&looked.objects)
            {
                return looked.objects;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, looking)
        .await
        .unwrap_or_else(|_| panic!("{:?} and so on are not shown as told", objects.first()))
}

/// Looks at objects until all are there, or all are gone.
pub(super) async fn until_all(client: &Client, objects: &[ObjectRef], there: bool) {
    let as_told = |seen: &Observed<Option<LiveObject>>| {
        seen.known().is_some_and(|object| object.is_some() == there)
    };
    until_looks(client, objects, |looks| looks.values().all(as_told)).await;
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
    observed_as_asked(client, &asking(expected)).await
}

/// Observes what a kind holds, and insists on an answer.
pub(super) async fn observed_kind(client: &Client, kind: Kind) -> KafkaLive {
    let ask = Ask {
        kinds: [kind].into(),
        ..Ask::default()
    };
    observed_as_asked(client, &ask).await
}

async fn observed_as_asked(client: &Client, ask: &Ask) -> KafkaLive {
    match client.observe(ask).await {
        Observed::Known(live) => live,
        Observed::Unknown(reason) => panic!("nothing observed: {reason}"),
    }
}

/// Writes a batch of which every item is taken.
pub(super) async fn written(client: &Client, batch: Batch) {
    let (told, outcomes) = (format!("{batch:?}"), client.write(batch).await);
    let taken = outcomes.iter().all(|outcome| *outcome == Outcome::Applied);
    assert!(taken && !outcomes.is_empty(), "{told:.300}: {outcomes:?}");
}

/// Returns why an item was refused.
pub(super) fn refusal(outcome: &Outcome) -> &Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
