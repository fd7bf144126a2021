//! What the planes beside Kafka hold in a pass made by hand, and what of it git declares.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use headgate::{
    desired::{DesiredConnector, DesiredSchema, DesiredValue, Restart, RunState, SchemaFormat},
    live::{
        ConnectCluster, ConnectLive, Found, LiveConnector, LiveSubject, LiveTask, Observed,
        RegistryLive,
    },
    model::{ClusterId, ConfigKey, DriftClass, EVERY_SUBJECT, Kind, ObjectRef, Plane, SecretName},
    plan::{ClusterPlan, Drift, FieldChange, OpenDrift, PlaneState},
    report::Cycle,
};

use super::{FINGERPRINT, place};
use crate::support::connector::running;

fn task(id: u32, state: &str, trace: Option<&str>) -> LiveTask {
    LiveTask {
        id,
        state: state.into(),
        worker: Some("10.0.0.7:8083".into()),
        trace: trace.map(str::to_owned),
    }
}

/// Two Connect clusters, one of which does not answer: a connector of which a task failed, one that nobody declares, one
/// whose state is not known, and one that is out of sight.
fn connect() -> ConnectLive {
    let answers = ConnectCluster {
        version: "4.3.0".into(),
        kafka_cluster_id: ClusterId("MkU3OEVBNTcwNTJENDM2Qk".into()),
    };
    let source = [
        ("connector.class", Some("org.example.Source")),
        ("db.pin", Some(FINGERPRINT)),
        ("ssl.key.password", None),
        ("topics", Some("orders")),
    ];
    let failed = "java.lang.IllegalStateException: the table is gone";
    let source = LiveConnector {
        tasks: vec![task(0, "RUNNING", None), task(1, "FAILED", Some(failed))],
        ..running("orders-source", &source)
    };
    let stray = LiveConnector {
        state: "PAUSED".into(),
        ..running("stray", &[("connector.class", Some("org.example.Sink"))])
    };
    ConnectLive {
        clusters: [
            ("main".into(), Observed::Known(answers)),
            (
                "spare".into(),
                Observed::Unknown("it does not answer".into()),
            ),
        ]
        .into(),
        connectors: [
            (
                "far".into(),
                Observed::Unknown("Connect cluster spare: it does not answer".into()),
            ),
            ("orders-source".into(), Observed::Known(source)),
            (
                "starting".into(),
                Observed::Unknown("its status is not known yet".into()),
            ),
            ("stray".into(), Observed::Known(stray)),
        ]
        .into(),
        checks: BTreeMap::new(),
    }
}

/// A subject at its declared schema, one that has a level of its own and nobody declares, and one that cannot be read.
fn registry() -> RegistryLive {
    let found = Found {
        digest: "d1".into(),
        version: 2,
        id: 17,
    };
    let declared = LiveSubject {
        versions: vec![1, 2],
        declared: Some(found),
        ..LiveSubject::default()
    };
    let own = LiveSubject {
        versions: vec![4],
        compatibility: Some("FULL".into()),
        ..LiveSubject::default()
    };
    let every = LiveSubject::of_level("BACKWARD".into());
    RegistryLive {
        compatibility: Observed::Known("BACKWARD".into()),
        subjects: [
            (EVERY_SUBJECT.into(), Observed::Known(every)),
            ("closed".into(), Observed::Unknown("403 Forbidden".into())),
            ("orders-value".into(), Observed::Known(declared)),
            ("other-value".into(), Observed::Known(own)),
        ]
        .into(),
        ..RegistryLive::default()
    }
}

fn desired_connector(line: u32, connect: &str) -> DesiredConnector {
    let pin = SecretName("db-pin".into());
    let config = [
        (
            ConfigKey::new("connector.class"),
            DesiredValue::Set("org.example.Source".into()),
        ),
        (ConfigKey::new("db.pin"), DesiredValue::Secret(pin)),
        (ConfigKey::new("tasks.max"), DesiredValue::Set("2".into())),
    ];
    DesiredConnector {
        place: place(line),
        labels: Box::default(),
        connect: connect.into(),
        config: config.into(),
        state: RunState::Running,
        restart: Restart::default(),
        offsets: None,
    }
}

fn desired_schema() -> DesiredSchema {
    DesiredSchema {
        place: place(90),
        labels: Box::default(),
        format: SchemaFormat::Avro,
        text: r#""string""#.into(),
        digest: "d1".into(),
        references: Box::default(),
        compatibility: None,
        normalize: true,
    }
}

/// Adds Connect and a Schema Registry to a pass: of each something usual, something hidden, and something out of sight.
pub(crate) fn with_services(cycle: Cycle) -> Cycle {
    let mut live = cycle.live.as_deref().cloned().expect("it looked");
    live.connect = Some(Observed::Known(connect()));
    live.registry = Some(Observed::Known(registry()));
    let mut desired = cycle.desired.as_deref().cloned().expect("it has one");
    let connectors = [
        ("far", desired_connector(80, "spare")),
        ("orders-source", desired_connector(70, "main")),
    ];
    let named = connectors.map(|(name, one)| (name.into(), one));
    desired.connectors = named.into();
    desired.schemas = [("orders-value".into(), desired_schema())].into();
    let state = FieldChange {
        path: "state".into(),
        live: Some("failed".into()),
        desired: Some("running".into()),
    };
    let failed = OpenDrift {
        drift: Drift {
            object: ObjectRef::new(Kind::Connector, "orders-source"),
            class: DriftClass::Modified,
            fields: vec![state],
            source: Some(place(70)),
        },
        since: cycle.started_at,
    };
    let planes = live.planes().map(|(plane, unseen)| {
        let state = PlaneState {
            complete: unseen.is_none(),
            reason: unseen,
        };
        (plane, state)
    });
    let left = ClusterPlan {
        planes: planes.collect(),
        ..cycle.left.as_deref().cloned().expect("it was planned")
    };
    let open = cycle.open.iter().cloned().chain([failed]).collect();
    let beside = [Plane::Registry, Plane::Connect].map(|p| (p, Duration::from_millis(90)));
    let observe = cycle.observe.iter().copied().chain(beside).collect();
    Cycle {
        observe,
        live: Some(Arc::new(live)),
        desired: Some(Arc::new(desired)),
        left: Some(Arc::new(left)),
        open,
        ..cycle
    }
}

/// Takes what a plane holds out of sight in a pass.
pub(crate) fn without(cycle: Cycle, plane: Plane, why: &str) -> Cycle {
    let mut live = cycle.live.as_deref().cloned().expect("it looked");
    match plane {
        Plane::Kafka => live.kafka = Observed::Unknown(why.to_owned()),
        Plane::Registry => live.registry = Some(Observed::Unknown(why.to_owned())),
        Plane::Connect => {
            if let Some(Observed::Known(connect)) = &mut live.connect {
                for cluster in connect.clusters.values_mut() {
                    *cluster = Observed::Unknown(why.to_owned());
                }
                connect.connectors.clear();
            }
        }
    }
    let mut left = cycle.left.as_deref().cloned().expect("it was planned");
    for (plane, unseen) in live.planes() {
        let state = PlaneState {
            complete: unseen.is_none(),
            reason: unseen,
        };
        left.planes.insert(plane, state);
    }
    Cycle {
        live: Some(Arc::new(live)),
        left: Some(Arc::new(left)),
        ..cycle
    }
}
