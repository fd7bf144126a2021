//! The daemon as a user runs it: a process of its own, asked over HTTP and counted by the kernel.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{Failure, desired::CLUSTER, machine, repo::write, stage::Stage, table::Phases};

/// Time between passes: longer than a commit needs to be seen and read, so that a commit and not the timer begins the
/// pass that is measured.
const INTERVAL: Duration = Duration::from_secs(3);

/// How often the status is asked for.
const POLL: Duration = Duration::from_millis(20);

/// How long anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(240);

/// A daemon that runs.
pub(crate) struct Daemon {
    child: Child,
    pid: u32,
    http: reqwest::Client,
    pub(crate) address: String,
    pub(crate) ledger: PathBuf,
    folder: PathBuf,
}

/// One pass, seen from outside.
pub(crate) struct Pass {
    /// What the daemon says it took.
    pub(crate) took: Duration,
    /// CPU of the whole process meanwhile.
    pub(crate) cpu: Duration,
}

impl Daemon {
    /// Starts it in a folder of its own, and returns at once.
    pub(crate) fn start(stage: &Stage, repo: &Path, folder: &Path) -> Result<Self, Failure> {
        Self::start_with(stage, repo, folder, "")
    }

    /// Starts it with planes beside Kafka: lines of the cluster in `headgate.yaml`.
    pub(crate) fn start_with(
        stage: &Stage,
        repo: &Path,
        folder: &Path,
        planes: &str,
    ) -> Result<Self, Failure> {
        let address = free_address()?;
        let brokers = stage.kafka.bootstrap();
        let brokers: Vec<String> = brokers.iter().map(|b| format!("{b:?}")).collect();
        let config = format!(
            "source:\n  repo: {}\n  branch: main\nclusters:\n  {CLUSTER}:\n    interval: {}s\n    kafka: {{bootstrap: [{}]}}\n{planes}\
             secrets: {{dir: secrets}}\nledger: {{path: ledger.db}}\nhttp: {{listen: \"{address}\"}}\n",
            repo.display(),
            INTERVAL.as_secs(),
            brokers.join(", ")
        );
        let file = folder.join("headgate.yaml");
        write(&file, &config)?;
        let log = std::fs::File::create(folder.join("log"))?;
        let child = Command::new(env!("CARGO_BIN_EXE_headgate"))
            .args(["run", "--log", "warn", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().ok_or("the daemon ended at once")?;
        Ok(Self {
            child,
            pid,
            http: headgate::rest::plain().build()?,
            address,
            ledger: folder.join("ledger.db"),
            folder: folder.to_owned(),
        })
    }

    /// Waits until a commit is seen in place, and returns when that was.
    pub(crate) async fn converged(&self, commit: &str) -> Result<Instant, Failure> {
        let is_there = |status: &Value| {
            (status.pointer("/clusters/0/revision/converged")? == commit).then_some(())
        };
        self.until(is_there).await.map(|()| Instant::now())
    }

    /// Halts it, so that nothing but the brokers and the bench uses the machine.
    pub(crate) fn pause(&self) -> Result<(), Failure> {
        self.signal(Signal::STOP)
    }

    /// Lets it run again.
    pub(crate) fn resume(&self) -> Result<(), Failure> {
        self.signal(Signal::CONT)
    }

    /// Waits for the end of a pass that has not ended yet, and halts the daemon right behind it.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        self.resume()?;
        self.next().await?;
        self.pause()
    }

    /// Lets a halted daemon run one pass, and halts it again.
    pub(crate) async fn pass(&self) -> Result<Pass, Failure> {
        let before = machine::cpu(self.pid)?;
        self.resume()?;
        let took = self.next().await?;
        self.pause()?;
        Ok(Pass {
            took,
            cpu: machine::cpu(self.pid)?.saturating_sub(before),
        })
    }

    /// Waits for the end of a pass, and returns how long it took.
    pub(crate) async fn next(&self) -> Result<Duration, Failure> {
        let last = |status: &Value| status.pointer("/clusters/0/lastPass").cloned();
        let known = self.until(last).await?;
        let next = self
            .until(|status| last(status).filter(|l| *l != known))
            .await?;
        match (next["result"].as_str(), next["seconds"].as_f64()) {
            (Some("ok"), Some(seconds)) => Ok(Duration::from_secs_f64(seconds)),
            _ => Err(self.told(&format!("a pass failed: {next}"))),
        }
    }

    /// Asks for the status until it says what is waited for.
    async fn until<T>(&self, said: impl Fn(&Value) -> Option<T>) -> Result<T, Failure> {
        let asking = async {
            loop {
                // it does not listen yet, right after its start
                if let Ok(body) = self.get("/api/v1/status").await
                    && let Some(found) = said(&serde_json::from_str(&body)?)
                {
                    return Ok(found);
                }
                sleep(POLL).await;
            }
        };
        let answer = timeout(PATIENCE, asking).await;
        answer.unwrap_or_else(|_| Err(self.told("the daemon does not get there")))
    }

    /// Asks for a page.
    pub(crate) async fn get(&self, path: &str) -> Result<String, reqwest::Error> {
        let url = format!("http://{}{path}", self.address);
        let answer = self.http.get(url).send().await?.error_for_status()?;
        answer.text().await
    }

    /// Returns the seconds that each phase has taken in all.
    pub(crate) async fn phases(&self) -> Result<Phases, Failure> {
        self.numbers("headgate_reconcile_phase_duration_seconds_sum{phase=\"")
            .await
    }

    /// Returns how often each plane was observed, and the seconds that it took in all.
    pub(crate) async fn observations(&self) -> Result<[Phases; 2], Failure> {
        let of = |number: &str| {
            format!("headgate_observe_duration_seconds_{number}{{cluster=\"{CLUSTER}\",plane=\"")
        };
        Ok([
            self.numbers(&of("count")).await?,
            self.numbers(&of("sum")).await?,
        ])
    }

    /// Reads the metric whose lines begin so, by its last label.
    async fn numbers(&self, begin: &str) -> Result<Phases, Failure> {
        let page = self.get("/metrics").await?;
        let line = |line: &str| {
            let (label, number) = line.strip_prefix(begin)?.split_once("\"} ")?;
            Some((label.to_owned(), number.parse().ok()?))
        };
        Ok(page.lines().filter_map(line).collect())
    }

    /// Returns the most memory that it has held so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64, Failure> {
        machine::peak_memory(self.pid)
    }

    /// Ends it as systemd would.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.resume()?;
        self.signal(Signal::TERM)?;
        let ended = timeout(PATIENCE, self.child.wait()).await??;
        match ended.success() {
            true => Ok(()),
            false => Err(self.told(&format!("the daemon ended with {ended}"))),
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or("a process id is a positive number")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Says what went wrong, with the end of the daemon's log.
    fn told(&self, what: &str) -> Failure {
        let log = crate::machine::text(&self.folder.join("log").display().to_string());
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        format!("{what}; the end of its log:\n{}", tail.join("\n")).into()
    }
}

fn free_address() -> Result<String, Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}
