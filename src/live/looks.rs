//! Newer looks at some objects, laid over what was observed (rank 1).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{KafkaLive, Live, LiveConfig, LiveObject, Looks, Observed, object::Named};
use crate::model::{Acl, Kind, ObjectRef, TopicName};

impl Live {
    /// Returns the observation as it is after newer looks at some of its objects; a plane that saw nothing stays so.
    #[must_use]
    pub fn with_looked(mut self, mut looks: Looks) -> Self {
        if let Some(Observed::Known(registry)) = &mut self.registry {
            lay_all(
                &mut registry.subjects,
                Kind::Schema,
                &mut looks,
                |object| match object {
                    LiveObject::Subject(subject) => Some(*subject),
                    _ => None,
                },
            );
        }
        if let Some(Observed::Known(connect)) = &mut self.connect {
            lay_all(
                &mut connect.connectors,
                Kind::Connector,
                &mut looks,
                |object| match object {
                    LiveObject::Connector(connector) => Some(*connector),
                    _ => None,
                },
            );
        }
        self.kafka = self.kafka.map(|kafka| kafka.with_looked(looks));
        self
    }
}

impl KafkaLive {
    /// Returns the observation as it is after newer looks at some of its objects. An object that a look could not read
    /// is unknown from then on, whatever was known of it before; of a kind that was not listed nothing becomes known.
    #[must_use]
    pub fn with_looked(mut self, looks: Looks) -> Self {
        for (ObjectRef { kind, name }, seen) in looks {
            match kind {
                Kind::Topic => {
                    let topic = take(seen, |object| match object {
                        LiveObject::Topic(topic) => Some(topic),
                        _ => None,
                    });
                    lay(&mut self.topics, TopicName::from_broker(&name), topic);
                }
                Kind::Acl => self.lay_acl(&name, seen),
                Kind::User => put(&mut self.users, name, seen, |object| match object {
                    LiveObject::User(user) => Some(user),
                    _ => None,
                }),
                Kind::ConsumerGroup => put(&mut self.groups, name, seen, |object| match object {
                    LiveObject::Group(group) => Some(group),
                    _ => None,
                }),
                Kind::Quota => put(&mut self.quotas, name, seen, configs),
                Kind::BrokerConfig => put(&mut self.broker_configs, name, seen, configs),
                Kind::GroupConfig => put(&mut self.group_configs, name, seen, configs),
                Kind::ClientMetrics => put(&mut self.client_metrics, name, seen, configs),
                Kind::Schema | Kind::Connector => {}
            }
        }
        self
    }

    /// Fifty thousand ACLs are kept as nothing but their names; the few that could not be seen stand beside them.
    fn lay_acl(&mut self, name: &str, seen: Observed<Option<LiveObject>>) {
        let (Observed::Known(acls), Some(acl)) = (&mut self.acls, Acl::parse(name)) else {
            return;
        };
        self.unsure_acls.remove(&acl);
        match seen {
            Observed::Known(Some(_)) => drop(acls.insert(acl)),
            Observed::Known(None) => drop(acls.remove(&acl)),
            Observed::Unknown(why) => {
                acls.remove(&acl);
                self.unsure_acls.insert(acl, why);
            }
        }
    }
}

/// Lays the looks at a kind over its objects, and takes them out of the looks.
fn lay_all<T>(
    all: &mut BTreeMap<CompactString, Observed<T>>,
    kind: Kind,
    looks: &mut Looks,
    of: fn(LiveObject) -> Option<T>,
) {
    for (object, seen) in looks.extract_if(.., |object, _| object.kind == kind) {
        lay(all, object.name, take(seen, of));
    }
}

fn configs(object: LiveObject) -> Option<Vec<LiveConfig>> {
    match object {
        LiveObject::Config(config) => Some(config),
        _ => None,
    }
}

/// Takes an object of the expected sort out of a look.
fn take<T>(
    seen: Observed<Option<LiveObject>>,
    of: fn(LiveObject) -> Option<T>,
) -> Observed<Option<T>> {
    seen.map(|object| object.and_then(of))
}

fn put<T>(
    all: &mut Named<T>,
    name: CompactString,
    seen: Observed<Option<LiveObject>>,
    of: fn(LiveObject) -> Option<T>,
) {
    if let Observed::Known(all) = all {
        lay(all, name, take(seen, of));
    }
}

fn lay<K: Ord, T>(all: &mut BTreeMap<K, Observed<T>>, name: K, seen: Observed<Option<T>>) {
    match seen {
        Observed::Known(None) => drop(all.remove(&name)),
        Observed::Known(Some(object)) => drop(all.insert(name, Observed::Known(object))),
        Observed::Unknown(why) => drop(all.insert(name, Observed::Unknown(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        live::LiveTopic,
        model::{ClusterId, TopicId},
    };

    #[test]
    fn newer_looks_take_the_place_of_what_was_observed() {
        let topic = |id: u8| LiveTopic {
            id: TopicId([id; 16]),
            internal: false,
            partitions: Vec::new(),
            config: Vec::new(),
        };
        let name = TopicName::from_broker;
        let live = KafkaLive {
            topics: ["kept", "gone", "changed", "unread"]
                .map(|n| (name(n), Observed::Known(topic(1))))
                .into(),
            acls: Observed::Known(["a", "b"].map(acl).into()),
            ..KafkaLive::new(ClusterId("c".into()))
        };
        let seen = |id| Observed::Known(Some(LiveObject::Topic(topic(id))));
        let looks = Looks::from([
            (ObjectRef::topic("gone"), Observed::Known(None)),
            (ObjectRef::topic("changed"), seen(2)),
            (ObjectRef::topic("new"), seen(3)),
            (
                ObjectRef::topic("unread"),
                Observed::Unknown("timeout".into()),
            ),
            (
                ObjectRef::new(Kind::Acl, acl("a").as_str()),
                Observed::Known(None),
            ),
            (
                ObjectRef::new(Kind::Acl, acl("c").as_str()),
                Observed::Known(Some(LiveObject::Acl)),
            ),
        ]);
        let want = BTreeMap::from([
            (name("kept"), Observed::Known(topic(1))),
            (name("changed"), Observed::Known(topic(2))),
            (name("new"), Observed::Known(topic(3))),
            (name("unread"), Observed::Unknown("timeout".into())),
        ]);
        let live = live.with_looked(looks);
        assert_eq!(live.topics, want);
        assert_eq!(live.acls, Observed::Known(["b", "c"].map(acl).into()));
    }

    #[test]
    fn an_acl_that_could_not_be_seen_is_unknown_by_itself() {
        let live = KafkaLive {
            acls: Observed::Known([acl("a")].into()),
            ..KafkaLive::new(ClusterId("c".into()))
        };
        let looks = Looks::from([(
            ObjectRef::new(Kind::Acl, acl("b").as_str()),
            Observed::Unknown("timeout".into()),
        )]);
        let live = live.with_looked(looks);
        assert_eq!(live.acls, Observed::Known([acl("a")].into()));
        let seen = live.object(&ObjectRef::new(Kind::Acl, acl("b").as_str()));
        assert_eq!(seen.unknown(), Some("timeout"));
    }

    fn acl(topic: &str) -> Acl {
        Acl::parse(&format!("User:a allow Read topic:literal:{topic}")).expect("it is one")
    }
}
