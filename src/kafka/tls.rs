//! TLS to a broker (rank 6, Kafka plane): a private CA, our certificate where it is demanded, the host name always
//! checked.

use std::{io, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Error;
use crate::{
    config::Tls,
    model::{Secret, SecretRef},
    secrets,
    tls::{self, Pem, Unusable},
};

/// Reads the certificates that the settings name. Blocks on files.
pub(super) fn configure(tls: &Tls) -> Result<ClientConfig, Error> {
    let ca = tls
        .ca
        .as_ref()
        .ok_or_else(|| Error::settings("tls.ca is missing"))?;
    let pem = Pem {
        ca: read("tls.ca", ca)?,
        identity: match (&tls.cert, &tls.key) {
            (Some(cert), Some(key)) => Some((read("tls.cert", cert)?, read("tls.key", key)?)),
            _ => None,
        },
    };
    tls::configure(&pem).map_err(|unusable| bad_pem(tls, &unusable))
}

fn read(field: &'static str, reference: &SecretRef) -> Result<Secret<String>, Error> {
    secrets::read(reference).map_err(|source| Error::Secret { field, source })
}

fn bad_pem(tls: &Tls, Unusable { field, why }: &Unusable) -> Error {
    let place = match *field {
        "tls.cert" => &tls.cert,
        "tls.key" => &tls.key,
        _ => &tls.ca,
    };
    let place = match place {
        Some(SecretRef::Env(name)) => format!("variable {name}"),
        Some(SecretRef::File(path)) => format!("file {path}"),
        None => "not set".to_owned(),
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
    tls::explain(error, "broker", host, "remove `tls:` for this cluster")
}

/// What a port means that hangs up on a TLS greeting.
pub(super) const NO_TLS: &str =
    "the port does not speak TLS; use the broker's TLS listener, or remove `tls:` for this cluster";
