//! A world for one test: a repository, a `headgate.yaml`, and names on a Kafka that may be shared.

use std::{path::PathBuf, process::Stdio, time::Duration};

use headgate::lab::{ADMIN_USER, KafkaCluster};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    daemon::Daemon,
    hand::Hand,
    repo::{Repo, write},
};
pub(super) use crate::support::lab::{plaintext, scram};

/// How the cluster is called in every test.
pub(super) const CLUSTER: &str = "c";

/// Where the cluster's documents stand in the repository.
pub(super) const CLUSTER_FILE: &str = "desired-state/c/cluster.yaml";
/// Where its topics stand.
pub(super) const TOPICS_FILE: &str = "desired-state/c/topics.yaml";

/// Far more than anything here takes on an idle machine (2 s), and enough for one with ten builds on it.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// The longest that a command may take before the test says that it hangs. The demo plays for a minute, on an idle machine.
const COMMAND_WITHIN: Duration = Duration::from_secs(420);

/// Waits until something holds.
pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a command left.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ran {
    /// Reads stdout as the one JSON value that it must be.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// A repository, a `headgate.yaml` and a folder for both, which goes with the value.
pub(super) struct World<'a> {
    pub(super) repo: Repo,
    pub(super) hand: Hand,
    pub(super) kafka: &'a KafkaCluster,
    /// The test's part of topic names.
    pub(super) id: String,
    dir: tempfile::TempDir,
}

impl<'a> World<'a> {
    pub(super) fn new(kafka: &'a KafkaCluster) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("headgate-e2e-")
            .tempdir()
            .unwrap();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let world = Self {
            repo: Repo::new(dir.path()),
            hand: Hand::new(kafka),
            kafka,
            id: format!("e{}", &id[..8]),
            dir,
        };
        // on the plaintext cluster whoever comes is a super user; on another one nobody gets in like this
        world.configure("", &format!("{}, superUser: true", world.bootstrap()));
        world
    }

    /// Returns a path in the test's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Names a topic as no other test does.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// Returns `headgate.yaml`'s words for the plaintext cluster.
    pub(super) fn bootstrap(&self) -> String {
        format!("bootstrap: {:?}", self.kafka.bootstrap())
    }

    /// Makes a world that Headgate enters as the admin of a cluster behind SASL_SSL.
    pub(super) fn behind_scram(kafka: &'a KafkaCluster) -> Self {
        let world = Self::new(kafka);
        let password = kafka.password_path().display().to_string();
        let login = world.login(ADMIN_USER, &format!("{{file: {password:?}}}"));
        world.configure("", &format!("{login}, superUser: true"));
        world
    }

    /// Lets Headgate enter as somebody; the password is a reference.
    pub(super) fn log_in(&self, user: &str, password: &str) {
        self.configure("", &self.login(user, password));
    }

    fn login(&self, user: &str, password: &str) -> String {
        let ca = self.kafka.ca_pem_path().unwrap().display().to_string();
        format!(
            "{}, tls: {{ca: {{file: {ca:?}}}}}, sasl: {{mechanism: SCRAM-SHA-512, username: {user}, password: {password}}}",
            self.bootstrap()
        )
    }

    /// Puts a secret where documents find it; returns a reference to it for `headgate.yaml`.
    pub(super) fn secret(&self, name: &str, value: &str) -> String {
        let dir = self.path("secrets");
        std::fs::create_dir_all(&dir).unwrap();
        write(&dir.join(name), value);
        format!("{{file: {:?}}}", dir.join(name).display().to_string())
    }

    /// Writes `headgate.yaml`; both arguments are insides of flow mappings.
    pub(super) fn configure(&self, source: &str, kafka: &str) {
        self.write_config(&format!(
            "source: {{repo: {:?}, branch: main, interval: 1s, {source}}}
clusters:
  {CLUSTER}: {{interval: 1s, kafka: {{{kafka}}}}}
secrets: {{dir: secrets}}
ledger: {{path: ledger.db}}
http: {{listen: \"127.0.0.1:0\"}}
",
            self.repo.bare
        ));
    }

    /// Writes `headgate.yaml` as it is given.
    pub(super) fn write_config(&self, text: &str) {
        write(&self.path("headgate.yaml"), text);
    }

    /// Pushes the cluster's document and its topics; `spec` is the inside of a flow mapping beside the cluster's id.
    pub(super) fn declare(&self, spec: &str, topics: &[String]) -> String {
        let cluster = cluster(self.kafka.cluster_id(), spec);
        self.repo
            .push(&[(CLUSTER_FILE, &cluster), (TOPICS_FILE, &topics.concat())])
    }

    /// Runs a command to its end.
    pub(super) async fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[]).await
    }

    /// Runs a command to its end, with additional variables.
    pub(super) async fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        run(self.command(args).envs(env.iter().copied())).await
    }

    /// Plans as scripts do.
    pub(super) async fn plan(&self) -> (i32, Value) {
        let ran = self
            .run(&["plan", "-o", "json", "--detailed-exitcode"])
            .await;
        (ran.code, ran.json())
    }

    /// Plans, and returns what would be done and why: `update User alice: drift`.
    pub(super) async fn due(&self) -> Vec<String> {
        let (code, plan) = self.plan().await;
        let actions = items(&plan["clusters"][0]["actions"]);
        assert_eq!(code, if actions.is_empty() { 0 } else { 2 }, "{plan}");
        let told = |field: &Value| field.as_str().unwrap().to_owned();
        let act = |act: &Value| {
            let words = ["action", "kind", "name"].map(|word| told(&act[word]));
            format!("{}: {}", words.join(" "), told(&act["cause"]))
        };
        actions.iter().map(act).collect()
    }

    /// Applies, and insists that all is done and nothing is left.
    pub(super) async fn converge(&self) {
        let applied = self.run(&["apply", "--detailed-exitcode"]).await;
        assert_eq!(applied.code, 0, "{applied:?}");
        assert_eq!(self.due().await, [""; 0]);
    }

    /// Applies what may be done, and returns what is withheld: `consent User alice`, with the reasons.
    pub(super) async fn withheld(&self) -> Vec<(String, String)> {
        let applied = self
            .run(&["apply", "-o", "json", "--detailed-exitcode"])
            .await;
        assert_eq!(applied.code, 2, "{applied:?}");
        blocked(&applied.json()["clusters"][0]["left"])
    }

    /// Starts the daemon.
    pub(super) async fn daemon(&self) -> Daemon {
        self.daemon_with(&[]).await
    }

    /// Starts the daemon with additional variables.
    pub(super) async fn daemon_with(&self, env: &[(&str, &str)]) -> Daemon {
        let mut command = self.command(&["run", "--log-format", "json"]);
        command.envs(env.iter().copied());
        Daemon::start(command, &self.path("headgate.log")).await
    }

    /// Makes a call of the built binary.
    pub(super) fn command(&self, args: &[&str]) -> tokio::process::Command {
        let mut command = headgate();
        command
            .args(args)
            .arg("--config")
            .arg(self.path("headgate.yaml"));
        command
    }
}

/// Makes a call of the built binary that ends with the test.
pub(super) fn headgate() -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_headgate"));
    command
        .stdin(Stdio::null())
        .env_remove("HEADGATE_CONFIG")
        .env_remove("HEADGATE_LOG")
        .env_remove("HEADGATE_LOG_FORMAT")
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub(super) async fn run(command: &mut tokio::process::Command) -> Ran {
    let done = tokio::time::timeout(COMMAND_WITHIN, command.output())
        .await
        .expect("the command ends")
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: done.status.code().expect("the command was not killed"),
        out: text(done.stdout),
        err: text(done.stderr),
    }
}

/// Writes a `Cluster` document; `spec` is the inside of a flow mapping.
pub(super) fn cluster(cluster_id: &str, spec: &str) -> String {
    format!(
        "apiVersion: headgate.dev/v1
kind: Cluster
metadata: {{name: {CLUSTER}}}
spec: {{clusterId: {cluster_id:?}, {spec}}}
"
    )
}

/// Writes a `Topic` document with one replica.
pub(super) fn topic(name: &str, partitions: u32, config: &str) -> String {
    format!(
        "---
apiVersion: headgate.dev/v1
kind: Topic
metadata: {{name: {name}}}
spec:
  partitions: {partitions}
  replicationFactor: 1
  config: {{{config}}}
"
    )
}

/// Writes a document; `spec` is the inside of a flow mapping.
pub(super) fn document(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---
apiVersion: headgate.dev/v1
kind: {kind}
metadata: {{name: {name:?}}}
spec: {{{spec}}}
"
    )
}

/// Writes consents to objects of a kind, as the inside of a Cluster's `deletion`.
pub(super) fn may_go(objects: &[(&str, &str)]) -> String {
    let consents = objects.iter().map(|(kind, name)| {
        format!("{{kind: {kind}, name: {name:?}, reason: no longer needed, until: 2099-12-31}}")
    });
    format!("allow: [{}]", consents.collect::<Vec<_>>().join(", "))
}

/// Writes a consent to delete a topic.
pub(super) fn consent(name: &str, until: &str) -> String {
    format!("{{kind: Topic, name: {name}, reason: no longer needed, until: {until}}}")
}

/// Returns the items of a JSON list.
pub(super) fn items(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
}

/// Returns what a plan withholds, `consent User alice`, each with its reason.
pub(super) fn blocked(plan: &Value) -> Vec<(String, String)> {
    let told = |field: &Value| field.as_str().unwrap().to_owned();
    let one = |held: &Value| {
        let words = ["gate", "kind", "name"].map(|word| told(&held[word]));
        (words.join(" "), told(&held["reason"]))
    };
    items(&plan["blocked"]).iter().map(one).collect()
}

/// Returns one field of each item of a JSON list.
pub(super) fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    items(list)
        .iter()
        .map(|item| item[field].as_str().unwrap_or_else(|| panic!("{item}")))
        .collect()
}
