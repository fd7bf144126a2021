//! Adopting a cluster that others made with Kafka's own tools: what is imported plans to nothing, once the passwords that
//! nobody can read are provided.

use futures::stream::{self, StreamExt};
use headgate::lab::{ADMIN_PASSWORD, KafkaCluster, KafkaSpec, Security, Tool};

use super::world::{World, blocked};
use crate::support::lab::start;

/// What an administrator does at a prompt, word by word; a user once a call, since Kafka refuses it twice in one.
const BY_HAND: &[(Tool, &str)] = &[
    (
        Tool::Topics,
        "--create --topic app.orders --partitions 3 --config retention.ms=86400000 --config cleanup.policy=compact,delete",
    ),
    (Tool::Topics, "--create --topic app.audit --partitions 1"),
    (
        Tool::Configs,
        "--alter --entity-type users --entity-name billing --add-config SCRAM-SHA-256=[iterations=8192,password=of-billing]",
    ),
    (
        Tool::Configs,
        "--alter --entity-type users --entity-name billing --add-config SCRAM-SHA-512=[password=of-billing]",
    ),
    (
        Tool::Configs,
        "--alter --entity-type users --entity-name billing --add-config producer_byte_rate=1048576,request_percentage=12.5",
    ),
    (
        Tool::Configs,
        "--alter --entity-type users --entity-default --entity-type clients --entity-name reports \
         --add-config consumer_byte_rate=2048",
    ),
    (
        Tool::Configs,
        "--alter --entity-type ips --entity-name 10.0.0.1 --add-config connection_creation_rate=5",
    ),
    (
        Tool::Configs,
        "--alter --entity-type brokers --entity-default --add-config log.retention.ms=172800000",
    ),
    (
        Tool::Configs,
        "--alter --entity-type brokers --entity-name 1 \
         --add-config log.cleaner.backoff.ms=20000,listener.name.internal.ssl.key.password=of-the-key",
    ),
    (
        Tool::Acls,
        "--add --allow-principal User:billing --consumer --topic app. --group billing --resource-pattern-type prefixed",
    ),
    (
        Tool::Acls,
        "--add --deny-principal User:CN=somebody,OU=data --deny-host 10.0.0.7 --operation All --topic *",
    ),
    // which Kafka takes, and which is about nobody
    (
        Tool::Acls,
        "--add --allow-principal User: --operation Read --topic app.audit",
    ),
    (
        Tool::ClientMetrics,
        "--alter --name slow --metrics org.apache.kafka.consumer. --interval 60000",
    ),
];

/// What the secret of the broker's key is called.
const OF_BROKER: &str = "broker-1-listener.name.internal.ssl.key.password";

/// Tools at once: each is a Java of its own.
const AT_ONCE: usize = 3;

async fn make(kafka: &KafkaCluster) {
    let made = BY_HAND.iter().map(|(tool, words)| async move {
        let words: Vec<&str> = words.split_whitespace().collect();
        kafka.tool(*tool, &words).await.unwrap()
    });
    let made = stream::iter(made).buffer_unordered(AT_ONCE);
    made.for_each(|_| async {}).await;
}

#[tokio::test]
async fn a_cluster_made_with_kafkas_own_tools_is_adopted_without_a_change() {
    let spec = KafkaSpec {
        security: Security::ScramTls,
        ..KafkaSpec::default()
    };
    let Some(kafka) = start(&spec).await else {
        return;
    };
    make(&kafka).await;
    let world = World::behind_scram(&kafka);
    let folder = world.path("imported").display().to_string();
    let imported = world
        .run(&["import", "--cluster", "c", "--output", &folder])
        .await;
    assert_eq!((imported.code, &*imported.err), (0, ""), "{imported:?}");
    for secret in ["admin-password", "billing-password", OF_BROKER] {
        assert!(
            imported.out.contains(&format!("  {secret}\n")),
            "{}",
            imported.out
        );
    }
    for counted in [
        "2 Topic",
        "4 Acl",
        "2 User",
        "3 Quota",
        "2 BrokerConfig",
        "1 ClientMetrics",
    ] {
        assert!(
            imported.out.contains(counted),
            "{counted}: {}",
            imported.out
        );
    }
    let nobody = "left out: Acl User: allow Read topic:literal:app.audit: ";
    assert!(imported.out.contains(nobody), "{}", imported.out);
    provide_what_nobody_can_read(&world, &folder).await;
    say_what_cannot_be_declared(&kafka, &world).await;
}

async fn say_what_cannot_be_declared(kafka: &KafkaCluster, world: &World<'_>) {
    let user = ["--alter", "--entity-type", "users", "--entity-name"];
    let password = ["User:app", "--add-config", "SCRAM-SHA-512=[password=x]"];
    let made = [&user[..], &password[..]].concat();
    kafka.tool(Tool::Configs, &made).await.unwrap();
    let folder = world.path("again").display().to_string();
    let imported = world
        .run(&["import", "--cluster", "c", "--output", &folder])
        .await;
    assert_eq!(imported.code, 1, "{imported:?}");
    let place = format!("{folder}/users/other.yaml:");
    assert!(imported.err.contains(&place), "{imported:?}");
    assert!(!imported.out.contains("nothing to do"), "{imported:?}");
}

async fn provide_what_nobody_can_read(world: &World<'_>, folder: &str) {
    let source = ["--source", folder, "-o", "json", "--detailed-exitcode"];
    let plan = [&["plan"], &source[..]].concat();

    // nobody knows the passwords yet, so nothing is said about the users, and nothing else is to be done
    let planned = world.run(&plan).await;
    assert_eq!(planned.code, 0, "{planned:?}");
    let held = blocked(&planned.json()["clusters"][0]);
    assert!(!held.is_empty(), "{held:?}");
    let waits = |held: &str| {
        // Headgate's own password is never written, read or not
        held.starts_with("incomplete_observation ") || held.starts_with("unsupported User admin")
    };
    assert!(held.iter().all(|(held, _)| waits(held)), "{held:?}");

    // a password that is not the one that Kafka has would be set by consent only, the right one is seen to be in place
    world.secret("admin-password", ADMIN_PASSWORD);
    world.secret("billing-password", "not-of-billing");
    let planned = world.run(&plan).await;
    assert_eq!(planned.code, 0, "{planned:?}");
    let held = blocked(&planned.json()["clusters"][0]);
    let waits = |(held, why): &(String, String)| {
        held == "consent User billing" && why.contains("does not let the user in")
    };
    assert!(held.iter().any(waits), "{held:?}");
    world.secret("billing-password", "of-billing");
    let planned = world.run(&plan).await;
    assert_eq!(planned.code, 0, "{planned:?}");
    let held = blocked(&planned.json()["clusters"][0]);
    assert_eq!(held.len(), 1, "{held:?}");

    // of a broker's secret nobody can tell whether it is the right one: it is set once
    world.secret(OF_BROKER, "of-the-key");
    let applied = world.run(&[&["apply"], &source[..]].concat()).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(
        world.run(&plan).await.json()["clusters"][0]["actions"],
        serde_json::json!([])
    );
    enforce(folder);
    let applied = world.run(&[&["apply"], &source[..]].concat()).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    let planned = world.run(&plan).await;
    assert_eq!(
        (planned.code, &planned.json()["summary"]["blocked"]),
        (0, &0.into()),
        "{planned:?}"
    );
}

/// Takes away the line that an import writes so that nothing is changed.
#[expect(clippy::disallowed_methods, reason = "a test plays the editor")]
fn enforce(folder: &str) {
    let path = format!("{folder}/cluster.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("  modes: "));
    let kept: Vec<&str> = lines.collect();
    assert_eq!(kept.len() + 1, text.lines().count(), "{text}");
    std::fs::write(&path, kept.join("\n")).unwrap();
}
