//! Reads one commit's files by object id, within limits that are checked before a byte of a file is loaded (source,
//! rank 6).

use std::path::Path;

use git2::{ObjectType, Odb, Oid, Repository, TreeEntry};

use super::{SourceError, Tree};
use crate::{
    config::{Limits, Source},
    model::{CommitId, SourceFile},
};

/// Folders within folders; a deeper tree is no repository that people write, and each level is a stack frame.
const MAX_DEPTH: usize = 32;

/// What is still allowed of a tree's files.
pub(super) struct Budget {
    limits: Limits,
    entries: usize,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: 0,
            bytes: 0,
        }
    }

    /// Counts a folder. Folders count as files do: a tree may name the same folder over and over.
    pub(super) fn folder(&mut self, path: &str, depth: usize) -> Result<(), SourceError> {
        if depth > MAX_DEPTH {
            return Err(too_large(
                path,
                "folders in folders".into(),
                MAX_DEPTH as u64,
            ));
        }
        self.entry(path)
    }

    /// Counts a file of this size.
    pub(super) fn file(&mut self, path: &str, bytes: u64) -> Result<(), SourceError> {
        let Limits {
            file_bytes,
            total_bytes,
            ..
        } = self.limits;
        if bytes > file_bytes {
            return Err(too_large(path, format!("{bytes} bytes"), file_bytes));
        }
        self.bytes += bytes;
        if self.bytes > total_bytes {
            let what = "all files together have more bytes".into();
            return Err(too_large(path, what, total_bytes));
        }
        self.entry(path)
    }

    fn entry(&mut self, path: &str) -> Result<(), SourceError> {
        self.entries += 1;
        let limit = self.limits.files;
        if self.entries > limit {
            return Err(too_large(
                path,
                "more files and folders".into(),
                limit as u64,
            ));
        }
        Ok(())
    }
}

fn too_large(path: &str, what: String, limit: u64) -> SourceError {
    SourceError::TooLarge {
        path: path.to_owned(),
        what,
        limit,
    }
}

/// Reads the files of a commit.
///
/// # Errors
/// The commit is not in the clone, the clone is damaged, or the tree is not one to work from.
pub(super) fn read(
    repo: &Repository,
    commit: &CommitId,
    settings: &Source,
) -> Result<Tree, SourceError> {
    let damaged = |source| SourceError::Corrupt {
        repo: settings.repo.clone(),
        source,
    };
    let missing = || SourceError::NoCommit {
        commit: commit.clone(),
    };
    let id = Oid::from_str(commit.as_str()).map_err(|_| missing())?;
    let odb = repo.odb().map_err(damaged)?;
    if !odb.exists(id) {
        return Err(missing());
    }
    let root = repo
        .find_commit(id)
        .and_then(|c| c.tree())
        .map_err(damaged)?;
    let mut reader = Reader {
        repo,
        odb,
        damaged: &damaged,
        budget: Budget::new(settings.limits),
    };
    let files = reader.folder(&root, &settings.path)?.unwrap_or_default();
    if files.is_empty() {
        return Err(nothing_in(&settings.path, &format!("commit {commit}")));
    }
    let policies = reader
        .folder(&root, &settings.policies)?
        .unwrap_or_default();
    Ok(Tree {
        commit: Some(commit.clone()),
        files,
        policies,
    })
}

/// Says that there is no desired state, which is never a wish to delete everything.
pub(super) fn nothing_in(path: &str, place: &str) -> SourceError {
    SourceError::invalid(
        path,
        format!(
            "{place} has no files there; an empty tree is taken for a mistake, so nothing is changed or deleted (source.path \
             in headgate.yaml says where desired state lies)"
        ),
    )
}

struct Reader<'a, D> {
    repo: &'a Repository,
    odb: Odb<'a>,
    damaged: &'a D,
    budget: Budget,
}

impl<D: Fn(git2::Error) -> SourceError> Reader<'_, D> {
    /// Reads the files below a folder of the root; `None` when it is not there.
    fn folder(
        &mut self,
        root: &git2::Tree<'_>,
        path: &str,
    ) -> Result<Option<Vec<SourceFile>>, SourceError> {
        let mut files = Vec::new();
        if path == "." {
            self.walk(root, "", 0, &mut files)?;
            return Ok(Some(files));
        }
        let entry = match root.get_path(Path::new(path)) {
            Ok(entry) => entry,
            Err(e)
                if e.code() == git2::ErrorCode::NotFound && e.class() == git2::ErrorClass::Tree =>
            {
                return Ok(None);
            }
            Err(e) => return Err((self.damaged)(e)),
        };
        if entry.kind() != Some(ObjectType::Tree) {
            return Err(SourceError::invalid(
                path,
                "this is a file, and a folder is expected",
            ));
        }
        let tree = self.repo.find_tree(entry.id()).map_err(self.damaged)?;
        self.walk(&tree, path, 0, &mut files)?;
        Ok(Some(files))
    }

    fn walk(
        &mut self,
        tree: &git2::Tree<'_>,
        at: &str,
        depth: usize,
        files: &mut Vec<SourceFile>,
    ) -> Result<(), SourceError> {
        self.budget.folder(at, depth)?;
        for entry in tree {
            let path = path_of(at, &entry)?;
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = self.repo.find_tree(entry.id()).map_err(self.damaged)?;
                    self.walk(&below, &path, depth + 1, files)?;
                }
                Some(ObjectType::Blob) if entry.filemode() == SYMLINK => {
                    return Err(symlink(&path));
                }
                Some(ObjectType::Blob) => files.push(self.file(path, entry.id())?),
                Some(ObjectType::Commit) => {
                    return Err(SourceError::invalid(
                        path,
                        "this is a git submodule, whose files are in another repository; put the files themselves here",
                    ));
                }
                _ => {
                    return Err(SourceError::invalid(
                        path,
                        "this is neither a file nor a folder",
                    ));
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String, id: Oid) -> Result<SourceFile, SourceError> {
        // the header tells the size without loading the content
        let (size, _) = self.odb.read_header(id).map_err(self.damaged)?;
        self.budget.file(&path, size as u64)?;
        let blob = self.repo.find_blob(id).map_err(self.damaged)?;
        Ok(SourceFile {
            path,
            bytes: blob.content().to_vec(),
        })
    }
}

/// Git's file mode of a symbolic link.
const SYMLINK: i32 = 0o120_000;

/// Says that links are not followed: one could point at any file of the daemon's host.
pub(super) fn symlink(path: &str) -> SourceError {
    SourceError::invalid(
        path,
        "this is a symbolic link, and links are not followed; put the file itself here",
    )
}

fn path_of(at: &str, entry: &TreeEntry<'_>) -> Result<String, SourceError> {
    let name = std::str::from_utf8(entry.name_bytes()).map_err(|_| {
        let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
        SourceError::invalid(join(at, &name), "the file's name is not UTF-8; rename it")
    })?;
    Ok(join(at, name))
}

/// Joins a folder of the tree and a name in it.
pub(super) fn join(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}/{name}")
    }
}
