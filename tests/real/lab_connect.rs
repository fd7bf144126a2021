//! The lab's Connect workers, plugins, registry and S3: they come up and do their work, seen by bare REST.

use std::time::Duration;

use headgate::lab::{BUCKET, Connect, Endpoint, HTTP_SOURCE, KafkaCluster, S3_SINK, Service, Tool};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::lab::{connect, plaintext, registry, scram, started};

/// How often what is waited for is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Far more than workers take to notice anything, far less than a test that hangs.
const LONG: Duration = Duration::from_secs(120);

/// Sends a request and returns the answer's status and JSON.
async fn ask(method: Method, url: String, body: Option<&Value>) -> (StatusCode, Value) {
    let client = headgate::rest::plain().build().unwrap();
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    (
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    )
}

/// Asks until an answer is as told.
async fn until(url: String, is_as_told: impl Fn(&Value) -> bool) -> Value {
    let mut answer = Value::Null;
    let asking = async {
        while !is_as_told(&answer) {
            sleep(POLL).await;
            answer = ask(Method::GET, url.clone(), None).await.1;
        }
    };
    let told = timeout(LONG, asking).await.is_ok();
    assert!(told, "{url} does not answer as told: {answer}");
    answer
}

async fn create(connect: &Connect, name: &str, config: Value) {
    let url = format!("{}/connectors/{name}/config", connect.urls()[0]);
    let (status, answer) = ask(Method::PUT, url, Some(&config)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

async fn mk_topic(kafka: &KafkaCluster, name: &str) {
    let args = ["--create", "--topic", name, "--partitions", "1"];
    kafka.tool(Tool::Topics, &args).await.unwrap();
}

#[tokio::test]
async fn what_an_endpoint_tells_goes_through_a_topic_into_a_bucket() {
    let Some(kafka) = scram().await else { return };
    let Some(connect) = connect().await else {
        return;
    };
    let Some(s3) = started(Service::s3().await) else {
        return;
    };
    let endpoint = Endpoint::start().unwrap();
    let topic = "lab-connect";
    mk_topic(kafka, topic).await;
    s3.make_bucket(BUCKET).await.unwrap();

    let source = json!({
        "connector.class": HTTP_SOURCE, "tasks.max": "1", "http.request.url": endpoint.url(),
        "http.timer.interval.millis": "100", "kafka.topic": topic,
    });
    create(&connect, "source", source).await;
    let sink = json!({
        "connector.class": S3_SINK, "tasks.max": "1", "topics": topic, "s3.bucket.name": BUCKET,
        "store.url": s3.url(), "flush.size": "2", "aws.access.key.id": "lab", "aws.secret.access.key": "lab-secret",
    });
    create(&connect, "sink", sink).await;
    endpoint.publish(2);
    let seen = kafka
        .admin()
        .consume(topic, "lab-connect-reader", 2)
        .await
        .unwrap();
    assert_eq!(seen[1], r#"{"id":2,"user":"user-2","action":"bought"}"#);
    let bytes: usize = seen.iter().map(|line| line.len() + 1).sum();
    let object = format!("<Key>topics/{topic}/partition=0/{topic}+0+0000000000.json</Key>");
    let is_written = |listed: &Value| {
        let listed = listed.as_str().unwrap_or_default();
        listed.contains(&object) && listed.contains(&format!("<Size>{bytes}</Size>"))
    };
    until(format!("{}/{BUCKET}", s3.url()), is_written).await;
}

#[tokio::test]
async fn a_task_fails_on_purpose_and_a_killed_workers_tasks_move() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let Some(connect) = started(kafka.connect(2).await) else {
        return;
    };
    let urls = connect.urls();
    let plugins = format!("{}/connector-plugins", urls[1]);
    let (_, plugins) = ask(Method::GET, plugins, None).await;
    for class in [HTTP_SOURCE, S3_SINK] {
        let is_ours = |plugin: &&Value| plugin["class"] == class && plugin["version"] == "1.0.0";
        let plugins = plugins.as_array().unwrap();
        assert!(plugins.iter().any(|plugin| is_ours(&plugin)), "{plugins:?}");
    }
    let url = format!(
        "{}/connector-plugins/{HTTP_SOURCE}/config/validate",
        urls[0]
    );
    let wrong =
        json!({"connector.class": HTTP_SOURCE, "name": "wrong", "http.request.url": "ftp://x"});
    let (_, found) = ask(Method::PUT, url, Some(&wrong)).await;
    assert_eq!(found["error_count"], 2, "{found}");

    let (endpoint, topic) = (Endpoint::start().unwrap(), "lab-connect-fails");
    mk_topic(kafka, topic).await;
    let source = json!({
        "connector.class": HTTP_SOURCE, "tasks.max": "1", "http.request.url": endpoint.url(),
        "http.timer.interval.millis": "100", "kafka.topic": topic,
    });
    create(&connect, "fails", source).await;
    let status = format!("{}/connectors/fails/status", urls[0]);
    let runs = |answer: &Value| answer["tasks"][0]["state"] == "RUNNING";
    until(status.clone(), runs).await;
    endpoint.fail(true);
    let failed = until(status.clone(), |answer| {
        answer["tasks"][0]["state"] == "FAILED"
    })
    .await;
    assert_eq!(failed["connector"]["state"], "RUNNING");
    assert!(
        failed["tasks"][0]["trace"]
            .to_string()
            .contains("answered with status 500"),
        "{failed}"
    );

    endpoint.fail(false);
    let restart = format!(
        "{}/connectors/fails/restart?includeTasks=true&onlyFailed=true",
        urls[0]
    );
    assert_eq!(
        ask(Method::POST, restart, None).await.0,
        StatusCode::ACCEPTED
    );
    let running = until(status, runs).await;

    let on_first = urls[0].ends_with(running["tasks"][0]["worker_id"].as_str().unwrap());
    let (killed, left) = if on_first { (0, 1) } else { (1, 0) };
    connect.worker(killed).kill();
    let has_moved = |answer: &Value| {
        let worker = answer["tasks"][0]["worker_id"].as_str();
        runs(answer) && worker.is_some_and(|worker| urls[left].ends_with(worker))
    };
    until(format!("{}/connectors/fails/status", urls[left]), has_moved).await;
    connect.worker(killed).start().await.unwrap();
}

#[tokio::test]
async fn a_registry_holds_a_schema_and_keeps_it_when_killed() {
    let Some(registry) = registry().await else {
        return;
    };
    let url = format!("{}/subjects/lab-value/versions", registry.url());
    let schema =
        json!({"schema": r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#});
    let (status, made) = ask(Method::POST, url.clone(), Some(&schema)).await;
    assert_eq!(
        (status, made["id"].is_u64()),
        (StatusCode::OK, true),
        "{made}"
    );
    registry.kill();
    registry.start().await.unwrap();
    assert_eq!(ask(Method::GET, url, None).await.1, json!([1]));
}
