//! Getting in: SASL_SSL with SCRAM, client certificates, and what is said to those who do not get in.

use std::path::Path;

use headgate::{
    config::{Sasl, Tls},
    kafka::{Client, Settings},
    lab::{KafkaCluster, KafkaSpec, Security, Tool},
    live::{KafkaLive, Observed},
    model::TopicName,
    ports::{Ask, Batch, KafkaPlane},
};
use tempfile::TempDir;
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, admin_settings, asking, file, made, mk_topic, observed, plaintext, refusal,
    scram, unique,
};
use crate::support::lab::start;

/// Observes with settings that do not get in, and returns what is said.
async fn refused(settings: Settings) -> String {
    match Client::new(settings)
        .unwrap()
        .observe(&Ask::default())
        .await
    {
        Observed::Unknown(reason) => reason,
        Observed::Known(live) => panic!("got in, and saw {live:?}"),
    }
}

fn write(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "tests write their own files")]
    std::fs::write(path, text).unwrap();
}

fn with_password(settings: Settings, username: &str, password: &Path) -> Settings {
    let sasl = settings.sasl.clone().map(|sasl| Sasl {
        username: username.to_owned(),
        password: file(password),
        ..sasl
    });
    Settings { sasl, ..settings }
}

#[tokio::test]
async fn scram_over_tls_with_a_private_ca_gets_in() {
    let Some(cluster) = scram().await else { return };
    let client = Client::new(admin_settings(cluster)).unwrap();
    made(&client, mk_topic(&unique("secure"), &[])).await;
    let live = observed(&client, &[]).await;
    assert_eq!(live.cluster_id.as_str(), cluster.cluster_id());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_named() {
    let Some(cluster) = scram().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    write(&password, "wrong-and-secret");
    for user in ["admin", "nobody"] {
        let reason = refused(with_password(admin_settings(cluster), user, &password)).await;
        assert!(
            reason.contains("authentication by SCRAM-SHA-512"),
            "{reason}"
        );
        assert!(reason.contains(user), "{reason}");
        assert!(!reason.contains("wrong-and-secret"), "{reason}");
    }
}

#[tokio::test]
async fn a_foreign_ca_is_named_as_the_reason() {
    let Some(cluster) = scram().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let foreign = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    write(&ca, &foreign.cert.pem());
    let tls = Some(Tls {
        ca: Some(file(&ca)),
        ..Tls::default()
    });
    let reason = refused(Settings {
        tls,
        ..admin_settings(cluster)
    })
    .await;
    assert!(reason.contains("not signed by a CA in tls.ca"), "{reason}");
}

#[tokio::test]
async fn the_wrong_kind_of_listener_is_recognised() {
    let (Some(secure), Some(plain)) = (scram().await, plaintext().await) else {
        return;
    };
    let reason = refused(Settings {
        bootstrap: plain.bootstrap(),
        ..admin_settings(secure)
    })
    .await;
    assert!(reason.contains("does not speak TLS"), "{reason}");
    let reason = refused(Settings::plaintext(secure.bootstrap())).await;
    assert!(reason.contains("TLS"), "{reason}");
}

#[tokio::test]
async fn a_user_without_rights_sees_nothing_absent() {
    let Some(cluster) = scram().await else { return };
    let (hidden, half) = (unique("hidden"), unique("half"));
    let admin = Client::new(admin_settings(cluster)).unwrap();
    made(&admin, mk_topic(&hidden, &[])).await;
    made(&admin, mk_topic(&half, &[])).await;
    let (client, _password) = bob_who_may_describe(cluster, &half).await;

    let expected = [hidden.clone(), half.clone()];
    let live = until_listed(&client, &expected, &half).await;
    for (topic, why) in [
        (&hidden, "--operation Describe --topic"),
        (&half, "--operation DescribeConfigs --topic"),
    ] {
        let reason = live.topics.get(topic).and_then(Observed::unknown);
        assert!(
            reason.is_some_and(|r| r.contains(why)),
            "{topic}: {reason:?}"
        );
    }
    let create = Batch::CreateTopics(vec![mk_topic(&unique("denied"), &[])]);
    let outcomes = client.write(create).await;
    assert_eq!(refusal(&outcomes[0]).code, "TOPIC_AUTHORIZATION_FAILED");
}

/// Observes until the brokers know of the user and of what he may see.
async fn until_listed(client: &Client, expected: &[TopicName], half: &TopicName) -> KafkaLive {
    let observing = async {
        loop {
            if let Observed::Known(live) = client.observe(&asking(expected)).await
                && let Some(Observed::Unknown(reason)) = live.topics.get(half)
                && reason.contains("configs")
            {
                return live;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, observing)
        .await
        .expect("bob gets in and sees the topic")
}

/// Makes a user who may know of one topic, and nothing else. His password lies in the directory.
async fn bob_who_may_describe(cluster: &KafkaCluster, topic: &TopicName) -> (Client, TempDir) {
    let add = ["--alter", "--entity-type", "users", "--entity-name", "bob"];
    let bob = [
        &add[..],
        &["--add-config", "SCRAM-SHA-512=[password=bob-secret]"],
    ]
    .concat();
    cluster.tool(Tool::Configs, &bob).await.unwrap();
    let allow = [
        "--add",
        "--allow-principal",
        "User:bob",
        "--operation",
        "Describe",
    ];
    let grant = [&allow[..], &["--topic", topic.as_str()]].concat();
    cluster.tool(Tool::Acls, &grant).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    write(&password, "bob-secret");
    let settings = with_password(admin_settings(cluster), "bob", &password);
    (Client::new(settings).unwrap(), dir)
}

#[tokio::test]
async fn a_client_certificate_gets_in_and_none_does_not() {
    let spec = KafkaSpec {
        security: Security::MutualTls,
        ..KafkaSpec::default()
    };
    let Some(cluster) = start(&spec).await else {
        return;
    };
    let live = observed(&Client::new(certificate(&cluster, true)).unwrap(), &[]).await;
    assert_eq!(live.cluster_id.as_str(), cluster.cluster_id());
    let reason = refused(certificate(&cluster, false)).await;
    assert!(reason.contains("tls.cert"), "{reason}");
}

fn certificate(cluster: &KafkaCluster, own: bool) -> Settings {
    let paths = cluster.client_pem_paths().filter(|_| own);
    Settings {
        tls: Some(Tls {
            ca: cluster.ca_pem_path().map(|ca| file(&ca)),
            cert: paths.as_ref().map(|(cert, _)| file(cert)),
            key: paths.as_ref().map(|(_, key)| file(key)),
        }),
        ..Settings::plaintext(cluster.bootstrap())
    }
}
