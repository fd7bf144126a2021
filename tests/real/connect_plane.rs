//! The Connect plane against Kafka Connect itself: what it writes is what it sees afterwards, and a worker that dies in
//! the middle leaves nothing untold.

use std::time::Duration;

use headgate::{
    config,
    connect::{Client, Patience},
    desired::RunState,
    lab::{Connect, Endpoint, HTTP_SOURCE, KafkaCluster, Tool},
    live::{LiveConnector, Observed, config_value},
    model::{ConfigKey, Secret},
    ports::{ConnectPlane, ConnectWrite, ConnectorConfig, NewValue, Outcome, RefusalClass},
    rest::Limits,
};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::lab::{connect, scram};

/// How often what is waited for is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Far more than workers take to notice anything, far less than a test that hangs.
const LONG: Duration = Duration::from_secs(120);

const CANARY: &str = "canary-hunter2";

fn mk_client(connect: &Connect, patience: Patience) -> Client {
    let endpoint = config::Endpoint::plaintext(connect.urls());
    Client::patient("main", &endpoint, patience, Limits::default())
}

/// A config of the lab's HTTP source, with a secret that nobody uses.
fn mk_config(endpoint: &Endpoint, topic: &str, interval: &str) -> ConnectorConfig {
    let url = endpoint.url();
    let open = |text: &str| NewValue::Open(text.into());
    [
        ("connector.class", open(HTTP_SOURCE)),
        (
            "http.auth.password",
            NewValue::Secret(Secret::new(CANARY.to_owned())),
        ),
        ("http.request.url", open(&url)),
        ("http.timer.interval.millis", open(interval)),
        ("kafka.topic", open(topic)),
        ("tasks.max", open("1")),
    ]
    .map(|(key, value)| (ConfigKey::new(key), value))
    .into()
}

async fn mk_topic(kafka: &KafkaCluster, name: &str) {
    let args = ["--create", "--topic", name, "--partitions", "1"];
    kafka.tool(Tool::Topics, &args).await.unwrap();
}

/// Looks at a connector until it is as told: status comes from a topic, and lags.
async fn until(
    client: &Client,
    name: &str,
    is_as_told: impl Fn(Option<&LiveConnector>) -> bool,
) -> Option<LiveConnector> {
    let names = [name.into()];
    let mut last = Observed::default();
    let looking = async {
        loop {
            last = client
                .look(&names)
                .await
                .map(|mut looked| looked.connectors.remove(name));
            if let Observed::Known(Some(Observed::Known(seen))) = &last
                && is_as_told(seen.as_ref())
            {
                return seen.clone();
            }
            sleep(POLL).await;
        }
    };
    let told = timeout(LONG, looking).await;
    told.unwrap_or_else(|_| panic!("{name} does not become as told: {last:?}"))
}

/// Waits until a connector and its task run, or do whatever else.
async fn until_it_is(client: &Client, name: &str, state: &str, tasks: &[&str]) -> LiveConnector {
    let is = |seen: Option<&LiveConnector>| {
        seen.is_some_and(|seen| {
            let of_tasks = seen.tasks.iter().map(|task| task.state.as_str());
            seen.state == state && of_tasks.eq(tasks.iter().copied())
        })
    };
    until(client, name, is).await.unwrap()
}

async fn applied(client: &Client, write: ConnectWrite) {
    let told = format!("{write:?}");
    assert_eq!(client.write(write).await, Outcome::Applied, "{told}");
}

/// Writes something that is to be refused, and returns the class and the code; no secret is told.
async fn refused(client: &Client, write: ConnectWrite) -> (RefusalClass, String) {
    let outcome = client.write(write).await;
    assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
    match outcome {
        Outcome::Refused(refusal) => (refusal.class, refusal.code.to_string()),
        other => panic!("it was not refused: {other:?}"),
    }
}

fn mk_create(name: &str, config: &ConnectorConfig, state: RunState) -> ConnectWrite {
    ConnectWrite::Create {
        name: name.into(),
        config: config.clone(),
        state,
    }
}

fn mk_state(name: &str, to: RunState) -> ConnectWrite {
    ConnectWrite::State {
        name: name.into(),
        to,
    }
}

/// Traps 35 to 37: a connector is made in its state, has the config that it was given and no other, and a change of the
/// config leaves the state.
#[tokio::test]
async fn a_connector_is_made_changed_paused_and_deleted() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let client = mk_client(&connect, Patience::default());
    let (endpoint, topic, name) = (Endpoint::start().unwrap(), "plane-life", "plane life? ü");
    mk_topic(kafka, topic).await;
    let config = mk_config(&endpoint, topic, "100");

    applied(&client, mk_create(name, &config, RunState::Paused)).await;
    let paused = until_it_is(&client, name, "PAUSED", &[]).await;
    let seen = paused
        .config
        .iter()
        .map(|c| (c.key.clone(), c.value.clone()));
    let given = config
        .iter()
        .map(|(key, value)| (key.clone(), Some(value.expose().into())));
    let is_as_given = seen.collect::<Vec<_>>() == given.collect::<Vec<_>>();
    assert!(
        is_as_given,
        "Apache's Connect tells every value, secrets too"
    );
    let again = refused(&client, mk_create(name, &config, RunState::Running)).await;
    assert_eq!(again, (RefusalClass::AlreadyThere, "ALREADY_EXISTS".into()));
    applied(&client, mk_state(name, RunState::Running)).await;
    let running = until_it_is(&client, name, "RUNNING", &["RUNNING"]).await;
    let seen = client.observe().await;
    let seen = seen.known().unwrap();
    assert_eq!(seen.cluster.kafka_cluster_id.0, kafka.cluster_id());
    assert_eq!(seen.connectors[name], Observed::Known(running));

    applied(&client, mk_state(name, RunState::Paused)).await;
    until_it_is(&client, name, "PAUSED", &["PAUSED"]).await;
    let configure = ConnectWrite::Configure {
        name: name.into(),
        config: mk_config(&endpoint, topic, "200"),
    };
    applied(&client, configure).await;
    let is_changed = |seen: Option<&LiveConnector>| {
        let config = &seen.unwrap().config;
        config_value(config, "http.timer.interval.millis") == Some(Some("200"))
    };
    until(&client, name, is_changed).await;
    until_it_is(&client, name, "PAUSED", &["PAUSED"]).await;

    let delete = || ConnectWrite::Delete { name: name.into() };
    applied(&client, delete()).await;
    until(&client, name, |seen| seen.is_none()).await;
    assert_eq!(refused(&client, delete()).await.0, RefusalClass::Gone);
    let pause = mk_state(name, RunState::Paused);
    assert_eq!(refused(&client, pause).await.0, RefusalClass::Gone);
    assert!(
        !client
            .observe()
            .await
            .known()
            .unwrap()
            .connectors
            .contains_key(name)
    );
}

/// Traps 38 and 39: a failed task is restarted while its connector runs; offsets are touched in `stopped` only.
#[tokio::test]
async fn a_failed_task_is_restarted_and_a_stopped_connector_begins_anew() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let client = mk_client(&connect, Patience::default());
    let (endpoint, topic, name) = (Endpoint::start().unwrap(), "plane-fails", "plane-fails");
    mk_topic(kafka, topic).await;
    let config = mk_config(&endpoint, topic, "100");
    applied(&client, mk_create(name, &config, RunState::Running)).await;
    until_it_is(&client, name, "RUNNING", &["RUNNING"]).await;
    endpoint.publish(2);
    let read = async |group: &str, count| kafka.admin().consume(topic, group, count).await.unwrap();
    let first = read("plane-fails-1", 2).await;

    endpoint.fail(true);
    let failed = until_it_is(&client, name, "RUNNING", &["FAILED"]).await;
    assert_eq!(failed.runs(), "failed");
    let why = failed.failure().unwrap();
    let line = why.lines().next().unwrap();
    assert!(line.contains("status 500"), "{why}");
    endpoint.fail(false);
    let restart = || ConnectWrite::Restart { name: name.into() };
    applied(&client, restart()).await;
    until_it_is(&client, name, "RUNNING", &["RUNNING"]).await;

    let reset = || ConnectWrite::ResetOffsets { name: name.into() };
    assert_eq!(
        refused(&client, reset()).await,
        (RefusalClass::Final, "HTTP_400".into())
    );
    applied(&client, mk_state(name, RunState::Stopped)).await;
    until_it_is(&client, name, "STOPPED", &[]).await;
    applied(&client, reset()).await;
    applied(&client, mk_state(name, RunState::Running)).await;
    let all = read("plane-fails-2", 4).await;
    assert_eq!(
        [&first[..], &first[..]].concat(),
        all,
        "it was read again from the beginning"
    );

    applied(&client, mk_state(name, RunState::Stopped)).await;
    until_it_is(&client, name, "STOPPED", &[]).await;
    let alter = |partition: &str| ConnectWrite::AlterOffsets {
        name: name.into(),
        offsets: json!([{"partition": {partition: endpoint.url()}, "offset": {"id": 1}}]),
    };
    let outcome = client.write(alter("file")).await;
    let is_the_plugins_word = |told: &str| told.contains("expected the partition");
    assert!(
        matches!(&outcome, Outcome::Unclear(told) if is_the_plugins_word(told)),
        "{outcome:?}"
    );
    applied(&client, alter("url")).await;
    applied(&client, mk_state(name, RunState::Running)).await;
    let all = read("plane-fails-3", 5).await;
    assert_eq!(all[4], first[1], "it was read again from the second on");
    applied(&client, ConnectWrite::Delete { name: name.into() }).await;
}

/// Trap 40: what the plugin says of a config comes before the write, and so does that it is missing.
#[tokio::test]
async fn a_config_is_judged_by_its_plugin_and_a_missing_plugin_is_told() {
    let Some(connect) = connect().await else {
        return;
    };
    let client = mk_client(&connect, Patience::default());
    let endpoint = Endpoint::start().unwrap();
    let mut config = mk_config(&endpoint, "plane-judged", "100");
    let set = |config: &mut ConnectorConfig, key: &str, value: NewValue| {
        config.insert(ConfigKey::new(key), value);
    };
    let good = client.validate("judged", &config).await;
    assert_eq!(good, Observed::Known(Vec::new()));

    set(
        &mut config,
        "http.request.url",
        NewValue::Secret(Secret::new(format!("ftp://{CANARY}"))),
    );
    set(
        &mut config,
        "tasks.max",
        NewValue::Secret(Secret::new(CANARY.to_owned())),
    );
    let found = client.validate("judged", &config).await;
    let found = found.known().unwrap();
    let keys: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
    assert!(
        keys.contains(&"http.request.url") && keys.contains(&"tasks.max"),
        "{found:?}"
    );
    assert!(!format!("{found:?}").contains(CANARY), "{found:?}");
    let create = mk_create("judged", &config, RunState::Running);
    assert_eq!(
        refused(&client, create).await,
        (RefusalClass::Final, "HTTP_400".into())
    );

    let missing = "com.example.MissingSource";
    set(
        &mut config,
        "connector.class",
        NewValue::Open(missing.into()),
    );
    let found = client.validate("judged", &config).await;
    let found = found.known().unwrap();
    assert_eq!(found[0].key, "connector.class");
    assert!(
        found[0].message.contains(missing) && found[0].message.contains(HTTP_SOURCE),
        "{found:?}"
    );
    let create = mk_create("judged", &config, RunState::Running);
    assert_eq!(
        refused(&client, create).await,
        (RefusalClass::Final, "PLUGIN_MISSING".into())
    );
    let seen = client.observe().await;
    assert!(!seen.known().unwrap().connectors.contains_key("judged"));
}

/// Traps 32 and 33: a worker that is killed during a write leaves the outcome unknown, a look settles it, and what comes
/// after is waited out at the other worker, rebalance included.
#[tokio::test]
async fn a_worker_that_is_killed_during_a_write_loses_nothing() {
    let Some(connect) = connect().await else {
        return;
    };
    let kafka = scram().await.unwrap();
    let impatient = Patience {
        write: Duration::from_secs(2),
        ..Patience::default()
    };
    let (hasty, client) = (
        mk_client(&connect, impatient),
        mk_client(&connect, Patience::default()),
    );
    let (endpoint, topic, name) = (Endpoint::start().unwrap(), "plane-killed", "plane-killed");
    mk_topic(kafka, topic).await;
    applied(
        &client,
        mk_create(name, &mk_config(&endpoint, topic, "100"), RunState::Running),
    )
    .await;
    until_it_is(&client, name, "RUNNING", &["RUNNING"]).await;

    let configure = || ConnectWrite::Configure {
        name: name.into(),
        config: mk_config(&endpoint, topic, "300"),
    };
    connect.worker(0).pause().unwrap();
    let outcome = hasty.write(configure()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    connect.worker(0).kill();
    assert!(
        hasty.observe().await.known().is_some(),
        "the other worker answers"
    );
    let writing = async {
        loop {
            match client.write(configure()).await {
                Outcome::Applied => break,
                Outcome::Unknown(_) | Outcome::Unclear(_) => {}
                Outcome::Refused(refusal) if refusal.class == RefusalClass::Transient => {}
                other => panic!("{other:?}"),
            }
            sleep(POLL).await;
        }
    };
    timeout(LONG, writing).await.unwrap();
    let is_in_place = |seen: Option<&LiveConnector>| {
        let config = &seen.unwrap().config;
        config_value(config, "http.timer.interval.millis") == Some(Some("300"))
    };
    until(&client, name, is_in_place).await;
    until_it_is(&client, name, "RUNNING", &["RUNNING"]).await;
    applied(&client, ConnectWrite::Delete { name: name.into() }).await;

    connect.worker(1).kill();
    let down = client.observe().await;
    assert!(
        down.unknown()
            .unwrap()
            .contains("none of 2 servers could be used"),
        "{down:?}"
    );
    let outcome = client
        .write(ConnectWrite::Delete { name: name.into() })
        .await;
    assert!(
        matches!(&outcome, Outcome::Refused(r) if r.class == RefusalClass::Unreached),
        "{outcome:?}"
    );
    for worker in [0, 1] {
        connect.worker(worker).start().await.unwrap();
    }
}
