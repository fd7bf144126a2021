//! One-shot work for the command line: a plan, an apply, a snapshot, each one walk through the daemon's own pipeline.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;

use super::{
    ConnectPlanes, PlaneError, Planes, Revision, Stop, clock,
    logins::Logins,
    observer::Observer,
    pass::{self, Site},
};
use crate::{
    apply::Secrets,
    config::{self, Config},
    ledger::{LedgerError, Store},
    live::{Live, Observed},
    model::{ClusterName, CommitId, Finding, Ledger},
    plan::{self, Plan},
    report::Cycle,
    secrets::Vault,
    source::{DirSource, GitSource, SourceError},
};

/// Where desired state comes from.
pub enum Source {
    /// The configured repository.
    Repository,
    /// Plain files in a folder.
    Dir(PathBuf),
}

/// Why one-shot work could not be done.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// The source cannot be read.
    #[error("desired state cannot be read")]
    Source(#[from] SourceError),
    /// The desired state is invalid; the findings say why.
    #[error("desired state is invalid, so nothing is planned")]
    Invalid(Arc<[Finding]>),
    /// The ledger cannot be used.
    #[error("the ledger cannot be used")]
    Ledger(#[from] LedgerError),
    /// A cluster's settings are wrong.
    #[error(transparent)]
    Plane(#[from] PlaneError),
    /// There is no such cluster in `headgate.yaml`.
    #[error("headgate.yaml has no cluster {0}; it has {1}")]
    NoCluster(String, String),
    /// A signal asked to stop before anything was planned.
    #[error("stopped before anything was changed")]
    Stopped,
    /// A temporary folder cannot be made.
    #[error("no temporary folder can be made for the clone")]
    Temp(#[source] std::io::Error),
    /// The newest commit is held.
    #[error(
        "{tip} does not descend from {base}, which was applied last: history was rewritten; set source.acknowledge: {tip} in headgate.yaml if that is meant"
    )]
    Held {
        /// The newest commit.
        tip: CommitId,
        /// The last applied one.
        base: CommitId,
    },
}

/// Reads, parses, validates and reviews the newest revision. `accepted` is the last applied commit, which a new one
/// must descend from.
///
/// # Errors
/// The source cannot be read, or the newest commit is held. An invalid revision is returned with its findings.
pub async fn revision(
    config: &Config,
    source: &Source,
    accepted: Option<&CommitId>,
) -> Result<Revision, OnceError> {
    let tree = match source {
        Source::Dir(dir) => DirSource::with_settings(dir, &config.source).read()?,
        Source::Repository => {
            // the daemon owns the clone beside the ledger; a one-shot command makes one of its own and throws it away
            let clone = tempfile::tempdir().map_err(OnceError::Temp)?;
            let git = GitSource::new(&config.source, clone.path().to_owned());
            let tip = git.fetch().await?;
            let meant =
                is_pinned(&config.source) || config.source.acknowledge.as_ref() == Some(&tip);
            if let Some(base) = accepted.filter(|base| **base != tip && !meant)
                && !git.descends(&tip, base)?
            {
                return Err(OnceError::Held {
                    tip,
                    base: base.clone(),
                });
            }
            git.read(&tip)?
        }
    };
    Ok(Revision::load(&tree, &config.clusters, clock::now()))
}

/// Reads, parses, validates and reviews plain files, for which nothing needs to be configured.
///
/// # Errors
/// The folder cannot be read. An invalid revision is returned with its findings.
pub fn files(dir: &Path) -> Result<Revision, OnceError> {
    Ok(Revision::load(
        &DirSource::new(dir).read()?,
        &BTreeMap::new(),
        clock::now(),
    ))
}

/// Plans every wanted cluster; nothing is written anywhere. Returns what was found in the desired state beside it, none of
/// which is an error.
///
/// # Errors
/// See [`OnceError`]. A plane that does not answer is no error here: the plan says so.
pub async fn plan(
    config: &Config,
    source: &Source,
    only: Option<&str>,
    connect: &ConnectPlanes,
) -> Result<(Plan, Arc<[Finding]>), OnceError> {
    let store = Store::open_read_only(&config.ledger.path)?.map(Arc::new);
    let accepted = match &store {
        Some(store) => store.accepted(&config.source.repo)?,
        None => None,
    };
    let revision = revision(config, source, accepted.as_ref()).await?;
    if !revision.is_valid() {
        return Err(OnceError::Invalid(revision.findings));
    }
    // without a ledger no fingerprint is remembered that these could be compared with
    let key = store
        .as_ref()
        .map_or_else(rand::random, |store| store.key());
    let clusters = wanted(config, only, connect)?
        .into_iter()
        .map(|(name, _, planes)| {
            let (store, revision) = (&store, &revision);
            let vault = Vault::new(config.secrets.clone(), key);
            let logins = Logins::read(name.clone(), store.clone());
            let observer = Observer::new(planes, vault, logins);
            async move {
                let mut ledger = match store {
                    Some(store) => store.load(&name)?,
                    None => Ledger::default(),
                };
                let desired = revision
                    .cluster(&name)
                    .expect("Revision::load refuses a tree without a configured cluster");
                let (mut live, _) = observer.observe(desired, &ledger).await;
                observer.planes.read_newest(desired, &mut live).await;
                plan::resolve_intents(&mut ledger, desired, &live);
                Ok(plan::plan(
                    desired,
                    &live,
                    &ledger,
                    &revision.policies,
                    clock::now(),
                ))
            }
        });
    let plans: Result<Vec<_>, LedgerError> = join_all(clusters).await.into_iter().collect();
    Ok((
        Plan::new(revision.commit.clone(), plans?),
        revision.findings,
    ))
}

/// Runs one pass of the daemon over every wanted cluster.
///
/// # Errors
/// See [`OnceError`]; what fails within a pass stands in its cycle.
pub async fn apply(
    config: &Config,
    source: &Source,
    only: Option<&str>,
    connect: &ConnectPlanes,
    stop: &Stop,
) -> Result<(Option<CommitId>, Vec<Cycle>), OnceError> {
    let store = Arc::new(Store::open(&config.ledger.path)?);
    let accepted = store.accepted(&config.source.repo)?;
    let revision = revision(config, source, accepted.as_ref()).await?;
    if !revision.is_valid() {
        return Err(OnceError::Invalid(revision.findings));
    }
    let key = store.key();
    let passes = wanted(config, only, connect)?
        .into_iter()
        .map(|(name, interval, planes)| {
            let vault = Vault::new(config.secrets.clone(), key);
            let logins = Logins::kept(name.clone(), store.clone());
            let site = Site {
                name,
                interval,
                observer: Observer::new(planes, vault, logins),
                store: store.clone(),
            };
            let (store, revision) = (&store, &revision);
            async move {
                let mut ledger = store.load(&site.name)?;
                let cycle = pass::pass(&site, revision, &mut ledger, stop)
                    .await
                    .ok_or(OnceError::Stopped)?;
                if let (Some(commit), true) = (&revision.commit, cycle.has_seen()) {
                    store.set_accepted(&config.source.repo, commit)?;
                }
                Ok(cycle)
            }
        });
    let cycles: Result<Vec<_>, OnceError> = join_all(passes).await.into_iter().collect();
    Ok((revision.commit.clone(), cycles?))
}

/// Observes every wanted cluster. What the ledger knows of secrets is hidden; a daemon may have it open.
///
/// # Errors
/// There is no such cluster, or its settings are wrong; or the ledger is there and cannot be read, so that nobody knows which
/// values are secrets.
pub async fn snapshot(
    config: &Config,
    only: Option<&str>,
    connect: &ConnectPlanes,
) -> Result<Vec<(ClusterName, Live)>, OnceError> {
    let store = Store::open_read_only(&config.ledger.path)?;
    let key = store.as_ref().map_or_else(rand::random, Store::key);
    let vault = Vault::new(config.secrets.clone(), key);
    let mut looks = Vec::new();
    for (name, _, planes) in wanted(config, only, connect)? {
        let ledger = store.as_ref().map(|store| store.load(&name)).transpose()?;
        let (ledger, vault) = (ledger.unwrap_or_default(), &vault);
        looks.push(async move {
            let mut live = planes.everything().await;
            if let Some(Observed::Known(connect)) = &mut live.connect {
                Secrets::new(None, &ledger, vault, &live.secrets).hide_all(connect);
            }
            (name, live)
        });
    }
    Ok(join_all(looks).await)
}

/// A pinned commit is followed wherever it stands: naming it in `headgate.yaml` is the acknowledgement.
pub(super) fn is_pinned(source: &config::Source) -> bool {
    matches!(source.reference, config::Reference::Commit(_))
}

/// Tells whether `tip` may be worked from after `base` was: it descends from it, or from a commit that was acknowledged
/// since. An acknowledgement that `base` itself came after is used up.
pub(super) fn may_follow(
    source: &GitSource,
    tip: &CommitId,
    base: &CommitId,
    acknowledged: Option<&CommitId>,
) -> Result<bool, SourceError> {
    if source.descends(tip, base)? {
        return Ok(true);
    }
    let Some(acknowledged) = acknowledged else {
        return Ok(false);
    };
    // the old commit may be gone from the clone, and then came after nothing that is known
    let used_up = source.descends(base, acknowledged).unwrap_or(false);
    Ok(!used_up && source.descends(tip, acknowledged)?)
}

fn wanted(
    config: &Config,
    only: Option<&str>,
    connect: &ConnectPlanes,
) -> Result<Vec<(ClusterName, Duration, Planes)>, OnceError> {
    if let Some(name) = only
        && !config.clusters.contains_key(name)
    {
        let known: Vec<&str> = config.clusters.keys().map(ClusterName::as_str).collect();
        return Err(OnceError::NoCluster(name.to_owned(), known.join(", ")));
    }
    config
        .clusters
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == name.as_str()))
        .map(|(name, settings)| Ok((name.clone(), settings.interval, connect(name, settings)?)))
        .collect()
}
