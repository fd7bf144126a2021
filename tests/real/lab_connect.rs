//! The lab's Connect workers, plugins, registry and S3: they come up and do their work, seen by bare REST.

use std::time::{Duration, Instant};

use headgate::lab::{
    Connect, Endpoint, HTTP_SOURCE, KafkaCluster, LabError, S3_SINK, Service, Tool,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::lab::{is_to_be_skipped, plaintext, scram};

/// How often what is waited for is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Far more than workers take to notice anything, far less than a test that hangs.
const LONG: Duration = Duration::from_secs(120);

/// Returns what the lab started; `None` where the machine cannot.
fn started<T>(started: Result<T, LabError>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(error) if is_to_be_skipped(&error) => None,
        Err(error) => panic!("the lab does not start: {error}"),
    }
}

/// Sends a request and returns the answer's status and JSON.
async fn ask(method: Method, url: String, body: Option<&Value>) -> (StatusCode, Value) {
    let mut request = Client::new().request(method, url);
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
    let asking = async {
        loop {
            let (_, answer) = ask(Method::GET, url.clone(), None).await;
            if is_as_told(&answer) {
                return answer;
            }
            sleep(POLL).await;
        }
    };
    let told = timeout(LONG, asking).await;
    told.unwrap_or_else(|_| panic!("{url} does not answer as told"))
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
    let before = Instant::now();
    let Some(connect) = started(kafka.connect(2).await) else {
        return;
    };
    eprintln!("connect {:?}", before.elapsed());
    let before = Instant::now();
    let Some(s3) = started(Service::s3().await) else {
        return;
    };
    eprintln!("s3 {:?}", before.elapsed());
    let endpoint = Endpoint::start().unwrap();
    let topic = "lab-connect";
    mk_topic(kafka, topic).await;
    let bucket = format!("{}/lab", s3.url());
    assert_eq!(
        ask(Method::PUT, bucket.clone(), None).await.0,
        StatusCode::OK
    );

    let source = json!({
        "connector.class": HTTP_SOURCE, "tasks.max": "1", "http.request.url": endpoint.url(),
        "http.timer.interval.millis": "100", "kafka.topic": topic,
    });
    create(&connect, "source", source).await;
    let sink = json!({
        "connector.class": S3_SINK, "tasks.max": "1", "topics": topic, "s3.bucket.name": "lab",
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
    let object = format!("{bucket}/topics/{topic}/partition=0/{topic}%2B0%2B0000000000.json");
    let is_there = |answer: &Value| {
        answer
            .as_str()
            .is_some_and(|text| text.starts_with("{\"id\":1"))
    };
    let written = until(object, is_there).await;
    assert_eq!(written.as_str().unwrap().lines().count(), 2, "{written}");
}

#[tokio::test]
async fn a_task_fails_on_purpose_and_a_killed_workers_tasks_move() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let Some(connect) = started(kafka.connect(2).await) else {
        return;
    };
    let plugins = format!("{}/connector-plugins", connect.urls()[1]);
    let (_, plugins) = ask(Method::GET, plugins, None).await;
    for class in [HTTP_SOURCE, S3_SINK] {
        let is_ours = |plugin: &&Value| plugin["class"] == class && plugin["version"] == "1.0.0";
        let plugins = plugins.as_array().unwrap();
        assert!(plugins.iter().any(|plugin| is_ours(&plugin)), "{plugins:?}");
    }
    let url = format!(
        "{}/connector-plugins/{HTTP_SOURCE}/config/validate",
        connect.urls()[0]
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
    let status = format!("{}/connectors/fails/status", connect.urls()[0]);
    let runs = |answer: &Value| answer["tasks"][0]["state"] == "RUNNING";
    until(status.clone(), runs).await;
    endpoint.fail(true);
    let failed = until(status, |answer| answer["tasks"][0]["state"] == "FAILED").await;
    assert_eq!(failed["connector"]["state"], "RUNNING");
    assert!(
        failed["tasks"][0]["trace"]
            .to_string()
            .contains("answered with status 500"),
        "{failed}"
    );

    endpoint.fail(false);
    connect.worker(0).kill();
    let status = format!("{}/connectors/fails/status", connect.urls()[1]);
    let survivor = connect.urls()[1].trim_start_matches("http://").to_owned();
    until(status, |answer| {
        runs(answer) && answer["tasks"][0]["worker_id"] == *survivor
    })
    .await;
    connect.worker(0).start().await.unwrap();
}

#[tokio::test]
async fn a_registry_holds_a_schema_and_keeps_it_when_killed() {
    let before = Instant::now();
    let Some(registry) = started(Service::registry().await) else {
        return;
    };
    eprintln!("registry {:?}", before.elapsed());
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
