//! Schemas in a real registry: made, compared by meaning, kept compatible, and let go.

use headgate::lab::{KafkaCluster, Service};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    planes::{Beside, Rest, configure_plaintext},
    world::{World, document, may_go},
};
use crate::support::lab::{plaintext, registry};

fn world<'a>(kafka: &'a KafkaCluster, registry: &Service) -> World<'a> {
    let world = World::new(kafka);
    let beside = Beside {
        registry: Some(registry.url()),
        ..Beside::default()
    };
    configure_plaintext(&world, &beside);
    world
}

fn rest(registry: &Service) -> Rest {
    Rest::new(&registry.url())
}

fn record(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "E", "fields": [{fields}]}}"#)
}

const ID: &str = r#"{"name": "id", "type": "string"}"#;
const AGE: &str = r#"{"name": "age", "type": "int", "default": 0}"#;
const NEEDED: &str = r#"{"name": "needed", "type": "int"}"#;

fn schema(subject: &str, text: &str, more: &str) -> String {
    document(
        "Schema",
        subject,
        &format!("type: AVRO, {more} schema: {text:?}"),
    )
}

async fn versions(rest: &Rest, subject: &str) -> Option<Value> {
    rest.get(&format!("/subjects/{subject}/versions")).await
}

async fn post(rest: &Rest, subject: &str, text: &str) {
    let body = json!({"schema": text, "schemaType": "AVRO"});
    let path = format!("/subjects/{subject}/versions");
    rest.ask(Method::POST, &path, Some(body)).await;
}

/// Trap 41: schemas are compared by meaning, and judged before they are written.
#[tokio::test]
async fn a_subject_is_made_and_stays_compatible() {
    let (Some(kafka), Some(registry)) = (plaintext().await, registry().await) else {
        return;
    };
    let world = world(kafka, &registry);
    let rest = rest(&registry);
    let subject = world.name("user-value");
    let first = record(ID);
    world.declare("", &[schema(&subject, &first, "compatibility: BACKWARD,")]);
    assert_eq!(
        world.due().await,
        [format!("create Schema {subject}: first")]
    );
    world.converge().await;
    assert_eq!(versions(&rest, &subject).await, Some(json!([1])));
    let level = rest.get(&format!("/config/{subject}")).await.unwrap();
    assert_eq!(level["compatibilityLevel"], "BACKWARD");

    // other spaces are the same schema
    let spaced = first.replace(": ", ":   ").replace("[", "[\n");
    world.declare("", &[schema(&subject, &spaced, "compatibility: BACKWARD,")]);
    assert_eq!(world.due().await, [""; 0]);

    // one that readers could not follow is withheld before anything is written, and the plan shows it
    let wrong = record(&format!("{ID}, {NEEDED}"));
    world.declare("", &[schema(&subject, &wrong, "compatibility: BACKWARD,")]);
    let plan = world.run(&["plan"]).await.out;
    assert!(
        plan.contains(&format!("\n          +     {NEEDED}\n")),
        "{plan}"
    );
    assert!(
        !plan.contains(&format!("- {ID}")) && !plan.contains(&format!("+ {ID}")),
        "{plan}"
    );
    let held = world.withheld().await;
    assert_eq!(
        held[0].0,
        format!("unsupported Schema {subject}"),
        "{held:?}"
    );
    assert_eq!(versions(&rest, &subject).await, Some(json!([1])));

    // with another level in the same commit it goes
    world.declare("", &[schema(&subject, &wrong, "compatibility: NONE,")]);
    world.converge().await;
    assert_eq!(versions(&rest, &subject).await, Some(json!([1, 2])));
}

/// Trap 41: what somebody does to a subject by hand is seen, and undone where that can be.
#[tokio::test]
async fn a_subject_is_kept_and_let_go() {
    let (Some(kafka), Some(registry)) = (plaintext().await, registry().await) else {
        return;
    };
    let world = world(kafka, &registry);
    let rest = rest(&registry);
    let subject = world.name("user-value");
    let first = schema(&subject, &record(ID), "compatibility: NONE,");
    world.declare("", &[first]);
    world.converge().await;
    let newer = record(&format!("{ID}, {AGE}"));
    post(&rest, &subject, &newer).await;
    let held = world.withheld().await;
    assert_eq!(
        held[0].0,
        format!("unsupported Schema {subject}"),
        "{held:?}"
    );
    assert!(held[0].1.contains("version 1"), "{held:?}");
    world.declare("", &[schema(&subject, &newer, "compatibility: FULL,")]);
    world.converge().await;
    rest.ask(
        Method::PUT,
        &format!("/config/{subject}"),
        Some(json!({"compatibility": "NONE"})),
    )
    .await;
    assert_eq!(
        world.due().await,
        [format!("update Schema {subject}: drift")]
    );
    world.converge().await;

    // gone by hand, and given up in git
    rest.ask(Method::DELETE, &format!("/subjects/{subject}"), None)
        .await;
    assert_eq!(
        world.due().await,
        [format!("create Schema {subject}: drift")]
    );
    world.converge().await;
    world.declare("", &[]);
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent Schema {subject}"), "{held:?}");
    world.declare(
        &format!("deletion: {{{}}}", may_go(&[("Schema", &subject)])),
        &[],
    );
    world.converge().await;
    assert_eq!(versions(&rest, &subject).await, None);
}

/// Schemas that refer to each other are made in their order, whatever their names; one that refers to nothing waits.
#[tokio::test]
async fn schemas_come_behind_those_that_they_refer_to() {
    let (Some(kafka), Some(registry)) = (plaintext().await, registry().await) else {
        return;
    };
    let world = world(kafka, &registry);
    let rest = rest(&registry);
    let (base, user) = (world.name("z-base"), world.name("a-user"));
    let of_base = r#"{"type": "record", "name": "Base", "fields": []}"#;
    let of_user =
        r#"{"type": "record", "name": "User", "fields": [{"name": "base", "type": "Base"}]}"#;
    let refers = format!("references: [{{name: Base, subject: {base:?}}}],");
    world.declare(
        "",
        &[schema(&user, of_user, &refers), schema(&base, of_base, "")],
    );
    world.converge().await;
    for subject in [&base, &user] {
        assert_eq!(versions(&rest, subject).await, Some(json!([1])));
    }
    let of_user = r#"{"type": "record", "name": "User", "fields": [{"name": "base", "type": "Base"},
        {"name": "age", "type": "int", "default": 0}]}"#;
    world.declare(
        "",
        &[schema(&user, of_user, &refers), schema(&base, of_base, "")],
    );
    world.converge().await;
    assert_eq!(versions(&rest, &user).await, Some(json!([1, 2])));
    let lost = world.name("lost");
    let nowhere = world.name("nowhere");
    let refers_nowhere = format!("references: [{{name: Base, subject: {nowhere:?}, version: 1}}],");
    world.declare(
        "",
        &[
            schema(&user, of_user, &refers),
            schema(&base, of_base, ""),
            schema(&lost, of_user, &refers_nowhere),
        ],
    );
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("unsupported Schema {lost}"), "{held:?}");
    assert!(held[0].1.contains(&nowhere), "{held:?}");
    let all = [&lost, &user, &base].map(|name| ("Schema", name.as_str()));
    world.declare(
        &format!(
            "deletion: {{budget: {{count: 9, percent: 100}}, {}}}",
            may_go(&all)
        ),
        &[],
    );
    for _ in 0..2 {
        world.run(&["apply"]).await;
    }
    assert_eq!(versions(&rest, &base).await, None);
    assert_eq!(versions(&rest, &user).await, None);
}

/// The registry is down, and Kafka goes on.
#[tokio::test]
async fn kafka_goes_on_while_the_registry_is_down() {
    let (Some(kafka), Some(registry)) = (plaintext().await, registry().await) else {
        return;
    };
    let world = world(kafka, &registry);
    let (subject, name) = (world.name("s"), world.name("t"));
    registry.stop().await.unwrap();
    world.declare(
        "",
        &[
            super::world::topic(&name, 1, ""),
            schema(&subject, &record(ID), ""),
        ],
    );
    let applied = world
        .run(&["apply", "-o", "json", "--detailed-exitcode"])
        .await;
    registry.start().await.unwrap();
    assert_eq!(applied.code, 1, "{applied:?}");
    assert!(world.hand.topic(&name).await.is_some(), "{applied:?}");
    let left = &applied.json()["clusters"][0]["left"];
    assert_eq!(left["planes"]["registry"]["complete"], false, "{left}");
}
