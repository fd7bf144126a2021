//! One-shot work on the sandbox beside a double of Connect: what becomes of secrets, and of answers that are none.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use headgate::{
    config::{self, Config},
    connect,
    daemon::{self, ConnectPlanes, Planes, Source, Stop},
    model::{ClusterName, Gate},
    plan::Plan,
    ports::ConnectPlane,
    report::{Cycle, PassResult},
    sandbox::Sandbox,
};
use serde_json::{Value, json};

use super::{ID, write};
use crate::support::double::{Asked, Double, Reply};

const PIN: &str = "canary-pin-7710";
const BY_HAND: &str = "canary-by-hand-52e9";

/// Connect, in memory.
#[derive(Default)]
struct Workers {
    /// Configs and states by name.
    connectors: BTreeMap<String, (Value, &'static str)>,
    /// What is asked so is answered with a page of HTML.
    garbage: Option<&'static str>,
    /// The list of all lacks it, since no worker knows its status yet.
    unlisted: Option<&'static str>,
}

impl Workers {
    fn answer(&mut self, asked: &Asked) -> Reply {
        let is_garbage = |begin: &str| asked.line.starts_with(begin);
        if self.garbage.is_some_and(is_garbage) {
            return Reply::Text(200, "<html>welcome</html>".to_owned());
        }
        let (method, path) = asked.line.split_once(' ').unwrap();
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let parts: Vec<&str> = path.split(['/', '?']).skip(1).collect();
        match (method, &parts[..]) {
            ("GET", [""]) => Reply::Json(200, json!({"version": "4.3.1", "kafka_cluster_id": ID})),
            ("PUT", ["connector-plugins", ..]) => Reply::Json(200, json!({"configs": []})),
            ("GET", ["connectors", "expand=info&expand=status"]) => {
                let all = self.connectors.iter();
                let all = all.filter(|(name, _)| self.unlisted != Some(name.as_str()));
                let all = all.map(|(name, _)| {
                    let entry = json!({"info": self.info(name), "status": self.status(name)});
                    (name.clone(), entry)
                });
                Reply::Json(200, Value::Object(all.collect()))
            }
            ("POST", ["connectors"]) => {
                let name = body["name"].as_str().unwrap().to_owned();
                let made = (body["config"].clone(), "RUNNING");
                self.connectors.insert(name, made);
                Reply::Json(201, json!({}))
            }
            (_, ["connectors", name, ..]) if !self.connectors.contains_key(*name) => {
                Reply::error(404, &format!("Connector {name} not found"))
            }
            ("GET", ["connectors", name]) => Reply::Json(200, self.info(name)),
            ("GET", ["connectors", name, "status"]) => Reply::Json(200, self.status(name)),
            ("PUT", ["connectors", name, "config"]) => {
                self.connectors.get_mut(*name).unwrap().0 = body;
                Reply::Json(200, json!({}))
            }
            ("PUT", ["connectors", name, "pause"]) => {
                self.connectors.get_mut(*name).unwrap().1 = "PAUSED";
                Reply::Text(202, String::new())
            }
            _ => panic!("{}", asked.line),
        }
    }

    fn info(&self, name: &str) -> Value {
        json!({"name": name, "config": self.connectors[name].0, "tasks": []})
    }

    fn status(&self, name: &str) -> Value {
        json!({"connector": {"state": self.connectors[name].1}, "tasks": []})
    }
}

/// A folder with desired state, a sandbox and its workers.
struct Desk {
    folder: tempfile::TempDir,
    sandbox: Arc<Sandbox>,
    workers: Arc<Mutex<Workers>>,
    double: Double,
}

impl Desk {
    async fn new() -> Self {
        let workers = Arc::new(Mutex::new(Workers::default()));
        let answering = Arc::clone(&workers);
        let answer = move |asked: &Asked| answering.lock().unwrap().answer(asked);
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox: Arc::new(Sandbox::new(ID, 3)),
            workers,
            double: Double::start(answer).await,
        };
        write(&desk.folder.path().join("secrets/pin"), PIN);
        desk
    }

    /// Declares connectors, each by its name and the rest of its spec.
    fn declare(&self, connectors: &[(&str, &str)]) {
        let head = "apiVersion: headgate.dev/v1\nkind:";
        let mut text =
            format!("{head} Cluster\nmetadata: {{name: c}}\nspec: {{clusterId: {ID}}}\n");
        for (name, spec) in connectors {
            text += &format!(
                "---\n{head} Connector\nmetadata: {{name: {name}}}\nspec: {{class: org.example.Sink, {spec}}}\n"
            );
        }
        write(&self.folder.path().join("desired/c/all.yaml"), &text);
    }

    fn source(&self) -> Source {
        Source::Dir(self.folder.path().join("desired"))
    }

    fn config(&self) -> Config {
        let folder = self.folder.path().display();
        let text = format!(
            "source: {{repo: {folder}/nowhere, branch: main}}\nclusters: {{c: {{kafka: {{bootstrap: [\"b:1\"]}}, connect: \
             {{main: {{url: {:?}}}}}}}}}\nsecrets: {{dir: {folder}/secrets}}\nledger: {{path: {folder}/ledger.db}}\n",
            self.double.url
        );
        config::parse(&text, "headgate.yaml").unwrap()
    }

    fn planes(&self) -> ConnectPlanes {
        let sandbox = Arc::clone(&self.sandbox);
        Arc::new(move |_, settings| {
            let clusters = settings.connect.iter();
            let clusters = clusters.map(|(name, endpoint)| -> (_, Arc<dyn ConnectPlane>) {
                (name.clone(), Arc::new(connect::Client::new(name, endpoint)))
            });
            Ok(Planes {
                kafka: sandbox.clone(),
                connect: clusters.collect(),
                registry: None,
            })
        })
    }

    async fn plan(&self) -> Plan {
        let (config, source, planes) = (self.config(), self.source(), self.planes());
        let planned = daemon::plan(&config, &source, None, &planes);
        planned.await.unwrap().0
    }

    async fn apply(&self) -> Cycle {
        let (config, source, planes) = (self.config(), self.source(), self.planes());
        let stop = Stop::new();
        let applied = daemon::apply(&config, &source, None, &planes, &stop);
        let (_, cycles) = applied.await.unwrap();
        cycles.into_iter().next().unwrap()
    }

    async fn snapshot(&self) -> String {
        let (config, planes) = (self.config(), self.planes());
        let seen = daemon::snapshot(&config, None, &planes).await.unwrap();
        serde_json::to_string(&seen[0].1).unwrap()
    }

    /// Runs passes until there is nothing to do.
    async fn converge(&self) {
        for _ in 0..2 {
            assert_eq!(self.apply().await.result, PassResult::Ok);
        }
        assert_eq!(self.plan().await.clusters[0].actions, []);
    }

    /// Makes a connector by hand.
    fn add(&self, name: &str, config: Value) {
        let mut workers = self.workers.lock().unwrap();
        workers.connectors.insert(name.into(), (config, "RUNNING"));
    }

    /// Sets a key by hand.
    fn set(&self, name: &str, key: &str, value: &str) {
        let mut workers = self.workers.lock().unwrap();
        let (config, _) = workers.connectors.get_mut(name).unwrap();
        config[key] = json!(value);
    }

    fn value(&self, name: &str, key: &str) -> Value {
        self.workers.lock().unwrap().connectors[name].0[key].clone()
    }
}

/// Everything that a pass tells.
fn told(cycle: &Cycle) -> String {
    let live = serde_json::to_string(cycle.live.as_ref().unwrap()).unwrap();
    let plans = [&cycle.planned, &cycle.left]
        .map(|plan| serde_json::to_string(plan.as_ref().unwrap()).unwrap());
    format!("{live}{plans:?}{:?}{:?}", cycle.results, cycle.open)
}

/// Trap 36: what git took from a secret stays one while the workers have it, whatever became of the document.
#[tokio::test]
async fn a_secret_that_git_gave_up_is_not_shown() {
    let desk = Desk::new().await;
    let with_pin = "configFrom: {db.pin: {secret: pin}}";
    desk.declare(&[("a", with_pin), ("b", with_pin)]);
    desk.converge().await;
    assert_eq!(desk.value("a", "db.pin"), PIN);
    // somebody's copy, under another key
    let copy = json!({"connector.class": "org.example.Sink", "other": PIN});
    desk.add("copy", copy);

    // the document is gone, and deletion waits for consent; of the other one, the key is
    desk.declare(&[("b", "config: {topics: x}")]);
    let plan = serde_json::to_string(&desk.plan().await).unwrap();
    assert!(
        plan.contains("config.db.pin") && !plan.contains(PIN),
        "{plan}"
    );
    for _ in 0..3 {
        let cycle = desk.apply().await;
        let told = told(&cycle);
        assert!(told.contains("db.pin") && !told.contains(PIN), "{told}");
        assert_eq!(cycle.left.unwrap().blocked.len(), 1);
        let seen = desk.snapshot().await;
        assert!(seen.contains("db.pin") && !seen.contains(PIN), "{seen}");
    }
    assert_eq!(desk.value("a", "db.pin"), PIN, "nobody consented");
    assert_eq!(desk.value("b", "db.pin"), Value::Null);
}

/// Trap 36: somebody puts a secret in the place of a reference.
#[tokio::test]
async fn a_secret_set_by_hand_under_an_open_key_is_not_shown() {
    let desk = Desk::new().await;
    let reference = "${file:/etc/s:pw}";
    desk.declare(&[(
        "a",
        &format!("config: {{sasl.password: {reference:?}, user: {reference:?}}}"),
    )]);
    desk.converge().await;
    for key in ["sasl.password", "user"] {
        desk.set("a", key, BY_HAND);
    }
    let plan = desk.plan().await;
    let fields = &plan.clusters[0].actions[0].fields;
    let shown: Vec<_> = fields.iter().map(|f| f.live.as_deref()).collect();
    assert_eq!(shown, [Some("(hidden)"); 2]);
    let told = told(&desk.apply().await);
    assert!(!told.contains(BY_HAND), "{told}");
    assert_eq!(desk.value("a", "user"), reference);
}

/// Trap 37: whoever pauses a connector changes nothing about its config, secrets included.
#[tokio::test]
async fn a_pause_makes_no_difference_to_a_secret() {
    let desk = Desk::new().await;
    let spec = "configFrom: {db.pin: {secret: pin}}";
    desk.declare(&[("a", spec)]);
    desk.converge().await;
    desk.declare(&[("a", &format!("state: paused, {spec}"))]);
    let cycle = desk.apply().await;
    assert_eq!(cycle.result, PassResult::Ok);
    assert_eq!(cycle.left.as_ref().unwrap().actions, []);
    assert_eq!(cycle.detected, []);
    let told = told(&cycle);
    assert!(told.contains("PAUSED") && !told.contains(PIN), "{told}");
    let configured = desk.double.writes().into_iter();
    let configured = configured.filter(|line| line.ends_with("/config")).count();
    assert_eq!(configured, 0, "its tasks were restarted");
}

/// Trap 34: a connector that git gave up is not gone because the list lacks it, and is when the workers say so by its name.
#[tokio::test]
async fn a_connector_that_was_given_up_and_is_not_listed_for_a_moment_is_not_forgotten() {
    let desk = Desk::new().await;
    desk.declare(&[("a", "config: {topics: x}")]);
    desk.converge().await;
    desk.declare(&[]);
    let held = || async {
        let plan = desk.plan().await;
        let held = plan.clusters[0].blocked.iter();
        held.map(|b| (b.name.to_string(), b.gate)).collect()
    };
    let due: Vec<_> = vec![("a".to_owned(), Gate::Consent)];
    assert_eq!(
        (desk.apply().await.result, held().await),
        (PassResult::Ok, due.clone())
    );
    let asked = |desk: &Desk| {
        desk.double
            .lines()
            .iter()
            .filter(|l| *l == "GET /connectors/a")
            .count()
    };
    let before = asked(&desk);
    desk.apply().await;
    assert_eq!(
        asked(&desk),
        before,
        "it is listed, and nobody asks for it by name"
    );

    desk.workers.lock().unwrap().unlisted = Some("a");
    for _ in 0..3 {
        desk.apply().await;
        assert_eq!(held().await, due);
    }
    desk.workers.lock().unwrap().unlisted = None;
    assert_eq!(held().await, due);

    desk.workers.lock().unwrap().connectors.clear();
    for _ in 0..2 {
        desk.apply().await;
    }
    let gone = asked(&desk);
    desk.apply().await;
    assert_eq!(
        (held().await, asked(&desk)),
        (Vec::new(), gone),
        "it is asked for no more"
    );
}

/// Unknown is never absent: workers that answer with something else get no write.
#[tokio::test]
async fn workers_that_answer_with_garbage_get_no_write() {
    let (changed, new) = (("a", "config: {topics: y}"), ("b", "config: {topics: y}"));
    for (garbage, declared) in [
        ("GET /", &[changed, new][..]),
        ("GET /connectors?", &[changed, new]),
        ("GET /connectors/", &[changed, new]),
        ("GET /connectors/a/status", &[changed]),
        ("PUT /connector-plugins", &[changed, new]),
    ] {
        let desk = Desk::new().await;
        desk.declare(&[("a", "config: {topics: x}")]);
        desk.converge().await;
        let before = desk.double.writes();
        desk.declare(declared);
        desk.workers.lock().unwrap().garbage = Some(garbage);
        let cycle = desk.apply().await;
        let is_withheld = !cycle.left.unwrap().blocked.is_empty();
        assert!(is_withheld || cycle.result != PassResult::Ok, "{garbage}");
        assert_eq!(desk.double.writes(), before, "{garbage}");
        desk.workers.lock().unwrap().garbage = None;
        desk.converge().await;
        assert_eq!(desk.value("a", "topics"), "y");
    }
}

/// A connector's secret goes over `http://` to this machine only, unless `headgate.yaml` says that it may.
#[tokio::test]
async fn a_secret_does_not_go_where_others_can_read_it() {
    let desk = Desk::new().await;
    let (open, with_pin) = ("config: {topics: x}", "configFrom: {db.pin: {secret: pin}}");
    desk.declare(&[("a", open), ("b", with_pin)]);
    let settings = desk.config();
    let (_, settings) = settings.clusters.first_key_value().unwrap();
    let mut far = settings.connect["main"].clone();
    far.is_private = false;
    let name = ClusterName::new("c").unwrap();
    let mut planes = desk.planes()(&name, settings).unwrap();
    let client = connect::Client::new("main", &far);
    planes.connect.insert("main".into(), Arc::new(client));
    let config = desk.config();
    let through: ConnectPlanes = Arc::new(move |_, _| Ok(planes.clone()));
    let (source, stop) = (desk.source(), Stop::new());
    let (_, cycles) = daemon::apply(&config, &source, None, &through, &stop)
        .await
        .unwrap();
    let left = cycles[0].left.as_ref().unwrap();
    assert_eq!(left.blocked[0].gate, Gate::Unsupported);
    let reason = &left.blocked[0].reason;
    assert!(
        reason.contains("`db.pin`: its secret is not sent over http://"),
        "{reason}"
    );
    assert_eq!(
        desk.value("a", "topics"),
        "x",
        "what holds no secret goes on"
    );
    let sent = desk.double.asked();
    assert!(!sent.iter().any(|asked| asked.body.contains(PIN)));
    assert!(!desk.workers.lock().unwrap().connectors.contains_key("b"));
}
