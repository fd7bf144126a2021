//! A running `headgate run`, and what it tells over HTTP and in its log.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::world::{CLUSTER, until};

/// A daemon has 5 s to end; the rest is for a machine with ten builds on it.
const ENDS_WITHIN: Duration = Duration::from_secs(15);

/// The child process. It is killed when the value is dropped, and its log is shown when the test fails.
pub(super) struct Daemon {
    child: Child,
    log: PathBuf,
    /// Where this daemon's lines begin in a log that it shares with earlier ones.
    begin: usize,
    url: String,
    client: reqwest::Client,
}

impl Daemon {
    /// Starts it and waits until it says where it listens.
    pub(super) async fn start(mut command: Command, log: &Path) -> Self {
        let begin = read(log).len();
        let file = File::options().create(true).append(true).open(log).unwrap();
        let child = command
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut daemon = Self {
            child,
            log: log.to_owned(),
            begin,
            url: String::new(),
            client: headgate::rest::plain()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
        };
        until("the daemon says where it listens", async || {
            let ended = daemon.child.try_wait().unwrap();
            assert!(ended.is_none(), "ended with {ended:?}");
            let runs = daemon.logged("headgate runs");
            if let Some(runs) = runs.first() {
                daemon.url = format!("http://{}", runs["address"].as_str().unwrap());
            }
            !daemon.url.is_empty()
        })
        .await;
        daemon
    }

    /// Returns where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id().expect("the daemon runs")
    }

    /// Asks over HTTP; the daemon always answers.
    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(&url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Asks for JSON.
    pub(super) async fn json(&self, path: &str) -> Value {
        let (_, text) = self.get(path).await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }

    pub(super) async fn status(&self) -> Value {
        self.json("/api/v1/status").await
    }

    /// Returns the status of the one cluster.
    pub(super) async fn cluster(&self) -> Value {
        self.status().await["clusters"][0].clone()
    }

    /// Returns a list below the cluster.
    pub(super) async fn list(&self, name: &str) -> Value {
        let path = format!("/api/v1/clusters/{CLUSTER}/{name}");
        self.json(&path).await["items"].clone()
    }

    /// Returns the status of a condition and what it says.
    pub(super) async fn condition(&self, kind: &str) -> (String, String) {
        let cluster = self.cluster().await;
        let conditions = cluster["conditions"].as_array().unwrap();
        let found = conditions.iter().find(|c| c["type"] == kind);
        let found = found.unwrap_or_else(|| panic!("no condition {kind}: {cluster}"));
        let text = |field: &str| found[field].as_str().unwrap().to_owned();
        (text("status"), text("message"))
    }

    /// Waits until a condition has a status, and returns what it says.
    pub(super) async fn until_condition(&self, kind: &str, status: &str) -> String {
        let mut message = String::new();
        until(&format!("{kind} is {status}"), async || {
            let told = self.condition(kind).await;
            message = told.1;
            told.0 == status
        })
        .await;
        message
    }

    /// Waits until a commit is seen in place.
    pub(super) async fn until_converged(&self, commit: &str) {
        until(&format!("{commit} is converged"), async || {
            self.cluster().await["revision"]["converged"] == commit
        })
        .await;
    }

    /// Sums the series of a family that carry all of these labels.
    pub(super) async fn metric(&self, family: &str, labels: &[(&str, &str)]) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let wanted: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        let values: Vec<f64> = text
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .filter(|(series, _)| series.split('{').next() == Some(family))
            .filter(|(series, _)| wanted.iter().all(|label| series.contains(label.as_str())))
            .map(|(_, value)| value.parse().unwrap())
            .collect();
        assert!(!values.is_empty(), "no series {family} {labels:?}");
        values.iter().sum()
    }

    /// Returns how much drift was ever counted.
    pub(super) async fn drift_counted(&self) -> f64 {
        self.metric("headgate_drift_detected_total", &[]).await
    }

    /// Returns how many passes have ended well.
    pub(super) async fn good_passes(&self) -> f64 {
        let ok = [("result", "ok")];
        self.metric("headgate_reconciles_total", &ok).await
    }

    /// Waits until two further passes have ended well: the first may have begun before now.
    pub(super) async fn two_more_passes(&self) {
        let before = self.good_passes().await;
        until("two more passes", async || {
            self.good_passes().await >= before + 2.0
        })
        .await;
    }

    /// Returns the log's lines with this message.
    pub(super) fn logged(&self, message: &str) -> Vec<Value> {
        self.log()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["message"] == message)
            .collect()
    }

    /// Returns what this daemon has logged.
    pub(super) fn log(&self) -> String {
        read(&self.log).split_off(self.begin)
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Sends SIGTERM and waits for the end.
    pub(super) async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        tokio::time::timeout(ENDS_WITHIN, self.child.wait())
            .await
            .expect("the daemon ends in time")
            .unwrap()
    }

    /// Kills it, as a power failure would.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "a failed test shows what happened")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(6_000);
            let from = (from..).find(|i| log.is_char_boundary(*i)).unwrap_or(0);
            eprintln!("the daemon's log ends with:\n{}", &log[from..]);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read their own files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
