//! Starts and ends everything: loops, HTTP, watchdog, reload.

use std::{
    collections::BTreeMap, future::Future, net::SocketAddr, path::PathBuf, sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    ConnectPlanes, PlaneError, Planes, Stop, clock,
    cluster::ClusterLoop,
    follow::Follow,
    logins::Logins,
    observer::Observer,
    once,
    pass::Site,
    reload::{self, ConfigFile},
    told::Told,
    watchdog,
};
use crate::{
    board::Board,
    config::{self, Config},
    http,
    ledger::{LedgerError, Store},
    metrics::Metrics,
    model::{ClusterName, chain},
    report::{SourceState, View},
    secrets::Vault,
    source::{GitSource, SourceError, Watch},
};

/// Time for loops and answers to end once told to; after it the process goes, whatever hangs.
const STOP_WITHIN: Duration = Duration::from_millis(4_700);

/// What the daemon starts with.
pub struct Options {
    /// `headgate.yaml`; watched, and read again on SIGHUP.
    pub config: PathBuf,
    /// How planes are made: [`super::connect`], or the sandbox.
    pub connect: ConnectPlanes,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// `headgate.yaml` cannot be used.
    #[error("{0}")]
    Config(String),
    /// The ledger cannot be opened.
    #[error("the ledger cannot be opened")]
    Ledger(#[from] LedgerError),
    /// A cluster's settings are wrong.
    #[error(transparent)]
    Plane(#[from] PlaneError),
    /// The HTTP listener's address is taken or not ours.
    #[error("cannot listen on {address}; choose another http.listen in headgate.yaml")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Runs until `shutdown` resolves.
///
/// # Errors
/// It cannot start: see [`DaemonError`]. Once it runs, nothing ends it but `shutdown` and the watchdog.
pub async fn run(options: Options, shutdown: impl Future<Output = ()>) -> Result<(), DaemonError> {
    let mut file = ConfigFile::open(&options.config).map_err(DaemonError::Config)?;
    let mut config = file.config().clone();
    let store = Arc::new(Store::open(&config.ledger.path)?);
    let clusters = intervals(&config);
    let view = View::new(
        env!("CARGO_PKG_VERSION"),
        state(&config),
        &clusters,
        clock::now(),
    );
    let board = Arc::new(Board::new(view));
    watchdog::guard(&board);
    let metrics = Arc::new(Metrics::new(&clusters, &config.source.repo));
    let source = GitSource::new(&config.source, clone_folder(&config));
    let (stop_http, stopped) = watch::channel(false);
    let address = serve(&config, board.clone(), metrics.clone(), stopped).await?;
    tracing::info!(%address, clusters = clusters.len(), "headgate runs");
    reload::notify_ready();
    tokio::pin!(shutdown);
    let mut planes = connect_all(&config, &options.connect)?;
    loop {
        let told = Told::new(
            &config.source.repo,
            &intervals(&config),
            &board,
            &metrics,
            &store,
        );
        let session = Session::start(
            &config,
            planes,
            source.with_settings(&config.source),
            store.clone(),
            told,
        )?;
        let next = tokio::select! {
            () = &mut shutdown => None,
            next = usable(&mut file, &options.connect) => Some(next),
        };
        reload::notify_state(next.is_none());
        let stopping = session.stop();
        tokio::pin!(stopping);
        let ended = tokio::select! {
            () = &mut stopping => next.is_none(),
            () = &mut shutdown, if next.is_some() => {
                stopping.await;
                true
            }
        };
        match next.filter(|_| !ended) {
            None => break,
            Some(next) => (config, planes) = next,
        }
    }
    stop_http.send_replace(true);
    tracing::info!("headgate stops");
    Ok(())
}

/// The planes of every configured cluster.
type AllPlanes = BTreeMap<ClusterName, Planes>;

fn connect_all(config: &Config, connect: &ConnectPlanes) -> Result<AllPlanes, PlaneError> {
    let one = |(name, settings): (&ClusterName, &config::Cluster)| {
        connect(name, settings).map(|planes| (name.clone(), planes))
    };
    config.clusters.iter().map(one).collect()
}

/// Resolves when there is another configuration that can be run; one that cannot keeps the old in force.
async fn usable(file: &mut ConfigFile, connect: &ConnectPlanes) -> (Config, AllPlanes) {
    loop {
        let config = file.changed().await;
        match connect_all(&config, connect) {
            Ok(planes) => return (config, planes),
            Err(error) => tracing::error!(
                error = chain(&error),
                "configuration cannot be used; the old one stays in force"
            ),
        }
    }
}

fn intervals(config: &Config) -> Vec<(ClusterName, Duration)> {
    let of = |(name, cluster): (&ClusterName, &config::Cluster)| (name.clone(), cluster.interval);
    config.clusters.iter().map(of).collect()
}

fn state(config: &Config) -> SourceState {
    SourceState {
        repo: config.source.repo.clone(),
        reference: config.source.reference.as_str().to_owned(),
        ..SourceState::default()
    }
}

/// The daemon's clone lies beside its ledger: both are memory that may be lost, and both have one owner.
fn clone_folder(config: &Config) -> PathBuf {
    config.ledger.path.with_extension("git")
}

/// Serves HTTP from a thread and runtime of its own, so that a pass over a large cluster never delays an answer.
async fn serve(
    config: &Config,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    mut stop: watch::Receiver<bool>,
) -> Result<SocketAddr, DaemonError> {
    let address = config.http.listen;
    let failed = |source| DaemonError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let listener = listener.into_std().map_err(failed)?;
    std::thread::Builder::new()
        .name("http".into())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let served = runtime.and_then(|runtime| {
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener)?;
                    let stopped = async move {
                        let _ = stop.wait_for(|stop| *stop).await;
                    };
                    http::serve(listener, board, metrics, stopped).await
                })
            });
            if let Err(error) = served {
                tracing::error!(%error, "http ended");
            }
        })
        .map_err(failed)?;
    Ok(bound)
}

/// Watches a local repository; without a watch, or for a remote one, the timer has to do.
fn watch_local(source: &config::Source) -> Option<Watch> {
    let folder = source.local_path()?;
    match crate::source::watch_local(&folder) {
        Ok(watch) => Some(watch),
        Err(error @ SourceError::NoRepository { .. }) => {
            tracing::debug!(error = chain(&error), "repository not watched");
            None
        }
        Err(error) => {
            tracing::warn!(
                error = chain(&error),
                "repository not watched; it is polled"
            );
            None
        }
    }
}

/// The loops of one configuration.
struct Session {
    stop: Stop,
    loops: JoinSet<()>,
}

impl Session {
    fn start(
        config: &Config,
        planes: AllPlanes,
        source: GitSource,
        store: Arc<Store>,
        told: Arc<Told>,
    ) -> Result<Self, DaemonError> {
        let stop = Stop::new();
        let mut loops = JoinSet::new();
        let (revisions, follow) = watch::channel(None);
        let key = store.key();
        for (name, planes) in planes {
            let one = ClusterLoop {
                ledger: store.load(&name)?,
                site: Site {
                    interval: config.clusters[&name].interval,
                    observer: Observer::new(
                        planes,
                        Vault::new(config.secrets.clone(), key),
                        Logins::kept(name.clone(), store.clone()),
                    ),
                    name,
                    store: store.clone(),
                },
                told: told.clone(),
                revisions: follow.clone(),
                stop: stop.clone(),
            };
            loops.spawn(one.run());
        }
        let follow = Follow {
            source,
            interval: config.source.interval,
            acknowledged: config.source.acknowledge.clone(),
            pinned: once::is_pinned(&config.source),
            configured: Arc::new(config.clusters.clone()),
            store,
            watch: watch_local(&config.source),
            state: state(config),
            examined: None,
            count: 0,
            told,
            revisions,
            stop: stop.clone(),
        };
        loops.spawn(follow.run());
        Ok(Self { stop, loops })
    }

    /// Ends the loops; one that does not end in time is abandoned.
    async fn stop(mut self) {
        self.stop.say();
        let all = async { while self.loops.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!(
                "a loop did not end in time and is abandoned; the next start finds out where things stand by looking"
            );
            self.loops.abort_all();
        }
    }
}
