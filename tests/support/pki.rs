//! Certificates made for a test, and the server's side of TLS.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::{path::PathBuf, sync::Arc};

use headgate::{config::Tls, model::SecretRef};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// A CA, and a folder for the files that settings name.
pub(crate) struct Pki {
    ca: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    cert_pem: String,
    key_pem: String,
}

impl Pki {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self {
            ca: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// Issues a certificate for a host name or IP address.
    pub(crate) fn issue(&self, host: &str, until: i32) -> Identity {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "kafka");
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.ca).unwrap();
        Identity {
            chain: vec![cert.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// Writes a file into the folder and refers to it.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests write the files that settings name"
    )]
    pub(crate) fn file(&self, name: &str, text: &str) -> SecretRef {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        SecretRef::File(path.to_str().unwrap().to_owned())
    }

    /// The CA's certificate.
    pub(crate) fn ca_pem(&self) -> String {
        self.ca.pem()
    }

    /// What a client needs to trust this CA.
    pub(crate) fn trust(&self) -> Tls {
        Tls {
            ca: Some(self.file("ca.pem", &self.ca.pem())),
            ..Tls::default()
        }
    }

    /// The same with a certificate of the client's own.
    pub(crate) fn trust_as(&self, me: &Identity) -> Tls {
        Tls {
            cert: Some(self.file("me.pem", &me.cert_pem)),
            key: Some(self.file("me.key", &me.key_pem)),
            ..self.trust()
        }
    }

    /// The server's side; with `demanding` it wants a client certificate of this CA.
    pub(crate) fn acceptor(&self, identity: Identity, demanding: bool) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if demanding {
            let mut roots = RootCertStore::empty();
            roots.add(self.ca.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let config = builder
            .with_single_cert(identity.chain, identity.key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
