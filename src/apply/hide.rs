//! Keeps the secrets of connectors out of what is seen of them (apply stage, pure): Apache Kafka's workers tell every value
//! in clear, and connectors fail with them in their words.

use crate::{
    live::{LiveConfig, LiveConnector},
    model::{Secret, is_secret_key},
    secrets::Vault,
};

/// Where git takes a value of a connector's config from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stands in git, so that it is no secret.
    Open,
    /// It comes from a secret.
    Secret,
}

/// Takes the secrets out of what the workers tell of a connector. A value that git takes from a secret is known by its
/// fingerprint from here on, which tells whether it is still the same; another one is not known at all if its key says that
/// it is secret.
pub fn hide(connector: &mut LiveConnector, vault: &Vault, origin: impl Fn(&str) -> Option<Origin>) {
    let mut told = Vec::new();
    for own in &mut connector.config {
        let origin = origin(own.key.as_str());
        told.extend(hide_value(own, vault, origin));
    }
    let tasks = connector.tasks.iter_mut().map(|task| &mut task.trace);
    for trace in tasks.chain([&mut connector.trace]).flatten() {
        for secret in told.iter().filter(|secret| !secret.trim().is_empty()) {
            if trace.contains(secret.as_str()) {
                *trace = trace.replace(secret.as_str(), "(hidden)");
            }
        }
    }
}

/// Hides a value if it is a secret, and returns it then.
fn hide_value(own: &mut LiveConfig, vault: &Vault, origin: Option<Origin>) -> Option<String> {
    let value = own.value.as_deref()?.to_owned();
    own.value = match origin {
        Some(Origin::Secret) => Some(vault.digest(&Secret::new(value.clone())).0),
        // a reference is resolved by the workers, and tells nothing
        None if is_secret_key(own.key.as_str()) && !value.starts_with("${") => None,
        Some(Origin::Open) | None => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::model::ConfigKey;

    fn mk_connector(config: &[(&str, &str)], trace: &str) -> LiveConnector {
        let config = config.iter();
        LiveConnector {
            connect: "main".into(),
            name: "c".into(),
            config: config
                .map(|(key, value)| LiveConfig {
                    key: ConfigKey::new(key),
                    value: Some((*value).into()),
                })
                .collect(),
            state: "FAILED".into(),
            trace: Some(trace.to_owned()),
            tasks: Vec::new(),
        }
    }

    /// Trap 34: what the workers tell in clear is told to nobody, and is known well enough to see that it changed.
    #[test]
    fn secrets_that_workers_tell_in_clear_are_known_by_their_fingerprints_only() {
        let vault = Vault::fixed(Default::default(), [7; 32]);
        let mut connector = mk_connector(
            &[
                ("connection.url", "jdbc:postgresql://db/x"),
                ("db.user.pin", "canary-1"),
                ("ssl.key.password", "canary-2"),
                ("sasl.password", "${file:/etc/c:password}"),
                ("topic.password.policy", "strict"),
            ],
            "login of x with canary-1 failed, and canary-2 is no key",
        );
        hide(&mut connector, &vault, |key| match key {
            "db.user.pin" => Some(Origin::Secret),
            "topic.password.policy" => Some(Origin::Open),
            _ => None,
        });
        let of = |key: &str| {
            let mut config = connector.config.iter();
            let found = config.find(|own| own.key.as_str() == key).unwrap();
            found.value.as_deref()
        };
        let print = vault.digest(&Secret::new("canary-1".to_owned())).0;
        assert_eq!(of("connection.url"), Some("jdbc:postgresql://db/x"));
        assert_eq!(of("db.user.pin"), Some(print.as_str()));
        assert_eq!(of("ssl.key.password"), None);
        assert_eq!(of("sasl.password"), Some("${file:/etc/c:password}"));
        assert_eq!(of("topic.password.policy"), Some("strict"));
        let trace = connector.trace.unwrap();
        assert_eq!(
            trace,
            "login of x with (hidden) failed, and (hidden) is no key"
        );
    }
}
