//! What the client needs to know of a cluster (rank 6, Kafka plane). Secrets stand here as references and are read at
//! each dial, so that a rotated password or certificate is taken up without a restart.

use std::time::Duration;

use compact_str::{CompactString, format_compact};

use super::Error;
use crate::{
    config::{Kafka, Mechanism, Sasl, Tls},
    live::Observed,
};

/// How a cluster is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `host:port` of some brokers, tried in this order.
    pub bootstrap: Vec<String>,
    /// Encryption; without it everything travels in plain text. Only the named CA is trusted, the platform's own list is
    /// not consulted, and the broker's host name or IP address is always checked against its certificate.
    pub tls: Option<Tls>,
    /// Authentication; without it the client is anonymous, or who its certificate says.
    pub sasl: Option<Sasl>,
    /// Whether users' passwords may be set over a connection that is neither encrypted nor on loopback.
    pub allow_plaintext_passwords: bool,
    /// The principal that the brokers make of the client, where the login does not tell it.
    pub principal: Option<String>,
    /// Whether that principal is one of the brokers' `super.users`.
    pub super_user: bool,
    /// How long things may take.
    pub timeouts: Timeouts,
}

impl Settings {
    /// Makes settings for a plain-text listener.
    #[must_use]
    pub fn plaintext(bootstrap: Vec<String>) -> Self {
        Self {
            bootstrap,
            tls: None,
            sasl: None,
            allow_plaintext_passwords: false,
            principal: None,
            super_user: false,
            timeouts: Timeouts::default(),
        }
    }

    /// Takes what `headgate.yaml` says of a cluster.
    #[must_use]
    pub fn new(kafka: &Kafka) -> Self {
        Self {
            bootstrap: kafka.bootstrap.clone(),
            tls: kafka.tls.clone(),
            sasl: kafka.sasl.clone(),
            allow_plaintext_passwords: kafka.allow_plaintext_passwords,
            principal: kafka.principal.clone(),
            super_user: kafka.super_user,
            timeouts: Timeouts::default(),
        }
    }

    /// Returns the principal that the brokers make of the client: no request asks them. With a password it is the user, and
    /// without anything `ANONYMOUS` (Kafka, `DefaultKafkaPrincipalBuilder`); what they make of a certificate or a token
    /// stands in their own settings.
    pub(super) fn principal(&self) -> Observed<CompactString> {
        if let Some(principal) = &self.principal {
            return Observed::Known(principal.into());
        }
        let certificate = self.tls.as_ref().is_some_and(|tls| tls.cert.is_some());
        match &self.sasl {
            Some(sasl) if sasl.mechanism != Mechanism::OauthBearer => {
                Observed::Known(format_compact!("User:{}", sasl.username))
            }
            None if !certificate => Observed::Known("User:ANONYMOUS".into()),
            _ => Observed::Unknown(
                "what the brokers make of a certificate or a token is known to them only; say it in headgate.yaml as \
                 kafka.principal (User:…)"
                    .to_owned(),
            ),
        }
    }

    /// Returns the user that the client logs in as with a password, whatever principal the brokers make of it.
    pub(super) fn login(&self) -> Option<CompactString> {
        let sasl = self.sasl.as_ref()?;
        (sasl.mechanism != Mechanism::OauthBearer).then(|| sasl.username.as_str().into())
    }

    /// Checks what can be checked without looking outside.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.bootstrap.is_empty() {
            return Err(Error::settings(
                "bootstrap is empty; name at least one broker as host:port",
            ));
        }
        for address in &self.bootstrap {
            Address::parse(address)?;
        }
        if let Some(tls) = &self.tls {
            if tls.ca.is_none() {
                return Err(Error::settings(
                    "tls.ca is missing; name the PEM file of the CA that signed the brokers' certificates \
                     (/etc/ssl/certs/ca-certificates.crt for the public ones)",
                ));
            }
            if tls.cert.is_some() != tls.key.is_some() {
                return Err(Error::settings(
                    "tls.cert and tls.key go together; set both or neither",
                ));
            }
        }
        Ok(())
    }
}

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// From the name's resolution to the end of authentication. 10 s: three lost SYNs (1 + 2 + 4 s) and a slow handshake.
    pub connect: Duration,
    /// How long the first choice may keep silent before the next broker is dialled as well. 1 s: a healthy dial with
    /// TLS and SCRAM takes a tenth of it.
    pub second_choice: Duration,
    /// From the wish to send a request to its answer, dialling included. 30 s, as Kafka's own clients: a batch of 4,500
    /// partitions kept a loaded controller busy for 5 s.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            second_choice: Duration::from_secs(1),
            call: Duration::from_secs(30),
        }
    }
}

/// A `host:port` taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
}

impl<'a> Address<'a> {
    /// Takes `host:port` or `[v6]:port` apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, Error> {
        let bad = |why: &str| {
            Error::settings(format!(
                "broker address {text:?}: {why}; expected host:port"
            ))
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| bad("it has no port"))?;
        let port = port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| bad("the port is no number from 1 to 65535"))?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        if bare.is_none() && host.contains(':') {
            return Err(bad("an IPv6 address needs brackets, [::1]:9092"));
        }
        let host = bare.unwrap_or(host);
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            return Err(bad("that is no host name"));
        }
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;
    use crate::model::SecretRef;

    #[test]
    fn addresses_are_taken_apart() {
        for (text, host, port) in [
            ("b1:9094", "b1", 9094),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:9092", "::1", 9092),
        ] {
            assert_eq!(Address::parse(text).unwrap(), Address { host, port });
        }
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        for (text, why) in [
            ("b1", "no port"),
            ("b1:0", "1 to 65535"),
            ("b1:70000", "1 to 65535"),
            ("::1:9092", "brackets"),
            (":9092", "no host name"),
            ("kafka://b1:9092", "brackets"),
        ] {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn a_password_tells_who_one_is_and_a_certificate_does_not() {
        let mut settings = Settings::plaintext(vec!["b1:9094".into()]);
        let known = |text: &str| Observed::Known(CompactString::from(text));
        assert_eq!(settings.principal(), known("User:ANONYMOUS"));
        settings.tls = Some(Tls {
            cert: Some(SecretRef::Env("CERT".into())),
            ..Tls::default()
        });
        let why = settings.principal();
        assert!(why.unknown().is_some_and(|w| w.contains("kafka.principal")));
        let mut sasl = Sasl {
            mechanism: Mechanism::ScramSha512,
            username: "headgate".into(),
            password: SecretRef::Env("PASSWORD".into()),
        };
        settings.sasl = Some(sasl.clone());
        assert_eq!(settings.principal(), known("User:headgate"));
        settings.principal = Some("User:platform".into());
        assert_eq!(settings.principal(), known("User:platform"));
        assert_eq!(settings.login().as_deref(), Some("headgate"));
        settings.principal = None;
        sasl.mechanism = Mechanism::OauthBearer;
        settings.sasl = Some(sasl);
        assert!(settings.principal().unknown().is_some());
        assert_eq!(settings.login(), None);
        settings.principal = Some("User:CN=headgate".into());
        assert_eq!(settings.principal(), known("User:CN=headgate"));
    }

    #[test]
    fn settings_without_a_ca_are_refused_before_anything_is_dialled() {
        let mut settings = Settings::plaintext(vec!["b1:9094".into()]);
        settings.tls = Some(Tls::default());
        assert!(
            settings
                .check()
                .unwrap_err()
                .to_string()
                .contains("tls.ca is missing")
        );
    }
}
