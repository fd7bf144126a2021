//! Moves under way that git wants to go elsewhere, and the throttles of moves that nobody remembers.

use headgate::{
    live::{Broker, Moving, Observed},
    model::{ConfigKey, Gate, Kind, Ledger, ObjectRef, TopicName},
    plan::Action,
};
use jiff::SignedDuration;

use super::{
    moves::{broker, mk_site, moves},
    site::Site,
    world::own,
};

/// A topic of two partitions on brokers 1, 2 and 3; Headgate moves the first one to brokers 4, 2 and 3.
fn mk_moved() -> Site {
    let both = "partitions: 2, replicationFactor: 3, config: {min.insync.replicas: 2}";
    let spec = format!("{{{both}, placement: {{brokers: [1, 2, 3]}}}}");
    let mut site = mk_site(&[("t", &spec)]);
    let replicas = site.topic("t").partitions[1].replicas.clone();
    let mut to = replicas.to_vec();
    to.iter_mut().filter(|b| **b == 1).for_each(|b| *b = 4);
    let moving = Moving {
        partition: 0,
        replicas: to.iter().copied().chain([1]).collect(),
        adding: [4].into(),
        removing: [1].into(),
    };
    let partition = &mut site.topic("t").partitions[0];
    partition.isr = [1, 2, 3].into();
    partition.leader = 2;
    partition.replicas = moving.replicas.clone();
    site.ledger.begun.note_move("t", 0, &to);
    let name = TopicName::new("t").unwrap();
    site.kafka().moving = Observed::Known([(name, vec![moving])].into());
    site
}

/// What is withheld from a partition that rests is withheld from one that moves, too: it goes on to where it is going.
#[test]
fn a_move_is_not_sent_elsewhere_while_that_would_do_harm() {
    let fewer = "{partitions: 2, replicationFactor: 1, config: {min.insync.replicas: 2}, placement: {brokers: [1]}}";
    let mut site = mk_moved();
    site.commit(&[("t", fewer)]);
    let planned = site.plan();
    assert_eq!(moves(&planned), 0, "{planned:#?}");
    assert_eq!(planned.blocked[0].gate, Gate::Unsupported);
    assert_eq!(
        (planned.moving[0].under_way, planned.moving[0].held),
        (1, 1)
    );
    let throttled = planned.actions.iter().map(|a| a.object.kind);
    assert!(throttled.clone().any(|kind| kind == Kind::BrokerConfig));

    let elsewhere = "{partitions: 2, replicationFactor: 3, config: {min.insync.replicas: 2}, placement: {brokers: [2, 3, 5]}}";
    let spare = Broker {
        rack: None,
        ..broker(5)
    };
    for gate in [Some(Gate::IncompleteObservation), Some(Gate::Health), None] {
        let mut site = mk_moved();
        site.kafka().brokers.push(spare.clone());
        site.make("sick", 1);
        site.commit(&[("t", elsewhere)]);
        match gate {
            Some(Gate::Health) => site.topic("sick").partitions[0].leader = -1,
            Some(_) => site.kafka().broker_configs = Observed::Unknown("not allowed".into()),
            None => {}
        }
        let planned = site.plan();
        assert_eq!(planned.blocked.first().map(|b| b.gate), gate);
        let redirected = |a: &Action| a.change.moves.iter().any(|m| m.partition == 0);
        assert_eq!(planned.actions.iter().any(redirected), gate.is_none());
        assert_eq!(planned.moving[0].under_way, 1);
    }
}

/// A ledger that is lost in the middle of a move leaves throttles that nobody owns: they are told of, and stay.
#[test]
fn throttles_that_nobody_owns_are_told_of_once_nothing_moves() {
    let mut site = mk_moved();
    site.kafka().moving = Observed::Known([].into());
    let rate = "follower.replication.throttled.rate";
    let key = ConfigKey::new(rate);
    let set = Observed::Known(vec![own(&key, "1000")]);
    site.kafka().broker_configs = Observed::Known([("2".into(), set)].into());
    let replicas = "follower.replication.throttled.replicas";
    site.alter("t", replicas, Some("0:4"));
    let told = |site: &Site| -> Vec<(Kind, usize)> {
        let planned = site.plan();
        assert_eq!(planned.foreign.iter().filter(|f| !f.throttles).count(), 0);
        planned
            .foreign
            .iter()
            .map(|f| (f.object.kind, f.config.len()))
            .collect()
    };
    let broker = ObjectRef::new(Kind::BrokerConfig, "2");
    site.ledger.begun.note_throttle(&broker, &key, "1000");
    site.ledger
        .begun
        .note_throttle(&ObjectRef::topic("t"), &ConfigKey::new(replicas), "0:4");
    site.ledger.begun.moves.clear();
    assert_eq!(
        told(&site),
        [],
        "they are Headgate's own, which takes them off"
    );
    site.ledger = Ledger::default();
    assert_eq!(told(&site), [(Kind::BrokerConfig, 1), (Kind::Topic, 1)]);
    site.settle();
    assert_eq!(
        told(&site),
        [(Kind::BrokerConfig, 1), (Kind::Topic, 1)],
        "they stay"
    );
    let moving = Moving {
        partition: 0,
        replicas: [1].into(),
        adding: [].into(),
        removing: [].into(),
    };
    let name = TopicName::new("elsewhere").unwrap();
    site.kafka().moving = Observed::Known([(name, vec![moving])].into());
    let planned = site.plan();
    assert!(
        planned.foreign.iter().all(|f| !f.throttles),
        "somebody may need them"
    );
}

/// A broker that lags shows a throttle that was set before, and noted again since, though another one stood and it was not
/// taken. For a minute it is not believed that the other one is gone.
#[test]
fn a_throttle_stays_headgates_own_while_a_broker_that_lags_may_show_another() {
    let mut site = mk_site(&[("t", "{partitions: 1, replicationFactor: 2}")]);
    let replicas = "follower.replication.throttled.replicas";
    let (topic, key) = (ObjectRef::topic("t"), ConfigKey::new(replicas));
    let mut fooled = |seconds: i64| {
        for value in ["0:1", "0:3"] {
            site.ledger.begun.note_throttle(&topic, &key, value);
        }
        site.alter("t", replicas, Some("0:3"));
        site.pass_with(|_| false);
        site.now += SignedDuration::from_secs(seconds);
        site.pass_with(|_| false);
        site.alter("t", replicas, Some("0:1"));
        site.settle();
        site.value("t", replicas)
    };
    assert_eq!(fooled(59), None);
    assert_eq!(fooled(60).as_deref(), Some("0:1"), "it is somebody else's");
}
