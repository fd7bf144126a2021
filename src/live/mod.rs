//! What the planes really hold, as observed at one moment (rank 1: types only, nobody fetches here).

mod access;
mod cluster;
mod connect;
mod group;
mod looks;
mod object;
mod registry;
mod topic;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access::{LiveCredential, LiveUser, Login};
pub use cluster::{Broker, Health, LogDir, Quorum, QuorumNode};
pub use connect::{
    ConfigProblem, ConnectCluster, ConnectLive, ConnectLooked, ConnectSeen, LiveConnector, LiveTask,
};
pub use group::{GroupDetail, GroupMember, GroupOffset, LiveGroup, Usage};
pub use object::{Field, LiveObject, LiveRef, Objects};
pub use registry::{
    Found, LiveSubject, Newest, Referred, RegistryLive, RegistryLooked, SchemaText,
};
pub use topic::{LiveConfig, LivePartition, LiveTopic, Moving, config_value};

use crate::model::{
    Acl, ClusterId, ConfigKey, ConfigType, Fingerprint, Kind, ObjectRef, Plane, SecretName,
    TopicName,
};

/// Something that was looked at: known whole, or unknown with the reason. Unknown never reads as absent, so nothing
/// can be deleted, reset or called missing because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed<T> {
    /// Seen, complete.
    Known(T),
    /// Not seen, and why, as a sentence fragment for people.
    Unknown(String),
}

/// What nobody looked at is not known.
impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self::Unknown("it was not looked at".to_owned())
    }
}

impl<T> Observed<T> {
    /// Borrows what is known.
    pub fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Known(value) => Observed::Known(value),
            Self::Unknown(reason) => Observed::Unknown(reason.clone()),
        }
    }

    /// Returns the value if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Changes the value if it is known.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Known(value) => Observed::Known(change(value)),
            Self::Unknown(reason) => Observed::Unknown(reason),
        }
    }

    /// Returns why the value is not known.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(reason) => Some(reason),
        }
    }
}

/// One observation of every plane of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// When the observation began; what it holds is at least as new.
    pub observed_at: Timestamp,
    /// The Kafka plane.
    pub kafka: Observed<KafkaLive>,
    /// The Schema Registry; `None` where `headgate.yaml` names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Observed<RegistryLive>>,
    /// The Connect clusters; `None` where `headgate.yaml` names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Observed<ConnectLive>>,
    /// Fingerprints of the secrets that git names; one that cannot be read is unknown.
    #[serde(default)]
    pub secrets: Fingerprints,
}

/// Fingerprints of secrets by name.
pub type Fingerprints = BTreeMap<SecretName, Observed<Fingerprint>>;

/// What the Kafka plane holds. Each kind is known or unknown by itself: who may not read ACLs still sees topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaLive {
    /// The id the cluster was formatted with.
    pub cluster_id: ClusterId,
    /// Brokers that are registered and not fenced, by id.
    pub brokers: Vec<Broker>,
    /// Every topic, internal ones too. A topic that exists but could not be read is `Unknown`; one that is not in the
    /// map is absent.
    pub topics: BTreeMap<TopicName, Observed<LiveTopic>>,
    /// Why there may be topics that are not in the map, as far as any were asked for that nobody declares: Kafka leaves out
    /// of its list what the asker may not describe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted_topics: Option<String>,
    /// Config keys that this cluster's topics have, and their types; empty while it has no readable topic to ask.
    #[serde(default)]
    pub topic_keys: BTreeMap<ConfigKey, ConfigType>,
    /// What topics without a `min.insync.replicas` of their own inherit, as the broker says that was asked: its dynamic
    /// defaults and its own file; `None` while no topic tells.
    #[serde(default)]
    pub min_insync: Option<u32>,
    /// Kinds that the cluster cannot have at all, since it is too old or has no authorizer. Each is unknown as well, which
    /// says why.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unsupported: BTreeSet<Kind>,
    /// The principal that Headgate works as on this cluster (`User:headgate`).
    #[serde(default)]
    pub principal: Observed<CompactString>,
    /// Whether `headgate.yaml` says that no ACL concerns that principal, since it is one of the brokers' `super.users`.
    #[serde(default)]
    pub super_user: bool,
    /// The user whose password Headgate logs in with, if it does: a listener may make another principal of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<CompactString>,
    /// Every ACL. No authorizer is unknown, not none.
    #[serde(default)]
    pub acls: Observed<BTreeSet<Acl>>,
    /// ACLs that a look could not see: each is neither there nor absent.
    #[serde(default)]
    pub unsure_acls: BTreeMap<Acl, String>,
    /// Every user with SCRAM credentials.
    #[serde(default)]
    pub users: Observed<BTreeMap<CompactString, Observed<LiveUser>>>,
    /// Client quotas by the name of their entity (`QuotaEntity::name`); their keys as Kafka spells them.
    #[serde(default)]
    pub quotas: Observed<Configs>,
    /// Dynamic configs by broker id, and under `default` those for all brokers. A broker without any is not in the map.
    #[serde(default)]
    pub broker_configs: Observed<Configs>,
    /// Config keys that brokers have.
    #[serde(default)]
    pub broker_keys: BTreeMap<ConfigKey, BrokerKey>,
    /// Dynamic configs by group.
    #[serde(default)]
    pub group_configs: Observed<Configs>,
    /// Config keys that groups have, and their types.
    #[serde(default)]
    pub group_keys: BTreeMap<ConfigKey, ConfigType>,
    /// Subscriptions to clients' metrics by name.
    #[serde(default)]
    pub client_metrics: Observed<Configs>,
    /// Groups of consumers.
    #[serde(default)]
    pub groups: Observed<BTreeMap<CompactString, Observed<LiveGroup>>>,
    /// Reassignments under way, by topic and partition (KIP-455).
    #[serde(default)]
    pub moving: Observed<BTreeMap<TopicName, Vec<Moving>>>,
    /// Who uses the topics that were asked about.
    #[serde(default)]
    pub usage: BTreeMap<TopicName, Observed<Usage>>,
    /// How the cluster is.
    #[serde(default)]
    pub health: Health,
    /// What the observation cost the cluster.
    #[serde(default)]
    pub cost: Cost,
}

/// What an observation cost those who were asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes of these requests.
    #[serde(default)]
    pub asked_bytes: u64,
    /// Bytes of their answers.
    pub answered_bytes: u64,
}

impl Cost {
    /// Returns what came after an earlier count.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            asked_bytes: self.asked_bytes - earlier.asked_bytes,
            answered_bytes: self.answered_bytes - earlier.answered_bytes,
        }
    }
}

/// Objects that are nothing but config values of their own, by name. One without any does not exist.
pub type Configs = BTreeMap<CompactString, Observed<Vec<LiveConfig>>>;

/// What a cluster tells of a broker's config key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerKey {
    /// The type of its value.
    pub config_type: ConfigType,
    /// Whether it takes effect only at a restart, so that it cannot be set dynamically.
    pub read_only: bool,
}

/// Newer looks at some objects of a cluster; `Known(None)` is one that a broker says is absent.
pub type Looks = BTreeMap<ObjectRef, Observed<Option<LiveObject>>>;

impl Live {
    /// Returns all objects of a kind, sorted by name; unknown when the kind could not be listed.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Observed<Objects<'_>> {
        match kind.plane() {
            Plane::Kafka => self.on_kafka(|kafka| kafka.objects(kind)),
            Plane::Registry => self.on_registry(|registry| {
                Observed::Known(object::each(&registry.subjects, LiveRef::Subject))
            }),
            Plane::Connect => self.on_connect(|connect| {
                Observed::Known(object::each(&connect.connectors, LiveRef::Connector))
            }),
        }
    }

    /// Returns one object: outer unknown when its kind could not be listed, or it could not be read; `Known(None)` when
    /// it is absent.
    #[must_use]
    pub fn object(&self, object: &ObjectRef) -> Observed<Option<LiveRef<'_>>> {
        let name = object.name.as_str();
        match object.kind.plane() {
            Plane::Kafka => self.on_kafka(|kafka| kafka.object(object)),
            Plane::Registry => self
                .on_registry(|registry| object::one(registry.subjects.get(name), LiveRef::Subject)),
            Plane::Connect => {
                self.on_connect(
                    |connect| match (connect.connectors.get(name), connect.unseen()) {
                        (None, Some(reason)) => Observed::Unknown(reason),
                        (found, _) => object::one(found, LiveRef::Connector),
                    },
                )
            }
        }
    }

    /// Says why an object that the listing lacks may be there nevertheless.
    #[must_use]
    pub fn unseen(&self, kind: Kind, name: &str) -> Option<String> {
        match kind.plane() {
            Plane::Kafka => self.kafka.known()?.unseen(kind, name),
            Plane::Registry => None,
            Plane::Connect => self.connect.as_ref()?.known()?.unseen(),
        }
    }

    /// Returns each plane that there is, and why not all of it was seen if that is so.
    pub fn planes(&self) -> impl Iterator<Item = (Plane, Option<String>)> {
        let registry = self.registry.as_ref().map(|registry| match registry {
            Observed::Known(registry) => registry.unlisted.clone(),
            Observed::Unknown(why) => Some(why.clone()),
        });
        let connect = self.connect.as_ref().map(|connect| match connect {
            Observed::Known(connect) => connect.unseen(),
            Observed::Unknown(why) => Some(why.clone()),
        });
        let planes = [
            Some((Plane::Kafka, self.kafka.unknown().map(str::to_owned))),
            registry.map(|unseen| (Plane::Registry, unseen)),
            connect.map(|unseen| (Plane::Connect, unseen)),
        ];
        planes.into_iter().flatten()
    }

    /// Tells whether anything of a plane was seen: of Connect, at least one of the clusters.
    #[must_use]
    pub fn tells_of(&self, plane: Plane) -> bool {
        match plane {
            Plane::Kafka => self.kafka.known().is_some(),
            Plane::Registry => matches!(self.registry, Some(Observed::Known(_))),
            Plane::Connect => {
                let connect = self.connect.as_ref().and_then(Observed::known);
                connect.is_some_and(|c| c.clusters.values().any(|one| one.known().is_some()))
            }
        }
    }

    /// Returns the id of the Kafka cluster, as it says itself or, while it does not answer, a Connect cluster beside it.
    #[must_use]
    pub fn cluster_id(&self) -> Option<&ClusterId> {
        let own = self.kafka.known().map(|kafka| &kafka.cluster_id);
        own.or_else(|| {
            let clusters = self.connect.as_ref()?.known()?.clusters.values();
            let mut known = clusters.filter_map(Observed::known);
            known.next().map(|cluster| &cluster.kafka_cluster_id)
        })
    }

    /// Returns the Kafka plane; while it is unknown, one of which nothing is known.
    #[must_use]
    pub fn kafka(&self) -> &KafkaLive {
        static NOTHING: LazyLock<KafkaLive> =
            LazyLock::new(|| KafkaLive::new(ClusterId(String::new())));
        self.kafka.known().unwrap_or(&NOTHING)
    }

    fn on_kafka<'a, T>(&'a self, see: impl FnOnce(&'a KafkaLive) -> Observed<T>) -> Observed<T> {
        match &self.kafka {
            Observed::Known(kafka) => see(kafka),
            Observed::Unknown(why) => Observed::Unknown(why.clone()),
        }
    }

    fn on_registry<'a, T>(
        &'a self,
        see: impl FnOnce(&'a RegistryLive) -> Observed<T>,
    ) -> Observed<T> {
        match &self.registry {
            Some(Observed::Known(registry)) => see(registry),
            Some(Observed::Unknown(why)) => Observed::Unknown(why.clone()),
            None => Observed::Unknown(
                "headgate.yaml names no Schema Registry for this cluster".to_owned(),
            ),
        }
    }

    fn on_connect<'a, T>(
        &'a self,
        see: impl FnOnce(&'a ConnectLive) -> Observed<T>,
    ) -> Observed<T> {
        match &self.connect {
            Some(Observed::Known(connect)) => see(connect),
            Some(Observed::Unknown(why)) => Observed::Unknown(why.clone()),
            None => Observed::Unknown(
                "headgate.yaml names no Connect cluster for this cluster".to_owned(),
            ),
        }
    }
}
