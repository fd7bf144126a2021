//! The source as the daemon meets it: real repositories, rewritten, damaged, too large, silent.
#![allow(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

mod damage;
mod dir;
mod https;
mod net;
mod repo;
mod ssh;
mod tree;
mod watch;

use headgate::{
    config::Reference,
    model::CommitId,
    source::{GitSource, SourceError, watch_local},
};
use repo::{ENOUGH, Remote, text};

/// Holds an error to its kind, and its text with all its causes to what a person needs.
fn told(error: &SourceError, kind: &str, words: &[&str]) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    assert_eq!(error.kind(), kind, "{text}");
    assert!(SourceError::KINDS.contains(&kind));
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in {text:?}");
    }
    text
}

#[tokio::test]
async fn the_newest_commit_of_a_branch_is_read_in_order() {
    let (remote, commit) = Remote::with(&[
        ("desired-state/b/c.yaml", "c"),
        ("desired-state/a.yaml", "a"),
        ("policies/p.rego", "p"),
        ("README.md", "not ours"),
    ]);
    let source = remote.main();
    assert_eq!(source.fetch().await.unwrap(), commit);
    let tree = source.read(&commit).unwrap();
    assert_eq!(tree.commit, Some(commit));
    let pair = |path: &str, content: &str| (path.to_owned(), content.to_owned());
    assert_eq!(
        text(&tree.files),
        [
            pair("desired-state/a.yaml", "a"),
            pair("desired-state/b/c.yaml", "c")
        ]
    );
    assert_eq!(text(&tree.policies), [pair("policies/p.rego", "p")]);
}

#[tokio::test]
async fn earlier_commits_stay_readable_also_after_a_restart_without_the_remote() {
    let (remote, old) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    let new = remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    assert_eq!(source.fetch().await.unwrap(), new);
    assert_eq!(text(&source.read(&old).unwrap().files)[0].1, "a: 1\n");

    std::fs::remove_dir_all(remote.path()).unwrap();
    drop(source);
    let restarted = remote.main();
    told(
        &restarted.fetch().await.unwrap_err(),
        "not_found",
        &[
            "there is no repository at",
            "the path does not exist",
            "source.repo",
        ],
    );
    assert_eq!(text(&restarted.read(&old).unwrap().files)[0].1, "a: 1\n");
    assert_eq!(text(&restarted.read(&new).unwrap().files)[0].1, "a: 2\n");
}

#[tokio::test]
async fn rewritten_history_is_told_and_what_was_before_it_stays_readable() {
    let (remote, first) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    let second = remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    source.fetch().await.unwrap();
    assert!(source.descends(&second, &first).unwrap());
    assert!(source.descends(&second, &second).unwrap());
    assert!(!source.descends(&first, &second).unwrap());

    let rewritten = remote.rewrite("main", &[("desired-state/a.yaml", "a: 3\n")]);
    assert_eq!(source.fetch().await.unwrap(), rewritten);
    assert!(!source.descends(&rewritten, &second).unwrap());
    source.read(&second).unwrap();
    let unknown = CommitId("0123456789012345678901234567890123456789".into());
    assert!(!source.descends(&rewritten, &unknown).unwrap());
    let error = source.descends(&unknown, &second).unwrap_err();
    told(&error, "not_found", &["is not in the clone"]);
}

#[tokio::test]
async fn a_branch_that_is_gone_is_an_error_and_not_its_last_commit() {
    let (remote, commit) = Remote::with(ENOUGH);
    remote.commit("other", ENOUGH);
    remote.commit("release", ENOUGH);
    let source = remote.source(Reference::Branch("release".into()));
    source.fetch().await.unwrap();
    remote
        .git
        .find_reference("refs/heads/release")
        .unwrap()
        .delete()
        .unwrap();
    let error = source.fetch().await.unwrap_err();
    told(
        &error,
        "not_found",
        &["has no branch release", "its branches are: main, other"],
    );
    source.read(&commit).unwrap();
}

#[tokio::test]
async fn a_repository_without_commits_says_so() {
    let error = Remote::empty().main().fetch().await.unwrap_err();
    told(
        &error,
        "not_found",
        &["has no branch main", "no branches at all"],
    );
}

#[tokio::test]
async fn tags_are_followed_to_their_commit_and_when_they_move() {
    let (remote, first) = Remote::with(ENOUGH);
    let object = |id: &CommitId| {
        let id = git2::Oid::from_str(id.as_str()).unwrap();
        remote.git.find_object(id, None).unwrap()
    };
    let who = remote.git.find_commit(object(&first).id()).unwrap();
    remote
        .git
        .tag("v1", &object(&first), &who.author(), "annotated", false)
        .unwrap();
    let source = remote.source(Reference::Tag("v1".into()));
    assert_eq!(source.fetch().await.unwrap(), first);
    assert!(!source.read(&first).unwrap().files.is_empty());

    let second = remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    assert_eq!(
        source.fetch().await.unwrap(),
        first,
        "a branch that moves is no tag"
    );
    remote
        .git
        .tag_lightweight("v1", &object(&second), true)
        .unwrap();
    assert_eq!(source.fetch().await.unwrap(), second);

    let blob = remote.git.blob(b"no commit").unwrap();
    let blob = remote.git.find_object(blob, None).unwrap();
    remote.git.tag_lightweight("v1", &blob, true).unwrap();
    let error = source.fetch().await.unwrap_err();
    told(&error, "invalid", &["tag v1", "does not point at a commit"]);
    source.read(&second).unwrap();
}

#[tokio::test]
async fn a_pinned_commit_stays_and_must_be_on_a_branch_or_tag() {
    let (remote, first) = Remote::with(ENOUGH);
    remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    let source = remote.source(Reference::Commit(first.clone()));
    assert_eq!(source.fetch().await.unwrap(), first);
    assert!(!source.read(&first).unwrap().files.is_empty());
    remote.commit("main", &[("desired-state/a.yaml", "a: 3\n")]);
    assert_eq!(source.fetch().await.unwrap(), first);

    // a commit that is in the repository and on none of its branches, as a fork's are at a forge
    let stray = remote.commit("stray", &[("desired-state/a.yaml", "evil\n")]);
    let mut branch = remote.git.find_reference("refs/heads/stray").unwrap();
    branch.delete().unwrap();
    let source = source.with_settings(&headgate::config::Source::new(
        remote.path().display().to_string(),
        Reference::Commit(stray.clone()),
    ));
    let error = source.fetch().await.unwrap_err();
    told(
        &error,
        "not_found",
        &["none of its branches and tags holds it"],
    );
}

#[tokio::test]
async fn a_repository_is_reached_by_path_and_by_url() {
    let (remote, commit) = Remote::with(ENOUGH);
    for repo in [
        remote.path().display().to_string(),
        format!("file://{}", remote.path().display()),
    ] {
        let source = remote.source_with(Reference::Branch("main".into()), |s| {
            s.repo.clone_from(&repo)
        });
        assert_eq!(source.fetch().await.unwrap(), commit, "{repo}");
        assert!(source.read(&commit).is_ok());
    }
}

#[tokio::test]
async fn two_daemons_never_share_a_clone() {
    let (remote, commit) = Remote::with(ENOUGH);
    let first = remote.main();
    first.fetch().await.unwrap();
    let second = remote.main();
    let error = second.fetch().await.unwrap_err();
    told(&error, "busy", &["another headgate", "ledger.path"]);
    assert_eq!(first.fetch().await.unwrap(), commit);
    drop(first);
    assert_eq!(second.fetch().await.unwrap(), commit);
}

#[tokio::test]
async fn changed_settings_take_over_the_clone() {
    let (remote, _) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    let other = Remote::with(&[("desired-state/a.yaml", "other\n")]);
    let changed = source.with_settings(&headgate::config::Source::new(
        other.0.path().display().to_string(),
        Reference::Branch("main".into()),
    ));
    let commit = changed.fetch().await.unwrap();
    assert_eq!(commit, other.1);
    assert_eq!(text(&changed.read(&commit).unwrap().files)[0].1, "other\n");
}

#[tokio::test]
async fn many_fetches_leave_few_packs_and_lose_nothing() {
    let (remote, first) = Remote::with(ENOUGH);
    let source: GitSource = remote.main();
    source.fetch().await.unwrap();
    let old = remote.commit("main", &[("desired-state/a.yaml", "old\n")]);
    source.fetch().await.unwrap();
    let rewritten = remote.rewrite("main", ENOUGH);
    source.fetch().await.unwrap();
    for i in 0..52 {
        remote.commit("main", &[("desired-state/a.yaml", &format!("{i}\n"))]);
        source.fetch().await.unwrap();
    }
    let packs = repo::find(&remote.cache(), ".pack").len();
    assert!(packs < 10, "{packs} packs");
    for commit in [&first, &old, &rewritten] {
        source.read(commit).unwrap();
    }
}

#[tokio::test]
async fn a_repository_of_another_user_is_told_as_such() {
    let (remote, _) = Remote::with(ENOUGH);
    let given = std::os::unix::fs::chown(remote.path(), Some(12_345), None);
    if given.is_err() {
        // only root can give a folder away
        return;
    }
    let words = ["belongs to another user", "safe.directory"];
    told(&remote.main().fetch().await.unwrap_err(), "auth", &words);
    told(&watch_local(&remote.path()).unwrap_err(), "auth", &words);
}
