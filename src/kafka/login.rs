//! Tries users' passwords (rank 6, Kafka plane): each by a login of its own on the listener that the client uses, at once
//! hung up again. Nothing else tells whether Kafka still has the password that git names.

use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::{Client, Code, Error, deadline::Deadline, dial};
use crate::{live::Observed, model::chain, ports::Credential};

/// Logins tried at once: a broker hashes nothing for a SCRAM login, but its listener has few threads for handshakes.
const AT_ONCE: usize = 4;

/// How long one login may take. A healthy one with TLS takes a tenth of a second, a refused one as much longer
/// (`connection.failed.authentication.delay.ms`).
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells of each user whether the broker lets it in with the password.
pub(super) async fn log_in(client: &Client, logins: &[Credential]) -> Vec<Observed<bool>> {
    if client.settings().sasl.is_none() {
        let reason = "no password can be tried: the listener that Headgate uses has no SASL (`sasl:` is not set)";
        return vec![Observed::Unknown(reason.to_owned()); logins.len()];
    }
    let tries: Vec<_> = logins.iter().map(|login| attempt(client, login)).collect();
    stream::iter(tries).buffered(AT_ONCE).collect().await
}

/// Asks the brokers in the order in which everything else asks them, until one of them has an answer. A refusal has to be
/// confirmed by a second broker where there is one: the first may not have heard of a new password yet.
async fn attempt(client: &Client, login: &Credential) -> Observed<bool> {
    let deadline = Deadline::within(PATIENCE);
    let (mut failures, mut denied) = (Vec::new(), 0);
    for address in client.candidates() {
        match dial::log_in(&address, client.settings(), login, deadline).await {
            Ok(()) => return Observed::Known(true),
            Err(error) => match verdict(&error) {
                Some(Observed::Known(_)) => denied += 1,
                Some(unknown) => return unknown,
                None => failures.push(error),
            },
        }
        if denied > 1 || deadline.left().is_zero() {
            break;
        }
    }
    match denied {
        0 => Observed::Unknown(chain(&Error::Unreachable(failures))),
        _ => Observed::Known(false),
    }
}

/// What a failed login says of the password; `None`: nothing, another broker may know.
fn verdict(error: &Error) -> Option<Observed<bool>> {
    match error {
        Error::Auth {
            code: Some(Code::SASL_AUTHENTICATION_FAILED),
            ..
        } => Some(Observed::Known(false)),
        Error::Auth { .. } => Some(Observed::Unknown(chain(error))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_error(code: Option<Code>) -> Error {
        Error::Auth {
            address: "b1:9094".to_owned(),
            mechanism: "SCRAM-SHA-512 as user \"a\"".to_owned(),
            code,
            message: "no".to_owned(),
        }
    }

    /// Trap 25: only the broker's own word about the password counts as a changed password.
    #[test]
    fn a_denial_is_told_from_everything_else_that_can_go_wrong() {
        let denied = mk_error(Some(Code::SASL_AUTHENTICATION_FAILED));
        assert_eq!(verdict(&denied), Some(Observed::Known(false)));
        for code in [None, Some(Code::ILLEGAL_SASL_STATE), Some(Code(33))] {
            let verdict = verdict(&mk_error(code));
            assert!(matches!(verdict, Some(Observed::Unknown(_))), "{code:?}");
        }
        let silent = Error::Timeout {
            address: "b1:9094".to_owned(),
            api: "connecting",
            after: PATIENCE,
            sent: false,
        };
        assert_eq!(verdict(&silent), None);
    }
}
