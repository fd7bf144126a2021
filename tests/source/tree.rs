//! Trees that are not ones to work from.

use headgate::{
    config::{Limits, Reference, Source},
    model::CommitId,
    source::{SourceError, Tree},
};

use super::{
    repo::{ENOUGH, Remote},
    told,
};

async fn read(remote: &Remote, change: impl FnOnce(&mut Source)) -> Result<Tree, SourceError> {
    let source = remote.source_with(Reference::Branch("main".into()), change);
    let commit: CommitId = source
        .fetch()
        .await
        .expect("whatever the tree, it is fetched");
    source.read(&commit)
}

async fn refused(files: &[(&str, &str)], change: impl FnOnce(&mut Source)) -> SourceError {
    let (remote, _) = Remote::with(files);
    read(&remote, change).await.unwrap_err()
}

#[tokio::test]
async fn an_empty_or_missing_folder_is_an_error_and_no_wish_to_delete() {
    let words = [
        "desired-state",
        "nothing is changed or deleted",
        "source.path",
    ];
    told(
        &refused(&[("README.md", "x")], |_| {}).await,
        "invalid",
        &words,
    );
    told(&refused(&[], |_| {}).await, "invalid", &words);
    let (remote, _) = Remote::with(ENOUGH);
    read(&remote, |s| s.path = ".".into()).await.unwrap();
    let error = refused(&[("desired-state", "a file")], |_| {}).await;
    told(
        &error,
        "invalid",
        &["this is a file, and a folder is expected"],
    );
    let error = refused(ENOUGH, |s| s.path = "desired-state/a.yaml/b".into()).await;
    told(&error, "invalid", &["nothing is changed"]);
}

#[tokio::test]
async fn limits_hold_before_anything_is_loaded_and_name_the_file() {
    let files: &[(&str, &str)] = &[
        ("desired-state/a.yaml", "12345"),
        ("desired-state/b.yaml", "12345"),
        ("policies/c.rego", "12345"),
    ];
    let all = Limits {
        files: 5,
        file_bytes: 5,
        total_bytes: 15,
    };
    let (remote, _) = Remote::with(files);
    read(&remote, |s| s.limits = all).await.unwrap();
    for (limits, path, what) in [
        (
            Limits { files: 4, ..all },
            "policies/c.rego",
            "more files and folders; the limit is 4",
        ),
        (
            Limits {
                file_bytes: 4,
                ..all
            },
            "desired-state/a.yaml",
            "5 bytes; the limit is 4",
        ),
        (
            Limits {
                total_bytes: 9,
                ..all
            },
            "desired-state/b.yaml",
            "all files together have more bytes; the limit is 9",
        ),
    ] {
        let error = refused(files, |s| s.limits = limits).await;
        told(&error, "too_large", &[path, what, "source.limits"]);
    }
}

#[tokio::test]
async fn a_tree_of_trees_cannot_go_on_for_ever() {
    let (remote, _) = Remote::with(ENOUGH);
    // ten levels, each naming the level below ten times: ten thousand million folders, in ten objects
    let mut tree = remote.tree(&[]);
    for _ in 0..10 {
        let mut builder = remote.git.treebuilder(None).unwrap();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
            builder.insert(name, tree, 0o040_000).unwrap();
        }
        tree = builder.write().unwrap();
    }
    let mut root = remote.git.treebuilder(None).unwrap();
    root.insert("desired-state", tree, 0o040_000).unwrap();
    remote.commit_tree("main", root.write().unwrap(), true);
    let error = read(&remote, |_| {}).await.unwrap_err();
    told(
        &error,
        "too_large",
        &["more files and folders; the limit is 10000"],
    );

    let deep = format!("desired-state/{}a.yaml", "d/".repeat(40));
    let error = refused(&[(&deep, "x")], |_| {}).await;
    told(
        &error,
        "too_large",
        &["folders in folders; the limit is 32"],
    );
}

#[tokio::test]
async fn links_and_submodules_are_refused_where_they_would_be_read() {
    let error = refused(&[("desired-state/a.yaml", "->/etc/passwd")], |_| {}).await;
    told(
        &error,
        "invalid",
        &["desired-state/a.yaml: this is a symbolic link"],
    );
    let error = refused(&[("desired-state", "->elsewhere")], |_| {}).await;
    told(&error, "invalid", &["desired-state: this is a file"]);

    let (remote, first) = Remote::with(ENOUGH);
    let mut folder = remote.git.treebuilder(None).unwrap();
    let oid = git2::Oid::from_str(first.as_str()).unwrap();
    folder.insert("sub", oid, 0o160_000).unwrap();
    let folder = folder.write().unwrap();
    let mut root = remote.git.treebuilder(None).unwrap();
    root.insert("desired-state", folder, 0o040_000).unwrap();
    remote.commit_tree("main", root.write().unwrap(), true);
    let error = read(&remote, |_| {}).await.unwrap_err();
    told(
        &error,
        "invalid",
        &["desired-state/sub: this is a git submodule"],
    );

    let (remote, _) = Remote::with(&[("desired-state/a.yaml", "a"), ("docs/link", "->x")]);
    read(&remote, |_| {})
        .await
        .expect("what is not read may be a link");
}
