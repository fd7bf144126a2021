//! What the story needs: a platform, a repository, `headgate.yaml`, the daemon, and a hand that changes things.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    ground::Ground,
    platform::{self, CLUSTER},
    repo::Repo,
};
use crate::{
    cli::failure::Failure,
    config::Config,
    daemon::{self, ConnectPlanes, DaemonError, Options, Planes},
    lab::free_port,
    ledger::Store,
    model::chain,
    report::Page,
    rest,
};

/// The daemon, and how it is told to stop.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), DaemonError>>);

/// Everything the story needs.
pub(super) struct Stage {
    pub(super) repo: Repo,
    pub(super) config_path: PathBuf,
    /// The hand that changes things behind Headgate's back; it reaches what `headgate.yaml` names.
    pub(super) hand: Planes,
    pub(super) ground: Ground,
    /// How planes are made.
    pub(super) planes: ConnectPlanes,
    pub(super) http: String,
    /// A line for each part that the story has to do without.
    pub(super) left_out: Vec<String>,
    daemon: Option<Running>,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(super) async fn set_up() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("headgate-demo-")
            .tempdir()?;
        let (ground, left_out) = Ground::start().await?;
        let repo = Repo::init(folder.path().join("platform")).await?;
        let http = format!("127.0.0.1:{}", free_port()?);
        let config_path = folder.path().join("headgate.yaml");
        let text = config(folder.path(), &ground, &[], &http);
        tokio::fs::write(&config_path, text).await?;
        let planes = ground.planes();
        Ok(Self {
            repo,
            hand: hand(&config_path, &planes)?,
            config_path,
            ground,
            planes,
            http,
            left_out,
            daemon: None,
            folder,
        })
    }

    /// Waits for what stands beside Kafka, and writes into `headgate.yaml` where it is: returns these lines.
    pub(super) async fn join(&mut self) -> Result<Vec<String>, Failure> {
        self.left_out.extend(self.ground.join().await?);
        let beside = self.ground.beside();
        let text = config(self.folder.path(), &self.ground, &beside, &self.http);
        tokio::fs::write(&self.config_path, text).await?;
        self.hand = hand(&self.config_path, &self.planes)?;
        Ok(beside)
    }

    /// Reads the demo's `headgate.yaml`.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        daemon::read_config(&self.config_path).map_err(Failure::new)
    }

    /// Starts the daemon, as `headgate run` does, and waits until it answers.
    pub(super) async fn start_daemon(&mut self) -> Result<(), Failure> {
        let (stop, stopped) = oneshot::channel();
        let options = Options {
            config: self.config_path.clone(),
            connect: self.planes.clone(),
        };
        let mut task = tokio::spawn(daemon::run(options, async move {
            let _ = stopped.await;
        }));
        while self.get("/livez").await.is_none() {
            tokio::select! {
                ended = &mut task => {
                    let ended = ended.map_err(|e| Failure::new(e.to_string()))?;
                    let why = ended.err().map_or_else(String::new, |e| chain(&e));
                    return Err(Failure::new(format!("the daemon ended by itself: {why}")));
                }
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
        self.daemon = Some((stop, task));
        Ok(())
    }

    /// Ends the daemon, as SIGTERM does.
    pub(super) async fn stop_daemon(&mut self) {
        if let Some((stop, task)) = self.daemon.take() {
            let _ = stop.send(());
            let _ = task.await;
        }
    }

    /// Makes the ledger forget when a user's login was tried; the daemon must not run.
    pub(super) fn forget_login(&self, user: &str) -> Result<(), Failure> {
        let config = self.config()?;
        let ledger = Store::open(&config.ledger.path)?;
        for cluster in config.clusters.keys() {
            ledger.forget_logins(cluster, [user])?;
        }
        Ok(())
    }

    /// Writes the passwords of users to where `headgate.yaml` says that secrets lie.
    pub(super) async fn write_secrets(&self, users: [&str; 4]) -> Result<(), Failure> {
        for user in users {
            let name = format!("{user}-password");
            self.write_secret(&name, &platform::password(user)).await?;
        }
        Ok(())
    }

    /// Writes a secret to where `headgate.yaml` says that they lie.
    pub(super) async fn write_secret(&self, name: &str, value: &str) -> Result<(), Failure> {
        let dir = self.folder.path().join("secrets");
        tokio::fs::create_dir_all(&dir).await?;
        Ok(tokio::fs::write(dir.join(name), value).await?)
    }

    /// Asks the daemon over HTTP, as anybody would.
    pub(super) async fn get(&self, path: &str) -> Option<String> {
        let client = rest::plain().timeout(Duration::from_secs(2)).build().ok()?;
        let answer = client
            .get(format!("http://{}{path}", self.http))
            .send()
            .await
            .ok()?;
        answer.text().await.ok()
    }

    /// Asks the daemon for a list below the cluster; empty while it has none.
    pub(super) async fn list<T: DeserializeOwned>(&self, what: &str) -> Vec<T> {
        let path = format!("/api/v1/clusters/{CLUSTER}/{what}?limit=1000");
        let answer = self.get(&path).await.unwrap_or_default();
        let page: Option<Page<T>> = serde_json::from_str(&answer).ok();
        page.map_or_else(Vec::new, |page| page.items)
    }

    /// Ends the daemon and the platform, and removes every file.
    pub(super) async fn tear_down(mut self) {
        self.stop_daemon().await;
        self.ground.end().await;
        drop(self.folder);
    }
}

/// Reaches everything that `headgate.yaml` names, as the daemon does.
fn hand(config_path: &Path, planes: &ConnectPlanes) -> Result<Planes, Failure> {
    let settings = daemon::read_config(config_path).map_err(Failure::new)?;
    let mut clusters = settings.clusters.iter();
    let (name, cluster) = clusters.next().expect("the demo's file has one cluster");
    Ok(planes(name, cluster)?)
}

fn config(folder: &Path, ground: &Ground, beside: &[String], http: &str) -> String {
    let beside: String = beside.iter().map(|line| format!("    {line}\n")).collect();
    format!(
        "source: {{repo: {}/platform, branch: main, interval: 5s}}
clusters:
  {CLUSTER}:
    interval: {}
    kafka: {}
{beside}secrets: {{dir: secrets}}
ledger: {{path: ledger.db}}
http: {{listen: \"{http}\"}}
",
        folder.display(),
        ground.interval(),
        ground.kafka()
    )
}
