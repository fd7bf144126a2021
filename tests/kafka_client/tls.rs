//! TLS as a user meets it: whom to trust, who answers, and ports that do not speak it.

use headgate::{
    config::Tls,
    kafka::{Client, Error, Settings},
    model::{SecretRef, chain},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::fake::{Fake, PATIENCE, broker, works};
use crate::support::pki::Pki;

const VALID: i32 = 3000;

async fn serve(acceptor: TlsAcceptor) -> Fake {
    Fake::start(move |_, stream, me| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                broker(stream, me).await;
            }
        }
    })
    .await
}

fn client(fake: &Fake, tls: Option<Tls>) -> Client {
    let mut settings = Settings::plaintext(vec![fake.address.clone()]);
    settings.tls = tls;
    Client::new(settings).unwrap()
}

async fn error(fake: &Fake, tls: Option<Tls>) -> Error {
    client(fake, tls).cluster(PATIENCE).await.unwrap_err()
}

fn is(error: &Error, kind: &str, parts: &[&str]) {
    let text = chain(&error);
    assert_eq!(error.kind(), kind, "{text}");
    assert!(!error.outcome_is_unknown(), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn a_private_ca_is_trusted_and_an_ip_address_is_checked() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", VALID), false)).await;
    works(&client(&fake, Some(pki.trust()))).await;
}

#[tokio::test]
async fn a_broker_of_another_ca_is_refused() {
    let (ours, theirs) = (Pki::new("ours"), Pki::new("theirs"));
    let fake = serve(theirs.acceptor(theirs.issue("127.0.0.1", VALID), false)).await;
    let error = error(&fake, Some(ours.trust())).await;
    is(
        &error,
        "tls",
        &[&fake.address, "not signed by a CA in tls.ca"],
    );
}

#[tokio::test]
async fn another_ca_of_the_same_name_is_refused() {
    let (ours, theirs) = (Pki::new("twin"), Pki::new("twin"));
    let fake = serve(theirs.acceptor(theirs.issue("127.0.0.1", VALID), false)).await;
    is(
        &error(&fake, Some(ours.trust())).await,
        "tls",
        &["not signed by a CA in tls.ca"],
    );
}

#[tokio::test]
async fn a_broker_with_another_name_is_refused() {
    let pki = Pki::new("ours");
    for host in ["other.example.com", "10.0.0.1"] {
        let fake = serve(pki.acceptor(pki.issue(host, VALID), false)).await;
        let error = error(&fake, Some(pki.trust())).await;
        is(&error, "tls", &["not made out for \"127.0.0.1\"", host]);
    }
}

#[tokio::test]
async fn an_expired_certificate_is_called_expired() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", 1999), false)).await;
    is(
        &error(&fake, Some(pki.trust())).await,
        "tls",
        &["has expired"],
    );
}

#[tokio::test]
async fn a_demanded_client_certificate_is_shown() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", VALID), true)).await;
    works(&client(
        &fake,
        Some(pki.trust_as(&pki.issue("headgate", VALID))),
    ))
    .await;
}

#[tokio::test]
async fn a_missing_or_wrong_client_certificate_is_named() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", VALID), true)).await;
    is(
        &error(&fake, Some(pki.trust())).await,
        "tls",
        &["demands a client certificate", "tls.cert"],
    );
    let stranger = Pki::new("theirs").issue("headgate", VALID);
    is(
        &error(&fake, Some(pki.trust_as(&stranger))).await,
        "tls",
        &["demands a certificate of ours that it accepts"],
    );
}

#[tokio::test]
async fn plain_text_to_a_tls_port_says_that_tls_is_needed() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", VALID), false)).await;
    is(
        &error(&fake, None).await,
        "not_kafka",
        &["the port speaks TLS", "set `tls:`"],
    );
}

#[tokio::test]
async fn tls_to_a_plain_text_port_says_that_it_does_not_speak_tls() {
    let pki = Pki::new("ours");
    // Kafka takes the greeting for a length of 369 MB and hangs up; others answer in their own tongue
    for reply in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let fake = Fake::start(move |_, mut stream, _| async move {
            stream.read_u32().await.ok();
            stream.write_all(reply).await.ok();
        })
        .await;
        is(
            &error(&fake, Some(pki.trust())).await,
            "tls",
            &["the port does not speak TLS"],
        );
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_no_pem_is_named() {
    let pki = Pki::new("ours");
    let fake = serve(pki.acceptor(pki.issue("127.0.0.1", VALID), false)).await;
    let ca = |reference| Tls {
        ca: Some(reference),
        ..Tls::default()
    };
    let missing = error(&fake, Some(ca(SecretRef::File("/nowhere/ca.pem".into())))).await;
    is(
        &missing,
        "settings",
        &["tls.ca", "/nowhere/ca.pem", "No such file"],
    );
    for text in [
        "",
        "no pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let useless = error(&fake, Some(ca(pki.file("bad.pem", text)))).await;
        is(&useless, "settings", &["tls.ca", "bad.pem", "expected PEM"]);
    }
    let both = Tls {
        cert: Some(pki.file("c.pem", "")),
        ..pki.trust()
    };
    let mut settings = Settings::plaintext(vec![fake.address.clone()]);
    settings.tls = Some(both);
    is(
        &Client::new(settings).err().unwrap(),
        "settings",
        &["tls.cert and tls.key go together"],
    );
}

#[tokio::test]
async fn a_ca_that_was_put_right_is_taken_up_without_a_restart() {
    let (ours, theirs) = (Pki::new("ours"), Pki::new("theirs"));
    let fake = serve(ours.acceptor(ours.issue("127.0.0.1", VALID), false)).await;
    let tls = ours.trust();
    let client = client(&fake, Some(tls));
    ours.file("ca.pem", &theirs.ca_pem());
    client.cluster(PATIENCE).await.unwrap_err();
    ours.trust();
    works(&client).await;
}
