//! The commands as scripts rely on them: what they change, what stands where, and with which exit code they end.

use super::{
    repo::write,
    world::{
        CLUSTER_FILE, Ran, TOPICS_FILE, World, cluster, each, headgate, plaintext, run, topic,
    },
};

#[tokio::test]
async fn a_plan_changes_nothing_and_apply_makes_it_so() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, logs) = (world.name("events"), world.name("logs"));
    let commit = world.declare(
        "",
        &[
            topic(&events, 3, "retention.ms: 24h, retention.bytes: 1GiB"),
            topic(&logs, 2, ""),
        ],
    );

    let (code, plan) = world.plan().await;
    assert_eq!(code, 2, "{plan}");
    assert_eq!(plan["revision"], commit.as_str());
    assert_eq!(plan["summary"]["create"], 2);
    let planned = &plan["clusters"][0];
    assert_eq!(planned["clusterId"], kafka.cluster_id());
    assert_eq!(planned["planes"]["kafka"]["complete"], true);
    assert_eq!(each(&planned["actions"], "name"), [&*events, &*logs]);
    let action = &planned["actions"][0];
    assert_eq!(
        (&action["action"], &action["risk"], &action["cause"]),
        (&"create".into(), &"safe".into(), &"first".into())
    );
    assert_eq!(action["source"]["file"], TOPICS_FILE);
    assert_eq!(action["source"]["line"], 4, "where its name stands");
    let field = |path: &str| {
        let fields = action["fields"].as_array().unwrap();
        fields.iter().find(|f| f["path"] == path).unwrap().clone()
    };
    assert_eq!(field("config.retention.ms")["desired"], "86400000");
    assert_eq!(field("config.retention.bytes")["desired"], "1073741824");
    assert!(field("partitions")["live"].is_null());

    let (_, again) = world.plan().await;
    assert_eq!(
        again["planId"], plan["planId"],
        "the same inputs, the same id"
    );
    let text = world.run(&["plan"]).await;
    assert_eq!(text.code, 0, "only --detailed-exitcode says 2: {text:?}");
    assert!(text.out.contains(&format!("+ {events}")), "{}", text.out);
    let markdown = world.run(&["plan", "-o", "markdown"]).await;
    assert!(
        markdown.out.starts_with("## Headgate plan\n"),
        "{markdown:?}"
    );
    assert!(markdown.out.contains(&events), "{markdown:?}");
    assert_eq!(
        world.hand.topic(&events).await,
        None,
        "a plan creates nothing"
    );
    assert!(!world.path("ledger.db").exists(), "a plan makes no ledger");

    let applied = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    let made = world.hand.topic(&events).await.unwrap();
    assert_eq!(made.partitions.len(), 3);
    assert_eq!(made.config_value("retention.ms"), Some(Some("86400000")));
    assert_eq!(world.hand.topic(&logs).await.unwrap().partitions.len(), 2);

    let (code, plan) = world.plan().await;
    assert_eq!(code, 0, "what was applied is not planned again: {plan}");
    assert_eq!(plan["clusters"][0]["actions"], serde_json::json!([]));
    let idle = world.run(&["apply", "-o", "json"]).await;
    assert_eq!(idle.code, 0, "{idle:?}");
    assert_eq!(idle.json()["clusters"][0]["results"], serde_json::json!([]));
}

#[tokio::test]
async fn results_stand_alone_on_stdout_and_logs_on_stderr() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let events = world.name("events");
    world.declare("", &[topic(&events, 1, "")]);
    let loud = ["--log", "debug"];
    for (command, says) in [
        (&["plan", "-o", "json"][..], "planId"),
        (&["apply", "-o", "json"], "results"),
        (&["snapshot"], &events),
        (&["validate", "-o", "json"], "findings"),
        (&["schema"], "headgate.dev/v1"),
    ] {
        let ran = world.run(&[command, &loud].concat()).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json();
        assert!(ran.out.contains(says), "{command:?}: {}", ran.out);
        assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
    }
    let loudest = world.run(&["plan", "--log", "trace"]).await;
    assert!(!loudest.err.is_empty(), "logs stand somewhere");
    let quiet = world.run(&["plan"]).await;
    assert_eq!(quiet.err, "", "nothing is told that nobody asked for");
}

#[tokio::test]
async fn validate_needs_neither_configuration_nor_network() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("desired-state/c");
    std::fs::create_dir_all(&folder).unwrap();
    write(&folder.join("cluster.yaml"), &cluster("id", ""));
    write(
        &folder.join("topics.yaml"),
        &topic("events", 3, "retention.ms: 24h"),
    );
    let validate = async || -> Ran {
        let mut command = headgate();
        command
            .args(["validate", "--source"])
            .arg(dir.path())
            .current_dir("/");
        run(&mut command).await
    };
    let valid = validate().await;
    assert_eq!((valid.code, &*valid.err), (0, ""), "{valid:?}");
    assert_eq!(valid.out, "valid: 1 cluster, 1 topic\n");

    write(
        &folder.join("topics.yaml"),
        &topic("events", 3, "retention.msec: 24h"),
    );
    let invalid = validate().await;
    assert_eq!(invalid.code, 1, "{invalid:?}");
    let place = "desired-state/c/topics.yaml:8:12";
    assert!(invalid.out.contains(place), "{}", invalid.out);
    assert!(
        invalid.out.contains("retention.ms"),
        "the nearest right spelling: {}",
        invalid.out
    );
}

#[tokio::test]
async fn validate_reads_the_repository_without_asking_kafka() {
    let dir = tempfile::tempdir().unwrap();
    let repo = super::repo::Repo::new(dir.path());
    let config = dir.path().join("headgate.yaml");
    // nothing listens on port 1
    write(
        &config,
        &format!(
            "source: {{repo: {:?}, branch: main}}\nclusters: {{c: {{kafka: {{bootstrap: [\"127.0.0.1:1\"]}}}}}}\nledger: {{path: ledger.db}}\n",
            repo.bare
        ),
    );
    let command = async |args: &[&str]| -> Ran {
        run(headgate().args(args).arg("--config").arg(&config)).await
    };
    repo.push(&[
        (CLUSTER_FILE, &cluster("id", "")),
        (TOPICS_FILE, &topic("events", 3, "")),
    ]);
    let valid = command(&["validate"]).await;
    assert_eq!(valid.code, 0, "{valid:?}");

    let unreachable = command(&["plan", "--detailed-exitcode"]).await;
    assert_eq!(
        unreachable.code, 1,
        "a plan without Kafka is an error: {unreachable:?}"
    );
    assert!(unreachable.out.contains("127.0.0.1:1"), "{unreachable:?}");
    // a person reads both, and is told why once
    assert!(!unreachable.err.contains("127.0.0.1:1"), "{unreachable:?}");
    assert!(
        unreachable.err.starts_with("error: c: kafka plane: "),
        "{unreachable:?}"
    );
    let for_scripts = command(&["plan", "-o", "json"]).await;
    assert!(for_scripts.err.contains("127.0.0.1:1"), "{for_scripts:?}");

    repo.push(&[(TOPICS_FILE, &topic("events", 0, ""))]);
    let invalid = command(&["validate"]).await;
    assert_eq!(invalid.code, 1, "{invalid:?}");
    assert!(
        invalid.out.contains(&format!("{TOPICS_FILE}:6:15")),
        "{}",
        invalid.out
    );
    let planned = command(&["plan"]).await;
    assert_eq!((planned.code, &*planned.out), (1, ""), "{planned:?}");
    assert!(
        planned.err.contains(&format!("{TOPICS_FILE}:6:15")),
        "{}",
        planned.err
    );
}

#[tokio::test]
async fn a_mistake_in_headgate_yaml_is_named_by_file_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("headgate.yaml");
    write(
        &config,
        "source:\n  repo: /nowhere\n  brunch: main\nclusters:\n  c: {kafka: {bootstrap: [\"b1\"]}}\n",
    );
    for command in ["plan", "apply", "run", "snapshot", "status", "validate"] {
        let ran = run(headgate().arg(command).arg("--config").arg(&config)).await;
        assert_eq!((ran.code, &*ran.out), (1, ""), "{command}: {ran:?}");
        assert!(ran.err.starts_with("error: "), "{command}: {}", ran.err);
        let place = format!("{}:3:3", config.display());
        assert!(ran.err.contains(&place), "{command}: {}", ran.err);
        assert!(ran.err.contains("branch"), "{command}: {}", ran.err);
    }
}

#[tokio::test]
async fn status_tells_what_the_daemon_says() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let commit = world.declare("", &[topic(&world.name("events"), 1, "")]);
    let daemon = world.daemon().await;
    daemon.until_converged(&commit).await;
    daemon.until_condition("Ready", "True").await;

    let here = daemon.url().strip_prefix("http://").unwrap().to_owned();
    let asking = format!(
        "source: {{repo: /nowhere, branch: main}}\nclusters: {{c: {{kafka: {{bootstrap: [\"b:1\"]}}}}}}\nhttp: {{listen: {here:?}}}\nledger: {{path: other.db}}\n"
    );
    write(&world.path("asking.yaml"), &asking);
    let ask = async |args: &[&str]| -> Ran {
        run(headgate()
            .arg("status")
            .args(args)
            .arg("--config")
            .arg(world.path("asking.yaml")))
        .await
    };
    let text = ask(&[]).await;
    assert_eq!(text.code, 0, "{text:?}");
    assert!(text.out.contains("Converged"), "{}", text.out);
    assert!(text.out.contains(&commit[..12]), "{}", text.out);
    let json = ask(&["-o", "json"]).await.json();
    assert_eq!(
        json["clusters"][0]["revision"]["converged"],
        commit.as_str()
    );
    let other = ask(&["--cluster", "other"]).await;
    assert_eq!((other.code, &*other.out), (1, ""), "{other:?}");

    assert!(daemon.stop().await.success());
    let gone = ask(&[]).await;
    assert_eq!((gone.code, &*gone.out), (1, ""), "{gone:?}");
    assert!(gone.err.contains(&here), "{}", gone.err);
}
