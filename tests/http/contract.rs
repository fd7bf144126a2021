//! Routes, methods and shapes: the contract, and the OpenAPI document that tells it.

use serde_json::{Map, Value, json};

use super::{Answer, Server};
use crate::support::told;

/// The routes that users script against.
const ROUTES: [&str; 22] = [
    "/api/v1/check",
    "/api/v1/clusters/{c}",
    "/api/v1/clusters/{c}/acls",
    "/api/v1/clusters/{c}/brokers",
    "/api/v1/clusters/{c}/connectors",
    "/api/v1/clusters/{c}/connectors/{n}",
    "/api/v1/clusters/{c}/consumer-groups",
    "/api/v1/clusters/{c}/consumer-groups/{g}",
    "/api/v1/clusters/{c}/drift",
    "/api/v1/clusters/{c}/history",
    "/api/v1/clusters/{c}/plan",
    "/api/v1/clusters/{c}/quotas",
    "/api/v1/clusters/{c}/schemas",
    "/api/v1/clusters/{c}/schemas/{n}",
    "/api/v1/clusters/{c}/topics",
    "/api/v1/clusters/{c}/topics/{t}",
    "/api/v1/clusters/{c}/users",
    "/api/v1/status",
    "/livez",
    "/metrics",
    "/openapi.json",
    "/readyz",
];

fn filled_in(route: &str) -> String {
    route
        .replace("{c}", "streaming")
        .replace("{t}", "topic-00001")
        .replace("{g}", "analytics")
        .replace("schemas/{n}", "schemas/orders-value")
        .replace("{n}", "orders-source")
}

/// The OpenAPI document, with every object closed: a field that it does not name is then an error.
struct Document(Value);

impl Document {
    async fn of(server: &Server) -> Self {
        let mut document = server.get("/openapi.json").await.json();
        let mut schemas = document["components"]["schemas"].take();
        let names: Vec<String> = schemas.as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut schema = merged(&schemas[&name], &schemas);
            close(&mut schema);
            schemas[&name] = schema;
        }
        document["components"]["schemas"] = schemas;
        close(&mut document["paths"]);
        Self(document)
    }

    fn routes(&self) -> Vec<&str> {
        let paths = self.0["paths"].as_object().unwrap();
        let mut routes: Vec<_> = paths.keys().map(String::as_str).collect();
        routes.sort_unstable();
        routes
    }

    /// Holds an answer against what the document says of its route and status.
    fn hold(&self, route: &str, answer: &Answer) {
        let told = &self.0["paths"][route]["get"]["responses"][answer.status.to_string()];
        let content = told["content"].as_object();
        let content =
            content.unwrap_or_else(|| panic!("{route} answers {}: not documented", answer.status));
        let content_type = answer.header("content-type");
        let schema = content
            .get(content_type)
            .unwrap_or_else(|| panic!("{route} answers {content_type:?}: not documented"));
        if content_type.starts_with("text/plain") {
            return;
        }
        let mut schema = schema["schema"].clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let seen = answer.json();
        let errors: Vec<_> = validator
            .iter_errors(&seen)
            .map(|e| format!("{} at {}", e, e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{route}: {errors:#?}\n{seen:#}");
    }
}

/// Lays the members of each `allOf` over each other, since a closed member would refuse the fields of the others.
fn merged(schema: &Value, schemas: &Value) -> Value {
    let each = |value: &Value| merged(value, schemas);
    let Some(members) = schema.get("allOf").and_then(Value::as_array) else {
        return match schema {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.clone(), each(value)));
                Value::Object(fields.collect())
            }
            Value::Array(items) => items.iter().map(each).collect(),
            other => other.clone(),
        };
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for member in members {
        let name = member["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        let member = each(name.map_or(member, |name| &schemas[name]));
        properties.extend(member["properties"].as_object().unwrap().clone());
        required.extend(member["required"].as_array().unwrap().clone());
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_names_exactly_the_routes_of_the_contract() {
    let server = Server::fresh().await;
    assert_eq!(Document::of(&server).await.routes(), ROUTES);
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let (fresh, busy) = (Server::fresh().await, Server::busy(5).await);
    let document = Document::of(&fresh).await;
    for route in document.routes() {
        document.hold(route, &fresh.get(&filled_in(route)).await);
        let answer = busy.get(&filled_in(route)).await;
        document.hold(route, &answer);
        if route != "/api/v1/check" {
            assert_eq!(answer.status, 200, "{route}: {}", answer.text);
        }
        for (cluster, object) in [("elsewhere", "analytics"), ("streaming", "nope")] {
            let route_there = route.replace("{c}", cluster);
            let there = ["{t}", "{g}", "{n}"]
                .iter()
                .fold(route_there.clone(), |path, word| path.replace(word, object));
            let answer = busy.get(&there).await;
            assert!(there == route_there || answer.status == 404, "{there}");
            document.hold(route, &answer);
        }
        let takes_parameters = document.0["paths"][route]["get"]["responses"]["400"] != Value::Null;
        let answer = busy.get(&format!("{}?limit=x&x=y", filled_in(route))).await;
        assert_eq!(answer.status == 400, takes_parameters, "{route}");
        document.hold(route, &answer);
    }
}

#[tokio::test]
async fn no_route_takes_anything_but_get_and_head() {
    let server = Server::busy(5).await;
    for route in ROUTES {
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE",
        ] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = server.send(method.clone(), &filled_in(route)).await;
            assert_eq!(answer.status, 405, "{method} {route}");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{method} {route}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.json()["status"], 405);
        }
        let head = server.send(reqwest::Method::HEAD, &filled_in(route)).await;
        assert_eq!(head.status, server.get(&filled_in(route)).await.status);
        assert_eq!(head.text, "", "{route}");
    }
}

#[tokio::test]
async fn the_status_is_the_contract_word_for_word() {
    let server = Server::fresh().await;
    server.board.publish(|view| {
        view.with_source(told::source('a'), told::at(0))
            .after(&told::quiet(1, 'a', told::at(1)))
    });
    let a = "a".repeat(40);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "since": "2027-01-15T08:00:01.41Z"});
    let mut valid = condition(
        "DesiredValid",
        "True",
        "Valid",
        "revision aaaaaaaa is valid",
    );
    valid["since"] = "2027-01-15T08:00:00Z".into();
    let wanted = json!({
        "schemaVersion": 1, "version": "1.2.3",
        "source": {"repo": told::REPO, "ref": "main", "seen": a, "applied": a, "fetchedAt": "2027-01-15T08:00:00Z", "error": null},
        "clusters": [{
            "name": "streaming", "clusterId": "MkU3OEVBNTcwNTJENDM2Qk",
            "revision": {"attempted": a, "applied": a, "converged": a},
            "conditions": [
                condition("Ready", "True", "Converged", "revision aaaaaaaa is in place"),
                condition("Reconciling", "False", "Idle", "there is nothing to do"),
                condition("Drifted", "False", "NoDrift", "nothing differs that git did not cause"),
                condition("Blocked", "False", "NothingWithheld", "nothing is withheld"),
                condition("ObservationComplete", "True", "Complete", "every plane was seen whole"),
                valid,
                condition("Suspended", "False", "NotSuspended", "changes are switched on"),
            ],
            "planes": {"kafka": {"complete": true, "observedAt": "2027-01-15T08:00:01Z", "reason": null}},
            "drift": {"missing": 0, "modified": 0, "unexpected": 0, "replaced": 0},
            "pending": 0, "blocked": [],
            "lastPass": {"startedAt": "2027-01-15T08:00:01Z", "seconds": 0.41, "result": "ok"},
        }],
    });
    let seen = server.get("/api/v1/status").await;
    assert_eq!(seen.header("cache-control"), "no-store");
    assert_eq!(seen.json(), wanted);
    let cluster = server.get("/api/v1/clusters/streaming").await.json();
    assert_eq!(cluster, wanted["clusters"][0]);
}

#[tokio::test]
async fn a_drift_item_is_the_contract_word_for_word() {
    let server = Server::busy(5).await;
    let seen = server.get("/api/v1/clusters/streaming/drift").await.json();
    let fields = json!([{"path": "config.retention.ms", "live": "5000", "desired": "86400000"}]);
    let source = json!({"file": "desired-state/streaming/topics.yaml", "line": 12});
    let item = |name: &str, class: &str, since: &str| json!({"kind": "Topic", "name": name, "class": class, "since": since, "fields": fields, "source": source});
    let failed = json!([{"path": "state", "live": "failed", "desired": "running"}]);
    let of_connector = json!({"file": "desired-state/streaming/topics.yaml", "line": 70});
    assert_eq!(
        seen,
        json!({"items": [
            {"kind": "Connector", "name": "orders-source", "class": "modified", "since": "2027-01-15T08:01:00Z",
                "fields": failed, "source": of_connector},
            item("topic-00000", "modified", "2027-01-15T07:58:20Z"),
            item("topic-00001", "unexpected", "2027-01-15T08:01:00Z"),
        ], "next": null})
    );
}

#[tokio::test]
async fn the_plan_is_what_is_left_and_has_the_shape_of_the_command_line() {
    let server = Server::busy(5).await;
    let seen = server.get("/api/v1/clusters/streaming/plan").await.json();
    assert_eq!(seen["schemaVersion"], 1);
    assert_eq!(seen["revision"], "a".repeat(40));
    assert!(seen["planId"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(
        seen["summary"],
        json!({"create": 0, "update": 1, "delete": 0, "blocked": 3, "unexpected": 1, "reported": 1})
    );
    let cluster = &seen["clusters"][0];
    assert_eq!(cluster["actions"][0]["name"], "topic-00000");
    assert_eq!(cluster["blocked"][0]["gate"], "consent");
    assert_eq!(
        cluster["unexpected"],
        json!([{"kind": "Topic", "name": "stray"}])
    );
}
