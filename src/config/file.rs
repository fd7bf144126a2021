//! `headgate.yaml` as it is written (config, rank 2): one struct a section. Every value that is judged keeps its place.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize,
    de::{Error, IgnoredAny},
};

use super::value;
use crate::{
    desired::yaml::Spanned,
    model::{ClusterName, SecretRef},
};

/// A word or path, and where it stands.
pub(super) type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) source: Spanned<SourceSection>,
    pub(super) clusters: Spanned<BTreeMap<Name, ClusterSection>>,
    pub(super) secrets: Option<SecretsSection>,
    pub(super) ledger: Option<LedgerSection>,
    pub(super) http: Option<HttpSection>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceSection {
    pub(super) repo: Text,
    pub(super) branch: Option<Text>,
    pub(super) tag: Option<Text>,
    pub(super) commit: Option<Text>,
    pub(super) path: Option<Text>,
    pub(super) policies: Option<Text>,
    pub(super) interval: Option<Text>,
    pub(super) auth: Option<Spanned<AuthSection>>,
    pub(super) tls: Option<SourceTlsSection>,
    pub(super) acknowledge: Option<Text>,
    #[serde(default)]
    pub(super) limits: LimitsSection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum AuthSection {
    Ssh(SshSection),
    Token(SecretRef),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SshSection {
    pub(super) key: SecretRef,
    pub(super) known_hosts: SecretRef,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceTlsSection {
    pub(super) ca: Spanned<SecretRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LimitsSection {
    pub(super) files: Option<Text>,
    pub(super) file_bytes: Option<Text>,
    pub(super) total_bytes: Option<Text>,
}

/// A cluster's name, judged where it stands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(pub(super) ClusterName);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        ClusterName::new(&text).map(Self).map_err(D::Error::custom)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterSection {
    pub(super) interval: Option<Text>,
    pub(super) kafka: KafkaSection,
    #[serde(default)]
    pub(super) connect: BTreeMap<ConnectName, Spanned<EndpointSection>>,
    pub(super) registry: Option<Spanned<EndpointSection>>,
    /// The plane that a later version reads; taken as it is.
    #[serde(rename = "aws")]
    pub(super) _aws: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KafkaSection {
    pub(super) bootstrap: Spanned<Vec<Text>>,
    pub(super) tls: Option<Spanned<TlsSection>>,
    pub(super) sasl: Option<SaslSection>,
    #[serde(default, rename = "allowPlaintextPasswords")]
    pub(super) allow_plaintext_passwords: bool,
    pub(super) principal: Option<Text>,
    #[serde(default, rename = "superUser")]
    pub(super) super_user: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsSection {
    pub(super) ca: SecretRef,
    pub(super) cert: Option<SecretRef>,
    pub(super) key: Option<SecretRef>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SaslSection {
    pub(super) mechanism: Text,
    pub(super) username: Option<Text>,
    pub(super) password: SecretRef,
}

/// The name of a Connect cluster, judged where it stands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConnectName(pub(super) String);

impl<'de> Deserialize<'de> for ConnectName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        value::connect_name(&text)
            .map_err(|(what, help)| D::Error::custom(format!("{what}; {help}")))?;
        Ok(Self(text))
    }
}

impl fmt::Display for ConnectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a REST plane is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointSection {
    pub(super) url: Option<Text>,
    pub(super) urls: Option<Spanned<Vec<Text>>>,
    pub(super) tls: Option<Spanned<TlsSection>>,
    pub(super) auth: Option<Spanned<RestAuthSection>>,
    #[serde(default, rename = "allowPlaintextPasswords")]
    pub(super) allow_plaintext_passwords: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RestAuthSection {
    Basic(BasicSection),
    Bearer(SecretRef),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BasicSection {
    pub(super) username: String,
    pub(super) password: SecretRef,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SecretsSection {
    Dir(String),
    EnvPrefix(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerSection {
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpSection {
    pub(super) listen: Text,
}
