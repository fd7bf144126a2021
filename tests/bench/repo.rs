//! The git repository that the daemon follows.

use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature};
use tokio::time::Instant;

use crate::Failure;

/// A repository with a work tree.
pub(crate) struct Repo {
    git: Repository,
    path: PathBuf,
}

impl Repo {
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main");
        Ok(Self {
            git: Repository::init_opts(path, &options)?,
            path: path.to_owned(),
        })
    }

    /// Commits files. Returns the commit, and the moment at which it began to exist.
    pub(crate) fn commit(&self, files: &[(String, String)]) -> Result<(String, Instant), Failure> {
        for (name, text) in files {
            write(&self.path.join(name), text)?;
        }
        let mut index = self.git.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = self.git.find_tree(index.write_tree()?)?;
        let parent = match self.git.head() {
            Ok(head) => Some(head.peel_to_commit()?),
            Err(_) => None,
        };
        let author = Signature::now("bench", "bench@example.org")?;
        let began = Instant::now();
        let commit = self.git.commit(
            Some("HEAD"),
            &author,
            &author,
            "topics",
            &tree,
            &parent.iter().collect::<Vec<_>>(),
        )?;
        Ok((commit.to_string(), began))
    }
}

/// Writes a file and the folders above it.
#[expect(clippy::disallowed_methods, reason = "the bench writes its own files")]
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}
