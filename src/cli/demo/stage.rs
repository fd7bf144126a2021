//! What the story is played on: Kafka (or the sandbox), a repository, `headgate.yaml` and the daemon.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

use super::{
    platform::{self, CLUSTER},
    repo::Repo,
};
use crate::{
    cli::{failure::Failure, output},
    config::Config,
    daemon::{self, ConnectPlanes, DaemonError, Options, Planes},
    lab::{
        ADMIN_USER, Beside, KafkaCluster, KafkaSpec, LabError, PlatformSpec, Security, free_port,
    },
    ledger::Store,
    model::chain,
    ports::KafkaPlane,
    report::Page,
    rest,
    sandbox::Sandbox,
};

/// Brokers of the lab: three make replication real, and a fourth can go.
const BROKERS: u16 = 4;

/// The id of the cluster in memory, of the shape that Kafka's tools make.
const SANDBOX_ID: &str = "c2FuZGJveC1vbi1wYXBlcg";

/// What stands beside Kafka, as people call it.
const BESIDE: &str = "Kafka Connect and the Schema Registry";

/// The daemon, and how it is told to stop.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), DaemonError>>);

/// Everything the story needs.
pub(super) struct Stage {
    pub(super) repo: Repo,
    pub(super) config_path: PathBuf,
    pub(super) cluster_id: String,
    /// The hand that changes things behind Headgate's back.
    pub(super) hand: Arc<dyn KafkaPlane>,
    pub(super) connect: ConnectPlanes,
    pub(super) http: String,
    /// What stands beside Kafka; nothing before [`Self::join`].
    pub(super) beside: Beside,
    /// A line for each part that the story has to do without.
    pub(super) left_out: Vec<String>,
    coming: Option<JoinHandle<Result<Beside, LabError>>>,
    kafka: Option<Arc<KafkaCluster>>,
    daemon: Option<Running>,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(super) async fn set_up() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("headgate-demo-")
            .tempdir()?;
        let began = Instant::now();
        output::line(
            "Starting a real Kafka on loopback (the first time, its jars are fetched from Maven Central) …",
        )?;
        let (spec, mut left_out) = lab().that_fits();
        let mut coming = None;
        let kafka = match output::waiting("starting", spec.kafka.start()).await {
            Ok(kafka) => {
                let seconds = began.elapsed().as_secs_f64();
                output::line(format!(
                    "Kafka {} is up after {seconds:.1} s: {}",
                    kafka.version().as_str(),
                    kafka.bootstrap().join(" ")
                ))?;
                let kafka = Arc::new(kafka);
                let under = Arc::clone(&kafka);
                // it starts while the story begins, which needs no more than Kafka
                coming = Some(tokio::spawn(async move { spec.beside(&under).await }));
                Some(kafka)
            }
            Err(error) if error.is_missing_program() => {
                output::line(format!(
                    "{error}\nSo this demo plays on the SANDBOX, a Kafka in memory: the same daemon, no brokers."
                ))?;
                left_out = vec![format!("{BESIDE}: the sandbox is Kafka only")];
                None
            }
            Err(error) => return Err(error.into()),
        };
        let repo = Repo::init(folder.path().join("platform")).await?;
        let http = format!("127.0.0.1:{}", free_port()?);
        let config_path = folder.path().join("headgate.yaml");
        let beside = Beside::default();
        let text = config(folder.path(), kafka.as_deref(), &beside, &http);
        tokio::fs::write(&config_path, text).await?;
        let sandbox = Sandbox::new(SANDBOX_ID, BROKERS);
        let cluster_id = match &kafka {
            Some(kafka) => kafka.cluster_id().to_owned(),
            None => SANDBOX_ID.to_owned(),
        };
        let connect = connector(kafka.is_some(), Arc::new(sandbox));
        let settings = daemon::read_config(&config_path).map_err(Failure::new)?;
        let (name, cluster) = settings
            .clusters
            .iter()
            .next()
            .expect("the file above has one cluster");
        let hand = connect(name, cluster)?.kafka;
        Ok(Self {
            repo,
            config_path,
            cluster_id,
            hand,
            connect,
            http,
            beside,
            left_out,
            coming,
            kafka,
            daemon: None,
            folder,
        })
    }

    /// Waits for what stands beside Kafka, and writes into `headgate.yaml` where it is.
    pub(super) async fn join(&mut self) -> Result<(), Failure> {
        let Some(coming) = self.coming.take() else {
            return Ok(());
        };
        match output::waiting("Connect and the registry are starting", coming).await? {
            Ok(beside) => self.beside = beside,
            Err(error) => self.left_out.push(format!("{BESIDE}: {}", chain(&error))),
        }
        let folder = self.folder.path();
        let text = config(folder, self.kafka.as_deref(), &self.beside, &self.http);
        Ok(tokio::fs::write(&self.config_path, text).await?)
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
            connect: self.connect.clone(),
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

    /// Kills a broker; `false` on the sandbox, whose brokers do not die.
    pub(super) fn kill_broker(&self, id: i32) -> Result<bool, Failure> {
        match &self.kafka {
            Some(kafka) => Ok(kafka.kill_broker(id).map(|()| true)?),
            None => Ok(false),
        }
    }

    /// Starts a broker that was killed.
    pub(super) async fn start_broker(&self, id: i32) -> Result<(), Failure> {
        match &self.kafka {
            Some(kafka) => Ok(kafka.start_broker(id).await?),
            None => Ok(()),
        }
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

    /// Ends the daemon and Kafka, and removes every file.
    pub(super) async fn tear_down(mut self) {
        self.stop_daemon().await;
        if let Some(coming) = self.coming.take() {
            coming.abort();
            let _ = coming.await;
        }
        drop(self.beside);
        drop(self.kafka.take());
        drop(self.folder);
    }
}

/// The lab that the story is told on, where there is room for all of it.
fn lab() -> PlatformSpec {
    PlatformSpec {
        kafka: KafkaSpec {
            brokers: BROKERS,
            security: Security::ScramTls,
            session: KafkaSpec::SHORT_SESSION,
            ..KafkaSpec::default()
        },
        workers: 1,
        registry: true,
        traffic: false,
    }
}

fn connector(real: bool, sandbox: Arc<Sandbox>) -> ConnectPlanes {
    match real {
        true => Arc::new(daemon::connect),
        false => Arc::new(move |_, _| Ok(Planes::of_kafka(sandbox.clone()))),
    }
}

/// How the daemon reaches a lab: SASL_SSL with SCRAM, as in production.
fn section(kafka: &KafkaCluster) -> String {
    let bootstrap = kafka.bootstrap();
    let bootstrap: Vec<String> = bootstrap.iter().map(|b| format!("{b:?}")).collect();
    let ca = kafka.ca_pem_path().unwrap_or_default();
    format!(
        "{{bootstrap: [{}], tls: {{ca: {{file: {}}}}}, sasl: {{mechanism: SCRAM-SHA-512, username: {ADMIN_USER}, password: {{file: \
         {}}}}}, superUser: true}}",
        bootstrap.join(", "),
        ca.display(),
        kafka.password_path().display()
    )
}

fn config(folder: &Path, kafka: Option<&KafkaCluster>, beside: &Beside, http: &str) -> String {
    let kafka = match kafka {
        Some(kafka) => section(kafka),
        None => "{bootstrap: [\"sandbox:9092\"]}".to_owned(),
    };
    let beside = sections(beside);
    let beside: String = beside.map(|line| format!("    {line}\n")).collect();
    format!(
        "source: {{repo: {}/platform, branch: main, interval: 5s}}
clusters:
  {CLUSTER}:
    interval: 2s
    kafka: {kafka}
{beside}secrets: {{dir: secrets}}
ledger: {{path: ledger.db}}
http: {{listen: \"{http}\"}}
",
        folder.display()
    )
}

/// How the daemon reaches what stands beside Kafka: a line of `headgate.yaml` each.
pub(super) fn sections(beside: &Beside) -> impl Iterator<Item = String> + use<> {
    let connect = beside.connect.as_ref().map(|(connect, ..)| {
        let urls = connect.urls();
        format!("connect: {{main: {{urls: {urls:?}}}}}")
    });
    let registry = beside.registry.as_ref();
    let registry = registry.map(|service| format!("registry: {{url: {:?}}}", service.url()));
    connect.into_iter().chain(registry)
}
