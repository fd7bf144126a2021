//! Connectors and schemas that others made: shown while nobody declares them, and adopted without a change.

use std::path::Path;

use headgate::lab::{Endpoint, HTTP_SOURCE};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    planes::{Beside, CANARY, Rest, world},
    repo::write,
    world::{World, blocked, cluster, items, until},
};
use crate::support::lab::{connect, registry, scram};

const EVENT: &str =
    r#"{"type": "record", "name": "Event", "fields": [{"name": "id", "type": "long"}]}"#;

const NEWER: &str = r#"{"type": "record", "name": "Event", "fields": [{"name": "id", "type": "long"},
    {"name": "at", "type": ["null", "long"], "default": null}]}"#;

const HOLDER: &str =
    r#"{"type": "record", "name": "Holder", "fields": [{"name": "event", "type": "Event"}]}"#;

const SHOP: &str = "syntax = \"proto3\";\n\nmessage Shop {\n  string name = 1;\n}\n";

/// Makes a connector whose config holds a secret in clear.
async fn make_connector(rest: &Rest, name: &str, url: &str) {
    let config = json!({
        "connector.class": HTTP_SOURCE, "tasks.max": "1", "http.request.url": url, "http.timer.interval.millis": "100",
        "http.auth.password": CANARY, "kafka.topic": format!("{name}-items"),
    });
    let body = json!({"name": name, "config": config});
    rest.ask(Method::POST, "/connectors", Some(body)).await;
    rest.until(name, &["RUNNING", "RUNNING"]).await;
}

/// Makes a subject with two versions and a level, one that refers to its newest, and one in Protobuf.
async fn make_subjects(rest: &Rest, id: &str) {
    let post = async |subject: &str, body: Value| {
        let path = format!("/subjects/{id}-{subject}/versions");
        rest.ask(Method::POST, &path, Some(body)).await;
    };
    post("event", json!({"schema": EVENT})).await;
    post("event", json!({"schema": NEWER, "schemaType": "AVRO"})).await;
    let refers = json!([{"name": "Event", "subject": format!("{id}-event"), "version": 2}]);
    post(
        "holder",
        json!({"schema": HOLDER, "schemaType": "AVRO", "references": refers}),
    )
    .await;
    post("shop", json!({"schema": SHOP, "schemaType": "PROTOBUF"})).await;
    let level = json!({"compatibility": "FULL"});
    rest.ask(Method::PUT, &format!("/config/{id}-shop"), Some(level))
        .await;
}

/// Takes what is this test's out of an import of a cluster that it shares with others.
#[expect(clippy::disallowed_methods, reason = "reads what was imported")]
fn own(world: &World<'_>, imported: &Path, folder: &Path) {
    let id = world.id.as_str();
    std::fs::create_dir(folder).unwrap();
    write(
        &folder.join("cluster.yaml"),
        &cluster(world.kafka.cluster_id(), ""),
    );
    for kind in ["connectors", "schemas"] {
        std::fs::create_dir(folder.join(kind)).unwrap();
        for entry in std::fs::read_dir(imported.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let is_document = name.ends_with(".yaml");
            let own: Vec<_> = text.split("---\n").filter(|d| d.contains(id)).collect();
            let text = if is_document {
                own.join("---\n")
            } else {
                text.clone()
            };
            if name.starts_with(id) || is_document && !text.is_empty() {
                write(&folder.join(kind).join(&name), &text);
            }
        }
    }
}

/// Plans the folder, and returns what is due or withheld of this test's connectors and subjects.
async fn planned(world: &World<'_>, folder: &str) -> (Vec<Value>, Vec<(String, String)>) {
    let plan = world
        .run(&["plan", "--source", folder, "-o", "json"])
        .await
        .json();
    let plan = &plan["clusters"][0];
    let held = blocked(plan).into_iter();
    let held = held.filter(|(held, _)| held.contains(&world.id));
    (items(&plan["actions"]).to_vec(), held.collect())
}

/// What `/connectors` and `/schemas` show of them while git only claims their names.
async fn shown(world: &World<'_>, name: &str) {
    let id = &world.id;
    world.declare(&format!("owns: {{subjects: [\"{id}-*\"]}}"), &[]);
    let daemon = world.daemon().await;
    let below = "/api/v1/clusters/c";
    until("the connector is shown", async || {
        let (status, _) = daemon.get(&format!("{below}/connectors/{name}")).await;
        status == 200
    })
    .await;
    let (_, text) = daemon.get(&format!("{below}/connectors/{name}")).await;
    assert!(!text.contains(CANARY), "{text}");
    let detail: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(detail["state"], "RUNNING");
    assert_eq!(detail["class"], HTTP_SOURCE);
    assert_eq!(detail["owner"], "unmanaged");
    assert_eq!(detail["tasks"][0]["state"], "RUNNING");
    assert!(detail["tasks"][0]["worker"].is_string(), "{detail}");
    let schemas = daemon.list("schemas").await;
    let versions: Vec<_> = items(&schemas).iter().map(|s| &s["versions"]).collect();
    assert_eq!(versions, [&json!([1, 2]), &json!([1]), &json!([1])]);
    assert_eq!(schemas[2]["compatibility"], "FULL");
    let complete = |plane: &'static str| [("plane", plane)];
    for plane in ["kafka", "connect", "registry"] {
        let labels = complete(plane);
        let figure = daemon.metric("headgate_observation_complete", &labels);
        assert_eq!(figure.await, 1.0, "{plane}");
    }
    let running = [("connect", "main"), ("state", "running")];
    assert!(daemon.metric("headgate_connect_tasks", &running).await >= 1.0);
}

#[tokio::test]
async fn connectors_and_schemas_that_others_made_are_shown_and_adopted_without_a_change() {
    let (Some(connect), Some(registry)) = (connect().await, registry().await) else {
        return;
    };
    let beside = Beside {
        connect: connect.urls(),
        registry: Some(registry.url()),
        ..Beside::default()
    };
    let world = world(scram().await.unwrap(), &beside);
    let workers = Rest::new(&connect.urls()[0]);
    let subjects = Rest::new(&registry.url());
    let endpoint = Endpoint::start().unwrap();
    let name = world.name("source");
    make_connector(&workers, &name, &endpoint.url()).await;
    make_subjects(&subjects, &world.id).await;
    shown(&world, &name).await;

    let whole = world.path("imported");
    let to = whole.display().to_string();
    let imported = world
        .run(&["import", "--cluster", "c", "--output", &to])
        .await;
    let secret = format!("{name}-http.auth.password");
    assert!(
        imported.out.contains(&format!("  {secret}\n")),
        "{imported:?}"
    );
    let folder = world.path("own");
    own(&world, &whole, &folder);
    let folder = folder.display().to_string();
    let (due, held) = planned(&world, &folder).await;
    assert_eq!(due, [json!(null); 0]);
    let held: Vec<_> = held.iter().map(|(held, _)| held.as_str()).collect();
    assert_eq!(held, [format!("incomplete_observation Connector {name}")]);
    world.secret(&secret, CANARY);
    assert_eq!(planned(&world, &folder).await, (vec![], vec![]));
    for made in [&imported.out, &imported.err] {
        assert!(!made.contains(CANARY), "{made}");
    }
    workers
        .ask(Method::DELETE, &format!("/connectors/{name}"), None)
        .await;
}
