//! SCRAM credentials: what Headgate sets lets its user in, and a login tells when it does no longer.

use headgate::{
    config::{Mechanism, Sasl},
    kafka::{Client, Settings},
    lab::{KafkaCluster, Tool},
    live::{LiveCredential, LiveObject, LiveUser, Observed},
    model::{Kind, ObjectRef, ScramMechanism, Secret, TopicName},
    ports::{Batch, Credential, KafkaPlane, Outcome, RefusalClass},
};
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, admin_settings, client, observed_kind, plaintext, refusal, scram, unique,
    until_object, written,
};
use crate::support::lab;

const BOTH: [ScramMechanism; 2] = [ScramMechanism::Sha256, ScramMechanism::Sha512];

fn mk_credential(user: &TopicName, mechanism: ScramMechanism, password: &str) -> Credential {
    Credential {
        user: user.as_str().into(),
        mechanism,
        iterations: 4096,
        password: Secret::new(password.to_owned()),
    }
}

fn both(user: &TopicName, password: &str) -> Vec<Credential> {
    BOTH.iter()
        .map(|mechanism| mk_credential(user, *mechanism, password))
        .collect()
}

fn user_ref(user: &TopicName) -> ObjectRef {
    ObjectRef::new(Kind::User, user.as_str())
}

/// Sets, reads, changes and deletes the credentials of a user, on whatever version of Kafka.
async fn walk(cluster: &KafkaCluster) {
    let (client, user) = (client(cluster), unique("user"));
    // trap 26: both of a user in one batch
    written(&client, Batch::SetCredentials(both(&user, "first"))).await;
    let more = Credential {
        iterations: 8192,
        ..mk_credential(&user, ScramMechanism::Sha256, "first")
    };
    written(&client, Batch::SetCredentials(vec![more])).await;
    let credential = |mechanism, iterations| LiveCredential {
        mechanism,
        iterations,
        login: None,
        tried: None,
    };
    let expected = LiveUser {
        credentials: vec![
            credential(ScramMechanism::Sha256, 8192),
            credential(ScramMechanism::Sha512, 4096),
        ],
    };
    let wanted = Some(LiveObject::User(expected.clone()));
    until_object(&client, &user_ref(&user), |seen| *seen == wanted).await;
    let live = observed_kind(&client, Kind::User).await;
    let users = live.users.known().unwrap();
    assert_eq!(users.get(user.as_str()), Some(&Observed::Known(expected)));
    let describe = [
        "--describe",
        "--entity-type",
        "users",
        "--entity-name",
        user.as_str(),
    ];
    let told = cluster.tool(Tool::Configs, &describe).await.unwrap();
    for credential in [
        "SCRAM-SHA-256=iterations=8192",
        "SCRAM-SHA-512=iterations=4096",
    ] {
        assert!(told.contains(credential), "{told}");
    }
    are_deleted(&client, &user).await;
}

async fn are_deleted(client: &Client, user: &TopicName) {
    let deletions = || {
        BOTH.map(|mechanism| (user.as_str().into(), mechanism))
            .to_vec()
    };
    written(client, Batch::DeleteCredentials(deletions())).await;
    until_object(client, &user_ref(user), Option::is_none).await;
    for outcome in client.write(Batch::DeleteCredentials(deletions())).await {
        assert_eq!(refusal(&outcome).class, RefusalClass::Gone);
    }
}

#[tokio::test]
async fn credentials_are_set_and_deleted_as_kafkas_own_tool_sees_them() {
    if let Some(cluster) = plaintext().await {
        walk(cluster).await;
    }
}

#[tokio::test]
async fn credentials_are_set_and_deleted_on_kafka_3_6() {
    if let Some(cluster) = lab::kafka_3_6().await {
        walk(cluster).await;
    }
}

#[tokio::test]
async fn credentials_are_set_and_deleted_on_kafka_3_9() {
    if let Some(cluster) = lab::kafka_3_9().await {
        walk(cluster).await;
    }
}

/// Tries logins until they end as told: brokers take up a new password a little after the controller did.
async fn until_logins(client: &Client, logins: &[Credential], expected: &[Observed<bool>]) {
    let trying = async {
        while client.log_in(logins).await != expected {
            tokio::task::yield_now().await;
        }
    };
    let ended = timeout(SHOWN_WITHIN, trying).await;
    assert!(ended.is_ok(), "{logins:?} do not end as {expected:?}");
}

/// Trap 25: Kafka tells nobody's password, so only a login tells that somebody changed it.
#[tokio::test]
async fn a_login_tells_that_a_password_was_changed_behind_ones_back() {
    let Some(cluster) = scram().await else { return };
    let (client, user) = (
        Client::new(admin_settings(cluster)).unwrap(),
        unique("probed"),
    );
    written(
        &client,
        Batch::SetCredentials(both(&user, "p\u{e4}ss,w=ord")),
    )
    .await;
    let logins = both(&user, "p\u{e4}ss,w=ord");
    let (yes, no) = (Observed::Known(true), Observed::Known(false));
    until_logins(&client, &logins, &[yes.clone(), yes.clone()]).await;
    let strangers = [both(&user, "wrong"), both(&unique("nobody"), "wrong")].concat();
    assert_eq!(client.log_in(&strangers).await, vec![no.clone(); 4]);

    let changed = "SCRAM-SHA-512=[password=other]";
    let alter = [
        "--alter",
        "--entity-type",
        "users",
        "--entity-name",
        user.as_str(),
        "--add-config",
        changed,
    ];
    cluster.tool(Tool::Configs, &alter).await.unwrap();
    until_logins(&client, &logins, &[yes, no]).await;
    are_deleted(&client, &user).await;
}

#[tokio::test]
async fn kafkas_own_client_gets_in_with_a_password_that_headgate_set() {
    let Some(cluster) = scram().await else { return };
    let (client, user) = (
        Client::new(admin_settings(cluster)).unwrap(),
        unique("java"),
    );
    let password = "q\"b\\\u{fc} ,=";
    written(&client, Batch::SetCredentials(both(&user, password))).await;
    let yes = Observed::Known(true);
    until_logins(&client, &both(&user, password), &[yes.clone(), yes]).await;
    let (first, second) = (
        cluster
            .login(Mechanism::ScramSha256, user.as_str(), password)
            .unwrap(),
        cluster
            .login(Mechanism::ScramSha512, user.as_str(), password)
            .unwrap(),
    );
    let (first, second) = tokio::join!(
        first.tool(Tool::Topics, &["--list"]),
        second.tool(Tool::Topics, &["--list"])
    );
    first.and(second).unwrap();
}

#[tokio::test]
async fn where_no_password_can_be_tried_nothing_is_known_of_it() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let login = mk_credential(&unique("user"), ScramMechanism::Sha256, "any");
    let logins = std::slice::from_ref(&login);
    let told = client(cluster).log_in(logins).await;
    assert!(
        told[0].unknown().is_some_and(|why| why.contains("no SASL")),
        "{told:?}"
    );

    // a listener without SASL, to a client that believes it has
    let mut settings = Settings::plaintext(cluster.bootstrap());
    settings.sasl = Some(Sasl {
        mechanism: Mechanism::ScramSha256,
        username: "headgate".to_owned(),
        password: headgate::model::SecretRef::Env("NOT_READ".to_owned()),
    });
    let told = Client::new(settings).unwrap().log_in(logins).await;
    assert!(
        told[0]
            .unknown()
            .is_some_and(|why| why.contains("does not use SASL")),
        "{told:?}"
    );

    let mut settings = Settings::plaintext(vec!["127.0.0.1:1".to_owned()]);
    settings.sasl = Some(Sasl {
        mechanism: Mechanism::ScramSha256,
        username: "headgate".to_owned(),
        password: headgate::model::SecretRef::Env("NOT_READ".to_owned()),
    });
    let told = Client::new(settings).unwrap().log_in(logins).await;
    assert!(
        told[0]
            .unknown()
            .is_some_and(|why| why.contains("cannot connect")),
        "{told:?}"
    );
}

/// Trap 27: what Kafka would not take is told without asking it.
#[tokio::test]
async fn an_item_that_cannot_be_set_harms_no_other() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let (client, user) = (client(cluster), unique("few"));
    let few = Credential {
        iterations: 100,
        ..mk_credential(&user, ScramMechanism::Sha256, "x")
    };
    let fine = mk_credential(&user, ScramMechanism::Sha512, "x");
    let outcomes = client.write(Batch::SetCredentials(vec![few, fine])).await;
    assert_eq!(refusal(&outcomes[0]).class, RefusalClass::Final);
    assert_eq!(outcomes[1], Outcome::Applied);
}
