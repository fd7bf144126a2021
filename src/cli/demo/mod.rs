//! `headgate demo`: the story of a platform, told on a real one or in the sandbox, each step checked as it is told.

mod access;
mod api;
mod beside;
mod connectors;
mod drift;
mod ground;
mod moves;
mod platform;
mod repo;
mod schemas;
mod stage;
mod story;

use std::process::ExitCode;

use super::{args::DemoOptions, failure::Failure, output, run};
use stage::Stage;

/// Walks through the story; without `once` it then stays up until Ctrl-C.
pub(super) async fn demo(options: &DemoOptions) -> Result<ExitCode, Failure> {
    let stop = run::stop_signal()?;
    tokio::pin!(stop);
    let mut stage = tokio::select! {
        stage = Stage::set_up() => stage?,
        () = &mut stop => return Ok(ExitCode::SUCCESS),
    };
    let told = tokio::select! {
        told = story::tell(&mut stage) => told,
        () = &mut stop => Ok(()),
    };
    if told.is_ok() && options.once {
        output::line("\nDone; the platform, the repository and the daemon are removed.")?;
    }
    if told.is_ok() && !options.once {
        story::farewell(&stage)?;
        output::line("\nIt keeps running; Ctrl-C ends it and removes everything.")?;
        stop.await;
    }
    stage.tear_down().await;
    told.map(|()| ExitCode::SUCCESS)
}
