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

/// What can be kept of a secret: a keyed digest, which tells that it changed and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub CompactString);

#[cfg(test)]
mod tests {
    use super::is_secret_key;

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
