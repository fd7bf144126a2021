//! The hand that looks at Kafka and changes things behind Headgate's back.

use compact_str::CompactString;
use headgate::{
    kafka::{Client, Settings},
    lab::KafkaCluster,
    live::{KafkaLive, LiveObject, LiveTopic, Observed},
    model::{Acl, ConfigKey, Kind, ObjectRef, QuotaEntity, ScramMechanism, Secret, TopicName},
    ports::{Ask, Batch, Credential, KafkaPlane, NewTopic, NewValue, Outcome},
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

    /// Sets a topic's key, or resets it; a daemon may be quicker than whoever waits to see that.
    pub(super) async fn set(&self, name: &str, key: &str, value: Option<&str>) {
        self.write_key(&ObjectRef::topic(name), key, value).await;
    }

    /// Sets a key of anything that has some, or resets it, and waits until that is seen.
    pub(super) async fn alter(&self, object: &ObjectRef, key: &str, value: Option<&str>) {
        self.write_key(object, key, value).await;
        until("the key altered by hand is seen", async || {
            self.value(object, key).await.as_deref() == value
        })
        .await;
    }

    /// Sets a limit of a quota, or removes it, and waits until that is seen.
    pub(super) async fn limit(&self, quota: &str, key: &str, value: Option<f64>) {
        let entity = QuotaEntity::parse(quota).unwrap();
        let change = vec![(entity, vec![(key.into(), value)])];
        self.write(Batch::AlterQuotas(change)).await;
        let object = ObjectRef::new(Kind::Quota, quota);
        until("the limit set by hand is seen", async || {
            let seen = self.value(&object, key).await;
            seen.map(|text| text.parse::<f64>().unwrap()) == value
        })
        .await;
    }

    /// Gives and takes ACLs by their names, and waits until that is seen.
    pub(super) async fn acls(&self, give: &[&str], take: &[&str]) {
        let acls = |names: &[&str]| -> Vec<Acl> {
            let each = names.iter().map(|name| Acl::parse(name).unwrap());
            each.collect()
        };
        if !give.is_empty() {
            self.write(Batch::CreateAcls(acls(give))).await;
        }
        if !take.is_empty() {
            self.write(Batch::DeleteAcls(acls(take))).await;
        }
        for (names, there) in [(give, true), (take, false)] {
            for name in names {
                let object = ObjectRef::new(Kind::Acl, name);
                until("the ACL given or taken by hand is seen", async || {
                    self.look(&object).await.is_some() == there
                })
                .await;
            }
        }
    }

    /// Sets a user's password, and waits until the user is seen.
    pub(super) async fn password(&self, user: &str, mechanism: ScramMechanism, password: &str) {
        let credential = Credential {
            user: user.into(),
            mechanism,
            iterations: ScramMechanism::MIN_ITERATIONS,
            password: Secret::new(password.to_owned()),
        };
        self.write(Batch::SetCredentials(vec![credential])).await;
        let object = ObjectRef::new(Kind::User, user);
        until("the user made by hand is seen", async || {
            self.look(&object).await.is_some()
        })
        .await;
    }

    /// Looks at anything until Kafka tells; `None` when it is not there. Of a topic that is just going Kafka tells neither.
    pub(super) async fn look(&self, object: &ObjectRef) -> Option<LiveObject> {
        let mut told = None;
        until(&format!("Kafka tells of {object}"), async || {
            let looked = self.0.look(std::slice::from_ref(object)).await;
            let seen = looked.known().and_then(|all| all.objects.get(object));
            told = seen.and_then(Observed::known).cloned();
            told.is_some()
        })
        .await;
        told.flatten()
    }

    /// Returns a key's value if it is set on the object itself.
    pub(super) async fn value(&self, object: &ObjectRef, key: &str) -> Option<String> {
        let seen = self.look(object).await?;
        let path = format!("config.{key}");
        let field = seen.as_ref().field(&path)?;
        Some(field.value().unwrap_or("(hidden)").to_owned())
    }

    /// Returns the names of a principal's ACLs.
    pub(super) async fn acls_of(&self, principal: &str) -> Vec<String> {
        let live = self.observe(&[Kind::Acl]).await;
        let acls = live.acls.known().expect("the hand may see ACLs").iter();
        let theirs = acls.filter(|acl| acl.principal() == principal);
        theirs.map(ToString::to_string).collect()
    }

    /// Observes the whole cluster.
    pub(super) async fn observe(&self, kinds: &[Kind]) -> KafkaLive {
        let ask = Ask {
            kinds: kinds.iter().copied().collect(),
            ..Ask::default()
        };
        match self.0.observe(&ask).await {
            Observed::Known(live) => live,
            Observed::Unknown(why) => panic!("Kafka could not be looked at: {why}"),
        }
    }

    /// Observes the whole cluster, if that is possible just now.
    pub(super) async fn try_observe(&self, kinds: &[Kind]) -> Option<KafkaLive> {
        let ask = Ask {
            kinds: kinds.iter().copied().collect(),
            ..Ask::default()
        };
        self.0.observe(&ask).await.known().cloned()
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
        match self.look(&ObjectRef::topic(name)).await? {
            LiveObject::Topic(topic) => Some(topic),
            other => panic!("{name} is no topic: {other:?}"),
        }
    }

    /// Returns a key's value if it is set on the topic itself.
    pub(super) async fn config(&self, name: &str, key: &str) -> Option<String> {
        self.value(&ObjectRef::topic(name), key).await
    }

    /// Returns the names of all topics that begin so.
    pub(super) async fn topics(&self, prefix: &str) -> Vec<String> {
        let live = self.observe(&[]).await;
        let names = live.topics.keys().map(|name| name.as_str());
        let theirs = names.filter(|name| name.starts_with(prefix));
        theirs.map(str::to_owned).collect()
    }

    async fn write_key(&self, object: &ObjectRef, key: &str, value: Option<&str>) {
        let change = vec![(ConfigKey::new(key), value.map(|v| NewValue::Open(v.into())))];
        self.write(Batch::AlterConfigs(vec![(object.clone(), change)]))
            .await;
    }

    async fn write(&self, batch: Batch) {
        for outcome in self.0.write(batch).await {
            assert_eq!(outcome, Outcome::Applied);
        }
    }
}
