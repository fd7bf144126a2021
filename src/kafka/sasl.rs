//! Authentication on a fresh connection (rank 6, Kafka plane): SaslHandshake, then the mechanism's messages.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::{
    messages::{SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest},
    protocol::StrBytes,
};

use super::{
    Code, Error,
    connection::Login,
    dial::Preface,
    error::words,
    scram::{self, Hash},
};
use crate::{
    config::{Mechanism, Sasl},
    model::Secret,
    secrets,
};

/// Proves who we are by the settings.
///
/// # Errors
/// The broker refuses, or cannot prove that it knows the password (SCRAM); the secret cannot be read.
pub(super) async fn authenticate(preface: &mut Preface, sasl: &Sasl) -> Result<Login, Error> {
    let reference = sasl.password.clone();
    let password = preface
        .blocking("reading the password", move || secrets::read(&reference))
        .await?
        .map_err(|source| Error::Secret {
            field: "sasl.password",
            source,
        })?;
    prove(preface, sasl.mechanism, &sasl.username, password).await
}

/// Proves that we are `username`.
///
/// # Errors
/// The broker refuses, or cannot prove that it knows the password (SCRAM).
pub(super) async fn prove(
    preface: &mut Preface,
    mechanism: Mechanism,
    username: &str,
    password: Secret<String>,
) -> Result<Login, Error> {
    let mut talk = Talk {
        preface,
        mechanism,
        username,
    };
    talk.handshake().await?;
    let last = match mechanism {
        Mechanism::Plain => {
            let text = format!("\0{username}\0{}", password.expose());
            talk.say(text.into()).await?
        }
        Mechanism::OauthBearer => talk.bearer(&password).await?,
        Mechanism::ScramSha256 => talk.scram(Hash::Sha256, password).await?,
        Mechanism::ScramSha512 => talk.scram(Hash::Sha512, password).await?,
    };
    let session = u64::try_from(last.session_lifetime_ms)
        .ok()
        .filter(|ms| *ms > 0)
        .map(Duration::from_millis);
    Ok(Login { session })
}

struct Talk<'a> {
    preface: &'a mut Preface,
    mechanism: Mechanism,
    username: &'a str,
}

impl Talk<'_> {
    async fn handshake(&mut self) -> Result<(), Error> {
        let name = self.mechanism.as_str();
        let request =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(name));
        let answer = self.preface.ask("SaslHandshake", &request, 1).await?;
        match Code(answer.error_code) {
            Code::NONE => Ok(()),
            Code::ILLEGAL_SASL_STATE => Err(self.refused(
                Code::ILLEGAL_SASL_STATE,
                "the listener does not use SASL; use the broker's SASL listener, or remove `sasl:` for this cluster",
            )),
            code => {
                let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
                let offered = words(&offered.join(", "));
                Err(self.refused(code, format!("{code}; the broker offers {offered}")))
            }
        }
    }

    /// Sends one message of the mechanism and returns the broker's.
    async fn say(&mut self, message: Bytes) -> Result<SaslAuthenticateResponse, Error> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(message);
        let answer = self.preface.ask("SaslAuthenticate", &request, 1).await?;
        let code = Code(answer.error_code);
        if !code.is_ok() {
            let told = words(answer.error_message.as_deref().unwrap_or_default());
            let hint = match self.mechanism {
                Mechanism::OauthBearer => "renew the token",
                _ => {
                    "check user name and password, and that the broker has this user for this mechanism"
                }
            };
            return Err(self.refused(code, format!("{code}: {told}; {hint}")));
        }
        Ok(answer)
    }

    /// RFC 7628. A refusal comes as JSON in a successful answer, and an empty message asks for the error itself.
    async fn bearer(&mut self, token: &Secret<String>) -> Result<SaslAuthenticateResponse, Error> {
        let first = format!("n,,\x01auth=Bearer {}\x01\x01", token.expose());
        let answer = self.say(first.into()).await?;
        if answer.auth_bytes.is_empty() {
            return Ok(answer);
        }
        let told = words(&String::from_utf8_lossy(&answer.auth_bytes));
        // the broker waits for this before it hangs up; what it then says adds nothing to the reason
        let _ = self.say(Bytes::from_static(b"\x01")).await;
        Err(self.failed(format!("the broker does not accept the token: {told}")))
    }

    async fn scram(
        &mut self,
        hash: Hash,
        password: Secret<String>,
    ) -> Result<SaslAuthenticateResponse, Error> {
        let login = scram::Login::begin(hash, self.username);
        let challenge = self.say(login.first().into()).await?.auth_bytes;
        let proof = self
            .preface
            .blocking("hashing the password", move || {
                login.prove(&challenge, &password)
            })
            .await?
            .map_err(|why| self.failed(why))?;
        let last = self.say(proof.message.clone().into()).await?;
        proof
            .check(&last.auth_bytes)
            .map_err(|why| self.failed(why))?;
        Ok(last)
    }

    fn refused(&self, code: Code, message: impl Into<String>) -> Error {
        self.error(Some(code), message.into())
    }

    fn failed(&self, message: impl Into<String>) -> Error {
        self.error(None, message.into())
    }

    fn error(&self, code: Option<Code>, message: String) -> Error {
        let (mechanism, username) = (self.mechanism, self.username);
        Error::Auth {
            address: self.preface.address().to_owned(),
            mechanism: match mechanism {
                Mechanism::OauthBearer => mechanism.to_string(),
                _ => format!("{mechanism} as user {username:?}"),
            },
            code,
            message,
        }
    }
}
