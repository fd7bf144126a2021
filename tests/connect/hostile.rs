//! Answers that are wrong in every way: a clear error, bounded memory and time, nothing taken for absent, nothing told that
//! the answer held.

use headgate::{
    config::Endpoint,
    connect::Client,
    live::Observed,
    ports::{ConnectPlane, ConnectWrite, Outcome},
    rest::Limits,
};
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Builder;

use super::{
    CANARY,
    double::{self, Double, Reply},
    mk_client, mk_config, mk_impatient, mk_patience,
};

/// What came instead of a list of connectors, and what is told about it.
const WRONG: &[(u16, &str, &str)] = &[
    (200, "", "nothing at all"),
    (
        200,
        "<html>login to canary-hunter2</html>",
        "a page of HTML",
    ),
    (200, "{\"a\": {\"info\": \"canary-hunter2\"", "no JSON"),
    (200, "[\"canary-hunter2\"]", "JSON of another shape"),
    (200, "\"canary-hunter2\"", "JSON of another shape"),
    (204, "", "nothing at all"),
    (404, "<html>canary-hunter2</html>", "HTTP 404"),
    (401, "", "look at `auth`"),
    (
        500,
        "{\"error_code\": 500, \"message\": \"it broke\\nbadly\"}",
        "HTTP 500: it broke badly",
    ),
];

#[tokio::test]
async fn a_wrong_answer_is_told_without_what_it_holds() {
    for &(status, body, want) in WRONG {
        let double = double::start(move |_| Reply::Text(status, body.to_owned())).await;
        let seen = mk_client(&[&double.url]).observe().await;
        let why = seen.unknown().unwrap();
        assert!(
            why.contains(want) && why.contains(&double.url),
            "{body}: {why}"
        );
        assert!(!why.contains(CANARY) && !why.contains('\n'), "{why}");
        assert_eq!(double.writes(), [""; 0]);
    }
}

#[tokio::test]
async fn one_connector_of_the_wrong_type_spoils_no_other() {
    let entry = json!({"info": {"config": {"a": "1"}}, "status": null});
    let list = json!({"good": entry, "bad": {"info": {"config": {"password": [CANARY]}}}});
    let double = double::start(move |_| Reply::Json(200, list.clone())).await;
    let seen = mk_client(&[&double.url]).observe().await;
    let connectors = &seen.known().unwrap().connectors;
    assert!(connectors["good"].known().is_some());
    assert!(!connectors["bad"].unknown().unwrap().contains(CANARY));
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let limits = Limits {
        answer: 1 << 20,
        ..Limits::default()
    };
    let double = double::start(|_| Reply::Endless).await;
    let endpoint = Endpoint::plaintext(vec![double.url.clone()]);
    let client = Client::patient("main", &endpoint, mk_patience(), limits);
    let seen = client.observe().await;
    let why = seen.unknown().unwrap();
    assert!(why.contains("larger than 1048576 bytes"), "{why}");
    let config = mk_config();
    let found = client.validate("c", &config).await;
    assert!(
        found.unknown().unwrap().contains("larger than"),
        "{found:?}"
    );
    let write = ConnectWrite::Configure {
        name: "c".into(),
        config,
    };
    assert!(matches!(client.write(write).await, Outcome::Unclear(_)));
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_waited_for_no_longer_than_said() {
    for reply in [|| Reply::Stuck, || Reply::Silence] {
        let double = double::start(move |_| reply()).await;
        let seen = mk_impatient(&double.url).observe().await;
        let why = seen.unknown().unwrap();
        assert!(why.contains("no whole answer to GET /connectors"), "{why}");
    }
}

/// A worker that hangs is no reason not to ask the other one.
#[tokio::test]
async fn a_read_that_one_worker_does_not_answer_goes_to_the_next() {
    let silent = Double::start(|_| Reply::Silence).await;
    let good = double::start(|_| Reply::Json(200, json!({}))).await;
    let mut patience = mk_patience();
    patience.read = std::time::Duration::from_secs(2);
    let endpoint = Endpoint::plaintext(vec![silent.url.clone(), good.url.clone()]);
    let client = Client::patient("main", &endpoint, patience, Limits::default());
    assert!(client.observe().await.known().is_some());
    assert!(client.observe().await.known().is_some());
    assert_eq!(
        silent.asked().len(),
        2,
        "who did not answer is not asked first again"
    );
}

/// Trap 33: a worker that fails at everything hides no healthy one, for whatever changes nothing.
#[tokio::test]
async fn what_one_worker_fails_at_is_asked_of_the_next() {
    let failing = Double::start(|_| Reply::error(500, "Request timed out")).await;
    let good = double::start(|_| Reply::Json(200, json!({"configs": []}))).await;
    let both = || mk_client(&[&failing.url, &good.url]);
    let list = double::start(|_| Reply::Json(200, json!({}))).await;
    assert!(
        mk_client(&[&failing.url, &list.url])
            .observe()
            .await
            .known()
            .is_some()
    );
    let asked = failing.asked().len();
    let said = both().validate("c", &mk_config()).await;
    assert_eq!(said, Observed::Known(Vec::new()));
    assert_eq!(failing.asked().len(), asked + 1);

    let pause = ConnectWrite::State {
        name: "c".into(),
        to: headgate::desired::RunState::Paused,
    };
    let outcome = both().write(pause).await;
    assert!(matches!(&outcome, Outcome::Unclear(told) if told.contains("timed out")));
    assert!(
        !good.lines().iter().any(|line| line.ends_with("/pause")),
        "nothing is sent twice"
    );
    let nobody = mk_client(&[&failing.url, &failing.url]).observe().await;
    assert!(
        nobody
            .unknown()
            .unwrap()
            .contains("HTTP 500: Request timed out")
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = double::start(|_| Reply::Json(200, json!({}))).await;
    let to = format!("{}/connectors?token={CANARY}", other.url);
    let double = double::start(move |_| Reply::Redirect(to.clone())).await;
    let client = mk_client(&[&double.url]);
    let seen = client.observe().await;
    let why = seen.unknown().unwrap();
    assert!(
        why.contains(&format!("points to {}/connectors;", other.url)),
        "{why}"
    );
    let write = ConnectWrite::Configure {
        name: "c".into(),
        config: mk_config(),
    };
    let outcome = client.write(write).await;
    assert!(matches!(&outcome, Outcome::Refused(_)), "{outcome:?}");
    assert!(other.asked().is_empty(), "the config went elsewhere");
    assert!(!format!("{why}{outcome:?}").contains(CANARY));
}

#[tokio::test]
async fn another_service_at_the_address_is_told() {
    let double = Double::start(|_| Reply::Json(200, json!({"status": "UP"}))).await;
    let seen = mk_client(&[&double.url]).look(&["c".into()]).await;
    assert!(
        seen.unknown()
            .unwrap()
            .contains("is this the address of Kafka Connect?")
    );
}

/// Pieces from which answers are put together that are almost right.
fn mk_answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{\"c\":"),
        Just("{\"info\":"),
        Just("{\"config\":"),
        Just("\"status\":"),
        Just("{\"connector\":"),
        Just("{\"state\":\"FAILED\"}"),
        Just("\"tasks\":[{\"id\":0,"),
        Just("\"trace\":null"),
        Just("-1e999"),
        Just("}"),
        Just("]"),
        Just(","),
        Just("null"),
        Just("\"\\ud800\""),
        Just("[[[[[[[["),
        Just("\u{0}"),
        Just("{\"error_code\":404,\"message\":\"c\"}"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_the_plane_panic_or_hang(body in mk_answer(), status in prop_oneof![Just(200_u16), Just(400), Just(404), Just(500)]) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let reply = body.clone();
            let double = double::start(move |_| Reply::Text(status, reply.clone())).await;
            let client = mk_client(&[&double.url]);
            let seen = client.observe().await;
            assert!(status == 200 || seen.unknown().is_some());
            let looked = client.look(&["c".into()]).await;
            let absent = looked.known().is_some_and(|l| l.connectors["c"] == Observed::Known(None));
            assert_eq!(absent, status == 404 && body == "{\"error_code\":404,\"message\":\"c\"}", "{body}");
            let _ = client.validate("c", &mk_config()).await;
            assert_eq!(double.writes(), [""; 0]);
        });
    }
}
