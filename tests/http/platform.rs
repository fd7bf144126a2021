//! How the cluster and its groups are shown: brokers, the quorum, members, offsets and lag.

use headgate::{
    live::{LiveConfig, Moving, Observed},
    model::ConfigKey,
};
use serde_json::{Value, json};

use super::Server;
use crate::support::told;

const BELOW: &str = "/api/v1/clusters/streaming";

async fn brokers(server: &Server) -> Value {
    server.get(&format!("{BELOW}/brokers")).await.json()
}

#[tokio::test]
async fn brokers_tell_what_they_carry_what_is_set_on_them_and_what_is_not_known() {
    let server = Server::busy(5).await;
    let mut seen = brokers(&server).await;
    let broker = |id: i32, led: usize, rest: Value| {
        let mut item = json!({"id": id, "state": "online", "host": format!("b{id}.example.com"), "port": 9094,
            "rack": format!("zone-{id}"), "draining": false, "partitionsLed": led, "partitionsHosted": 15,
            "outOfSync": 0, "underReplicated": 0, "underMinIsr": 0});
        let rest = rest.as_object().unwrap().clone();
        item.as_object_mut().unwrap().extend(rest);
        item
    };
    let dir = json!({"path": "/var/lib/kafka", "error": null, "used": 4096, "total": 1_099_511_627_776_u64, "usable": 549_755_813_888_u64});
    assert_eq!(
        seen["items"].take(),
        json!([
            broker(
                1,
                15,
                json!({"logDirs": [dir], "config": {"background.threads": "12", "ssl.key.password": null}, "unknown": null})
            ),
            broker(
                2,
                0,
                json!({"logDirs": null, "config": {}, "unknown": "logDirs: timed out"})
            ),
            broker(
                3,
                0,
                json!({"logDirs": null, "config": {}, "unknown": "logDirs: it was not looked at"})
            ),
        ])
    );
    let node = |id: i32, at: Option<i64>, lag: Option<i64>| json!({"id": id, "logEndOffset": at, "lag": lag});
    assert_eq!(
        seen,
        json!({
            "items": null, "next": null,
            "partitions": {"online": 15, "offline": 0, "underReplicated": 0, "underMinIsr": 0},
            "quorum": {"leader": 101, "epoch": 7, "highWatermark": 990, "lag": 40,
                "voters": [node(101, Some(1000), Some(0)), node(102, Some(1000), Some(0)), node(103, Some(960), Some(40))],
                "observers": [node(1, Some(1000), Some(0)), node(2, None, None)]},
            "defaults": {"log.retention.ms": "172800000"}, "unknown": null,
        })
    );
}

#[tokio::test]
async fn a_broker_that_is_gone_is_shown_with_what_suffers_from_it() {
    let server = Server::busy(2).await;
    server.saw(|kafka| {
        kafka.brokers.retain(|broker| broker.id == 1);
        kafka.health.fenced = Observed::Known(vec![2]);
        kafka.health.quorum = Observed::Unknown("timed out".into());
        let topic = kafka.topics.values_mut().next().unwrap();
        if let Observed::Known(topic) = topic {
            topic.partitions[0].isr = [1].into();
            topic.config.push(LiveConfig {
                key: ConfigKey::new("min.insync.replicas"),
                value: Some("2".into()),
            });
        }
    });
    let seen = brokers(&server).await;
    assert_eq!(
        seen["partitions"],
        json!({"online": 6, "offline": 0, "underReplicated": 1, "underMinIsr": 1})
    );
    let of = |field: &str| -> Vec<Value> {
        let items = seen["items"].as_array().unwrap();
        items.iter().map(|b| b[field].clone()).collect()
    };
    assert_eq!(of("state"), ["online", "fenced", "missing"]);
    assert_eq!(of("host")[1], Value::Null);
    assert_eq!(of("outOfSync"), [0, 1, 1]);
    assert_eq!(of("underReplicated"), [1, 1, 1]);
    assert_eq!(seen["quorum"], Value::Null);
    assert_eq!(seen["unknown"], "quorum: timed out");
}

#[tokio::test]
async fn a_topic_tells_what_is_moving_and_what_is_declared_beside_what_is_set() {
    let server = Server::busy(2).await;
    server.saw(|kafka| {
        let moving = Moving {
            partition: 1,
            replicas: [4, 1, 2, 3].into(),
            adding: [4].into(),
            removing: [3].into(),
        };
        kafka.moving = Observed::Known([(told::topic_name(0), vec![moving])].into());
        if let Some(Observed::Known(topic)) = kafka.topics.get_mut("topic-00000") {
            topic.config = vec![LiveConfig {
                key: ConfigKey::new("segment.ms"),
                value: None,
            }];
        }
    });
    let path = format!("{BELOW}/topics/topic-00000");
    let topic = server.get(&path).await.json();
    assert_eq!(
        topic["configs"],
        json!([
            {"key": "retention.ms", "value": null, "source": null, "declared": "86400000"},
            {"key": "segment.ms", "value": null, "source": "topic", "declared": null},
        ])
    );
    assert_eq!(
        topic["moving"],
        json!([{"partition": 1, "adding": [4], "removing": [3]}])
    );
    server.saw(|kafka| {
        kafka.moving = Observed::Unknown("timed out".into());
    });
    assert_eq!(server.get(&path).await.json()["moving"], Value::Null);
}

#[tokio::test]
async fn groups_tell_members_offsets_and_lag_and_why_some_do_not() {
    let server = Server::busy(2).await;
    let groups = server.get(&format!("{BELOW}/consumer-groups")).await.json();
    let place = json!({"file": "desired-state/streaming/topics.yaml", "line": 70});
    let analytics = json!({"name": "analytics", "state": "Stable", "protocol": "consumer", "memberCount": 1, "lag": 40,
        "declared": place, "owner": "managed", "unknown": null});
    assert_eq!(
        groups,
        json!({"items": [
            analytics,
            {"name": "batch", "state": "Stable", "protocol": "consumer", "memberCount": null, "lag": null,
                "declared": null, "owner": "unmanaged", "unknown": "not read: there are too many"},
            {"name": "closed", "state": null, "protocol": null, "memberCount": null, "lag": null,
                "declared": null, "owner": "unmanaged", "unknown": "its description was refused"},
        ], "next": null})
    );
    let path = format!("{BELOW}/consumer-groups/analytics");
    let mut group = server.get(&path).await.json();
    let mut only = |field: &str| group[field].take();
    assert_eq!(
        only("members"),
        json!([{"id": "analytics-1-abc", "clientId": "analytics-1", "host": "/10.0.0.7", "assigned": {"topic-00001": [0, 1]}}])
    );
    assert_eq!(
        only("offsets"),
        json!([
            {"topic": "topic-00001", "partition": 0, "committed": 60, "end": 100, "lag": 40, "at": "2027-01-15T08:00:00Z"},
            {"topic": "topic-00001", "partition": 1, "committed": 100, "end": 100, "lag": 0, "at": null},
        ])
    );
    assert_eq!(
        only("expected"),
        json!({"mustExist": true, "maxLag": 1000, "maxLagSeconds": 300, "resetTo": null})
    );
    assert_eq!(only("config"), json!({}));
}

#[tokio::test]
async fn a_group_that_is_not_there_is_a_problem_that_names_its_document() {
    let server = Server::busy(2).await;
    let detail = async |group: &str| {
        let path = format!("{BELOW}/consumer-groups/{group}");
        let problem = server.problem(&path, 404).await;
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        detail("nope").await,
        r#"cluster streaming has no consumer group "nope""#
    );
    let gone = detail("gone").await;
    let place = r#"consumer group "gone" is declared at desired-state/streaming/topics.yaml:80"#;
    assert!(gone.starts_with(place), "{gone}");
}
