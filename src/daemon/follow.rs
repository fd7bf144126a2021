//! The source loop: fetches, examines what is new, and hands the newest good revision to the cluster loops.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{Revision, Stop, backoff, clock, once, told::Told};
use crate::{
    config,
    ledger::Store,
    metrics::Fetched,
    model::{ClusterName, CommitId, Finding, Severity, chain},
    report::{Phase, SourceState},
    source::{GitSource, SourceError, Watch},
};

/// What the watchdog calls this loop.
const LOOP: &str = "loop of the source";

/// How long the first fetch may take before passes go on with what was applied last; one from a healthy server takes a second.
const FIRST_FETCH_WITHIN: Duration = Duration::from_secs(3);

/// Findings of one revision that are logged; the status has all of them.
const LOGGED: usize = 200;

/// Follows one repository.
pub(super) struct Follow {
    pub(super) source: GitSource,
    pub(super) interval: Duration,
    /// The revision that `source.acknowledge` accepts although it does not descend from the last applied one.
    pub(super) acknowledged: Option<CommitId>,
    /// Whether a pinned commit is followed: naming it in `headgate.yaml` is the acknowledgement.
    pub(super) pinned: bool,
    pub(super) configured: Arc<BTreeMap<ClusterName, config::Cluster>>,
    pub(super) store: Arc<Store>,
    pub(super) told: Arc<Told>,
    /// Tells when a local repository changed.
    pub(super) watch: Option<Watch>,
    pub(super) state: SourceState,
    /// The newest commit that was examined, whatever came of it.
    pub(super) examined: Option<CommitId>,
    /// Revisions examined so far.
    pub(super) count: u64,
    pub(super) revisions: watch::Sender<Option<Arc<Revision>>>,
    pub(super) stop: Stop,
}

/// Resolves when a watched repository changed; never when none is watched.
async fn changed(watch: &mut Option<Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

/// What examining a commit led to.
enum Verdict {
    /// It is the one to work from.
    Good(Arc<Revision>),
    /// It is invalid; the findings say why.
    Invalid(Arc<[Finding]>),
    /// It is held back, and why.
    Held(String),
}

impl Follow {
    /// Runs until it is cancelled.
    pub(super) async fn run(mut self) {
        self.told.beat(LOOP, self.interval);
        let mut resumed = self.resume().await;
        loop {
            let began = Instant::now();
            let fetched = self.fetch(&mut resumed).await;
            self.told.phase(Phase::Fetch, began.elapsed());
            let ok = fetched.is_ok();
            match fetched {
                Ok(tip) => self.advance(tip).await,
                Err(error) => self.failed(chain(&error)),
            }
            self.go_on(&mut resumed);
            self.told
                .source(&self.state, if ok { Fetched::Ok } else { Fetched::Error });
            self.told.beat(LOOP, self.interval);
            tokio::select! {
                () = self.stop.said() => return,
                () = changed(&mut self.watch) => {}
                () = tokio::time::sleep(backoff::jittered(self.interval)) => {}
            }
        }
    }

    /// Fetches. Of a newer commit nobody knows before that, so what was applied last waits for the first fetch: applying it
    /// would take back what an earlier run had begun.
    async fn fetch(&self, resumed: &mut Option<Arc<Revision>>) -> Result<CommitId, SourceError> {
        let fetching = self.source.fetch();
        tokio::pin!(fetching);
        let fetched = match tokio::time::timeout(FIRST_FETCH_WITHIN, &mut fetching).await {
            Ok(fetched) => fetched,
            Err(_) => {
                self.go_on(resumed);
                fetching.await
            }
        };
        let tip = fetched.as_ref().ok();
        if resumed.as_ref().and_then(|last| last.commit.as_ref()) == tip {
            self.go_on(resumed);
        }
        fetched
    }

    /// Lets passes go on with what was applied last, if there is nothing newer by now.
    fn go_on(&self, resumed: &mut Option<Arc<Revision>>) {
        if let Some(last) = resumed.take()
            && self.revisions.borrow().is_none()
        {
            self.revisions.send_replace(Some(last));
        }
    }

    /// Returns the revision that was last applied: a daemon that starts while its repository is out of reach, or holds
    /// something invalid, keeps the platform as it was last agreed.
    async fn resume(&mut self) -> Option<Arc<Revision>> {
        let accepted = self
            .store
            .accepted(&self.state.repo)
            .inspect_err(|e| tracing::error!(error = chain(e), "last revision not known"))
            .ok()??;
        match self.load(&accepted).await {
            // a cluster that was only now configured may be missing from it; the others are kept meanwhile
            Ok(revision) if revision.is_sound() => {
                self.state.valid = revision.is_valid();
                self.state.findings = revision.findings.clone();
                self.state.good = Some(accepted);
                return Some(Arc::new(revision));
            }
            Ok(_) => {
                tracing::warn!(revision = %accepted, "the last applied revision is not valid any more");
            }
            Err(error) => {
                tracing::info!(revision = %accepted, error = chain(&error), "the last applied revision is read again once it is fetched");
            }
        }
        None
    }

    fn failed(&mut self, text: String) {
        if self.state.error.as_ref() != Some(&text) {
            tracing::warn!(
                repo = self.state.repo,
                error = text,
                "fetch failed; the last good revision stays in force"
            );
        }
        self.state.error = Some(text);
    }

    async fn advance(&mut self, tip: CommitId) {
        let now = clock::now();
        self.state.fetched_at = Some(now);
        let known = self.examined.as_ref() == Some(&tip);
        if known {
            self.state.error = None;
        }
        // a held commit is looked at again: the one it must descend from may have been acknowledged meanwhile
        if known && self.state.held.is_none() {
            return;
        }
        self.state.seen = Some(tip.clone());
        match self.examine(&tip).await {
            Err(error) => self.failed(error),
            Ok(verdict) => {
                self.examined = Some(tip.clone());
                self.state.error = None;
                self.conclude(tip, verdict, known);
            }
        }
    }

    async fn examine(&mut self, tip: &CommitId) -> Result<Verdict, String> {
        if let Some(reason) = self.hold(tip)? {
            return Ok(Verdict::Held(reason));
        }
        match self.load(tip).await {
            Ok(mut revision) if revision.is_valid() => {
                self.count += 1;
                revision.order = self.count;
                Ok(Verdict::Good(Arc::new(revision)))
            }
            Ok(revision) => Ok(Verdict::Invalid(revision.findings)),
            // the fault is the commit's: fetching it again changes nothing
            Err(error @ (SourceError::Invalid { .. } | SourceError::TooLarge { .. })) => {
                let finding = Finding::error(None, chain(&error));
                Ok(Verdict::Invalid(Arc::new([finding])))
            }
            Err(error) => Err(chain(&error)),
        }
    }

    /// Reads and loads a commit, away from the loops: ten thousand documents take a while.
    async fn load(&self, commit: &CommitId) -> Result<Revision, SourceError> {
        let (source, configured, commit) =
            (self.source.clone(), self.configured.clone(), commit.clone());
        let seen_at = clock::now();
        let began = Instant::now();
        let loading = tokio::task::spawn_blocking(move || {
            let tree = source.read(&commit)?;
            Ok(Revision::load(&tree, &configured, seen_at))
        });
        let loaded = loading
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        self.told.phase(Phase::Load, began.elapsed());
        loaded
    }

    /// Says why a commit may not be worked from: history was rewritten, and nobody said that this is meant.
    fn hold(&self, tip: &CommitId) -> Result<Option<String>, String> {
        // a ledger that cannot be read does not mean that nothing was applied yet
        let accepted = self
            .store
            .accepted(&self.state.repo)
            .map_err(|e| chain(&e))?;
        let Some(base) = accepted.filter(|_| !self.pinned) else {
            return Ok(None);
        };
        let acknowledged = self.acknowledged.as_ref();
        let follows = once::may_follow(&self.source, tip, &base, acknowledged);
        Ok(match follows.map_err(|e| chain(&e))? {
            true => None,
            false => Some(
                once::OnceError::Held {
                    tip: tip.clone(),
                    base,
                }
                .to_string(),
            ),
        })
    }

    fn conclude(&mut self, tip: CommitId, verdict: Verdict, known: bool) {
        let held_before = self.state.held.take();
        match verdict {
            Verdict::Good(revision) => {
                tracing::info!(revision = %tip, "revision accepted");
                // keys that the table lacks are the planner's, who asks the cluster
                tell(
                    &tip,
                    revision
                        .findings
                        .iter()
                        .filter(|f| f.severity == Severity::Warning),
                );
                self.state.valid = true;
                self.state.findings = revision.findings.clone();
                self.state.good = Some(tip);
                self.revisions.send_replace(Some(revision));
            }
            Verdict::Invalid(findings) => {
                tell(&tip, findings.iter());
                let errors = || findings.iter().filter(|f| f.severity == Severity::Error);
                let (count, first) = (errors().count(), errors().next().map(Finding::headline));
                tracing::warn!(revision = %tip, errors = count, first, "revision is invalid; the last good one stays in force");
                self.state.valid = false;
                self.state.findings = findings;
            }
            Verdict::Held(reason) => {
                if !known || held_before.is_none() {
                    tracing::warn!(revision = %tip, reason, "revision held");
                }
                // nothing is known of what it declares: it is not looked at until it may be followed
                self.state.valid = true;
                self.state.findings = Arc::default();
                self.state.held = Some(reason);
            }
        }
    }
}

/// Logs what was found in a revision.
fn tell<'a>(tip: &CommitId, findings: impl Iterator<Item = &'a Finding>) {
    for finding in findings.take(LOGGED) {
        let place = finding.place.as_ref().map(ToString::to_string);
        tracing::warn!(revision = %tip, place, finding = finding.message, help = finding.help, "finding");
    }
}
