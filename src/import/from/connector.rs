//! Connectors, as they were read from another tool's documents (import, pure).

use std::collections::BTreeMap;

use super::{
    found::{Found, scalar},
    sheet::Spot,
};
use crate::import::text::Labels;

/// A connector.
#[derive(Default)]
pub(super) struct Connector {
    /// The Connect cluster.
    pub(super) connect: Option<String>,
    pub(super) class: String,
    pub(super) tasks_max: Option<usize>,
    pub(super) state: Option<&'static str>,
    pub(super) config: BTreeMap<String, String>,
    /// Secrets by config key.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) labels: Labels,
}

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
            return;
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
        value.note(
            format!("connector {name}: the value of `{key}` is not carried over, since it may be a secret"),
            &format!("put it where secrets lie, as `{secret}`"),
        );
        connector.secrets.insert(key.to_owned(), secret);
    }
}

/// Words in the names of connector configs whose values are secrets. One too many costs somebody a file; one too few puts a
/// password into git.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "jaas",
    "private.key",
    "privatekey",
    "api.key",
    "apikey",
    "access.key",
    "account.key",
    "sas.key",
    "user.info",
    "keyfile",
    "connection.string",
];

/// Tells whether a value had better not stand in git. What Connect itself looks up (`${file:…}`) is no secret.
fn is_secret(key: &str, value: &str) -> bool {
    let looked_up = value.starts_with("${") && value.ends_with('}') && value.contains(':');
    let key = key.to_ascii_lowercase();
    let named = SECRET_WORDS.iter().any(|word| key.contains(word));
    // `jdbc:postgresql://user:password@host`, and `…;password=…` or `…?password=…` in one
    let in_url = value.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/')
            .next()
            .is_some_and(|host| host.contains('@'))
    });
    let lower = value.to_ascii_lowercase();
    let inside = [
        "password=",
        "pwd=",
        "secret=",
        "accountkey=",
        "sharedaccesskey=",
    ];
    !value.is_empty()
        && value != "false"
        && value != "true"
        && !looked_up
        && (named || in_url || inside.iter().any(|word| lower.contains(word)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_taken_for_one() {
        for (key, value) in [
            ("connection.password", "x"),
            ("aws.secret.access.key", "x"),
            ("sasl.jaas.config", "org.example.Login required;"),
            ("basic.auth.user.info", "a:b"),
            ("connection.url", "jdbc:postgresql://ann:x@db/shop"),
            ("connection.url", "jdbc:sqlserver://db;user=a;Password=x"),
            ("ssl.key.password", "${file:/a:b}x"),
        ] {
            assert!(is_secret(key, value), "{key}: {value}");
        }
    }

    #[test]
    fn what_connect_looks_up_and_what_is_none_stays_in_git() {
        for (key, value) in [
            ("connection.password", "${file:/etc/secrets:password}"),
            ("connection.password", ""),
            ("key.converter.schemas.enable", "false"),
            ("connection.url", "jdbc:postgresql://db:5432/shop"),
            ("delete.tokens", "true"),
            ("topics", "orders"),
        ] {
            assert!(!is_secret(key, value), "{key}: {value}");
        }
    }
}
