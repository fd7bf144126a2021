//! What Headgate does not own: Kafka's own topics, the platform's, and those that nobody declared.

use super::world::{World, consent, each, items, plaintext, topic, until};

#[tokio::test]
async fn topics_that_nobody_declared_are_told_and_stay() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, stray, outside) = (
        world.name("events"),
        world.name("stray"),
        format!("x{}", world.id),
    );
    let platform = [
        format!("connect-offsets-{}", world.id),
        world.name("store-changelog"),
        world.name("store-repartition"),
        format!("_confluent_{}", world.id),
        format!("__internal_{}", world.id),
    ];
    for name in platform.iter().chain([&stray, &outside]) {
        world.hand.create(name, 1, &[]).await;
    }
    // only names of this test: the cluster is shared
    let owns = format!(
        "owns: {{topics: [\"{0}-*\", \"*-{0}\", \"_*_{0}\"]}}",
        world.id
    );
    let commit = world.declare(&owns, &[topic(&events, 1, "")]);

    let (_, plan) = world.plan().await;
    assert_eq!(plan["summary"]["unexpected"], 1, "{plan}");
    assert_eq!(each(&plan["clusters"][0]["unexpected"], "name"), [&*stray]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    let unexpected = [("kind", "Topic"), ("class", "unexpected")];
    until("the stray topic is told", async || {
        daemon.metric("headgate_drift_resources", &unexpected).await == 1.0
    })
    .await;
    let drift = daemon.list("drift").await;
    assert_eq!(
        (each(&drift, "name"), each(&drift, "class")),
        (vec![&*stray], vec!["unexpected"])
    );
    daemon.two_more_passes().await;

    // consent does not reach what belongs to the platform
    let consents: Vec<String> = platform
        .iter()
        .map(|name| consent(name, "2099-12-31"))
        .collect();
    let spec = format!(
        "{owns}, deletion: {{allow: [{}], budget: {{count: 100, percent: 100}}}}",
        consents.join(", ")
    );
    let commit = world.declare(&spec, &[topic(&events, 1, "")]);
    daemon.until_converged(&commit).await;
    let (_, plan) = world.plan().await;
    let blocked = &plan["clusters"][0]["blocked"];
    assert_eq!(items(blocked).len(), platform.len(), "{plan}");
    assert!(
        items(blocked).iter().all(|b| b["gate"] == "unsupported"),
        "{plan}"
    );
    for name in platform.iter().chain([&stray, &outside]) {
        assert!(world.hand.topic(name).await.is_some(), "{name} is gone");
    }
}

#[tokio::test]
async fn keys_that_nobody_declared_are_shown_and_stay() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    world
        .hand
        .create(&events, 1, &[("segment.ms", "3600000")])
        .await;
    let declared = [topic(&events, 1, "retention.ms: 24h")];
    world.declare("", &declared);
    assert_eq!(world.run(&["apply"]).await.code, 0);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "{plan}");
    let foreign = plan["clusters"][0]["foreign"].to_string();
    assert!(foreign.contains("segment.ms"), "{plan}");
    let kept = world.hand.config(&events, "segment.ms").await;
    assert_eq!(kept.as_deref(), Some("3600000"));

    world.declare("owns: {topicConfigs: true}", &declared);
    assert_eq!(world.run(&["apply"]).await.code, 0);
    assert_eq!(world.hand.config(&events, "segment.ms").await, None);
}
