//! Users' passwords: what is sent of them, and what a login with one tells.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use headgate::{
    config::{Mechanism, Sasl},
    kafka::{Client, Settings, Timeouts},
    live::Observed,
    model::{ScramMechanism, Secret, SecretRef},
    ports::{Batch, Credential, KafkaPlane, Outcome, RefusalClass},
};
use kafka_protocol::{
    messages::{
        AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, SaslHandshakeResponse,
        alter_user_scram_credentials_response::AlterUserScramCredentialsResult,
    },
    protocol::{Decodable, StrBytes},
};
use tokio::{net::TcpStream, sync::Barrier};

use super::{
    fake::{Fake, SHORT, answer, ask, greet, metadata, versions},
    login::{refuse, shake},
};

const PASSWORD: &str = "canary-pa55";

fn mk_credential(user: &str, mechanism: ScramMechanism) -> Credential {
    Credential {
        user: user.into(),
        mechanism,
        iterations: 4096,
        password: Secret::new(PASSWORD.to_owned()),
    }
}

fn logins(users: &[&str]) -> Vec<Credential> {
    let login = |user: &&str| mk_credential(user, ScramMechanism::Sha256);
    users.iter().map(login).collect()
}

/// A client with SASL, which logs in itself at no point of these tests.
fn client(bootstrap: Vec<String>, timeouts: Timeouts) -> Client {
    let sasl = Sasl {
        mechanism: Mechanism::ScramSha256,
        username: "headgate".into(),
        password: SecretRef::Env("NOT_READ".into()),
    };
    let settings = Settings {
        sasl: Some(sasl),
        timeouts,
        ..Settings::plaintext(bootstrap)
    };
    Client::new(settings).unwrap()
}

/// Hears who wants in.
async fn heard(stream: &mut TcpStream) -> (super::fake::Asked, String) {
    let (asked, said) = shake(stream).await;
    let said = String::from_utf8(said.to_vec()).unwrap();
    let user = said.strip_prefix("n,,n=").unwrap().split(',').next();
    (asked, user.unwrap().to_owned())
}

/// A listener that refuses everybody, and hangs up on those who are odd.
async fn refusing() -> Fake {
    Fake::start(|_, mut stream, _| async move {
        let (asked, user) = heard(&mut stream).await;
        if user != "odd" {
            answer(&mut stream, &asked, &refuse()).await;
        }
    })
    .await
}

/// An address on which nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn only_the_brokers_word_is_a_denial_and_another_broker_is_asked_where_one_is_down() {
    let fake = refusing().await;
    let client = client(
        vec![nobody().await, fake.address.clone()],
        Timeouts::default(),
    );
    let told = client.log_in(&logins(&["denied", "odd", "denied"])).await;
    let denied = Observed::Known(false);
    assert_eq!((&told[0], &told[2]), (&denied, &denied));
    let why = told[1].unknown().unwrap();
    assert!(why.contains("closed the connection"), "{why}");
    assert!(!format!("{told:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_mechanism_that_the_listener_lacks_tells_nothing_of_the_password() {
    let fake = Fake::start(|_, mut stream, _| async move {
        let asked = greet(&mut stream).await.unwrap();
        let offer = SaslHandshakeResponse::default()
            .with_error_code(33)
            .with_mechanisms(vec![StrBytes::from_static_str("PLAIN")]);
        answer(&mut stream, &asked, &offer).await;
    })
    .await;
    let client = client(vec![fake.address.clone()], Timeouts::default());
    let told = client.log_in(&logins(&["a"])).await;
    let why = told[0].unknown().unwrap();
    assert!(
        why.contains("UNSUPPORTED_SASL_MECHANISM") && why.contains("offers PLAIN"),
        "{why}"
    );
}

#[tokio::test]
async fn a_silent_broker_does_not_hold_a_login_for_ever() {
    let fake =
        Fake::start(|_, mut stream, _| async move { while ask(&mut stream).await.is_some() {} })
            .await;
    let timeouts = Timeouts {
        connect: SHORT,
        ..Timeouts::default()
    };
    let told = client(vec![fake.address.clone()], timeouts)
        .log_in(&logins(&["a"]))
        .await;
    assert!(
        told[0]
            .unknown()
            .is_some_and(|why| why.contains("no answer")),
        "{told:?}"
    );
}

#[tokio::test]
async fn four_logins_are_tried_at_once_and_told_in_their_order() {
    let (inside, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let four = Arc::new(Barrier::new(4));
    let seen = Arc::clone(&most);
    let fake = Fake::start(move |_, mut stream, _| {
        let (inside, most, four) = (Arc::clone(&inside), Arc::clone(&most), Arc::clone(&four));
        async move {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let (asked, user) = heard(&mut stream).await;
            four.wait().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            if user != "odd" {
                answer(&mut stream, &asked, &refuse()).await;
            }
        }
    })
    .await;
    let client = client(vec![fake.address.clone()], Timeouts::default());
    let told = client
        .log_in(&logins(&["a", "b", "odd", "d", "e", "f", "g", "h"]))
        .await;
    let known: Vec<bool> = told.iter().map(|told| told.known().is_some()).collect();
    assert_eq!(known, [true, true, false, true, true, true, true, true]);
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}

/// What a controller was asked about credentials: the users set and deleted, request by request.
type Told = Arc<Mutex<Vec<Vec<String>>>>;

/// A cluster that takes credentials of everybody but `absent`, whose deletion it refuses.
async fn controller(told: Told) -> Fake {
    Fake::start(move |_, mut stream, me| {
        let told = Arc::clone(&told);
        async move {
            while let Some(asked) = ask(&mut stream).await {
                match asked.key {
                    18 => answer(&mut stream, &asked, &versions()).await,
                    3 => answer(&mut stream, &asked, &metadata(&me)).await,
                    _ => {
                        let text = String::from_utf8_lossy(&asked.body).into_owned();
                        assert!(!text.contains(PASSWORD), "the password itself is sent");
                        let said = altered(&asked.body, &told);
                        answer(&mut stream, &asked, &said).await;
                    }
                }
            }
        }
    })
    .await
}

fn altered(body: &bytes::Bytes, told: &Told) -> AlterUserScramCredentialsResponse {
    let request = AlterUserScramCredentialsRequest::decode(&mut body.clone(), 0).unwrap();
    let set = request.upsertions.iter().map(|u| &u.name);
    let users: Vec<&StrBytes> = set
        .chain(request.deletions.iter().map(|d| &d.name))
        .collect();
    told.lock()
        .unwrap()
        .push(users.iter().map(ToString::to_string).collect());
    let result = |user: &&StrBytes| {
        let code = if user.as_str() == "absent" { 91 } else { 0 };
        AlterUserScramCredentialsResult::default()
            .with_user((*user).clone())
            .with_error_code(code)
    };
    // a broker answers in an order of its own
    AlterUserScramCredentialsResponse::default()
        .with_results(users.iter().rev().map(result).collect())
}

/// Trap 26: a user who stands twice in a request is refused, so there are two requests.
#[tokio::test]
async fn credentials_of_one_user_go_in_several_requests_and_come_back_in_order() {
    let told = Told::default();
    let fake = controller(Arc::clone(&told)).await;
    let client = fake.client();
    let set = ["a", "b", "a"].iter().zip([
        ScramMechanism::Sha256,
        ScramMechanism::Sha512,
        ScramMechanism::Sha512,
    ]);
    let set = Batch::SetCredentials(set.map(|(user, m)| mk_credential(user, m)).collect());
    assert!(!format!("{set:?}").contains(PASSWORD));
    assert_eq!(client.write(set).await, vec![Outcome::Applied; 3]);
    assert_eq!(*told.lock().unwrap(), [vec!["a", "b"], vec!["a"]]);
}

#[tokio::test]
async fn a_credential_that_is_not_there_is_gone_and_harms_no_other() {
    let fake = controller(Told::default()).await;
    let deletions = ["a", "absent", "b"].map(|user| (user.into(), ScramMechanism::Sha256));
    let outcomes = fake
        .client()
        .write(Batch::DeleteCredentials(deletions.to_vec()))
        .await;
    assert_eq!(
        (&outcomes[0], &outcomes[2]),
        (&Outcome::Applied, &Outcome::Applied)
    );
    let gone = matches!(&outcomes[1], Outcome::Refused(r) if r.class == RefusalClass::Gone);
    assert!(gone, "{outcomes:?}");
}

#[tokio::test]
async fn credentials_of_which_nothing_was_heard_may_be_set() {
    let fake = Fake::start(|_, mut stream, me| async move {
        while let Some(asked) = ask(&mut stream).await {
            match asked.key {
                18 => answer(&mut stream, &asked, &versions()).await,
                3 => answer(&mut stream, &asked, &metadata(&me)).await,
                _ => return,
            }
        }
    })
    .await;
    let set = Batch::SetCredentials(logins(&["a"]));
    let outcomes = fake.client().write(set).await;
    assert!(
        matches!(outcomes[..], [Outcome::Unknown(_)]),
        "{outcomes:?}"
    );
    assert!(!format!("{outcomes:?}").contains(PASSWORD));
}
