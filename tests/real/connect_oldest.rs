//! The Connect plane against the oldest Kafka Connect that is supported.

use headgate::{
    config,
    connect::Client,
    desired::RunState,
    lab::{ConnectSpec, HTTP_SOURCE},
    model::ConfigKey,
    ports::{ConnectPlane, ConnectWrite, ConnectorConfig, NewValue, Outcome},
};

use crate::support::lab::{kafka_3_6, started};

/// Trap 37: workers before 3.7 cannot make a connector that does not run (KIP-980), and one that does as ever.
#[tokio::test]
async fn a_worker_too_old_for_an_initial_state_says_so() {
    let Some(kafka) = kafka_3_6().await else {
        return;
    };
    let spec = ConnectSpec {
        workers: 1,
        ..ConnectSpec::default()
    };
    let Some(connect) = started(spec.start(kafka).await) else {
        return;
    };
    let client = Client::new("old", &config::Endpoint::plaintext(connect.urls()));
    let open = |text: &str| NewValue::Open(text.into());
    let config: ConnectorConfig = [
        ("connector.class", open(HTTP_SOURCE)),
        ("http.request.url", open("http://127.0.0.1:1")),
        ("kafka.topic", open("old")),
    ]
    .map(|(key, value)| (ConfigKey::new(key), value))
    .into();
    let create = |state| ConnectWrite::Create {
        name: "old".into(),
        config: config.clone(),
        state,
    };
    let outcome = client.write(create(RunState::Stopped)).await;
    assert!(
        matches!(&outcome, Outcome::Refused(r) if r.code == "UNSUPPORTED"),
        "{outcome:?}"
    );
    assert_eq!(
        client.write(create(RunState::Running)).await,
        Outcome::Applied
    );
    let seen = client.observe().await;
    assert!(
        seen.known().unwrap().cluster.version.starts_with("3.6"),
        "{seen:?}"
    );
}
