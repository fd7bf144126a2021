//! The `clusters` section: where each cluster is and who Headgate is there (config, rank 2).

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use compact_str::CompactString;

use super::Endpoint;
use crate::{
    desired::DesiredCluster,
    model::{Finding, Kind, Mode, Place, SecretRef, Severity},
};

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

    /// Tells which services git has objects for, and which are not named here: those objects are held until they are. It is
    /// no error, since one repository may serve several Headgates.
    #[must_use]
    pub fn lacks(&self, desired: &DesiredCluster) -> Vec<Finding> {
        let mut lacks = Vec::new();
        if let Some(first) = desired.schemas.values().next()
            && self.registry.is_none()
            && desired.mode(Kind::Schema) != Mode::Ignore
        {
            let message = format!(
                "headgate.yaml names no Schema Registry for cluster {}: {} held",
                desired.name,
                counted(desired.schemas.len(), "schema is", "schemas are"),
            );
            lacks.push(lack(&first.place, message, "registry: {url: …}"));
        }
        let mut strange: BTreeMap<&str, (&Place, usize)> = BTreeMap::new();
        for connector in desired.connectors.values() {
            if !self.connect.contains_key(&connector.connect) {
                let of = (&connector.place, 0);
                strange.entry(&connector.connect).or_insert(of).1 += 1;
            }
        }
        let is_ignored = desired.mode(Kind::Connector) == Mode::Ignore;
        for (connect, (first, count)) in strange.into_iter().filter(|_| !is_ignored) {
            let known: Vec<&str> = self.connect.keys().map(CompactString::as_str).collect();
            let known = match known.as_slice() {
                [] => "none".to_owned(),
                known => known.join(", "),
            };
            let message = format!(
                "headgate.yaml names no Connect cluster {connect} for cluster {} (it has {known}): {} held",
                desired.name,
                counted(count, "connector is", "connectors are"),
            );
            lacks.push(lack(
                first,
                message,
                &format!("connect: {{{connect}: {{url: …}}}}"),
            ));
        }
        lacks
    }

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

fn lack(place: &Place, message: String, section: &str) -> Finding {
    let help = format!("write `{section}` below the cluster there, or correct the document");
    Finding {
        severity: Severity::Warning,
        ..Finding::error(Some(place.clone()), message).with_help(help)
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
