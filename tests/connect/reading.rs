//! Observing and looking: in as few requests as promised, and never taking silence for absence.

use std::time::Duration;

use headgate::{
    config::Endpoint,
    connect::{Client, Patience},
    live::{ConfigProblem, Observed, config_value},
    model::ConfigKey,
    ports::{ConnectPlane, NewValue},
    rest::Limits,
};
use serde_json::{Value, json};

use super::{
    CANARY,
    double::{self, Asked, Reply},
    mk_client, mk_config, mk_patience,
};

const LIST: &str = "GET /connectors?expand=info&expand=status";

fn mk_info(name: &str) -> Value {
    let config = json!({"name": name, "connector.class": "C", "topics": "t"});
    json!({"name": name, "config": config, "tasks": [{"connector": name, "task": 0}], "type": "sink"})
}

fn mk_status(name: &str, state: &str) -> Value {
    json!({"name": name, "connector": {"state": state, "worker_id": "w:1", "version": "1"},
           "tasks": [{"id": 0, "state": state, "worker_id": "w:1"}], "type": "sink"})
}

fn mk_entry(name: &str) -> Value {
    json!({"info": mk_info(name), "status": mk_status(name, "RUNNING")})
}

/// A Connect cluster with the connectors `a` and `new`, of which the second has no status yet.
fn connect(asked: &Asked) -> Reply {
    match asked.line.as_str() {
        LIST => Reply::Json(200, json!({"a": mk_entry("a")})),
        "GET /connectors/a" => Reply::Json(200, mk_info("a")),
        "GET /connectors/a/status" => Reply::Json(200, mk_status("a", "PAUSED")),
        "GET /connectors/new" => Reply::Json(200, mk_info("new")),
        "GET /connectors/new/status" => Reply::error(404, "No status found for connector new"),
        line => {
            let name = line.trim_start_matches("GET /connectors/");
            Reply::error(404, &format!("Connector {name} not found"))
        }
    }
}

/// Trap 34: one request tells of all connectors.
#[tokio::test]
async fn an_observation_is_two_requests() {
    let double = double::start(connect).await;
    let seen = mk_client(&[&double.url]).observe().await;
    let seen = seen.known().unwrap();
    assert_eq!(seen.cluster.kafka_cluster_id.0, "kafka-1");
    assert_eq!(seen.cluster.version, "4.3.1");
    let a = seen.connectors["a"].known().unwrap();
    assert_eq!((a.connect.as_str(), a.runs()), ("main", "running"));
    assert_eq!(config_value(&a.config, "topics"), Some(Some("t")));
    assert_eq!(a.tasks[0].worker.as_deref(), Some("w:1"));
    assert_eq!(double.lines(), ["GET /", LIST]);
}

/// Trap 34: the list lacks connectors without a status, so absence is told by a look of its own.
#[tokio::test]
async fn a_look_tells_absent_from_not_listed() {
    let double = double::start(connect).await;
    let client = mk_client(&[&double.url]);
    let few = ["a", "new", "absent"].map(Into::into);
    let mut many = few.to_vec();
    many.extend((0..10).map(|n| format!("other-{n}").into()));
    for (names, a_is) in [(&few[..], "paused"), (&many[..], "running")] {
        let looked = client.look(names).await;
        let looked = &looked.known().unwrap().connectors;
        assert_eq!(looked.len(), names.len());
        let of = |name: &str| looked[name].known().unwrap().as_ref();
        assert_eq!(of("a").unwrap().runs(), a_is);
        assert_eq!(of("new").unwrap().state, "UNASSIGNED");
        assert_eq!(of("absent"), None);
    }
    let lists = double.lines().into_iter().filter(|line| line == LIST);
    assert_eq!(lists.count(), 1, "few are looked at one by one");
}

/// Trap 33: a follower may answer 500 for a forwarded 404; a worker that is starting answers 404 to everything.
#[tokio::test]
async fn only_connects_own_word_makes_a_connector_absent() {
    for (status, body) in [
        (500, json!({"error_code": 500, "message": "Connector gone not found"}).to_string()),
        (404, json!({"error_code": 404, "message": "HTTP 404 Not Found"}).to_string()),
        (404, json!({"servlet": "x", "message": "Not Found", "url": "/connectors/gone", "status": "404"}).to_string()),
        (404, "<html>gone</html>".to_owned()),
        (404, String::new()),
        (200, "null".to_owned()),
        (200, "{}".to_owned()),
    ] {
        let reply = body.clone();
        let double = double::start(move |_| Reply::Text(status, reply.clone())).await;
        let looked = mk_client(&[&double.url]).look(&["gone".into()]).await;
        let gone = &looked.known().unwrap().connectors["gone"];
        assert!(gone.unknown().is_some(), "{status} {body}: {gone:?}");
    }
}

/// What a worker says of every path while it starts is no word about a connector that is called so.
#[tokio::test]
async fn a_connector_whose_name_stands_in_any_answer_is_not_made_absent_by_it() {
    let double = double::start(|_| Reply::error(404, "HTTP 404 Not Found")).await;
    let looked = mk_client(&[&double.url]).look(&["Found".into()]).await;
    let found = &looked.known().unwrap().connectors["Found"];
    let why = found.unknown().unwrap();
    assert!(
        why.contains("404") && why.ends_with("is this the address of Kafka Connect?"),
        "{why}"
    );
}

#[tokio::test]
async fn workers_that_fall_silent_are_not_waited_for_connector_by_connector() {
    let double = double::start(|asked| match asked.line.as_str() {
        LIST => Reply::Json(200, json!({})),
        _ => Reply::Silence,
    })
    .await;
    let patience = Patience {
        look: Duration::from_millis(300),
        ..mk_patience()
    };
    let endpoint = Endpoint::plaintext(vec![double.url.clone()]);
    let client = Client::patient("main", &endpoint, patience, Limits::default());
    let names: Vec<_> = (0..20).map(|n| format!("c-{n}").into()).collect();
    let looked = client.look(&names).await;
    let connectors = &looked.known().unwrap().connectors;
    assert_eq!(connectors.len(), 20);
    for seen in connectors.values() {
        let why = seen.unknown().unwrap();
        assert!(why.contains("Connect is too slow"), "{why}");
    }
}

#[tokio::test]
async fn names_that_no_path_can_hold_are_unknown_and_not_asked() {
    let double = double::start(connect).await;
    let client = mk_client(&[&double.url]);
    let looked = client.look(&["..".into(), "x/../y".into()]).await;
    let looked = &looked.known().unwrap().connectors;
    assert!(looked[".."].unknown().unwrap().contains("\"..\""));
    assert_eq!(double.lines(), ["GET /", "GET /connectors/x%2F..%2Fy"]);
}

/// Trap 40: what the plugin says becomes a finding, key by key; what Kafka repeats of a secret does not.
#[tokio::test]
async fn a_plugins_errors_are_told_without_the_values() {
    let double = double::start(|asked| match asked.line.as_str() {
        "PUT /connector-plugins/com.example.Source/config/validate" => {
            let value = |name: &str, errors: Value| json!({"definition": {"name": name}, "value": {"name": name, "value": CANARY, "errors": errors}});
            let wrong = format!("Invalid value {CANARY} for configuration password: it holds no digit");
            let looked_up = "Invalid value looked-up for configuration user: no such user";
            Reply::Json(200, json!({"name": "com.example.Source", "error_count": 2, "groups": ["Common"], "configs": [
                value("tasks.max", json!([])), value("password", json!([wrong])), value("user", json!([looked_up]))]}))
        }
        _ => Reply::error(404, "HTTP 404 Not Found"),
    })
    .await;
    let config = mk_config();
    let client = mk_client(&[&double.url]);
    let found = client.validate("source", &config).await;
    let problem = |key: &str, why: &str| ConfigProblem {
        key: key.into(),
        message: format!("Invalid value (hidden) for configuration {key}: {why}"),
        is_hint: false,
    };
    let want = vec![
        problem("password", "it holds no digit"),
        problem("user", "no such user"),
    ];
    assert_eq!(found, Observed::Known(want));
    let sent: Value = serde_json::from_str(&double.asked()[0].body).unwrap();
    assert_eq!(sent["name"], "source");
    assert_eq!(sent["password"], CANARY, "the plugin judges the real value");
    assert_eq!(sent["user"], "${file:/etc/s:user}");
}

/// Connect takes a key that no plugin knows without a word, and what was meant by it never happens.
#[tokio::test]
async fn a_key_that_is_unknown_and_close_to_one_that_is_not_set_is_told() {
    let double = double::start(|_| {
        let known = [
            "batch.size",
            "flush.size",
            "tasks.max",
            "topics",
            "transforms",
            "user",
        ];
        let known = known
            .map(|key| json!({"definition": {"name": key}, "value": {"name": key, "errors": []}}));
        let unknown = json!({"definition": null, "value": {"name": "topcs", "errors": []}});
        let configs: Vec<Value> = known.into_iter().chain([unknown]).collect();
        Reply::Json(200, json!({"configs": configs}))
    })
    .await;
    let mut config = mk_config();
    for key in [
        "topcs",
        "flush.sizes",
        "transforms.x.typ",
        "transform",
        "password.provider",
        "batch.size",
        "batch.sizes",
    ] {
        config.insert(ConfigKey::new(key), NewValue::Open(CANARY.into()));
    }
    let found = mk_client(&[&double.url]).validate("sink", &config).await;
    let hint = |key: &str, near: &str| ConfigProblem {
        key: key.into(),
        message: format!("key `{key}` is not known to com.example.Source; did you mean `{near}`?"),
        is_hint: true,
    };
    let want = vec![
        hint("flush.sizes", "flush.size"),
        hint("topcs", "topics"),
        hint("transform", "transforms"),
    ];
    assert_eq!(found, Observed::Known(want));
}

#[tokio::test]
async fn a_missing_plugin_is_a_problem_of_its_class() {
    let plugins = |classes: &[&str]| {
        let plugins = classes
            .iter()
            .map(|class| json!({"class": class, "type": "source", "version": "1"}));
        Value::from_iter(plugins)
    };
    let refusing = |there: Value| {
        move |asked: &Asked| match asked.line.as_str() {
            "GET /connector-plugins" => Reply::Json(200, there.clone()),
            _ => Reply::error(500, &format!("Failed to find any class, {CANARY}")),
        }
    };
    let config = mk_config();
    let double = double::start(refusing(plugins(&["b.Sink", "a.Other"]))).await;
    let found = mk_client(&[&double.url]).validate("source", &config).await;
    let found = found.known().unwrap();
    assert_eq!(found[0].key, "connector.class");
    let told = &found[0].message;
    assert!(
        told.contains("no plugin com.example.Source") && told.ends_with("a.Other, b.Sink"),
        "{told}"
    );

    let double = double::start(refusing(plugins(&["com.example.Source"]))).await;
    let found = mk_client(&[&double.url]).validate("source", &config).await;
    let why = found.unknown().unwrap();
    assert!(why.contains("HTTP 500") && !why.contains(CANARY), "{why}");
}
