//! Live objects of every kind behind one face: a name, and fields by path. Planning, looking and remembering need no
//! more of most kinds.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use compact_str::CompactString;

use super::{
    Cost, Health, KafkaLive, LiveConfig, LiveConnector, LiveGroup, LiveSubject, LiveTopic,
    LiveUser, Observed, config_value,
};
use crate::model::{ClusterId, Kind, ObjectRef, ScramMechanism, TopicId, config_key};

/// One live object, as a look returns it: after a first pass there are looks at tens of thousands, so what is large and rare is
/// boxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveObject {
    /// A topic.
    Topic(LiveTopic),
    /// An ACL: that it is there is all there is to it.
    Acl,
    /// A user.
    User(LiveUser),
    /// A quota, a broker's, a group's or a subscription's configs: values by key.
    Config(Vec<LiveConfig>),
    /// A group of consumers.
    Group(LiveGroup),
    /// A subject of the Schema Registry.
    Subject(Box<LiveSubject>),
    /// A connector.
    Connector(Box<LiveConnector>),
}

/// One live object, wherever it is kept.
#[derive(Debug, Clone, Copy)]
pub enum LiveRef<'a> {
    /// A topic.
    Topic(&'a LiveTopic),
    /// An ACL.
    Acl,
    /// A user.
    User(&'a LiveUser),
    /// Values by key.
    Config(&'a [LiveConfig]),
    /// A group of consumers.
    Group(&'a LiveGroup),
    /// A subject of the Schema Registry.
    Subject(&'a LiveSubject),
    /// A connector.
    Connector(&'a LiveConnector),
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<'a> {
    /// This one, as Kafka spells it.
    Value(Cow<'a, str>),
    /// There is one, and Kafka does not tell it.
    Hidden,
}

impl Field<'_> {
    /// Returns the value unless Kafka hides it.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Value(value) => Some(value),
            Self::Hidden => None,
        }
    }
}

impl LiveObject {
    /// Borrows it.
    #[must_use]
    pub fn as_ref(&self) -> LiveRef<'_> {
        match self {
            Self::Topic(topic) => LiveRef::Topic(topic),
            Self::Acl => LiveRef::Acl,
            Self::User(user) => LiveRef::User(user),
            Self::Config(config) => LiveRef::Config(config),
            Self::Group(group) => LiveRef::Group(group),
            Self::Subject(subject) => LiveRef::Subject(subject),
            Self::Connector(connector) => LiveRef::Connector(connector),
        }
    }
}

impl<'a> LiveRef<'a> {
    /// Returns a field by its path as plans name it: `partitions`, `replicationFactor`, `config.<key>`,
    /// `scram.<mechanism>.iterations`, `scram.<mechanism>.password`. `None`: it is not set on the object.
    #[must_use]
    pub fn field(self, path: &str) -> Option<Field<'a>> {
        let number = |n: usize| Some(Field::Value(n.to_string().into()));
        match self {
            Self::Topic(topic) => match path {
                "partitions" => number(topic.partitions.len()),
                "replicationFactor" => number(topic.replication_factor()),
                _ => of_config(&topic.config, path),
            },
            Self::Config(config) => of_config(config, path),
            Self::User(user) => {
                let (mechanism, what) = path.strip_prefix("scram.")?.split_once('.')?;
                let credential = user.credential(ScramMechanism::parse(mechanism)?)?;
                match what {
                    "iterations" => number(credential.iterations as usize),
                    "password" => Some(Field::Hidden),
                    _ => None,
                }
            }
            Self::Subject(subject) => match path {
                // another schema is told by its version: a text is too long for a value
                "schema" => Some(Field::Value(match &subject.declared {
                    Some(found) if subject.is_current() => found.digest.as_str().into(),
                    _ => format!("version {}", subject.versions.last()?).into(),
                })),
                "compatibility" => {
                    let level = subject.compatibility.as_deref()?;
                    Some(Field::Value(level.into()))
                }
                _ => None,
            },
            Self::Connector(connector) => match path {
                "state" => Some(Field::Value(connector.runs().into())),
                _ => of_config(&connector.config, path),
            },
            Self::Acl | Self::Group(_) => None,
        }
    }

    /// Returns its id, of the kinds that have one.
    #[must_use]
    pub fn id(self) -> Option<TopicId> {
        match self {
            Self::Topic(topic) => Some(topic.id),
            _ => None,
        }
    }

    /// Returns the config values that are set on the object itself.
    #[must_use]
    pub fn config(self) -> &'a [LiveConfig] {
        match self {
            Self::Topic(topic) => &topic.config,
            Self::Config(config) => config,
            Self::Connector(connector) => &connector.config,
            Self::Acl | Self::User(_) | Self::Group(_) | Self::Subject(_) => &[],
        }
    }
}

fn of_config<'a>(config: &'a [LiveConfig], path: &str) -> Option<Field<'a>> {
    let own = config_value(config, config_key(path)?)?;
    Some(own.map_or(Field::Hidden, |value| Field::Value(value.into())))
}

/// The objects of a kind by name; an object that is there and could not be read is unknown by itself.
pub type Objects<'a> = Box<dyn Iterator<Item = (&'a str, Observed<LiveRef<'a>>)> + 'a>;

impl KafkaLive {
    /// Makes the observation of a cluster of which nothing but its id is known; it has no topics.
    #[must_use]
    pub fn new(cluster_id: ClusterId) -> Self {
        Self {
            cluster_id,
            brokers: Vec::new(),
            topics: BTreeMap::new(),
            unlisted_topics: None,
            topic_keys: BTreeMap::new(),
            min_insync: None,
            unsupported: BTreeSet::new(),
            principal: Observed::default(),
            super_user: false,
            login: None,
            acls: Observed::default(),
            users: Observed::default(),
            quotas: Observed::default(),
            broker_configs: Observed::default(),
            broker_keys: BTreeMap::new(),
            group_configs: Observed::default(),
            group_keys: BTreeMap::new(),
            client_metrics: Observed::default(),
            groups: Observed::default(),
            unsure_acls: BTreeMap::new(),
            moving: Observed::default(),
            usage: BTreeMap::new(),
            health: Health::default(),
            cost: Cost::default(),
        }
    }

    /// Returns how many replicas of a topic have to be in sync for producers with `acks=all`; Kafka's default of 1 where
    /// nobody says.
    #[must_use]
    pub fn min_insync(&self, topic: &LiveTopic) -> usize {
        let own = topic.config_value("min.insync.replicas").flatten();
        let own = own.and_then(|value| value.parse().ok());
        own.or(self.min_insync).map_or(1, |n| n as usize)
    }

    /// Returns all objects of a kind, sorted by name; unknown when the kind could not be listed.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Observed<Objects<'_>> {
        match kind {
            Kind::Topic => {
                let each = self.topics.iter();
                Observed::Known(Box::new(each.map(|(name, topic)| {
                    (name.as_str(), topic.as_ref().map(LiveRef::Topic))
                })))
            }
            Kind::Acl => self.acls.as_ref().map(|acls| -> Objects<'_> {
                let each = acls.iter();
                Box::new(each.map(|acl| (acl.as_str(), Observed::Known(LiveRef::Acl))))
            }),
            Kind::User => named(&self.users, LiveRef::User),
            Kind::Quota => named(&self.quotas, |c| LiveRef::Config(c)),
            Kind::BrokerConfig => named(&self.broker_configs, |c| LiveRef::Config(c)),
            Kind::GroupConfig => named(&self.group_configs, |c| LiveRef::Config(c)),
            Kind::ClientMetrics => named(&self.client_metrics, |c| LiveRef::Config(c)),
            Kind::ConsumerGroup => named(&self.groups, LiveRef::Group),
            Kind::Schema | Kind::Connector => Observed::default(),
        }
    }

    /// Returns one object: outer unknown when its kind could not be listed, or it could not be read; `Known(None)` when
    /// it is absent.
    #[must_use]
    pub fn object(&self, object: &ObjectRef) -> Observed<Option<LiveRef<'_>>> {
        let name = object.name.as_str();
        if let Some(reason) = self.unseen(object.kind, name) {
            return Observed::Unknown(reason);
        }
        match object.kind {
            Kind::Topic => one(self.topics.get(name), LiveRef::Topic),
            Kind::Acl => self
                .acls
                .as_ref()
                .map(|acls| acls.contains(name).then_some(LiveRef::Acl)),
            Kind::User => found(&self.users, name, LiveRef::User),
            Kind::Quota => found(&self.quotas, name, |c| LiveRef::Config(c)),
            Kind::BrokerConfig => found(&self.broker_configs, name, |c| LiveRef::Config(c)),
            Kind::GroupConfig => found(&self.group_configs, name, |c| LiveRef::Config(c)),
            Kind::ClientMetrics => found(&self.client_metrics, name, |c| LiveRef::Config(c)),
            Kind::ConsumerGroup => found(&self.groups, name, LiveRef::Group),
            Kind::Schema | Kind::Connector => Observed::default(),
        }
    }

    /// Says why an object that the listing lacks may be there nevertheless: a look could not see it, or, since only a
    /// broker tells its own configs, that broker is away.
    #[must_use]
    pub fn unseen(&self, kind: Kind, name: &str) -> Option<String> {
        match kind {
            Kind::Acl => self.unsure_acls.get(name).cloned(),
            Kind::BrokerConfig => self.unasked_broker(name),
            _ => None,
        }
    }

    fn unasked_broker(&self, name: &str) -> Option<String> {
        let id: i32 = name.parse().ok()?;
        let there = self.brokers.iter().any(|broker| broker.id == id);
        (!there).then(|| format!("broker {id} is away, and no other knows its configs"))
    }
}

/// Objects by name, where there may be none to be had.
pub(super) type Named<T> = Observed<BTreeMap<CompactString, Observed<T>>>;

fn named<'a, T>(all: &'a Named<T>, of: fn(&'a T) -> LiveRef<'a>) -> Observed<Objects<'a>> {
    all.as_ref().map(|all| each(all, of))
}

/// Hands out all objects of a map.
pub(super) fn each<'a, T>(
    all: &'a BTreeMap<CompactString, Observed<T>>,
    of: fn(&'a T) -> LiveRef<'a>,
) -> Objects<'a> {
    let each = all.iter();
    Box::new(each.map(move |(name, one)| (name.as_str(), one.as_ref().map(of))))
}

fn found<'a, T>(
    all: &'a Named<T>,
    name: &str,
    of: fn(&'a T) -> LiveRef<'a>,
) -> Observed<Option<LiveRef<'a>>> {
    match all {
        Observed::Known(all) => one(all.get(name), of),
        Observed::Unknown(why) => Observed::Unknown(why.clone()),
    }
}

/// Hands out one object of a map.
pub(super) fn one<'a, T>(
    found: Option<&'a Observed<T>>,
    of: fn(&'a T) -> LiveRef<'a>,
) -> Observed<Option<LiveRef<'a>>> {
    match found {
        Some(object) => object.as_ref().map(|object| Some(of(object))),
        None => Observed::Known(None),
    }
}
