//! Lists that a registry cuts without a word.

use std::sync::Arc;

use headgate::{
    desired::Pattern,
    live::{Live, Observed, RegistryLive},
    model::Plane,
    ports::RegistryPlane,
};
use jiff::Timestamp;

use super::{known, mk_client, registry};
use crate::support::{
    double::{Double, Reply},
    registry::{Wants, mk_schema},
};

/// How a registry answers who asks for a page.
#[derive(Clone, Copy)]
enum Pages {
    /// As Apicurio does.
    Served,
    /// It does not know them, and tells its first names again.
    Ignored,
    /// It takes the question for an error.
    Refused,
}

/// A registry of so many subjects that lists 1,000 at once.
async fn mk_registry(subjects: usize, pages: Pages) -> Double {
    let names: Arc<[String]> = (0..subjects).map(|n| format!("s-{n:04}")).collect();
    Double::start(move |asked| {
        let from = match (asked.line.strip_prefix("GET /subjects?offset="), pages) {
            (None, _) if asked.line != "GET /subjects" => {
                let all: Vec<(&str, &[&str])> = names
                    .iter()
                    .map(|name| (name.as_str(), &["text"][..]))
                    .collect();
                return registry(&all, asked);
            }
            (Some(_), Pages::Refused) => return Reply::error(400, "what is offset?"),
            (Some(from), Pages::Served) => from.parse().unwrap(),
            _ => 0,
        };
        let page = names.iter().skip(from).take(1_000);
        Reply::Json(200, page.map(String::as_str).collect())
    })
    .await
}

async fn observed(double: &Double, wants: &Wants) -> RegistryLive {
    known(mk_client(&double.url).observe(&wants.all()).await)
}

#[tokio::test]
async fn a_declared_subject_that_the_list_lacks_is_asked_for_by_name() {
    let double = mk_registry(1_100, Pages::Served).await;
    let wants = Wants::declaring([("s-1050", mk_schema("text")), ("none", mk_schema("text"))]);
    let live = observed(&double, &wants).await;
    assert!(live.subjects["s-1050"].known().unwrap().is_current());
    assert!(!live.subjects.contains_key("none"));
    assert_eq!(live.unlisted, None, "no scope is owned, so no list matters");
    assert!(!double.lines().iter().any(|line| line.contains("offset")));
}

#[tokio::test]
async fn all_pages_of_a_list_are_read_where_a_scope_is_owned() {
    for subjects in [1_000, 1_100, 2_000] {
        let double = mk_registry(subjects, Pages::Served).await;
        let wants = Wants {
            owned: vec![Pattern("s-*99".into())],
            ..Wants::default()
        };
        let live = observed(&double, &wants).await;
        assert_eq!(live.subjects.len(), subjects / 100);
        assert_eq!(live.unlisted, None);
    }
}

/// Unknown is never absent: what is declared is known nevertheless, and that there may be more is told.
#[tokio::test]
async fn a_list_that_is_cut_for_good_is_told_to_be_cut() {
    for (pages, subjects, is_cut) in [
        (Pages::Ignored, 1_100, true),
        (Pages::Refused, 1_100, true),
        (Pages::Ignored, 999, false),
    ] {
        let double = mk_registry(subjects, pages).await;
        let mut wants = Wants::declaring([("s-0500", mk_schema("text"))]);
        wants.owned = vec![Pattern("s-0?00".into())];
        let live = observed(&double, &wants).await;
        assert!(live.subjects["s-0500"].known().unwrap().is_current());
        let told = live.unlisted.as_deref().unwrap_or_default();
        assert_eq!(
            told.contains("lists 1000 subjects, which may not be all"),
            is_cut,
            "{told}"
        );
        let live = Live {
            observed_at: Timestamp::UNIX_EPOCH,
            kafka: Observed::default(),
            registry: Some(Observed::Known(live)),
            connect: None,
            secrets: Default::default(),
        };
        let mut planes = live.planes();
        let (_, unseen) = planes.find(|(plane, _)| *plane == Plane::Registry).unwrap();
        assert_eq!(unseen.is_some(), is_cut);
    }
}
