//! Kafka Connect in distributed mode: some workers over one cluster, with the lab's plugins.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Mechanism;

use super::cache::made_once;
use super::client::settings;
use super::kit::Kit;
use super::plugins::plugin_path;
use super::ports::{free_ports, on_free_ports};
use super::service::{Service, ServiceSpec};
use super::workdir::{WorkDir, write};
use super::{ADMIN_PASSWORD, ADMIN_USER, KafkaCluster, KafkaSpec, LabError, Security};

/// Describes a Connect cluster. The default is two workers called `connect`, which come to Kafka as the admin.
#[derive(Debug, Clone)]
pub struct ConnectSpec {
    /// The group of the workers; their topics are `_NAME-configs`, `_NAME-offsets` and `_NAME-status`. Two Connect
    /// clusters over one Kafka need different names.
    pub name: String,
    /// Number of workers.
    pub workers: u16,
    /// Heap of each worker in MiB. 192 holds some dozen connectors.
    pub heap_mib: u32,
    /// User and password (SCRAM-SHA-512) towards a cluster of [`Security::ScramTls`]. Others are reached over their
    /// plaintext listener, where everybody is a super user.
    pub login: (String, String),
    /// Worker properties that are added, or that replace the lab's own.
    pub properties: Vec<(String, String)>,
}

impl Default for ConnectSpec {
    fn default() -> Self {
        Self {
            name: "connect".to_owned(),
            workers: 2,
            heap_mib: 192,
            login: (ADMIN_USER.to_owned(), ADMIN_PASSWORD.to_owned()),
            properties: Vec::new(),
        }
    }
}

/// Workers of Kafka Connect. They end when the value is dropped or this process ends.
#[derive(Debug)]
pub struct Connect {
    workers: Vec<Service>,
}

impl Connect {
    /// Returns the URL of every worker's REST API.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.workers.iter().map(Service::url).collect()
    }

    /// Returns a worker, to be killed, halted and started again.
    ///
    /// # Panics
    /// There are not that many: the first is 0.
    #[must_use]
    pub fn worker(&self, index: usize) -> &Service {
        &self.workers[index]
    }
}

impl KafkaCluster {
    /// Brings up a Connect cluster of so many workers over this one.
    ///
    /// # Errors
    /// As [`ConnectSpec::start`].
    pub async fn connect(&self, workers: u16) -> Result<Connect, LabError> {
        let spec = ConnectSpec {
            workers,
            ..ConnectSpec::default()
        };
        spec.start(self).await
    }
}

impl ConnectSpec {
    /// Brings the workers up over a cluster and returns when each answers.
    ///
    /// # Errors
    /// The plugins cannot be compiled, or a worker does not come up; its log is quoted.
    pub async fn start(&self, kafka: &KafkaCluster) -> Result<Connect, LabError> {
        let kit = ConnectKit::get(kafka.kit()).await?;
        on_free_ports(|| self.try_start(kafka, &kit, &[])).await
    }

    async fn try_start(
        &self,
        kafka: &KafkaCluster,
        kit: &ConnectKit,
        flags: &[String],
    ) -> Result<Connect, LabError> {
        let dir = Arc::new(WorkDir::make()?);
        let mut workers = Vec::new();
        for (port, number) in free_ports(self.workers.into())?.into_iter().zip(1..) {
            let name = format!("worker-{number}");
            let config = dir.path().join(format!("{name}.properties"));
            write(&config, &self.properties(kafka, &kit.plugins, port))?;
            let mut command = kit.kafka.java_of(&kit.archive, self.heap_mib, flags);
            command
                .arg("org.apache.kafka.connect.cli.ConnectDistributed")
                .arg(&config);
            let spec = ServiceSpec {
                name,
                port,
                base: "",
                ready: "/connectors",
                command,
            };
            workers.push(Service::new(spec, Arc::clone(&dir)));
        }
        for worker in &workers {
            worker.spawn()?;
        }
        for worker in &workers {
            worker.until_ready().await?;
        }
        Ok(Connect { workers })
    }

    /// Writes the properties of a worker.
    fn properties(&self, kafka: &KafkaCluster, plugins: &Path, port: u16) -> String {
        let Self { name, login, .. } = self;
        let replicas = kafka.spec().brokers.min(3);
        let mut text = format!(
            "group.id={name}\n\
             config.storage.topic=_{name}-configs\nconfig.storage.replication.factor={replicas}\n\
             offset.storage.topic=_{name}-offsets\noffset.storage.replication.factor={replicas}\n\
             status.storage.topic=_{name}-status\nstatus.storage.replication.factor={replicas}\n\
             listeners=http://127.0.0.1:{port}\n\
             rest.advertised.host.name=127.0.0.1\nrest.advertised.port={port}\n\
             plugin.path={}\n{WORKER}",
            plugins.display()
        );
        text.push_str(&reach(kafka, login));
        for (key, value) in &self.properties {
            writeln!(text, "{key}={value}").expect("a String takes any text");
        }
        text
    }
}

/// What does not depend on anything. Of properties that are there twice, Java takes the last.
const WORKER: &str = "\
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
plugin.discovery=service_load
offset.storage.partitions=1
status.storage.partitions=1
offset.flush.interval.ms=1000
session.timeout.ms=6000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
task.shutdown.graceful.timeout.ms=2000
config.providers=env,file
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
";

/// Says how Kafka is reached: by the worker itself, and by its connectors' clients.
fn reach(kafka: &KafkaCluster, (user, password): &(String, String)) -> String {
    let ca = kafka.ca_pem_path().map(|ca| ca.display().to_string());
    let (bootstrap, login) = match (kafka.spec().security, ca) {
        (Security::ScramTls, Some(ca)) => (
            kafka.bootstrap(),
            settings(Mechanism::ScramSha512, user, password, &ca),
        ),
        _ => (kafka.plaintext_bootstrap(), String::new()),
    };
    let mut text = format!("bootstrap.servers={}\n", bootstrap.join(","));
    for client in ["", "producer.", "consumer.", "admin."] {
        for line in login.lines() {
            writeln!(text, "{client}{line}").expect("a String takes any text");
        }
    }
    text
}

/// What workers are started from.
struct ConnectKit {
    kafka: Kit,
    plugins: PathBuf,
    archive: PathBuf,
}

impl ConnectKit {
    async fn get(kafka: &Kit) -> Result<Self, LabError> {
        let kit = Self {
            kafka: kafka.clone(),
            plugins: plugin_path(kafka).await?,
            archive: kafka.beside("connect.jsa"),
        };
        made_once(&kit.archive, |archive| record_classes(&kit, archive)).await?;
        Ok(kit)
    }
}

/// Runs a worker once and has Java write the classes it loaded: later ones start with half of the CPU.
async fn record_classes(kit: &ConnectKit, archive: PathBuf) -> Result<(), LabError> {
    let kafka = KafkaSpec {
        version: kit.kafka.version,
        ..KafkaSpec::default()
    };
    let kafka = kafka.start().await?;
    let spec = ConnectSpec {
        workers: 1,
        ..ConnectSpec::default()
    };
    let flag = format!("-XX:ArchiveClassesAtExit={}", archive.display());
    let connect =
        on_free_ports(|| spec.try_start(&kafka, kit, std::slice::from_ref(&flag))).await?;
    connect.worker(0).stop().await
}
