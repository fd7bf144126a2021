//! How schemas may change, where Confluent says that a subject does not say, and Apicurio says `NONE`.

use headgate::{
    desired::Compatibility,
    live::Observed,
    ports::{Outcome, RegistryPlane, RegistryWrite},
};
use serde_json::json;

use super::{known, mk_client, no_level, registry};
use crate::support::{
    double::{Double, Reply},
    registry::{Wants, mk_level, mk_schema},
};

fn level(level: &str) -> Reply {
    Reply::Json(200, json!({"compatibilityLevel": level}))
}

/// A registry with a global level and a subject whose level is told by itself, and as it is in force.
async fn observed(
    global: &'static str,
    own: Option<&'static str>,
    in_force: &'static str,
    declared: Option<Compatibility>,
) -> Option<String> {
    let double = Double::start(move |asked| match asked.line.as_str() {
        "GET /config" => level(global),
        "GET /config/s?defaultToGlobal=false" => own.map_or_else(no_level, level),
        "GET /config/s?defaultToGlobal=true" => level(in_force),
        _ => registry(&[("s", &["text"])], asked),
    })
    .await;
    let schema = match declared {
        Some(level) => mk_level("text", level),
        None => mk_schema("text"),
    };
    let wants = Wants::declaring([("s", schema)]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let seen = live.subjects["s"].known().unwrap();
    seen.compatibility.as_ref().map(ToString::to_string)
}

/// Trap 41: a subject without a level goes by the global one. Apicurio says `NONE` then.
#[tokio::test]
async fn a_subject_that_does_not_say_is_told_from_one_that_says_none() {
    let none = Some(Compatibility::None);
    for (global, own, in_force, declared, want) in [
        ("BACKWARD", None, "BACKWARD", None, None),
        ("BACKWARD", Some("FULL"), "FULL", None, Some("FULL")),
        (
            "BACKWARD",
            Some("BACKWARD"),
            "BACKWARD",
            None,
            Some("BACKWARD"),
        ),
        ("BACKWARD", Some("NONE"), "NONE", None, Some("NONE")),
        ("BACKWARD", Some("NONE"), "BACKWARD", None, None),
        ("BACKWARD", Some("NONE"), "BACKWARD", none, None),
        ("NONE", Some("NONE"), "NONE", None, None),
        ("NONE", Some("NONE"), "NONE", none, Some("NONE")),
        ("NONE", None, "NONE", none, None),
    ] {
        let seen = observed(global, own, in_force, declared).await;
        assert_eq!(
            seen.as_deref(),
            want,
            "{global} {own:?} {in_force} {declared:?}"
        );
    }
}

#[tokio::test]
async fn a_global_level_that_cannot_be_read_spoils_no_subject() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /config" => Reply::coded(403, 40301, "User is denied operation on this resource"),
        _ => registry(&[("s", &["text"])], asked),
    })
    .await;
    let wants = Wants::declaring([("s", mk_schema("text"))]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let why = live.compatibility.unknown().unwrap();
    assert!(why.contains("no right to this"), "{why}");
    assert!(live.subjects["s"].known().unwrap().is_current());
}

fn mk_level_write(subject: Option<&str>, level: Option<Compatibility>) -> RegistryWrite {
    RegistryWrite::Compatibility {
        subject: subject.map(Into::into),
        level,
    }
}

#[tokio::test]
async fn a_level_is_set_on_a_subject_and_on_all() {
    let double = Double::start(|_| Reply::Json(200, json!({"compatibility": "FULL"}))).await;
    let client = mk_client(&double.url);
    for (subject, line) in [(Some("a b"), "PUT /config/a%20b"), (None, "PUT /config")] {
        let write = mk_level_write(subject, Some(Compatibility::Full));
        assert_eq!(client.write(write).await, Outcome::Applied);
        let asked = double.asked().pop().unwrap();
        assert_eq!(
            (asked.line.as_str(), asked.body.as_str()),
            (line, r#"{"compatibility":"FULL"}"#)
        );
    }
}

#[tokio::test]
async fn a_level_is_reset_in_one_request_where_the_registry_does_it() {
    let double = Double::start(|_| level("FULL")).await;
    let client = mk_client(&double.url);
    for subject in [Some("s"), None] {
        assert_eq!(
            client.write(mk_level_write(subject, None)).await,
            Outcome::Applied
        );
    }
    assert_eq!(double.lines(), ["DELETE /config", "DELETE /config/s"]);
}

/// Apicurio answers that it took `NONE` away, and leaves it.
#[tokio::test]
async fn a_level_that_anything_goes_is_reset_by_way_of_another() {
    for (is_stuck, want) in [
        (
            false,
            &["DELETE /config/s", "GET /config/s?defaultToGlobal=false"][..],
        ),
        (
            true,
            &[
                "DELETE /config/s",
                "GET /config/s?defaultToGlobal=false",
                "PUT /config/s",
                "DELETE /config/s",
            ],
        ),
    ] {
        let double = Double::start(move |asked| match asked.line.as_str() {
            "GET /config/s?defaultToGlobal=false" if !is_stuck => no_level(),
            _ => level("NONE"),
        })
        .await;
        let client = mk_client(&double.url);
        assert_eq!(
            client.write(mk_level_write(Some("s"), None)).await,
            Outcome::Applied
        );
        let lines: Vec<String> = double.asked().into_iter().map(|asked| asked.line).collect();
        assert_eq!(lines, want);
    }
}

#[tokio::test]
async fn a_subject_that_vanishes_while_it_is_read_has_no_level() {
    let double = Double::start(|asked| match asked.line.as_str() {
        line if line.starts_with("GET /config/") => super::no_subject("s"),
        _ => registry(&[("s", &["text"])], asked),
    })
    .await;
    let wants = Wants::declaring([("s", mk_schema("text"))]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    assert!(matches!(&live.subjects["s"], Observed::Known(seen) if seen.compatibility.is_none()));
}
