//! Observing and looking: in as few requests as promised, of managed subjects only, and never taking silence for absence.

use headgate::{
    desired::Pattern,
    live::{LiveSubject, Observed},
    ports::RegistryPlane,
};
use serde_json::json;

use super::{found, known, mk_client, no_schema, no_subject, registry, sent};
use crate::support::{
    double::{Double, Reply},
    registry::{Wants, mk_referring, mk_schema},
};

const SUBJECTS: &[(&str, &[&str])] = &[
    ("declared", &["one", "two"]),
    ("foreign", &["one"]),
    ("overtaken", &["one", "two"]),
    ("owned", &["one"]),
];

/// Trap 41: one question for each subject whether it has the schema, of managed subjects only.
#[tokio::test]
async fn a_subject_in_place_takes_three_requests_and_nobodys_takes_none() {
    let double = Double::start(|asked| registry(SUBJECTS, asked)).await;
    let mut wants =
        Wants::declaring([("absent", mk_schema("one")), ("declared", mk_schema("two"))]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let want = LiveSubject {
        versions: vec![1, 2],
        declared: found("two", 2),
        ..LiveSubject::default()
    };
    assert!(want.is_current());
    assert_eq!(live.compatibility, Observed::Known("BACKWARD".into()));
    assert_eq!(
        live.subjects,
        [("declared".into(), Observed::Known(want))].into()
    );
    let of_absent =
        "POST /compatibility/subjects/absent/versions/latest?verbose=true&normalize=true";
    let lines = [
        "GET /config",
        "GET /config/declared?defaultToGlobal=false",
        "GET /subjects",
        "GET /subjects/absent/versions",
        "GET /subjects/declared/versions",
        of_absent,
        "POST /subjects/declared?normalize=true",
    ];
    assert_eq!(double.lines(), lines);

    wants.schemas.clear();
    wants.owned = vec![Pattern("own*".into())];
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    assert_eq!(live.subjects.keys().collect::<Vec<_>>(), ["owned"]);
    assert!(live.checks.is_empty());
    assert!(!double.lines().iter().any(|line| line.contains("foreign")));
}

#[tokio::test]
async fn no_change_costs_no_more_than_three_requests_a_subject() {
    let names: Vec<String> = (0..40).map(|n| format!("s-{n}")).collect();
    let served = names.clone();
    let double = Double::start(move |asked| {
        let subjects: Vec<(&str, &[&str])> = served
            .iter()
            .map(|name| (name.as_str(), &["text"][..]))
            .collect();
        registry(&subjects, asked)
    })
    .await;
    let mut wants = Wants::default();
    let each = names.iter().map(|name| (name.into(), mk_schema("text")));
    wants.schemas.extend(each);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let is_current = |seen: &Observed<LiveSubject>| seen.known().unwrap().is_current();
    assert!(live.subjects.len() == 40 && live.subjects.values().all(is_current));
    assert_eq!(double.asked().len(), 2 + 3 * 40);
}

/// Trap 41: a schema that was registered and overtaken is known, and not the newest.
#[tokio::test]
async fn a_schema_that_another_one_followed_is_told_to_be_old() {
    let double = Double::start(|asked| registry(SUBJECTS, asked)).await;
    let wants = Wants::declaring([("overtaken", mk_schema("one"))]);
    let live = known(mk_client(&double.url).observe(&wants.all()).await);
    let seen = live.subjects["overtaken"].known().unwrap();
    assert_eq!(seen.declared, found("one", 1));
    assert!(!seen.is_current());
    assert!(live.checks.contains_key("overtaken"));
}

/// Trap 41: references are a part of what is compared; one without a version means the newest.
#[tokio::test]
async fn a_schema_is_looked_up_with_the_versions_that_it_refers_to() {
    for (newest, is_found, refers_to_older) in [(1, true, false), (2, false, true)] {
        let double = Double::start(move |asked| match asked.line.as_str() {
            "GET /subjects" => Reply::Json(200, json!(["base", "refers"])),
            "GET /subjects/base/versions" => Reply::Json(200, (1..=newest).collect()),
            "GET /subjects/refers/versions" => Reply::Json(200, json!([7])),
            "GET /subjects/refers/versions/latest" => Reply::Json(
                200,
                json!({"version": 7, "references": [{"name": "Base", "subject": "base", "version": 1}]}),
            ),
            "POST /subjects/refers?normalize=true" => {
                let registered = json!([{"name": "Base", "subject": "base", "version": 1}]);
                match sent(asked, "references") == registered {
                    true => Reply::Json(200, json!({"version": 7, "id": 107})),
                    false => no_schema(),
                }
            }
            _ => registry(&[], asked),
        })
        .await;
        let schema = mk_referring("text", "Base", "base", None);
        let wants = Wants::declaring([("refers", schema)]);
        let client = mk_client(&double.url);
        let live = known(client.observe(&wants.all()).await);
        let seen = live.subjects["refers"].known().unwrap();
        assert_eq!(
            (seen.is_current(), seen.refers_to_older),
            (is_found, refers_to_older)
        );
        let looked = client.look(&wants.all(), &["refers".into()]).await;
        assert_eq!(
            looked.subjects["refers"],
            Observed::Known(Some(seen.clone()))
        );
    }
}

#[tokio::test]
async fn a_deletion_that_is_due_sees_what_is_deleted_but_softly() {
    let double = Double::start(|asked| match asked.line.as_str() {
        "GET /subjects/softly/versions?deleted=true" => Reply::Json(200, json!([1, 2])),
        line if line.ends_with("?deleted=true") => no_subject("gone"),
        _ => registry(SUBJECTS, asked),
    })
    .await;
    let wants = Wants {
        due: ["gone", "owned", "softly"].map(Into::into).into(),
        ..Wants::default()
    };
    let client = mk_client(&double.url);
    let live = known(client.observe(&wants.all()).await);
    let versions = |name: &str| live.subjects[name].known().unwrap().versions.clone();
    assert_eq!(live.subjects.len(), 2);
    assert_eq!((versions("owned"), versions("softly")), (vec![1], vec![]));
    let names = ["gone", "softly"].map(Into::into);
    let looked = client.look(&wants.all(), &names).await;
    assert_eq!(looked.subjects["gone"], Observed::Known(None));
    let softly = LiveSubject::default();
    assert_eq!(looked.subjects["softly"], Observed::Known(Some(softly)));
}

#[tokio::test]
async fn a_look_tells_absent_from_there_without_the_list() {
    let double = Double::start(|asked| registry(SUBJECTS, asked)).await;
    let wants = Wants::declaring([("declared", mk_schema("two")), ("new", mk_schema("two"))]);
    let names = ["declared", "new"].map(Into::into);
    let looked = mk_client(&double.url).look(&wants.all(), &names).await;
    assert_eq!(looked.compatibility, Observed::Known("BACKWARD".into()));
    let declared = looked.subjects["declared"].known().unwrap().as_ref();
    assert!(declared.unwrap().is_current());
    assert_eq!(looked.subjects["new"], Observed::Known(None));
    let lines = double.lines();
    assert!(
        !lines
            .iter()
            .any(|line| line == "GET /subjects" || line.contains("compatibility"))
    );
}
