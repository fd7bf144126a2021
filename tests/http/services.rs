//! The planes beside Kafka as they are shown: connectors and schemas.

use headgate::model::Plane;
use serde_json::{Value, json};

use super::Server;
use crate::support::told;

const BELOW: &str = "/api/v1/clusters/streaming";

fn declared(line: u32) -> Value {
    json!({"file": "desired-state/streaming/topics.yaml", "line": line})
}

#[tokio::test]
async fn a_connector_is_shown_with_the_state_of_each_task_and_why_one_failed() {
    let server = Server::busy(2).await;
    let connectors = server.get(&format!("{BELOW}/connectors")).await;
    assert!(!connectors.text.contains(told::FINGERPRINT));
    let unseen = |name: &str,
                  connect: Option<&str>,
                  desired: Option<&str>,
                  line: Option<u32>,
                  why: &str| {
        json!({"name": name, "connect": connect, "class": null, "state": null, "trace": null, "tasks": null,
            "desiredState": desired, "declared": line.map(declared), "drift": [], "unknown": why,
            "owner": if line.is_some() { "managed" } else { "unmanaged" }})
    };
    let task = |id: u32, state: &str, trace: Option<&str>| json!({"id": id, "state": state, "worker": "10.0.0.7:8083", "trace": trace});
    let failed = "java.lang.IllegalStateException: the table is gone";
    let drift = json!({"kind": "Connector", "name": "orders-source", "class": "modified", "since": "2027-01-15T08:01:00Z",
        "fields": [{"path": "state", "live": "failed", "desired": "running"}], "source": declared(70)});
    assert_eq!(
        connectors.json(),
        json!({"items": [
            unseen("far", Some("spare"), Some("running"), Some(80), "Connect cluster spare: it does not answer"),
            {"name": "orders-source", "connect": "main", "class": "org.example.Source", "state": "RUNNING", "trace": null,
                "tasks": [task(0, "RUNNING", None), task(1, "FAILED", Some(failed))], "desiredState": "running",
                "declared": declared(70), "owner": "managed", "drift": [drift], "unknown": null},
            unseen("starting", None, None, None, "its status is not known yet"),
            {"name": "stray", "connect": "main", "class": "org.example.Sink", "state": "PAUSED", "trace": null, "tasks": [],
                "desiredState": null, "declared": null, "owner": "unmanaged", "drift": [], "unknown": null},
        ], "next": null})
    );
}

/// Trap 36: neither a masked value nor the fingerprint of a secret is shown.
#[tokio::test]
async fn a_connectors_config_is_laid_beside_what_git_declares_and_no_secret_is_shown() {
    let server = Server::busy(2).await;
    let detail = server
        .get(&format!("{BELOW}/connectors/orders-source"))
        .await;
    assert!(!detail.text.contains(told::FINGERPRINT));
    let key = |key: &str, value: Option<&str>, source: Option<&str>, declared: Option<&str>| json!({"key": key, "value": value, "source": source, "declared": declared});
    let set = Some("connector");
    let class = Some("org.example.Source");
    let detail = detail.json();
    assert_eq!(
        detail["configs"],
        json!([
            key("connector.class", class, set, class),
            key("db.pin", None, set, None),
            key("ssl.key.password", None, set, None),
            key("tasks.max", None, None, Some("2")),
            key("topics", Some("orders"), set, None),
        ])
    );
    assert_eq!(
        (&detail["name"], &detail["blocked"]),
        (&json!("orders-source"), &json!([]))
    );
    let unseen = server.get(&format!("{BELOW}/connectors/far")).await.json();
    assert_eq!(unseen["configs"], Value::Null);
}

#[tokio::test]
async fn a_subject_is_shown_with_its_versions_and_which_of_them_git_declares() {
    let server = Server::busy(2).await;
    let schemas = server.get(&format!("{BELOW}/schemas")).await.json();
    let none = Value::Null;
    assert_eq!(
        schemas,
        json!({"items": [
            {"name": "closed", "type": none, "versions": none, "version": none, "id": none, "compatibility": none,
                "globalCompatibility": "BACKWARD", "declared": none, "owner": "unmanaged", "drift": [],
                "unknown": "403 Forbidden"},
            {"name": "orders-value", "type": "AVRO", "versions": [1, 2], "version": 2, "id": 17, "compatibility": none,
                "globalCompatibility": "BACKWARD", "declared": declared(90), "owner": "managed", "drift": [],
                "unknown": none},
            {"name": "other-value", "type": none, "versions": [4], "version": none, "id": none, "compatibility": "FULL",
                "globalCompatibility": "BACKWARD", "declared": none, "owner": "unmanaged", "drift": [], "unknown": none},
        ], "next": none})
    );
}

#[tokio::test]
async fn one_subject_is_shown_as_in_the_list_with_what_is_withheld() {
    let server = Server::busy(2).await;
    let listed = server.get(&format!("{BELOW}/schemas")).await.json();
    let mut wanted = listed["items"][1].clone();
    wanted["blocked"] = json!([]);
    let path = format!("{BELOW}/schemas/orders-value");
    assert_eq!(server.get(&path).await.json(), wanted);
    for (subject, told) in [
        ("nothing-value", "has no subject \"nothing-value\""),
        // what plans call the registry's own setting
        ("%3Cdefault%3E", "has no subject"),
    ] {
        let path = format!("{BELOW}/schemas/{subject}");
        let detail = server.problem(&path, 404).await["detail"].take();
        assert!(detail.as_str().unwrap().contains(told), "{detail}");
    }
}

#[tokio::test]
async fn a_page_of_connectors_or_schemas_goes_on_where_it_ended() {
    let server = Server::busy(2).await;
    for (list, names) in [
        (
            "connectors",
            vec!["far", "orders-source", "starting", "stray"],
        ),
        ("schemas", vec!["closed", "orders-value", "other-value"]),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("{BELOW}/{list}?limit=1{cursor}")).await;
            let page = page.json();
            seen.push(page["items"][0]["name"].as_str().unwrap().to_owned());
            let Some(next) = page["next"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, names, "{list}");
    }
}

#[tokio::test]
async fn what_was_seen_of_a_plane_is_shown_while_it_is_away_and_its_age_is_told() {
    for (plane, list) in [(Plane::Connect, "connectors"), (Plane::Registry, "schemas")] {
        let server = Server::busy(2).await;
        let names = async || {
            let page = server.get(&format!("{BELOW}/{list}")).await.json();
            let items = page["items"].as_array().unwrap().iter();
            items.map(|item| item["name"].clone()).collect::<Vec<_>>()
        };
        let before = names().await;
        let cycle = told::with_services(told::quiet(2, 'a', told::at(120)));
        let away = told::without(cycle, plane, "connection refused");
        server.board.publish(|view| view.after(&away));
        assert_eq!(names().await, before, "{plane}");
        let planes = server.get(BELOW).await.json()["planes"].take();
        let state = &planes[plane.as_str()];
        let reason = state["reason"].as_str().unwrap();
        assert!(reason.ends_with("connection refused"), "{reason}");
        assert_eq!(state["complete"], false, "{plane}");
        assert_eq!(state["observedAt"], "2027-01-15T08:01:00Z", "{plane}");
        assert_eq!(
            planes["kafka"]["complete"], true,
            "{plane}: Kafka stays fine"
        );
        assert_eq!(
            planes["kafka"]["observedAt"], "2027-01-15T08:02:00Z",
            "{plane}"
        );
    }
}

#[tokio::test]
async fn a_cluster_without_connect_or_a_registry_says_so() {
    let server = Server::fresh().await;
    let lists = [
        "connectors",
        "connectors/orders-source",
        "schemas",
        "schemas/orders-value",
    ];
    for list in lists {
        let problem = server.problem(&format!("{BELOW}/{list}"), 503).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("was not observed yet"), "{detail}");
    }
    server.saw(|_| ());
    for list in lists {
        let problem = server.problem(&format!("{BELOW}/{list}"), 503).await;
        let reason = problem["reasons"][0].as_str().unwrap();
        assert!(reason.starts_with("headgate.yaml names no "), "{reason}");
    }
}
