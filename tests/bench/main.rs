//! `make bench`: Headgate's figures on a real Kafka, each beside the bare requests of the same run. It ends with an error
//! only when something could not be measured; a figure that is missed is told as such.
//!
//! `BENCH_QUICK=1` takes 1,000 topics in place of 10,000;
//! `BENCH_ONLY=create|add|pass|memory|parse|placement|http|growth|planes|acls|estate` takes a part (commas between several);
//! `BENCH_WRITE=1` writes docs/BENCHMARKS.md.

mod daemon;
mod desired;
mod double;
mod estate;
mod machine;
mod measure;
mod placement;
mod planes;
mod repo;
mod stage;
mod table;

use std::process::ExitCode;

/// What stopped the bench, as text for the person who runs it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is measured.
struct Options {
    quick: bool,
    write: bool,
    only: Vec<String>,
}

impl Options {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment says what is measured"
    )]
    fn read() -> Self {
        let set = |name| std::env::var(name).is_ok_and(|v| !v.is_empty() && v != "0");
        let only = std::env::var("BENCH_ONLY").unwrap_or_default();
        let names = only.split(',').map(str::trim).filter(|n| !n.is_empty());
        Self {
            quick: set("BENCH_QUICK"),
            write: set("BENCH_WRITE"),
            only: names.map(str::to_owned).collect(),
        }
    }

    fn topics(&self) -> usize {
        if self.quick { 1_000 } else { 10_000 }
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|n| n == part)
    }
}

fn main() -> ExitCode {
    let options = Options::read();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let measured = match runtime {
        Ok(runtime) => runtime.block_on(measure::all(&options)),
        Err(error) => Err(error.into()),
    };
    let written = measured.and_then(|figures| {
        table::print(&figures);
        match options.write {
            true => table::write(&figures),
            false => Ok(()),
        }
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&format!("the bench cannot go on: {error}"));
            ExitCode::FAILURE
        }
    }
}
