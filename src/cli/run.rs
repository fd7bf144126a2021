//! `headgate run`.

use std::{process::ExitCode, sync::Arc};

use tokio::signal::unix::{SignalKind, signal};

use super::{args::Args, failure::Failure};
use crate::{
    config::Config,
    daemon::{self, Options},
};

/// Runs the daemon until SIGTERM or SIGINT.
pub(super) async fn run(args: &Args) -> Result<ExitCode, Failure> {
    let stop = stop_signal()?;
    let options = Options {
        config: args.config.clone(),
        connect: Arc::new(daemon::connect),
    };
    daemon::run(options, stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// Resolves at SIGTERM or SIGINT.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Reads `headgate.yaml`.
pub(super) fn config(args: &Args) -> Result<Config, Failure> {
    daemon::read_config(&args.config).map_err(Failure::new)
}
