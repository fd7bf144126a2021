//! Connectors on real workers: made, kept, restarted, put to rest and let go.

use headgate::lab::{Connect, Endpoint, KafkaCluster};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    planes::{Beside, CANARY, Rest, Source, world},
    world::{World, may_go, topic, until},
};
use crate::support::lab::{connect, scram};

fn path(name: &str) -> String {
    format!("/connectors/{name}")
}

/// A topic, an endpoint, and a connector that fills the one from the other.
pub(super) struct Line<'a> {
    pub(super) world: World<'a>,
    rest: Rest,
    endpoint: Endpoint,
    name: String,
    fills: String,
}

impl<'a> Line<'a> {
    pub(super) fn new(kafka: &'a KafkaCluster, connect: &Connect) -> Self {
        Self::through(kafka, connect.urls())
    }

    /// Makes one whose daemon knows the workers by these addresses; the hand asks the last one.
    pub(super) fn through(kafka: &'a KafkaCluster, connect: Vec<String>) -> Self {
        let rest = Rest::new(connect.last().unwrap());
        let beside = Beside {
            connect,
            ..Beside::default()
        };
        let world = world(kafka, &beside);
        world.secret("source", CANARY);
        Self {
            rest,
            endpoint: Endpoint::start().unwrap(),
            name: world.name("source"),
            fills: world.name("items"),
            world,
        }
    }

    /// Declares it; `more` is more of the document, as the inside of a flow mapping that ends with a comma.
    pub(super) fn declare(&self, more: &str, interval: &str) -> String {
        self.declare_with("", more, interval)
    }

    fn declare_with(&self, cluster: &str, more: &str, interval: &str) -> String {
        let url = self.endpoint.url();
        let source = Source {
            name: &self.name,
            url: &url,
            topic: &self.fills,
            interval,
            more,
        };
        let topic = topic(&self.fills, 1, "");
        self.world.declare(cluster, &[topic, source.document()])
    }

    /// Consents to what only consent lets happen to it.
    fn consent(&self) -> String {
        format!("deletion: {{{}}}", may_go(&[("Connector", &self.name)]))
    }

    pub(super) async fn config(&self, key: &str) -> Value {
        let config = format!("{}/config", path(&self.name));
        self.rest.get(&config).await.unwrap()[key].clone()
    }

    pub(super) async fn until(&self, states: &[&str]) {
        self.rest.until(&self.name, states).await;
    }

    /// Waits until a worker that came back lists it again.
    pub(super) async fn is_listed(&self, worker: &str) {
        let worker = Rest::new(worker);
        until("the worker lists the connector", async || {
            let list = worker.get("/connectors?expand=info&expand=status").await;
            list.is_some_and(|list| list[&self.name]["status"].is_object())
        })
        .await;
    }

    fn drift(&self, verb: &str) -> [String; 1] {
        [format!("{verb} Connector {}: drift", self.name)]
    }

    /// Lets it go by consent.
    pub(super) async fn give_up(&self) {
        let topic = topic(&self.fills, 1, "");
        self.world.declare(&self.consent(), &[topic]);
        let told = self.world.run(&["plan"]).await;
        assert!(told.out.contains("its offsets stay"), "{told:?}");
        self.world.converge().await;
        assert_eq!(self.rest.get(&path(&self.name)).await, None);
    }
}

/// Traps 34 to 38: what somebody does to a connector by hand is seen, told without secrets, and undone.
#[tokio::test]
async fn a_connector_is_made_and_kept() {
    let Some(connect) = connect().await else {
        return;
    };
    let line = Line::new(scram().await.unwrap(), &connect);
    let Line {
        world, rest, name, ..
    } = &line;
    line.declare("", "100");
    let first = [
        format!("create Topic {}: first", line.fills),
        format!("create Connector {name}: first"),
    ];
    assert_eq!(world.due().await, first);
    world.converge().await;
    line.until(&["RUNNING", "RUNNING"]).await;
    assert_eq!(line.config("http.auth.password").await, CANARY);

    rest.configure(name, "http.timer.interval.millis", "5000")
        .await;
    assert_eq!(world.due().await, line.drift("update"));
    world.converge().await;
    rest.configure(name, "http.auth.password", "somebody's")
        .await;
    let told = world.run(&["plan"]).await;
    assert!(told.out.contains("(hidden)"), "{told:?}");
    for secret in ["somebody's", CANARY] {
        assert!(!told.out.contains(secret), "{told:?}");
    }
    world.converge().await;
    assert_eq!(line.config("http.auth.password").await, CANARY);
    assert_eq!(line.config("http.timer.interval.millis").await, "100");

    let pause = format!("{}/pause", path(name));
    rest.ask(Method::PUT, &pause, None).await;
    line.until(&["PAUSED", "PAUSED"]).await;
    assert_eq!(world.due().await, line.drift("update"));
    world.converge().await;
    line.until(&["RUNNING", "RUNNING"]).await;
    rest.ask(Method::DELETE, &path(name), None).await;
    until("the connector is gone", async || {
        rest.get(&path(name)).await.is_none()
    })
    .await;
    assert_eq!(world.due().await, line.drift("create"));
    world.converge().await;
    line.give_up().await;
}

/// Trap 37: its state is sent apart from its config, and in the same pass.
#[tokio::test]
async fn a_connector_rests_and_goes_as_git_says() {
    let Some(connect) = connect().await else {
        return;
    };
    let line = Line::new(scram().await.unwrap(), &connect);
    for (more, interval, states) in [
        ("", "100", &["RUNNING", "RUNNING"][..]),
        ("state: paused,", "200", &["PAUSED", "PAUSED"]),
        ("state: stopped,", "200", &["STOPPED"]),
        ("", "300", &["RUNNING", "RUNNING"]),
    ] {
        line.declare(more, interval);
        line.world.converge().await;
        line.until(states).await;
        assert_eq!(line.config("http.timer.interval.millis").await, interval);
    }
    line.world.declare("", &[topic(&line.fills, 1, "")]);
    let held = line.world.withheld().await;
    let consent = format!("consent Connector {}", line.name);
    assert_eq!(held[0].0, consent, "{held:?}");
    line.until(&["RUNNING", "RUNNING"]).await;
    line.give_up().await;
}

/// Trap 39: offsets are set once for what git says, by consent, and only while the connector is stopped.
#[tokio::test]
async fn the_offsets_of_a_connector_are_set_once() {
    let Some(connect) = connect().await else {
        return;
    };
    let line = Line::new(scram().await.unwrap(), &connect);
    let offsets = async || {
        let path = format!("{}/offsets", path(&line.name));
        line.rest.get(&path).await.unwrap()["offsets"].clone()
    };
    line.declare("", "100");
    line.world.converge().await;
    line.endpoint.publish(3);
    until("the source has offsets", async || {
        offsets().await != json!([])
    })
    .await;
    line.declare("state: stopped,", "100");
    line.world.converge().await;
    line.declare("state: stopped, offsets: reset,", "100");
    let held = line.world.withheld().await;
    let consent = format!("consent Connector {}", line.name);
    assert_eq!(held[0].0, consent, "{held:?}");
    assert_ne!(offsets().await, json!([]));
    let consented = |more| line.declare_with(&line.consent(), more, "100");
    consented("state: stopped, offsets: reset,");
    line.world.converge().await;
    assert_eq!(offsets().await, json!([]));

    // it works on from the beginning, and is not reset again by the same word
    consented("");
    line.world.converge().await;
    until("the source has offsets again", async || {
        offsets().await != json!([])
    })
    .await;
    consented("state: stopped,");
    line.world.converge().await;
    consented("state: stopped, offsets: reset,");
    let held = line.world.withheld().await;
    assert!(held[0].1.contains("was used"), "{held:?}");
    assert_ne!(offsets().await, json!([]));
    line.world.declare("", &[topic(&line.fills, 1, "")]);
    line.rest.ask(Method::DELETE, &path(&line.name), None).await;
}

/// Trap 38: what failed is restarted once it may work again, and the count of it is kept.
#[tokio::test]
async fn a_connector_that_failed_is_restarted() {
    let Some(connect) = connect().await else {
        return;
    };
    let line = Line::new(scram().await.unwrap(), &connect);
    let world = &line.world;
    line.declare("", "100");
    world.converge().await;
    line.endpoint.fail(true);
    line.until(&["RUNNING", "FAILED"]).await;
    assert_eq!(world.due().await, line.drift("update"));
    line.endpoint.fail(false);
    let applied = world.run(&["apply"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    line.until(&["RUNNING", "RUNNING"]).await;
    assert_eq!(world.due().await, [""; 0]);

    // again, so soon: it waits, and says why it failed
    line.endpoint.fail(true);
    line.until(&["RUNNING", "FAILED"]).await;
    let held = world.withheld().await;
    let health = format!("health Connector {}", line.name);
    assert_eq!(held[0].0, health, "{held:?}");
    for why in ["restarted 1 of 7 times", "500"] {
        assert!(held[0].1.contains(why), "{held:?}");
    }
    line.give_up().await;
}

/// Trap 40: what a plugin refuses is told before anything is written, at the document.
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
    let topic = topic(&fills, 1, "");
    world.declare("", &[topic, source.document(), missing]);
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
