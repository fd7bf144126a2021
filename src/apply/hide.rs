//! Keeps the secrets of connectors out of what is seen of them (apply stage, pure): Apache Kafka's workers tell every value
//! in clear, and connectors fail with them in their words.

use crate::{
    live::{LiveConfig, LiveConnector},
    model::{Secret, SecretName, holds_login, is_secret_key},
    secrets::Vault,
};

/// Where git takes a value of a connector's config from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// It stands in git, so that it is no secret: what somebody put in its place may be one.
    Open(&'a str),
    /// It comes from this secret.
    Secret(&'a SecretName),
}

/// What is shown of a value that holds a login where git has another one.
const HIDDEN: &str = "(hidden)";

/// A shorter beginning of a secret, in bytes, stands at the end of a trace by chance, and tells little.
const SHORTEST: usize = 4;

/// Takes the secrets out of what the workers tell of a connector. A value that git takes from a secret is known by its
/// fingerprint from here on, which tells whether it is still the same; another one is not known at all if its key says that
/// it is secret, or it holds a login. Of one that git declares openly it is still known that it is not git's.
pub fn hide<'a>(
    connector: &mut LiveConnector,
    vault: &Vault,
    origin: impl Fn(&str) -> Option<Origin<'a>>,
) {
    let mut told = Vec::new();
    for own in &mut connector.config {
        let origin = origin(own.key.as_str());
        told.extend(hide_value(own, vault, origin));
    }
    let tasks = connector.tasks.iter_mut().map(|task| &mut task.trace);
    for trace in tasks.chain([&mut connector.trace]).flatten() {
        for secret in told.iter().filter(|secret| !secret.trim().is_empty()) {
            if trace.contains(secret.as_str()) {
                *trace = trace.replace(secret.as_str(), HIDDEN);
            }
            if let Some(begin) = begun(trace, secret) {
                trace.truncate(begin);
                trace.push_str(HIDDEN);
            }
        }
    }
}

/// Returns where the beginning of a secret stands at the end of a trace, which is kept in part.
fn begun(trace: &str, secret: &str) -> Option<usize> {
    let ends = secret.char_indices().map(|(at, _)| at).rev();
    let mut ends = ends.take_while(|at| *at >= SHORTEST);
    let end = ends.find(|at| trace.ends_with(&secret[..*at]))?;
    Some(trace.len() - end)
}

/// Hides a value if it is a secret, and returns it then; of one that the workers mask, what git says that it is.
fn hide_value(own: &mut LiveConfig, vault: &Vault, origin: Option<Origin<'_>>) -> Option<String> {
    if let (None, Some(Origin::Secret(name))) = (&own.value, origin) {
        let secret = vault.read(name).ok()?;
        return Some(secret.expose().clone());
    }
    let value = own.value.as_deref()?.to_owned();
    // a reference is resolved by the workers, and tells nothing
    let is_named = || is_secret_key(own.key.as_str()) && !value.starts_with("${");
    own.value = match origin {
        Some(Origin::Secret(_)) => Some(vault.digest(&Secret::new(value.clone())).0),
        Some(Origin::Open(declared)) if value != declared && holds_login(&value) => {
            Some(HIDDEN.into())
        }
        None if is_named() || holds_login(&value) => None,
        Some(Origin::Open(_)) | None => return None,
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
        let pin = SecretName("pin".into());
        let mut connector = mk_connector(
            &[
                ("connection.url", "jdbc:postgresql://db/x"),
                ("db.user.pin", "canary-1"),
                ("ssl.key.password", "canary-2"),
                ("sasl.password", "${file:/etc/c:password}"),
                ("topic.password.policy", "strict"),
            ],
            "login of x with canary-1 failed, and canary-2 is no key; neither is canar",
        );
        hide(&mut connector, &vault, |key| match key {
            "db.user.pin" => Some(Origin::Secret(&pin)),
            "topic.password.policy" => Some(Origin::Open("strict")),
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
            "login of x with (hidden) failed, and (hidden) is no key; neither is (hidden)"
        );
    }

    /// Trap 34: workers that mask a value in the config may repeat it in their words.
    #[test]
    fn a_masked_secret_is_taken_out_of_traces_as_well() {
        let pin = SecretName("pin".into());
        let secrets = [(pin.clone(), Secret::new("canary".to_owned()))];
        let vault = Vault::fixed(secrets.into(), [7; 32]);
        let mut connector = mk_connector(&[("db.pin", "")], "login with canary failed");
        connector.config[0].value = None;
        hide(&mut connector, &vault, |_| Some(Origin::Secret(&pin)));
        assert_eq!(connector.trace.unwrap(), "login with (hidden) failed");
        assert_eq!(connector.config[0].value, None);
    }

    /// Trap 34: what somebody sets by hand may hold a login where no key speaks of one.
    #[test]
    fn addresses_with_a_login_are_told_to_nobody_unless_they_stand_in_git() {
        let address = "jdbc:postgresql://ann:canary@db/shop";
        let keys = ["by.hand", "changed", "declared"];
        let config = keys.map(|key| (key, address));
        let mut connector = mk_connector(&config, &format!("{address} does not answer"));
        let vault = Vault::fixed(Default::default(), [7; 32]);
        hide(&mut connector, &vault, |key| match key {
            "changed" => Some(Origin::Open("jdbc:postgresql://db/shop")),
            "declared" => Some(Origin::Open(address)),
            _ => None,
        });
        let values: Vec<_> = connector
            .config
            .iter()
            .map(|c| c.value.as_deref())
            .collect();
        assert_eq!(values, [None, Some("(hidden)"), Some(address)]);
        assert_eq!(connector.trace.unwrap(), "(hidden) does not answer");
    }
}
