//! The daemon in this process, on the sandbox: what a reload of `headgate.yaml` and a rewritten history do to it.

mod workers;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use headgate::{
    daemon::{self, DaemonError, Options, PlaneError, Planes},
    sandbox::Sandbox,
};
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

const ID: &str = "c2FuZGJveC1vbi1wYXBlcg";
const PATIENCE: Duration = Duration::from_secs(60);

/// The daemon, and how it is told to stop.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), DaemonError>>);

/// A daemon that keeps sandboxes as a repository says.
struct Town {
    folder: tempfile::TempDir,
    sandbox: Arc<Sandbox>,
    port: u16,
    running: Option<Running>,
}

impl Town {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repo = folder.path().join("repo");
        std::fs::create_dir(&repo).expect("a folder in it");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("a bound port").port();
        let town = Self {
            folder,
            sandbox: Arc::new(Sandbox::new(ID, 3)),
            port,
            running: None,
        };
        town.git(&["init", "-q", "-b", "main"]);
        town
    }

    fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .current_dir(self.repo())
            .output()
            .expect("git runs");
        assert!(
            done.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Commits one cluster's documents.
    fn commit(&self, cluster: &str, topics: &[&str]) -> String {
        let mut text = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: {cluster}}}\nspec: {{clusterId: {ID}}}\n"
        );
        for topic in topics {
            text += &format!(
                "---\napiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {{name: {topic}}}\nspec: {{partitions: 1, replicationFactor: 1}}\n"
            );
        }
        let file = self
            .repo()
            .join(format!("desired-state/{cluster}/all.yaml"));
        write(&file, &text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes `headgate.yaml`; a running daemon sees it within a second.
    fn configure(&self, bootstraps: &[(&str, &str)], source: &str) {
        let clusters: String = bootstraps
            .iter()
            .map(|(name, bootstrap)| {
                format!("  {name}: {{interval: 1s, kafka: {{bootstrap: [\"{bootstrap}\"]}}}}\n")
            })
            .collect();
        let text = format!(
            "source: {{repo: {}, branch: main, interval: 1s{source}}}\nclusters:\n{clusters}ledger: {{path: ledger.db}}\nhttp: {{listen: \"127.0.0.1:{}\"}}\n",
            self.repo().display(),
            self.port
        );
        write(&self.folder.path().join("headgate.yaml"), &text);
    }

    fn start(&mut self) {
        let (stop, stopped) = oneshot::channel();
        let sandbox = self.sandbox.clone();
        let options = Options {
            config: self.folder.path().join("headgate.yaml"),
            connect: Arc::new(move |cluster, settings| {
                match settings.kafka.bootstrap[0].as_str() {
                    "refused:1" => Err(PlaneError {
                        cluster: cluster.clone(),
                        reason: "no such broker".into(),
                    }),
                    _ => Ok(Planes::of_kafka(sandbox.clone())),
                }
            }),
        };
        let task = tokio::spawn(daemon::run(options, async move {
            let _ = stopped.await;
        }));
        self.running = Some((stop, task));
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let client = headgate::rest::plain().build().ok()?;
        client.get(url).send().await.ok()?.json().await.ok()
    }

    async fn cluster(&self, name: &str) -> Option<Value> {
        self.get(&format!("/api/v1/clusters/{name}")).await
    }

    async fn is_converged(&self, name: &str, commit: &str) -> bool {
        self.cluster(name)
            .await
            .is_some_and(|c| c["revision"]["converged"] == commit)
    }

    fn has(&self, topic: &str) -> bool {
        self.sandbox
            .world()
            .topics()
            .keys()
            .any(|name| name.as_str() == topic)
    }

    async fn stop(&mut self) {
        let (stop, task) = self.running.take().expect("it was started");
        stop.send(()).expect("it still runs");
        task.await
            .expect("it does not panic")
            .expect("it ends without an error");
    }
}

#[expect(clippy::disallowed_methods, reason = "tests write their own files")]
fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a folder for it");
    std::fs::write(file, text).expect("a file of the test");
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_used_keeps_the_old_one_at_work() {
    let mut town = Town::new();
    let first = town.commit("c", &["one"]);
    town.configure(&[("c", "here:1")], "");
    town.start();
    until("the first revision is in place", async || {
        town.is_converged("c", &first).await
    })
    .await;
    town.configure(&[("c", "refused:1")], "");
    // two looks at the file later, the daemon has seen it
    for n in ["two", "three"] {
        let next = town.commit("c", &["one", n]);
        until("commits are still applied", async || {
            town.is_converged("c", &next).await
        })
        .await;
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_configured_before_its_document_stops_no_other() {
    let mut town = Town::new();
    let first = town.commit("c", &["one"]);
    town.configure(&[("c", "here:1")], "");
    town.start();
    until("the first revision is in place", async || {
        town.is_converged("c", &first).await
    })
    .await;
    town.configure(&[("c", "here:1"), ("d", "here:1")], "");
    until("the new cluster is known", async || {
        town.cluster("d").await.is_some_and(|c| c["name"] == "d")
    })
    .await;
    town.sandbox
        .edit(|world| world.delete("one"))
        .expect("it was there");
    until("the other one is still healed", async || town.has("one")).await;
    let both = town.commit("d", &["two"]);
    until("its document brings it in", async || {
        town.is_converged("d", &both).await
    })
    .await;
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_rewrite_covers_what_comes_after_it() {
    let mut town = Town::new();
    let first = town.commit("c", &["one"]);
    let second = town.commit("c", &["one", "two"]);
    town.configure(&[("c", "here:1")], "");
    town.start();
    until("the history is in place", async || {
        town.is_converged("c", &second).await
    })
    .await;
    town.git(&["reset", "-q", "--hard", &first]);
    let rewritten = town.commit("c", &["one", "three"]);
    until("the rewrite is held", async || {
        let held = town.cluster("c").await.unwrap_or_default();
        held["blocked"]
            .as_array()
            .is_some_and(|b| b.iter().any(|b| b["gate"] == "non_fast_forward"))
    })
    .await;
    assert!(!town.has("three"), "a held revision was applied");
    let after = town.commit("c", &["one", "three", "four"]);
    town.configure(&[("c", "here:1")], &format!(", acknowledge: {rewritten}"));
    until("what comes after it is applied", async || {
        town.is_converged("c", &after).await
    })
    .await;
    assert!(town.has("two"), "nothing is deleted for that");
    town.stop().await;
}
