//! What a machine has room for (pure but for the look at it).

use std::path::Path;

use super::workdir::read;

/// Memory that is left to everything else on the machine.
const SPARE_MIB: u64 = 512;

/// A part of a platform that may be left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// What people call it, more than one.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) needs_mib: u64,
    /// Whether it only adds load, which is no help on a machine of one core.
    pub(super) is_load: bool,
}

/// What a machine has left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Memory that can be had; `None` where the system does not tell, which counts as enough.
    memory_mib: Option<u64>,
    cores: usize,
}

impl Room {
    /// Looks at this machine, less some memory that is given away already.
    pub(super) fn here(given_mib: u64) -> Self {
        let memory = read(Path::new("/proc/meminfo")).ok();
        let memory = memory.and_then(|text| available_mib(&text));
        Self {
            memory_mib: memory.map(|memory| memory.saturating_sub(given_mib + SPARE_MIB)),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// Gives a part the memory it needs, or says why not.
    pub(super) fn take(&mut self, part: Part) -> Result<(), String> {
        let Part {
            name,
            needs_mib,
            is_load,
        } = part;
        if is_load && self.cores < 2 {
            return Err(format!("{name}: this machine has one core only"));
        }
        match &mut self.memory_mib {
            Some(left) if *left < needs_mib => Err(format!(
                "{name}: they take {needs_mib} MiB of memory, and {left} MiB are free for them"
            )),
            Some(left) => {
                *left -= needs_mib;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Reads what Linux says can be had without swapping.
fn available_mib(meminfo: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let available = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = available.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_part(needs_mib: u64) -> Part {
        Part {
            name: "workers",
            needs_mib,
            is_load: false,
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_a_smaller_part_is_not() {
        let mut room = Room {
            memory_mib: Some(650),
            cores: 2,
        };
        assert_eq!(room.take(mk_part(500)), Ok(()));
        let refused = "workers: they take 300 MiB of memory, and 150 MiB are free for them";
        assert_eq!(room.take(mk_part(300)), Err(refused.to_owned()));
        assert_eq!(room.take(mk_part(150)), Ok(()));
    }

    #[test]
    fn a_single_core_gets_no_load_for_its_own_sake() {
        let mut room = Room {
            memory_mib: None,
            cores: 1,
        };
        let load = Part {
            is_load: true,
            ..mk_part(1)
        };
        let refused = "workers: this machine has one core only";
        assert_eq!(room.take(load), Err(refused.to_owned()));
        assert_eq!(room.take(mk_part(1_000_000)), Ok(()));
    }

    #[test]
    fn linux_says_what_is_available() {
        let text = "MemTotal:  24684000 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(available_mib(text), Some(2));
        assert_eq!(available_mib("MemFree: 1 kB\n"), None);
    }
}
