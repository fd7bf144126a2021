//! `headgate demo`: the story tells itself, on real Kafka and, without Java, on the sandbox.

use std::os::unix::fs::symlink;

use super::world::{headgate, plaintext, run};

/// What is told of connectors and schemas, whatever the demo plays on.
const TOLD: [&str; 8] = [
    "http-source           RUNNING, 1 task",
    "config.http.timer.interval.millis: 3600000 → 500",
    "http-source is deleted",
    "state: failed → running",
    "restarted 1 of 7 times",
    "all well after",
    "user-events-value  update blocked: unsupported",
    "git revert: converged",
];

#[tokio::test]
async fn the_demo_is_as_told_on_real_kafka() {
    // where there is no Kafka to be had, this says so
    if plaintext().await.is_none() {
        return;
    }
    let demo = run(headgate().args(["demo", "--once"])).await;
    assert_eq!(demo.code, 0, "{demo:?}");
    assert!(!demo.out.contains("SANDBOX"), "{}", demo.out);
    tells(
        &demo.out,
        &["another broker dies", "it goes on after item 20"],
    );
    tells(&demo.out, &TOLD);
    assert!(!demo.out.contains("left out"), "{}", demo.out);
}

#[tokio::test]
async fn the_demo_plays_on_the_sandbox_where_there_is_no_java() {
    let dir = tempfile::tempdir().unwrap();
    symlink(program("git"), dir.path().join("git")).unwrap();
    // a cache of its own: without Java nothing is made in it
    let demo = run(headgate()
        .args(["demo", "--once"])
        .env("PATH", dir.path())
        .env("HEADGATE_LAB_CACHE", dir.path().join("cache"))
        .env_remove("KAFKA_HOME"))
    .await;
    assert_eq!(demo.code, 0, "{demo:?}");
    tells(&demo.out, &["SANDBOX", "left out: records"]);
    tells(&demo.out, &TOLD);
    assert!(!demo.out.contains("written to S3"), "{}", demo.out);
}

fn tells(out: &str, what: &[&str]) {
    for told in what {
        assert!(out.contains(told), "{told} is not in {out}");
    }
}

/// Finds a program as the shell does.
#[expect(
    clippy::disallowed_methods,
    reason = "the search path is in the environment"
)]
fn program(name: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .expect("the tests need the git command")
}
