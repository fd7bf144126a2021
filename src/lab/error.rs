//! What can go wrong in the lab, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says why the lab could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A program that the lab stands on is not installed.
    #[error(
        "{program} is not installed; install it with scripts/prepare.sh, or: sudo apt-get install -y --no-install-recommends {package}"
    )]
    Missing {
        /// The program.
        program: &'static str,
        /// Debian's package.
        package: &'static str,
    },
    /// A file of the lab cannot be read or written.
    #[error("the lab cannot {doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A program could not be started or waited for.
    #[error("{program} cannot be run")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program that is to be run to its end failed.
    #[error("{program} failed; the end of what it said:\n{log}")]
    Failed {
        /// What was run.
        program: String,
        /// The end of its output.
        log: String,
    },
    /// A program that is to be run to its end takes too long.
    #[error("{program} has not ended after {seconds} s")]
    Hangs {
        /// What was run.
        program: String,
        /// How long was waited.
        seconds: u64,
    },
    /// `KAFKA_HOME` does not hold Kafka's jars.
    #[error(
        "KAFKA_HOME is {home}, but {home}/libs holds no kafka_2.13 jar; unset it, or point it at an unpacked Kafka"
    )]
    NotKafkaHome {
        /// Its value.
        home: PathBuf,
    },
    /// Neither a cache directory nor a home directory is known.
    #[error(
        "no place to keep what the lab is made of: set HEADGATE_LAB_CACHE, XDG_CACHE_HOME or HOME"
    )]
    NoCache,
    /// No free ports were found.
    #[error("no {count} free ports between 10240 and 32767 on 127.0.0.1")]
    NoPorts {
        /// How many were wanted.
        count: usize,
    },
    /// The certificates could not be made.
    #[error("the lab's certificates cannot be made")]
    Certificate(#[source] rcgen::Error),
    /// A node ended while it was to come up.
    #[error("Kafka node {node} ended while it started; the end of its log:\n{log}")]
    NodeEnded {
        /// The node's id.
        node: i32,
        /// The end of its log.
        log: String,
    },
    /// A node runs but does not answer as it should.
    #[error("Kafka node {node} is not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// The node's id.
        node: i32,
        /// How long was waited.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A service beside Kafka ended while it was to come up.
    #[error("the lab's {name} ended while it started; the end of its log:\n{log}")]
    ServiceEnded {
        /// What it is, such as `worker-1`.
        name: String,
        /// The end of its log.
        log: String,
    },
    /// A service beside Kafka runs but does not answer as it should.
    #[error("the lab's {name} is not ready after {seconds} s; the end of its log:\n{log}")]
    ServiceNotReady {
        /// What it is, such as `worker-1`.
        name: String,
        /// How long was waited.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// The cluster has no such node.
    #[error("the cluster has no node {node}; it has {nodes:?}")]
    NoSuchNode {
        /// The id that was asked for.
        node: i32,
        /// The ids that there are.
        nodes: Vec<i32>,
    },
    /// A process is not running, so it cannot be signalled.
    #[error("the lab's {name} is not running; start it first")]
    NotRunning {
        /// What it is, such as `node-1`.
        name: String,
    },
    /// A process could not be signalled.
    #[error("the lab's {name} cannot be signalled")]
    Signal {
        /// What it is, such as `node-1`.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl LabError {
    /// Tells whether the lab cannot work on this machine until somebody installs something.
    #[must_use]
    pub fn is_missing_program(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// Tells whether another process took a port between its choice and its use.
    pub(super) fn is_port_taken(&self) -> bool {
        let (Self::NodeEnded { log, .. } | Self::ServiceEnded { log, .. }) = self else {
            return false;
        };
        // Java and Python, and Quarkus in words of its own
        log.contains("Address already in use") || log.contains("already bound")
    }

    /// Returns a closure for `map_err` that says why a program could not be run.
    pub(super) fn not_run(command: &Command) -> impl FnOnce(io::Error) -> Self + use<> {
        let program = command.get_program().display().to_string();
        move |source| match package(&program) {
            Some((program, package)) if source.kind() == io::ErrorKind::NotFound => {
                Self::Missing { program, package }
            }
            _ => Self::Run { program, source },
        }
    }

    /// Returns a closure for `map_err` that names what was tried with which file.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

/// Returns Debian's package of a program that the lab takes from the machine.
fn package(program: &str) -> Option<(&'static str, &'static str)> {
    const PACKAGES: &[(&str, &str)] = &[
        ("java", "default-jre-headless"),
        ("mvn", "maven"),
        ("python3", "python3-pip"),
    ];
    PACKAGES.iter().copied().find(|(name, _)| *name == program)
}
