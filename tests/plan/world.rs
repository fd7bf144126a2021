//! A cluster in a test's hand: makes observations, and carries a plan out on one as Kafka would.

use headgate::{
    desired::DesiredCluster,
    live::{KafkaLive, Live, LiveConfig, LivePartition, LiveTopic, Observed, Usage},
    model::{ConfigKey, TopicId, TopicName, Verb},
    plan::{self, Action, Change, ClusterPlan},
};

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
    let Observed::Known(kafka) = &mut live.kafka else {
        panic!("{} is planned on an unknown plane", action.object);
    };
    match action.verb {
        Verb::Delete => {
            let gone = kafka.topics.remove(action.object.name.as_str());
            let planned = |topic: &LiveTopic| Some(topic.id) == action.change.id;
            assert!(matches!(&gone, Some(Observed::Known(topic)) if planned(topic)));
        }
        Verb::Create | Verb::Update => change(kafka, &action.object.name, &action.change),
    }
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
    if let Some(to) = number("partitions") {
        assert!(topic.partitions.len() < to as usize);
        topic.partitions = layout(to, topic.replication_factor());
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
