//! Connectors, as they were read from another tool's documents (import, pure).

use super::{
    found::{Found, scalar},
    sheet::Spot,
};
use crate::{
    import::connectors::{Connector, is_secret},
    model::is_masked,
};

impl Found<'_> {
    /// Adds a connector whose config is read out of `config`.
    pub(super) fn connector(
        &mut self,
        name: &str,
        mut connector: Connector,
        config: Vec<(&str, Spot<'_>)>,
        spot: Spot<'_>,
    ) {
        if !self.claim("Connector", name, spot) {
            return;
        }
        for (key, value) in config {
            self.setting(name, &mut connector, key, value);
        }
        if connector.class.is_empty() {
            return spot.lost(
                format!("connector {name} left out: nothing says its class"),
                "write its document by hand",
            );
        }
        if connector.connect.is_none() {
            spot.note(
                format!("connector {name}: nothing says which Connect cluster runs it; `main` was written"),
                "write the name under which headgate.yaml knows the Connect cluster",
            );
        }
        self.connectors.insert(name.to_owned(), connector);
    }

    fn setting(&mut self, name: &str, connector: &mut Connector, key: &str, value: Spot<'_>) {
        if value.is_empty() {
            return value.lost(
                format!("connector {name}: `{key}` has no value; it was left out"),
                "write its value, unless the plugin's own is meant",
            );
        }
        let Some(text) = scalar(value, &format!("connector {name}: `{key}`")) else {
            return;
        };
        let told_twice = |other: &str| {
            if other != text {
                value.lost(
                    format!("connector {name}: `{key}` says something else than the document; it was left out"),
                    "decide which of the two is right",
                );
            }
        };
        match key {
            "name" => told_twice(name),
            "connector.class" if !connector.class.is_empty() => told_twice(&connector.class),
            "connector.class" => connector.class = text.into(),
            "tasks.max" if connector.tasks_max.is_some() => {
                told_twice(&connector.tasks_max.unwrap_or_default().to_string());
            }
            "tasks.max" => connector.tasks_max = value.count(&format!("connector {name}: `{key}`")),
            _ if is_secret(key, &text) => self.hide(name, connector, key, value),
            _ => drop(connector.config.insert(key.to_owned(), text.into())),
        }
    }

    /// Names a secret instead of a value.
    pub(super) fn hide(
        &mut self,
        name: &str,
        connector: &mut Connector,
        key: &str,
        value: Spot<'_>,
    ) {
        let secret = self.page.secret(&format!("{name}-{key}"));
        let why = match value.plain().is_some_and(is_masked) {
            true => "what stands there only says that it is a secret",
            false => "it may be a secret",
        };
        value.note(
            format!("connector {name}: the value of `{key}` is not carried over, since {why}"),
            &format!("put it where secrets lie, as `{secret}`"),
        );
        connector.secrets.insert(key.to_owned(), secret);
    }
}

/// Reads the state that a connector is to have.
pub(super) fn state(spot: Spot<'_>, name: &str) -> Option<&'static str> {
    let text = spot.plain().unwrap_or_default().to_ascii_lowercase();
    let known = ["running", "paused", "stopped"]
        .into_iter()
        .find(|state| *state == text);
    if known.is_none() {
        spot.lost(
            format!("connector {name}: its state was left out"),
            "known are running, paused and stopped",
        );
    }
    known
}
