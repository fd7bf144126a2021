//! Watching a repository on this machine.

use std::time::Duration;

use git2::Repository;
use headgate::source::{Watch, watch_local};

use super::{
    repo::{ENOUGH, Remote},
    told,
};

/// Waits for an event; one that never comes fails the test instead of hanging it.
async fn event(watch: &mut Watch) -> bool {
    tokio::time::timeout(Duration::from_secs(20), watch.changed())
        .await
        .is_ok()
}

#[tokio::test]
async fn a_commit_wakes_whoever_watches() {
    let (remote, _) = Remote::with(ENOUGH);
    let mut watch = watch_local(&remote.path()).unwrap();
    remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    assert!(event(&mut watch).await);
    // the next commit is an event of its own, also on a branch in a folder that is new
    remote.commit("team/feature", ENOUGH);
    assert!(event(&mut watch).await);
}

#[tokio::test]
async fn a_repository_with_a_work_tree_is_watched_too() {
    let dir = tempfile::tempdir().unwrap();
    let git = Repository::init(dir.path()).unwrap();
    let mut watch = watch_local(dir.path()).unwrap();
    let who = git2::Signature::now("a", "a@example.com").unwrap();
    let tree = git.treebuilder(None).unwrap().write().unwrap();
    let tree = git.find_tree(tree).unwrap();
    git.commit(Some("HEAD"), &who, &who, "first", &tree, &[])
        .unwrap();
    assert!(event(&mut watch).await);
}

#[tokio::test]
async fn an_event_is_not_lost_when_its_waiter_gives_up_in_between() {
    let (remote, _) = Remote::with(ENOUGH);
    let mut watch = watch_local(&remote.path()).unwrap();
    remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    // shorter than the quiet it waits for, and long enough for the first event to have come
    let gave_up = tokio::time::timeout(Duration::from_millis(100), watch.changed()).await;
    assert!(gave_up.is_err());
    assert!(event(&mut watch).await);
}

#[tokio::test]
async fn a_folder_without_a_repository_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let error = watch_local(&dir.path().join("no")).unwrap_err();
    told(&error, "not_found", &["there is no repository at"]);
}
