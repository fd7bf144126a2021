//! Plain files instead of a commit (source, rank 6): `--source DIR`, for checking a branch before it is committed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{SourceError, Tree, tree};
use crate::{
    config::{Limits, Source},
    model::SourceFile,
};

/// A folder of plain files in the shape of the repository, or of its desired state alone.
#[derive(Debug, Clone)]
pub struct DirSource {
    dir: PathBuf,
    path: String,
    policies: String,
    limits: Limits,
}

impl DirSource {
    /// Takes a folder with the default names of its parts and the default limits.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            path: Source::DEFAULT_PATH.into(),
            policies: Source::DEFAULT_POLICIES.into(),
            limits: Limits::default(),
        }
    }

    /// Takes the names of the folder's parts and the limits from `headgate.yaml`.
    #[must_use]
    pub fn with_settings(dir: impl Into<PathBuf>, settings: &Source) -> Self {
        Self {
            dir: dir.into(),
            path: settings.path.clone(),
            policies: settings.policies.clone(),
            limits: settings.limits,
        }
    }

    /// Reads the files. When the folder lacks a `desired-state` (or what `source.path` says), it is taken for the
    /// desired state itself, and its policies are looked for in it and beside it.
    ///
    /// # Errors
    /// A file cannot be read, is a link, or goes beyond a limit; or there are no files at all.
    pub fn read(&self) -> Result<Tree, SourceError> {
        let mut budget = tree::Budget::new(self.limits);
        let whole = self.dir.join(&self.path).is_dir();
        let files = if whole {
            list(&self.dir, &self.path, &mut budget)?
        } else {
            list(&self.dir, ".", &mut budget)?
        };
        if files.is_empty() {
            return Err(tree::nothing_in(
                if whole { &self.path } else { "." },
                &self.dir.display().to_string(),
            ));
        }
        let beside = self.dir.join("..");
        let root = if whole || self.dir.join(&self.policies).is_dir() {
            &self.dir
        } else {
            &beside
        };
        let policies = if root.join(&self.policies).is_dir() {
            list(root, &self.policies, &mut budget)?
        } else {
            Vec::new()
        };
        Ok(Tree {
            commit: None,
            files,
            policies,
        })
    }
}

/// Reads the files below a part of a folder.
fn list(
    root: &Path,
    part: &str,
    budget: &mut tree::Budget,
) -> Result<Vec<SourceFile>, SourceError> {
    let (dir, at) = match part {
        "." => (root.to_path_buf(), ""),
        part => (root.join(part), part),
    };
    let mut files = Vec::new();
    walk(&dir, at, 0, budget, &mut files)?;
    Ok(files)
}

fn walk(
    dir: &Path,
    at: &str,
    depth: usize,
    budget: &mut tree::Budget,
    files: &mut Vec<SourceFile>,
) -> Result<(), SourceError> {
    budget.folder(at, depth)?;
    for (name, path) in sorted(dir)? {
        let shown = tree::join(at, &name);
        let meta = fs::symlink_metadata(&path).map_err(|e| unreadable(&path, e))?;
        if meta.is_symlink() {
            return Err(tree::symlink(&shown));
        } else if meta.is_dir() {
            walk(&path, &shown, depth + 1, budget, files)?;
        } else if meta.is_file() {
            budget.file(&shown, meta.len())?;
            files.push(SourceFile {
                path: shown,
                bytes: content(&path)?,
            });
        }
    }
    Ok(())
}

/// Lists a folder by name, without git's own folder.
fn sorted(dir: &Path) -> Result<Vec<(String, PathBuf)>, SourceError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| unreadable(dir, e))? {
        let path = entry.map_err(|e| unreadable(dir, e))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name != ".git" {
            names.push((name, path));
        }
    }
    names.sort();
    Ok(names)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads plain files"
)]
fn content(path: &Path) -> Result<Vec<u8>, SourceError> {
    fs::read(path).map_err(|e| unreadable(path, e))
}

fn unreadable(path: &Path, source: std::io::Error) -> SourceError {
    SourceError::File {
        path: path.to_owned(),
        source,
    }
}
