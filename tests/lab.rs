//! The lab itself: a cluster comes up, is what was asked for, and leaves nothing behind.

use std::{collections::BTreeMap, path::Path, time::Duration};

use headgate::{
    config::{Mechanism, Sasl, Tls},
    kafka::{Client, Settings},
    lab::{ADMIN_PASSWORD, ADMIN_USER, KafkaCluster, KafkaSpec, LabError, Security, Tool},
    live::KafkaLive,
    model::SecretRef,
    ports::{Ask, KafkaPlane},
};
use tokio::time::{sleep, timeout};

use crate::support::lab::{is_to_be_skipped, plaintext, production, scram, start};

/// How often what is waited for is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Far more than the cluster takes to notice anything, far less than a test that hangs.
const LONG: Duration = Duration::from_secs(180);

#[tokio::test]
async fn a_cluster_comes_up_and_leaves_nothing_behind() -> Result<(), LabError> {
    let spec = KafkaSpec {
        security: Security::ScramTls,
        ..KafkaSpec::default()
    };
    let Some(cluster) = start(&spec).await else {
        return Ok(());
    };
    let pid = cluster.pid(1).expect("the node runs");
    let ca = cluster.ca_pem_path().expect("TLS has a CA");
    let process = format!("/proc/{pid}");
    assert!(Path::new(&process).exists());

    let topic = ["--create", "--topic", "seen", "--partitions", "2"];
    cluster.tool(Tool::Topics, &topic).await?;
    let listed = cluster.tool(Tool::Topics, &["--list"]).await?;
    assert_eq!(listed.trim(), "seen");

    drop(cluster);
    assert!(!Path::new(&process).exists(), "the node has ended");
    assert!(!ca.exists(), "its directory is gone");
    Ok(())
}

#[tokio::test]
async fn a_node_that_cannot_start_is_quoted() {
    let spec = KafkaSpec {
        properties: vec![("log.dirs".to_owned(), "/dev/null/no-directory".to_owned())],
        ..KafkaSpec::default()
    };
    match spec.start().await {
        Err(LabError::NodeEnded { node: 1, log }) => {
            assert!(log.contains("No readable meta.properties"), "{log}")
        }
        Err(error) if is_to_be_skipped(&error) => {}
        other => panic!("expected the node's log, got {other:?}"),
    }
}

/// Observes as the admin until something holds.
async fn observed(cluster: &KafkaCluster, holds: impl Fn(&KafkaLive) -> bool) -> KafkaLive {
    let file = |path: &Path| SecretRef::File(path.display().to_string());
    let client = Client::new(Settings {
        tls: Some(Tls {
            ca: cluster.ca_pem_path().map(|ca| file(&ca)),
            ..Tls::default()
        }),
        sasl: Some(Sasl {
            mechanism: Mechanism::ScramSha512,
            username: ADMIN_USER.to_owned(),
            password: file(&cluster.password_path()),
        }),
        ..Settings::plaintext(cluster.bootstrap())
    })
    .expect("the settings are whole");
    let observing = async {
        loop {
            if let Some(live) = client.observe(&Ask::default()).await.known()
                && holds(live)
            {
                return live.clone();
            }
            sleep(POLL).await;
        }
    };
    let seen = timeout(LONG, observing).await;
    seen.expect("the cluster is seen as it should be")
}

fn brokers(live: &KafkaLive) -> Vec<(i32, &str)> {
    let brokers = live.brokers.iter();
    brokers
        .map(|broker| (broker.id, broker.rack.as_deref().unwrap_or("")))
        .collect()
}

/// Reads `Name:   value` lines of the quorum's status.
async fn quorum(cluster: &KafkaCluster) -> Result<BTreeMap<String, String>, LabError> {
    let told = cluster
        .tool(Tool::MetadataQuorum, &["describe", "--status"])
        .await?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    Ok(told.lines().filter_map(field).collect())
}

#[tokio::test]
async fn a_cluster_as_in_production_outlives_the_loss_of_a_broker_and_of_the_leading_controller()
-> Result<(), LabError> {
    let Some(cluster) = production().await else {
        return Ok(());
    };
    let racks = [(1, "az1"), (2, "az1"), (3, "az2"), (4, "az2")];
    let whole = |live: &KafkaLive| brokers(live) == racks;
    let live = observed(&cluster, whole).await;
    assert_eq!(live.cluster_id.as_str(), cluster.cluster_id());
    assert_eq!(cluster.controllers(), [101, 102, 103]);
    let status = quorum(&cluster).await?;
    assert_eq!(status["ClusterId"], cluster.cluster_id());
    for id in cluster.controllers() {
        assert!(
            status["CurrentVoters"].contains(&id.to_string()),
            "{status:?}"
        );
    }

    cluster.kill_broker(4)?;
    assert_eq!(cluster.pid(4), None);
    observed(&cluster, |live| brokers(live) == racks[..3]).await;
    let leader = status["LeaderId"].parse().expect("a leader has a number");
    cluster.kill_broker(leader)?;
    cluster.start_broker(4).await?;
    observed(&cluster, whole).await;
    cluster.start_broker(leader).await?;
    assert_ne!(quorum(&cluster).await?["LeaderId"], leader.to_string());
    Ok(())
}

#[tokio::test]
async fn what_no_acl_allows_is_denied_to_a_user_and_allowed_to_the_admin() -> Result<(), LabError> {
    let Some(cluster) = scram().await else {
        return Ok(());
    };
    let (topic, group) = ("lab-denied", "lab-denied-group");
    cluster
        .tool(Tool::Topics, &["--create", "--topic", topic])
        .await?;
    let secret = "SCRAM-SHA-256=[password=a\\\"b]";
    let user = ["--entity-type", "users", "--entity-name", "lab-user"];
    let alter = [&["--alter", "--add-config", secret], &user[..]].concat();
    cluster.tool(Tool::Configs, &alter).await?;

    let admin = cluster.login(Mechanism::ScramSha512, ADMIN_USER, ADMIN_PASSWORD)?;
    admin.produce(topic, &["one", "two"]).await?;
    assert_eq!(admin.consume(topic, group, 2).await?, ["one", "two"]);

    let user = cluster.login(Mechanism::ScramSha256, "lab-user", "a\\\"b")?;
    let refused = user
        .produce(topic, &["three"])
        .await
        .map_err(|e| e.to_string());
    assert!(
        matches!(&refused, Err(e) if e.contains("AuthorizationException")),
        "{refused:?}"
    );
    let refused = user
        .consume(topic, group, 1)
        .await
        .map_err(|e| e.to_string());
    assert!(
        matches!(&refused, Err(e) if e.contains("AuthorizationException")),
        "{refused:?}"
    );
    let stranger = cluster.login(Mechanism::ScramSha256, "lab-user", "wrong")?;
    let refused = stranger
        .tool(Tool::Topics, &["--list"])
        .await
        .map_err(|e| e.to_string());
    assert!(
        matches!(&refused, Err(e) if e.contains("SaslAuthenticationException")),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test]
async fn without_an_authorizer_there_are_no_acls_to_ask_for() -> Result<(), LabError> {
    let spec = KafkaSpec {
        authorizer: false,
        ..KafkaSpec::default()
    };
    let Some(cluster) = start(&spec).await else {
        return Ok(());
    };
    let asked = cluster
        .tool(Tool::Acls, &["--list"])
        .await
        .map_err(|e| e.to_string());
    assert!(
        matches!(&asked, Err(e) if e.contains("SecurityDisabledException")),
        "{asked:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_consumer_is_a_member_of_its_group_until_it_leaves() -> Result<(), LabError> {
    let Some(cluster) = plaintext().await else {
        return Ok(());
    };
    let (topic, group) = ("lab-read", "lab-readers");
    cluster
        .tool(Tool::Topics, &["--create", "--topic", topic])
        .await?;
    cluster.admin().produce(topic, &["message"]).await?;
    let consumer = cluster.admin().consumer(topic, group)?;
    let read = async {
        while !consumer.log().contains("message") {
            sleep(POLL).await;
        }
    };
    timeout(LONG, read).await.expect("the message is read");
    let state = ["--describe", "--state", "--group", group];
    let told = cluster.tool(Tool::ConsumerGroups, &state).await?;
    assert!(told.contains("Stable"), "{told}");
    consumer.leave().await?;
    let told = cluster.tool(Tool::ConsumerGroups, &state).await?;
    assert!(told.contains("Empty"), "{told}");
    Ok(())
}
