//! Plain files instead of a commit.

use std::{fs, path::Path};

use headgate::{
    config::{Limits, Reference, Source},
    source::DirSource,
};

use super::told;

#[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
fn write(dir: &Path, files: &[&str]) {
    for file in files {
        let path = dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "12345").unwrap();
    }
}

fn paths(source: &DirSource) -> (Vec<String>, Vec<String>) {
    let tree = source.read().unwrap();
    assert_eq!(tree.commit, None);
    let names =
        |files: Vec<headgate::model::SourceFile>| files.into_iter().map(|f| f.path).collect();
    (names(tree.files), names(tree.policies))
}

#[test]
fn a_folder_in_the_shape_of_the_repository_is_read_as_one() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            "desired-state/b/c.yaml",
            "desired-state/a.yaml",
            "policies/p.rego",
            ".git/config",
            "README.md",
        ],
    );
    let (files, policies) = paths(&DirSource::new(dir.path()));
    assert_eq!(files, ["desired-state/a.yaml", "desired-state/b/c.yaml"]);
    assert_eq!(policies, ["policies/p.rego"]);

    // the desired state alone is enough, and the policies beside it count
    let (files, policies) = paths(&DirSource::new(dir.path().join("desired-state")));
    assert_eq!(files, ["a.yaml", "b/c.yaml"]);
    assert_eq!(policies, ["policies/p.rego"]);
}

#[test]
fn the_limits_of_commits_hold_for_plain_files() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &["desired-state/a.yaml", "desired-state/b.yaml"],
    );
    let mut settings = Source::new("unused", Reference::Branch("main".into()));
    settings.limits = Limits {
        total_bytes: 9,
        ..Limits::default()
    };
    let error = DirSource::with_settings(dir.path(), &settings)
        .read()
        .unwrap_err();
    told(
        &error,
        "too_large",
        &["desired-state/b.yaml", "the limit is 9"],
    );
}

#[test]
fn links_and_nothing_at_all_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = DirSource::new(dir.path()).read().unwrap_err();
    told(&error, "invalid", &["has no files there"]);
    write(dir.path(), &["desired-state/a.yaml"]);
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("desired-state/b.yaml")).unwrap();
    let error = DirSource::new(dir.path()).read().unwrap_err();
    told(
        &error,
        "invalid",
        &["desired-state/b.yaml: this is a symbolic link"],
    );
    let error = DirSource::new(dir.path().join("no")).read().unwrap_err();
    told(&error, "cache", &["cannot be read"]);
}
