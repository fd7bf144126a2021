//! Where the lab keeps what is made once: in the user's cache directory, made under a lock and put in place whole.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::LabError;
use super::workdir::make_dir;

/// Returns where the environment says that something lies.
#[expect(
    clippy::disallowed_methods,
    reason = "where things lie on the machine is said in its environment"
)]
pub(super) fn var(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Returns the lab's cache directory, which need not be there yet.
pub(super) fn cache_dir() -> Result<PathBuf, LabError> {
    var("HEADGATE_LAB_CACHE")
        .or_else(|| var("XDG_CACHE_HOME").map(|dir| dir.join("headgate")))
        .or_else(|| var("HOME").map(|dir| dir.join(".cache/headgate")))
        .ok_or(LabError::NoCache)
}

/// Makes a file or directory of the cache unless it is there; `make` gets the path to make it at, which is put in place
/// when it is whole. Others who want it meanwhile wait.
pub(super) async fn made_once<F>(
    path: &Path,
    make: impl FnOnce(PathBuf) -> F,
) -> Result<(), LabError>
where
    F: Future<Output = Result<(), LabError>>,
{
    if path.exists() {
        return Ok(());
    }
    let (Some(beside), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(LabError::NoCache);
    };
    make_dir(beside)?;
    let _lock = lock(beside.join(format!("{}.lock", name.display()))).await?;
    if path.exists() {
        return Ok(());
    }
    let unfinished = Unfinished::new(beside);
    make_dir(&unfinished.path)?;
    let made = unfinished.path.join(name);
    make(made.clone()).await?;
    rename(&made, path)
}

/// A directory beside what it will become; what is left of it is removed.
pub(super) struct Unfinished {
    pub(super) path: PathBuf,
}

impl Unfinished {
    pub(super) fn new(beside: &Path) -> Self {
        let path = beside.join(format!("unfinished-{}", uuid::Uuid::new_v4().simple()));
        Self { path }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "unfinished directory stays behind");
        }
    }
}

/// Puts what is whole where others look for it.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), LabError> {
    std::fs::rename(from, to).map_err(LabError::file("put in place", to))
}

/// Takes a lock, which ends with the file that is returned.
pub(super) async fn lock(path: PathBuf) -> Result<File, LabError> {
    let file = File::create(&path).map_err(LabError::file("make", &path))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked
        .map_err(io::Error::other)
        .and_then(|result| result)
        .map_err(LabError::file("lock", &path))
}
