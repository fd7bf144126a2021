//! What speaks against a declared schema is known before it is written.

use headgate::{
    desired::{Compatibility, DesiredSchema},
    live::{Observed, RegistryLive},
    ports::RegistryPlane,
};
use serde_json::json;

use super::{known, mk_client, registry};
use crate::support::{
    double::{Asked, Double, Reply},
    registry::{Wants, mk_level, mk_referring, mk_schema},
};

const SUBJECTS: &[(&str, &[&str])] = &[("base", &["one"]), ("s", &["one"])];

fn judge(reply: Reply) -> impl Fn(&Asked) -> Reply {
    let reply = std::sync::Mutex::new(Some(reply));
    move |asked| match asked.line.starts_with("POST /compatibility") {
        true => reply.lock().unwrap().take().unwrap(),
        false => registry(SUBJECTS, asked),
    }
}

/// Observes one declared schema, and returns what speaks against it and how that was asked.
async fn observed(
    subject: &str,
    schema: DesiredSchema,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> (RegistryLive, Vec<String>) {
    let double = Double::start(answer).await;
    let wants = Wants::declaring([(subject, schema)]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let lines = double.lines().into_iter();
    let asked = lines
        .filter(|line| line.contains("compatibility"))
        .collect();
    (live, asked)
}

#[tokio::test]
async fn what_the_registry_says_against_a_schema_is_told() {
    let verdict = |is_compatible: bool, words: &[&str]| {
        Reply::Json(
            200,
            json!({"is_compatible": is_compatible, "messages": words}),
        )
    };
    let invalid = || Reply::coded(422, 42201, "Invalid schema: no type");
    for (reply, want) in [
        (verdict(true, &[]), &[][..]),
        (
            verdict(false, &["reader lacks\na default", " "]),
            &["reader lacks a default", " "][..1],
        ),
        (
            Reply::Json(200, json!({"is_compatible": false})),
            &[
                "it is not compatible with the versions that are there, and the registry does not say why; change the schema, or its \
             `compatibility`",
            ],
        ),
        (invalid(), &["Invalid schema: no type"]),
        (
            verdict(false, &["no"; 30]),
            &[&["no"; 20][..], &["and 10 more"]].concat(),
        ),
    ] {
        let (live, _) = observed("s", mk_schema("two"), judge(reply)).await;
        let want: Vec<String> = want.iter().map(|words| (*words).to_owned()).collect();
        assert_eq!(live.checks["s"], Observed::Known(want));
        assert_eq!(live.subjects["s"].known().unwrap().declared, None);
    }
    let (live, _) = observed("new", mk_schema("two"), judge(invalid())).await;
    let want = vec!["Invalid schema: no type".to_owned()];
    assert_eq!(live.checks["new"], Observed::Known(want));
    assert!(live.subjects.is_empty());
}

/// Trap 41: references are a part of a schema, which Apicurio leaves out when it judges one.
#[tokio::test]
async fn what_is_called_invalid_without_its_references_is_judged_when_it_is_registered() {
    let invalid = || {
        judge(Reply::coded(
            422,
            42201,
            "Syntax violation for Avro artifact.",
        ))
    };
    let referring = mk_referring("new", "R", "base", Some(1));
    let (live, asked) = observed("s", referring, invalid()).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(live.checks["s"], Observed::Known(Vec::new()));
    let (live, _) = observed("s", mk_schema("new"), invalid()).await;
    assert_eq!(live.checks["s"].known().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_judgement_that_cannot_be_had_is_unknown_and_the_subject_is_not() {
    let (live, _) = observed("s", mk_schema("two"), judge(Reply::error(500, "it broke"))).await;
    assert!(live.checks["s"].unknown().unwrap().contains("it broke"));
    assert!(live.subjects["s"].known().is_some());
}

#[tokio::test]
async fn a_schema_is_held_against_the_versions_that_its_level_means() {
    for (level, versions) in [
        (Compatibility::Full, "/versions/latest?"),
        (Compatibility::ForwardTransitive, "/versions?"),
    ] {
        let (live, asked) = observed("s", mk_level("two", level), move |asked| {
            match asked.line.as_str() {
                "GET /config/s?defaultToGlobal=false" => {
                    Reply::Json(200, json!({"compatibilityLevel": level.as_str()}))
                }
                _ => registry(SUBJECTS, asked),
            }
        })
        .await;
        assert_eq!(live.checks["s"], Observed::Known(Vec::new()));
        assert!(asked[0].contains(versions), "{asked:?}");
    }
}

/// The registry would judge by the level that it has, not by the one that comes first.
#[tokio::test]
async fn a_schema_whose_level_is_about_to_change_is_not_judged() {
    let schema = mk_level("two", Compatibility::None);
    let (live, asked) = observed("s", schema, |asked| registry(SUBJECTS, asked)).await;
    assert!(live.checks.is_empty() && asked.is_empty(), "{asked:?}");
}

/// Trap 41: references are a part of a schema.
#[tokio::test]
async fn a_missing_reference_is_told_with_subject_and_version() {
    for (subject, version, want) in [
        (
            "base",
            Some(2),
            "version 2 of the subject base, which has 1",
        ),
        (
            "nobody",
            None,
            "the newest version of the subject nobody, which the registry does not have",
        ),
    ] {
        for of in ["s", "new"] {
            let schema = mk_referring("one", "Base", subject, version);
            let (live, asked) = observed(of, schema, |asked| registry(SUBJECTS, asked)).await;
            let told = live.checks[of].known().unwrap();
            assert!(told[0].contains(want), "{told:?}");
            assert!(asked.is_empty());
        }
    }
}

#[tokio::test]
async fn a_reference_to_what_git_is_about_to_make_is_awaited() {
    let double = Double::start(|asked| registry(SUBJECTS, asked)).await;
    let wants = Wants::declaring([
        ("base", mk_schema("two")),
        ("new", mk_schema("one")),
        ("refers", mk_referring("one", "New", "new", None)),
        ("waits", mk_referring("one", "Base", "base", Some(2))),
    ]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    assert_eq!(live.checks.keys().collect::<Vec<_>>(), ["base", "new"]);
}

#[tokio::test]
async fn a_reference_that_cannot_be_read_leaves_its_schema_unknown() {
    let answer = |asked: &Asked| match asked.line.as_str() {
        "GET /subjects/base/versions" => Reply::error(500, "it broke"),
        _ => registry(SUBJECTS, asked),
    };
    let schema = || mk_referring("one", "Base", "base", None);
    let (live, _) = observed("s", schema(), answer).await;
    let why = live.subjects["s"].unknown().unwrap();
    assert!(
        why.contains("subject base") && why.contains("it broke"),
        "{why}"
    );
    let (live, _) = observed("new", schema(), answer).await;
    assert!(live.subjects.is_empty());
    assert!(live.checks["new"].unknown().is_some());
}
