//! Secrets as a type: no `Debug`, `Display` or `Serialize`, so that no log, plan or answer can hold one by accident.

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
