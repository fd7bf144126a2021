//! Reads secret references (rank 5). Read at each use, so that a rotated file or token is seen without a restart.

use crate::model::{Secret, SecretRef};

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
