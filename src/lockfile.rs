//! A lock file (rank 5): keeps a second process away from what one must own alone, the ledger and the clone. The
//! operating system holds the lock, so a crash leaves no stale one.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

/// How long a lock that is taken is tried for. A process that is just ending, or a child that somebody is just
/// starting (it has every open file until it executes its program), lets go within milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The wait between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes the lock of a file, which is made if it is not there; it is held for as long as the handle lives.
///
/// # Errors
/// `WouldBlock`: another process has it, and keeps it for longer than a moment. Any other: the file cannot be made.
pub fn take(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}
