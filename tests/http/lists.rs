//! Lists and single objects: paging, and what an item says.

use std::{collections::BTreeMap, sync::Arc};

use headgate::{
    live::{Live, Observed},
    model::TopicName,
    report::Cycle,
};
use serde_json::{Value, json};

use super::Server;
use crate::support::told;

const BELOW: &str = "/api/v1/clusters/streaming";

/// Walks a list to its end, page by page.
async fn walk(server: &Server, list: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server
            .get(&format!("{BELOW}/{list}?limit={limit}{cursor}"))
            .await
            .json();
        let got = page["items"].as_array().unwrap();
        assert!(got.len() <= limit);
        items.extend(got.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|i| i["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_hold_every_topic_once_and_in_order() {
    let server = Server::busy(1234).await;
    let wanted: Vec<String> = (0..1234).map(|i| told::topic_name(i).to_string()).collect();
    for limit in [1000, 100, 617] {
        assert_eq!(names(&walk(&server, "topics", limit).await), wanted);
    }
    let first = server.get(&format!("{BELOW}/topics")).await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 100);
    let exact = server.get(&format!("{BELOW}/brokers?limit=3")).await.json();
    assert_eq!(exact["next"], Value::Null, "a full page can be the last");
}

#[tokio::test]
async fn a_cursor_finds_its_place_when_what_it_stood_on_is_gone() {
    let server = Server::busy(10).await;
    let page = server.get(&format!("{BELOW}/topics?limit=4")).await.json();
    let cursor = page["next"].as_str().unwrap();
    let mut live = told::live(10, told::at(120));
    if let Observed::Known(kafka) = &mut live.kafka {
        kafka.topics.remove("topic-00003");
        kafka.topics.remove("topic-00004");
    }
    let cycle = Cycle {
        live: Some(Arc::new(live)),
        ..told::quiet(10, 'a', told::at(120))
    };
    server.board.publish(|view| view.after(&cycle));
    let rest = server
        .get(&format!("{BELOW}/topics?cursor={cursor}"))
        .await
        .json();
    let rest = rest["items"].as_array().unwrap().clone();
    assert_eq!(
        names(&rest),
        [
            "topic-00005",
            "topic-00006",
            "topic-00007",
            "topic-00008",
            "topic-00009"
        ]
    );
}

#[tokio::test]
async fn drift_and_history_page_as_topics_do() {
    let server = Server::busy(5).await;
    for i in 2..7 {
        server
            .board
            .publish(|view| view.after(&told::busy(5, 'a', told::at(60 * i))));
    }
    assert_eq!(walk(&server, "drift", 1).await.len(), 2);
    let history = walk(&server, "history", 2).await;
    let begun: Vec<_> = history
        .iter()
        .map(|e| e["startedAt"].as_str().unwrap())
        .collect();
    assert_eq!(
        begun,
        [
            "2027-01-15T08:06:00Z",
            "2027-01-15T08:05:00Z",
            "2027-01-15T08:04:00Z",
            "2027-01-15T08:03:00Z",
            "2027-01-15T08:02:00Z",
            "2027-01-15T08:01:00Z",
            "2027-01-15T08:00:01Z",
        ]
    );
    assert_eq!(
        history[0]["actions"][0]["result"], "error",
        "failures first"
    );
    assert_eq!(
        (&history[0]["done"], &history[0]["failed"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_topic_tells_what_is_set_where_it_is_declared_and_what_is_withheld() {
    let server = Server::busy(5).await;
    let topic = server
        .get(&format!("{BELOW}/topics/topic-00001"))
        .await
        .json();
    let partition =
        |i: usize| json!({"partition": i, "leader": 1, "replicas": [1, 2, 3], "isr": [1, 2, 3]});
    let fields = json!([{"path": "config.retention.ms", "live": "5000", "desired": "86400000"}]);
    assert_eq!(
        topic,
        json!({
            "name": "topic-00001", "id": "AAAAAAAAAAAAAAAAAAAAAg", "partitions": 3, "replicationFactor": 3,
            "internal": false, "config": {"retention.ms": "86400000"},
            "declared": {"file": "desired-state/streaming/topics.yaml", "line": 2}, "owner": "managed", "unknown": null,
            "configs": [{"key": "retention.ms", "value": "86400000", "source": "topic", "declared": "86400000"}],
            "layout": [partition(0), partition(1), partition(2)], "moving": [],
            "drift": [{"kind": "Topic", "name": "topic-00001", "class": "unexpected", "since": "2027-01-15T08:01:00Z",
                "fields": fields, "source": {"file": "desired-state/streaming/topics.yaml", "line": 12}}],
            "blocked": [{"action": "delete", "gate": "consent", "reason": "nobody consented to it", "fields": fields}],
        })
    );
}

#[tokio::test]
async fn a_topic_that_cannot_be_read_is_shown_as_unknown_and_not_left_out() {
    let server = Server::busy(2).await;
    let mut live = told::live(2, told::at(120));
    if let Observed::Known(kafka) = &mut live.kafka {
        let gone = Observed::Unknown("its description was refused".into());
        kafka.topics.insert(TopicName::new("closed").unwrap(), gone);
    }
    let cycle = Cycle {
        live: Some(Arc::new(live)),
        ..told::quiet(2, 'a', told::at(120))
    };
    server.board.publish(|view| view.after(&cycle));
    let page = server.get(&format!("{BELOW}/topics?limit=1")).await.json();
    let item = &page["items"][0];
    assert_eq!(item["name"], "closed");
    assert_eq!(item["unknown"], "its description was refused");
    assert_eq!(item["owner"], "unmanaged");
    assert_eq!(
        (&item["id"], &item["partitions"], &item["config"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn an_outage_hides_nothing_that_was_seen() {
    let server = Server::busy(5).await;
    let cycle = told::failed("no broker answers", told::at(120));
    server.board.publish(|view| view.after(&cycle));
    let topics = server.get(&format!("{BELOW}/topics")).await.json();
    assert_eq!(topics["items"].as_array().unwrap().len(), 5);
    let plane = server.get(BELOW).await.json()["planes"]["kafka"].clone();
    assert_eq!(
        plane,
        json!({"complete": false, "observedAt": "2027-01-15T08:01:00Z", "reason": "no broker answers"})
    );
}

#[tokio::test]
async fn before_the_first_look_there_is_no_list_rather_than_an_empty_one() {
    let server = Server::fresh().await;
    for list in [
        "topics",
        "topics/x",
        "brokers",
        "plan",
        "users",
        "acls",
        "quotas",
        "consumer-groups",
        "consumer-groups/x",
    ] {
        server.problem(&format!("{BELOW}/{list}"), 503).await;
    }
    let cycle = Cycle {
        live: Some(Arc::new(Live {
            observed_at: told::at(1),
            kafka: Observed::Unknown("no broker answers".into()),
            registry: None,
            connect: None,
            secrets: BTreeMap::new(),
        })),
        ..told::failed("no broker answers", told::at(1))
    };
    server.board.publish(|view| view.after(&cycle));
    server.problem(&format!("{BELOW}/topics"), 503).await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_says_what_is() {
    let server = Server::busy(5).await;
    let problem = server.problem("/api/v1/clusters/other/topics", 404).await;
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(
        problem["detail"],
        r#"there is no cluster "other"; there is streaming"#
    );
    server.problem("/api/v1/nothing", 404).await;
    server.problem("/", 404).await;
    server.problem("/api/v1/status/", 404).await;
    server.problem(&format!("{BELOW}/topics/%ff"), 400).await;
    server
        .problem(&format!("{BELOW}/topics/..%2f..%2fetc%2fpasswd"), 404)
        .await;
    let cycle = Cycle {
        desired: Some(Arc::new(told::desired(9))),
        ..told::quiet(5, 'a', told::at(120))
    };
    server.board.publish(|view| view.after(&cycle));
    let problem = server
        .problem(&format!("{BELOW}/topics/topic-00008"), 404)
        .await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("declared at desired-state/streaming/topics.yaml:9"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_wrong_parameter_is_a_problem_that_names_what_is_allowed() {
    let server = Server::busy(5).await;
    for limit in ["0", "1001", "-1", "x", "", "1e3", "99999999999999999999"] {
        let problem = server
            .problem(&format!("{BELOW}/topics?limit={limit}"), 400)
            .await;
        assert_eq!(problem["parameter"], "limit");
        assert_eq!(problem["allowed"], json!(["a whole number from 1 to 1000"]));
    }
    for (list, cursor) in [
        ("topics", "%20"),
        ("drift", "a"),
        ("brokers", "eA"),
        ("history", "eA"),
    ] {
        let problem = server
            .problem(&format!("{BELOW}/{list}?cursor={cursor}"), 400)
            .await;
        assert_eq!(problem["parameter"], "cursor");
    }
    let problem = server.problem(&format!("{BELOW}/drift?limt=5"), 400).await;
    assert_eq!(problem["allowed"], json!(["limit", "cursor"]));
    server
        .problem(&format!("{BELOW}/drift?limit=5&limit=6"), 400)
        .await;
    let problem = server.problem("/api/v1/check?fail_on=drift,lag", 400).await;
    assert_eq!(
        problem["allowed"],
        json!(["drift", "blocked", "stale", "invalid"])
    );
    for max_age in [
        "15",
        "m",
        "",
        "-1m",
        "1.5h",
        "15min",
        "99999999999999999d",
        "%F0%9F%98%80",
    ] {
        let problem = server
            .problem(&format!("/api/v1/check?max_age={max_age}"), 400)
            .await;
        assert_eq!(problem["parameter"], "max_age");
    }
}
