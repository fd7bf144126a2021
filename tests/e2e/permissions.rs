//! Headgate with less than it needs: what it may not read is unknown by itself, what it may not write is refused item by
//! item, each with the command that would grant it; the rest goes on.

use headgate::model::{Kind, ObjectRef, ScramMechanism};
use serde_json::Value;

use super::world::{TOPICS_FILE, World, document, each, items, scram, topic, until};

/// Makes a principal with these rights, each `<operation> <resource>`, and lets Headgate work as it.
async fn works_as(world: &World<'_>, who: &str, rights: &[&str]) -> String {
    let user = world.name(who);
    world
        .hand
        .password(&user, ScramMechanism::Sha512, "of-little-use")
        .await;
    allow(world, &user, rights).await;
    let password = world.secret("own", "of-little-use");
    world.log_in(&user, &password);
    user
}

async fn allow(world: &World<'_>, user: &str, rights: &[&str]) {
    let acls = rights
        .iter()
        .map(|right| format!("User:{user} allow {right}"));
    let acls: Vec<String> = acls.collect();
    let acls: Vec<&str> = acls.iter().map(String::as_str).collect();
    world.hand.acls(&acls, &[]).await;
}

/// What a monitoring user may do.
const READS: [&str; 5] = [
    "Describe cluster:literal:kafka-cluster",
    "DescribeConfigs cluster:literal:kafka-cluster",
    "Describe topic:literal:*",
    "DescribeConfigs topic:literal:*",
    "Describe group:literal:*",
];

/// What it takes to write as well, but for deleting.
const WRITES: [&str; 5] = [
    "Alter cluster:literal:kafka-cluster",
    "AlterConfigs cluster:literal:kafka-cluster",
    "Create cluster:literal:kafka-cluster",
    "Alter topic:literal:*",
    "AlterConfigs topic:literal:*",
];

/// Finds the one result of an object, which is an error that says how it would be allowed.
fn assert_says(cluster: &Value, (kind, name): (&str, &str), command: &str) {
    let results = items(&cluster["results"]).iter();
    let of = results.filter(|result| result["kind"] == kind && result["name"] == name);
    let [result] = of.collect::<Vec<_>>()[..] else {
        panic!("one result of {kind} {name}: {cluster}");
    };
    assert_eq!(result["result"], "error", "{result}");
    let message = result["message"].as_str().unwrap();
    assert!(message.contains(command), "{kind}: {message}");
}

#[tokio::test]
async fn one_who_may_read_and_not_write_is_told_of_each_item_what_would_allow_it() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let (old, new, app) = (world.name("old"), world.name("new"), world.name("app"));
    world.hand.create(&old, 1, &[]).await;
    let reader = works_as(&world, "reader", &READS).await;
    world.secret("app", "a password");
    let spec = format!(
        "scram: {{mechanism: SCRAM-SHA-256, passwordFrom: {{secret: app}}}}, grants: [{{produce: {new}}}], \
         quotas: {{producerByteRate: 1MiB}}"
    );
    let commit = world.declare(
        "",
        &[
            topic(&old, 2, "retention.ms: 24h"),
            topic(&new, 1, ""),
            document("User", &app, &spec),
            document("BrokerConfig", "default", "config: {background.threads: 3}"),
        ],
    );
    let planned = world.plan().await.0;
    assert_eq!(planned, 2, "planning needs no more than reading");
    let applied = world.run(&["apply", "-o", "json"]).await;
    assert_eq!(applied.code, 1, "{applied:?}");
    let cluster = &applied.json()["clusters"][0];
    let (quota, acl) = (
        format!("user={app}"),
        format!("User:{app} allow Write topic:literal:{new}"),
    );
    let needs = [
        ("Topic", &*old, &*format!("Alter --topic '{old}'")),
        ("Topic", &new, &format!("Create --topic '{new}'")),
        ("User", &app, "Alter --cluster"),
        ("Acl", &acl, "Alter --cluster"),
        ("Quota", &quota, "AlterConfigs --cluster"),
        ("BrokerConfig", "default", "AlterConfigs --cluster"),
    ];
    for (kind, name, operation) in needs {
        let command = format!("--allow-principal 'User:{reader}' --operation {operation}");
        assert_says(cluster, (kind, name), &command);
    }

    // the daemon goes on, and makes all of it as soon as it may
    let daemon = world.daemon().await;
    let failed = [("result", "error")];
    until("three passes", async || {
        daemon.metric("headgate_reconciles_total", &failed).await >= 3.0
    })
    .await;
    daemon.until_condition("ObservationComplete", "True").await;
    allow(&world, &reader, &WRITES).await;
    daemon.until_converged(&commit).await;
    assert_eq!(world.hand.topic(&old).await.unwrap().partitions.len(), 2);
    assert!(daemon.stop().await.success());
    let brokers = ObjectRef::new(Kind::BrokerConfig, "default");
    world.hand.alter(&brokers, "background.threads", None).await;
}

#[tokio::test]
async fn one_who_may_see_topics_and_no_acls_keeps_the_topics() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let (events, app) = (world.name("events"), world.name("app"));
    let rights = [
        "Create topic:literal:*",
        "Alter topic:literal:*",
        "AlterConfigs topic:literal:*",
        "Describe topic:literal:*",
        "DescribeConfigs topic:literal:*",
    ];
    let limited = works_as(&world, "limited", &rights).await;
    let grants = format!("grants: [{{produce: {events}}}]");
    world.declare(
        "",
        &[
            topic(&events, 1, "retention.ms: 24h"),
            document("User", &app, &grants),
        ],
    );
    let (code, plan) = world.plan().await;
    assert_eq!(code, 1, "{plan}");
    assert_eq!(each(&plan["clusters"][0]["actions"], "name"), [&*events]);
    let daemon = world.daemon().await;
    let why = daemon.until_condition("ObservationComplete", "False").await;
    let command = format!("--allow-principal 'User:{limited}' --operation Describe --cluster");
    assert!(why.contains("Acl: ") && why.contains(&command), "{why}");
    until("the topic is made", async || {
        world.hand.topic(&events).await.is_some()
    })
    .await;
    world.hand.set(&events, "retention.ms", Some("1000")).await;
    until("the change is healed", async || {
        world.hand.config(&events, "retention.ms").await.as_deref() == Some("86400000")
    })
    .await;
    assert_eq!(daemon.condition("Ready").await.0, "False");
    let gate = [("gate", "incomplete_observation")];
    assert_eq!(
        daemon.metric("headgate_plan_gate_blocked", &gate).await,
        1.0
    );
    // what is not known of one kind lets no rewritten history through
    let rewritten = world
        .repo
        .rewrite(&[(TOPICS_FILE, &topic(&events, 1, "retention.ms: 1h"))]);
    until("the history is held", async || {
        let gate = [("gate", "non_fast_forward")];
        daemon.metric("headgate_plan_gate_blocked", &gate).await == 1.0
    })
    .await;
    let (_, blocked) = daemon.condition("Blocked").await;
    assert!(blocked.contains(&rewritten), "{blocked}");
    assert!(daemon.stop().await.success());
}

/// Trap 24: Kafka's list of topics leaves out what may not be described.
#[tokio::test]
async fn a_topic_that_may_not_be_described_is_neither_planned_nor_called_absent_by_an_import() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let (hidden, seen) = (world.name("hidden"), world.name("seen"));
    world.hand.create(&hidden, 1, &[]).await;
    let described = format!("Describe topic:literal:{seen}");
    let user = works_as(&world, "some", &[&described]).await;
    let owns = "owns: {topics: ['*']}";
    world.declare(owns, &[topic(&hidden, 1, ""), topic(&seen, 1, "")]);
    let (code, plan) = world.plan().await;
    let cluster = &plan["clusters"][0];
    assert_eq!(each(&cluster["actions"], "name"), [&*seen], "{plan}");
    assert_eq!(each(&cluster["blocked"], "name"), [&*hidden], "{plan}");
    let command = |topic: &str| {
        format!("--allow-principal 'User:{user}' --operation Describe --topic '{topic}'")
    };
    let said =
        |of: &Value, topic: &str| of.as_str().is_some_and(|why| why.contains(&command(topic)));
    assert!(said(&cluster["blocked"][0]["reason"], &hidden), "{plan}");
    assert_eq!(code, 1, "what git owns cannot be seen whole: {plan}");
    assert!(said(&cluster["planes"]["kafka"]["reason"], "*"), "{plan}");

    let folder = world.path("imported").display().to_string();
    let imported = world
        .run(&["import", "--cluster", "c", "--output", &folder])
        .await;
    assert_eq!(imported.code, 0, "{imported:?}");
    assert!(!imported.out.contains("holds nothing"), "{imported:?}");
    let left_out = format!("left out: topics that Headgate may not describe: User:{user} ");
    assert!(imported.out.contains(&left_out), "{imported:?}");
    assert!(imported.out.contains(&command("*")), "{imported:?}");
}
