//! Who may do what: users, ACLs and quotas as they are shown.

use headgate::live::Observed;
use serde_json::{Value, json};

use super::Server;
use crate::support::told;

const BELOW: &str = "/api/v1/clusters/streaming";

fn declared(line: u32) -> Value {
    json!({"file": "desired-state/streaming/topics.yaml", "line": line})
}

#[tokio::test]
async fn a_user_is_shown_with_all_that_kafka_tells_and_nothing_that_it_hides() {
    let server = Server::busy(2).await;
    let users = server.get(&format!("{BELOW}/users")).await;
    assert!(!users.text.contains(told::FINGERPRINT), "{}", users.text);
    let credential = |mechanism: &str, login: Option<&str>| {
        let tried = login.map(|_| "1970-01-01T00:00:00Z");
        json!({"mechanism": mechanism, "iterations": 4096, "login": login, "triedAt": tried})
    };
    let item = |name: &str,
                credentials: Value,
                declared: Value,
                owner: &str,
                unknown: Option<&str>| {
        json!({"name": name, "credentials": credentials, "declared": declared, "owner": owner, "unknown": unknown})
    };
    let both = json!([
        credential("SCRAM-SHA-256", Some("denied")),
        credential("SCRAM-SHA-512", Some("accepted")),
    ]);
    let one = json!([credential("SCRAM-SHA-512", None)]);
    let refused = Some("its description was refused");
    assert_eq!(
        users.json(),
        json!({"items": [
            item("analytics", both, declared(40), "managed", None),
            item("closed", Value::Null, Value::Null, "unmanaged", refused),
            item("other", one, Value::Null, "unmanaged", None),
        ], "next": null})
    );
}

#[tokio::test]
async fn an_acl_is_shown_in_its_parts_with_every_document_that_grants_it() {
    let server = Server::busy(2).await;
    let acls = server.get(&format!("{BELOW}/acls")).await.json();
    let analytics = |name: &str, pattern: &str, declared: Value, owner: &str| {
        json!({
            "name": format!("User:analytics allow Read topic:{pattern}:{name}"), "principal": "User:analytics",
            "host": "*", "permission": "allow", "operation": "Read",
            "resource": {"type": "topic", "name": name, "pattern": pattern}, "declared": declared, "owner": owner,
        })
    };
    let granted = json!([declared(40), declared(50)]);
    assert_eq!(
        acls,
        json!({"items": [
            {
                "name": "User:CN=a%20b deny #99 group:literal:* from 10.0.0.1", "principal": "User:CN=a b",
                "host": "10.0.0.1", "permission": "deny", "operation": "#99",
                "resource": {"type": "group", "name": "*", "pattern": "literal"}, "declared": [], "owner": "unmanaged",
            },
            analytics("topic-00001", "literal", granted, "managed"),
            analytics("topic-", "prefixed", json!([]), "unmanaged"),
        ], "next": null})
    );
}

#[tokio::test]
async fn acls_are_filtered_by_who_and_by_what_they_apply_to() {
    let server = Server::busy(2).await;
    let count = async |query: &str| {
        let page = server.get(&format!("{BELOW}/acls?{query}")).await.json();
        page["items"].as_array().map(Vec::len)
    };
    assert_eq!(count("principal=User:analytics").await, Some(2));
    assert_eq!(count("principal=User:CN%3Da%20b").await, Some(1));
    assert_eq!(count("principal=User:anal").await, Some(0), "whole names");
    assert_eq!(count("resource=topic:topic-00001").await, Some(2));
    assert_eq!(count("resource=topic:topic-2").await, Some(1), "a prefix");
    assert_eq!(count("resource=topic:other").await, Some(0));
    assert_eq!(
        count("resource=group:whatever").await,
        Some(1),
        "all groups"
    );
    let both = "principal=User:analytics&resource=group:whatever";
    assert_eq!(count(both).await, Some(0));
    for resource in ["topic", "planet:mars", ""] {
        let path = format!("{BELOW}/acls?resource={resource}");
        let problem = server.problem(&path, 400).await;
        assert_eq!(problem["parameter"], "resource");
        assert_eq!(problem["allowed"][0], "topic:<name>");
    }
    for principal in ["analytics", "User:", ":analytics", ""] {
        let path = format!("{BELOW}/acls?principal={principal}");
        let problem = server.problem(&path, 400).await;
        assert_eq!(problem["parameter"], "principal");
        assert_eq!(problem["allowed"][0], "User:<name>");
    }
    let problem = server.problem(&format!("{BELOW}/acls?host=x"), 400).await;
    assert_eq!(
        problem["allowed"],
        json!(["principal", "resource", "limit", "cursor"])
    );
}

#[tokio::test]
async fn a_page_of_filtered_acls_goes_on_where_it_ended() {
    let server = Server::busy(2).await;
    let first = format!("{BELOW}/acls?principal=User:analytics&limit=1");
    let page = server.get(&first).await.json();
    let next = page["next"].as_str().unwrap();
    let last = server.get(&format!("{first}&cursor={next}")).await.json();
    assert_eq!(last["items"][0]["resource"]["pattern"], "prefixed");
    assert_eq!(last["next"], Value::Null);
}

/// Trap 28: the default, a name and nothing are three things.
#[tokio::test]
async fn a_quota_tells_whom_it_is_for() {
    let server = Server::busy(2).await;
    let quotas = server.get(&format!("{BELOW}/quotas")).await.json();
    let entity = |user: Option<&str>, client_id: Option<&str>, ip: Option<&str>| json!({"user": user, "clientId": client_id, "ip": ip});
    assert_eq!(
        quotas,
        json!({"items": [
            {"name": "ip=10.0.0.1", "entity": entity(None, None, Some("10.0.0.1")),
                "values": {"connection_creation_rate": "10"}, "declared": null, "owner": "unmanaged", "unknown": null},
            {"name": "user=analytics,client-id=<default>", "entity": entity(Some("analytics"), Some("<default>"), None),
                "values": {"producer_byte_rate": "1048576"}, "declared": declared(60), "owner": "managed", "unknown": null},
        ], "next": null})
    );
}

/// Trap 24: no authorizer, or no permission to read, is not an empty list.
#[tokio::test]
async fn what_could_not_be_read_is_a_problem_with_the_reason_while_the_rest_is_shown() {
    let server = Server::busy(2).await;
    let why = "CLUSTER_AUTHORIZATION_FAILED: Describe on the cluster is needed";
    server.saw(|kafka| {
        kafka.acls = Observed::Unknown(why.into());
        kafka.groups = Observed::Unknown(why.into());
    });
    for list in ["acls", "consumer-groups", "consumer-groups/analytics"] {
        let problem = server.problem(&format!("{BELOW}/{list}"), 503).await;
        assert_eq!(problem["reasons"], json!([why]), "{list}");
    }
    for list in ["users", "quotas", "topics", "brokers"] {
        assert_eq!(server.get(&format!("{BELOW}/{list}")).await.status, 200);
    }
}
