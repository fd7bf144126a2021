//! What can go wrong between the client and a broker (rank 6, Kafka plane), told so that a person knows what to do.
//! Errors of single items (a topic that exists already) are no errors here: they stand in the answers.

use std::{io, time::Duration};

use super::Code;
use crate::{
    model::{chain, one_line},
    secrets::SecretError,
};

/// Why a call has no answer. `Display` omits the source; [`chain`] tells everything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot work.
    #[error("kafka settings: {0}")]
    Settings(String),
    /// A secret that the settings name cannot be read.
    #[error("kafka settings: {field} cannot be read")]
    Secret {
        /// Which setting.
        field: &'static str,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// The name has no address.
    #[error(
        "{address}: the host name cannot be resolved; check its spelling, and the DNS of this machine"
    )]
    Dns {
        /// The broker.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody takes the connection.
    #[error(
        "{address}: cannot connect; check that the broker runs, listens on this port and that no firewall is between"
    )]
    Connect {
        /// The broker.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Passwords do not go where anybody on the way can read along.
    #[error(
        "{address}: passwords are not sent over a connection that is neither TLS nor on loopback; name the brokers' TLS \
         listener and set `tls:` for this cluster, or `allowPlaintextPasswords: true` if the network is safe"
    )]
    Plaintext {
        /// The broker.
        address: String,
    },
    /// No encrypted connection came about.
    #[error("{address}: no TLS connection: {problem}")]
    Tls {
        /// The broker.
        address: String,
        /// What is wrong and what to do.
        problem: String,
        /// What rustls says.
        #[source]
        source: io::Error,
    },
    /// The broker does not take us for who we say we are, or the other way round.
    #[error("{address}: authentication by {mechanism} failed: {message}")]
    Auth {
        /// The broker.
        address: String,
        /// The mechanism, and the user where there is one.
        mechanism: String,
        /// The broker's code, if it sent one.
        code: Option<Code>,
        /// What the broker says, or what is wrong with what it says.
        message: String,
    },
    /// Whatever listens there breaks Kafka's protocol.
    #[error("{address}: the answer to {api} is not Kafka's: {found}")]
    NotKafka {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// What was found instead, and what to do.
        found: String,
        /// Whether the request may have reached a broker.
        sent: bool,
    },
    /// The broker and this client have no version of the API in common.
    #[error("{address}: {api} is needed in a version from {} to {}, and the broker {}; Headgate needs Kafka 3.6 or newer",
        ours.0, ours.1, offered(*theirs))]
    Version {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// The oldest and the newest version that this client speaks.
        ours: (i16, i16),
        /// The oldest and the newest version that the broker speaks.
        theirs: Option<(i16, i16)>,
    },
    /// No answer in time.
    #[error("{address}: no answer to {api} within {after:?}")]
    Timeout {
        /// The broker.
        address: String,
        /// The call, or the step of the dial.
        api: &'static str,
        /// How long was waited.
        after: Duration,
        /// Whether the request may have reached the broker.
        sent: bool,
    },
    /// The connection ended before the answer.
    #[error("{address}: {reason} before it answered {api}")]
    Closed {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// How it ended.
        reason: String,
        /// Whether the request may have reached the broker.
        sent: bool,
    },
    /// A well-framed answer that cannot be read, or a request that cannot be written.
    #[error("{address}: {api} version {version} cannot be {step}: {message}")]
    Codec {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// The version that was agreed on.
        version: i16,
        /// `decoded` or `encoded`.
        step: &'static str,
        /// What the codec says.
        message: String,
    },
    /// The broker refused a request as a whole.
    #[error("{address}: {api} was refused with {code}: {message}")]
    Kafka {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// Kafka's code.
        code: Code,
        /// Kafka's words, which may be none.
        message: String,
    },
    /// The broker has muted this connection for longer than the call may take (KIP-219). The request was not sent.
    #[error(
        "{address}: {api} was not sent: the broker throttles this client for another {wait:?}; look at its quotas"
    )]
    Throttled {
        /// The broker.
        address: String,
        /// The call.
        api: &'static str,
        /// How much longer.
        wait: Duration,
    },
    /// The cluster has no such broker now.
    #[error("the cluster has no broker {id} at present; it has {known:?}")]
    UnknownBroker {
        /// The broker's id.
        id: i32,
        /// Those it has.
        known: Vec<i32>,
    },
    /// Several brokers were tried and none could be used.
    #[error("none of {} brokers could be used: {}", .0.len(), alike(.0))]
    Unreachable(Vec<Error>),
}

impl Error {
    pub(super) fn settings(what: impl Into<String>) -> Self {
        Self::Settings(what.into())
    }

    /// Returns the error's class, for metric labels.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Settings(_) | Self::Secret { .. } | Self::Plaintext { .. } => "settings",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Auth { .. } => "auth",
            Self::NotKafka { .. } => "not_kafka",
            Self::Version { .. } => "version",
            Self::Timeout { .. } => "timeout",
            Self::Closed { .. } => "closed",
            Self::Codec { .. } => "codec",
            Self::Kafka { .. } => "kafka",
            Self::Throttled { .. } => "throttled",
            Self::UnknownBroker { .. } => "unknown_broker",
            Self::Unreachable(tried) => match tried.first().map(Error::kind) {
                Some(kind) if tried.iter().all(|e| e.kind() == kind) => kind,
                _ => "unreachable",
            },
        }
    }

    /// Tells whether the request may have been carried out although there is no answer: a write that ends so is
    /// unknown, not failed.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Timeout { sent, .. }
            | Self::Closed { sent, .. }
            | Self::NotKafka { sent, .. } => *sent,
            Self::Codec { step, .. } => *step == DECODED,
            _ => false,
        }
    }

    /// Returns which broker it is about, as its text begins.
    fn address(&self) -> Option<&str> {
        match self {
            Self::Dns { address, .. }
            | Self::Connect { address, .. }
            | Self::Plaintext { address }
            | Self::Tls { address, .. }
            | Self::Auth { address, .. }
            | Self::NotKafka { address, .. }
            | Self::Version { address, .. }
            | Self::Timeout { address, .. }
            | Self::Closed { address, .. }
            | Self::Codec { address, .. }
            | Self::Kafka { address, .. }
            | Self::Throttled { address, .. } => Some(address),
            Self::Settings(_)
            | Self::Secret { .. }
            | Self::UnknownBroker { .. }
            | Self::Unreachable(_) => None,
        }
    }

    /// Tells whether the broker itself is the trouble, so that another one may do.
    pub(super) fn is_of_the_broker(&self) -> bool {
        !matches!(
            self,
            Self::Settings(_)
                | Self::Secret { .. }
                | Self::Plaintext { .. }
                | Self::Kafka { .. }
                | Self::Throttled { .. }
                | Self::UnknownBroker { .. }
        )
    }

    /// Says where an address comes from that nobody configured.
    pub(super) fn advertised_by(mut self, broker: i32) -> Self {
        if let Self::Dns { address, .. }
        | Self::Connect { address, .. }
        | Self::Tls { address, .. } = &mut self
        {
            *address = format!(
                "{address} (where broker {broker} says it is, by its advertised.listeners)"
            );
        }
        self
    }
}

/// The step of [`Error::Codec`] that means an answer came and could not be read.
pub(super) const DECODED: &str = "decoded";
/// The step of [`Error::Codec`] that means nothing was sent.
pub(super) const ENCODED: &str = "encoded";

/// Tells what several brokers have in common once, behind their addresses.
fn alike(errors: &[Error]) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for error in errors {
        let (text, address) = (chain(error), error.address());
        let said = address.and_then(|address| text.strip_prefix(address)?.strip_prefix(": "));
        let (said, address) = match said {
            Some(said) => (said.to_owned(), address),
            None => (text, None),
        };
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, addresses)) => addresses.extend(address),
            None => groups.push((said, address.into_iter().collect())),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(said, addresses)| match addresses.is_empty() {
            true => said,
            false => format!("{}: {said}", addresses.join(", ")),
        });
    groups.collect::<Vec<_>>().join("; ")
}

fn offered(theirs: Option<(i16, i16)>) -> String {
    match theirs {
        Some((min, max)) => format!("speaks {min} to {max}"),
        None => "does not know it (nor does a controller's port: name brokers)".to_owned(),
    }
}

/// Makes a broker's words fit for a log line, of at most 300 characters.
pub(super) fn words(text: &str) -> String {
    one_line(text, 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_brokers_have_in_common_is_told_once() {
        let connect = |address: &str, kind: io::ErrorKind| Error::Connect {
            address: address.to_owned(),
            source: kind.into(),
        };
        let auth = |address: &str| Error::Auth {
            address: address.to_owned(),
            mechanism: "SCRAM-SHA-512 as user \"a\"".to_owned(),
            code: None,
            message: "invalid credentials".to_owned(),
        };
        let same = Error::Unreachable(vec![auth("b1:1"), auth("b2:2"), auth("b3:3")]);
        assert_eq!(
            same.to_string(),
            "none of 3 brokers could be used: b1:1, b2:2, b3:3: authentication by SCRAM-SHA-512 as user \"a\" failed: invalid \
             credentials"
        );
        let refused = connect("b1:1", io::ErrorKind::ConnectionRefused);
        let other = connect("b3:3", io::ErrorKind::ConnectionRefused);
        let mixed = Error::Unreachable(vec![refused, auth("b2:2"), other]).to_string();
        let told = mixed.matches("cannot connect").count();
        assert!(
            told == 1 && mixed.contains("b1:1, b3:3: ") && mixed.contains("; b2:2: "),
            "{mixed}"
        );
        let settings = || Error::settings("tls.ca cannot be read");
        assert_eq!(
            Error::Unreachable(vec![settings(), settings()]).to_string(),
            "none of 2 brokers could be used: kafka settings: tls.ca cannot be read"
        );
    }
}
