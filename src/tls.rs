//! TLS towards the planes (rank 5): from PEM to a client's settings, and rustls' errors in words that say what to do.
//! Only the CA that is named is trusted, and host names are always checked. Reads no file.

use std::{error::Error as StdError, io, sync::Arc};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::model::Secret;

/// A PEM that is none.
#[derive(Debug, thiserror::Error)]
#[error("{field} is not usable: {why}; expected PEM")]
pub struct Unusable {
    /// `tls.ca`, `tls.cert` or `tls.key`.
    pub field: &'static str,
    /// Why.
    pub why: String,
}

/// What TLS is made of, as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem {
    /// The CA certificates that are trusted.
    pub ca: Secret<String>,
    /// The client's certificate with its chain, and its key (mTLS).
    pub identity: Option<(Secret<String>, Secret<String>)>,
}

/// Makes a client's settings.
///
/// # Errors
/// What is no PEM, or a key that does not belong to the certificate.
pub fn configure(pem: &Pem) -> Result<ClientConfig, Unusable> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("tls.ca", &pem.ca)? {
        let added = roots.add(certificate);
        added.map_err(|e| unusable("tls.ca", &e))?;
    }
    let builder = trusting(roots);
    let Some((cert, key)) = &pem.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let private = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|e| unusable("tls.key", &e))?;
    builder
        .with_client_auth_cert(certificates("tls.cert", cert)?, private)
        .map_err(|e| unusable("tls.cert", &e))
}

/// Makes the settings of a client that is not to speak TLS at all: it trusts nobody.
#[must_use]
pub fn nobody() -> ClientConfig {
    trusting(RootCertStore::empty()).with_no_client_auth()
}

fn trusting(roots: RootCertStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring's provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
}

fn certificates(
    field: &'static str,
    pem: &Secret<String>,
) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.expose().as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| unusable(field, &e))?;
    match found.is_empty() {
        true => Err(unusable(field, &"it holds no certificate")),
        false => Ok(found),
    }
}

fn unusable(field: &'static str, why: &dyn ToString) -> Unusable {
    let why = why.to_string();
    Unusable { field, why }
}

/// Says what a failed handshake with `who` (`broker`, `server`) means and what to do; `None` where TLS is not the cause.
/// `plainly` says what to do where no TLS is wanted.
#[must_use]
pub fn explain(
    error: &(dyn StdError + 'static),
    who: &str,
    host: &str,
    plainly: &str,
) -> Option<String> {
    Some(match cause(error)? {
        rustls::Error::InvalidCertificate(problem) => certificate(problem, who, host),
        rustls::Error::InvalidMessage(_) => {
            format!("the port does not speak TLS; use the {who}'s TLS listener, or {plainly}")
        }
        rustls::Error::AlertReceived(alert) => refused(*alert, who),
        other => other.to_string(),
    })
}

/// Tells whether the other side turned us away by our certificate, or for want of one. With TLS 1.3 it says so after the
/// handshake is done on our side, and before it reads what we send.
#[must_use]
pub fn turns_us_away(error: &(dyn StdError + 'static)) -> bool {
    use AlertDescription as Alert;
    matches!(
        cause(error),
        Some(rustls::Error::AlertReceived(
            Alert::CertificateRequired
                | Alert::UnknownCA
                | Alert::BadCertificate
                | Alert::CertificateUnknown
                | Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::UnsupportedCertificate
                | Alert::AccessDenied
                | Alert::HandshakeFailure
        ))
    )
}

/// Finds rustls' word among an error's causes. What an [`io::Error`] wraps is not among its sources.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        let wrapped: Option<&(dyn StdError + 'static)> = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|wrapped| wrapped as _);
        let found = wrapped.unwrap_or(error).downcast_ref();
        if found.is_some() {
            return found;
        }
        next = wrapped.or_else(|| error.source());
    }
    None
}

fn certificate(problem: &CertificateError, who: &str, host: &str) -> String {
    match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            format!(
                "the {who}'s certificate is not signed by a CA in tls.ca; name the CA that signed it"
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "the {who}'s certificate is not made out for {host:?}; use a name that it holds, or renew it with this one"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the {who}'s certificate has expired; renew it, or set this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the {who}'s certificate is not valid yet; look at this machine's clock")
        }
        other => format!("the {who}'s certificate is not acceptable: {other}"),
    }
}

fn refused(alert: AlertDescription, who: &str) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            format!("the {who} demands a client certificate; set tls.cert and tls.key")
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate => {
            format!(
                "the {who} demands a certificate of ours that it accepts ({alert:?}); look at tls.cert and tls.key, or set them"
            )
        }
        other => format!(
            "the {who} ended the handshake ({other:?}); it may demand a client certificate (tls.cert, tls.key)"
        ),
    }
}
