//! Who Headgate is towards a REST plane (rank 6): certificates and logins, read now and then, so that what was rotated is
//! taken up without a restart.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{ClientBuilder, header::HeaderValue, redirect, retry};
use tokio::time::Instant;

use super::{Error, Limits};
use crate::{
    config::{Endpoint, RestLogin, Tls},
    model::{Secret, SecretRef},
    secrets,
    tls::{self, Pem},
};

/// How long what was read is taken for new. A pass over a thousand subjects reads the files once or twice.
const FRESH: Duration = Duration::from_secs(10);

/// Connections that are kept for the next request; more are in flight at no time.
const IDLE_CONNECTIONS: usize = 16;

/// How long a connection rests before it is given up: Jetty, which Connect and the registry stand on, hangs up after 30 s,
/// and a write should not meet that moment.
const IDLE: Duration = Duration::from_secs(15);

/// What a request needs: connections, and who one is.
pub(super) struct Access {
    pub(super) http: reqwest::Client,
    pub(super) login: Option<Arc<Login>>,
    pem: Option<Pem>,
    read_at: Instant,
}

/// Who one is, as it is sent.
pub(super) struct Login {
    pub(super) header: HeaderValue,
    /// The password or token, and how the header spells it.
    secrets: Vec<Secret<String>>,
}

impl Login {
    /// Takes the login out of a service's words: some repeat what they do not take.
    pub(super) fn hide(&self, words: &str) -> String {
        let secrets = self.secrets.iter().map(|secret| secret.expose());
        let secrets = secrets.filter(|secret| !secret.is_empty());
        secrets.fold(words.to_owned(), |told, secret| {
            told.replace(secret, "(hidden)")
        })
    }
}

impl Access {
    /// Tells whether the files need not be read again.
    pub(super) fn is_fresh(&self) -> bool {
        self.read_at.elapsed() < FRESH
    }

    /// Reads what the settings name; the connections of before are kept while the certificates are the same. Blocks on
    /// files.
    pub(super) fn read(
        endpoint: &Endpoint,
        limits: &Limits,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let pem = endpoint.tls.as_ref().map(certificates).transpose()?;
        let login = endpoint.login.as_ref().map(login).transpose()?;
        let login = login.map(Arc::new);
        let http = match before {
            Some(before) if before.pem == pem => before.http.clone(),
            _ => connections(pem.as_ref(), limits)?,
        };
        Ok(Self {
            http,
            login,
            pem,
            read_at: Instant::now(),
        })
    }
}

fn connections(pem: Option<&Pem>, limits: &Limits) -> Result<reqwest::Client, Error> {
    let tls = match pem {
        Some(pem) => tls::configure(pem).map_err(|e| Error::Settings(e.to_string()))?,
        None => tls::nobody(),
    };
    builder(tls)
        .connect_timeout(limits.connect)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|e| Error::Settings(e.to_string()))
}

/// Begins a client that goes where it is told and nowhere else.
fn builder(tls: impl std::any::Any) -> ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("headgate/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
}

/// Begins a client without TLS, for what listens on this machine: the daemon's own pages.
pub fn plain() -> ClientBuilder {
    builder(tls::nobody())
}

fn certificates(tls: &Tls) -> Result<Pem, Error> {
    let Some(ca) = &tls.ca else {
        return Err(Error::Settings("tls.ca is missing".to_owned()));
    };
    Ok(Pem {
        ca: read("tls.ca", ca)?,
        identity: match (&tls.cert, &tls.key) {
            (Some(cert), Some(key)) => Some((read("tls.cert", cert)?, read("tls.key", key)?)),
            _ => None,
        },
    })
}

fn login(login: &RestLogin) -> Result<Login, Error> {
    let (field, scheme, secrets) = match login {
        RestLogin::Basic { username, password } => {
            let password = read("auth.basic.password", password)?;
            let both = format!("{username}:{}", password.expose());
            let both = Secret::new(BASE64_STANDARD.encode(both));
            ("auth.basic", "Basic", vec![both, password])
        }
        RestLogin::Bearer(token) => {
            let token = read("auth.bearer", token)?;
            ("auth.bearer", "Bearer", vec![token])
        }
    };
    let text = format!("{scheme} {}", secrets[0].expose());
    let mut header = HeaderValue::try_from(text).map_err(|_| {
        Error::Settings(format!(
            "{field} cannot be sent: it holds characters that no HTTP header may have"
        ))
    })?;
    header.set_sensitive(true);
    Ok(Login { header, secrets })
}

fn read(field: &'static str, reference: &SecretRef) -> Result<Secret<String>, Error> {
    secrets::read(reference).map_err(|source| Error::Secret { field, source })
}
