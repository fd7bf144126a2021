//! A cluster in a test's hand: makes observations, and carries a plan out on one as Kafka would.

use headgate::{
    desired::DesiredCluster,
    live::{
        Found, KafkaLive, Live, LiveConfig, LiveCredential, LiveObject, LivePartition, LiveRef,
        LiveTopic, LiveUser, Observed, Usage,
    },
    model::{ConfigKey, Kind, ObjectRef, ScramMechanism, TopicId, TopicName, Verb},
    plan::{self, Action, ActionResult, Change, ClusterPlan, End, SetField},
};

use crate::support::connector::running;

/// Says that nobody uses the topics that may go, unless somebody said otherwise.
pub(crate) fn idle(desired: &DesiredCluster, live: &mut Live) {
    if let Observed::Known(kafka) = &mut live.kafka {
        for topic in plan::may_go(desired) {
            let idle = || Observed::Known(Usage::default());
            kafka.usage.entry(topic).or_insert_with(idle);
        }
    }
}

/// Carries out every action of a plan.
pub(crate) fn perform(plan: &ClusterPlan, live: &mut Live) {
    for action in &plan.actions {
        perform_one(action, live);
    }
}

/// Carries out one action.
pub(crate) fn perform_one(action: &Action, live: &mut Live) {
    if action.object.kind == Kind::Connector {
        return perform_on_connect(action, live);
    }
    if action.object.kind == Kind::Schema {
        return perform_on_registry(action, live);
    }
    let Observed::Known(kafka) = &mut live.kafka else {
        panic!("{} is planned on an unknown plane", action.object);
    };
    if action.object.kind != Kind::Topic {
        return perform_other(action, kafka);
    }
    match action.verb {
        Verb::Delete => {
            let gone = kafka.topics.remove(action.object.name.as_str());
            let planned = |topic: &LiveTopic| Some(topic.id) == action.change.id;
            assert!(matches!(&gone, Some(Observed::Known(topic)) if planned(topic)));
        }
        Verb::Create | Verb::Update => change(kafka, &action.object.name, &action.change),
    }
}

/// How everything ends when all of it works.
pub(crate) fn all_done(plan: &ClusterPlan) -> Vec<ActionResult> {
    let done = plan.actions.iter().map(|action| ActionResult {
        object: action.object.clone(),
        verb: action.verb,
        end: End::Ok,
        seconds: 0.0,
    });
    done.collect()
}

/// Carries out an action on anything but a topic.
fn perform_other(action: &Action, kafka: &mut KafkaLive) {
    let ObjectRef { kind, name } = &action.object;
    let seen = match kafka.object(&action.object) {
        Observed::Known(live) => live,
        Observed::Unknown(why) => panic!("{name} is changed although nobody has seen it: {why}"),
    };
    let created = action.verb == Verb::Create;
    // a broker's configs are there with the first of them
    let throttled = *kind == Kind::BrokerConfig && !created;
    assert!(
        throttled || seen.is_none() == created,
        "{name} is {seen:?} and is to be {:?}",
        action.verb
    );
    let after = match kind {
        Kind::Acl => (action.verb != Verb::Delete).then_some(LiveObject::Acl),
        Kind::User => user(action, seen),
        Kind::ConsumerGroup => return,
        _ => config(action, seen),
    };
    let looks = [(action.object.clone(), Observed::Known(after))];
    *kafka = kafka.clone().with_looked(looks.into());
}

/// Carries out an action on workers that mask what is called a password.
fn perform_on_connect(action: &Action, live: &mut Live) {
    let name = &action.object.name;
    let Some(Observed::Known(connect)) = &mut live.connect else {
        panic!("{name} is planned on unknown workers");
    };
    if action.verb == Verb::Delete {
        assert!(connect.connectors.remove(name).is_some());
        return;
    }
    let made = || Observed::Known(running(name, &[]));
    let one = connect.connectors.entry(name.clone()).or_insert_with(made);
    let Observed::Known(one) = one else {
        panic!("{name} is changed although nobody has seen it");
    };
    let change = &action.change;
    if let Some(state) = change.value("state") {
        one.state = state.to_uppercase().into();
    }
    let mut config: Vec<LiveConfig> = change.config().map(|(key, f)| masked(&key, f)).collect();
    config.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    // a config is written whole
    if !config.is_empty() {
        one.config = config;
    }
}

/// Registers a schema that a registry takes.
fn perform_on_registry(action: &Action, live: &mut Live) {
    let Some(Observed::Known(registry)) = &mut live.registry else {
        panic!("{} is planned on an unknown registry", action.object);
    };
    let subject = registry.subjects.get_mut(&action.object.name);
    let Some(Observed::Known(subject)) = subject else {
        panic!("{} is changed although nobody has seen it", action.object);
    };
    let digest = action.change.value("schema").expect("it is a schema");
    let version = subject.versions.last().map_or(1, |last| last + 1);
    subject.versions.push(version);
    subject.declared = Some(Found {
        digest: digest.into(),
        version,
        id: version,
    });
}

fn masked(key: &ConfigKey, field: &SetField) -> LiveConfig {
    let is_open = field.secret.is_none() && !key.as_str().contains("password");
    LiveConfig {
        key: key.clone(),
        value: is_open.then(|| field.to.clone()),
    }
}

fn config(action: &Action, seen: Option<LiveRef<'_>>) -> Option<LiveObject> {
    let mut all = seen.map_or(Vec::new(), |live| live.config().to_vec());
    for field in &action.change.reset {
        let key = field.path.strip_prefix("config.").expect("it is a config");
        all.retain(|own| own.key.as_str() != key);
    }
    for (key, field) in action.change.config() {
        all.retain(|own| own.key != key);
        let value = field.secret.is_none().then(|| field.to.clone());
        all.push(LiveConfig { key, value });
    }
    all.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    (!all.is_empty()).then_some(LiveObject::Config(all))
}

/// Kafka shows that there is a credential, and nothing of its password.
fn user(action: &Action, seen: Option<LiveRef<'_>>) -> Option<LiveObject> {
    let mut user = match seen {
        Some(LiveRef::User(user)) => user.clone(),
        _ => LiveUser::default(),
    };
    let path = |mechanism, what: &str| format!("scram.{mechanism}.{what}");
    for &mechanism in ScramMechanism::ALL {
        let password = path(mechanism, "password");
        let goes = action.change.reset.iter().any(|f| f.path == password);
        let written = action.change.value(&password).is_some();
        let before = user.credential(mechanism).map_or(4096, |c| c.iterations);
        if goes || written {
            user.credentials.retain(|c| c.mechanism != mechanism);
        }
        if written {
            let rounds = action.change.value(&path(mechanism, "iterations"));
            user.credentials.push(LiveCredential {
                mechanism,
                iterations: rounds.map_or(before, |n| n.parse().unwrap()),
                login: None,
                tried: None,
            });
        }
    }
    (!user.credentials.is_empty()).then_some(LiveObject::User(user))
}

fn change(kafka: &mut KafkaLive, name: &str, change: &Change) {
    let key = TopicName::from_broker(name);
    let number = |path: &str| change.value(path).and_then(|n| n.parse::<u32>().ok());
    let Some(id) = change.id else {
        let (Some(partitions), Some(factor)) = (number("partitions"), number("replicationFactor"))
        else {
            panic!("{name} is created without a shape");
        };
        let made = LiveTopic {
            id: next_id(kafka),
            internal: false,
            partitions: layout(partitions, factor as usize),
            config: change
                .config()
                .map(|(k, field)| own(&k, &field.to))
                .collect(),
        };
        let old = kafka.topics.insert(key, Observed::Known(made));
        assert!(old.is_none(), "{name} is created although it is there");
        return;
    };
    let Some(Observed::Known(topic)) = kafka.topics.get_mut(name) else {
        panic!("{name} is changed although nobody has seen it");
    };
    assert_eq!(topic.id, id);
    for one in &change.moves {
        let at = usize::try_from(one.partition).unwrap_or(usize::MAX);
        let partition = &mut topic.partitions[at];
        assert_eq!(partition.replicas, one.from);
        partition.replicas = one.to.clone();
        partition.isr = one.to.clone();
        partition.leader = one.to[0];
    }
    if let Some(to) = number("partitions") {
        let there = topic.partitions.len();
        assert!(there < to as usize);
        let new = layout(to, topic.partitions[0].replicas.len());
        topic.partitions.extend(new.into_iter().skip(there));
        let assigned = topic.partitions[there..].iter_mut().zip(&change.assignment);
        for (partition, replicas) in assigned {
            partition.replicas = replicas.clone();
            partition.isr = replicas.clone();
            partition.leader = replicas[0];
        }
    }
    for number in &change.elect {
        let partition = &mut topic.partitions[usize::try_from(*number).unwrap_or(usize::MAX)];
        partition.leader = partition.replicas[0];
    }
    for (key, set) in change.config() {
        topic.config.retain(|c| c.key != key);
        topic.config.push(own(&key, &set.to));
    }
    let reset = |key: &ConfigKey| {
        change
            .reset
            .iter()
            .any(|f| f.path == format!("config.{key}"))
    };
    topic.config.retain(|c| !reset(&c.key));
}

/// An id that no topic has.
pub(crate) fn next_id(kafka: &KafkaLive) -> TopicId {
    let known = kafka.topics.values().filter_map(Observed::known);
    let highest = known
        .map(|t| u128::from_be_bytes(t.id.0))
        .max()
        .unwrap_or(0);
    TopicId((highest + 1).to_be_bytes())
}

/// Partitions on brokers 1, 2, ….
pub(crate) fn layout(partitions: u32, replicas: usize) -> Vec<LivePartition> {
    let replicas: Box<[i32]> = (1..=i32::try_from(replicas).unwrap_or(i32::MAX)).collect();
    let partition = LivePartition {
        leader: 1,
        isr: replicas.clone(),
        replicas,
    };
    vec![partition; partitions as usize]
}

/// A value set on a topic itself.
pub(crate) fn own(key: &ConfigKey, value: &str) -> LiveConfig {
    LiveConfig {
        key: key.clone(),
        value: Some(value.into()),
    }
}
