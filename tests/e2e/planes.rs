//! A world with Connect clusters and a Schema Registry, and the hand that changes things there.

use headgate::{
    lab::{ADMIN_USER, HTTP_SOURCE, KafkaCluster},
    rest,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{CLUSTER, World, document, until};

/// A secret that must not be told.
pub(super) const CANARY: &str = "canary-connect-5f1c";

/// What stands beside Kafka.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) connect: Vec<String>,
    pub(super) registry: Option<String>,
    /// Who Headgate is there: `, auth: {…}`, or nothing.
    pub(super) logins: [String; 2],
}

/// Makes a world behind SASL_SSL with other services beside Kafka.
pub(super) fn world<'a>(kafka: &'a KafkaCluster, beside: &Beside) -> World<'a> {
    let world = World::new(kafka);
    configure(&world, beside);
    world
}

/// Writes `headgate.yaml` for a cluster behind SASL_SSL.
pub(super) fn configure(world: &World<'_>, beside: &Beside) {
    let kafka = world.kafka;
    let password = kafka.password_path().display().to_string();
    let ca = kafka.ca_pem_path().unwrap().display().to_string();
    let login = format!(
        ", tls: {{ca: {{file: {ca:?}}}}}, sasl: {{mechanism: SCRAM-SHA-512, username: {ADMIN_USER}, password: {{file: \
         {password:?}}}}}"
    );
    write_config(world, beside, &login);
}

/// Writes `headgate.yaml` for a plaintext cluster.
pub(super) fn configure_plaintext(world: &World<'_>, beside: &Beside) {
    write_config(world, beside, "");
}

fn write_config(world: &World<'_>, beside: &Beside, login: &str) {
    let [of_connect, of_registry] = &beside.logins;
    let connect = match beside.connect.is_empty() {
        true => String::new(),
        false => format!(
            "    connect: {{main: {{urls: {:?}{of_connect}}}}}\n",
            beside.connect
        ),
    };
    let registry = beside.registry.as_ref().map_or_else(String::new, |url| {
        format!("    registry: {{url: {url:?}{of_registry}}}\n")
    });
    world.write_config(&format!(
        "source: {{repo: {:?}, branch: main, interval: 1s}}
clusters:
  {CLUSTER}:
    interval: 1s
    kafka: {{{}, superUser: true{login}}}
{connect}{registry}secrets: {{dir: secrets}}
ledger: {{path: ledger.db}}
http: {{listen: \"127.0.0.1:0\"}}
",
        world.repo.bare,
        world.bootstrap(),
    ));
}

/// A connector that reads an endpoint of the lab into a topic, with a secret that nobody uses.
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) url: &'a str,
    pub(super) topic: &'a str,
    pub(super) interval: &'a str,
    /// More of the document, as the inside of a flow mapping that ends with a comma.
    pub(super) more: &'a str,
}

impl Source<'_> {
    pub(super) fn document(&self) -> String {
        let Self {
            name,
            url,
            topic,
            interval,
            more,
        } = self;
        let spec = format!(
            "class: {HTTP_SOURCE}, tasksMax: 1, {more} configFrom: {{http.auth.password: {{secret: source}}}}, \
             config: {{http.request.url: {url:?}, http.timer.interval.millis: \"{interval}\", kafka.topic: {topic}}}"
        );
        document("Connector", name, &spec)
    }
}

/// Somebody with an HTTP client.
pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
}

impl Rest {
    pub(super) fn new(base: &str) -> Self {
        Self {
            client: rest::plain().build().unwrap(),
            base: base.to_owned(),
        }
    }

    /// Sends a request, again while workers are busy with each other; `None`: there is no such thing.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<Value> {
        let url = format!("{}{path}", self.base);
        let mut answer = (StatusCode::OK, String::new());
        until(
            &format!("{url} is not in the way of a rebalance"),
            async || {
                answer = self.send(method.clone(), &url, body.as_ref()).await;
                answer.0.is_success() || !answer.1.contains("rebalance")
            },
        )
        .await;
        let (status, text) = answer;
        if status == StatusCode::NOT_FOUND {
            return None;
        }
        assert!(status.is_success(), "{url}: {status}: {text}");
        Some(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn send(&self, method: Method, url: &str, body: Option<&Value>) -> (StatusCode, String) {
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// Changes a key of a connector's config.
    pub(super) async fn configure(&self, name: &str, key: &str, value: &str) {
        let path = format!("/connectors/{name}/config");
        let mut config = self.get(&path).await.unwrap();
        config[key] = json!(value);
        self.ask(Method::PUT, &path, Some(config)).await;
    }

    /// Returns the states of a connector and its tasks.
    pub(super) async fn states(&self, name: &str) -> Vec<String> {
        let Some(status) = self.get(&format!("/connectors/{name}/status")).await else {
            return Vec::new();
        };
        let tasks = status["tasks"].as_array().unwrap().iter();
        let all = [&status["connector"]].into_iter().chain(tasks);
        all.map(|part| part["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Waits until a connector and its tasks are in these states.
    pub(super) async fn until(&self, name: &str, states: &[&str]) {
        until(&format!("{name} is {states:?}"), async || {
            self.states(name).await == states
        })
        .await;
    }
}
