//! Watches a repository on this machine (source, rank 6). An event is only a hint to fetch now: one that is missed
//! costs an interval, one too many costs a look at the refs.

use std::{path::Path, time::Duration};

use git2::Repository;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time};

use super::SourceError;

/// How long it must be quiet before an event is told. 200 ms: a commit touches several files within a few.
const QUIET: Duration = Duration::from_millis(200);

/// The longest that events can put off being told: a busy repository is still looked at.
const PATIENCE: Duration = Duration::from_secs(2);

/// A repository that is watched.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<()>,
    /// An event was taken and not told yet: whoever waited for it gave up in between.
    untold: bool,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Waits until a branch or tag may have moved. It may be dropped and called again without losing an event; when
    /// watching is no longer possible it waits for ever, and the timer remains.
    pub async fn changed(&mut self) {
        if !self.untold && self.events.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        self.untold = true;
        let quiet =
            async { while let Ok(Some(())) = time::timeout(QUIET, self.events.recv()).await {} };
        // either it is quiet or patience has ended: both mean that now is the time
        let _ = time::timeout(PATIENCE, quiet).await;
        self.untold = false;
    }
}

/// Watches the branches and tags of a local repository, bare or not.
///
/// # Errors
/// There is no repository, or the system has no watches left (`fs.inotify.max_user_watches`).
pub fn watch_local(repo: &Path) -> Result<Watch, SourceError> {
    let folder = Repository::open(repo)
        .map_err(|e| SourceError::local(repo.display().to_string(), e))?
        .commondir()
        .to_owned();
    // one waiting hint says as much as a hundred
    let (tell, events) = mpsc::channel(1);
    let refs = folder.join("refs");
    let told = move |event: notify::Result<Event>| {
        if event.is_ok_and(|e| moves_a_ref(&e, &refs)) {
            let _ = tell.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told).map_err(|e| unwatchable(&folder, e))?;
    // HEAD and packed-refs lie in the folder itself, and git replaces them, so the folder is watched and not the files
    for (path, mode) in [
        (folder.clone(), RecursiveMode::NonRecursive),
        (folder.join("refs"), RecursiveMode::Recursive),
    ] {
        watcher
            .watch(&path, mode)
            .map_err(|e| unwatchable(&path, e))?;
    }
    Ok(Watch {
        events,
        untold: false,
        _watcher: watcher,
    })
}

/// Tells whether an event may mean that a ref moved: somebody wrote, and not only git's index or a lock.
fn moves_a_ref(event: &Event, refs: &Path) -> bool {
    let tells = |path: &Path| {
        let is_lock = path.extension().is_some_and(|e| e == "lock");
        let is_head = path
            .file_name()
            .is_some_and(|n| n == "HEAD" || n == "packed-refs");
        (is_head || path.starts_with(refs)) && !is_lock
    };
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|p| tells(p))
}

fn unwatchable(path: &Path, error: notify::Error) -> SourceError {
    SourceError::File {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    }
}
