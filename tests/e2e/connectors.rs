//! Connectors on real workers: made, kept, restarted, put to rest and let go.

use headgate::lab::Endpoint;
use reqwest::Method;

use super::{
    planes::{Beside, CANARY, Rest, Source, world},
    world::{World, may_go, topic, until},
};
use crate::support::lab::{connect, scram};

fn path(name: &str) -> String {
    format!("/connectors/{name}")
}

/// A topic and a connector that fills it.
fn documents(source: &Source<'_>) -> [String; 2] {
    [topic(source.topic, 1, ""), source.document()]
}

async fn gone(world: &World<'_>, rest: &Rest, names: &[&str]) {
    let consents: Vec<(&str, &str)> = names.iter().map(|name| ("Connector", *name)).collect();
    world.declare(
        &format!(
            "deletion: {{budget: {{count: 9, percent: 100}}, {}}}",
            may_go(&consents)
        ),
        &[],
    );
    world.run(&["apply"]).await;
    for name in names {
        assert_eq!(rest.get(&path(name)).await, None, "{name}");
    }
}

/// Traps 32 to 38: one connector from its first commit to its last.
#[tokio::test]
async fn a_connector_is_made_kept_and_let_go() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let world = world(
        kafka,
        &Beside {
            connect: connect.urls(),
            ..Beside::default()
        },
    );
    world.secret("source", CANARY);
    let rest = Rest::new(&connect.urls()[0]);
    let endpoint = Endpoint::start().unwrap();
    let (name, fills, url) = (world.name("source"), world.name("items"), endpoint.url());
    let source = Source {
        name: &name,
        url: &url,
        topic: &fills,
        interval: "100",
        more: "",
    };
    world.declare("", &documents(&source));
    assert_eq!(
        world.due().await,
        [
            format!("create Topic {fills}: first"),
            format!("create Connector {name}: first")
        ]
    );
    world.converge().await;
    rest.until(&name, &["RUNNING", "RUNNING"]).await;
    let config = rest.get(&format!("{}/config", path(&name))).await.unwrap();
    assert_eq!(config["http.auth.password"], CANARY);

    // by hand: a key, another secret, a rest, and all of it
    rest.configure(&name, "http.timer.interval.millis", "5000")
        .await;
    assert_eq!(
        world.due().await,
        [format!("update Connector {name}: drift")]
    );
    world.converge().await;
    rest.configure(&name, "http.auth.password", "somebody's")
        .await;
    let told = world.run(&["plan"]).await;
    assert!(
        told.out.contains(&name) && told.out.contains("(hidden)"),
        "{told:?}"
    );
    assert!(
        !told.out.contains("somebody's") && !told.out.contains(CANARY),
        "{told:?}"
    );
    world.converge().await;
    let config = rest.get(&format!("{}/config", path(&name))).await.unwrap();
    assert_eq!(config["http.auth.password"], CANARY);
    assert_eq!(config["http.timer.interval.millis"], "100");
    rest.ask(Method::PUT, &format!("{}/pause", path(&name)), None)
        .await;
    rest.until(&name, &["PAUSED", "PAUSED"]).await;
    assert_eq!(
        world.due().await,
        [format!("update Connector {name}: drift")]
    );
    world.converge().await;
    rest.until(&name, &["RUNNING", "RUNNING"]).await;
    rest.ask(Method::DELETE, &path(&name), None).await;
    until("the connector is gone", async || {
        rest.get(&path(&name)).await.is_none()
    })
    .await;
    assert_eq!(
        world.due().await,
        [format!("create Connector {name}: drift")]
    );
    world.converge().await;

    // in git: rest and another config in one commit, then a stop, then work again
    for (more, interval, states) in [
        ("state: paused,", "200", &["PAUSED", "PAUSED"][..]),
        ("state: stopped,", "200", &["STOPPED"]),
        ("", "300", &["RUNNING", "RUNNING"]),
    ] {
        let source = Source {
            more,
            interval,
            ..source
        };
        world.declare("", &documents(&source));
        world.converge().await;
        rest.until(&name, states).await;
        let config = rest.get(&format!("{}/config", path(&name))).await.unwrap();
        assert_eq!(config["http.timer.interval.millis"], interval);
    }

    // given up: withheld first
    world.declare("", &[topic(&fills, 1, "")]);
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent Connector {name}"), "{held:?}");
    assert!(rest.get(&path(&name)).await.is_some());
    gone(&world, &rest, &[&name]).await;
}

/// Trap 39: what failed is restarted once it may work again, and the count of it is kept.
#[tokio::test]
async fn a_connector_that_failed_is_restarted() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let world = world(
        kafka,
        &Beside {
            connect: connect.urls(),
            ..Beside::default()
        },
    );
    world.secret("source", CANARY);
    let rest = Rest::new(&connect.urls()[1]);
    let endpoint = Endpoint::start().unwrap();
    let (name, fills, url) = (world.name("fails"), world.name("items"), endpoint.url());
    let source = Source {
        name: &name,
        url: &url,
        topic: &fills,
        interval: "100",
        more: "",
    };
    world.declare("", &documents(&source));
    world.converge().await;
    endpoint.fail(true);
    rest.until(&name, &["RUNNING", "FAILED"]).await;
    let due = world.due().await;
    assert_eq!(due, [format!("update Connector {name}: drift")]);
    endpoint.fail(false);
    let applied = world.run(&["apply"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    rest.until(&name, &["RUNNING", "RUNNING"]).await;
    assert_eq!(world.due().await, [""; 0]);

    // again, so soon: it waits, and says why it failed
    endpoint.fail(true);
    rest.until(&name, &["RUNNING", "FAILED"]).await;
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("health Connector {name}"), "{held:?}");
    assert!(held[0].1.contains("restarted 1 of 7 times"), "{held:?}");
    assert!(held[0].1.contains("500"), "{held:?}");
    gone(&world, &rest, &[&name]).await;
}

/// Traps 33 and 40: what a plugin refuses is told before anything is written, at the document.
#[tokio::test]
async fn what_workers_would_refuse_is_not_written() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let world = world(
        kafka,
        &Beside {
            connect: connect.urls(),
            ..Beside::default()
        },
    );
    world.secret("source", CANARY);
    let rest = Rest::new(&connect.urls()[0]);
    let (name, other, fills) = (
        world.name("wrong"),
        world.name("nobody"),
        world.name("items"),
    );
    let source = Source {
        name: &name,
        url: "http://127.0.0.1:1/items",
        topic: &fills,
        interval: "soon",
        more: "",
    };
    let missing = super::world::document(
        "Connector",
        &other,
        "class: com.example.Missing, config: {a: \"1\"}",
    );
    let [topic, wrong] = documents(&source);
    world.declare("", &[topic, wrong, missing]);
    let held = world.withheld().await;
    let of = |name: &str| {
        let subject = format!("unsupported Connector {name}");
        let found = held.iter().find(|(what, _)| *what == subject);
        found.unwrap_or_else(|| panic!("{held:?}")).1.clone()
    };
    assert!(of(&name).contains("http.timer.interval.millis"), "{held:?}");
    assert!(of(&other).contains("connector.class"), "{held:?}");
    assert!(!format!("{held:?}").contains(CANARY));
    for name in [&name, &other] {
        assert_eq!(rest.get(&path(name)).await, None);
    }
}

/// Connect is down, and Kafka goes on; nothing about connectors is planned from that.
#[tokio::test]
async fn kafka_goes_on_while_connect_is_down() {
    let Some(kafka) = scram().await else {
        return;
    };
    let dead = "http://127.0.0.1:1".to_owned();
    let world = world(
        kafka,
        &Beside {
            connect: vec![dead],
            ..Beside::default()
        },
    );
    world.secret("source", CANARY);
    let (name, fills) = (world.name("source"), world.name("items"));
    let source = Source {
        name: &name,
        url: "http://127.0.0.1:1/items",
        topic: &fills,
        interval: "100",
        more: "",
    };
    world.declare("", &documents(&source));
    let applied = world
        .run(&["apply", "-o", "json", "--detailed-exitcode"])
        .await;
    assert_eq!(applied.code, 1, "{applied:?}");
    assert!(world.hand.topic(&fills).await.is_some(), "{applied:?}");
    let left = &applied.json()["clusters"][0]["left"];
    assert_eq!(left["planes"]["kafka"]["complete"], true, "{left}");
    assert_eq!(left["planes"]["connect"]["complete"], false, "{left}");
    let held = super::world::blocked(left);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(
        held[0].0,
        format!("incomplete_observation Connector {name}")
    );
}
