//! `headgate.yaml` while the daemon runs: read again on SIGHUP and when it changes; an invalid one keeps the old.

use std::{path::PathBuf, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::{self, Config},
    model::chain,
};

/// How often the file is looked at. It is small; polling sees every way of replacing a file, also a mounted one.
const LOOK: Duration = Duration::from_secs(1);

/// The configuration file and what was last read from it.
pub(super) struct ConfigFile {
    path: PathBuf,
    text: String,
    config: Config,
    hangup: Signal,
}

impl ConfigFile {
    pub(super) fn open(path: &std::path::Path) -> Result<Self, String> {
        let text = read(path)?;
        Ok(Self {
            config: parse(path, &text)?,
            path: path.to_owned(),
            text,
            hangup: signal(SignalKind::hangup())
                .map_err(|e| format!("SIGHUP cannot be handled: {e}"))?,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Resolves when there is another valid configuration.
    pub(super) async fn changed(&mut self) -> Config {
        loop {
            let asked = tokio::select! {
                _ = self.hangup.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let text = match read(&self.path) {
                Ok(text) if text != self.text || asked => text,
                Ok(_) => continue,
                Err(error) => {
                    if asked {
                        tracing::error!(
                            error,
                            "configuration not readable; the old one stays in force"
                        );
                    }
                    continue;
                }
            };
            self.text.clone_from(&text);
            match parse(&self.path, &text) {
                Ok(config) if config == self.config => {
                    tracing::info!("configuration read again, nothing changed");
                }
                Ok(config) => {
                    tracing::info!("configuration changed; the loops start anew");
                    if config.ledger.path != self.config.ledger.path
                        || config.http.listen != self.config.http.listen
                    {
                        tracing::warn!(
                            "ledger.path and http.listen take effect at the next start only"
                        );
                    }
                    self.config = config.clone();
                    return config;
                }
                Err(error) => tracing::error!(
                    error,
                    "configuration is invalid; the old one stays in force"
                ),
            }
        }
    }
}

/// Reads and checks `headgate.yaml`.
///
/// # Errors
/// It cannot be read, or is invalid: the text names every finding.
pub fn read_config(path: &std::path::Path) -> Result<Config, String> {
    parse(path, &read(path)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "headgate.yaml is read here and nowhere else"
)]
fn read(path: &std::path::Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| {
        format!(
            "{} cannot be read: {e}; name the file with --config",
            path.display()
        )
    })
}

fn parse(path: &std::path::Path, text: &str) -> Result<Config, String> {
    let mut config = config::parse(text, &path.display().to_string()).map_err(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    let folder = std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?;
    config.resolve(folder.parent().unwrap_or(&folder));
    Ok(config)
}

/// Tells systemd, when it is there, that the daemon runs.
pub(super) fn notify_ready() {
    notify(&[sd_notify::NotifyState::Ready]);
}

/// Tells systemd that the daemon stops, or that it goes on with another configuration.
pub(super) fn notify_state(stopping: bool) {
    notify(&[match stopping {
        true => sd_notify::NotifyState::Stopping,
        false => sd_notify::NotifyState::Status("configuration changed"),
    }]);
}

fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(error = chain(&error), "systemd not told");
    }
}
