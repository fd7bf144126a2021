//! Reads secrets (rank 5): those that `headgate.yaml` refers to, and those that documents name. Read at each use, so that
//! a rotated file or token is seen without a restart.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use compact_str::CompactString;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    config::SecretStore,
    live::Observed,
    model::{Fingerprint, Secret, SecretName, SecretRef, chain},
};

/// Says which reference could not be read, and why; never what it holds.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or not text.
    #[error("environment variable {name} is not set; set it or point the reference at a file")]
    Env {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("secret file {path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Documents name secrets, and nobody said where they lie.
    #[error(
        "secret {0} cannot be looked up: headgate.yaml does not say where secrets lie; give it `secrets: {{dir: …}}` or \
         `secrets: {{envPrefix: …}}`"
    )]
    NoStore(SecretName),
    /// A fixed set of secrets lacks it.
    #[error("there is no secret {0}")]
    Absent(SecretName),
    /// The name could lead out of the store.
    #[error(
        "`{0}` is no name of a secret; names are letters, digits, `-`, `_` and `.`, begin with no `.` and have at most 253 \
         characters"
    )]
    Name(SecretName),
    /// There is nothing in it.
    #[error("secret {0} is empty; an empty password is none")]
    Empty(SecretName),
}

/// Reads a secret; one line end at the end of a file is not part of it.
///
/// # Errors
/// The variable is not set, or the file cannot be read as UTF-8.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads secrets from the outside"
)]
pub fn read(reference: &SecretRef) -> Result<Secret<String>, SecretError> {
    match reference {
        SecretRef::Env(name) => std::env::var(name)
            .map(Secret::new)
            .map_err(|_| SecretError::Env { name: name.clone() }),
        SecretRef::File(path) => std::fs::read_to_string(path)
            .map(|text| {
                Secret::new(
                    text.strip_suffix('\n')
                        .unwrap_or(&text)
                        .trim_end_matches('\r')
                        .to_owned(),
                )
            })
            .map_err(|source| SecretError::File {
                path: path.clone(),
                source,
            }),
    }
}

/// The secrets that documents name, and the key of their fingerprints. Nothing is kept of what was read.
pub struct Vault {
    store: Store,
    key: [u8; 32],
}

enum Store {
    None,
    Outside(SecretStore),
    Fixed(BTreeMap<SecretName, Secret<String>>),
}

impl Vault {
    /// Opens the store that `headgate.yaml` names. The key is this installation's own: without it a fingerprint tells
    /// nothing about what it is of.
    #[must_use]
    pub fn new(store: Option<SecretStore>, key: [u8; 32]) -> Self {
        Self {
            store: store.map_or(Store::None, Store::Outside),
            key,
        }
    }

    /// Makes a vault without any secret.
    #[must_use]
    pub fn none() -> Self {
        Self::new(None, [0; 32])
    }

    /// Makes a vault of these secrets: what the sandbox and tests work with.
    #[must_use]
    pub fn fixed(secrets: BTreeMap<SecretName, Secret<String>>, key: [u8; 32]) -> Self {
        Self {
            store: Store::Fixed(secrets),
            key,
        }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// It has no place, cannot be read or is empty, or its name is none.
    pub fn read(&self, name: &SecretName) -> Result<Secret<String>, SecretError> {
        if !is_name(&name.0) {
            return Err(SecretError::Name(name.clone()));
        }
        let secret = match &self.store {
            Store::None => return Err(SecretError::NoStore(name.clone())),
            Store::Outside(store) => read(&place(store, name))?,
            Store::Fixed(secrets) => secrets
                .get(name)
                .cloned()
                .ok_or_else(|| SecretError::Absent(name.clone()))?,
        };
        match secret.expose().is_empty() {
            true => Err(SecretError::Empty(name.clone())),
            false => Ok(secret),
        }
    }

    /// Returns what can be kept of a secret: the first half of its HMAC-SHA-256, in hex.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn digest(&self, secret: &Secret<String>) -> Fingerprint {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(secret.expose().as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut hex = CompactString::default();
        for byte in &digest[..16] {
            write!(hex, "{byte:02x}").expect("writing into a string does not fail");
        }
        Fingerprint(hex)
    }

    /// Reads a secret for its fingerprint; one that cannot be read is unknown.
    #[must_use]
    pub fn fingerprint(&self, name: &SecretName) -> Observed<Fingerprint> {
        match self.read(name) {
            Ok(secret) => Observed::Known(self.digest(&secret)),
            Err(error) => Observed::Unknown(chain(&error)),
        }
    }
}

/// Returns where a secret lies.
fn place(store: &SecretStore, name: &SecretName) -> SecretRef {
    match store {
        SecretStore::Dir(dir) => {
            let path: PathBuf = dir.join(&*name.0);
            SecretRef::File(path.to_string_lossy().into_owned())
        }
        SecretStore::EnvPrefix(prefix) => {
            let name = name.0.replace(['-', '.'], "_").to_uppercase();
            SecretRef::Env(format!("{prefix}{name}"))
        }
    }
}

/// Tells whether a name leads to a file of the store and nowhere else. These are the keys that a Kubernetes Secret has,
/// less the ones by which its mount hides what it is made of (`..data`).
fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 253 && !name.starts_with('.') && name.chars().all(letter)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    #![allow(
        clippy::disallowed_methods,
        reason = "tests write and read their own files"
    )]
    use super::*;

    fn name(text: &str) -> SecretName {
        SecretName(text.into())
    }

    fn mk_vault(dir: &std::path::Path) -> Vault {
        Vault::new(Some(SecretStore::Dir(dir.to_owned())), [7; 32])
    }

    #[test]
    fn a_secret_is_read_anew_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let vault = mk_vault(dir.path());
        for (text, secret) in [("one\n", "one"), ("two\r\n", "two"), (" three ", " three ")] {
            std::fs::write(dir.path().join("app-password"), text).unwrap();
            assert!(vault.read(&name("app-password")).unwrap().expose() == secret);
        }
    }

    #[test]
    fn no_name_leads_out_of_the_store() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        std::fs::write(dir.path().join("outside"), "x").unwrap();
        let outside = dir.path().join("outside");
        let vault = mk_vault(&dir.path().join("store"));
        for bad in [
            "",
            ".",
            "..",
            "../outside",
            "..data",
            "a/../../outside",
            "a\0b",
            "ü",
            outside.to_str().unwrap(),
        ] {
            let refused = vault.read(&name(bad)).err();
            assert!(matches!(refused, Some(SecretError::Name(_))), "{bad}");
        }
    }

    #[test]
    fn an_environment_variable_has_the_name_in_capitals() {
        let store = SecretStore::EnvPrefix("HG_".into());
        let place = place(&store, &name("app.billing-password"));
        assert_eq!(place, SecretRef::Env("HG_APP_BILLING_PASSWORD".into()));
    }

    #[test]
    fn what_cannot_be_read_has_no_fingerprint_and_says_why() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        let vault = mk_vault(dir.path());
        for (secret, says) in [("empty", "is empty"), ("absent", "No such file")] {
            let unknown = vault.fingerprint(&name(secret));
            let why = unknown.unknown().unwrap();
            assert!(why.contains(says) && why.contains(secret), "{why}");
        }
        let unknown = Vault::none().fingerprint(&name("a"));
        assert!(unknown.unknown().unwrap().contains("secrets: {dir: …}"));
    }

    #[test]
    fn a_fingerprint_tells_that_a_secret_changed_and_is_nothing_without_the_key() {
        let of = |value: &str, key: u8| {
            let secret = Secret::new(value.to_owned());
            Vault::fixed(BTreeMap::new(), [key; 32]).digest(&secret)
        };
        assert_eq!(of("a", 1), of("a", 1));
        assert_ne!(of("a", 1), of("b", 1));
        assert_ne!(of("a", 1), of("a", 2));
        assert_eq!(of("a", 1).0.len(), 32);
    }
}
