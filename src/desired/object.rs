//! Declared objects of every kind behind one face: a name, a place and labels.

use compact_str::CompactString;

use super::{
    DesiredAcl, DesiredCluster, DesiredConfig, DesiredConnector, DesiredGroup, DesiredSchema,
    DesiredTopic, DesiredUser,
};
use crate::model::{EVERY_SUBJECT, Kind, ObjectRef, Place};

/// One declared object.
#[derive(Debug, Clone, Copy)]
pub enum DesiredRef<'a> {
    /// A topic.
    Topic(&'a DesiredTopic),
    /// An ACL.
    Acl(&'a DesiredAcl),
    /// A user.
    User(&'a DesiredUser),
    /// A quota, a broker's, a group's or a subscription's configs.
    Config(&'a DesiredConfig),
    /// A group of consumers.
    Group(&'a DesiredGroup),
    /// A schema.
    Schema(&'a DesiredSchema),
    /// How schemas may change where a subject does not say; the registry's own setting.
    EverySubject(&'a DesiredCluster),
    /// A connector.
    Connector(&'a DesiredConnector),
}

impl<'a> DesiredRef<'a> {
    /// Returns where it is declared.
    #[must_use]
    pub fn place(self) -> &'a Place {
        match self {
            Self::Topic(topic) => &topic.place,
            Self::Acl(acl) => &acl.place,
            Self::User(user) => &user.place,
            Self::Config(config) => &config.place,
            Self::Group(group) => &group.place,
            Self::Schema(schema) => &schema.place,
            Self::EverySubject(cluster) => &cluster.place,
            Self::Connector(connector) => &connector.place,
        }
    }

    /// Returns the labels of its document.
    #[must_use]
    pub fn labels(self) -> &'a [(CompactString, CompactString)] {
        match self {
            Self::Topic(topic) => &topic.labels,
            Self::Acl(_) | Self::EverySubject(_) => &[],
            Self::User(user) => &user.labels,
            Self::Config(config) => &config.labels,
            Self::Group(group) => &group.labels,
            Self::Schema(schema) => &schema.labels,
            Self::Connector(connector) => &connector.labels,
        }
    }
}

/// The declared objects of a kind by name.
pub type Declared<'a> = Box<dyn Iterator<Item = (&'a str, DesiredRef<'a>)> + 'a>;

impl DesiredCluster {
    /// Returns all declared objects of a kind, sorted by name.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Declared<'_> {
        match kind {
            Kind::Topic => {
                let each = self.topics.iter();
                Box::new(each.map(|(name, topic)| (name.as_str(), DesiredRef::Topic(topic))))
            }
            Kind::Acl => {
                let each = self.acls.iter();
                Box::new(each.map(|(acl, one)| (acl.as_str(), DesiredRef::Acl(one))))
            }
            Kind::User => {
                let each = self.users.iter();
                Box::new(each.map(|(name, user)| (name.as_str(), DesiredRef::User(user))))
            }
            Kind::ConsumerGroup => {
                let each = self.groups.iter();
                Box::new(each.map(|(name, group)| (name.as_str(), DesiredRef::Group(group))))
            }
            Kind::Schema => {
                let each = self.schemas.iter();
                let each = each.map(|(name, one)| (name.as_str(), DesiredRef::Schema(one)));
                // it stands where its name belongs
                let (before, behind): (Vec<_>, Vec<_>) =
                    each.partition(|(name, _)| *name < EVERY_SUBJECT);
                let every = self.every_subject().map(|every| (EVERY_SUBJECT, every));
                Box::new(before.into_iter().chain(every).chain(behind))
            }
            Kind::Connector => {
                let each = self.connectors.iter();
                Box::new(each.map(|(name, one)| (name.as_str(), DesiredRef::Connector(one))))
            }
            Kind::Quota | Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics => {
                let each = self.configs.get(&kind).into_iter().flatten();
                Box::new(each.map(|(name, one)| (name.as_str(), DesiredRef::Config(one))))
            }
        }
    }

    /// Returns one declared object.
    #[must_use]
    pub fn object(&self, object: &ObjectRef) -> Option<DesiredRef<'_>> {
        let name = object.name.as_str();
        match object.kind {
            Kind::Topic => self.topics.get(name).map(DesiredRef::Topic),
            Kind::Acl => self.acls.get(name).map(DesiredRef::Acl),
            Kind::User => self.users.get(name).map(DesiredRef::User),
            Kind::ConsumerGroup => self.groups.get(name).map(DesiredRef::Group),
            Kind::Schema if name == EVERY_SUBJECT => self.every_subject(),
            Kind::Schema => self.schemas.get(name).map(DesiredRef::Schema),
            Kind::Connector => self.connectors.get(name).map(DesiredRef::Connector),
            Kind::Quota | Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics => {
                let of_kind = self.configs.get(&object.kind)?;
                of_kind.get(name).map(DesiredRef::Config)
            }
        }
    }

    fn every_subject(&self) -> Option<DesiredRef<'_>> {
        self.compatibility?;
        Some(DesiredRef::EverySubject(self))
    }

    /// Returns how many objects of a kind are declared.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Topic => self.topics.len(),
            Kind::Acl => self.acls.len(),
            Kind::User => self.users.len(),
            Kind::ConsumerGroup => self.groups.len(),
            Kind::Schema => self.schemas.len() + usize::from(self.compatibility.is_some()),
            Kind::Connector => self.connectors.len(),
            Kind::Quota | Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics => {
                self.configs.get(&kind).map_or(0, |all| all.len())
            }
        }
    }
}
