//! What can go wrong between Headgate and its repository, in words for the person who has to act (source, rank 6).

use std::{io, path::PathBuf, time::Duration};

use crate::{model::CommitId, secrets::SecretError};

/// How libgit2 says that a repository belongs to another user.
pub(super) const NOT_OURS: &str = "not owned by current user";

/// Why a revision could not be fetched or read. Nothing is ever deleted because of one: the last good revision stays.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The remote does not let us in.
    #[error("{repo} refuses the credentials: {reason}")]
    Auth {
        /// The repository.
        repo: String,
        /// What was offered and what to do.
        reason: &'static str,
        /// What the transport said.
        #[source]
        source: git2::Error,
    },
    /// A credential that `headgate.yaml` names cannot be read.
    #[error("a credential of the repository cannot be read; check source.auth in headgate.yaml")]
    Secret(#[source] SecretError),
    /// The SSH server is not the one that is pinned.
    #[error("the SSH host key of {host} is not trusted: {reason}")]
    HostKey {
        /// Host, and port where it is not 22.
        host: String,
        /// What was shown, what was expected and what to do.
        reason: String,
    },
    /// The https server's certificate is not valid, or signed by nobody we trust.
    #[error(
        "the certificate of {repo} is not trusted; if a private CA signed it, name its PEM file as source.tls.ca"
    )]
    Certificate {
        /// The repository.
        repo: String,
        /// What the TLS library said.
        #[source]
        source: git2::Error,
    },
    /// The remote took too long, altogether or without sending anything.
    #[error("{repo} did not answer in time (given up after {} s); check the network and the server", after.as_secs())]
    Timeout {
        /// The repository.
        repo: String,
        /// What was waited.
        after: Duration,
    },
    /// An earlier fetch hangs, and its thread cannot be ended from outside.
    #[error("an earlier fetch of {repo} has not ended yet; it is left alone until it does")]
    Busy {
        /// The repository.
        repo: String,
    },
    /// Another process holds the clone.
    #[error("the clone in {} belongs to another headgate that is running; stop it, or give this one its own ledger.path", dir.display())]
    Locked {
        /// The cache folder.
        dir: PathBuf,
    },
    /// No connection, or it broke.
    #[error("{repo} cannot be reached; check the address, the network and the server")]
    Unreachable {
        /// The repository.
        repo: String,
        /// What the transport said.
        #[source]
        source: git2::Error,
    },
    /// There is no repository at the address, or our credentials may not see it.
    #[error(
        "there is no repository at {repo}, or the credentials may not see it; check source.repo and source.auth"
    )]
    NoRepository {
        /// The repository.
        repo: String,
        /// What the transport said.
        #[source]
        source: git2::Error,
    },
    /// There is no repository at a path of this machine.
    #[error("there is no repository at {}: {reason}; check source.repo in headgate.yaml", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
        /// What is there instead.
        reason: &'static str,
    },
    /// The branch, tag or commit is not there.
    #[error("{repo} has no {reference}; {known}")]
    NoReference {
        /// The repository.
        repo: String,
        /// What was looked for.
        reference: String,
        /// What there is instead.
        known: String,
    },
    /// The commit was never fetched, or history no longer holds it.
    #[error(
        "commit {commit} is not in the clone; the next fetch gets it if a followed branch or tag still holds it"
    )]
    NoCommit {
        /// The commit.
        commit: CommitId,
    },
    /// The tree goes beyond a limit.
    #[error("{path}: {what}; the limit is {limit} (source.limits in headgate.yaml)")]
    TooLarge {
        /// The file or folder that went over.
        path: String,
        /// What was found.
        what: String,
        /// What is allowed.
        limit: u64,
    },
    /// The tree is not one that Headgate works from.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file or folder.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The clone, or the remote itself, is damaged; the clone is made again at the next fetch.
    #[error("the clone of {repo} is damaged; it is made again at the next fetch")]
    Corrupt {
        /// The repository.
        repo: String,
        /// What git found.
        #[source]
        source: git2::Error,
    },
    /// The clone's folder cannot be written or read.
    #[error("{} cannot be used for the clone; check its owner, its rights and the free space", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A plain file or folder cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A defect of Headgate: the fetch ended without a word.
    #[error("the fetch of {repo} ended without a result (logical bug)")]
    Lost {
        /// The repository.
        repo: String,
    },
}

impl SourceError {
    /// Every word that [`SourceError::kind`] returns.
    pub const KINDS: [&'static str; 12] = [
        "auth",
        "busy",
        "cache",
        "certificate",
        "corrupt",
        "host_key",
        "internal",
        "invalid",
        "not_found",
        "timeout",
        "too_large",
        "unreachable",
    ];

    /// Returns the word that metrics count under.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Auth { .. } | Self::Secret(_) => "auth",
            Self::HostKey { .. } => "host_key",
            Self::Certificate { .. } => "certificate",
            Self::Timeout { .. } => "timeout",
            Self::Busy { .. } | Self::Locked { .. } => "busy",
            Self::Unreachable { .. } => "unreachable",
            Self::NoRepository { .. }
            | Self::NoFolder { .. }
            | Self::NoReference { .. }
            | Self::NoCommit { .. } => "not_found",
            Self::TooLarge { .. } => "too_large",
            Self::Invalid { .. } => "invalid",
            Self::Corrupt { .. } => "corrupt",
            Self::Cache { .. } | Self::File { .. } => "cache",
            Self::Lost { .. } => "internal",
        }
    }

    /// Says why a repository on this machine cannot be opened.
    pub(super) fn local(repo: String, source: git2::Error) -> Self {
        // the transport for local repositories loses the code on its way
        if source.code() == git2::ErrorCode::Owner || source.message().contains(NOT_OURS) {
            let reason = "the folder belongs to another user; give it to the daemon's user, or name it as safe.directory in \
                          that user's git config";
            return Self::Auth {
                repo,
                reason,
                source,
            };
        }
        Self::NoRepository { repo, source }
    }

    /// Makes an error about a file or folder of the tree.
    pub(super) fn invalid(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            path: path.into(),
            reason: reason.into(),
        }
    }
}
