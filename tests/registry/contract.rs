//! The endpoints of Confluent's API that Headgate uses: these and no other.

use std::collections::BTreeSet;

use headgate::{
    desired::{Compatibility, Pattern},
    ports::{NewSchema, Outcome, RegistryPlane, RegistryWrite},
};
use serde_json::json;

use super::{mk_client, no_schema, no_subject};
use crate::support::{
    double::{Asked, Double, Reply},
    registry::{Wants, mk_level, mk_referring, mk_schema},
};

/// What a registry has to speak. A registry that lacks one of these is not fit; one that is behind a gateway needs these to
/// be let through.
const ENDPOINTS: &[&str] = &[
    "DELETE /config",
    "DELETE /config/{subject}",
    "DELETE /subjects/{subject}",
    "DELETE /subjects/{subject}?permanent=true",
    "GET /config",
    "GET /config/{subject}?defaultToGlobal=false",
    "GET /config/{subject}?defaultToGlobal=true",
    "GET /schemas/ids/{id}/versions",
    "GET /subjects",
    "GET /subjects/{subject}/versions",
    "GET /subjects/{subject}/versions/latest",
    "GET /subjects/{subject}/versions/{version}/referencedby",
    "GET /subjects/{subject}/versions?deleted=true",
    "GET /subjects?offset={from}",
    "POST /compatibility/subjects/{subject}/versions/latest?verbose=true&normalize=true",
    "POST /compatibility/subjects/{subject}/versions?verbose=true&normalize=true",
    "POST /subjects/{subject}/versions?normalize=true",
    "POST /subjects/{subject}?normalize=false",
    "POST /subjects/{subject}?normalize=true",
    "PUT /config",
    "PUT /config/{subject}",
];

/// Takes subjects and numbers out of a request.
fn shape(line: &str) -> String {
    let mut before = "";
    let parts = line.split('/').map(|part| {
        let (name, query) = part.split_once('?').unwrap_or((part, ""));
        let shape = match before {
            "subjects" | "config" => "{subject}",
            "ids" => "{id}",
            "versions" if name != "latest" => "{version}",
            _ => name,
        };
        before = name;
        match query.split_once('=') {
            None => shape.to_owned(),
            Some(("offset", _)) => format!("{shape}?offset={{from}}"),
            Some(_) => format!("{shape}?{query}"),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A registry that makes Headgate ask for everything.
fn answer(asked: &Asked) -> Reply {
    let shape = shape(&asked.line);
    let level = |level: &str| Reply::Json(200, json!({"compatibilityLevel": level}));
    match shape.as_str() {
        _ if !ENDPOINTS.contains(&shape.as_str()) => {
            Reply::error(501, "that is not in the contract")
        }
        "GET /subjects" => Reply::Json(200, (0..1_000).map(|n| format!("o-{n}")).collect()),
        "GET /subjects?offset={from}" => Reply::Json(200, json!([])),
        "GET /schemas/ids/{id}/versions" => Reply::Json(200, json!([])),
        "GET /subjects/{subject}/versions/{version}/referencedby" => Reply::Json(200, json!([1])),
        "DELETE /subjects/{subject}" if asked.line.contains("base") => {
            Reply::coded(422, 42206, "One or more references exist")
        }
        "GET /subjects/{subject}/versions" if asked.line.contains("due") => no_subject("due"),
        "GET /subjects/{subject}/versions" => Reply::Json(200, json!([1, 2])),
        "GET /subjects/{subject}/versions/latest" => Reply::Json(
            200,
            json!({"version": 2, "schema": "{}", "references": [{"name": "Base", "subject": "base", "version": 1}]}),
        ),
        "POST /subjects/{subject}?normalize=true" | "POST /subjects/{subject}?normalize=false" => {
            no_schema()
        }
        "POST /subjects/{subject}/versions?normalize=true" => Reply::Json(200, json!({"id": 1})),
        "GET /config/{subject}?defaultToGlobal=false" if asked.line.contains("strict") => {
            level("FULL_TRANSITIVE")
        }
        "GET /config/{subject}?defaultToGlobal=false" | "DELETE /config/{subject}" => level("NONE"),
        "DELETE /subjects/{subject}"
        | "DELETE /subjects/{subject}?permanent=true"
        | "GET /subjects/{subject}/versions?deleted=true" => Reply::Json(200, json!([1, 2])),
        line if line.starts_with("POST /compatibility") => {
            Reply::Json(200, json!({"is_compatible": true}))
        }
        _ => level("BACKWARD"),
    }
}

#[tokio::test]
async fn these_endpoints_are_used_and_no_other() {
    let double = Double::start(answer).await;
    let client = mk_client(&double.url);
    let mut wants = Wants::declaring([
        ("refers", mk_referring("a", "Base", "base", None)),
        ("strict", mk_level("b", Compatibility::FullTransitive)),
    ]);
    wants.owned = vec![Pattern("o-1".into())];
    wants.due = ["due".into()].into();
    assert!(client.observe(&wants.all()).await.known().is_some());
    let looked = client.look(&wants.all(), &["refers".into()]).await;
    assert!(looked.subjects["refers"].known().is_some());
    let texts = client.texts(&["refers".into()]).await;
    assert!(texts["refers"].unknown().is_some(), "it is not found again");
    assert_eq!(client.newest(&["refers".into()]).await.len(), 1);
    let subject = || Some("s".into());
    for write in [
        RegistryWrite::Register {
            subject: "s".into(),
            schema: NewSchema::from(&mk_schema("a")),
        },
        RegistryWrite::Compatibility {
            subject: subject(),
            level: Some(Compatibility::Full),
        },
        RegistryWrite::Compatibility {
            subject: subject(),
            level: None,
        },
        RegistryWrite::Compatibility {
            subject: None,
            level: Some(Compatibility::Full),
        },
        RegistryWrite::Compatibility {
            subject: None,
            level: None,
        },
        RegistryWrite::DeleteSubject {
            subject: "s".into(),
        },
    ] {
        let told = format!("{write:?}");
        assert_eq!(client.write(write).await, Outcome::Applied, "{told}");
    }
    let delete = RegistryWrite::DeleteSubject {
        subject: "base".into(),
    };
    let outcome = client.write(delete).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    let used: BTreeSet<String> = double.lines().iter().map(|line| shape(line)).collect();
    let want: BTreeSet<String> = ENDPOINTS.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(used, want);
}
