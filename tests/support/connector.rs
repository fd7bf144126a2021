//! A connector as workers tell of it.

use headgate::{
    live::{LiveConfig, LiveConnector},
    model::ConfigKey,
};

/// Makes a connector of the Connect cluster `main` that runs and has no tasks; `None` is a value that is hidden.
pub(crate) fn running(name: &str, config: &[(&str, Option<&str>)]) -> LiveConnector {
    let config = config.iter().map(|(key, value)| LiveConfig {
        key: ConfigKey::new(key),
        value: value.map(Into::into),
    });
    LiveConnector {
        connect: "main".into(),
        name: name.into(),
        config: config.collect(),
        state: "RUNNING".into(),
        trace: None,
        tasks: Vec::new(),
    }
}
