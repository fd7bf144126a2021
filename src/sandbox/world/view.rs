//! What a broker shows of the cluster (sandbox stage, pure).

use std::collections::BTreeMap;

use compact_str::{CompactString, format_compact};

use super::{World, configs};
use crate::{
    live::{Configs, Health, KafkaLive, LiveConfig, LiveObject, Observed},
    model::{ConfigKey, Kind, ObjectRef, TOPIC_CONFIGS},
    ports::Ask,
    sandbox::values,
};

/// Who Headgate is on this cluster.
const PRINCIPAL: CompactString = CompactString::const_new("User:headgate");

impl World {
    /// Returns what is shown to who asks.
    pub(in crate::sandbox) fn shown(&self, ask: &Ask) -> KafkaLive {
        let topics = self.topics.iter();
        let topics = topics.map(|(name, topic)| {
            let topic = Observed::Known(topic.as_ref().clone());
            (name.clone(), topic)
        });
        let usage = ask.usage.iter();
        KafkaLive {
            brokers: self.brokers.clone(),
            topics: topics.collect(),
            topic_keys: self.topic_keys(),
            principal: Observed::Known(PRINCIPAL),
            // nothing here judges by ACLs
            super_user: true,
            acls: self.asked(ask, Kind::Acl, || self.acls.clone()),
            users: self.asked(ask, Kind::User, || {
                let users = self.users().into_iter();
                let user = |name: &CompactString| {
                    let user = self.user(name)?;
                    Some((name.clone(), Observed::Known(user)))
                };
                users.filter_map(user).collect()
            }),
            quotas: self.asked(ask, Kind::Quota, || {
                let names = self.quotas.keys();
                names
                    .filter_map(|name| self.named(Kind::Quota, name))
                    .collect()
            }),
            broker_configs: self.asked(ask, Kind::BrokerConfig, || {
                self.configs_of(Kind::BrokerConfig)
            }),
            broker_keys: configs::broker_keys(),
            group_configs: self.asked(ask, Kind::GroupConfig, || {
                self.configs_of(Kind::GroupConfig)
            }),
            group_keys: configs::group_keys(),
            client_metrics: self.asked(ask, Kind::ClientMetrics, || {
                self.configs_of(Kind::ClientMetrics)
            }),
            groups: self.asked(ask, Kind::ConsumerGroup, || {
                let group = |name: &CompactString| {
                    let group = self.group(name)?;
                    Some((name.clone(), Observed::Known(group)))
                };
                self.group_names().filter_map(group).collect()
            }),
            moving: Observed::Known(self.moving()),
            health: Health {
                fenced: Observed::Known(Vec::new()),
                ..Health::default()
            },
            usage: usage
                .map(|topic| (topic.clone(), Observed::Known(self.usage(topic))))
                .collect(),
            ..KafkaLive::new(self.cluster_id.clone())
        }
    }

    /// Returns one object as a look shows it.
    pub(in crate::sandbox) fn look(&self, object: &ObjectRef) -> Observed<Option<LiveObject>> {
        match self.refusal(object.kind) {
            Some(why) => Observed::Unknown(why),
            None => Observed::Known(self.object(object)),
        }
    }

    /// Returns one object; `None` when it is not there.
    #[must_use]
    pub fn object(&self, object: &ObjectRef) -> Option<LiveObject> {
        let name = object.name.as_str();
        match object.kind {
            Kind::Topic => self.topic(name).cloned().map(LiveObject::Topic),
            Kind::Acl => self.acls.contains(name).then_some(LiveObject::Acl),
            Kind::User => self.user(name).map(LiveObject::User),
            Kind::Quota => {
                let quota = self.quotas.get(name)?.iter();
                let own = |(key, value): (&CompactString, &f64)| LiveConfig {
                    key: ConfigKey::new(key),
                    value: Some(format_compact!("{value}")),
                };
                Some(LiveObject::Config(quota.map(own).collect()))
            }
            Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics => {
                let is_broker = object.kind == Kind::BrokerConfig;
                let own = |own: &LiveConfig| match is_broker && configs::is_hidden(own.key.as_str())
                {
                    true => LiveConfig {
                        value: None,
                        ..own.clone()
                    },
                    false => own.clone(),
                };
                let config = self.configs.get(object)?.iter();
                Some(LiveObject::Config(config.map(own).collect()))
            }
            Kind::ConsumerGroup => self.group(name).map(LiveObject::Group),
            Kind::Schema | Kind::Connector => None,
        }
    }

    /// Says why a kind cannot be seen.
    fn refusal(&self, kind: Kind) -> Option<String> {
        match kind {
            kind if self.closed.contains(&kind) => Some(format!(
                "CLUSTER_AUTHORIZATION_FAILED: {PRINCIPAL} may not look at kind {kind}"
            )),
            _ => None,
        }
    }

    fn asked<T>(&self, ask: &Ask, kind: Kind, what: impl FnOnce() -> T) -> Observed<T> {
        match self.refusal(kind) {
            _ if !ask.kinds.contains(&kind) => Observed::default(),
            Some(why) => Observed::Unknown(why),
            None => Observed::Known(what()),
        }
    }

    fn configs_of(&self, kind: Kind) -> Configs {
        let of_kind = self.configs.keys().filter(|object| object.kind == kind);
        of_kind
            .filter_map(|object| self.named(kind, &object.name))
            .collect()
    }

    fn named(
        &self,
        kind: Kind,
        name: &CompactString,
    ) -> Option<(CompactString, Observed<Vec<LiveConfig>>)> {
        match self.object(&ObjectRef::new(kind, name.as_str()))? {
            LiveObject::Config(config) => Some((name.clone(), Observed::Known(config))),
            _ => None,
        }
    }

    /// A cluster tells its keys with a topic's config.
    fn topic_keys(&self) -> BTreeMap<ConfigKey, crate::model::ConfigType> {
        if self.topics.is_empty() {
            return BTreeMap::new();
        }
        let known = TOPIC_CONFIGS
            .iter()
            .filter_map(|config| values::known(config.key));
        known
            .map(|config| (ConfigKey::new(config.key), config.config_type))
            .collect()
    }
}
