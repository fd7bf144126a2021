//! A bare repository, as it would stand on a server, and somebody's clone of it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A repository that takes pushes.
pub(super) struct Repo {
    /// The bare repository, which headgate follows.
    pub(super) bare: PathBuf,
    work: PathBuf,
}

impl Repo {
    /// Makes both below a folder.
    pub(super) fn new(dir: &Path) -> Self {
        let repo = Self {
            bare: dir.join("platform.git"),
            work: dir.join("work"),
        };
        git(dir, &["init", "-q", "--bare", "-b", "main", "platform.git"]);
        git(dir, &["init", "-q", "-b", "main", "work"]);
        git(&repo.work, &["remote", "add", "origin", "../platform.git"]);
        repo
    }

    /// Writes files, commits and pushes them; returns the commit's id.
    pub(super) fn push(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.work.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, text);
        }
        self.commit(&["--allow-empty"])
    }

    /// Removes a file or folder, commits and pushes that; returns the commit's id.
    pub(super) fn push_without(&self, name: &str) -> String {
        git(&self.work, &["rm", "-q", "-r", name]);
        self.commit(&[])
    }

    /// Replaces the last commit by another one with these files, and pushes by force.
    pub(super) fn rewrite(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            write(&self.work.join(name), text);
        }
        self.commit(&["--amend"])
    }

    /// Returns the clone's folder: the same files, without git.
    pub(super) fn files(&self) -> &Path {
        &self.work
    }

    fn commit(&self, how: &[&str]) -> String {
        git(&self.work, &["add", "-A"]);
        git(
            &self.work,
            &[&["commit", "-q", "-m", "as agreed"], how].concat(),
        );
        git(&self.work, &["push", "-q", "-f", "origin", "main"]);
        git(&self.work, &["rev-parse", "HEAD"]).trim().to_owned()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests write their own files")]
pub(super) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn git(dir: &Path, args: &[&str]) -> String {
    let who = [
        "user.name=test",
        "user.email=test@example.org",
        "commit.gpgsign=false",
    ];
    let done = Command::new("git")
        .args(who.iter().flat_map(|setting| ["-c", setting]))
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        // a hook that runs the tests says where its own repository is
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .expect("the tests need the git command");
    assert!(
        done.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}
