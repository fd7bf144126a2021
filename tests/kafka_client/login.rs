//! SASL as a user meets it: wrong passwords, wrong mechanisms, wrong listeners, and sessions that end.

use std::time::Duration;

use bytes::Bytes;
use headgate::{
    config::{Mechanism, Sasl},
    kafka::{Client, Error, Settings},
    model::{SecretRef, chain},
};
use kafka_protocol::{
    messages::{
        SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest,
        SaslHandshakeResponse,
    },
    protocol::{Decodable, StrBytes},
};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::fake::{Asked, Fake, PATIENCE, answer, ask, broker, greet, works};

/// A password in a file.
struct Password(TempDir);

impl Password {
    fn new(text: &str) -> Self {
        let this = Self(TempDir::new().unwrap());
        this.set(text);
        this
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tests write the files that settings name"
    )]
    fn set(&self, text: &str) {
        std::fs::write(self.0.path().join("password"), text).unwrap();
    }

    fn client(&self, fake: &Fake, mechanism: Mechanism) -> Client {
        let mut settings = Settings::plaintext(vec![fake.address.clone()]);
        let file = self.0.path().join("password");
        settings.sasl = Some(Sasl {
            mechanism,
            username: "headgate".into(),
            password: SecretRef::File(file.to_str().unwrap().to_owned()),
        });
        Client::new(settings).unwrap()
    }
}

fn is(error: &Error, parts: &[&str]) {
    let text = chain(&error);
    assert_eq!(error.kind(), "auth", "{text}");
    assert!(!error.outcome_is_unknown(), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!text.contains("pa55"), "the password is in {text:?}");
}

/// Agrees to the mechanism and returns the first message.
pub(super) async fn shake(stream: &mut TcpStream) -> (Asked, Bytes) {
    let asked = greet(stream).await.unwrap();
    assert_eq!(asked.key, 17);
    answer(stream, &asked, &SaslHandshakeResponse::default()).await;
    hear(stream).await
}

async fn hear(stream: &mut TcpStream) -> (Asked, Bytes) {
    let asked = ask(stream).await.unwrap();
    assert_eq!(asked.key, 36);
    let said = SaslAuthenticateRequest::decode(&mut asked.body.clone(), asked.version).unwrap();
    (asked, said.auth_bytes)
}

fn say(bytes: impl Into<Bytes>) -> SaslAuthenticateResponse {
    SaslAuthenticateResponse::default().with_auth_bytes(bytes.into())
}

pub(super) fn refuse() -> SaslAuthenticateResponse {
    let words = "Authentication failed: Invalid username or password";
    say(Bytes::new())
        .with_error_code(58)
        .with_error_message(Some(StrBytes::from_static_str(words)))
}

/// A listener with PLAIN and one password.
async fn plain(password: &'static str, session_ms: i64) -> Fake {
    Fake::start(move |_, mut stream, me| async move {
        let (asked, said) = shake(&mut stream).await;
        if said != format!("\0headgate\0{password}") {
            return answer(&mut stream, &asked, &refuse()).await;
        }
        answer(
            &mut stream,
            &asked,
            &say(Bytes::new()).with_session_lifetime_ms(session_ms),
        )
        .await;
        broker(stream, me).await;
    })
    .await
}

#[tokio::test]
async fn a_wrong_password_is_said_with_the_user_and_the_brokers_words() {
    let fake = plain("right", 0).await;
    let password = Password::new("pa55");
    let client = password.client(&fake, Mechanism::Plain);
    is(
        &client.cluster(PATIENCE).await.unwrap_err(),
        &[
            &fake.address,
            "PLAIN as user \"headgate\"",
            "SASL_AUTHENTICATION_FAILED(58)",
            "Invalid username or password",
        ],
    );
}

#[tokio::test]
async fn a_rotated_password_is_read_at_the_next_dial() {
    let fake = plain("new", 0).await;
    let password = Password::new("old\n");
    let client = password.client(&fake, Mechanism::Plain);
    is(&client.cluster(PATIENCE).await.unwrap_err(), &[]);
    password.set("new\n");
    works(&client).await;
}

#[tokio::test]
async fn a_password_that_cannot_be_read_is_named() {
    let fake = plain("right", 0).await;
    let mut settings = Settings::plaintext(vec![fake.address.clone()]);
    settings.sasl = Some(Sasl {
        mechanism: Mechanism::Plain,
        username: "headgate".into(),
        password: SecretRef::File("/nowhere/password".into()),
    });
    let error = Client::new(settings)
        .unwrap()
        .cluster(PATIENCE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "settings");
    let text = chain(&error);
    assert!(
        text.contains("sasl.password") && text.contains("/nowhere/password"),
        "{text}"
    );
}

#[tokio::test]
async fn a_mechanism_that_the_broker_lacks_is_named_with_those_it_has() {
    let fake = Fake::start(|_, mut stream, _| async move {
        let asked = greet(&mut stream).await.unwrap();
        let wanted = SaslHandshakeRequest::decode(&mut asked.body.clone(), asked.version).unwrap();
        assert_eq!(wanted.mechanism.as_str(), "SCRAM-SHA-256");
        let offer = SaslHandshakeResponse::default()
            .with_error_code(33)
            .with_mechanisms(vec![StrBytes::from_static_str("SCRAM-SHA-512")]);
        answer(&mut stream, &asked, &offer).await;
        ask(&mut stream).await;
    })
    .await;
    let password = Password::new("pa55");
    let client = password.client(&fake, Mechanism::ScramSha256);
    let error = client.cluster(PATIENCE).await.unwrap_err();
    is(
        &error,
        &[
            "SCRAM-SHA-256",
            "UNSUPPORTED_SASL_MECHANISM(33)",
            "offers SCRAM-SHA-512",
        ],
    );
}

#[tokio::test]
async fn a_listener_without_sasl_is_named() {
    let fake = Fake::start(|_, mut stream, _| async move {
        let asked = greet(&mut stream).await.unwrap();
        answer(
            &mut stream,
            &asked,
            &SaslHandshakeResponse::default().with_error_code(34),
        )
        .await;
        ask(&mut stream).await;
    })
    .await;
    let password = Password::new("pa55");
    let client = password.client(&fake, Mechanism::Plain);
    is(
        &client.cluster(PATIENCE).await.unwrap_err(),
        &["the listener does not use SASL"],
    );
}

/// A broker that speaks SCRAM without knowing the password: it names its rounds, then claims success.
async fn impostor(iterations: u32) -> Error {
    let fake = Fake::start(move |_, mut stream, me| async move {
        let (asked, said) = shake(&mut stream).await;
        let said = String::from_utf8(said.to_vec()).unwrap();
        let nonce = said.strip_prefix("n,,n=headgate,r=").unwrap();
        let challenge = format!("r={nonce}x,s=c2FsdA==,i={iterations}");
        answer(&mut stream, &asked, &say(challenge)).await;
        let Some(asked) = ask(&mut stream).await else {
            return;
        };
        answer(&mut stream, &asked, &say("v=aW1wb3N0b3I=")).await;
        broker(stream, me).await;
    })
    .await;
    let password = Password::new("pa55");
    let client = password.client(&fake, Mechanism::ScramSha512);
    client.cluster(PATIENCE).await.unwrap_err()
}

#[tokio::test]
async fn a_broker_that_does_not_know_the_password_is_refused() {
    is(
        &impostor(4096).await,
        &["SCRAM-SHA-512", "does not know our password"],
    );
}

#[tokio::test]
async fn a_broker_that_asks_for_too_little_or_too_much_hashing_is_refused() {
    for iterations in [1, 4095, 1_000_001, u32::MAX] {
        is(
            &impostor(iterations).await,
            &["rounds of hashing", "4096 to 1000000"],
        );
    }
}

#[tokio::test]
async fn a_token_is_accepted_or_refused_with_the_brokers_reason() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let (asked, said) = shake(&mut stream).await;
        if said == "n,,\x01auth=Bearer good\x01\x01" {
            answer(&mut stream, &asked, &say(Bytes::new())).await;
            return broker(stream, me).await;
        }
        answer(&mut stream, &asked, &say(r#"{"status":"invalid_token"}"#)).await;
        let (asked, said) = hear(&mut stream).await;
        assert_eq!(said, "\x01");
        answer(&mut stream, &asked, &refuse()).await;
    })
    .await;
    let token = Password::new("pa55");
    let client = token.client(&fake, Mechanism::OauthBearer);
    is(
        &client.cluster(PATIENCE).await.unwrap_err(),
        &["OAUTHBEARER", "invalid_token"],
    );
    token.set("good");
    works(&client).await;
}

#[tokio::test]
async fn a_connection_is_left_before_the_broker_ends_its_session() {
    let fake = plain("right", 3_600_000).await;
    let password = Password::new("right");
    let client = password.client(&fake, Mechanism::Plain);
    works(&client).await;
    for (minutes, connections) in [(50, 1), (2, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        tokio::time::resume();
        works(&client).await;
        assert_eq!(
            fake.connections(),
            connections,
            "after {minutes} more minutes"
        );
    }
}
