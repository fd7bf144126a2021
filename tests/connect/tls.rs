//! TLS to Connect as a user meets it: whom to trust, who answers, and a certificate of one's own.

use headgate::{
    config::{Endpoint, Tls},
    connect::Client,
    desired::RunState,
    live::{ConnectSeen, Observed},
    ports::{ConnectPlane, ConnectWrite, Outcome, RefusalClass},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::double::{self, Double, Reply};
use crate::support::pki::Pki;

const VALID: i32 = 3000;

fn mk_client(double: &Double, tls: Tls) -> Client {
    let url = double.url.replace("http://", "https://");
    let endpoint = Endpoint {
        tls: Some(tls),
        ..Endpoint::plaintext(vec![url])
    };
    Client::new("main", &endpoint)
}

fn mk_pause() -> ConnectWrite {
    ConnectWrite::State {
        name: "c".into(),
        to: RunState::Paused,
    }
}

async fn observe(double: &Double, tls: Tls) -> Observed<ConnectSeen> {
    mk_client(double, tls).observe().await
}

#[tokio::test]
async fn a_private_ca_is_trusted_and_a_demanded_certificate_is_shown() {
    let pki = Pki::new("ours");
    let open = double::start_tls(pki.acceptor(pki.issue("127.0.0.1", VALID), false)).await;
    assert!(observe(&open, pki.trust()).await.known().is_some());
    let demanding = double::start_tls(pki.acceptor(pki.issue("127.0.0.1", VALID), true)).await;
    let me = pki.trust_as(&pki.issue("headgate", VALID));
    assert!(observe(&demanding, me).await.known().is_some());
}

#[tokio::test]
async fn what_is_wrong_with_tls_is_told_and_nothing_is_sent() {
    let (ours, theirs) = (Pki::new("ours"), Pki::new("theirs"));
    let demanding = || ours.acceptor(ours.issue("127.0.0.1", VALID), true);
    let stranger = theirs.issue("headgate", VALID);
    for (acceptor, tls, want) in [
        (
            theirs.acceptor(theirs.issue("127.0.0.1", VALID), false),
            ours.trust(),
            "not signed by a CA in tls.ca",
        ),
        (
            ours.acceptor(ours.issue("other.example.com", VALID), false),
            ours.trust(),
            "the server's certificate is not made out for \"127.0.0.1\"",
        ),
        (
            ours.acceptor(ours.issue("127.0.0.1", 1999), false),
            ours.trust(),
            "has expired",
        ),
        (
            demanding(),
            ours.trust(),
            "demands a client certificate; set tls.cert",
        ),
        (
            demanding(),
            ours.trust_as(&stranger),
            "demands a certificate of ours that it accepts",
        ),
    ] {
        let double = double::start_tls(acceptor).await;
        let client = mk_client(&double, tls);
        let seen = client.observe().await;
        let why = seen.unknown().unwrap();
        assert!(why.contains(want), "{why}");
        let outcome = client.write(mk_pause()).await;
        let is_unreached = |outcome: &Outcome| matches!(outcome, Outcome::Refused(r) if r.class == RefusalClass::Unreached);
        assert!(is_unreached(&outcome), "{outcome:?}");
        assert!(double.asked().is_empty());
    }
}

#[tokio::test]
async fn a_port_without_tls_is_told() {
    let double = double::start(|_| Reply::Text(200, String::new())).await;
    let seen = observe(&double, Pki::new("ours").trust()).await;
    let why = seen.unknown().unwrap();
    assert!(why.contains("does not speak TLS"), "{why}");
    assert!(why.contains("write its address as http://"), "{why}");
}

#[tokio::test]
async fn a_port_that_wants_tls_is_told() {
    let pki = Pki::new("ours");
    let double = double::start_tls(pki.acceptor(pki.issue("127.0.0.1", VALID), false)).await;
    let url = double.url.replace("https://", "http://");
    let seen = super::mk_client(&[&url]).observe().await;
    let why = seen.unknown().unwrap();
    assert!(why.contains("write its address as https://"), "{why}");
    assert!(double.asked().is_empty());
}

/// What is wrong with TLS behind the handshake comes behind the request, too.
#[tokio::test]
async fn a_connection_that_is_spoiled_after_the_request_leaves_a_write_unknown() {
    let pki = Pki::new("ours");
    let acceptor = pki.acceptor(pki.issue("127.0.0.1", VALID), false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = acceptor.accept(tcp).await.unwrap();
        assert!(tls.read(&mut [0; 4096]).await.unwrap() > 0);
        let (tcp, _) = tls.get_mut();
        tcp.write_all(b"what nobody says in TLS").await.unwrap();
        listener.accept().await.map(|_| ())
    });
    let endpoint = Endpoint {
        tls: Some(pki.trust()),
        ..Endpoint::plaintext(vec![url.clone(), url])
    };
    let outcome = Client::new("main", &endpoint).write(mk_pause()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert!(!serving.is_finished(), "nothing is sent twice");
    serving.abort();
}

#[tokio::test]
async fn a_ca_that_was_put_right_is_taken_up_without_a_restart() {
    let (ours, theirs) = (Pki::new("ours"), Pki::new("theirs"));
    let double = double::start_tls(ours.acceptor(ours.issue("127.0.0.1", VALID), false)).await;
    let tls = ours.trust();
    ours.file("ca.pem", &theirs.ca_pem());
    let client = mk_client(&double, tls);
    assert!(client.observe().await.unknown().is_some());
    ours.trust();
    assert!(client.observe().await.known().is_some());
}
