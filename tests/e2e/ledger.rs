//! The ledger as users meet it: lost, shared by mistake, read beside a daemon.

use super::world::{World, consent, each, headgate, plaintext, run, topic};

#[tokio::test]
async fn a_lost_ledger_deletes_nothing_and_everything_is_first_again() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let both = [topic(&events, 1, "retention.ms: 24h"), topic(&logs, 1, "")];
    world.declare("", &both);
    assert_eq!(world.run(&["apply"]).await.code, 0);
    // git takes one back without a word of consent, and the ledger that knows it was ours goes
    let commit = world.declare("", &both[..1]);
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(world.path(file));
    }
    assert!(!world.path("ledger.db").exists());
    world.hand.set(&events, "retention.ms", Some("1000")).await;

    let (code, plan) = world.plan().await;
    assert_eq!(code, 2, "{plan}");
    assert_eq!(each(&plan["clusters"][0]["actions"], "cause"), ["first"]);
    assert_eq!(plan["summary"]["delete"], 0);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    daemon.two_more_passes().await;
    let set = world.hand.config(&events, "retention.ms").await;
    assert_eq!(set.as_deref(), Some("86400000"));
    assert!(world.hand.topic(&logs).await.is_some());
    assert_eq!(
        daemon.drift_counted().await,
        0.0,
        "without memory nothing has drifted"
    );
}

#[tokio::test]
async fn a_second_daemon_is_refused_and_a_plan_is_not() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    let commit = world.declare("", &[topic(&events, 1, "")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;

    for command in ["run", "apply"] {
        let second = world.run(&[command]).await;
        assert_eq!((second.code, &*second.out), (1, ""), "{second:?}");
        assert!(
            second.err.contains("in use by another headgate"),
            "{}",
            second.err
        );
        assert!(
            second.err.contains(&daemon.pid().to_string()),
            "{}",
            second.err
        );
        assert!(second.err.contains("ledger.db"), "{}", second.err);
    }
    world.hand.set(&events, "retention.ms", Some("1000")).await;
    let (code, plan) = world.plan().await;
    assert!(matches!(code, 0 | 2), "{plan}");
    assert_eq!(plan["revision"], commit.as_str());
    let snapshot = world.run(&["snapshot"]).await;
    assert_eq!(snapshot.code, 0, "{snapshot:?}");
    assert!(snapshot.json()["c"].to_string().contains(&events));
    assert!(daemon.stop().await.success());
    assert_eq!(
        world.run(&["apply"]).await.code,
        0,
        "the lock went with the daemon"
    );
}

#[tokio::test]
async fn a_plan_of_plain_files_knows_what_the_ledger_knows() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, gone) = (world.name("events"), world.name("gone"));
    world.declare("", &[topic(&events, 1, ""), topic(&gone, 1, "")]);
    assert_eq!(world.run(&["apply"]).await.code, 0);

    // a pull request's files, not committed anywhere yet
    let files = world.repo.files().to_str().unwrap().to_owned();
    let spec = format!("deletion: {{allow: [{}]}}", consent(&gone, "2099-12-31"));
    let document = super::world::cluster(kafka.cluster_id(), &spec);
    super::repo::write(
        &world.repo.files().join("desired-state/c/cluster.yaml"),
        &document,
    );
    super::repo::write(
        &world.repo.files().join("desired-state/c/topics.yaml"),
        &topic(&events, 4, ""),
    );
    let plan = run(world
        .command(&["plan", "-o", "json", "--source", &files])
        .arg("--detailed-exitcode"))
    .await;
    assert_eq!(plan.code, 2, "{plan:?}");
    let plan = plan.json();
    assert!(plan["revision"].is_null());
    let actions = &plan["clusters"][0]["actions"];
    assert_eq!(each(actions, "action"), ["update", "delete"]);
    assert_eq!(each(actions, "cause"), ["commit", "commit"]);
    assert_eq!(actions[1]["risk"], "destructive");

    let nowhere = run(headgate().args([
        "plan",
        "--source",
        &files,
        "--config",
        "/nowhere/headgate.yaml",
    ]))
    .await;
    assert_eq!((nowhere.code, &*nowhere.out), (1, ""), "{nowhere:?}");
}
