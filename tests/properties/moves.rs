//! What holds while replicas move, whatever happens meanwhile: passes that die, lost answers, git that changes its mind,
//! and throttles and moves of somebody else.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use headgate::{
    desired::{DesiredCluster, DesiredPlacement, DesiredTopic, Moves},
    live::LiveConfig,
    model::{ClusterName, ConfigKey, Gate, Kind, ObjectRef, TopicName},
    ports::{NewTopic, Reassignment},
    sandbox::{Faults, World},
};
use proptest::{collection, option, prelude::*, sample};

use super::{
    cases,
    inputs::place,
    platform::{Done, Platform, run},
};

const BROKERS: u16 = 4;
const NAMES: [&str; 3] = ["a", "b", "stray"];
/// Somebody's own throttle, which must stay.
const FOREIGN: (&str, &str, &str) = ("4", "leader.replication.throttled.rate", "777");

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Commit(Box<DesiredCluster>),
    Pass,
    /// A pass that dies at the n-th moment, if it lasts that long.
    Crash(u64),
    /// Somebody moves the first partition of a topic.
    Move(&'static str, Vec<i32>),
}

fn some_brokers() -> impl Strategy<Value = Vec<i32>> {
    sample::subsequence(vec![1, 2, 3, 4], 1..=3).prop_shuffle()
}

fn topic() -> impl Strategy<Value = DesiredTopic> {
    let placement = option::of((some_brokers(), any::<bool>()));
    (1..5_u32, 1..=3_u16, placement).prop_map(|(partitions, factor, placement)| DesiredTopic {
        place: place(9),
        labels: Box::default(),
        partitions,
        replication_factor: factor,
        config: Vec::new(),
        schemas: None,
        placement: placement.map(|(brokers, leads)| {
            Box::new(DesiredPlacement {
                leaders: brokers
                    .first()
                    .filter(|_| leads)
                    .copied()
                    .into_iter()
                    .collect(),
                brokers,
            })
        }),
    })
}

/// Any word of git about two of the topics and about brokers.
fn commit() -> impl Strategy<Value = DesiredCluster> {
    let draining = option::of(1..=4_i32);
    let topics = (topic(), topic());
    (draining, topics, 1..=3_u32, any::<bool>()).prop_map(|(draining, (a, b), concurrent, even)| {
        let mut desired = DesiredCluster::new(ClusterName::new("sandbox").unwrap(), place(1));
        desired.draining = draining.into_iter().collect();
        desired.balance.replicas = even;
        desired.moves = Moves {
            throttle: 1 << 20,
            concurrent,
        };
        desired.topics = [("a", a), ("b", b)]
            .map(|(name, topic)| (TopicName::new(name).unwrap(), topic))
            .into();
        desired
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => commit().prop_map(|d| Event::Commit(Box::new(d))),
        4 => Just(Event::Pass),
        3 => (0..24_u64).prop_map(Event::Crash),
        1 => (sample::select(&NAMES[..]), some_brokers()).prop_map(|(name, to)| Event::Move(name, to)),
    ]
}

fn found() -> impl Strategy<Value = Vec<NewTopic>> {
    let partitions = |factor: usize| {
        let replicas = sample::subsequence(vec![1, 2, 3, 4], factor).prop_shuffle();
        collection::vec(replicas, 1..5)
    };
    let topic = |name: &'static str| {
        (1..=3_usize)
            .prop_flat_map(partitions)
            .prop_map(move |assignment| NewTopic {
                name: TopicName::new(name).unwrap(),
                partitions: u32::try_from(assignment.len()).unwrap(),
                replication_factor: u16::try_from(assignment[0].len()).unwrap(),
                assignment: assignment.into_iter().map(Into::into).collect(),
                config: Vec::new(),
            })
    };
    NAMES.map(topic).to_vec()
}

fn faults() -> impl Strategy<Value = Faults> {
    (any::<u64>(), 0..40_u32, 0..6_u32, 0..2_u64).prop_map(|(seed, percent, most, lag)| Faults {
        seed,
        percent,
        most,
        lag: Duration::from_secs(lag),
    })
}

/// Returns every throttle that is set, but somebody's own.
fn throttles(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |what: &str, config: &[LiveConfig]| {
        for own in config
            .iter()
            .filter(|c| c.key.as_str().contains(".throttled."))
        {
            if (what, own.key.as_str(), own.value.as_deref())
                != (FOREIGN.0, FOREIGN.1, Some(FOREIGN.2))
            {
                found.push(format!("{what} {}={:?}", own.key, own.value));
            }
        }
    };
    for (name, topic) in world.topics() {
        take(name.as_str(), &topic.config);
    }
    for broker in 1..=BROKERS {
        let name = broker.to_string();
        let object = world.object(&ObjectRef::new(Kind::BrokerConfig, &name));
        if let Some(headgate::live::LiveObject::Config(config)) = object {
            take(&name, &config);
        }
    }
    found
}

fn foreign_stands(world: &World) -> bool {
    let object = world.object(&ObjectRef::new(Kind::BrokerConfig, FOREIGN.0));
    matches!(object, Some(headgate::live::LiveObject::Config(config)) if config.iter().any(|c| {
        c.key.as_str() == FOREIGN.1 && c.value.as_deref() == Some(FOREIGN.2)
    }))
}

fn mk_platform(found: &[NewTopic], faults: Faults) -> Platform {
    let platform = Platform::of(BROKERS, found, faults);
    platform.sandbox.edit(|world| {
        let (broker, key, value) = FOREIGN;
        let object = ObjectRef::new(Kind::BrokerConfig, broker);
        world
            .alter(&object, &[(ConfigKey::new(key), Some(value.into()))])
            .unwrap();
    });
    platform
}

fn partitions_moving(world: &World) -> BTreeSet<(TopicName, i32)> {
    let moving = world.moving();
    let each = moving.iter();
    each.flat_map(|(name, all)| all.iter().map(|m| (name.clone(), m.partition)))
        .collect()
}

/// Checks that replicas are as git has them, unless the plan says what holds them.
fn assert_in_place(world: &World, desired: &DesiredCluster, done: &Done) {
    let held = |name: &str| {
        let mut blocked = done.planned.blocked.iter();
        blocked.any(|b| b.name == name && [Gate::Unsupported, Gate::Health].contains(&b.gate))
    };
    for (name, topic) in world.topics() {
        if held(name.as_str()) {
            continue;
        }
        let declared = desired.topics.get(name);
        for partition in &topic.partitions {
            let replicas = &partition.replicas;
            assert!(
                !replicas.iter().any(|b| desired.draining.contains(b)),
                "{name} {replicas:?}"
            );
            let Some(declared) = declared else {
                continue;
            };
            assert_eq!(
                replicas.len(),
                usize::from(declared.replication_factor),
                "{name}"
            );
            let pinned = declared.placement.as_deref().cloned().unwrap_or_default();
            let inside = |b: &i32| pinned.brokers.is_empty() || pinned.brokers.contains(b);
            assert!(
                replicas.iter().all(inside),
                "{name} {replicas:?} {pinned:?}"
            );
            let leads = pinned.leaders.is_empty() || pinned.leaders.contains(&replicas[0]);
            assert!(leads, "{name} {replicas:?} {pinned:?}");
            assert_eq!(
                partition.leader, replicas[0],
                "{name}: the preferred leader leads"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn whatever_happens_replicas_end_where_git_wants_them_and_throttles_are_off(
        first in commit(), found in found(), faults in faults(),
        events in collection::vec(event(), 0..10),
    ) {
        run(async {
            let platform = mk_platform(&found, faults);
            // what was set before is seen on every broker
            tokio::time::sleep(faults.lag).await;
            let mut desired = first;
            for event in events {
                let before = platform.sandbox.world();
                match event {
                    Event::Commit(commit) => desired = *commit,
                    Event::Pass => drop(platform.pass(&desired).await),
                    Event::Crash(moment) => platform.crash(moment, &desired).await,
                    Event::Move(name, to) => platform.sandbox.edit(|world| {
                        drop(world.reassign(&Reassignment {
                            topic: TopicName::new(name).unwrap(),
                            partition: 0,
                            replicas: Some(to.into()),
                        }));
                    }),
                }
                let (old, new) = (partitions_moving(&before), partitions_moving(&platform.sandbox.world()));
                let begun = new.difference(&old).count();
                let most = desired.moves.concurrent as usize;
                // a broker that lags may show replicas that a move would only take away, while it copies
                let exact = faults.lag.is_zero();
                assert!(!exact || begun <= most.max(1), "{begun} began at once, and {most} may");
                assert!(foreign_stands(&platform.sandbox.world()));
            }
            let done = platform.converge(&desired).await;
            let world = platform.sandbox.world();
            assert_in_place(&world, &desired, &done);
            assert_eq!(throttles(&world), Vec::<String>::new());
            assert!(foreign_stands(&world));
            assert_eq!(world.moving(), BTreeMap::new());
        });
    }

    #[test]
    fn a_commit_taken_back_takes_its_moves_back(mut desired in commit(), found in found(), draining in 1..=4_i32) {
        desired.draining.clear();
        desired.balance.replicas = false;
        run(async {
            let platform = mk_platform(&found, Faults::none());
            platform.converge(&desired).await;
            let mut emptied = desired.clone();
            emptied.draining.insert(draining);
            platform.pass(&emptied).await;
            platform.pass(&desired).await;
            let moving = partitions_moving(&platform.sandbox.world());
            assert!(moving.is_empty(), "{moving:?} were not taken back");
            platform.converge(&desired).await;
            assert_eq!(throttles(&platform.sandbox.world()), Vec::<String>::new());
        });
    }
}
