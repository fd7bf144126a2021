//! Logs: one line a fact, on stderr, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::args::{Args, Command, LogFormat};

/// Starts logging as the command line says. A filter that cannot be read falls back to the default and says so.
pub(super) fn start(args: &Args) {
    let default = match args.command {
        Command::Run => "info",
        _ => "error",
    };
    let asked = args.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(asked);
    let broken = filter.as_ref().err().map(ToString::to_string);
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new(default)))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    match args.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    if let Some(error) = broken {
        tracing::error!(
            asked,
            error,
            "log filter not understood; the default is used"
        );
    }
}
