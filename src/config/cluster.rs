//! The `clusters` section: where each cluster is and who Headgate is there (config, rank 2).

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use compact_str::CompactString;

use super::Endpoint;
use crate::model::SecretRef;

/// Where one cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Time between passes when nothing else wakes them; at least 1 s. Default 60 s.
    pub interval: Duration,
    /// Its brokers.
    pub kafka: Kafka,
    /// The Connect clusters that work on it, by the name that documents use. Default: none.
    pub connect: BTreeMap<CompactString, Endpoint>,
    /// Its Schema Registry. Default: none.
    pub registry: Option<Endpoint>,
}

impl Cluster {
    /// Time between passes when nothing is said.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

    /// Takes relative paths for ones below `dir`.
    pub(super) fn resolve(&mut self, dir: &Path) {
        let Kafka { tls, sasl, .. } = &mut self.kafka;
        if let Some(tls) = tls {
            tls.resolve(dir);
        }
        if let Some(sasl) = sasl {
            super::resolve(&mut sasl.password, dir);
        }
        for endpoint in self.connect.values_mut().chain(&mut self.registry) {
            endpoint.resolve(dir);
        }
    }
}

/// How a cluster's brokers are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port` of some brokers, at least one.
    pub bootstrap: Vec<String>,
    /// `None`: plaintext.
    pub tls: Option<Tls>,
    /// `None`: anonymous, or who the TLS certificate says.
    pub sasl: Option<Sasl>,
    /// Whether users' passwords may be set over a connection that is neither encrypted nor on loopback. Default `false`.
    pub allow_plaintext_passwords: bool,
    /// The principal that the brokers make of Headgate (`User:headgate`), where the login does not tell it. Default: none.
    pub principal: Option<String>,
    /// Whether that principal is one of the brokers' `super.users`, which no ACL concerns. Default `false`.
    pub super_user: bool,
}

/// TLS settings; host names are always checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM with the CA certificates that are trusted.
    pub ca: Option<SecretRef>,
    /// PEM with the client's certificate and its chain (mTLS); together with `key`.
    pub cert: Option<SecretRef>,
    /// PEM with the client's private key.
    pub key: Option<SecretRef>,
}

impl Tls {
    /// Takes relative paths for ones below `dir`.
    pub(super) fn resolve(&mut self, dir: &Path) {
        let Self { ca, cert, key } = self;
        for file in [ca, cert, key].into_iter().flatten() {
            super::resolve(file, dir);
        }
    }
}

/// SASL settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sasl {
    /// How.
    pub mechanism: Mechanism,
    /// Who; empty for `OAUTHBEARER`, whose token says it.
    pub username: String,
    /// The password, or the token of `OAUTHBEARER`.
    pub password: SecretRef,
}

/// The SASL mechanisms that Headgate speaks, by Kafka's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// `PLAIN`: the password in clear, so for TLS only.
    Plain,
    /// `SCRAM-SHA-256`.
    ScramSha256,
    /// `SCRAM-SHA-512`.
    ScramSha512,
    /// `OAUTHBEARER`.
    OauthBearer,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 4] = [
        Self::Plain,
        Self::ScramSha256,
        Self::ScramSha512,
        Self::OauthBearer,
    ];

    /// Returns the name that Kafka and `headgate.yaml` use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// Finds a mechanism by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
