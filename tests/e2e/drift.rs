//! Drift: what others change is seen, counted once, and set right or told, as the mode says.

use super::world::{World, each, items, plaintext, topic, until};

const DAY: &str = "86400000";

#[tokio::test]
async fn drift_is_healed_and_counted_once() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let commit = world.declare(
        "",
        &[topic(&events, 3, "retention.ms: 24h"), topic(&logs, 2, "")],
    );
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    assert_eq!(
        daemon.drift_counted().await,
        0.0,
        "the first convergence is no drift"
    );

    // what is just changed may still look as before: that it was healed is known once it is counted
    let by_apply = [("by", "apply")];
    let healed = async || {
        let resolved = "headgate_drift_resolved_total";
        daemon.metric(resolved, &by_apply).await
    };
    world.hand.set(&events, "retention.ms", Some("1000")).await;
    until("the change is healed", async || healed().await == 1.0).await;
    let retention = world.hand.config(&events, "retention.ms").await;
    assert_eq!(retention.as_deref(), Some(DAY));
    world.hand.delete(&logs).await;
    until("the deleted topic is back", async || healed().await == 2.0).await;
    let logs = world.hand.topic(&logs).await.expect("it is there");
    assert_eq!(logs.partitions.len(), 2);
    daemon.two_more_passes().await;
    for class in ["modified", "missing"] {
        let of = [("kind", "Topic"), ("class", class)];
        assert_eq!(
            daemon.metric("headgate_drift_detected_total", &of).await,
            1.0,
            "{class}"
        );
        assert_eq!(
            daemon.metric("headgate_drift_resources", &of).await,
            0.0,
            "{class}"
        );
    }
    assert_eq!(daemon.drift_counted().await, 2.0);
    daemon.until_condition("Drifted", "False").await;

    let history = daemon.list("history").await;
    let healed = items(&history)
        .iter()
        .filter(|e| e["driftDetected"] != 0)
        .count();
    assert_eq!(healed, 2, "{history}");
    assert!(daemon.stop().await.success());
}

#[tokio::test]
async fn a_topic_made_again_behind_our_back_is_counted_once_and_set_again() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let commit = world.declare("", &[topic(&events, 2, "retention.ms: 24h")]);
    let applied = world.run(&["apply"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");

    // no daemon runs meanwhile, so that nobody is quicker than the hand
    let old = world.hand.topic(&events).await.unwrap().id;
    world.hand.delete(&events).await;
    until("the topic is gone", async || {
        world.hand.topic(&events).await.is_none()
    })
    .await;
    world.hand.create(&events, 2, &[]).await;
    let new = world.hand.topic(&events).await.unwrap().id;
    assert_ne!(old, new);

    let (code, plan) = world.plan().await;
    assert_eq!(code, 2, "{plan}");
    assert_eq!(
        plan["clusters"][0]["actions"][0]["cause"], "drift",
        "{plan}"
    );
    let daemon = world.daemon().await;
    until("the config is set again", async || {
        world.hand.config(&events, "retention.ms").await.as_deref() == Some(DAY)
    })
    .await;
    daemon.until_converged(&commit).await;
    daemon.two_more_passes().await;
    let replaced = [("kind", "Topic"), ("class", "replaced")];
    assert_eq!(
        daemon
            .metric("headgate_drift_detected_total", &replaced)
            .await,
        1.0
    );
    assert_eq!(
        daemon.metric("headgate_drift_resources", &replaced).await,
        0.0
    );
    assert_eq!(
        daemon.drift_counted().await,
        1.0,
        "it is one drift, not several"
    );
    let topic = world.hand.topic(&events).await.unwrap();
    assert_eq!(topic.id, new, "the new one is taken over");
}

#[tokio::test]
async fn report_mode_tells_and_leaves_alone() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, absent) = (world.name("events"), world.name("absent"));
    world
        .hand
        .create(&events, 1, &[("retention.ms", DAY)])
        .await;
    let declared = [topic(&events, 1, "retention.ms: 24h")];
    let commit = world.declare("modes: {Topic: report}", &declared);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;

    world.hand.set(&events, "retention.ms", Some("5000")).await;
    let modified = [("kind", "Topic"), ("class", "modified")];
    until("the drift is told", async || {
        daemon.metric("headgate_drift_resources", &modified).await == 1.0
    })
    .await;
    world.declare(
        "modes: {Topic: report}",
        &[declared[0].clone(), topic(&absent, 1, "")],
    );
    daemon.two_more_passes().await;
    let told = world.hand.config(&events, "retention.ms").await;
    assert_eq!(told.as_deref(), Some("5000"), "what was changed stays");
    assert_eq!(
        world.hand.topic(&absent).await,
        None,
        "what is missing stays so"
    );

    daemon.until_condition("Drifted", "True").await;
    let drift = daemon.list("drift").await;
    assert_eq!(each(&drift, "name"), [&*events]);
    assert_eq!(drift[0]["class"], "modified");
    let field = &drift[0]["fields"][0];
    assert_eq!(
        (&field["live"], &field["desired"]),
        (&"5000".into(), &DAY.into())
    );
    let (code, _) = daemon.get("/api/v1/check?fail_on=drift").await;
    assert_eq!(code, 503);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "reported is not to be done: {plan}");
    assert_eq!(
        each(&plan["clusters"][0]["reported"], "name"),
        [&*absent, &*events]
    );

    world.hand.set(&events, "retention.ms", Some(DAY)).await;
    daemon.until_condition("Drifted", "False").await;
    assert_eq!(daemon.drift_counted().await, 1.0);
    let external = [("by", "external")];
    assert_eq!(
        daemon
            .metric("headgate_drift_resolved_total", &external)
            .await,
        1.0
    );
}

#[tokio::test]
async fn ignore_mode_does_not_look() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, absent) = (world.name("events"), world.name("absent"));
    world
        .hand
        .create(&events, 1, &[("retention.ms", "5000")])
        .await;
    let spec = "modes: {Topic: ignore}, owns: {topics: [\"*\"]}";
    let declared = [
        topic(&events, 1, "retention.ms: 24h"),
        topic(&absent, 1, ""),
    ];
    let commit = world.declare(spec, &declared);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "{plan}");
    assert_eq!(plan["summary"]["unexpected"], 0);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    daemon.until_condition("Ready", "True").await;
    assert_eq!(daemon.metric("headgate_drift_resources", &[]).await, 0.0);
    let kept = world.hand.config(&events, "retention.ms").await;
    assert_eq!(kept.as_deref(), Some("5000"));
    assert_eq!(world.hand.topic(&absent).await, None);
}

#[tokio::test]
async fn a_merge_is_no_drift() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs, audit) = (
        world.name("events"),
        world.name("logs"),
        world.name("audit"),
    );
    let first = world.declare(
        "",
        &[
            topic(&events, 3, "retention.ms: 24h, segment.ms: 1h"),
            topic(&logs, 2, ""),
        ],
    );
    let daemon = world.daemon().await;
    daemon.until_converged(&first).await;
    let merged = world.declare(
        "",
        &[
            topic(&events, 3, "retention.ms: 48h"),
            topic(&logs, 5, ""),
            topic(&audit, 1, "cleanup.policy: compact"),
        ],
    );
    daemon.until_converged(&merged).await;
    let changed = world.hand.topic(&events).await.unwrap();
    assert_eq!(
        changed.config_value("retention.ms"),
        Some(Some("172800000"))
    );
    assert_eq!(
        changed.config_value("segment.ms"),
        None,
        "a key taken out of git is reset"
    );
    assert_eq!(world.hand.topic(&logs).await.unwrap().partitions.len(), 5);
    let added = world.hand.config(&audit, "cleanup.policy").await;
    assert_eq!(added.as_deref(), Some("compact"));
    assert_eq!(daemon.drift_counted().await, 0.0, "a merge pages nobody");
    let converged = daemon
        .metric("headgate_commit_to_converged_seconds_count", &[])
        .await;
    assert_eq!(converged, 2.0, "each commit once");
    let (declared, managed) = (
        [("kind", "Topic")],
        [("kind", "Topic"), ("owner", "managed")],
    );
    assert_eq!(
        daemon.metric("headgate_desired_resources", &declared).await,
        3.0
    );
    assert_eq!(
        daemon.metric("headgate_observed_resources", &managed).await,
        3.0
    );
}
