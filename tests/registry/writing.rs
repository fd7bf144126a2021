//! Writing: what is sent, and what becomes of it by the registry's answer.

use headgate::{
    desired::{Compatibility, DesiredSchema, SchemaFormat},
    ports::{NewSchema, Outcome, RefusalClass, RegistryPlane, RegistryWrite},
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::{mk_client, mk_impatient, no_subject, registry};
use crate::support::{
    double::{Double, Reply},
    registry::{mk_referring, mk_schema},
};

fn mk_register(schema: &DesiredSchema) -> RegistryWrite {
    RegistryWrite::Register {
        subject: "s".into(),
        schema: NewSchema::from(schema),
    }
}

fn mk_delete() -> RegistryWrite {
    RegistryWrite::DeleteSubject {
        subject: "s".into(),
    }
}

fn mk_level(level: Option<Compatibility>) -> RegistryWrite {
    RegistryWrite::Compatibility {
        subject: Some("s".into()),
        level,
    }
}

/// Returns a refusal's class, code and message.
fn refused(outcome: Outcome) -> (RefusalClass, String, String) {
    match outcome {
        Outcome::Refused(refusal) => (refusal.class, refusal.code.to_string(), refusal.message),
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_schema_is_sent_with_its_language_and_the_versions_that_it_refers_to() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /subjects/base/versions" => Reply::Json(200, json!([3, 1])),
        "POST /subjects/s/versions?normalize=false" => Reply::Json(200, json!({"id": 1})),
        _ => Reply::error(501, "not here"),
    })
    .await;
    let schema = DesiredSchema {
        format: SchemaFormat::Protobuf,
        normalize: false,
        ..mk_referring("syntax", "base.proto", "base", None)
    };
    let outcome = mk_client(&double.url).write(mk_register(&schema)).await;
    assert_eq!(outcome, Outcome::Applied);
    let asked = double.asked().pop().unwrap();
    let sent: Value = serde_json::from_str(&asked.body).unwrap();
    let want = json!({
        "schema": "syntax",
        "schemaType": "PROTOBUF",
        "references": [{"name": "base.proto", "subject": "base", "version": 3}],
    });
    assert_eq!(sent, want);
}

#[tokio::test]
async fn a_reference_that_is_missing_is_told_and_nothing_is_sent() {
    let double = Double::start(|asked| registry(&[("base", &["one"])], asked)).await;
    for (schema, want) in [
        (
            mk_referring("a", "B", "base", Some(2)),
            "version 2 of the subject base",
        ),
        (mk_referring("a", "B", "nobody", None), "subject nobody"),
    ] {
        let outcome = mk_client(&double.url).write(mk_register(&schema)).await;
        let (class, code, told) = refused(outcome);
        assert_eq!(
            (class, code.as_str()),
            (RefusalClass::Final, "REFERENCE_MISSING")
        );
        assert!(told.contains(want), "{told}");
    }
    assert!(double.lines().iter().all(|line| line.starts_with("GET")));
    let broken = Double::start(|_| Reply::error(500, "it broke")).await;
    let schema = mk_referring("a", "B", "base", None);
    let (class, code, _) = refused(mk_client(&broken.url).write(mk_register(&schema)).await);
    assert_eq!(
        (class, code.as_str()),
        (RefusalClass::Transient, "REFERENCE_UNKNOWN")
    );
    assert_eq!(broken.asked().len(), 1);
}

/// Writes to a registry that says no, and expects a class, a code and some words.
async fn expect_refusal(
    write: RegistryWrite,
    status: u16,
    code: u32,
    want: (RefusalClass, &str),
    words: &str,
) {
    let double = Double::start(move |_| Reply::coded(status, code, "the registry's words")).await;
    let (class, code, told) = refused(mk_client(&double.url).write(write).await);
    assert_eq!((class, code.as_str()), want, "{told}");
    assert!(
        told.contains(words) && told.contains("the registry's words"),
        "{told}"
    );
    let lines = double.lines();
    let written = lines.iter().filter(|line| !line.starts_with("GET"));
    assert_eq!(written.count(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn a_schema_that_is_not_taken_is_told_why() {
    for (status, code, class, want, words) in [
        (
            409,
            40901,
            RefusalClass::Final,
            "INCOMPATIBLE",
            "change the schema",
        ),
        (
            422,
            42201,
            RefusalClass::Final,
            "INVALID_SCHEMA",
            "cannot read",
        ),
        (
            422,
            42205,
            RefusalClass::Final,
            "READ_ONLY",
            "takes no writes",
        ),
        (422, 42299, RefusalClass::Final, "HTTP_422", "HTTP 422"),
        (401, 401, RefusalClass::Final, "HTTP_401", "look at `auth`"),
        (403, 40301, RefusalClass::Final, "HTTP_403", "no right"),
        (404, 404, RefusalClass::Final, "HTTP_404", "HTTP 404"),
        (429, 429, RefusalClass::Transient, "BUSY", "too many"),
    ] {
        let write = mk_register(&mk_schema("a"));
        expect_refusal(write, status, code, (class, want), words).await;
    }
}

/// Status 409 has several meanings, and a schema is incompatible only where the registry says so.
#[tokio::test]
async fn a_conflict_is_told_as_what_the_registry_calls_it() {
    let incompatible = "Incompatible artifact: s [AVRO]";
    for (write, code, words, want) in [
        (
            mk_register(&mk_schema("a")),
            40901,
            "not so",
            "INCOMPATIBLE",
        ),
        (
            mk_register(&mk_schema("a")),
            409,
            incompatible,
            "INCOMPATIBLE",
        ),
        (
            mk_register(&mk_schema("a")),
            409,
            "s already exists",
            "CONFLICT",
        ),
        (
            mk_register(&mk_schema("a")),
            0,
            "read-only mode",
            "CONFLICT",
        ),
        (
            mk_level(Some(Compatibility::Full)),
            409,
            "rule exists",
            "CONFLICT",
        ),
        (mk_delete(), 409, "somebody writes to it", "CONFLICT"),
    ] {
        let double = Double::start(move |_| Reply::coded(409, code, words)).await;
        let (class, code, told) = refused(mk_client(&double.url).write(write).await);
        assert_eq!(code, want, "{told}");
        assert_eq!(class == RefusalClass::Final, want == "INCOMPATIBLE");
        let is_called_so = told.contains("not compatible with the subject's versions");
        assert_eq!(is_called_so, want == "INCOMPATIBLE", "{told}");
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn a_deletion_or_a_reset_that_is_refused_is_told_why() {
    let referred = (RefusalClass::ReferredTo, "REFERRED_TO");
    expect_refusal(mk_delete(), 422, 42206, referred, "refer to it").await;
    let gone = (RefusalClass::Gone, "GONE");
    expect_refusal(mk_delete(), 404, 40401, gone, "there is none").await;
    let not_set = (RefusalClass::AlreadyThere, "NOT_SET");
    expect_refusal(mk_level(None), 404, 40408, not_set, "no level").await;
}

#[tokio::test]
async fn a_subject_that_is_referred_to_is_told_by_whom() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /subjects/s/versions" => Reply::Json(200, json!([1, 2])),
        "GET /subjects/s/versions/1/referencedby" => Reply::Json(200, json!([7])),
        "GET /subjects/s/versions/2/referencedby" => Reply::Json(200, json!([7, 8])),
        "GET /schemas/ids/7/versions" => Reply::Json(200, json!([{"subject": "a", "version": 1}])),
        "GET /schemas/ids/8/versions" => Reply::Json(
            200,
            json!([{"subject": "b", "version": 1}, {"subject": "s", "version": 2}]),
        ),
        _ => Reply::coded(422, 42206, "One or more references exist"),
    })
    .await;
    let (class, _, told) = refused(mk_client(&double.url).write(mk_delete()).await);
    assert_eq!(class, RefusalClass::ReferredTo);
    assert!(
        told.starts_with("a, b refer to it: schemas of other subjects"),
        "{told}"
    );
}

/// Trap 41: registries delete for good only what is deleted softly.
#[tokio::test]
async fn a_subject_is_deleted_softly_and_then_for_good() {
    for was_soft in [false, true] {
        let double = Double::start(move |asked| match asked.line.as_str() {
            "DELETE /subjects/s" if was_soft => Reply::coded(404, 40404, "it was soft deleted"),
            _ => Reply::Json(200, json!([1, 2])),
        })
        .await;
        assert_eq!(
            mk_client(&double.url).write(mk_delete()).await,
            Outcome::Applied
        );
        let lines: Vec<String> = double.asked().into_iter().map(|asked| asked.line).collect();
        assert_eq!(
            lines,
            ["DELETE /subjects/s", "DELETE /subjects/s?permanent=true"]
        );
    }
}

#[tokio::test]
async fn a_deletion_that_stops_half_way_says_so() {
    for (reply, want) in [
        ((403, 40301), Some((RefusalClass::Final, "HTTP_403"))),
        ((409, 40405), Some((RefusalClass::Transient, "MADE_ANEW"))),
        ((404, 40405), Some((RefusalClass::Transient, "MADE_ANEW"))),
        ((500, 50001), None),
    ] {
        let double = Double::start(move |asked| match asked.line.as_str() {
            "DELETE /subjects/s" => Reply::Json(200, json!([1])),
            _ => Reply::coded(reply.0, reply.1, "no"),
        })
        .await;
        let told = match (mk_client(&double.url).write(mk_delete()).await, want) {
            (Outcome::Unclear(told), None) => told,
            (outcome, Some(want)) => {
                let (class, code, told) = refused(outcome);
                assert_eq!((class, code.as_str()), want);
                told
            }
            other => panic!("{reply:?}: {other:?}"),
        };
        assert!(
            told.starts_with("it is deleted softly, and not yet for good"),
            "{told}"
        );
    }
    let gone = Double::start(|asked| match asked.line.as_str() {
        "DELETE /subjects/s" => Reply::Json(200, json!([1])),
        _ => no_subject("s"),
    })
    .await;
    assert_eq!(
        mk_client(&gone.url).write(mk_delete()).await,
        Outcome::Applied
    );
}

/// A success that is not the registry's is no success, and what was not seen to be done is not gone on from.
#[tokio::test]
async fn a_write_without_a_clear_answer_is_unknown_and_sent_once() {
    let writes = || {
        [
            mk_register(&mk_schema("a")),
            mk_level(Some(Compatibility::Full)),
            mk_level(None),
            mk_delete(),
        ]
    };
    for (status, body) in [
        (200, "<html>log in</html>"),
        (200, "\"done\""),
        (200, ""),
        (204, ""),
        (408, ""),
        (
            500,
            r#"{"error_code": 50003, "message": "Error while forwarding the request to the primary"}"#,
        ),
        (502, "<html>bad gateway</html>"),
        (503, ""),
    ] {
        for write in writes() {
            let double = Double::start(move |_| Reply::Text(status, body.to_owned())).await;
            let outcome = mk_client(&double.url).write(write).await;
            assert!(
                matches!(outcome, Outcome::Unclear(_)),
                "{status} {body}: {outcome:?}"
            );
            assert_eq!(double.asked().len(), 1, "nothing is sent twice");
        }
    }
    for write in writes() {
        let double = Double::start(|_| Reply::Silence).await;
        let outcome = mk_impatient(&double.url).write(write).await;
        assert!(
            matches!(&outcome, Outcome::Unknown(told) if told.contains("no whole answer")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_a_write_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        drop(stream);
        listener.accept().await.map(|_| ())
    });
    let outcome = mk_client(&url).write(mk_register(&mk_schema("a"))).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert!(!serving.is_finished(), "nothing is sent twice");
    serving.abort();
}

#[tokio::test]
async fn a_write_that_reached_nobody_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let (class, code, _) = refused(mk_client(&nobody).write(mk_delete()).await);
    assert_eq!((class, code.as_str()), (RefusalClass::Unreached, "connect"));
}

#[tokio::test]
async fn a_name_that_no_path_can_hold_is_refused_before_anything_is_sent() {
    let double = Double::start(|_| Reply::Json(200, json!([]))).await;
    let delete = RegistryWrite::DeleteSubject {
        subject: "..".into(),
    };
    let (class, code, _) = refused(mk_client(&double.url).write(delete).await);
    assert_eq!((class, code.as_str()), (RefusalClass::Final, "NAME"));
    assert!(double.asked().is_empty());
}
