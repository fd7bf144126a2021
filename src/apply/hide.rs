//! Keeps the secrets of connectors out of what is seen of them (apply stage, pure): Apache Kafka's workers tell every value
//! in clear, and connectors fail with them in their words.

use std::collections::BTreeSet;

use crate::{
    desired::DesiredValue,
    live::{LiveConfig, LiveConnector},
    model::{
        ConfigKey, HIDDEN, Hidden, Secret, has_reference, holds_login, is_reference, is_secret_key,
        one_line,
    },
    secrets::Vault,
};

/// The most characters that are told of a trace.
const TRACE: usize = 300;

/// What a line of a trace begins with that tells a cause (Java, `Throwable.printStackTrace`).
const CAUSE: &str = "Caused by: ";

/// A shorter value under a key that only sounds like one of a secret (`token.retries: 3`) is not looked for in traces.
const SHORTEST: usize = 4;

/// What is known of a connector's secrets.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// What git declares of it.
    pub(super) declared: &'a [(ConfigKey, DesiredValue)],
    /// Keys whose values git took from secrets before.
    pub(super) before: &'a [&'a str],
    /// What tells the secrets that git or the ledger knows of anything.
    pub(super) fingerprints: Option<&'a BTreeSet<&'a str>>,
}

/// Takes the secrets out of what the workers tell of a connector. A value that git takes from a secret is known by its
/// fingerprint from here on, which tells whether it is still the same. Another one is not known at all if git took it from a
/// secret before, it is a secret that is known from elsewhere, its key says that it is secret, or it holds a login. Of one
/// that git declares openly it is still known that it is not git's. Traces are cut to one line.
pub(super) fn hide(connector: &mut LiveConnector, vault: &Vault, known: Known<'_>) {
    let mut values = connector.config.iter().flat_map(|own| &own.value);
    let has_references = values.any(|value| has_reference(value));
    let mut told = Vec::new();
    for own in &mut connector.config {
        told.extend(known.hide(own, vault));
    }
    let tasks = connector.tasks.iter_mut().map(|task| &mut task.trace);
    let mut traces = tasks.chain([&mut connector.trace]).flatten().peekable();
    if traces.peek().is_none() {
        return;
    }
    // somebody may have put another value in the place of the one with which it failed
    told.extend(known.of_git(vault));
    let hidden = Hidden::new(told.iter().map(String::as_str), has_references);
    for trace in traces {
        let bare = hidden.tell(trace);
        *trace = headline(&bare);
    }
}

/// Returns the first line of a trace, and the last of its causes: where Connect wraps what a plugin threw, the first line is
/// the same whatever happened.
fn headline(trace: &str) -> String {
    let mut lines = trace.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = one_line(lines.next().unwrap_or_default(), TRACE);
    let mut causes = lines.filter_map(|line| line.strip_prefix(CAUSE));
    match causes.next_back() {
        Some(cause) => format!("{first}; caused by {}", one_line(cause, TRACE)),
        None => first,
    }
}

impl Known<'_> {
    /// Hides a value if it is a secret, and returns it then.
    fn hide(&self, own: &mut LiveConfig, vault: &Vault) -> Option<String> {
        let value = own.value.as_deref()?.to_owned();
        let key = own.key.as_str();
        let declared = self.declared.iter().find(|(k, _)| k.as_str() == key);
        own.value = match declared.map(|(_, value)| value) {
            Some(DesiredValue::Secret(_)) => Some(vault.digest(&Secret::new(value.clone())).0),
            Some(DesiredValue::Set(git)) if *git == value => return None,
            Some(DesiredValue::Set(git))
                if stands_for_secret(git, &value) || self.is_secret(key, &value, vault) =>
            {
                Some(HIDDEN.into())
            }
            Some(DesiredValue::LeaveAlone) | None if self.is_secret(key, &value, vault) => None,
            _ => return None,
        };
        let is_certain =
            matches!(declared, Some((_, DesiredValue::Secret(_)))) || self.before.contains(&key);
        (is_certain || value.trim().len() >= SHORTEST).then_some(value)
    }

    /// Tells whether a value that git does not take from a secret is one nevertheless.
    fn is_secret(&self, key: &str, value: &str, vault: &Vault) -> bool {
        let is_known = |known: &BTreeSet<&str>| {
            let print = vault.digest(&Secret::new(value.to_owned()));
            known.contains(print.0.as_str())
        };
        // a reference is resolved by the workers, and tells nothing
        !is_reference(value)
            && (is_secret_key(key)
                || self.before.contains(&key)
                || holds_login(value)
                || self.fingerprints.is_some_and(is_known))
    }

    /// Reads the secrets that git names.
    fn of_git(&self, vault: &Vault) -> Vec<String> {
        let named = self.declared.iter().filter_map(|(_, value)| match value {
            DesiredValue::Secret(name) => vault.read(name).ok(),
            DesiredValue::Set(_) | DesiredValue::LeaveAlone => None,
        });
        named.map(|secret| secret.expose().clone()).collect()
    }
}

/// Tells whether a value stands where git has a reference or a login: it may be what the reference leads to.
fn stands_for_secret(git: &str, value: &str) -> bool {
    !is_reference(value) && (has_reference(git) || holds_login(git))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::model::SecretName;

    fn open(value: &str) -> DesiredValue {
        DesiredValue::Set(value.into())
    }

    fn secret(name: &str) -> DesiredValue {
        DesiredValue::Secret(SecretName(name.into()))
    }

    fn declare<const N: usize>(
        values: [(&str, DesiredValue); N],
    ) -> Vec<(ConfigKey, DesiredValue)> {
        values
            .map(|(key, value)| (ConfigKey::new(key), value))
            .into()
    }

    fn known(declared: &[(ConfigKey, DesiredValue)]) -> Known<'_> {
        Known {
            declared,
            ..Known::default()
        }
    }

    fn values(connector: &LiveConnector) -> Vec<Option<&str>> {
        let config = connector.config.iter();
        config.map(|own| own.value.as_deref()).collect()
    }

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

    /// Trap 36: what the workers tell in clear is told to nobody, and is known well enough to see that it changed.
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
            "login of x with canary-1 failed, and canary-2 is no key; neither is canar",
        );
        let declared = [
            ("db.user.pin", secret("db-pin")),
            ("topic.password.policy", open("strict")),
        ];
        hide(&mut connector, &vault, known(&declare(declared)));
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

    /// Trap 36: workers that mask a value in the config may repeat it in their words.
    #[test]
    fn a_masked_secret_is_taken_out_of_traces_as_well() {
        let secrets = [(SecretName("pin".into()), Secret::new("canary".to_owned()))];
        let vault = Vault::fixed(secrets.into(), [7; 32]);
        let mut connector = mk_connector(&[("db.pin", "")], "login with canary failed");
        connector.config[0].value = None;
        let declared = declare([("db.pin", secret("pin"))]);
        hide(&mut connector, &vault, known(&declared));
        assert_eq!(
            connector.trace.as_deref(),
            Some("login with (hidden) failed")
        );
        assert_eq!(values(&connector), [None]);
    }

    /// Trap 36: what somebody sets by hand may hold a login where no key speaks of one.
    #[test]
    fn addresses_with_a_login_are_told_to_nobody_unless_they_stand_in_git() {
        let address = "jdbc:postgresql://ann:canary@db/shop";
        let keys = ["by.hand", "changed", "declared"];
        let config = keys.map(|key| (key, address));
        let mut connector = mk_connector(&config, &format!("{address} does not answer"));
        let vault = Vault::fixed(Default::default(), [7; 32]);
        let declared = [
            ("changed", open("jdbc:postgresql://db/shop")),
            ("declared", open(address)),
        ];
        hide(&mut connector, &vault, known(&declare(declared)));
        assert_eq!(values(&connector), [None, Some("(hidden)"), Some(address)]);
        assert_eq!(connector.trace.unwrap(), "(hidden) does not answer");
    }
    /// Trap 36: what somebody puts in the place of a reference, a login or a secret is one, whatever git says openly.
    #[test]
    fn what_replaces_a_declared_value_is_hidden_where_it_may_be_a_secret() {
        let vault = Vault::fixed(Default::default(), [7; 32]);
        let told = [
            ("a.password", "${file:/s:pw}", "hunter2", Some(HIDDEN)),
            ("b.password", "open", "hunter2", Some(HIDDEN)),
            ("c", "${file:/s:a}", "hunter2", Some(HIDDEN)),
            ("d", "${file:/s:a}", "${file:/s:b}", Some("${file:/s:b}")),
            ("e", "${file:/s:a}", "${file:/s:b}hunter2", Some(HIDDEN)),
            ("f", "https://ann:x@h", "hunter2", Some(HIDDEN)),
            ("g", "100", "5000", Some("5000")),
            ("h", "100", "hunter2-known", Some(HIDDEN)),
        ];
        let mut connector = mk_connector(&told.map(|(key, _, live, _)| (key, live)), "hunter2");
        let declared = declare(told.map(|(key, git, _, _)| (key, open(git))));
        let print = vault.digest(&Secret::new("hunter2-known".to_owned())).0;
        let known = Known {
            fingerprints: Some(&[print.as_str()].into()),
            ..known(&declared)
        };
        hide(&mut connector, &vault, known);
        assert_eq!(values(&connector), told.map(|(_, _, _, shown)| shown));
        assert_eq!(connector.trace.as_deref(), Some(HIDDEN));
    }

    /// Trap 36: git gave the key up, or the connector with it, and the workers go on telling its value in clear.
    #[test]
    fn what_was_a_secret_before_is_one_still() {
        let vault = Vault::fixed(Default::default(), [7; 32]);
        let told = [
            ("db.pin", "77"),
            ("copy", "canary-1"),
            ("topics", "a"),
            ("left", "canary-2"),
        ];
        let mut connector = mk_connector(&told, "no");
        let known_from = vault.digest(&Secret::new("canary-1".to_owned())).0;
        let declared = declare([("left", DesiredValue::LeaveAlone)]);
        let known = Known {
            before: &["db.pin", "left"],
            fingerprints: Some(&[known_from.as_str()].into()),
            ..known(&declared)
        };
        hide(&mut connector, &vault, known);
        assert_eq!(values(&connector), [None, None, Some("a"), None]);
        let trace = connector.trace.unwrap();
        assert!(trace.contains("too short to be taken out"), "{trace}");
    }

    #[test]
    fn a_trace_is_told_as_one_short_line_without_what_it_repeats() {
        let pem = "-----BEGIN-----\nMIIcanary\nMIIcanary-2\n-----END-----";
        let secrets = [(
            SecretName("old".into()),
            Secret::new("canary-of-git".to_owned()),
        )];
        let vault = Vault::fixed(secrets.into(), [7; 32]);
        let config = [
            ("key.pem", pem),
            ("db.pin", "by-hand"),
            ("token.retries", "3"),
            ("u", "${file:/s:u}"),
        ];
        let declared = declare([("key.pem", secret("pem")), ("db.pin", secret("old"))]);
        for (trace, line) in [
            (
                format!("\n  org.Broken: no key {pem}\u{7} at 3\n\tat Some.where(Line.java:1)"),
                "org.Broken: no key (hidden)  at 3".to_owned(),
            ),
            (
                format!("{}{}", "x".repeat(290), &pem[..20]),
                format!("{}(hidden)", "x".repeat(290)),
            ),
            (
                "org.Wrapped: it ended\n\tat A.b(A.java:1)\nCaused by: org.Other: no\n\tat C.d(C.java:2)\nCaused by: \
                 java.io.IOException: status 403\n\t... 9 more"
                    .into(),
                "org.Wrapped: it ended; caused by java.io.IOException: status 403".to_owned(),
            ),
            ("x".repeat(1000), "x".repeat(TRACE)),
            (
                "login with canary-of-git failed".into(),
                "login with (hidden) failed".into(),
            ),
            (
                "Invalid value looked-up for configuration u: no".into(),
                "Invalid value (hidden) for configuration u: no".into(),
            ),
        ] {
            let mut connector = mk_connector(&config, &trace);
            hide(&mut connector, &vault, known(&declared));
            assert_eq!(connector.trace.unwrap(), line);
        }
    }
}
