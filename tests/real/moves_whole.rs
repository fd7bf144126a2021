//! Replicas that Headgate moves on Kafka itself, over many passes: throttled, resumed, held and taken back.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::BoxFuture;
use headgate::{
    apply::{Limits, On, Planes, apply},
    desired::{DesiredCluster, DesiredPlacement, DesiredTopic, Moves},
    kafka::{Client, Settings},
    lab::{KafkaCluster, Tool},
    live::{KafkaLive, Live, LiveTopic, Looks, Observed, config_value},
    model::{ClusterName, CommitId, Gate, Intent, Kind, Ledger, ObjectRef, Place, TopicName},
    plan::{self, ClusterPlan, End, KeyTypes, Pass},
    policy::Policies,
    ports::{Ask, Batch, Credential, Journal, JournalError, KafkaPlane, Looked, NewTopic, Outcome},
    secrets::Vault,
};
use jiff::Timestamp;
use tokio::{sync::watch, time::timeout};

use super::fixture::{SHOWN_WITHIN, made, mistreated, mk_topic, unique, until, written};
use crate::support::moves::throttles;

/// Headgate beside a cluster: what git says, and what is on its disk.
struct Site<'a> {
    cluster: &'a KafkaCluster,
    client: Client,
    desired: DesiredCluster,
    disk: Mutex<Ledger>,
    noted: Mutex<Vec<Intent>>,
    /// Broker 3 is stopped right before the next move is sent.
    stops: AtomicBool,
    /// The process ends right after the next move was sent.
    dies: AtomicBool,
}

impl Journal for Site<'_> {
    fn intend(&self, _: &ClusterName, intents: &[Intent]) -> Result<(), JournalError> {
        self.noted.lock().unwrap().extend(intents.iter().cloned());
        Ok(())
    }
}

impl KafkaPlane for Site<'_> {
    fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
        self.client.observe(ask)
    }

    fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
        self.client.look(objects)
    }

    fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
        self.client.look_elsewhere(objects)
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(async move {
            let moves = matches!(batch, Batch::Reassign(_));
            if moves && self.stops.swap(false, Ordering::Relaxed) {
                self.cluster.stop_broker(3).await.unwrap();
            }
            let outcomes = self.client.write(batch).await;
            if moves && self.dies.swap(false, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            outcomes
        })
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        self.client.log_in(logins)
    }
}

fn place() -> Place {
    Place {
        file: "c.yaml".into(),
        line: 1,
        column: 1,
    }
}

impl<'a> Site<'a> {
    /// A cluster without topics of other tests.
    async fn new(cluster: &'a KafkaCluster) -> Self {
        let mut bootstrap = cluster.bootstrap();
        // broker 3 is going to be stopped
        bootstrap.truncate(2);
        let mut desired = DesiredCluster::new(ClusterName::new("lab").unwrap(), place());
        desired.moves = Moves {
            throttle: 10 << 20,
            concurrent: 1,
        };
        let site = Self {
            cluster,
            client: Client::new(Settings::plaintext(bootstrap)).unwrap(),
            desired,
            disk: Mutex::default(),
            noted: Mutex::default(),
            stops: AtomicBool::new(false),
            dies: AtomicBool::new(false),
        };
        let topics = site.observed().await.topics;
        let there = topics.into_iter().filter_map(|(name, topic)| {
            let id = topic.known()?.id;
            Some((name, id))
        });
        let there: Vec<_> = there.collect();
        if !there.is_empty() {
            written(&site.client, Batch::DeleteTopics(there)).await;
        }
        // brokers show deleted topics, without leaders, for a moment
        let gone = async { while !site.observed().await.topics.is_empty() {} };
        timeout(SHOWN_WITHIN, gone).await.expect("topics go");
        site
    }

    async fn observed(&self) -> KafkaLive {
        let ask = Ask {
            kinds: [Kind::Topic, Kind::BrokerConfig].into(),
            ..Ask::default()
        };
        match self.client.observe(&ask).await {
            Observed::Known(live) => live,
            Observed::Unknown(why) => panic!("nothing observed: {why}"),
        }
    }

    fn declare(&mut self, name: &TopicName, replication_factor: u16, brokers: &[i32]) {
        let partitions = 2;
        let placement = DesiredPlacement {
            brokers: brokers.to_vec(),
            leaders: Vec::new(),
        };
        let topic = DesiredTopic {
            place: place(),
            labels: Box::default(),
            partitions,
            replication_factor,
            config: Vec::new(),
            placement: (!brokers.is_empty()).then(|| Box::new(placement)),
            schemas: None,
        };
        self.desired.topics.insert(name.clone(), topic);
    }

    /// Makes a topic of two partitions.
    async fn lay(&self, what: &str, replicas: [&[i32]; 2], config: &[(&str, &str)]) -> TopicName {
        let name = unique(what);
        let topic = NewTopic {
            partitions: 2,
            replication_factor: u16::try_from(replicas[0].len()).unwrap(),
            assignment: replicas.map(Into::into).to_vec(),
            ..mk_topic(&name, config)
        };
        made(&self.client, topic).await;
        let well = |topic: &LiveTopic| {
            let mut each = topic.partitions.iter();
            each.all(|p| p.leader >= 0 && p.isr.len() == p.replicas.len())
        };
        until(&self.client, &name, |t| t.as_ref().is_some_and(well)).await;
        name
    }

    /// Runs one pass, as a process that has just started.
    async fn pass(&self) -> ClusterPlan {
        let mut ledger = self.disk.lock().unwrap().clone();
        let noted = std::mem::take(&mut *self.noted.lock().unwrap());
        ledger.intents.extend(noted);
        let now = Timestamp::UNIX_EPOCH;
        let live = Live {
            observed_at: now,
            kafka: Observed::Known(self.observed().await),
            registry: None,
            connect: None,
            secrets: BTreeMap::default(),
        };
        plan::resolve_intents(&mut ledger, &self.desired, &live);
        *self.disk.lock().unwrap() = ledger.clone();
        let plan = |live: &Live, ledger: &Ledger| {
            plan::plan(&self.desired, live, ledger, &Policies::default(), now)
        };
        let planned = plan(&live, &ledger);
        let seen = live.kafka.known().unwrap().clone();
        let (_keep, stop) = watch::channel(false);
        let (limits, vault) = (Limits::default(), Vault::none());
        let on = On {
            plan: &planned,
            kafka: &seen,
            types: KeyTypes::new(&seen),
            planes: Planes::of_kafka(self),
            journal: self,
            vault: &vault,
            hide: &|_, _| {},
            limits: &limits,
            now: &|| now,
        };
        let applied = apply(on, stop).await;
        for result in &applied.results {
            assert_eq!(result.end, End::Ok, "{result:?}");
        }
        let live = live.with_looked(applied.looked);
        plan::credit(&mut ledger, &planned, &applied.results, &live);
        let left = plan(&live, &ledger);
        let commit = CommitId("c".repeat(40));
        let pass = Pass {
            desired: &self.desired,
            live: &live,
            planned: &planned,
            left: &left,
            results: &applied.results,
            revision: Some(&commit),
            now,
        };
        plan::settle(&mut ledger, &pass);
        ledger.intents.extend(applied.unsettled);
        *self.disk.lock().unwrap() = ledger;
        self.noted.lock().unwrap().clear();
        planned
    }

    /// Passes until nothing is left to do.
    async fn converge(&self) {
        let passes = async {
            loop {
                let planned = self.pass().await;
                if planned.actions.is_empty() && !planned.is_moving() {
                    return planned;
                }
            }
        };
        let last = timeout(SHOWN_WITHIN, passes).await.expect("moves end");
        assert_eq!(last.blocked, []);
        let live = self.observed().await;
        assert_eq!(throttles(&live), Vec::<String>::new());
        assert_eq!(live.moving, Observed::Known(BTreeMap::new()));
    }

    async fn replicas(&self, name: &TopicName) -> Vec<Vec<i32>> {
        let live = self.observed().await;
        let topic = live.topics[name].known().unwrap();
        let each = topic.partitions.iter();
        each.map(|p| {
            let mut replicas = p.replicas.to_vec();
            replicas.sort_unstable();
            replicas
        })
        .collect()
    }
}

/// Asks Kafka's own tool for what is set on broker 1.
async fn told_of_broker_1(cluster: &KafkaCluster) -> String {
    let args = "--describe --entity-type brokers --entity-name 1";
    let args: Vec<&str> = args.split(' ').collect();
    cluster.tool(Tool::Configs, &args).await.unwrap()
}

#[tokio::test]
async fn replicas_are_added_a_few_at_a_time_under_a_throttle_that_goes() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let mut site = Site::new(&cluster).await;
    let name = site.lay("more", [&[1], &[2]], &[]).await;
    site.declare(&name, 3, &[]);
    let first = site.pass().await;
    let begun = first.actions.iter().flat_map(|a| &a.change.moves);
    assert_eq!(begun.count(), 1, "one at a time");
    let told = told_of_broker_1(&cluster).await;
    let rate = format!("leader.replication.throttled.rate={}", 10 << 20);
    assert!(told.contains(&rate), "{told}");
    let live = site.observed().await;
    let topic = live.topics[&name].known().unwrap();
    let filled = "follower.replication.throttled.replicas";
    assert!(config_value(&topic.config, filled).is_some(), "{topic:?}");
    site.converge().await;
    assert_eq!(site.replicas(&name).await, [[1, 2, 3], [1, 2, 3]]);
    let told = told_of_broker_1(&cluster).await;
    assert!(!told.contains("throttled.rate"), "{told}");
}

#[tokio::test]
async fn a_broker_is_emptied_although_headgate_dies_while_it_is() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let mut site = Site::new(&cluster).await;
    let declared = site.lay("drained", [&[3, 1], &[1, 2]], &[]).await;
    let stray = site.lay("stray", [&[3], &[2]], &[]).await;
    site.declare(&declared, 2, &[]);
    site.converge().await;
    site.desired.draining.insert(3);
    site.dies.store(true, Ordering::Relaxed);
    let dead = async {
        while site.dies.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = site.pass() => panic!("it was to die"),
        () = dead => {}
    }
    // what it was doing goes on without it, and its throttle is known as its own
    site.converge().await;
    assert_eq!(site.replicas(&declared).await, [[1, 2], [1, 2]]);
    let stray = site.replicas(&stray).await;
    assert!(!stray.concat().contains(&3), "{stray:?}");
}

#[tokio::test]
async fn a_broker_that_goes_down_in_a_move_holds_the_others_until_it_is_back() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let mut site = Site::new(&cluster).await;
    let least = [("min.insync.replicas", "2")];
    let sick = site.lay("sick", [&[1, 3], &[3, 1]], &least).await;
    let first = site.lay("a-first", [&[1, 2], &[2, 1]], &[]).await;
    let second = site.lay("b-second", [&[1], &[2]], &[]).await;
    site.converge().await;
    site.declare(&first, 2, &[1, 3]);
    site.declare(&second, 2, &[1, 2]);
    site.stops.store(true, Ordering::Relaxed);
    site.pass().await;
    let planned = site.pass().await;
    assert_eq!(planned.moving[0].under_way, 1, "{planned:?}");
    let held = |p: &ClusterPlan| p.blocked.iter().any(|b| b.gate == Gate::Health);
    // its own move waits for the broker, and does not count as ill
    assert!(held(&planned), "{planned:?}");
    let of_second = planned.blocked.iter().find(|b| b.name == second.as_str());
    let reason = &of_second.unwrap().reason;
    assert!(reason.contains(sick.as_str()), "{reason}");
    assert!(!reason.contains(&format!("{first}-0")), "{reason}");
    cluster.start_broker(3).await.unwrap();
    let passes = async { while held(&site.pass().await) {} };
    timeout(SHOWN_WITHIN, passes).await.expect("it opens");
    site.converge().await;
    assert_eq!(site.replicas(&first).await, [[1, 3], [1, 3]]);
    assert_eq!(site.replicas(&second).await, [[1, 2], [1, 2]]);
}

#[tokio::test]
async fn a_move_is_taken_back_when_git_changes_its_mind() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let mut site = Site::new(&cluster).await;
    let name = site.lay("back", [&[1, 2], &[2, 1]], &[]).await;
    site.declare(&name, 2, &[1, 3]);
    site.stops.store(true, Ordering::Relaxed);
    site.pass().await;
    assert!(site.pass().await.is_moving());
    site.declare(&name, 2, &[]);
    let planned = site.pass().await;
    let cancels = planned.actions.iter().flat_map(|a| &a.change.moves);
    assert_eq!(cancels.filter(|m| m.cancel).count(), 1, "{planned:?}");
    let live = site.observed().await;
    assert_eq!(live.moving, Observed::Known(BTreeMap::new()));
    assert_eq!(site.replicas(&name).await, [[1, 2], [1, 2]]);
    cluster.start_broker(3).await.unwrap();
    site.converge().await;
    assert_eq!(site.replicas(&name).await, [[1, 2], [1, 2]]);
}
