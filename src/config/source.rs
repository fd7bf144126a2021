//! The `source` section: the repository, what of it is followed, and how one gets in (config, rank 2).

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::model::{CommitId, SecretRef};

/// Where desired state comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `https://`, `ssh://` or `file://` URL, or an absolute path. It holds no password, so it may be shown.
    pub repo: String,
    /// What is followed.
    pub reference: Reference,
    /// Folder of the desired state below the repository's root; `.` is the root. Default `desired-state`.
    pub path: String,
    /// Folder of the Rego rules below the repository's root; it may be absent there. Default `policies`.
    pub policies: String,
    /// Time from one fetch to the next; at least 1 s. Default 30 s.
    pub interval: Duration,
    /// How one gets in; `None` for a public or a local repository.
    pub auth: Option<Auth>,
    /// PEM file with the CA of a private https server, trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// A commit that may be applied although it does not descend from the last applied one.
    pub acknowledge: Option<CommitId>,
    /// What a tree may hold at most; checked before anything is parsed.
    pub limits: Limits,
}

impl Source {
    /// Where desired state lies when nothing is said.
    pub const DEFAULT_PATH: &'static str = "desired-state";
    /// Where rules lie when nothing is said.
    pub const DEFAULT_POLICIES: &'static str = "policies";
    /// How often to fetch when nothing is said.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);

    /// Makes the settings of a repository that needs no credentials, with defaults for all the rest.
    #[must_use]
    pub fn new(repo: impl Into<String>, reference: Reference) -> Self {
        Self {
            repo: repo.into(),
            reference,
            path: Self::DEFAULT_PATH.into(),
            policies: Self::DEFAULT_POLICIES.into(),
            interval: Self::DEFAULT_INTERVAL,
            auth: None,
            ca: None,
            acknowledge: None,
            limits: Limits::default(),
        }
    }

    /// Takes relative paths for ones below `dir`.
    pub(super) fn resolve(&mut self, dir: &Path) {
        if !self.repo.contains("://") {
            self.repo = dir.join(&self.repo).to_string_lossy().into_owned();
        }
        match &mut self.auth {
            Some(Auth::Ssh { key, known_hosts }) => {
                super::resolve(key, dir);
                super::resolve(known_hosts, dir);
            }
            Some(Auth::Token(token)) => super::resolve(token, dir),
            None => {}
        }
        if let Some(ca) = &mut self.ca {
            *ca = dir.join(&ca);
        }
    }

    /// Returns the folder of a repository on this machine, `None` for one behind the network.
    #[must_use]
    pub fn local_path(&self) -> Option<PathBuf> {
        match self.repo.split_once("://") {
            None => Some(self.repo.as_str().into()),
            Some(("file", path)) => Some(path.into()),
            Some(_) => None,
        }
    }
}

/// What is followed: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// The newest commit of a branch.
    Branch(String),
    /// The commit that a tag, annotated or not, points at.
    Tag(String),
    /// One commit, which must be on a branch or tag of the repository.
    Commit(CommitId),
}

impl Reference {
    /// Returns the name of the branch or tag, or the commit id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
            Self::Commit(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Branch(_) => "branch",
            Self::Tag(_) => "tag",
            Self::Commit(_) => "commit",
        };
        write!(f, "{what} {}", self.as_str())
    }
}

/// How one gets into the repository. Both are read again at each fetch, so that they can be rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A key, and the host keys that are trusted. There is no way to trust a host that is not among them.
    Ssh {
        /// Private key (OpenSSH or PEM) without a passphrase.
        key: SecretRef,
        /// Lines as `ssh-keyscan` prints them.
        known_hosts: SecretRef,
    },
    /// An access token, sent as the password of basic authentication over https.
    Token(SecretRef),
}

/// What a tree may hold at most. The defaults are ten times what the largest known platform repository holds; a tree
/// within them is parsed in about 100 MB of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files below `path` and `policies` together. Default 10,000.
    pub files: usize,
    /// Bytes of one file. Default 1 MiB.
    pub file_bytes: u64,
    /// Bytes of all files. Default 64 MiB.
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 10_000,
            file_bytes: 1 << 20,
            total_bytes: 64 << 20,
        }
    }
}
