//! A git repository as a source (source, rank 6). Network calls run on a thread of their own: one that hangs is
//! abandoned, never joined and never freed under its feet (libgit2 crashes when a repository goes away during a call).

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use git2::{Oid, Repository};
use tokio::sync::oneshot;

use super::{SourceError, Tree, clone::Clone as BareClone, fetch, tree};
use crate::{config::Source, model::CommitId};

/// What one fetch may take altogether. 5 min: a first clone of 1 GiB at 30 Mbit/s; silence ends much sooner.
const FETCH_DEADLINE: Duration = Duration::from_mins(5);

/// A repository and the bare clone of it that the daemon keeps.
#[derive(Debug, Clone)]
pub struct GitSource {
    settings: Arc<Source>,
    clone: Arc<BareClone>,
    deadline: Duration,
}

impl GitSource {
    /// Takes the repository's settings and the folder for its clone. Nothing is touched before the first fetch.
    #[must_use]
    pub fn new(settings: &Source, cache_dir: PathBuf) -> Self {
        Self {
            settings: Arc::new(settings.clone()),
            clone: Arc::new(BareClone::new(cache_dir)),
            deadline: FETCH_DEADLINE,
        }
    }

    /// Sets what one fetch may take altogether; default 5 min.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Returns a source with other settings on the same clone, for when `headgate.yaml` was changed: the old one need
    /// not let go of the clone first.
    #[must_use]
    pub fn with_settings(&self, settings: &Source) -> Self {
        Self {
            settings: Arc::new(settings.clone()),
            ..self.clone()
        }
    }

    /// Fetches, and returns the commit that the branch, tag or pin now means. It may be dropped at any time.
    ///
    /// # Errors
    /// The repository cannot be reached, refuses us or lacks the reference; the last fetched commits stay readable.
    pub async fn fetch(&self) -> Result<CommitId, SourceError> {
        let repo = || self.settings.repo.clone();
        let Some(turn) = Turn::take(&self.clone) else {
            return Err(SourceError::Busy { repo: repo() });
        };
        let abandoned = Abandon(Arc::new(AtomicBool::new(false)));
        let (tell, told) = oneshot::channel();
        let (source, flag) = (self.clone(), Arc::clone(&abandoned.0));
        let work = move || {
            let result = source.fetch_now(&flag);
            // whoever hears the result may fetch again at once, or hand the clone to another process
            drop((turn, source));
            // nobody listens any more when the deadline has passed
            let _ = tell.send(result);
        };
        std::thread::Builder::new()
            .name("git-fetch".into())
            .spawn(work)
            .map_err(|e| SourceError::Cache {
                path: self.clone.path(),
                source: e,
            })?;
        match tokio::time::timeout(self.deadline, told).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SourceError::Lost { repo: repo() }),
            Err(_) => Err(SourceError::Timeout {
                repo: repo(),
                after: self.deadline,
            }),
        }
    }

    /// Reads the files of a commit that was fetched, now or before a restart. It blocks on the disk, not on the network.
    ///
    /// # Errors
    /// The commit is not in the clone, the clone is damaged, or the tree goes beyond the limits or has nothing in it.
    pub fn read(&self, commit: &CommitId) -> Result<Tree, SourceError> {
        let _in_place = self.clone.in_place();
        self.noting_damage(|| tree::read(&self.open(commit)?, commit, &self.settings))
    }

    /// Tells whether `new` is `old` or came after it. An `old` that the clone lacks counts as "no": history was rewritten,
    /// or the clone was made again after it was. It blocks on the disk.
    ///
    /// # Errors
    /// `new` is not in the clone, or the clone is damaged.
    pub fn descends(&self, new: &CommitId, old: &CommitId) -> Result<bool, SourceError> {
        if new == old {
            return Ok(true);
        }
        let _in_place = self.clone.in_place();
        self.noting_damage(|| {
            let repo = self.open(new)?;
            let (Ok(new_id), Ok(old_id)) =
                (Oid::from_str(new.as_str()), Oid::from_str(old.as_str()))
            else {
                return Ok(false);
            };
            let odb = repo.odb().map_err(|e| self.corrupt(e))?;
            if !odb.exists(new_id) {
                return Err(SourceError::NoCommit {
                    commit: new.clone(),
                });
            }
            if !odb.exists(old_id) {
                return Ok(false);
            }
            repo.graph_descendant_of(new_id, old_id)
                .map_err(|e| self.corrupt(e))
        })
    }

    /// Fetches on this thread; a clone found damaged is made again at once.
    fn fetch_now(&self, abandoned: &AtomicBool) -> Result<CommitId, SourceError> {
        let url = &self.settings.repo;
        self.clone.claim()?;
        if !self.clone.damaged.load(Ordering::Relaxed)
            && let Some(repo) = self.clone.open(url)
        {
            match fetch::fetch(&repo, &self.settings, abandoned) {
                Err(error @ SourceError::Corrupt { .. }) => {
                    tracing::warn!(%error, "the clone is made again");
                }
                Err(other) => return Err(other),
                Ok(commit) => {
                    drop(repo);
                    self.clone.compact(url)?;
                    return Ok(commit);
                }
            }
        }
        let repo = self.clone.fresh(url)?;
        let commit = fetch::fetch(&repo, &self.settings, abandoned)?;
        self.clone.adopt(repo)?;
        self.clone.damaged.store(false, Ordering::Relaxed);
        Ok(commit)
    }

    fn open(&self, commit: &CommitId) -> Result<Repository, SourceError> {
        match Repository::open_bare(self.clone.path()) {
            Ok(repo) => Ok(repo),
            Err(e) if e.code() == git2::ErrorCode::NotFound => Err(SourceError::NoCommit {
                commit: commit.clone(),
            }),
            Err(e) => Err(self.corrupt(e)),
        }
    }

    fn corrupt(&self, source: git2::Error) -> SourceError {
        SourceError::Corrupt {
            repo: self.settings.repo.clone(),
            source,
        }
    }

    fn noting_damage<T>(
        &self,
        work: impl FnOnce() -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let result = work();
        if matches!(result, Err(SourceError::Corrupt { .. })) {
            self.clone.damaged.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// The right to fetch into a clone; one thread has it, until that thread ends.
struct Turn(Arc<BareClone>);

impl Turn {
    fn take(clone: &Arc<BareClone>) -> Option<Self> {
        let taken = clone.busy.swap(true, Ordering::Acquire);
        (!taken).then(|| Self(Arc::clone(clone)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

/// Tells the fetching thread, when the caller stops waiting for whatever reason, that its result is of no use.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
