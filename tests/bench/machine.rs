//! The machine that measured, and what the kernel counts of a process.

use std::{fmt, time::Duration};

use crate::Failure;

/// A tick of `/proc/PID/stat`: the kernel tells user space hundredths of a second whatever it counts in (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// What the figures were measured on.
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    load: String,
}

impl Machine {
    /// Reads it, with the load of the last minute.
    pub(crate) fn read() -> Self {
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
        };
        let memory = field(&text("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kib: u64 = memory
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        Self {
            cpu: field(&text("/proc/cpuinfo"), "model name").unwrap_or("unknown CPU".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: kib.div_ceil(1 << 20),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: text("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu,
            cores,
            memory_gib,
            kernel,
            load,
        } = self;
        write!(
            f,
            "{cores} cores of {cpu}, {memory_gib} GiB, Linux {kernel}; load before the run {load}"
        )
    }
}

/// Returns the CPU time that a process has used, its own and the kernel's for it.
pub(crate) fn cpu(pid: u32) -> Result<Duration, Failure> {
    let stat = text(&format!("/proc/{pid}/stat"));
    // the name in brackets may hold spaces; behind it utime and stime are the 12th and 13th field
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split(' '));
    let ticks: Vec<u32> = fields
        .into_iter()
        .flatten()
        .skip(12)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks[..] {
        [user, system] => Ok(TICK * (user + system)),
        _ => Err(format!("process {pid} is gone").into()),
    }
}

/// Returns the most memory that a process has held so far (VmHWM), in bytes.
pub(crate) fn peak_memory(pid: u32) -> Result<u64, Failure> {
    let status = text(&format!("/proc/{pid}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib << 10)
        .ok_or_else(|| format!("process {pid} is gone").into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kernel tells of processes in files"
)]
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
