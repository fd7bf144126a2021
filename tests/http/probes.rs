//! Probes: is it alive, ready, well.

use std::time::{Duration, Instant};

use headgate::model::{Finding, Gate};
use headgate::report::SourceState;
use serde_json::{Value, json};

use super::Server;
use crate::support::told;

#[tokio::test]
async fn a_loop_that_turns_is_alive_and_one_that_does_not_is_named() {
    let server = Server::fresh().await;
    assert_eq!(server.get("/livez").await.json(), json!({"status": "ok"}));
    let now = Instant::now();
    let Some(long_ago) = now.checked_sub(Duration::from_secs(601)) else {
        return; // the machine is up for less than ten minutes
    };
    server.board.beat("source", Duration::from_secs(60), now);
    server
        .board
        .beat("streaming", Duration::from_secs(60), long_ago);
    let problem = server.problem("/livez", 503).await;
    assert_eq!(problem["reasons"].as_array().unwrap().len(), 1);
    let reason = problem["reasons"][0].as_str().unwrap();
    assert!(
        reason.starts_with("loop streaming: has not turned for 60"),
        "{reason}"
    );
    server.board.beat("streaming", Duration::from_secs(60), now);
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn it_is_ready_once_every_cluster_was_seen_whole_and_stays_so() {
    let server = Server::fresh().await;
    let problem = server.problem("/readyz", 503).await;
    assert_eq!(
        problem["reasons"],
        json!(["cluster streaming: no pass has ended yet"])
    );
    let failed = told::failed("no broker answers", told::at(1));
    server.board.publish(|view| view.after(&failed));
    let problem = server.problem("/readyz", 503).await;
    assert_eq!(
        problem["reasons"],
        json!(["cluster streaming: never seen whole yet: no broker answers"])
    );
    server
        .board
        .publish(|view| view.after(&told::quiet(1, 'a', told::at(2))));
    assert_eq!(server.get("/readyz").await.json(), json!({"status": "ok"}));
    server.board.publish(|view| view.after(&failed));
    assert_eq!(server.get("/readyz").await.status, 200);
}

/// Sets the view up so that everything is well at this moment.
fn all_is_well(server: &Server) -> SourceState {
    let now = jiff::Timestamp::now();
    let source = SourceState {
        fetched_at: Some(now),
        ..told::source('a')
    };
    server.board.publish(|view| {
        view.with_source(source.clone(), now)
            .after(&told::quiet(5, 'a', now))
    });
    source
}

#[tokio::test]
async fn a_check_passes_when_all_is_well_and_else_says_why_not() {
    let server = Server::fresh().await;
    let source = all_is_well(&server);
    assert_eq!(
        server.get("/api/v1/check").await.json(),
        json!({"status": "ok"})
    );
    let now = jiff::Timestamp::now();
    server
        .board
        .publish(|view| view.after(&told::busy(5, 'a', now)));
    let problem = server.problem("/api/v1/check?fail_on=drift", 503).await;
    assert_eq!(
        problem["reasons"],
        json!(["cluster streaming drifted: 1 modified, 1 unexpected"])
    );
    let problem = server.problem("/api/v1/check?fail_on=blocked", 503).await;
    assert_eq!(problem["reasons"].as_array().unwrap().len(), 1);
    assert_eq!(
        server
            .get("/api/v1/check?fail_on=invalid,stale")
            .await
            .status,
        200
    );
    let invalid = SourceState {
        seen: Some(told::commit('b')),
        valid: false,
        findings: [Finding::error(
            Some(told::place(3)),
            "unknown field `partitons`",
        )]
        .into(),
        ..source
    };
    server
        .board
        .publish(|view| view.with_source(invalid.clone(), now));
    let problem = server.problem("/api/v1/check?fail_on=invalid", 503).await;
    let reason = problem["reasons"][0].as_str().unwrap();
    assert!(
        reason.contains("topics.yaml:3:1: unknown field `partitons`"),
        "{reason}"
    );
    let all = server.problem("/api/v1/check", 503).await;
    assert_eq!(all["reasons"].as_array().map(Vec::len), Some(3), "{all:#}");
}

#[tokio::test]
async fn a_check_fails_on_what_is_older_than_allowed() {
    let server = Server::fresh().await;
    let never = server.problem("/api/v1/check?fail_on=stale", 503).await;
    assert_eq!(
        never["reasons"].as_array().map(Vec::len),
        Some(2),
        "{never:#}"
    );
    let source = all_is_well(&server);
    assert_eq!(
        server
            .get("/api/v1/check?fail_on=stale&max_age=1m")
            .await
            .status,
        200
    );
    let old = source.fetched_at.unwrap() - Duration::from_secs(3600);
    let unreachable = SourceState {
        fetched_at: Some(old),
        error: Some("connection refused".into()),
        ..source
    };
    server
        .board
        .publish(|view| view.with_source(unreachable.clone(), old));
    let stale = server.problem("/api/v1/check", 503).await;
    let reason = stale["reasons"][0].as_str().unwrap();
    assert!(
        reason.starts_with("source stale: last fetched 360"),
        "{reason}"
    );
    assert!(reason.ends_with("s ago; connection refused"), "{reason}");
    assert_eq!(server.get("/api/v1/check?max_age=2h").await.status, 200);
}

#[tokio::test]
async fn a_check_tells_passes_that_fail_from_passes_that_do_not_end() {
    let server = Server::fresh().await;
    all_is_well(&server);
    let ended = jiff::Timestamp::now() - Duration::from_secs(3600);
    let reason = async |cycle| {
        server.board.publish(|view| view.after(&cycle));
        let problem = server.problem("/api/v1/check?fail_on=stale", 503).await;
        problem["reasons"][0].as_str().unwrap().to_owned()
    };
    let stale = reason(told::quiet(5, 'a', ended)).await;
    let wanted = "cluster streaming stale: no pass has ended since; last ";
    assert!(stale.starts_with(wanted), "{stale}");
    let failing = reason(told::failed("no broker answers", ended)).await;
    let wanted = "cluster streaming failing: last pass without an error ";
    assert!(failing.starts_with(wanted), "{failing}");
    let why = "; the last one failed: no broker answers";
    assert!(failing.ends_with(why), "{failing}");
}

#[tokio::test]
async fn a_held_revision_blocks_every_cluster() {
    let server = Server::fresh().await;
    let source = SourceState {
        held: Some("bbbbbbbb does not descend from aaaaaaaa".into()),
        ..all_is_well(&server)
    };
    server
        .board
        .publish(|view| view.with_source(source.clone(), told::at(0)));
    let cluster = server.get("/api/v1/clusters/streaming").await.json();
    assert_eq!(
        cluster["blocked"],
        json!([{"gate": Gate::NonFastForward.as_str(), "count": 1}])
    );
    let of = |kind: &str| {
        let conditions = cluster["conditions"].as_array().unwrap();
        conditions
            .iter()
            .find(|c| c["type"] == kind)
            .unwrap()
            .clone()
    };
    assert_eq!(of("Ready")["status"], "False");
    assert_eq!(of("Blocked")["status"], "True");
    assert_ne!(of("Blocked")["message"], Value::Null);
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let server = Server::busy(5).await;
    let answer = server.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(answer.text.contains("headgate_build_info{"));
}
