//! Writing: what is sent, and what becomes of it by Connect's answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use headgate::{
    desired::RunState,
    ports::{ConnectPlane, ConnectWrite, Outcome, RefusalClass},
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::{
    CANARY,
    double::{self, Asked, Reply},
    mk_client, mk_config, mk_impatient,
};

fn mk_create(state: RunState) -> ConnectWrite {
    ConnectWrite::Create {
        name: "c".into(),
        config: mk_config(),
        state,
    }
}

fn mk_configure() -> ConnectWrite {
    ConnectWrite::Configure {
        name: "c".into(),
        config: mk_config(),
    }
}

fn mk_delete() -> ConnectWrite {
    ConnectWrite::Delete { name: "c".into() }
}

/// Returns a refusal's class and code.
fn refused(outcome: &Outcome) -> (RefusalClass, &str) {
    match outcome {
        Outcome::Refused(refusal) => (refusal.class, &refusal.code),
        other => panic!("it was not refused: {other:?}"),
    }
}

/// Trap 37: a config goes without a state and a state without a config; only a new connector has both. Trap 38: what has
/// failed is restarted, not resumed.
#[tokio::test]
async fn each_write_is_one_request() {
    let double = double::start(|_| Reply::Text(202, String::new())).await;
    let client = mk_client(&[&double.url]);
    let name = || "a b".into();
    let offsets = json!([{"partition": {"file": "f"}, "offset": {"position": 1}}]);
    let state = |to| ConnectWrite::State { name: name(), to };
    for (write, line) in [
        (mk_create(RunState::Running), "POST /connectors"),
        (mk_configure(), "PUT /connectors/c/config"),
        (state(RunState::Running), "PUT /connectors/a%20b/resume"),
        (state(RunState::Paused), "PUT /connectors/a%20b/pause"),
        (state(RunState::Stopped), "PUT /connectors/a%20b/stop"),
        (
            ConnectWrite::Restart { name: name() },
            "POST /connectors/a%20b/restart?includeTasks=true&onlyFailed=true",
        ),
        (
            ConnectWrite::ResetOffsets { name: name() },
            "DELETE /connectors/a%20b/offsets",
        ),
        (
            ConnectWrite::AlterOffsets {
                name: name(),
                offsets,
            },
            "PATCH /connectors/a%20b/offsets",
        ),
        (mk_delete(), "DELETE /connectors/c"),
    ] {
        assert_eq!(client.write(write).await, Outcome::Applied, "{line}");
        assert_eq!(double.asked().last().unwrap().line, line);
    }
    assert_eq!(double.asked().len(), 9);
}

#[tokio::test]
async fn a_new_connector_has_its_state_from_the_first_moment() {
    let double = double::start(|_| Reply::Json(201, json!({}))).await;
    let client = mk_client(&[&double.url]);
    for (state, initial) in [
        (RunState::Running, Value::Null),
        (RunState::Paused, "PAUSED".into()),
        (RunState::Stopped, "STOPPED".into()),
    ] {
        assert_eq!(client.write(mk_create(state)).await, Outcome::Applied);
        let sent: Value = serde_json::from_str(&double.asked().last().unwrap().body).unwrap();
        assert_eq!(
            (&sent["name"], &sent["initial_state"]),
            (&json!("c"), &initial)
        );
        assert_eq!(sent["config"]["password"], CANARY);
        assert_eq!(sent["config"].as_object().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn a_worker_too_old_for_an_initial_state_is_told_so() {
    let old = |_: &Asked| {
        Reply::error(
            500,
            "Unrecognized field \"initial_state\" (class CreateConnectorRequest), not marked as ignorable",
        )
    };
    let double = double::start(old).await;
    let outcome = mk_client(&[&double.url])
        .write(mk_create(RunState::Paused))
        .await;
    assert_eq!(refused(&outcome), (RefusalClass::Final, "UNSUPPORTED"));
}

/// Trap 32: two of the three meanings of 409 pass by themselves.
#[tokio::test]
async fn a_connect_cluster_that_is_busy_is_asked_again() {
    for words in [
        "Cannot complete request because of a conflicting operation (e.g. worker rebalance)",
        "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)",
        "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.",
    ] {
        for write in [mk_create(RunState::Running), mk_configure(), mk_delete()] {
            let writes = AtomicUsize::new(0);
            let double = double::start(move |asked| match asked.line.as_str() {
                "GET /connectors/c" => Reply::error(404, "Connector c not found"),
                _ if writes.fetch_add(1, Ordering::Relaxed) < 2 => Reply::error(409, words),
                _ => Reply::Text(204, String::new()),
            })
            .await;
            let outcome = mk_client(&[&double.url]).write(write).await;
            assert_eq!(outcome, Outcome::Applied, "{words}");
        }
    }
}

#[tokio::test]
async fn one_that_stays_busy_is_given_up_on() {
    let double = double::start(|_| Reply::error(409, &format!("rebalance {CANARY}"))).await;
    let outcome = mk_client(&[&double.url]).write(mk_configure()).await;
    assert_eq!(refused(&outcome), (RefusalClass::Transient, "CONFLICT"));
    assert_eq!(double.asked().len(), 10);
    assert!(!format!("{outcome:?}").contains(CANARY));
}

/// Trap 32: the third meaning is found out by looking, whatever the words.
#[tokio::test]
async fn a_connector_that_is_there_is_found_by_looking() {
    let double = double::start(|asked| match asked.line.as_str() {
        "GET /connectors/c" => Reply::Json(200, json!({"name": "c", "config": {}})),
        _ => Reply::error(409, "es gibt ihn schon"),
    })
    .await;
    let outcome = mk_client(&[&double.url])
        .write(mk_create(RunState::Running))
        .await;
    assert_eq!(
        refused(&outcome),
        (RefusalClass::AlreadyThere, "ALREADY_EXISTS")
    );
    assert_eq!(double.lines(), ["GET /connectors/c", "POST /connectors"]);
}

#[tokio::test]
async fn refusals_are_told_apart_and_hold_no_secret() {
    let invalid =
        format!("Invalid value {CANARY} for configuration password: {CANARY} has no digit");
    let gone = "Connector c not found";
    for (write, status, words, want) in [
        (
            mk_configure(),
            400,
            invalid.as_str(),
            (RefusalClass::Final, "HTTP_400"),
        ),
        (mk_configure(), 401, "", (RefusalClass::Final, "HTTP_401")),
        (
            mk_configure(),
            403,
            CANARY,
            (RefusalClass::Final, "HTTP_403"),
        ),
        (
            mk_configure(),
            429,
            CANARY,
            (RefusalClass::Transient, "HTTP_429"),
        ),
        (mk_delete(), 404, gone, (RefusalClass::Gone, "HTTP_404")),
        (
            mk_delete(),
            404,
            "HTTP 404 Not Found",
            (RefusalClass::Final, "HTTP_404"),
        ),
        (
            mk_configure(),
            500,
            "Failed to find any class that implements Connector and which name matches com.example.Source",
            (RefusalClass::Final, "PLUGIN_MISSING"),
        ),
    ] {
        let words = words.to_owned();
        let double = double::start(move |_| Reply::error(status, &words)).await;
        let outcome = mk_client(&[&double.url]).write(write).await;
        assert_eq!(refused(&outcome), want, "{outcome:?}");
        assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
        assert_eq!(double.asked().len(), 1, "nothing is sent twice");
    }
}

/// Trap 33: a follower's 500 says nothing about what the leader did.
#[tokio::test]
async fn a_write_without_a_clear_answer_is_unknown() {
    for status in [408, 500, 502, 503, 504] {
        let words = format!("IO Error trying to forward REST request: {CANARY}");
        let double = double::start(move |_| Reply::error(status, &words)).await;
        let outcome = mk_client(&[&double.url]).write(mk_configure()).await;
        let Outcome::Unclear(told) = outcome else {
            panic!("{status}: {outcome:?}");
        };
        assert!(told.contains("forward") && !told.contains(CANARY), "{told}");
        assert_eq!(double.asked().len(), 1, "nothing is sent twice");
    }
    let double = double::start(|_| Reply::Silence).await;
    let outcome = mk_impatient(&double.url).write(mk_configure()).await;
    assert!(
        matches!(&outcome, Outcome::Unknown(told) if told.contains("no whole answer")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_a_write_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut connections = 0;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            connections += 1;
            assert_eq!(connections, 1, "nothing is sent twice");
        }
    });
    let outcome = mk_client(&[&url, &url]).write(mk_configure()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert!(!serving.is_finished());
    serving.abort();
}

#[tokio::test]
async fn a_write_that_reached_nobody_is_refused_and_goes_to_the_next_worker() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let outcome = mk_client(&[&nobody]).write(mk_delete()).await;
    assert_eq!(refused(&outcome), (RefusalClass::Unreached, "connect"));
    let outcome = mk_client(&[&nobody, &nobody]).write(mk_delete()).await;
    assert_eq!(refused(&outcome), (RefusalClass::Unreached, "unreachable"));

    let double = double::start(|_| Reply::Text(204, String::new())).await;
    let client = mk_client(&[&nobody, &double.url]);
    assert_eq!(client.write(mk_delete()).await, Outcome::Applied);
}

#[tokio::test]
async fn a_name_that_no_path_can_hold_is_refused_before_anything_is_sent() {
    let double = double::start(|_| Reply::Text(204, String::new())).await;
    let delete = ConnectWrite::Delete { name: "..".into() };
    let outcome = mk_client(&[&double.url]).write(delete).await;
    assert_eq!(refused(&outcome), (RefusalClass::Final, "NAME"));
    assert!(double.asked().is_empty());
}
