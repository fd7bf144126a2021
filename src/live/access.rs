//! Users as the brokers report them: what Kafka tells of their credentials, and what a login said.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Fingerprint, ScramMechanism};

/// The SCRAM credentials of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveUser {
    /// By mechanism, sorted.
    pub credentials: Vec<LiveCredential>,
}

/// One credential. Kafka tells the mechanism and the iterations, never salt or key (KIP-554).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCredential {
    /// The mechanism.
    pub mechanism: ScramMechanism,
    /// Rounds of the hash.
    pub iterations: u32,
    /// What the last login with git's password said; `None` when there was none.
    #[serde(default)]
    pub login: Option<Login>,
    /// When the last login was tried, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Timestamp>,
}

/// How a login with git's password ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Login {
    /// The broker let the user in with the password of this fingerprint.
    Accepted(Fingerprint),
    /// The broker refused the password of this fingerprint.
    Denied(Fingerprint),
}

impl LiveUser {
    /// Returns the credential of a mechanism.
    #[must_use]
    pub fn credential(&self, mechanism: ScramMechanism) -> Option<&LiveCredential> {
        self.credentials.iter().find(|c| c.mechanism == mechanism)
    }
}
