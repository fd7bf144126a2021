//! TLS to a broker (rank 6, Kafka plane): a private CA, our certificate where it is demanded, the host name always
//! checked, and rustls' errors in words that say what to do.

use std::{io, sync::Arc};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Error;
use crate::{
    config::Tls,
    model::{Secret, SecretRef},
    secrets,
};

/// Reads the certificates that the settings name. Blocks on files.
pub(super) fn configure(tls: &Tls) -> Result<ClientConfig, Error> {
    let ca = tls
        .ca
        .as_ref()
        .ok_or_else(|| Error::settings("tls.ca is missing"))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates("tls.ca", ca)? {
        roots
            .add(certificate)
            .map_err(|e| bad_pem("tls.ca", ca, &e.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring's provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let (Some(cert), Some(key)) = (&tls.cert, &tls.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let pem = read("tls.key", key)?;
    let private = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
        .map_err(|e| bad_pem("tls.key", key, &e.to_string()))?;
    builder
        .with_client_auth_cert(certificates("tls.cert", cert)?, private)
        .map_err(|e| bad_pem("tls.cert", cert, &e.to_string()))
}

fn read(field: &'static str, reference: &SecretRef) -> Result<Secret<String>, Error> {
    secrets::read(reference).map_err(|source| Error::Secret { field, source })
}

fn certificates(
    field: &'static str,
    reference: &SecretRef,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = read(field, reference)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.expose().as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| bad_pem(field, reference, &e.to_string()))?;
    if found.is_empty() {
        return Err(bad_pem(field, reference, "it holds no certificate"));
    }
    Ok(found)
}

fn bad_pem(field: &str, reference: &SecretRef, why: &str) -> Error {
    let place = match reference {
        SecretRef::Env(name) => format!("variable {name}"),
        SecretRef::File(path) => format!("file {path}"),
    };
    Error::settings(format!(
        "{field} ({place}) is not usable: {why}; expected PEM"
    ))
}

/// Encrypts a connection, and checks that the other side is `host`.
pub(super) async fn connect(
    config: ClientConfig,
    host: &str,
    tcp: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

/// Says what a failed handshake means and what to do; `None` where the error is not TLS's.
pub(super) fn explain(error: &io::Error, host: &str) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(problem) => certificate(problem, host),
        rustls::Error::InvalidMessage(_) => NO_TLS.to_owned(),
        rustls::Error::AlertReceived(alert) => refused(*alert),
        other => other.to_string(),
    })
}

/// What a port means that answers a TLS greeting with something else, or hangs up.
pub(super) const NO_TLS: &str =
    "the port does not speak TLS; use the broker's TLS listener, or remove `tls:` for this cluster";

fn certificate(problem: &CertificateError, host: &str) -> String {
    match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the broker's certificate is not signed by a CA in tls.ca; name the CA that signed it"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "the broker's certificate is not made out for {host:?}; use a name that it holds, or renew it with this one"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate has expired; renew it, or set this machine's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet; look at this machine's clock".to_owned()
        }
        other => format!("the broker's certificate is not acceptable: {other}"),
    }
}

fn refused(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            "the broker demands a client certificate; set tls.cert and tls.key".to_owned()
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate => {
            format!(
                "the broker demands a certificate of ours that it accepts ({alert:?}); look at tls.cert and tls.key, or set them"
            )
        }
        other => format!(
            "the broker ended the handshake ({other:?}); it may demand a client certificate (tls.cert, tls.key)"
        ),
    }
}
