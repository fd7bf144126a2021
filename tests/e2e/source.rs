//! The repository: what is wrong in it, rewritten, out of reach, and `headgate.yaml` read again.

use headgate::model::ObjectRef;
use rustix::process::Signal;

use super::world::{CLUSTER_FILE, TOPICS_FILE, World, cluster, plaintext, topic, until};

/// Trap 42: a tree that cannot be read takes nothing away.
#[tokio::test]
async fn an_invalid_commit_keeps_the_last_good_one_and_says_why() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let good = world.declare("", &[topic(&events, 1, "retention.ms: 24h")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&good).await;
    assert_eq!(daemon.condition("DesiredValid").await.0, "True");

    let declared = [
        topic(&events, 1, "retention.ms: 1 fortnight"),
        topic(&logs, 1, ""),
    ];
    let bad = world.declare("", &declared);
    let why = daemon.until_condition("DesiredValid", "False").await;
    let place = format!("{TOPICS_FILE}:8:26");
    assert!(why.contains(&place), "{why}");
    let told = daemon.logged("revision is invalid; the last good one stays in force");
    let first = told[0]["first"].as_str().unwrap();
    assert!(first.starts_with(&format!("{place}: ")), "{first}");
    assert_eq!(told[0]["errors"], 1);
    world.hand.set(&events, "retention.ms", Some("1000")).await;
    until("drift is healed all the same", async || {
        world.hand.config(&events, "retention.ms").await.as_deref() == Some("86400000")
    })
    .await;
    let status = daemon.status().await;
    assert_eq!(status["source"]["seen"], bad.as_str());
    assert_eq!(status["source"]["applied"], good.as_str());
    assert_eq!(
        world.hand.topic(&logs).await,
        None,
        "nothing of a bad commit is taken"
    );
    assert_eq!(daemon.metric("headgate_desired_valid", &[]).await, 0.0);
    let (code, reasons) = daemon.get("/api/v1/check?fail_on=invalid").await;
    assert_eq!(code, 503);
    assert!(reasons.contains(TOPICS_FILE), "{reasons}");

    let fixed = world.declare(
        "",
        &[topic(&events, 1, "retention.ms: 14d"), topic(&logs, 1, "")],
    );
    daemon.until_converged(&fixed).await;
    assert_eq!(daemon.condition("DesiredValid").await.0, "True");
    assert_eq!(daemon.metric("headgate_desired_valid", &[]).await, 1.0);
    assert!(world.hand.topic(&logs).await.is_some());
}

#[tokio::test]
async fn rewritten_history_is_held_until_it_is_acknowledged() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    world.declare("", &[]);
    let before = world.declare("", &[topic(&events, 1, "retention.ms: 24h")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&before).await;

    let rewritten = world
        .repo
        .rewrite(&[(TOPICS_FILE, &topic(&events, 1, "retention.ms: 1h"))]);
    let why = daemon.until_condition("Blocked", "True").await;
    assert!(
        why.contains(&format!("source.acknowledge: {rewritten}")),
        "{why}"
    );
    until("the gate is shown", async || {
        let gate = [("gate", "non_fast_forward")];
        daemon.metric("headgate_plan_gate_blocked", &gate).await == 1.0
    })
    .await;
    let status = daemon.status().await;
    assert_eq!(status["source"]["seen"], rewritten.as_str());
    assert_eq!(
        status["clusters"][0]["revision"]["attempted"],
        before.as_str()
    );
    let blocked = &status["clusters"][0]["blocked"];
    assert_eq!(
        *blocked,
        serde_json::json!([{"gate": "non_fast_forward", "count": 1}])
    );
    let plan = world.run(&["plan"]).await;
    assert_eq!(plan.code, 1, "{plan:?}");
    assert!(plan.err.contains("source.acknowledge"), "{}", plan.err);
    daemon.two_more_passes().await;
    let kept = world.hand.config(&events, "retention.ms").await;
    assert_eq!(
        kept.as_deref(),
        Some("86400000"),
        "what is held is not applied"
    );

    world.configure(&format!("acknowledge: {rewritten}"), &world.bootstrap());
    daemon.until_converged(&rewritten).await;
    let taken = world.hand.config(&events, "retention.ms").await;
    assert_eq!(taken.as_deref(), Some("3600000"));
    daemon.until_condition("Blocked", "False").await;
    assert_eq!(daemon.drift_counted().await, 0.0);
}

#[tokio::test]
async fn headgate_yaml_is_read_again_and_an_invalid_one_keeps_the_old() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let first = world.declare("", &[topic(&events, 1, "")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&first).await;

    daemon.signal(Signal::HUP);
    let same = "configuration read again, nothing changed";
    until("SIGHUP reads it again", async || {
        !daemon.logged(same).is_empty()
    })
    .await;

    world.configure("brunch: main", &world.bootstrap());
    let kept = "configuration is invalid; the old one stays in force";
    until("the mistake is told", async || {
        !daemon.logged(kept).is_empty()
    })
    .await;
    let told = daemon.logged(kept);
    let why = told[0]["error"].as_str().unwrap();
    assert!(
        why.contains("headgate.yaml:1:") && why.contains("brunch"),
        "{why}"
    );
    let second = world.declare("", &[topic(&events, 2, "")]);
    daemon.until_converged(&second).await;

    // the old name of the folder holds nothing more
    let moved = [
        ("platform/cluster.yaml", cluster(kafka.cluster_id(), "")),
        ("platform/topics.yaml", topic(&events, 4, "")),
    ];
    let moved: Vec<(&str, &str)> = moved.iter().map(|(file, text)| (*file, &**text)).collect();
    world.repo.push(&moved);
    let third = world.repo.push_without("desired-state");
    world.configure("path: platform", &world.bootstrap());
    daemon.until_converged(&third).await;
    assert_eq!(world.hand.topic(&events).await.unwrap().partitions.len(), 4);
    assert!(daemon.stop().await.success());
}

#[tokio::test]
async fn a_repository_out_of_reach_keeps_what_was_applied_last() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let commit = world.declare("", &[topic(&events, 1, "retention.ms: 24h")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    assert!(daemon.stop().await.success());

    let away = world.path("away.git");
    std::fs::rename(&world.repo.bare, &away).unwrap();
    world.hand.set(&events, "retention.ms", Some("1000")).await;
    let daemon = world.daemon().await;
    until("drift is healed from memory", async || {
        world.hand.config(&events, "retention.ms").await.as_deref() == Some("86400000")
    })
    .await;
    until("the drift is counted", async || {
        daemon.drift_counted().await == 1.0
    })
    .await;
    until("the reason is told", async || {
        daemon.status().await["source"]["error"].is_string()
    })
    .await;
    let failed = [("result", "error")];
    assert!(daemon.metric("headgate_git_fetches_total", &failed).await >= 1.0);

    std::fs::rename(&away, &world.repo.bare).unwrap();
    let next = world.declare("", &[topic(&events, 1, "retention.ms: 48h")]);
    daemon.until_converged(&next).await;
    assert_eq!(
        daemon.status().await["source"]["error"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn a_daemon_that_starts_again_begins_with_what_git_says_now() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let before = world.declare("", &[topic(&events, 1, "retention.ms: 24h")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&before).await;
    daemon.kill().await;

    // what git said before would be set again as well
    world
        .hand
        .alter(&ObjectRef::topic(&events), "retention.ms", Some("1000"))
        .await;
    let now = world.declare("", &[topic(&events, 1, "retention.ms: 14d")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&now).await;
    let passes = daemon.logged("pass");
    assert_eq!(passes[0]["revision"], now.as_str(), "{passes:?}");
}

/// Trap 42: a tree without its documents takes nothing away.
#[tokio::test]
async fn a_commit_without_the_cluster_deletes_nothing() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let allow = super::world::consent(&events, "2099-12-31");
    let commit = world.declare(
        &format!("deletion: {{allow: [{allow}]}}"),
        &[topic(&events, 1, "")],
    );
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    world.repo.push_without("desired-state");
    let why = daemon.until_condition("DesiredValid", "False").await;
    assert!(
        why.contains("desired-state") || why.contains("cluster c"),
        "{why}"
    );
    let plan = world.run(&["plan"]).await;
    assert_eq!(plan.code, 1, "{plan:?}");

    let document = cluster(kafka.cluster_id(), "");
    let elsewhere = document.replace("{name: c}", "{name: elsewhere}");
    world.repo.push(&[(CLUSTER_FILE, &elsewhere)]);
    until("the missing cluster is named", async || {
        let told = daemon.condition("DesiredValid").await.1;
        told.contains("no `kind: Cluster` of that name")
    })
    .await;
    daemon.two_more_passes().await;
    assert!(world.hand.topic(&events).await.is_some());
}
