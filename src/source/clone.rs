//! The bare clone that only the daemon owns (source, rank 6): where it lies, who may write it, and how it is made again.
//! Readers open it themselves; only the moment in which one clone takes another's place keeps them waiting.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, atomic::AtomicBool},
};

use git2::{Repository, RepositoryInitOptions};

use super::SourceError;
use crate::lockfile;

/// Where the clone notes whose clone it is.
const URL_KEY: &str = "headgate.url";

/// Packs above which the clone is packed into one, which is git's own number (gc.autoPackLimit): each fetch that brings
/// something adds a pack, and git's object store keeps a file open for each.
const MAX_PACKS: usize = 50;

/// The folder of a source: a lock and the clone.
#[derive(Debug)]
pub(super) struct Clone {
    dir: PathBuf,
    /// Held as long as the process lives, once taken.
    lock: Mutex<Option<fs::File>>,
    /// Read while the clone is read, written while another one takes its place.
    place: RwLock<()>,
    /// A fetch is under way; its thread may outlive the wish for it.
    pub(super) busy: AtomicBool,
    /// A reader met damage: the next fetch makes the clone again.
    pub(super) damaged: AtomicBool,
}

impl Clone {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            lock: Mutex::new(None),
            place: RwLock::new(()),
            busy: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
        }
    }

    /// Returns the clone's folder.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.join("clone.git")
    }

    /// Keeps the clone in its place until the guard is dropped.
    pub(super) fn in_place(&self) -> RwLockReadGuard<'_, ()> {
        self.place.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the folder for this process, at the first call, and clears what a killed one left in it.
    ///
    /// # Errors
    /// Another process has it, or it cannot be written.
    pub(super) fn claim(&self) -> Result<(), SourceError> {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        // what a private repository holds is for nobody else on this machine
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(|e| cache(&self.dir, e))?;
        let path = self.dir.join("lock");
        let file = lockfile::take(&path).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => SourceError::Locked {
                dir: self.dir.clone(),
            },
            _ => cache(&path, e),
        })?;
        for leftover in [self.fresh_path(), self.old_path()] {
            remove(&leftover)?;
        }
        clear_leftovers(&self.path()).map_err(|e| cache(&self.path(), e))?;
        *held = Some(file);
        Ok(())
    }

    /// Opens the clone if there is one of this repository.
    pub(super) fn open(&self, url: &str) -> Option<Repository> {
        let repo = Repository::open_bare(self.path()).ok()?;
        let of = repo.config().ok()?.get_string(URL_KEY).ok()?;
        (of == url).then_some(repo)
    }

    /// Makes an empty clone beside the one in use.
    pub(super) fn fresh(&self, url: &str) -> Result<Repository, SourceError> {
        let path = self.fresh_path();
        remove(&path)?;
        // no templates: what lies in the machine's template folder, hooks for one, is no business of a clone
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let made = Repository::init_opts(&path, &options).and_then(|repo| {
            repo.config()?.set_str(URL_KEY, url)?;
            Ok(repo)
        });
        made.map_err(|e| cache(&path, io::Error::other(e)))
    }

    /// Puts the fresh clone in the place of the one in use.
    pub(super) fn adopt(&self, fresh: Repository) -> Result<(), SourceError> {
        drop(fresh);
        let (new, now, old) = (self.fresh_path(), self.path(), self.old_path());
        let moved = {
            let _alone = self.place.write().unwrap_or_else(PoisonError::into_inner);
            let aside = match fs::rename(&now, &old) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            };
            aside.and_then(|()| fs::rename(&new, &now))
        };
        moved.map_err(|e| cache(&now, e))?;
        remove(&old)
    }

    /// Packs everything into one pack when there are too many.
    pub(super) fn compact(&self, url: &str) -> Result<(), SourceError> {
        if packs(&self.path()) <= MAX_PACKS {
            return Ok(());
        }
        let fresh = self.fresh(url)?;
        let copied = fresh
            .remote_anonymous(&self.path().to_string_lossy())
            .and_then(|mut clone| clone.fetch(&["+refs/headgate/*:refs/headgate/*"], None, None));
        match copied {
            Ok(()) => self.adopt(fresh),
            Err(error) => {
                tracing::warn!(%error, "the clone could not be packed; trying again after the next fetch");
                Ok(())
            }
        }
    }

    fn fresh_path(&self) -> PathBuf {
        self.dir.join("clone.new")
    }

    fn old_path(&self) -> PathBuf {
        self.dir.join("clone.old")
    }
}

fn cache(path: &Path, source: io::Error) -> SourceError {
    SourceError::Cache {
        path: path.to_owned(),
        source,
    }
}

/// Removes a folder that may not be there.
fn remove(path: &Path) -> Result<(), SourceError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(cache(path, e)),
        _ => Ok(()),
    }
}

/// Removes the lock files and half-written packs of a process that was killed: git would wait for their owner for
/// good. Whoever calls holds the folder's lock, so they have no owner.
fn clear_leftovers(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            clear_leftovers(&path)?;
        } else if name.ends_with(".lock") || name.contains("_git2_") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn packs(clone: &Path) -> usize {
    let Ok(entries) = fs::read_dir(clone.join("objects/pack")) else {
        return 0;
    };
    entries
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "pack"))
        .count()
}
