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
    #[error("{address}: no whole answer to {asked} within {}", in_words(*after))]
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
    #[error("{address}: the answer to {asked} is {found}; is this the address of {service}?")]
    Unreadable {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// What it is instead; never its content.
        found: String,
        /// What should be there.
        service: &'static str,
    },
    /// The service says no.
    #[error("{address}: {asked} is answered with HTTP {status}{words}")]
    Refused {
        /// The server.
        address: String,
        /// The request.
        asked: String,
        /// The status of HTTP.
        status: u16,
        /// `: ` and the service's words, where it has some; `; ` and what to do, where that is known.
        words: String,
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
        let reason = reason(error, &address);
        let host = address.split('/').nth(2).unwrap_or_default();
        let host = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => host,
        };
        // later a request may have been carried out, whatever is wrong with TLS
        let is_before = error.is_connect() || tls::turns_us_away(error);
        let plainly = "write its address as http:// and take `tls` away";
        match tls::explain(error, "server", host, plainly) {
            Some(problem) if is_before => Self::Tls { address, problem },
            _ if error.is_builder() => {
                Self::Settings(format!("{address} is no usable address: {reason}"))
            }
            _ if error.is_connect() => Self::Connect { address, reason },
            _ if error.is_timeout() => Self::Timeout {
                address,
                asked,
                after,
            },
            _ => Self::Closed {
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
fn reason(error: &reqwest::Error, address: &str) -> String {
    let mut last: &dyn StdError = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    let words = last.to_string();
    match address.starts_with("http://") && is_like_tls(&words) {
        true => {
            format!("{words}; if the port speaks TLS, write its address as https:// and add `tls`")
        }
        false => words,
    }
}

/// Tells whether a port that wants TLS may have hung up on plain HTTP, in the words of the HTTP library (hyper): some say why
/// in TLS, and some say nothing.
fn is_like_tls(words: &str) -> bool {
    words == "invalid HTTP version parsed" || words == "connection closed before message completed"
}

/// Returns a time as a person would write it.
pub(super) fn in_words(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{} ms", time.as_millis()),
        seconds => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_a_person_would_write_them() {
        for (time, told) in [
            (Duration::from_nanos(29_984_273_112), "30 s"),
            (Duration::from_secs(95), "95 s"),
            (Duration::from_micros(100_300), "100 ms"),
        ] {
            assert_eq!(in_words(time), told);
        }
    }
}
