//! Passes made by hand: what a daemon would report of a cluster of a given size.

mod estate;
mod services;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use headgate::{
    desired::{DesiredCluster, DesiredTopic, DesiredValue},
    live::{Broker, KafkaLive, Live, LiveConfig, LivePartition, LiveTopic, Observed},
    model::{
        Cause, ClusterId, ClusterName, CommitId, ConfigKey, DriftClass, Gate, Kind, ObjectRef,
        Place, Plane, ResolvedBy, Risk, TopicId, TopicName, Verb,
    },
    plan::{
        Action, ActionResult, Blocked, Change, ClusterPlan, Drift, End, FieldChange, Foreign,
        OpenDrift, PlaneState, Subject, Unexpected,
    },
    report::{Cycle, PassResult, Phase, SourceState},
};
use jiff::Timestamp;

pub(crate) use estate::FINGERPRINT;
pub(crate) use services::{with_services, without};

/// The interval of every cluster here.
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);

pub(crate) const REPO: &str = "ssh://git@git.example.com/platform/streaming.git";

pub(crate) fn cluster() -> ClusterName {
    ClusterName::new("streaming").expect("a cluster name")
}

/// A moment, so many seconds after the first one of a test.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time in range")
}

/// A commit made of one hex digit.
pub(crate) fn commit(digit: char) -> CommitId {
    CommitId(digit.to_string().repeat(40))
}

/// A source whose newest commit is valid.
pub(crate) fn source(newest: char) -> SourceState {
    SourceState {
        repo: REPO.into(),
        reference: "main".into(),
        seen: Some(commit(newest)),
        good: Some(commit(newest)),
        fetched_at: Some(at(0)),
        valid: true,
        ..SourceState::default()
    }
}

pub(crate) fn place(line: u32) -> Place {
    Place {
        file: "desired-state/streaming/topics.yaml".into(),
        line,
        column: 1,
    }
}

pub(crate) fn topic_name(i: usize) -> TopicName {
    TopicName::new(&format!("topic-{i:05}")).expect("a topic name")
}

fn desired_topic(i: usize) -> DesiredTopic {
    DesiredTopic {
        place: place(u32::try_from(i + 1).expect("a line")),
        labels: Box::default(),
        partitions: 3,
        replication_factor: 3,
        config: vec![(
            ConfigKey::new("retention.ms"),
            DesiredValue::Set("86400000".into()),
        )],
        placement: None,
        schemas: None,
    }
}

fn live_topic(i: usize) -> LiveTopic {
    let partition = || LivePartition {
        leader: 1,
        replicas: [1, 2, 3].into(),
        isr: [1, 2, 3].into(),
    };
    LiveTopic {
        id: TopicId((i as u128 + 1).to_be_bytes()),
        internal: false,
        partitions: vec![partition(), partition(), partition()],
        config: vec![LiveConfig {
            key: ConfigKey::new("retention.ms"),
            value: Some("86400000".into()),
        }],
    }
}

/// Desired state of `n` topics, and of something of most other kinds.
pub(crate) fn desired(n: usize) -> DesiredCluster {
    estate::desired(DesiredCluster {
        topics: (0..n).map(|i| (topic_name(i), desired_topic(i))).collect(),
        ..DesiredCluster::new(cluster(), place(1))
    })
}

/// An observation of `n` topics on three brokers, and of something of every other kind.
pub(crate) fn live(n: usize, observed_at: Timestamp) -> Live {
    let broker = |id: i32| Broker {
        id,
        host: format!("b{id}.example.com"),
        port: 9094,
        rack: Some(format!("zone-{id}")),
    };
    let topics = (0..n).map(|i| (topic_name(i), Observed::Known(live_topic(i))));
    Live {
        observed_at,
        kafka: Observed::Known(estate::live(KafkaLive {
            brokers: [3, 1, 2].map(broker).to_vec(),
            topics: topics.collect(),
            ..KafkaLive::new(ClusterId("MkU3OEVBNTcwNTJENDM2Qk".into()))
        })),
        registry: None,
        connect: None,
        secrets: BTreeMap::new(),
    }
}

/// A plan with nothing in it.
pub(crate) fn empty_plan() -> ClusterPlan {
    let whole = PlaneState {
        complete: true,
        reason: None,
    };
    ClusterPlan {
        name: cluster(),
        cluster_id: Some(ClusterId("MkU3OEVBNTcwNTJENDM2Qk".into())),
        planes: [(Plane::Kafka, whole)].into(),
        actions: Vec::new(),
        blocked: Vec::new(),
        unexpected: Vec::new(),
        reported: Vec::new(),
        foreign: Vec::new(),
        moving: Vec::new(),
        drift: Vec::new(),
        lines: BTreeMap::new(),
    }
}

/// A pass over `n` topics that found everything in place.
pub(crate) fn quiet(n: usize, revision: char, started_at: Timestamp) -> Cycle {
    let plan = Arc::new(empty_plan());
    Cycle {
        cluster: cluster(),
        started_at,
        duration: Duration::from_millis(410),
        phases: Phase::ALL.map(|p| (p, Duration::from_millis(60))).to_vec(),
        interval: INTERVAL,
        result: PassResult::Ok,
        attempted: Some(commit(revision)),
        applied: Some(commit(revision)),
        converged: Some(commit(revision)),
        commit_to_converged: None,
        desired: Some(Arc::new(desired(n))),
        live: Some(Arc::new(live(n, started_at))),
        observe: vec![(Plane::Kafka, Duration::from_millis(200))],
        planned: Some(plan.clone()),
        left: Some(plan),
        results: Vec::new(),
        detected: Vec::new(),
        resolved: Vec::new(),
        open: Vec::new(),
        unconverged_rounds: 0,
    }
}

/// A pass that ended before it had seen anything.
pub(crate) fn failed(why: &str, started_at: Timestamp) -> Cycle {
    let unseen = PlaneState {
        complete: false,
        reason: Some(why.into()),
    };
    let plan = Arc::new(ClusterPlan {
        planes: [(Plane::Kafka, unseen)].into(),
        ..empty_plan()
    });
    Cycle {
        result: PassResult::Failed(why.into()),
        live: Some(Arc::new(Live {
            observed_at: started_at,
            kafka: Observed::Unknown(why.into()),
            registry: None,
            connect: None,
            secrets: BTreeMap::new(),
        })),
        planned: Some(plan.clone()),
        left: Some(plan),
        ..quiet(0, 'a', started_at)
    }
}

pub(crate) fn field() -> FieldChange {
    FieldChange {
        path: "config.retention.ms".into(),
        live: Some("5000".into()),
        desired: Some("86400000".into()),
    }
}

pub(crate) fn drift(i: usize, class: DriftClass) -> Drift {
    Drift {
        object: ObjectRef::topic(topic_name(i).as_str()),
        class,
        fields: vec![field()],
        source: Some(place(12)),
    }
}

pub(crate) fn open(i: usize, class: DriftClass, since: Timestamp) -> OpenDrift {
    OpenDrift {
        drift: drift(i, class),
        since,
    }
}

pub(crate) fn blocked(i: usize, gate: Gate) -> Blocked {
    Blocked {
        kind: Subject::Kind(Kind::Topic),
        name: topic_name(i).as_str().into(),
        action: Verb::Delete,
        gate,
        reason: "nobody consented to it".into(),
        fields: vec![field()],
        source: Some(place(7)),
    }
}

pub(crate) fn update(i: usize) -> Action {
    Action {
        object: ObjectRef::topic(topic_name(i).as_str()),
        verb: Verb::Update,
        risk: Risk::Safe,
        cause: Cause::Drift,
        fields: vec![field()],
        source: Some(place(12)),
        notes: Vec::new(),
        change: Change {
            id: Some(TopicId([0; 16])),
            ..Change::default()
        },
    }
}

pub(crate) fn done(i: usize, end: End) -> ActionResult {
    ActionResult {
        object: ObjectRef::topic(topic_name(i).as_str()),
        verb: Verb::Update,
        end,
        seconds: 0.2,
    }
}

/// A pass over `n` topics (at least four) with something of everything: an action left, one made and one failed, drift
/// found and ended, changes withheld, an undeclared topic and a foreign key.
pub(crate) fn busy(n: usize, revision: char, started_at: Timestamp) -> Cycle {
    let left = ClusterPlan {
        actions: vec![update(0)],
        blocked: vec![
            blocked(1, Gate::Consent),
            blocked(2, Gate::Consent),
            blocked(3, Gate::Contended),
        ],
        unexpected: vec![Unexpected(ObjectRef::topic("stray"))],
        reported: vec![update(2)],
        foreign: vec![Foreign {
            hides: false,
            throttles: false,
            object: ObjectRef::topic("topic-00003"),
            config: [
                (ConfigKey::new("segment.ms"), Some("1000".into())),
                (ConfigKey::new("secret.key"), None),
            ]
            .into(),
        }],
        ..empty_plan()
    };
    Cycle {
        result: PassResult::Failed("Topic topic-00001: POLICY_VIOLATION".into()),
        applied: None,
        converged: None,
        commit_to_converged: Some(Duration::from_secs(3)),
        left: Some(Arc::new(left)),
        results: vec![
            done(0, End::Ok),
            done(1, End::Error("POLICY_VIOLATION".into())),
        ],
        detected: vec![drift(0, DriftClass::Modified)],
        resolved: vec![(drift(2, DriftClass::Missing), ResolvedBy::Apply)],
        open: vec![
            open(1, DriftClass::Unexpected, started_at),
            open(0, DriftClass::Modified, at(-100)),
        ],
        unconverged_rounds: 1,
        ..quiet(n, revision, started_at)
    }
}
