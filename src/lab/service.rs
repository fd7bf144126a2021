//! A service beside Kafka that answers HTTP: a Connect worker, the registry, S3.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::LabError;
use super::process::Process;
use super::ready::http_status;
use super::start::{POLL, READY_WITHIN};
use super::workdir::WorkDir;

/// A service on loopback, running or not. It ends when the value is dropped or this process ends.
#[derive(Debug)]
pub struct Service {
    // the process before the directory it lives in: fields are dropped in this order
    process: Process,
    /// What starts it, again and again.
    command: Mutex<Command>,
    port: u16,
    base: &'static str,
    ready: &'static str,
    _dir: Arc<WorkDir>,
}

/// What a service is, before it runs.
pub(super) struct ServiceSpec {
    /// What people call it.
    pub(super) name: String,
    pub(super) port: u16,
    /// What its clients' paths begin with.
    pub(super) base: &'static str,
    /// The path that it answers with 200 when it serves.
    pub(super) ready: &'static str,
    /// Its command line must name the directory, by which the guard knows its processes.
    pub(super) command: Command,
}

impl Service {
    /// Describes a service that does not run yet.
    pub(super) fn new(spec: ServiceSpec, dir: Arc<WorkDir>) -> Self {
        Self {
            process: Process::new(spec.name, dir.path()),
            command: Mutex::new(spec.command),
            port: spec.port,
            base: spec.base,
            ready: spec.ready,
            _dir: dir,
        }
    }

    /// Returns where its API is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.base)
    }

    /// Returns its process id while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Returns what it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it (SIGKILL), as a power failure would; does nothing if it is not running.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Stops it gracefully (SIGTERM) and returns when it has ended.
    ///
    /// # Errors
    /// It is not running.
    pub async fn stop(&self) -> Result<(), LabError> {
        self.process.stop().await
    }

    /// Halts it (SIGSTOP): its sockets stay open and nothing answers.
    ///
    /// # Errors
    /// It is not running.
    pub fn pause(&self) -> Result<(), LabError> {
        self.process.signal(Signal::STOP)
    }

    /// Lets it go on (SIGCONT) after a pause.
    ///
    /// # Errors
    /// It is not running.
    pub fn resume(&self) -> Result<(), LabError> {
        self.process.signal(Signal::CONT)
    }

    /// Starts it anew on the same port, and returns when it serves.
    ///
    /// # Errors
    /// It does not come up; its log is quoted.
    pub async fn start(&self) -> Result<(), LabError> {
        self.spawn()?;
        self.until_ready().await
    }

    /// Starts it without waiting.
    pub(super) fn spawn(&self) -> Result<(), LabError> {
        self.process.kill();
        // a panic elsewhere does not make the command wrong
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        self.process.spawn(&mut command)
    }

    /// Waits until it serves.
    pub(super) async fn until_ready(&self) -> Result<(), LabError> {
        self.until_ok("GET", self.ready).await
    }

    /// Asks, again and again, until it says that all is well.
    pub(super) async fn until_ok(&self, method: &str, path: &str) -> Result<(), LabError> {
        let deadline = Instant::now() + READY_WITHIN;
        while !matches!(http_status(self.port, method, path).await, Ok(200)) {
            if self.process.has_ended() {
                return Err(LabError::ServiceEnded {
                    name: self.process.name().to_owned(),
                    log: self.process.log_tail(),
                });
            }
            if Instant::now() > deadline {
                return Err(LabError::ServiceNotReady {
                    name: self.process.name().to_owned(),
                    seconds: READY_WITHIN.as_secs(),
                    log: self.process.log_tail(),
                });
            }
            sleep(POLL).await;
        }
        Ok(())
    }
}
