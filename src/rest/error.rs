//! What can go wrong between Headgate and a REST plane (rank 6), told so that a person knows what to do, and so that a
//! write knows whether it may have happened.

use std::{error::Error as StdError, time::Duration};

use super::Request;
use crate::{model::chain, secrets::SecretError, tls};

/// Why there is no answer that could be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot work.
    #[error("{0}")]
    Settings(String),
    /// A secret that the settings name cannot be read.
    #[error("{field} cannot be read")]
    Secret {
        /// Which setting.
        field: &'static str,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// Nobody takes the connection.
    #[error(
        "{address}: cannot connect ({reason}); check that the service runs and listens there, and that no firewall is between"
    )]
    Connect {
        /// The server.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// No encrypted connection came about.
    #[error("{address}: no TLS connection: {problem}")]
    Tls {
        /// The server.
        address: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// No answer in time.
    #[error("{address}: no whole answer to {asked} within {after:?}")]
    Timeout {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer did.
    #[error("{address}: the connection broke before the answer to {asked} was whole ({reason})")]
    Closed {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// What the system says.
        reason: String,
    },
    /// The answer points elsewhere. Nothing is followed: the login is for the server that is configured.
    #[error(
        "{address}: {asked} is answered with HTTP {status}, which points to {to}; name that address in headgate.yaml if it is right"
    )]
    Redirect {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// The status of HTTP.
        status: u16,
        /// Where to, without what may be secret.
        to: String,
    },
    /// The answer is larger than any answer should be.
    #[error("{address}: the answer to {asked} is larger than {limit} bytes; the rest was not read")]
    TooLarge {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// The most that is read.
        limit: usize,
    },
    /// The answer is not what this service says.
    #[error(
        "{address}: the answer to {asked} is {found}; is this the address of the right service?"
    )]
    Unreadable {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// What it is instead; never its content.
        found: String,
    },
    /// The service says no.
    #[error("{address}: {asked} is answered with HTTP {status}{}", said(*status, message))]
    Refused {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// The status of HTTP.
        status: u16,
        /// The service's words, which may be none.
        message: String,
    },
    /// Several servers were tried and none could be used.
    #[error("none of {} servers could be used: {}", .0.len(), .0.iter().map(|e| chain(e)).collect::<Vec<_>>().join("; "))]
    Unreachable(Vec<Error>),
}

impl Error {
    /// Sorts the HTTP library's error. It never repeats a body or a header; the address it would tell is ours.
    pub(super) fn of(
        error: &reqwest::Error,
        address: &str,
        request: &Request,
        after: Duration,
    ) -> Self {
        let address = address.to_owned();
        let asked = request.to_string();
        let reason = innermost(error);
        let host = address.split('/').nth(2).unwrap_or_default();
        let host = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => host,
        };
        match tls::explain(error, "server", host) {
            Some(problem) => Self::Tls { address, problem },
            None if error.is_builder() => {
                Self::Settings(format!("{address} is no usable address: {reason}"))
            }
            None if error.is_connect() => Self::Connect { address, reason },
            None if error.is_timeout() => Self::Timeout {
                address,
                asked,
                after,
            },
            None => Self::Closed {
                address,
                asked,
                reason,
            },
        }
    }

    /// Returns the error's class, for metric labels and refusals.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Settings(_) | Self::Secret { .. } => "settings",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Closed { .. } => "closed",
            Self::Redirect { .. } => "redirect",
            Self::TooLarge { .. } => "too_large",
            Self::Unreadable { .. } => "unreadable",
            Self::Refused { .. } => "refused",
            Self::Unreachable(_) => "unreachable",
        }
    }

    /// Tells whether the request may have been carried out although there is no answer: a write that ends so is unknown,
    /// not failed. With TLS 1.3 a server judges our certificate after the handshake is done on our side, but reads no
    /// request before.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Closed { .. }
                | Self::TooLarge { .. }
                | Self::Unreadable { .. }
        )
    }

    /// Tells whether the server itself is the trouble, so that another one may do.
    pub(super) fn is_of_the_server(&self) -> bool {
        !matches!(self, Self::Settings(_) | Self::Secret { .. })
    }
}

/// Returns the words of the last cause: what stands above it only says that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn StdError = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Says what a status means for who set the service up, behind the service's own words.
fn said(status: u16, message: &str) -> String {
    let words = match message {
        "" => String::new(),
        _ => format!(": {message}"),
    };
    words + hint(status)
}

/// Says what to do about a status.
pub(super) fn hint(status: u16) -> &'static str {
    match status {
        401 => "; look at `auth` of this service in headgate.yaml",
        403 => "; the login has no right to this",
        _ => "",
    }
}
