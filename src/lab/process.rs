//! One process of the lab: started, signalled and ended by its own process id.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use super::LabError;
use super::workdir::{read, write};

/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// A graceful stop hands leadership over and flushes logs: 9 s were seen on a loaded machine with few topics.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// How much of a log an error quotes.
const QUOTED_LINES: usize = 15;

/// A process, running or not. It is killed when the value is dropped; should this process be killed first, the guard of
/// the directory ends it, which takes it for the lab's own only if its command line names the directory.
#[derive(Debug)]
pub(super) struct Process {
    name: String,
    log: PathBuf,
    pid_file: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Describes a process whose log and process id lie in `dir`.
    pub(super) fn new(name: String, dir: &Path) -> Self {
        Self {
            log: dir.join(format!("{name}.log")),
            pid_file: dir.join(format!("{name}.pid")),
            name,
            child: Mutex::new(None),
        }
    }

    /// Starts the process. A std child and not tokio's: a cluster that tests share outlives the runtime of each of them.
    pub(super) fn spawn(&self, command: &mut Command) -> Result<(), LabError> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .and_then(|log| Ok((log.try_clone()?, log)));
        let (out, err) = log.map_err(LabError::file("open", &self.log))?;
        let not_run = LabError::not_run(command);
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            // Ctrl-C in a terminal is for us, who end the process in our own time
            .process_group(0)
            .spawn()
            .map_err(not_run)?;
        let pid = child.id();
        *self.child() = Some(child);
        write(&self.pid_file, &pid.to_string())
    }

    /// Returns what it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the process id while the process runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// Tells whether the process has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        match self.child().as_mut() {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => true,
        }
    }

    /// Sends a signal to the running process.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), LabError> {
        let child = self.child();
        let child = child.as_ref().ok_or_else(|| LabError::NotRunning {
            name: self.name.clone(),
        })?;
        kill_process(Pid::from_child(child), signal).map_err(|error| LabError::Signal {
            name: self.name.clone(),
            source: error.into(),
        })
    }

    /// Stops the process gracefully; kills it when it takes more than a minute.
    pub(super) async fn stop(&self) -> Result<(), LabError> {
        self.signal(Signal::TERM)?;
        let deadline = Instant::now() + STOP_WITHIN;
        while !self.has_ended() && Instant::now() < deadline {
            sleep(POLL).await;
        }
        self.kill();
        Ok(())
    }

    /// Kills the process and waits for its end; does nothing if it is not running.
    pub(super) fn kill(&self) {
        if let Some(mut child) = self.child().take()
            && let Err(error) = child.kill().and_then(|()| child.wait())
        {
            tracing::warn!(%error, name = self.name, "a process of the lab may still be running");
        }
    }

    /// Returns everything the process wrote.
    pub(super) fn log(&self) -> String {
        read(&self.log).unwrap_or_else(|error| error.to_string())
    }

    /// Returns the end of what the process wrote.
    pub(super) fn log_tail(&self) -> String {
        tail(&self.log())
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        // a panic elsewhere does not make the process id wrong
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the last lines of a log, without the stack frames, which would push out what went wrong.
pub(super) fn tail(text: &str) -> String {
    let is_frame = |line: &&str| line.starts_with("\tat ") || line.starts_with("\t... ");
    let lines: Vec<&str> = text
        .trim_end()
        .lines()
        .filter(|line| !is_frame(line))
        .collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_quoted_without_stack_frames() {
        let log = "java.net.BindException: Address already in use\n\tat a.B.c(B.java:1)\n"
            .to_owned()
            + &"\tat a.B.d(B.java:2)\n".repeat(QUOTED_LINES)
            + "\t... 3 more\n";
        assert_eq!(tail(&log), "java.net.BindException: Address already in use");
    }
}
