//! Who Headgate is towards Connect: logins and certificates, read from where `headgate.yaml` says.

use std::path::Path;

use headgate::{
    config::{Endpoint, RestLogin, Tls},
    connect::Client,
    desired::RunState,
    model::SecretRef,
    ports::{ConnectPlane, ConnectWrite, Outcome},
};
use serde_json::json;

use super::{
    CANARY,
    double::{self, Double, Reply},
    mk_config,
};

fn mk_endpoint(double: &Double, login: RestLogin) -> Endpoint {
    Endpoint {
        login: Some(login),
        ..Endpoint::plaintext(vec![double.url.clone()])
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests write the secrets that are read"
)]
fn write(path: &Path, secret: &str) {
    std::fs::write(path, secret).unwrap();
}

fn file(path: &Path) -> SecretRef {
    SecretRef::File(path.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_login_goes_along_with_every_request_and_a_rotated_one_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, "old-token\n");
    let double = Double::start(|asked| match asked.authorization.as_deref() {
        Some("Bearer new-token") if asked.line == "GET /" => {
            Reply::Json(200, json!({"version": "1", "kafka_cluster_id": "k"}))
        }
        Some("Bearer new-token") => Reply::Json(200, json!({})),
        _ => Reply::error(401, "who are you?"),
    })
    .await;
    let client = Client::new(
        "main",
        &mk_endpoint(&double, RestLogin::Bearer(file(&path))),
    );
    let why = client.observe().await;
    let why = why.unknown().unwrap();
    assert!(why.contains("401: who are you?; look at `auth`"), "{why}");
    assert_eq!(
        double.asked()[0].authorization.as_deref(),
        Some("Bearer old-token")
    );
    write(&path, "new-token\n");
    assert!(client.observe().await.known().is_some());
}

#[tokio::test]
async fn a_user_logs_in_with_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    write(&path, "open sesame");
    let double = double::start(|_| Reply::Json(200, json!({}))).await;
    let login = RestLogin::Basic {
        username: "Aladdin".into(),
        password: file(&path),
    };
    let client = Client::new("main", &mk_endpoint(&double, login));
    assert!(client.observe().await.known().is_some());
    // the example of RFC 7617
    let want = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    for asked in double.asked() {
        assert_eq!(asked.authorization.as_deref(), want);
    }
}

/// Trap 45: a service, or a proxy before it, may repeat the login that it does not take.
#[tokio::test]
async fn a_login_that_is_refused_and_repeated_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    write(&path, "open sesame");
    let double = Double::start(|asked| {
        let sent = asked.authorization.clone().unwrap();
        Reply::error(401, &format!("{sent}: open sesame is wrong"))
    })
    .await;
    let username = "Aladdin".to_owned();
    let basic = RestLogin::Basic {
        username,
        password: file(&path),
    };
    for (login, scheme) in [(basic, "Basic"), (RestLogin::Bearer(file(&path)), "Bearer")] {
        let client = Client::new("main", &mk_endpoint(&double, login));
        let seen = client.observe().await;
        let why = seen.unknown().unwrap();
        let told = format!("401: {scheme} (hidden): (hidden) is wrong");
        assert!(why.contains(&told), "{why}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_or_sent_is_told_without_its_value_and_nothing_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, &format!("{CANARY}\nsecond line"));
    let double = double::start(|_| Reply::Json(200, json!({}))).await;
    let bearer = |reference| mk_endpoint(&double, RestLogin::Bearer(reference));
    let tls = Endpoint {
        urls: vec![double.url.replace("http", "https")],
        tls: Some(Tls {
            ca: Some(file(&path)),
            ..Tls::default()
        }),
        login: None,
        is_private: true,
    };
    for (endpoint, want) in [
        (bearer(file(&path)), "auth.bearer cannot be sent"),
        (
            bearer(file(&path.with_extension("no"))),
            "auth.bearer cannot be read",
        ),
        (tls, "tls.ca is not usable"),
    ] {
        let seen = Client::new("main", &endpoint).observe().await;
        let why = seen.unknown().unwrap();
        assert!(why.contains(want) && !why.contains(CANARY), "{why}");
    }
    assert!(double.asked().is_empty());
}

/// Whoever reads along learns no secret of a connector, neither from a write nor from what comes before it.
#[tokio::test]
async fn a_config_with_a_secret_is_not_sent_where_others_can_read_it() {
    let double = double::start(|_| Reply::Json(200, json!({}))).await;
    let endpoint = Endpoint {
        is_private: false,
        ..Endpoint::plaintext(vec![double.url.clone()])
    };
    let client = Client::new("main", &endpoint);
    let found = client.validate("c", &mk_config()).await;
    let problems = found.known().unwrap();
    assert_eq!((problems.len(), problems[0].key.as_str()), (1, "password"));
    for write in [
        ConnectWrite::Create {
            name: "c".into(),
            config: mk_config(),
            state: RunState::Running,
        },
        ConnectWrite::Configure {
            name: "c".into(),
            config: mk_config(),
        },
    ] {
        let outcome = client.write(write).await;
        assert!(
            matches!(&outcome, Outcome::Refused(refusal) if refusal.code == "PLAINTEXT"),
            "{outcome:?}"
        );
    }
    assert!(double.asked().is_empty());
    let write = ConnectWrite::State {
        name: "c".into(),
        to: RunState::Paused,
    };
    assert_eq!(client.write(write).await, Outcome::Applied);
}
