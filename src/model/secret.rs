//! Secrets as a type: no `Debug`, `Display` or `Serialize`, so that no log, plan or answer can hold one by accident.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A value that is used and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes a value into custody.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Hands the value out, for the call that needs it and nothing else.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// Where `headgate.yaml` says a secret lies: `{env: NAME}` or `{file: PATH}`. The reference itself is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum SecretRef {
    /// An environment variable of the daemon.
    Env(String),
    /// A file, relative to `headgate.yaml`; read again when it changes.
    File(String),
}

/// The name by which git refers to a secret (`{secret: name}`); where it lies is the daemon's business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub CompactString);

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Tells whether a config key speaks of a secret, where nobody knows its type: those of connectors are their plugins' own.
/// Words as Kafka Connect's plugins use them; a key that is held for a secret and is none is merely not shown.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "credential",
        "jaas",
        "apikey",
        "accesskey",
        "privatekey",
        "authorization",
        "userinfo",
    ];
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    WORDS.iter().any(|word| letters.contains(word))
}

/// Tells whether a value is what is shown in place of a secret: by Connect's workers (Confluent 7.9.3 and newer) or by Kafka,
/// which prints passwords so.
#[must_use]
pub fn is_masked(value: &str) -> bool {
    value == "[hidden]" || (value.len() >= 4 && value.bytes().all(|byte| byte == b'*'))
}

/// Tells whether a config's value holds a login, whatever its key is called: `jdbc:postgresql://ann:…@db`, `…;password=…`.
/// What Connect looks up (`${…}`) is none.
#[must_use]
pub fn holds_login(value: &str) -> bool {
    // as databases and clouds spell it; the last three in addresses only, since they mean other things elsewhere
    const SHORT: [&str; 6] = ["pwd", "accountkey", "sharedaccesskey", "sig", "key", "code"];
    let is_open = |text: &str| !text.is_empty() && !text.starts_with("${");
    let addresses = value.split("://").skip(1);
    let hosts = addresses.filter_map(|rest| rest.split(['/', '?', '#', ' ']).next());
    let mut users = hosts.filter_map(|host| host.rsplit_once('@'));
    let words = value.split(['?', '&', ';', ',', ' ', '\n']);
    let mut pairs = words.filter_map(|word| word.split_once('='));
    let short = match value.contains("://") {
        true => &SHORT[..],
        false => &SHORT[..3],
    };
    let is_short = |key: &str| short.iter().any(|word| key.eq_ignore_ascii_case(word));
    let is_secret = |key: &str| is_secret_key(key) || is_short(key);
    users.any(|(user, _)| is_open(user.split_once(':').map_or(user, |(_, password)| password)))
        || pairs.any(|(key, value)| is_secret(key) && is_open(value.trim_matches(['"', '\''])))
}

/// Tells whether a value is what Connect looks up and nothing beside it (`${file:/etc/secrets:password}`), which tells no
/// secret.
#[must_use]
pub fn is_reference(value: &str) -> bool {
    value.starts_with("${") && value.find('}') == Some(value.len() - 1)
}

/// Tells whether Connect looks up a value or a part of it.
#[must_use]
pub fn has_reference(value: &str) -> bool {
    value.contains("${")
}

/// What can be kept of a secret: a keyed digest, which tells that it changed and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub CompactString);

#[cfg(test)]
mod tests {
    use super::{holds_login, is_masked, is_reference, is_secret_key};

    #[test]
    fn what_stands_in_place_of_a_secret_is_known_and_look_alikes_are_not() {
        for value in ["****", "********", "[hidden]"] {
            assert!(is_masked(value), "{value}");
        }
        for value in ["", "*", "**", "app.****", "hidden", "${file:/s:key}"] {
            assert!(!is_masked(value), "{value}");
        }
    }

    #[test]
    fn a_reference_is_one_with_nothing_beside_it() {
        assert!(is_reference("${file:/etc/s:password}"));
        for value in [
            "${file:/s:a}hunter2",
            "${file:/s:a}${b}",
            "hunter2",
            "${",
            "",
        ] {
            assert!(!is_reference(value), "{value}");
        }
    }

    #[test]
    fn logins_are_known_in_values_whose_keys_do_not_speak_of_them() {
        for value in [
            "jdbc:postgresql://ann:x@db/shop",
            "http://token@example.com?a=b",
            "mongodb://db-1,mongodb://ann:x@db-2",
            "jdbc:sqlserver://db;user=a;Password=x",
            "https://example.com/?access_token=x",
            "org.example.Login required username=\"a\" password=\"x\";",
            "https://a.blob.core.windows.net/c?sv=1&sig=x",
            "https://example.com/items?key=x",
        ] {
            assert!(holds_login(value), "{value}");
        }
        for value in [
            "jdbc:postgresql://db:5432/shop?user=ann",
            "jdbc:postgresql://ann:${file:/etc/s:password}@db/shop",
            "jdbc:sqlserver://db;user=a;password=${env:P}",
            "ann@example.com",
            "https://example.com/@ann",
            "password=",
            "a=token,b=password",
            "key=id,code=zip",
            "select a from b where c = 'd'",
            "",
        ] {
            assert!(!holds_login(value), "{value}");
        }
    }

    #[test]
    fn keys_of_secrets_are_known_however_they_are_spelled() {
        for key in [
            "ssl.keystore.password",
            "aws.secret.access.key",
            "aws.access.key.id",
            "snowflake.private.key",
            "basic.auth.user.info",
            "http.headers.Authorization",
            "consumer.override.sasl.jaas.config",
            "connection_token",
            "apiKey",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "connector.class",
            "topics",
            "connection.url",
            "key.converter",
            "tasks.max",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
