//! The lock beside the ledger that keeps a second daemon out (ledger stage). The operating system holds it, so a
//! crash leaves no stale one; the process id in the file is for people only.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use super::{LedgerError, open};
use crate::lockfile;

/// Holds the lock for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the ledger at `path`.
    pub(super) fn take(path: &Path) -> Result<Self, LedgerError> {
        let beside = open::beside(path, ".lock");
        let mut file = lockfile::take(&beside).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => LedgerError::InUse {
                path: path.display().to_string(),
                pid: pid(&beside),
            },
            _ => LedgerError::file(&beside, e),
        })?;
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|e| LedgerError::file(&beside, e))?;
        Ok(Self { _file: file })
    }
}

/// Reads who holds the lock; a process id has at most ten digits, whatever else stands in the file.
fn pid(beside: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(beside)
        .ok()?
        .take(16)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}
