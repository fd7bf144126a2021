//! What can go wrong with the ledger's file, in words that say what to do (ledger stage).

use rusqlite::ErrorCode;

/// Why the ledger cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has it open for writing.
    #[error(
        "the ledger {path} is in use by another headgate{}; stop that one, or set another `ledger.path`",
        pid.map(|p| format!(" (process {p})")).unwrap_or_default()
    )]
    InUse {
        /// The ledger's file.
        path: String,
        /// The process that has it, if it said so.
        pid: Option<u32>,
    },
    /// A file or folder beside the database cannot be made or opened.
    #[error(
        "{path} cannot be opened for the ledger; check that the folder is there and that headgate may write to it"
    )]
    File {
        /// The file or folder.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What lies where the key of fingerprints should is none.
    #[error(
        "{path} is no key of fingerprints, which has 32 bytes; put back the one that was there, or move it away: a new one is \
         made, and which passwords are in place is found out by logins"
    )]
    Key {
        /// The key's file.
        path: String,
    },
    /// The file is no ledger, or not a whole one.
    #[error(
        "the ledger {path} is damaged ({detail}); stop headgate, move the file away together with its -wal and -shm \
         files, and start it again. That is safe: nothing is deleted or reset on a cluster for lack of memory. What \
         is forgotten is the history, which config keys headgate had set, and since when drift is open"
    )]
    Damaged {
        /// The ledger's file.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A newer version of Headgate wrote it.
    #[error(
        "the ledger {path} has schema {found}, and this headgate knows schema {known} only; start the newer version \
         again, or move the file away, which loses its memory but changes nothing on a cluster"
    )]
    Newer {
        /// The ledger's file.
        path: String,
        /// Schema of the file.
        found: i64,
        /// Newest schema of this version.
        known: i64,
    },
    /// SQLite cannot do it: the disk is full, the file read-only, and the like.
    #[error("the ledger {path} cannot be {what}")]
    Database {
        /// The ledger's file.
        path: String,
        /// `opened`, `read` or `written`.
        what: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

impl LedgerError {
    /// Sorts an error of SQLite's: damage has a way out of its own, everything else is a failure to do `what`.
    pub(super) fn database(path: &str, what: &'static str, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::damaged(path, source.to_string())
            }
            _ => Self::Database {
                path: path.to_owned(),
                what,
                source,
            },
        }
    }

    pub(super) fn damaged(path: &str, detail: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            detail: detail.into(),
        }
    }

    pub(super) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            source,
        }
    }
}
