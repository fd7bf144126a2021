//! A private CA, a certificate for the nodes and one for clients.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};

use super::{ADMIN_USER, LabError, workdir::write};

/// Writes `ca.pem`, `node.pem` (key, certificate and CA, as Kafka's PEM keystore wants it) and, for clients,
/// `client.key` and `client.pem` with the name of the admin user.
pub(super) fn write_certificates(dir: &Path) -> Result<(), LabError> {
    let mut params = named("headgate-lab-ca").map_err(LabError::Certificate)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(LabError::Certificate)?;
    let ca = CertifiedIssuer::self_signed(params, key).map_err(LabError::Certificate)?;
    let (node_key, node) = signed("kafka", &ca).map_err(LabError::Certificate)?;
    let (client_key, client) = signed(ADMIN_USER, &ca).map_err(LabError::Certificate)?;
    write(&dir.join("ca.pem"), &ca.pem())?;
    write(
        &dir.join("node.pem"),
        &format!("{node_key}{node}{}", ca.pem()),
    )?;
    write(&dir.join("client.key"), &client_key)?;
    write(&dir.join("client.pem"), &client)
}

fn signed(name: &str, ca: &CertifiedIssuer<'_, KeyPair>) -> Result<(String, String), rcgen::Error> {
    let mut params = named(name)?;
    params.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    ];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok((key.serialize_pem(), certificate.pem()))
}

fn named(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
