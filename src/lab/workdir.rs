//! The directory a lab cluster lives in, and the guard that ends the cluster when this process is gone.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::LabError;

/// Kafka's logs are better off in memory, if there is room for a cluster of the benches (10,000 topics take 0.4 GB).
const SHARED_MEMORY: &str = "/dev/shm";
const SHARED_MEMORY_MIN_BYTES: u64 = 2 << 30;

/// Waits for the end of its input, which comes when the process that holds the other end ends, however it ends. Then it
/// kills what is left: a process is only taken for a node if its command line names the directory, so a number that was
/// given to another process meanwhile is safe.
const GUARD: &str = r#"
trap '' INT TERM HUP
read -r _
for file in "$1"/*.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    if grep -qF "$1" "/proc/$pid/cmdline" 2>/dev/null || ps -ww -o args= -p "$pid" 2>/dev/null | grep -qF "$1"; then
        kill -KILL "$pid" 2>/dev/null
    fi
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

/// A directory that is removed when the value is dropped or this process ends. Nodes leave their process id in `*.pid`.
#[derive(Debug)]
pub(super) struct WorkDir {
    path: PathBuf,
    guard: Child,
}

impl WorkDir {
    /// Makes the directory, in memory if there is room.
    pub(super) fn make() -> Result<Self, LabError> {
        let name = format!("headgate-lab-{}", uuid::Uuid::new_v4().simple());
        let path = base().join(name);
        make_dir(&path)?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "headgate-lab-guard"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // out of the terminal's reach: Ctrl-C is for us, not for it
            .process_group(0)
            .spawn()
            .map_err(|source| LabError::Run {
                program: "sh".to_owned(),
                source,
            })?;
        Ok(Self { path, guard })
    }

    /// Returns where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // the guard removes the directory; waiting for it keeps a finished test from leaving anything behind
        if let Err(error) = self.guard.wait() {
            tracing::warn!(%error, path = %self.path.display(), "lab directory may be left behind");
        }
    }
}

fn base() -> PathBuf {
    let room = rustix::fs::statvfs(SHARED_MEMORY)
        .is_ok_and(|fs| fs.f_bavail * fs.f_frsize >= SHARED_MEMORY_MIN_BYTES);
    if room {
        PathBuf::from(SHARED_MEMORY)
    } else {
        std::env::temp_dir()
    }
}

/// Makes a directory and those above it.
pub(super) fn make_dir(path: &Path) -> Result<(), LabError> {
    std::fs::create_dir_all(path).map_err(LabError::file("make the directory", path))
}

/// Writes a small file.
#[expect(
    clippy::disallowed_methods,
    reason = "the lab's one place that writes files"
)]
pub(super) fn write(path: &Path, text: &str) -> Result<(), LabError> {
    std::fs::write(path, text).map_err(LabError::file("write", path))
}

/// Reads a small file.
#[expect(
    clippy::disallowed_methods,
    reason = "the lab's one place that reads files"
)]
pub(super) fn read(path: &Path) -> io::Result<String> {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Copies a directory of plain files and directories.
pub(super) fn copy_dir(from: &Path, to: &Path) -> Result<(), LabError> {
    make_dir(to)?;
    let entries = std::fs::read_dir(from).map_err(LabError::file("list", from))?;
    for entry in entries {
        let entry = entry.map_err(LabError::file("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_dir(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(LabError::file("copy", &source))?;
        }
    }
    Ok(())
}
