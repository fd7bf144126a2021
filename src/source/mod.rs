//! The source stage (rank 6): the newest commit of a repository, read by object id from a bare clone that only the
//! daemon owns. It parses nothing and decides nothing; no work tree is ever made.
//!
//! ```text
//! fetch (network, own thread, deadline) -> clone -> read(commit) -> Tree { files, policies }
//! ```

mod clone;
mod dir;
mod error;
mod fetch;
mod git;
mod known_hosts;
mod net;
mod remote;
mod tree;
mod watch;

pub use dir::DirSource;
pub use error::SourceError;
pub use git::GitSource;
pub use watch::{Watch, watch_local};

use crate::model::{CommitId, SourceFile};

/// What one commit, or a folder of plain files, holds for Headgate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The commit; `None` for plain files.
    pub commit: Option<CommitId>,
    /// Every file of the desired state, in the order of their paths.
    pub files: Vec<SourceFile>,
    /// Every file of the policies, in the order of their paths.
    pub policies: Vec<SourceFile>,
}
