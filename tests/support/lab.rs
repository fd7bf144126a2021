//! Real Kafka for a test, where it is to be had.

use headgate::lab::{Connect, KafkaCluster, KafkaSpec, KafkaVersion, LabError, Security, Service};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// A cluster that tests share, each with names of its own. It ends with the process.
type Shared = OnceCell<Option<KafkaCluster>>;

/// Returns the shared plaintext cluster of one broker.
pub(crate) async fn plaintext() -> Option<&'static KafkaCluster> {
    static CLUSTER: Shared = OnceCell::const_new();
    shared(&CLUSTER, KafkaSpec::default()).await
}

/// Returns the shared cluster behind SASL_SSL with SCRAM.
pub(crate) async fn scram() -> Option<&'static KafkaCluster> {
    static CLUSTER: Shared = OnceCell::const_new();
    let spec = KafkaSpec {
        security: Security::ScramTls,
        ..KafkaSpec::default()
    };
    shared(&CLUSTER, spec).await
}

/// Returns the shared cluster of the shape that platform teams run, which one test at a time may mistreat; it hands it
/// back with every node running. A broker that was killed is let in again after 3 s.
pub(crate) async fn production() -> Option<MutexGuard<'static, KafkaCluster>> {
    static CLUSTER: OnceCell<Option<Mutex<KafkaCluster>>> = OnceCell::const_new();
    let spec = KafkaSpec {
        session: KafkaSpec::SHORT_SESSION,
        ..KafkaSpec::production()
    };
    let started = CLUSTER.get_or_init(|| async move { start(&spec).await.map(Mutex::new) });
    match started.await {
        Some(cluster) => Some(cluster.lock().await),
        None => None,
    }
}

/// Returns the shared Connect cluster of two workers over [`scram`], which one test at a time may mistreat; it hands it back
/// with both running.
pub(crate) async fn connect() -> Option<MutexGuard<'static, Connect>> {
    static CONNECT: OnceCell<Option<Mutex<Connect>>> = OnceCell::const_new();
    let kafka = scram().await?;
    let start = || async move { started(kafka.connect(2).await).map(Mutex::new) };
    match CONNECT.get_or_init(start).await {
        Some(connect) => Some(connect.lock().await),
        None => None,
    }
}

/// Returns the shared Schema Registry, which one test at a time may mistreat; it hands it back running.
pub(crate) async fn registry() -> Option<MutexGuard<'static, Service>> {
    static REGISTRY: OnceCell<Option<Mutex<Service>>> = OnceCell::const_new();
    let start = || async { started(Service::registry().await).map(Mutex::new) };
    match REGISTRY.get_or_init(start).await {
        Some(registry) => Some(registry.lock().await),
        None => None,
    }
}

/// Returns the right to change the configs of brokers of shared clusters: there is one set of them for all tests.
pub(crate) async fn broker_configs() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    ONE_AT_A_TIME.lock().await
}

/// Returns the shared cluster of the oldest version.
pub(crate) async fn kafka_3_6() -> Option<&'static KafkaCluster> {
    static CLUSTER: Shared = OnceCell::const_new();
    shared(&CLUSTER, of(KafkaVersion::V3_6)).await
}

/// Returns the shared cluster of the last 3.x.
pub(crate) async fn kafka_3_9() -> Option<&'static KafkaCluster> {
    static CLUSTER: Shared = OnceCell::const_new();
    shared(&CLUSTER, of(KafkaVersion::V3_9)).await
}

fn of(version: KafkaVersion) -> KafkaSpec {
    KafkaSpec {
        version,
        ..KafkaSpec::default()
    }
}

async fn shared(cluster: &'static Shared, spec: KafkaSpec) -> Option<&'static KafkaCluster> {
    let started = cluster.get_or_init(|| async move { start(&spec).await });
    started.await.as_ref()
}

/// Starts a cluster. `None`, with a word about it, where Java or Maven is missing; with `CI=true` that fails instead.
pub(crate) async fn start(spec: &KafkaSpec) -> Option<KafkaCluster> {
    started(spec.start().await)
}

/// Returns what the lab started; `None`, with a word about it, where a program is missing.
pub(crate) fn started<T>(started: Result<T, LabError>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(error) if is_to_be_skipped(&error) => None,
        Err(error) => panic!("the lab does not start: {error}"),
    }
}

/// Tells whether the test cannot run on this machine, and says so; never with `CI=true`.
#[expect(
    clippy::print_stderr,
    reason = "a person who runs the tests is to see what was not tested"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "CI says in the environment that it is one"
)]
pub(crate) fn is_to_be_skipped(error: &LabError) -> bool {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let skipped = error.is_missing_program() && !in_ci;
    if skipped {
        eprintln!("SKIPPED, no real Kafka: {error}");
    }
    skipped
}
