//! The command line (rank 9): commands, their output and their exit codes. What commands do is the daemon's own code.

mod apply;
mod args;
mod demo;
mod failure;
mod heap;
mod import;
mod import_from;
mod lab;
mod logs;
mod output;
mod plan;
mod run;
mod status;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use failure::Failure;

/// Parses the command line, runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    heap::few_arenas();
    let args = Args::parse();
    logs::start(&args);
    let workers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let ended = match workers {
        Ok(runtime) => {
            let ended = runtime.block_on(command(args));
            // a fetch that hangs must not hold the process up
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::new(format!("the runtime cannot start: {error}"))),
    };
    ended.unwrap_or_else(|failure| {
        failure.print();
        ExitCode::FAILURE
    })
}

async fn command(args: Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Run => run::run(&args).await,
        Command::Plan(options) => plan::plan(&args, options).await,
        Command::Apply(options) => apply::apply(&args, options).await,
        Command::Validate(options) => validate::validate(&args, options).await,
        Command::Status(options) => status::status(&args, options).await,
        Command::Import(options) => import::import(&args, options).await,
        Command::Snapshot(options) => plan::snapshot(&args, options).await,
        Command::Schema => {
            output::json(&crate::desired::schema())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(options) => demo::demo(options).await,
        Command::Lab(options) => lab::lab(options).await,
    }
}
