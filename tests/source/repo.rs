//! Repositories to fetch from.

use std::path::{Path, PathBuf};

use git2::{Oid, Repository, RepositoryInitOptions, Signature, Time};
use headgate::{
    config::{Reference, Source},
    model::CommitId,
    source::GitSource,
};
use tempfile::TempDir;

/// A desired state that is enough to be read.
pub(super) const ENOUGH: &[(&str, &str)] = &[("desired-state/a.yaml", "a: 1\n")];

/// A bare repository with a branch `main`, and a place for a clone beside it.
pub(super) struct Remote {
    pub(super) dir: TempDir,
    pub(super) git: Repository,
}

impl Remote {
    pub(super) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = RepositoryInitOptions::new();
        options
            .bare(true)
            .external_template(false)
            .initial_head("main");
        let git = Repository::init_opts(dir.path().join("remote.git"), &options).unwrap();
        Self { dir, git }
    }

    /// Makes a repository with one commit.
    pub(super) fn with(files: &[(&str, &str)]) -> (Self, CommitId) {
        let remote = Self::empty();
        let commit = remote.commit("main", files);
        (remote, commit)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.git.path().to_owned()
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    pub(super) fn source(&self, reference: Reference) -> GitSource {
        self.source_with(reference, |_| {})
    }

    pub(super) fn main(&self) -> GitSource {
        self.source(Reference::Branch("main".into()))
    }

    pub(super) fn source_with(
        &self,
        reference: Reference,
        change: impl FnOnce(&mut Source),
    ) -> GitSource {
        let mut settings = Source::new(self.path().display().to_string(), reference);
        change(&mut settings);
        GitSource::new(&settings, self.cache())
    }

    /// Commits exactly these files on top of a branch.
    pub(super) fn commit(&self, branch: &str, files: &[(&str, &str)]) -> CommitId {
        let tree = self.tree(files);
        self.commit_tree(branch, tree, true)
    }

    /// Makes a branch forget what it was: one commit without a past.
    pub(super) fn rewrite(&self, branch: &str, files: &[(&str, &str)]) -> CommitId {
        let tree = self.tree(files);
        self.commit_tree(branch, tree, false)
    }

    pub(super) fn commit_tree(&self, branch: &str, tree: Oid, on_top: bool) -> CommitId {
        let name = format!("refs/heads/{branch}");
        let parent = self
            .git
            .find_reference(&name)
            .ok()
            .filter(|_| on_top)
            .map(|r| r.peel_to_commit().unwrap());
        let who = Signature::new("a", "a@example.com", &Time::new(1_700_000_000, 0)).unwrap();
        let tree = self.git.find_tree(tree).unwrap();
        let parents: Vec<_> = parent.iter().collect();
        let commit = self
            .git
            .commit(None, &who, &who, "change", &tree, &parents)
            .unwrap();
        self.git.reference(&name, commit, true, "test").unwrap();
        CommitId(commit.to_string())
    }

    /// Writes files as a tree; `->` before the content makes a symbolic link.
    pub(super) fn tree(&self, files: &[(&str, &str)]) -> Oid {
        let mut folders: std::collections::BTreeMap<&str, Vec<(&str, &str)>> = Default::default();
        let mut builder = self.git.treebuilder(None).unwrap();
        for (path, content) in files {
            match path.split_once('/') {
                Some((folder, rest)) => folders.entry(folder).or_default().push((rest, content)),
                None => {
                    let (mode, content) = match content.strip_prefix("->") {
                        Some(target) => (0o120_000, target),
                        None => (0o100_644, *content),
                    };
                    let blob = self.git.blob(content.as_bytes()).unwrap();
                    builder.insert(path, blob, mode).unwrap();
                }
            }
        }
        for (folder, below) in folders {
            builder
                .insert(folder, self.tree(&below), 0o040_000)
                .unwrap();
        }
        builder.write().unwrap()
    }
}

/// The files of a tree as text.
pub(super) fn text(files: &[headgate::model::SourceFile]) -> Vec<(String, String)> {
    files
        .iter()
        .map(|f| (f.path.clone(), String::from_utf8(f.bytes.clone()).unwrap()))
        .collect()
}

/// Finds files below a folder by the end of their names.
pub(super) fn find(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "a test looks into its own files")]
pub(super) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
