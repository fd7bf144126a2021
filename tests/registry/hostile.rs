//! Answers that are wrong in every way: a clear error, bounded memory and time, nothing taken for absent.

use std::time::Duration;

use headgate::{
    config::Endpoint,
    live::Observed,
    ports::RegistryPlane,
    registry::{Client, Patience},
    rest::Limits,
};
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Builder;

use super::{known, mk_client, mk_impatient, mk_patience, registry};
use crate::support::{
    double::{Asked, Double, Reply},
    registry::{Wants, mk_referring, mk_schema},
};

/// What came instead of what was asked for, and what is told about it.
const WRONG: &[(u16, &str, &str)] = &[
    (200, "", "nothing at all"),
    (200, "<html>log in</html>", "a page of HTML"),
    (200, "[1, 2", "JSON"),
    (200, "null", "JSON"),
    (200, "{\"subjects\": []}", "JSON"),
    (200, "[\"a\", 7]", "JSON"),
    (200, "\"BACKWARD\"", "JSON"),
    (204, "", "nothing at all"),
    (
        404,
        "<html>not found</html>",
        "HTTP 404; is this the address of a Schema Registry?",
    ),
    (
        404,
        "{\"error_code\": 404, \"message\": \"HTTP 404 Not Found\"}",
        "HTTP 404: HTTP 404 Not Found; is this the address of a Schema Registry?",
    ),
    (401, "", "look at `auth`"),
    (
        500,
        "{\"error_code\": 50001, \"message\": \"it broke\\nbadly\"}",
        "HTTP 500: it broke badly",
    ),
    (404, "{\"error_code\": 40401, \"message\": \"", "HTTP 404"),
    (
        500,
        "{\"error_code\": 40401, \"message\": \"no subject s\"}",
        "HTTP 500: no subject s",
    ),
];

/// One subject whose schema is not in place, and which refers to another.
fn mk_wants() -> Wants {
    Wants::declaring([("s", mk_referring("two", "Base", "base", None))])
}

fn good(asked: &Asked) -> Reply {
    match asked.line.as_str() {
        "GET /subjects/s/versions/latest" => Reply::Json(200, json!({"version": 1})),
        _ => registry(
            &[("base", &["one"]), ("other", &["one"]), ("s", &["one"])],
            asked,
        ),
    }
}

#[tokio::test]
async fn a_list_that_is_none_leaves_everything_unknown() {
    for &(status, body, want) in WRONG {
        let double = Double::start(move |asked| match asked.line.as_str() {
            "GET /subjects" => Reply::Text(status, body.to_owned()),
            _ => good(asked),
        })
        .await;
        let seen = mk_client(&double.url).observe(&mk_wants().all()).await;
        let why = seen.unknown().unwrap();
        assert!(
            why.contains(want) && why.contains(&double.url),
            "{body}: {why}"
        );
        assert!(!why.contains('\n'), "{why}");
        assert_eq!(double.writes(), [""; 0]);
    }
}

/// Whatever is wrong about one answer of one subject, that subject is unknown and no other.
#[tokio::test]
async fn a_wrong_answer_about_a_subject_spoils_no_other() {
    for part in [
        "GET /subjects/s/versions",
        "GET /subjects/base/versions",
        "GET /config/s?defaultToGlobal=false",
        "POST /subjects/s?normalize=true",
        "GET /subjects/s/versions/latest",
    ] {
        for &(status, body, want) in WRONG {
            let double = Double::start(move |asked| match asked.line == part {
                true => Reply::Text(status, body.to_owned()),
                false => good(asked),
            })
            .await;
            let mut wants = mk_wants();
            wants.schemas.insert("other".into(), mk_schema("one"));
            let client = mk_client(&double.url);
            let live = known(client.observe(&wants.all()).await);
            let why = live.subjects["s"]
                .unknown()
                .unwrap_or_else(|| panic!("{part} {body}"));
            assert!(why.contains(want), "{part}: {why}");
            assert!(!live.checks.contains_key("s"));
            assert!(live.subjects["other"].known().unwrap().is_current());
            let looked = client.look(&wants.all(), &["s".into()]).await;
            assert!(looked.subjects["s"].unknown().is_some(), "{part} {body}");
            assert_eq!(double.writes(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_wrong_answer_about_the_global_level_or_a_judgement_is_unknown_by_itself() {
    for &(status, body, want) in WRONG {
        let double = Double::start(move |asked| match asked.line.as_str() {
            line if line == "GET /config" || line.starts_with("POST /compatibility") => {
                Reply::Text(status, body.to_owned())
            }
            _ => good(asked),
        })
        .await;
        let live = known(mk_client(&double.url).observe(&mk_wants().all()).await);
        assert!(live.compatibility.unknown().unwrap().contains(want));
        assert!(live.checks["s"].unknown().unwrap().contains(want));
        assert!(live.subjects["s"].known().is_some());
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let limits = Limits {
        answer: 1 << 20,
        ..Limits::default()
    };
    for part in ["GET /subjects", "POST /subjects/s?normalize=true"] {
        let double = Double::start(move |asked| match asked.line == part {
            true => Reply::Endless,
            false => good(asked),
        })
        .await;
        let endpoint = Endpoint::plaintext(vec![double.url.clone()]);
        let client = Client::patient(&endpoint, mk_patience(), limits.clone());
        let seen = client.observe(&mk_wants().all()).await;
        let why = match &seen {
            Observed::Unknown(why) => why,
            Observed::Known(live) => live.subjects["s"].unknown().unwrap(),
        };
        assert!(why.contains("larger than 1048576 bytes"), "{why}");
    }
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_waited_for_no_longer_than_said() {
    for reply in [|| Reply::Stuck, || Reply::Silence] {
        let double = Double::start(move |_| reply()).await;
        let seen = mk_impatient(&double.url).observe(&mk_wants().all()).await;
        let why = seen.unknown().unwrap();
        assert!(why.contains("no whole answer to GET /subjects"), "{why}");
    }
}

/// Questions that need a body change nothing, and go on like those that need none.
#[tokio::test]
async fn what_one_server_fails_at_is_asked_of_the_next() {
    let failing = Double::start(|asked| match asked.line.starts_with("GET") {
        true => good(asked),
        false => Reply::error(500, "no"),
    })
    .await;
    let healthy = Double::start(good).await;
    let endpoint = Endpoint::plaintext(vec![failing.url.clone(), healthy.url.clone()]);
    let client = Client::patient(&endpoint, mk_patience(), Limits::default());
    let wants = Wants::declaring([("other", mk_schema("one")), ("s", mk_schema("two"))]);
    let live = known(client.observe(&wants.all()).await);
    assert!(live.subjects["other"].known().unwrap().is_current());
    assert_eq!(live.checks["s"], Observed::Known(Vec::new()));
}

/// Trap 41: at most 16 requests are under way, and an observation ends, however many subjects there are.
#[tokio::test]
async fn a_registry_that_falls_silent_is_not_waited_for_subject_by_subject() {
    let names: Vec<String> = (0..200).map(|n| format!("s-{n}")).collect();
    let listed = json!(names);
    let double = Double::start(move |asked| match asked.line.as_str() {
        "GET /subjects" => Reply::Json(200, listed.clone()),
        "GET /config" => registry(&[], asked),
        _ => Reply::Silence,
    })
    .await;
    let mut wants = Wants::default();
    let each = names.iter().map(|name| (name.into(), mk_schema("text")));
    wants.schemas.extend(each);
    let patience = Patience {
        observe: Duration::from_secs(1),
        ..mk_patience()
    };
    let endpoint = Endpoint::plaintext(vec![double.url.clone()]);
    let client = Client::patient(&endpoint, patience, Limits::default());
    let live = known(client.observe(&wants.all()).await);
    assert_eq!(live.subjects.len(), 200);
    for seen in live.subjects.values() {
        let why = seen.unknown().unwrap();
        assert!(why.contains("the registry is too slow"), "{why}");
    }
    let of_subjects = double.lines().into_iter();
    let of_subjects = of_subjects.filter(|line| line.contains("s-")).count();
    assert!((1..=16).contains(&of_subjects), "{of_subjects}");
}

#[tokio::test]
async fn a_name_that_no_path_can_hold_is_unknown_and_not_asked() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /subjects" => Reply::Json(200, json!(["..", "a/../b"])),
        _ => good(asked),
    })
    .await;
    let wants = Wants::declaring([("..", mk_schema("one")), ("a/../b", mk_schema("one"))]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    assert!(live.subjects[".."].unknown().unwrap().contains("\"..\""));
    let lines = double.lines();
    assert!(
        lines.contains(&"GET /subjects/a%2F..%2Fb/versions".to_owned()),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.contains("/../")), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}

/// Pieces from which answers are put together that are almost right.
fn mk_answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[\"s\"]"),
        Just("[1]"),
        Just("{\"compatibilityLevel\":"),
        Just("\"NONE\""),
        Just("{\"version\":1,\"id\":1"),
        Just("{\"is_compatible\":false"),
        Just("\"messages\":[null]"),
        Just("-1e999"),
        Just("4294967296"),
        Just("}"),
        Just("]"),
        Just(","),
        Just("null"),
        Just("\"\\ud800\""),
        Just("[[[[[[[["),
        Just("\u{0}"),
        Just("{\"error_code\":40401,\"message\":\"s\"}"),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_the_plane_panic_or_hang(body in mk_answer(), status in prop_oneof![Just(200_u16), Just(404), Just(409), Just(500)]) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let reply = body.clone();
            let double = Double::start(move |asked| match asked.line.as_str() {
                "GET /subjects" => good(asked),
                _ => Reply::Text(status, reply.clone()),
            }).await;
            let client = mk_client(&double.url);
            let live = known(client.observe(&mk_wants().all()).await);
            let is_absent = status == 404 && body == "{\"error_code\":40401,\"message\":\"s\"}";
            assert_eq!(live.subjects.is_empty(), is_absent, "{status} {body}");
            let looked = client.look(&mk_wants().all(), &["s".into()]).await;
            assert_eq!(looked.subjects["s"] == Observed::Known(None), is_absent, "{status} {body}");
            assert_eq!(double.writes(), [""; 0]);
        });
    }
}
