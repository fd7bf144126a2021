//! Consumer groups, which belong to their consumers: watched, their offsets set once; and topics that somebody still uses.
//!
//! A group that is just sharing out its partitions does not tell what it reads, so that no topic of its cluster is deleted
//! meanwhile: groups with members stand on another cluster than the tests of deletion, and what is said of a topic's use on
//! that one is asked until the groups of all tests are at rest.

use headgate::lab::KafkaCluster;

use super::{
    daemon::Daemon,
    world::{World, document, may_go, scram, topic, until},
};

/// Makes a topic with three records, one of which was read by a group of the same name.
async fn half_read(world: &World<'_>, kafka: &KafkaCluster, name: &str) -> String {
    let name = world.name(name);
    world.hand.create(&name, 1, &[]).await;
    kafka
        .admin()
        .produce(&name, &["a", "b", "c"])
        .await
        .unwrap();
    kafka.admin().consume(&name, &name, 1).await.unwrap();
    name
}

/// Waits until nothing but a group drifts, and returns the class and the field.
async fn until_drift(daemon: &Daemon, group: &str, class: &str) -> String {
    let mut field = String::new();
    until(&format!("{group} is {class}"), async || {
        let drift = daemon.list("drift").await;
        field = drift[0]["fields"].to_string();
        drift[0]["name"] == group && drift[0]["class"] == class
    })
    .await;
    field
}

#[tokio::test]
async fn a_group_drifts_when_it_lags_or_is_gone_and_its_offsets_are_set_once_by_consent() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let group = half_read(&world, kafka, "group").await;
    let document = |rest: &str| {
        let spec = format!("mustExist: true, maxLag: 1, maxLagTime: 7d{rest}");
        document("ConsumerGroup", &group, &spec)
    };
    world.declare("", &[document("")]);
    let daemon = world.daemon().await;
    let lag = until_drift(&daemon, &group, "modified").await;
    assert!(
        lag.contains("at most 1") && lag.contains("\"lag\""),
        "{lag}"
    );
    let labels = [("group", group.as_str())];
    let lag = daemon.metric("headgate_consumer_group_lag", &labels).await;
    assert_eq!(lag, 2.0);

    let latest = document(", offsets: {resetTo: latest}");
    world.declare("", std::slice::from_ref(&latest));
    let why = daemon.until_condition("Blocked", "True").await;
    assert!(why.contains("consent"), "{why}");
    let consent = format!("deletion: {{{}}}", may_go(&[("ConsumerGroup", &group)]));
    let commit = world.declare(&consent, std::slice::from_ref(&latest));
    daemon.until_converged(&commit).await;
    until("the group has read all", async || {
        daemon.metric("headgate_consumer_group_lag", &labels).await == 0.0
    })
    .await;
    daemon.until_condition("Drifted", "False").await;

    // a one-shot: what is written later is not skipped
    kafka.admin().produce(&group, &["d", "e"]).await.unwrap();
    until_drift(&daemon, &group, "modified").await;
    assert_eq!(world.due().await, [""; 0]);
    let set = [("kind", "ConsumerGroup"), ("result", "ok")];
    assert_eq!(daemon.metric("headgate_actions_total", &set).await, 1.0);

    // nobody's offsets are set while they read
    let consumer = kafka.admin().consumer(&group, &group).unwrap();
    until("the group has a member", async || {
        let path = format!("consumer-groups/{group}");
        let shown = daemon.json(&format!("/api/v1/clusters/c/{path}")).await;
        shown["state"] == "Stable"
    })
    .await;
    // a consent is good for one time
    let consent = consent.replace("2099-12-31", "2099-12-30");
    world.declare(&consent, &[document(", offsets: {resetTo: earliest}")]);
    let in_use = [("gate", "in_use")];
    until("the gate is shown", async || {
        daemon.metric("headgate_plan_gate_blocked", &in_use).await == 1.0
    })
    .await;
    consumer.leave().await.unwrap();
    until("the offsets are set once the group is empty", async || {
        daemon.metric("headgate_actions_total", &set).await == 2.0
    })
    .await;
    assert!(daemon.stop().await.success());

    let ghost = world.name("ghost");
    let spec = "mustExist: true";
    world.declare("", &[super::world::document("ConsumerGroup", &ghost, spec)]);
    let daemon = world.daemon().await;
    until_drift(&daemon, &ghost, "missing").await;
    assert_eq!(world.plan().await.0, 0, "nobody can make a group");
}

#[tokio::test]
async fn a_topic_in_use_stays_in_spite_of_consent_until_nobody_reads_or_writes_it() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let events = world.name("events");
    world.declare("", &[topic(&events, 1, "")]);
    world.converge().await;
    kafka.admin().produce(&events, &["a"]).await.unwrap();
    let consumer = kafka.admin().consumer(&events, &events).unwrap();
    let consent = may_go(&[("Topic", &events)]);

    world.declare(&format!("deletion: {{{consent}}}"), &[]);
    until("the newest record keeps it", async || {
        let held = world.withheld().await;
        held[0].0 == format!("in_use Topic {events}") && held[0].1.contains("deletion.idle (24 h)")
    })
    .await;

    let idle = format!("deletion: {{{consent}, idle: 0s}}");
    world.declare(&idle, &[]);
    until("the reader is seen", async || {
        let (_, plan) = world.plan().await;
        let blocked = &plan["clusters"][0]["blocked"];
        let reason = blocked[0]["reason"].as_str().unwrap_or_default().to_owned();
        reason.contains(&format!("groups with live members read it ({events})"))
    })
    .await;
    assert_eq!(world.withheld().await.len(), 1);
    assert!(world.hand.topic(&events).await.is_some());

    consumer.leave().await.unwrap();
    until("the topic is deleted", async || {
        world.run(&["apply"]).await.code == 0 && world.hand.topic(&events).await.is_none()
    })
    .await;
}
