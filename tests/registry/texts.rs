//! What the newest versions say, read for who moves in, and for who reads a plan.

use std::{collections::BTreeMap, time::Duration};

use compact_str::CompactString;
use headgate::{
    config::Endpoint,
    live::{Newest, Observed, SchemaText},
    ports::RegistryPlane,
    registry::{Client, Patience},
    rest::Limits,
};
use serde_json::{Value, json};

use super::{mk_client, mk_impatient, mk_patience, no_schema, no_subject};
use crate::support::double::{Asked, Double, Reply};

/// Reads some subjects of a registry that answers so.
async fn read(
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    subjects: &[&str],
) -> BTreeMap<CompactString, Observed<SchemaText>> {
    let double = Double::start(answer).await;
    let subjects: Vec<CompactString> = subjects.iter().map(|s| (*s).into()).collect();
    mk_client(&double.url).texts(&subjects).await
}

fn newest(version: u32, more: Value) -> Reply {
    let mut told = json!({"subject": "s", "version": version, "id": 7, "schema": "{}"});
    let told_more = more.as_object().unwrap().clone();
    told.as_object_mut().unwrap().extend(told_more);
    Reply::Json(200, told)
}

fn found(version: u32) -> Reply {
    Reply::Json(200, json!({"version": version, "id": 7}))
}

#[tokio::test]
async fn a_text_comes_with_its_language_and_what_it_refers_to() {
    let refers = json!([{"name": "Base", "subject": "base", "version": 3}]);
    let told = json!({"schemaType": "PROTOBUF", "references": refers});
    let read = read(
        move |asked| match asked.line.as_str() {
            "GET /subjects/plain/versions/latest" => newest(2, json!({})),
            "GET /subjects/a%2Fb/versions/latest" => newest(4, told.clone()),
            "POST /subjects/plain?normalize=true" => found(2),
            "POST /subjects/a%2Fb?normalize=true" => {
                let sent: Value = serde_json::from_str(&asked.body).unwrap();
                assert_eq!(sent["references"], refers, "looked up as it was told");
                found(4)
            }
            line => panic!("{line}"),
        },
        &["plain", "a/b"],
    )
    .await;
    let plain = read["plain"].known().unwrap();
    assert_eq!((plain.format.as_str(), plain.normalize), ("AVRO", true));
    let refers = read["a/b"].known().unwrap();
    assert_eq!(
        (refers.format.as_str(), refers.text.as_str()),
        ("PROTOBUF", "{}")
    );
    let to = &refers.references[0];
    assert_eq!(
        (to.name.as_str(), to.subject.as_str(), to.version),
        ("Base", "base", 3)
    );
}

/// What was registered without normalising is not found by its normal form everywhere: an import that said nothing of it
/// would have it registered anew.
#[tokio::test]
async fn what_is_known_again_only_as_it_is_is_told_so() {
    let read = read(
        |asked| match asked.line.as_str() {
            line if line.starts_with("GET") => newest(2, json!({})),
            "POST /subjects/raw?normalize=true" => no_schema(),
            // its normal form is an older version
            "POST /subjects/older?normalize=true" => found(1),
            "POST /subjects/never?normalize=true" | "POST /subjects/never?normalize=false" => {
                no_schema()
            }
            _ => found(2),
        },
        &["raw", "older", "never"],
    )
    .await;
    assert_eq!(read["raw"].known().map(|text| text.normalize), Some(false));
    assert_eq!(
        read["older"].known().map(|text| text.normalize),
        Some(false)
    );
    let why = read["never"].unknown().unwrap();
    assert!(
        why.contains("version 2") && why.contains("registered anew"),
        "{why}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_by_itself() {
    let read = read(
        |asked| match asked.line.as_str() {
            "GET /subjects/gone/versions/latest" => no_subject("gone"),
            "GET /subjects/xml/versions/latest" => newest(1, json!({"schemaType": "XML"})),
            "GET /subjects/odd/versions/latest" => Reply::Json(200, json!(["what?"])),
            "GET /subjects/fine/versions/latest" => newest(1, json!({})),
            _ => found(1),
        },
        &["gone", "xml", "odd", "fine"],
    )
    .await;
    assert_eq!(read["gone"].unknown(), Some("it was deleted meanwhile"));
    let why = read["xml"].unknown().unwrap();
    assert!(why.contains("XML"), "{why}");
    assert!(read["odd"].unknown().is_some());
    assert!(read["fine"].known().is_some());
}

/// A plan shows what it can: one request a subject, and what goes wrong with it is nobody's reason for anything.
#[tokio::test]
async fn people_are_shown_what_can_be_read_in_one_request_each() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /subjects/plain/versions/latest" => newest(2, json!({"schema": "{\"a\": 1}"})),
        "GET /subjects/a%2Fb/versions/latest" => newest(7, json!({"schemaType": "PROTOBUF"})),
        "GET /subjects/gone/versions/latest" => no_subject("gone"),
        "GET /subjects/broken/versions/latest" => Reply::error(500, "it broke"),
        "GET /subjects/odd/versions/latest" => Reply::Json(200, json!(["what?"])),
        "GET /subjects/silent/versions/latest" => Reply::Silence,
        "GET /subjects/long/versions/latest" => {
            newest(1, json!({"schema": "x".repeat(Newest::LONGEST + 1)}))
        }
        line => panic!("{line}"),
    })
    .await;
    let subjects = ["plain", "a/b", "gone", "broken", "odd", "silent", "long"];
    let read = mk_impatient(&double.url)
        .newest(&subjects.map(Into::into))
        .await;
    let of = |version, format: &str, text: &str| Newest {
        version,
        format: format.into(),
        text: text.into(),
    };
    let want = [
        ("a/b".into(), of(7, "PROTOBUF", "{}")),
        ("plain".into(), of(2, "AVRO", "{\"a\": 1}")),
    ];
    assert_eq!(read, want.into());
    let lines = double.lines();
    assert!(
        lines.iter().all(|line| line.starts_with("GET")),
        "{lines:?}"
    );
}

/// Trap 41: at most 16 requests are under way, and a pass goes on, however many subjects there are.
#[tokio::test]
async fn a_registry_that_is_silent_is_not_waited_for_subject_by_subject() {
    let subjects: Vec<CompactString> = (0..50).map(|n| format!("s-{n}").into()).collect();
    let double = Double::start(|_| Reply::Silence).await;
    let patience = Patience {
        observe: Duration::from_millis(500),
        ..mk_patience()
    };
    let endpoint = Endpoint::plaintext(vec![double.url.clone()]);
    let client = Client::patient(&endpoint, patience, Limits::default());
    assert_eq!(client.newest(&subjects).await, BTreeMap::new());
    let asked = double.asked().len();
    assert!((1..=16).contains(&asked), "{asked}");
}
