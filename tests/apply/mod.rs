//! Running a plan over the ports, on the sandbox and paused time: one test a rule.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod answers;
mod batches;
mod kinds;
mod moves;
mod planes;
mod preconditions;
mod shut_out;
mod stop;
mod verify;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use futures::future::BoxFuture;
use headgate::{
    apply::{Applied, Limits, On, Planes, apply},
    live::{KafkaLive, LiveObject, Looks, Observed},
    model::{
        Cause, ClusterName, ConfigKey, Intent, Kind, ObjectRef, Risk, TopicId, TopicName, Verb,
    },
    plan::{Action, Change, ClusterPlan, End, KeyTypes, ResetField, SetField},
    ports::{
        Ask, Batch, Credential, Journal, JournalError, KafkaPlane, Looked, MorePartitions,
        NewTopic, Outcome,
    },
    sandbox::Sandbox,
    secrets::Vault,
};
use jiff::Timestamp;
use tokio::sync::watch;

/// A sandbox that shows what is asked of it, and whose answers a test may replace.
struct Bench {
    sandbox: Sandbox,
    writes: Mutex<Vec<Batch>>,
    looks: Mutex<Vec<Vec<ObjectRef>>>,
    notes: Mutex<Vec<Intent>>,
    full_disk: bool,
    /// Called before each write; an answer that it gives is used, and nothing is written.
    on_write: Option<Hook<Batch, Vec<Outcome>>>,
    /// Called before each look.
    on_look: Option<Hook<[ObjectRef], Observed<Looked>>>,
    limits: Limits,
    vault: Vault,
    stop: watch::Sender<bool>,
}

type Hook<Asked, Answer> = Box<dyn Fn(&Bench, &Asked) -> Option<Answer> + Send + Sync>;

fn mk_bench() -> Bench {
    Bench {
        sandbox: Sandbox::new("sandbox-cluster", 3),
        writes: Mutex::default(),
        looks: Mutex::default(),
        notes: Mutex::default(),
        full_disk: false,
        on_write: None,
        on_look: None,
        limits: Limits::default(),
        vault: Vault::none(),
        stop: watch::Sender::new(false),
    }
}

impl KafkaPlane for Bench {
    fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
        self.sandbox.observe(ask)
    }

    fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
        self.looks.lock().unwrap().push(objects.to_vec());
        match self.on_look.as_ref().and_then(|hook| hook(self, objects)) {
            Some(answer) => Box::pin(async { answer }),
            None => self.sandbox.look(objects),
        }
    }

    fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
        self.sandbox.look_elsewhere(objects)
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        self.writes.lock().unwrap().push(batch.clone());
        match self.on_write.as_ref().and_then(|hook| hook(self, &batch)) {
            Some(answer) => Box::pin(async { answer }),
            None => self.sandbox.write(batch),
        }
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        self.sandbox.log_in(logins)
    }
}

impl Journal for Bench {
    fn intend(&self, _: &ClusterName, intents: &[Intent]) -> Result<(), JournalError> {
        if self.full_disk {
            return Err(JournalError("the disk is full".to_owned()));
        }
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.extend(intents.iter().cloned());
        Ok(())
    }
}

impl Bench {
    async fn apply(&self, actions: Vec<Action>) -> Applied {
        let types = match self.sandbox.observe(&Ask::default()).await {
            Observed::Known(live) => live,
            Observed::Unknown(why) => panic!("{why}"),
        };
        let plan = mk_plan(actions);
        apply(self.on(&plan, &types), self.stop.subscribe()).await
    }

    fn on<'a>(&'a self, plan: &'a ClusterPlan, live: &'a KafkaLive) -> On<'a> {
        On {
            plan,
            kafka: live,
            types: KeyTypes::new(live),
            planes: Planes::of_kafka(self),
            journal: self,
            vault: &self.vault,
            hide: &|_, _| {},
            limits: &self.limits,
            now: &|| Timestamp::UNIX_EPOCH,
        }
    }

    /// Runs actions and returns how each ended.
    async fn ends(&self, actions: Vec<Action>) -> Vec<End> {
        ends(&self.apply(actions).await)
    }

    fn writes(&self) -> Vec<Batch> {
        self.writes.lock().unwrap().clone()
    }

    fn topic_id(&self, name: &str) -> TopicId {
        self.sandbox.world().topic(name).unwrap().id
    }

    fn value(&self, topic: &str, key: &str) -> Option<String> {
        let world = self.sandbox.world();
        let own = world.topic(topic)?.config_value(key)?;
        own.map(str::to_owned)
    }

    fn partitions(&self, topic: &str) -> Option<usize> {
        Some(self.sandbox.world().topic(topic)?.partitions.len())
    }
}

fn ends(applied: &Applied) -> Vec<End> {
    applied.results.iter().map(|r| r.end.clone()).collect()
}

fn mk_plan(actions: Vec<Action>) -> ClusterPlan {
    ClusterPlan {
        name: ClusterName::new("sandbox").unwrap(),
        cluster_id: Some(headgate::model::ClusterId("sandbox-cluster".into())),
        planes: BTreeMap::new(),
        actions,
        blocked: Vec::new(),
        unexpected: Vec::new(),
        reported: Vec::new(),
        foreign: Vec::new(),
        moving: Vec::new(),
        drift: Vec::new(),
        lines: BTreeMap::new(),
    }
}

fn mk_of(kind: Kind, name: &str, verb: Verb, set: Vec<SetField>, reset: Vec<ResetField>) -> Action {
    let change = Change {
        set,
        reset,
        ..Change::default()
    };
    Action {
        object: ObjectRef::new(kind, name),
        ..mk_action(name, verb, change)
    }
}

fn mk_action(name: &str, verb: Verb, change: Change) -> Action {
    Action {
        object: ObjectRef::topic(name),
        verb,
        risk: Risk::Safe,
        cause: Cause::First,
        fields: Vec::new(),
        source: None,
        notes: Vec::new(),
        change,
    }
}

/// A topic of three partitions and three replicas.
fn mk_create(name: &str, config: &[(&str, &str)]) -> Action {
    let new = mk_topic(name, config);
    let shape = [
        ("partitions", new.partitions.to_string()),
        ("replicationFactor", new.replication_factor.to_string()),
    ];
    let shape = shape.map(|(path, to)| mk_field(path, None, &to));
    let config = new.config.iter();
    let config = config.map(|(key, value)| mk_field(&format!("config.{key}"), None, value));
    let change = Change {
        set: shape.into_iter().chain(config).collect(),
        ..Change::default()
    };
    mk_action(name, Verb::Create, change)
}

fn mk_topic(name: &str, config: &[(&str, &str)]) -> NewTopic {
    NewTopic {
        name: TopicName::new(name).unwrap(),
        partitions: 3,
        replication_factor: 3,
        assignment: Vec::new(),
        config: config
            .iter()
            .map(|(key, value)| (ConfigKey::new(key), (*value).into()))
            .collect(),
    }
}

fn mk_field(path: &str, from: Option<&str>, to: &str) -> SetField {
    SetField {
        path: path.into(),
        from: from.map(Into::into),
        to: to.into(),
        secret: None,
    }
}

fn mk_more(name: &str, count: u32) -> MorePartitions {
    MorePartitions {
        name: TopicName::new(name).unwrap(),
        count,
        assignment: Vec::new(),
    }
}

fn mk_update(name: &str, id: TopicId, set: Vec<SetField>, reset: Vec<ResetField>) -> Action {
    let id = Some(id);
    let change = Change {
        id,
        set,
        reset,
        ..Change::default()
    };
    mk_action(name, Verb::Update, change)
}

fn mk_growth(from: u32, to: u32) -> SetField {
    mk_field("partitions", Some(&from.to_string()), &to.to_string())
}

fn mk_grow(name: &str, id: TopicId, from: u32, to: u32) -> Action {
    mk_update(name, id, vec![mk_growth(from, to)], Vec::new())
}

fn mk_set(name: &str, id: TopicId, key: &str, from: Option<&str>, to: &str) -> Action {
    let field = mk_field(&format!("config.{key}"), from, to);
    mk_update(name, id, vec![field], Vec::new())
}

fn mk_unset(key: &str, was: &str) -> ResetField {
    ResetField {
        path: format!("config.{key}").into(),
        from: Some(was.into()),
    }
}

fn mk_reset(name: &str, id: TopicId, key: &str, was: &str) -> Action {
    mk_update(name, id, Vec::new(), vec![mk_unset(key, was)])
}

fn mk_delete(name: &str, id: TopicId) -> Action {
    let id = Some(id);
    let change = Change {
        id,
        ..Change::default()
    };
    mk_action(name, Verb::Delete, change)
}

/// Takes the topic out of a look.
fn shown(topic: Option<&headgate::live::LiveTopic>) -> Observed<Option<LiveObject>> {
    Observed::Known(topic.cloned().map(LiveObject::Topic))
}

/// Makes a topic of three partitions behind the plan's back and returns its id.
fn make(bench: &Bench, name: &str, config: &[(&str, &str)]) -> TopicId {
    bench
        .sandbox
        .edit(|world| world.create(&mk_topic(name, config)))
        .unwrap();
    bench.topic_id(name)
}
