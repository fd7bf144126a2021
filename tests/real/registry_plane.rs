//! The registry plane against a real registry, Apicurio: what it writes is what it sees afterwards, and what the registry
//! refuses is told.

use headgate::{
    config::Endpoint,
    desired::{Compatibility, DesiredSchema, Pattern, SchemaFormat},
    lab::Service,
    live::{LiveSubject, Observed, RegistryLive},
    ports::{NewSchema, Outcome, RefusalClass, RegistryPlane, RegistryWrite},
    registry::Client,
};

use crate::support::{
    lab::registry,
    registry::{Wants, mk_level, mk_referring, mk_schema},
};

const ONE: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;

/// The same, spelled otherwise.
const ONE_AGAIN: &str = "{ \"fields\": [ { \"type\": \"int\", \"name\": \"a\" } ],\n  \"name\": \"R\", \"type\": \"record\" }";

/// May follow [`ONE`] under any level.
const TWO: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}"#;

/// May follow neither under `BACKWARD`: what was written before has no `c`.
const INCOMPATIBLE: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"c","type":"string"}]}"#;

fn mk_client(registry: &Service) -> Client {
    Client::new(&Endpoint::plaintext(vec![registry.url()]))
}

async fn applied(client: &Client, write: RegistryWrite) {
    let told = format!("{write:?}");
    assert_eq!(client.write(write).await, Outcome::Applied, "{told}");
}

/// Writes something that is to be refused, and returns the class, the code and the words.
async fn refused(client: &Client, write: RegistryWrite) -> (RefusalClass, String, String) {
    match client.write(write).await {
        Outcome::Refused(refusal) => (refusal.class, refusal.code.into(), refusal.message),
        other => panic!("it was not refused: {other:?}"),
    }
}

fn mk_register(subject: &str, schema: &DesiredSchema) -> RegistryWrite {
    RegistryWrite::Register {
        subject: subject.into(),
        schema: NewSchema::from(schema),
    }
}

fn mk_level_write(subject: Option<&str>, level: Option<Compatibility>) -> RegistryWrite {
    RegistryWrite::Compatibility {
        subject: subject.map(Into::into),
        level,
    }
}

fn mk_delete(subject: &str) -> RegistryWrite {
    RegistryWrite::DeleteSubject {
        subject: subject.into(),
    }
}

async fn observed(client: &Client, wants: &Wants) -> RegistryLive {
    match client.observe(&wants.all()).await {
        Observed::Known(live) => live,
        Observed::Unknown(why) => panic!("{why}"),
    }
}

/// Looks at one declared schema; `None`: its subject is absent.
async fn looked(client: &Client, subject: &str, schema: &DesiredSchema) -> Option<LiveSubject> {
    let wants = Wants::declaring([(subject, schema.clone())]);
    let mut looked = client.look(&wants.all(), &[subject.into()]).await;
    match looked.subjects.remove(subject).unwrap() {
        Observed::Known(seen) => seen,
        Observed::Unknown(why) => panic!("{subject}: {why}"),
    }
}

/// Trap 41: what only looks different is the same, and registering it again makes no version.
#[tokio::test]
async fn a_schema_is_known_however_it_is_spelled() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    let name = "plane spelled/ü";
    assert_eq!(looked(&client, name, &mk_schema(ONE)).await, None);
    applied(&client, mk_register(name, &mk_schema(ONE))).await;
    for text in [ONE, ONE_AGAIN] {
        applied(&client, mk_register(name, &mk_schema(text))).await;
        let seen = looked(&client, name, &mk_schema(text)).await.unwrap();
        assert_eq!(
            (seen.versions.as_slice(), seen.is_current()),
            (&[1][..], true)
        );
    }
    applied(&client, mk_register(name, &mk_schema(TWO))).await;
    let wants = Wants::declaring([(name, mk_schema(ONE))]);
    let live = observed(&client, &wants).await;
    let seen = live.subjects[name].known().unwrap();
    let version = seen.declared.as_ref().map(|found| found.version);
    assert_eq!((version, seen.is_current()), (Some(1), false));
    applied(&client, mk_register(name, &mk_schema(ONE))).await;
    let seen = looked(&client, name, &mk_schema(ONE)).await.unwrap();
    assert_eq!(
        seen.versions,
        [1, 2],
        "an old version does not become the newest"
    );

    let json = |text: &str| DesiredSchema {
        format: SchemaFormat::Json,
        ..mk_schema(text)
    };
    let first = json(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#);
    applied(&client, mk_register("plane-json", &first)).await;
    let again = json("{ \"properties\": {\"a\": {\"type\": \"string\"}},\n\"type\": \"object\" }");
    assert!(
        looked(&client, "plane-json", &again)
            .await
            .unwrap()
            .is_current()
    );
}

#[tokio::test]
async fn a_schema_that_is_not_compatible_is_told_before_and_refused() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    let name = "plane-refused";
    let backward = Compatibility::Backward;
    applied(&client, mk_level_write(Some(name), Some(backward))).await;
    applied(&client, mk_register(name, &mk_level(ONE, backward))).await;
    for (text, is_fit) in [(TWO, true), (INCOMPATIBLE, false), ("{ nonsense", false)] {
        let schema = mk_level(text, backward);
        let live = observed(&client, &Wants::declaring([(name, schema)])).await;
        let seen = live.subjects[name].known().unwrap();
        assert_eq!(seen.compatibility.as_deref(), Some("BACKWARD"));
        assert_eq!(seen.declared, None);
        let against = live.checks[name].known().unwrap();
        assert_eq!(against.is_empty(), is_fit, "{text}: {against:?}");
    }
    let incompatible = mk_register(name, &mk_schema(INCOMPATIBLE));
    let (class, code, told) = refused(&client, incompatible.clone()).await;
    assert_eq!(
        (class, code.as_str()),
        (RefusalClass::Final, "INCOMPATIBLE")
    );
    assert!(
        told.contains("/fields/1") && told.contains("change the schema"),
        "{told}"
    );
    let nonsense = mk_register(name, &mk_schema("{ nonsense"));
    assert_eq!(refused(&client, nonsense).await.1, "INVALID_SCHEMA");
    let seen = looked(&client, name, &mk_schema(ONE)).await.unwrap();
    assert_eq!(seen.versions, [1]);

    applied(
        &client,
        mk_level_write(Some(name), Some(Compatibility::None)),
    )
    .await;
    applied(&client, incompatible).await;
}

/// A transitive level means every version, another one the newest only: the judgement is the registry's own.
#[tokio::test]
async fn a_judgement_says_what_registering_would() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    for (level, is_fit) in [
        (Compatibility::Backward, true),
        (Compatibility::BackwardTransitive, false),
    ] {
        let name = format!("plane-judged-{}", level.as_str());
        let name = name.as_str();
        let anything = Some(Compatibility::None);
        applied(&client, mk_level_write(Some(name), anything)).await;
        applied(&client, mk_register(name, &mk_schema(INCOMPATIBLE))).await;
        let with_b = ONE.replace(r#""name":"a""#, r#""name":"b""#);
        applied(&client, mk_register(name, &mk_schema(&with_b))).await;
        applied(&client, mk_level_write(Some(name), Some(level))).await;
        let next = with_b.replace("int", "long");
        let schema = mk_level(&next, level);
        let live = observed(&client, &Wants::declaring([(name, schema.clone())])).await;
        let against = live.checks[name].known().unwrap();
        assert_eq!(against.is_empty(), is_fit, "{level:?}: {against:?}");
        let outcome = client.write(mk_register(name, &schema)).await;
        assert_eq!(
            outcome == Outcome::Applied,
            is_fit,
            "{level:?}: {outcome:?}"
        );
    }
}

/// Trap 41: references count, the newest is meant where none is named, and a missing one is named.
#[tokio::test]
async fn a_schema_refers_to_others() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    let (base, name) = ("plane-base", "plane-refers");
    let text = r#"{"type":"record","name":"Outer","fields":[{"name":"r","type":"R"}]}"#;
    let newest = mk_referring(text, "R", base, None);
    let (class, code, told) = refused(&client, mk_register(name, &newest)).await;
    assert_eq!(
        (class, code.as_str()),
        (RefusalClass::Final, "REFERENCE_MISSING")
    );
    assert!(told.contains(base), "{told}");
    applied(&client, mk_register(base, &mk_schema(ONE))).await;
    let ninth = mk_referring(text, "R", base, Some(9));
    let live = observed(&client, &Wants::declaring([(name, ninth.clone())])).await;
    let told = &live.checks[name].known().unwrap()[0];
    assert!(told.contains("version 9") && told.contains(base), "{told}");
    assert_eq!(
        refused(&client, mk_register(name, &ninth)).await.1,
        "REFERENCE_MISSING"
    );

    applied(&client, mk_register(name, &newest)).await;
    assert!(looked(&client, name, &newest).await.unwrap().is_current());
    let without = mk_schema(text);
    assert_eq!(
        looked(&client, name, &without).await.unwrap().declared,
        None
    );
    applied(&client, mk_register(base, &mk_schema(TWO))).await;
    let seen = looked(&client, name, &newest).await.unwrap();
    assert_eq!((&seen.declared, seen.refers_to_older), (&None, true));
    let first = mk_referring(text, "R", base, Some(1));
    assert!(looked(&client, name, &first).await.unwrap().is_current());
    applied(&client, mk_register(name, &newest)).await;
    let seen = looked(&client, name, &newest).await.unwrap();
    assert_eq!((seen.is_current(), seen.versions.len()), (true, 2));

    let (class, code, _) = refused(&client, mk_delete(base)).await;
    assert_eq!(
        (class, code.as_str()),
        (RefusalClass::ReferredTo, "REFERRED_TO")
    );
    applied(&client, mk_delete(name)).await;
    applied(&client, mk_delete(base)).await;
}

/// Trap 41: a subject without a level goes by the global one, and goes back to it, even from `NONE`.
#[tokio::test]
async fn levels_are_set_and_reset() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    let name = "plane-level";
    applied(&client, mk_register(name, &mk_schema(ONE))).await;
    let own = async |schema: DesiredSchema| {
        let seen = looked(&client, name, &schema).await.unwrap();
        seen.compatibility.map(String::from)
    };
    let none = || mk_level(ONE, Compatibility::None);
    for global in [Compatibility::Backward, Compatibility::None] {
        applied(&client, mk_level_write(None, Some(global))).await;
        let live = observed(&client, &Wants::default()).await;
        assert_eq!(live.compatibility, Observed::Known(global.as_str().into()));
        for level in [Compatibility::Full, Compatibility::None] {
            assert_eq!(own(mk_schema(ONE)).await, None);
            applied(&client, mk_level_write(Some(name), Some(level))).await;
            let declared = mk_level(ONE, level);
            assert_eq!(own(declared).await.as_deref(), Some(level.as_str()));
            applied(&client, mk_level_write(Some(name), None)).await;
        }
        let want = (global == Compatibility::None).then_some("NONE");
        assert_eq!(
            own(none()).await.as_deref(),
            want,
            "both mean the same here"
        );
    }
    applied(&client, mk_level_write(None, Some(Compatibility::Full))).await;
    assert_eq!(
        own(none()).await,
        None,
        "nothing of its own was left behind"
    );
    let incompatible = mk_register(name, &mk_schema(INCOMPATIBLE));
    assert_eq!(refused(&client, incompatible).await.1, "INCOMPATIBLE");
    applied(&client, mk_level_write(None, None)).await;
}

/// Trap 41: deleted softly, then for good, and what is registered after that begins anew.
#[tokio::test]
async fn a_subject_is_deleted_and_made_again() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    let name = "plane-deleted";
    for _ in 0..2 {
        applied(&client, mk_register(name, &mk_schema(ONE))).await;
        applied(&client, mk_register(name, &mk_schema(TWO))).await;
        let seen = looked(&client, name, &mk_schema(TWO)).await.unwrap();
        assert_eq!(
            (seen.versions.as_slice(), seen.is_current()),
            (&[1, 2][..], true)
        );
        applied(&client, mk_delete(name)).await;
        assert_eq!(looked(&client, name, &mk_schema(TWO)).await, None);
        assert_eq!(
            refused(&client, mk_delete(name)).await.0,
            RefusalClass::Gone
        );
    }

    applied(&client, mk_register(name, &mk_schema(ONE))).await;
    let url = format!("{}/subjects/{name}", registry.url());
    let http = headgate::rest::plain().build().unwrap();
    assert!(http.delete(url).send().await.unwrap().status().is_success());
    let wants = Wants {
        due: [name.into()].into(),
        ..Wants::default()
    };
    let softly = LiveSubject::default();
    let live = observed(&client, &wants).await;
    assert_eq!(
        live.subjects,
        [(name.into(), Observed::Known(softly))].into()
    );
    applied(&client, mk_delete(name)).await;
    assert!(observed(&client, &wants).await.subjects.is_empty());
}

#[tokio::test]
async fn a_registry_that_is_down_is_unknown_and_owned_subjects_are_there_when_it_is_back() {
    let Some(registry) = registry().await else {
        return;
    };
    let client = mk_client(&registry);
    applied(&client, mk_register("plane-owned", &mk_schema(ONE))).await;
    let wants = Wants {
        owned: vec![Pattern("plane-own*".into())],
        ..Wants::default()
    };
    registry.kill();
    let down = client.observe(&wants.all()).await;
    assert!(down.unknown().is_some(), "{down:?}");
    let looked = client.look(&wants.all(), &["plane-owned".into()]).await;
    assert!(looked.subjects["plane-owned"].unknown().is_some());
    let (class, code, _) = refused(&client, mk_delete("plane-owned")).await;
    assert_eq!((class, code.as_str()), (RefusalClass::Unreached, "connect"));
    registry.start().await.unwrap();
    let live = observed(&client, &wants).await;
    assert_eq!(live.subjects.keys().collect::<Vec<_>>(), ["plane-owned"]);
    assert_eq!(live.subjects["plane-owned"].known().unwrap().versions, [1]);
}
