//! What the story is played on: the lab's real Kafka with Connect and a registry beside it, or, without Java, the sandbox.

use std::sync::Arc;

use tokio::{task::JoinHandle, time::Instant};

use super::{
    api::{Api, Flow},
    platform::CONNECT,
};
use crate::{
    cli::{failure::Failure, output},
    config,
    daemon::{self, ConnectPlanes, Planes},
    lab::{
        ADMIN_USER, Beside, HTTP_SOURCE, KafkaCluster, KafkaSpec, LabError, PlatformSpec, S3_SINK,
        Security,
    },
    model::chain,
    ports::{ConnectPlane, RegistryPlane},
    sandbox::{Connect, Registry, Sandbox},
};

/// Brokers: three make replication real, and a fourth can go.
const BROKERS: u16 = 4;

/// The id of the cluster in memory, of the shape that Kafka's tools make.
const SANDBOX_ID: &str = "c2FuZGJveC1vbi1wYXBlcg";

/// What stands beside Kafka, as people call it.
const BESIDE: &str = "Kafka Connect and the Schema Registry";

/// What the story does without on the sandbox.
const NO_RECORDS: &str =
    "records: the sandbox's connectors move nothing; their API and S3 are made up";

/// What the story is played on.
pub(super) enum Ground {
    /// A real platform.
    Lab(Box<Lab>),
    /// One in memory.
    Sandbox(Memory),
}

/// A real platform.
pub(super) struct Lab {
    // what uses Kafka before Kafka: fields are dropped in this order
    coming: Option<JoinHandle<Result<Beside, LabError>>>,
    /// What stands beside Kafka; nothing before it joined.
    beside: Beside,
    kafka: Arc<KafkaCluster>,
}

/// A platform in memory.
#[derive(Clone)]
pub(super) struct Memory {
    kafka: Arc<Sandbox>,
    connect: Arc<Connect>,
    registry: Arc<Registry>,
}

impl Ground {
    /// Brings up Kafka, or the sandbox where Java is missing. Says, too, what this machine has no room for, a line a part.
    pub(super) async fn start() -> Result<(Self, Vec<String>), Failure> {
        output::line(
            "Starting a real Kafka on loopback (the first time, its jars are fetched from Maven Central) …",
        )?;
        let began = Instant::now();
        let (spec, left_out) = spec().that_fits();
        match output::waiting("starting", spec.kafka.start()).await {
            Ok(kafka) => {
                let seconds = began.elapsed().as_secs_f64();
                output::line(format!(
                    "Kafka {} is up after {seconds:.1} s: {}",
                    kafka.version().as_str(),
                    kafka.bootstrap().join(" ")
                ))?;
                Ok((Self::Lab(Box::new(Lab::of(kafka, spec))), left_out))
            }
            Err(error) if error.is_missing_program() => {
                output::line(format!(
                    "{error}\nSo this demo plays on the SANDBOX, a platform in memory: the same daemon, no brokers."
                ))?;
                Ok((Self::Sandbox(Memory::new()), vec![NO_RECORDS.to_owned()]))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the id of its Kafka cluster.
    pub(super) fn cluster_id(&self) -> &str {
        match self {
            Self::Lab(lab) => lab.kafka.cluster_id(),
            Self::Sandbox(_) => SANDBOX_ID,
        }
    }

    /// Returns how its planes are made from `headgate.yaml`.
    pub(super) fn planes(&self) -> ConnectPlanes {
        match self {
            Self::Lab(_) => Arc::new(daemon::connect),
            Self::Sandbox(memory) => {
                let memory = memory.clone();
                Arc::new(move |_, settings| Ok(memory.planes(settings)))
            }
        }
    }

    /// Returns the real platform, which others reach, too.
    pub(super) fn lab(&self) -> Option<&Lab> {
        match self {
            Self::Lab(lab) => Some(lab),
            Self::Sandbox(_) => None,
        }
    }

    /// Waits for what stands beside Kafka, and says why it is not there.
    pub(super) async fn join(&mut self) -> Result<Option<String>, Failure> {
        let Self::Lab(lab) = self else {
            return Ok(None);
        };
        let Some(coming) = lab.coming.take() else {
            return Ok(None);
        };
        match output::waiting("Connect and the registry are starting", coming).await? {
            Ok(beside) => lab.beside = beside,
            Err(error) => return Ok(Some(format!("{BESIDE}: {}", chain(&error)))),
        }
        Ok(None)
    }

    /// Returns how often the daemon looks; a look at the sandbox costs nothing.
    pub(super) fn interval(&self) -> &'static str {
        match self {
            Self::Lab(_) => "2s",
            Self::Sandbox(_) => "1s",
        }
    }

    /// Returns how the daemon reaches Kafka.
    pub(super) fn kafka(&self) -> String {
        match self {
            Self::Lab(lab) => section(&lab.kafka),
            Self::Sandbox(_) => "{bootstrap: [\"sandbox:9092\"]}".to_owned(),
        }
    }

    /// Returns how the daemon reaches what stands beside Kafka: a line of `headgate.yaml` each.
    pub(super) fn beside(&self) -> Vec<String> {
        let connect = |urls: Vec<String>| format!("connect: {{{CONNECT}: {{urls: {urls:?}}}}}");
        let registry = |url: String| format!("registry: {{url: {url:?}}}");
        let (workers, schemas) = match self {
            Self::Lab(lab) => {
                let Beside {
                    connect, registry, ..
                } = &lab.beside;
                let workers = connect.as_ref().map(|(connect, ..)| connect.urls());
                (workers, registry.as_ref().map(|service| service.url()))
            }
            Self::Sandbox(_) => (
                Some(vec!["http://sandbox:8083".to_owned()]),
                Some("http://sandbox:8081".to_owned()),
            ),
        };
        let lines = [workers.map(connect), schemas.map(registry)];
        lines.into_iter().flatten().collect()
    }

    /// Returns the API that the source reads, and where the sink writes to; nothing without Connect.
    pub(super) fn ends(&self) -> Option<(Api<'_>, String)> {
        match self {
            Self::Lab(lab) => {
                let (_, s3, endpoint) = lab.beside.connect.as_ref()?;
                let worker = lab.worker()?;
                Some((Api::Real(Flow { endpoint, worker }), s3.url()))
            }
            Self::Sandbox(memory) => {
                let api = Api::MadeUp(&memory.connect);
                Some((api, "http://sandbox:9000".to_owned()))
            }
        }
    }

    /// Ends all of it.
    pub(super) async fn end(self) {
        if let Self::Lab(mut lab) = self
            && let Some(coming) = lab.coming.take()
        {
            coming.abort();
            let _ = coming.await;
        }
    }
}

impl Lab {
    /// Lets what stands beside a Kafka start while the story begins, which needs no more than Kafka.
    fn of(kafka: KafkaCluster, spec: PlatformSpec) -> Self {
        let kafka = Arc::new(kafka);
        let under = Arc::clone(&kafka);
        Self {
            coming: Some(tokio::spawn(async move { spec.beside(&under).await })),
            beside: Beside::default(),
            kafka,
        }
    }

    /// Returns its Kafka.
    pub(super) fn kafka(&self) -> &KafkaCluster {
        &self.kafka
    }

    /// Returns the URL of a Connect worker.
    pub(super) fn worker(&self) -> Option<String> {
        let (connect, ..) = self.beside.connect.as_ref()?;
        connect.urls().into_iter().next()
    }
}

impl Memory {
    fn new() -> Self {
        let kafka = Sandbox::new(SANDBOX_ID, BROKERS);
        let connect = kafka.connect(CONNECT);
        connect.edit(|world| [HTTP_SOURCE, S3_SINK].map(|class| world.install(class)));
        Self {
            connect: Arc::new(connect),
            registry: Arc::new(kafka.registry()),
            kafka: Arc::new(kafka),
        }
    }

    /// Returns the planes that `headgate.yaml` names.
    fn planes(&self, settings: &config::Cluster) -> Planes {
        let connect = settings.connect.keys();
        let connect = connect.map(|name| -> (_, Arc<dyn ConnectPlane>) {
            (name.clone(), Arc::clone(&self.connect) as _)
        });
        let registry = settings.registry.as_ref();
        Planes {
            kafka: Arc::clone(&self.kafka) as _,
            connect: connect.collect(),
            registry: registry
                .map(|_| -> Arc<dyn RegistryPlane> { Arc::clone(&self.registry) as _ }),
        }
    }
}

/// The lab that the story is told on, where there is room for all of it.
fn spec() -> PlatformSpec {
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
