//! Deletion: never without a document removed and consent in git, never more than the budget, never on another cluster.

use super::world::{
    CLUSTER_FILE, TOPICS_FILE, World, cluster, consent, each, items, plaintext, topic, until,
};

/// The last day of a consent that outlives these tests.
const LATER: &str = "2099-12-31";

fn allow(consents: &[String]) -> String {
    format!("deletion: {{allow: [{}]}}", consents.join(", "))
}

#[tokio::test]
async fn a_document_removed_deletes_nothing_until_git_consents() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let both = [topic(&events, 1, ""), topic(&logs, 1, "")];
    let commit = world.declare("", &both);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;

    let removed = world.declare("", &both[..1]);
    let why = daemon.until_condition("Blocked", "True").await;
    assert!(why.contains(&logs) && why.contains("consent"), "{why}");
    let gate = [("gate", "consent")];
    assert_eq!(
        daemon.metric("headgate_plan_gate_blocked", &gate).await,
        1.0
    );
    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "blocked is not something to do: {plan}");
    let blocked = &plan["clusters"][0]["blocked"];
    assert_eq!(each(blocked, "name"), [&*logs]);
    assert_eq!(blocked[0]["gate"], "consent");
    let reason = blocked[0]["reason"].as_str().unwrap();
    assert!(reason.contains("deletion.allow"), "{reason}");
    daemon.until_converged(&removed).await;
    daemon.two_more_passes().await;
    assert!(world.hand.topic(&logs).await.is_some());

    let agreed = world.declare(&allow(&[consent(&logs, LATER)]), &both[..1]);
    daemon.until_converged(&agreed).await;
    until("the topic is deleted", async || {
        world.hand.topic(&logs).await.is_none()
    })
    .await;
    daemon.until_condition("Ready", "True").await;
    assert!(world.hand.topic(&events).await.is_some());
    assert_eq!(daemon.drift_counted().await, 0.0);
}

#[tokio::test]
async fn an_expired_consent_deletes_nothing() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let logs = world.name("logs");
    world.declare("", &[topic(&logs, 1, "")]);
    assert_eq!(world.run(&["apply"]).await.code, 0);
    world.declare(&allow(&[consent(&logs, "2020-01-31")]), &[]);

    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "{plan}");
    let blocked = &plan["clusters"][0]["blocked"][0];
    assert_eq!(blocked["gate"], "consent");
    let reason = blocked["reason"].as_str().unwrap();
    assert!(
        reason.contains("2020-01-31") && reason.contains(CLUSTER_FILE),
        "{reason}"
    );
    assert_eq!(
        world.run(&["apply"]).await.code,
        0,
        "a gate that holds is no error"
    );
    let detailed = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(detailed.code, 2, "something stays blocked: {detailed:?}");
    assert!(world.hand.topic(&logs).await.is_some());
}

#[tokio::test]
async fn over_the_budget_none_is_deleted() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let names = ["one", "two", "three"].map(|name| world.name(name));
    let topics = names.each_ref().map(|name| topic(name, 1, ""));
    world.declare("", &topics);
    assert_eq!(world.run(&["apply"]).await.code, 0);
    let consents = names.each_ref().map(|name| consent(name, LATER));
    let list = consents.join(", ");

    world.declare(
        &format!("deletion: {{allow: [{list}], budget: {{count: 2, percent: 100}}}}"),
        &[],
    );
    let applied = world
        .run(&["apply", "-o", "json", "--detailed-exitcode"])
        .await;
    assert_eq!(applied.code, 2, "{applied:?}");
    let left = &applied.json()["clusters"][0]["left"];
    assert_eq!(items(&left["blocked"]).len(), 3, "{left}");
    assert_eq!(left["blocked"][0]["gate"], "destroy_budget");
    assert_eq!(
        world.hand.topics(&world.id).await.len(),
        3,
        "none, and not some"
    );

    world.declare(
        &format!("deletion: {{allow: [{list}], budget: {{count: 3, percent: 100}}}}"),
        &[],
    );
    let applied = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    until("all are deleted", async || {
        world.hand.topics(&world.id).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_cluster_with_another_id_is_not_written_to() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let foreign = cluster("AAAAAAAAAAAAAAAAAAAAAA", "");
    world.repo.push(&[
        (CLUSTER_FILE, &foreign),
        (TOPICS_FILE, &topic(&events, 1, "")),
    ]);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 1, "{plan}");
    let planned = &plan["clusters"][0];
    assert_eq!(planned["actions"], serde_json::json!([]));
    assert_eq!(planned["blocked"][0]["gate"], "cluster_id");
    assert_eq!(planned["clusterId"], kafka.cluster_id());
    let applied = world.run(&["apply"]).await;
    assert_eq!(applied.code, 1, "{applied:?}");
    assert!(applied.err.contains(kafka.cluster_id()), "{}", applied.err);
    let daemon = world.daemon().await;
    until("the gate is shown", async || {
        let gate = [("gate", "cluster_id")];
        daemon.metric("headgate_plan_gate_blocked", &gate).await == 1.0
    })
    .await;
    assert_eq!(daemon.condition("Ready").await.0, "False");
    assert!(daemon.stop().await.success());
    assert_eq!(world.hand.topic(&events).await, None);
}
