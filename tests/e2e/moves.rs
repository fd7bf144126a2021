//! A broker killed and the daemon killed in the middle of a reassignment: what was begun is resumed and ends, and nothing
//! is left of it.

use headgate::{
    live::{KafkaLive, Observed},
    model::Kind,
};

use super::world::{World, document, until};
use crate::support::{lab, moves::throttles};

/// The broker that the replicas go to, and that dies.
const KILLED: i32 = 3;

/// A follower takes up to 1 MiB in one fetch (`replica.fetch.max.bytes`) and then has to wait until what it took is no
/// more than the throttle in the last 11 s: these are a minute's work.
const MESSAGES: usize = 6;
const MESSAGE_BYTES: usize = 900_000;

const SLOW: &str = "moves: {throttle: 1KiB, concurrent: 1}";
const QUICK: &str = "moves: {throttle: 50MiB, concurrent: 1}";

impl World<'_> {
    /// Returns the cluster as it is while a broker may be away; `None` while it cannot be seen whole.
    async fn whole(&self) -> Option<KafkaLive> {
        let live = self.hand.try_observe(&[Kind::Topic, Kind::BrokerConfig]);
        let live = live.await?;
        let configs = live.broker_configs.known()?;
        let known = configs.values().all(|c| c.known().is_some())
            && live.topics.values().all(|t| t.known().is_some())
            && live.moving.known().is_some();
        known.then_some(live)
    }

    /// Waits until the whole cluster is as told.
    async fn until_whole(&self, what: &str, as_told: impl Fn(&KafkaLive) -> bool) -> KafkaLive {
        let mut seen = None;
        until(what, async || {
            seen = self.whole().await;
            seen.as_ref().is_some_and(&as_told)
        })
        .await;
        seen.unwrap()
    }
}

/// Returns the brokers that a topic's only partition is on its way to.
fn adding(live: &KafkaLive, name: &str) -> Vec<i32> {
    let moving = live.moving.known().and_then(|all| all.get(name));
    moving.map_or(Vec::new(), |all| all[0].adding.to_vec())
}

/// Declares a topic of two replicas on these brokers.
fn pinned(name: &str, brokers: &str) -> String {
    let placement = format!("placement: {{brokers: {brokers}}}");
    document(
        "Topic",
        name,
        &format!("partitions: 1, replicationFactor: 2, {placement}"),
    )
}

/// Returns on which brokers a topic's only partition has replicas, and on which they are in sync.
fn lies(live: &KafkaLive, name: &str) -> [Vec<i32>; 2] {
    let partition = &live.topics[name].known().unwrap().partitions[0];
    [&partition.replicas, &partition.isr].map(|ids| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    })
}

#[tokio::test]
async fn a_move_in_which_a_broker_and_the_daemon_are_killed_is_resumed_and_leaves_nothing() {
    let Some(kafka) = lab::production().await else {
        return;
    };
    let world = World::behind_scram(&kafka);
    let (large, small) = (world.name("a-large"), world.name("b-small"));
    let declared = |brokers: &str| [&large, &small].map(|name| pinned(name, brokers));
    let commit = world.declare(SLOW, &declared("[1, 2]"));
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    let message = "x".repeat(MESSAGE_BYTES);
    let messages = [message.as_str(); MESSAGES];
    kafka.admin().produce(&large, &messages).await.unwrap();

    // away from 2, which may still have to lead
    world.declare(SLOW, &declared("[1, 3]"));
    let rate = format!("{KILLED} follower.replication.throttled.rate");
    let begun = |live: &KafkaLive| adding(live, &large) == [KILLED];
    world
        .until_whole("a replica moves under a throttle", |live| {
            begun(live) && throttles(live).contains(&rate)
        })
        .await;
    kafka.kill_broker(KILLED).unwrap();
    daemon.kill().await;

    let live = world
        .until_whole("the broker is missed", |live| {
            live.health.fenced == Observed::Known(vec![KILLED])
        })
        .await;
    assert!(begun(&live), "{:?}", live.moving);
    assert_eq!(adding(&live, &small), [0; 0], "one at a time");
    assert_eq!(lies(&live, &large)[1], [1, 2]);
    assert!(!throttles(&live).is_empty(), "nobody took them off");

    // it finds what it began, and neither begins it again nor takes it back
    let daemon = world.daemon().await;
    daemon.two_more_passes().await;
    let acted = |result: &'static str| [("kind", "Topic"), ("result", result)];
    let family = "headgate_actions_total";
    assert_eq!(daemon.metric(family, &acted("ok")).await, 0.0);
    let (_, plan) = world.plan().await;
    let moving = &plan["clusters"][0]["moving"];
    assert_eq!(
        (&moving[0]["name"], &moving[0]["underWay"]),
        (&large.as_str().into(), &1.into())
    );
    assert!(begun(
        &world.until_whole("the broker is away", |_| true).await
    ));

    kafka.start_broker(KILLED).await.unwrap();
    let commit = world.declare(QUICK, &declared("[1, 3]"));
    daemon.until_converged(&commit).await;
    let live = world
        .until_whole("no throttle is left anywhere", |live| {
            throttles(live).is_empty()
        })
        .await;
    assert_eq!(live.moving, Observed::Known([].into()));
    for name in [&large, &small] {
        assert_eq!(
            lies(&live, name),
            [vec![1, KILLED], vec![1, KILLED]],
            "{name}"
        );
    }
    assert_eq!(daemon.metric(family, &acted("error")).await, 0.0);
    assert_eq!(
        daemon.drift_counted().await,
        0.0,
        "its own doing is no drift"
    );
    assert!(daemon.stop().await.success());
}
