//! Routing, against listeners that count what they are asked. What a user meets is tested in `tests/kafka_client`.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, ApiVersionsResponse, BrokerId, CreateTopicsResponse, RequestHeader,
        api_versions_response::ApiVersion, create_topics_response::CreatableTopicResult,
        metadata_response::MetadataResponseBroker,
    },
    protocol::{Decodable, Encodable, HeaderVersion, StrBytes},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{model::TopicName, ports::NewTopic};

const PATIENCE: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(100);
const METADATA: i16 = ApiKey::Metadata as i16;
const CREATE_TOPICS: i16 = ApiKey::CreateTopics as i16;

/// A cluster whose brokers note who was asked what.
#[derive(Default)]
struct Fakes {
    addresses: Vec<String>,
    script: Script,
    asked: Mutex<Vec<(i32, i16)>>,
    connections: Mutex<Vec<i32>>,
}

/// What the brokers do beyond answering well.
#[derive(Default)]
struct Script {
    /// The controller that Metadata names, question by question; the last one stays.
    controllers: Vec<i32>,
    /// The broker that says it is not the controller.
    refuses: Option<i32>,
    /// The broker that never answers CreateTopics.
    silent: Option<i32>,
    /// The throttle time of CreateTopics.
    throttle_ms: i32,
}

impl Fakes {
    async fn start(brokers: i32, script: Script) -> Arc<Self> {
        let mut listeners = Vec::new();
        for id in 1..=brokers {
            listeners.push((id, TcpListener::bind("127.0.0.1:0").await.unwrap()));
        }
        let address = |(_, l): &(i32, TcpListener)| l.local_addr().unwrap().to_string();
        let this = Arc::new(Self {
            addresses: listeners.iter().map(address).collect(),
            script,
            ..Self::default()
        });
        for (id, listener) in listeners {
            let this = Arc::clone(&this);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    this.connections.lock().unwrap().push(id);
                    tokio::spawn(Arc::clone(&this).serve(id, stream));
                }
            });
        }
        this
    }

    /// A client that knows the first broker only.
    fn client(&self) -> Client {
        Client::new(Settings::plaintext(vec![self.addresses[0].clone()])).unwrap()
    }

    async fn serve(self: Arc<Self>, id: i32, mut stream: TcpStream) {
        while let Ok(length) = stream.read_u32().await {
            let mut frame = vec![0; length as usize];
            stream.read_exact(&mut frame).await.unwrap();
            let mut frame = Bytes::from(frame);
            let (key, version) = (frame.clone().get_i16(), frame.slice(2..).get_i16());
            let api = ApiKey::try_from(key).unwrap();
            let header =
                RequestHeader::decode(&mut frame, api.request_header_version(version)).unwrap();
            let n = header.correlation_id;
            self.asked.lock().unwrap().push((id, key));
            let bytes = match key {
                METADATA => framed(n, version, &self.metadata()),
                CREATE_TOPICS if self.script.silent == Some(id) => continue,
                CREATE_TOPICS => framed(n, version, &self.created(id)),
                _ => framed(n, version, &versions()),
            };
            stream.write_all(&bytes).await.unwrap();
        }
    }

    fn metadata(&self) -> MetadataResponse {
        let broker = |(id, address): (i32, &String)| {
            let (host, port) = address.rsplit_once(':').unwrap();
            MetadataResponseBroker::default()
                .with_node_id(BrokerId(id))
                .with_host(StrBytes::from_string(host.to_owned()))
                .with_port(port.parse().unwrap())
        };
        let questions = self.count(METADATA);
        let controllers = &self.script.controllers;
        let controller = controllers.get(questions - 1).or(controllers.last());
        MetadataResponse::default()
            .with_brokers((1..).zip(&self.addresses).map(broker).collect())
            .with_controller_id(BrokerId(*controller.unwrap_or(&1)))
    }

    fn created(&self, id: i32) -> CreateTopicsResponse {
        let refuses = self.script.refuses == Some(id);
        let code = if refuses {
            Code::NOT_CONTROLLER
        } else {
            Code::NONE
        };
        CreateTopicsResponse::default()
            .with_throttle_time_ms(self.script.throttle_ms)
            .with_topics(vec![
                CreatableTopicResult::default().with_error_code(code.0),
            ])
    }

    fn count(&self, api: i16) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, key)| *key == api)
            .count()
    }

    /// Who was asked to create topics, in order.
    fn asked_to_create(&self) -> Vec<i32> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|(_, key)| *key == CREATE_TOPICS)
            .map(|(id, _)| *id)
            .collect()
    }
}

fn framed<R: Encodable + HeaderVersion>(correlation: i32, version: i16, answer: &R) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    frame.put_i32(correlation);
    if R::header_version(version) > 0 {
        frame.put_u8(0);
    }
    answer.encode(&mut frame, version).unwrap();
    let length = i32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_be_bytes());
    frame.freeze()
}

fn versions() -> ApiVersionsResponse {
    let api = |(key, max)| {
        ApiVersion::default()
            .with_api_key(key)
            .with_max_version(max)
    };
    let spoken = [(METADATA, 12), (CREATE_TOPICS, 7)];
    ApiVersionsResponse::default().with_api_keys(spoken.into_iter().map(api).collect())
}

async fn create(client: &Client, to: To, within: Duration) -> Result<CreateTopicsResponse, Error> {
    let topic = NewTopic {
        name: TopicName::new("t").unwrap(),
        partitions: 1,
        replication_factor: 1,
        assignment: Vec::new(),
        config: Vec::new(),
    };
    let request = requests::topics::create(&[topic], false, within);
    client.call(to, Lane::Write, &request, within).await
}

fn code(answer: Result<CreateTopicsResponse, Error>) -> Code {
    Code(answer.unwrap().topics[0].error_code)
}

#[tokio::test]
async fn a_write_goes_to_the_controller() {
    let fakes = Fakes::start(
        3,
        Script {
            controllers: vec![2],
            ..Script::default()
        },
    )
    .await;
    let client = fakes.client();
    assert_eq!(
        code(create(&client, To::Controller, PATIENCE).await),
        Code::NONE
    );
    assert_eq!(
        code(create(&client, To::Controller, PATIENCE).await),
        Code::NONE
    );
    assert_eq!(fakes.asked_to_create(), [2, 2]);
    assert_eq!(fakes.count(METADATA), 1);
}

/// Trap 29: only NOT_CONTROLLER says that nothing was done, so only then a write is sent again.
#[tokio::test]
async fn a_write_that_met_no_controller_goes_to_the_new_one() {
    let script = Script {
        controllers: vec![2, 3],
        refuses: Some(2),
        ..Script::default()
    };
    let fakes = Fakes::start(3, script).await;
    assert_eq!(
        code(create(&fakes.client(), To::Controller, PATIENCE).await),
        Code::NONE
    );
    assert_eq!(fakes.asked_to_create(), [2, 3]);
}

#[tokio::test]
async fn a_second_refusal_is_returned_and_not_tried_again() {
    let script = Script {
        controllers: vec![2],
        refuses: Some(2),
        ..Script::default()
    };
    let fakes = Fakes::start(3, script).await;
    assert_eq!(
        code(create(&fakes.client(), To::Controller, PATIENCE).await),
        Code::NOT_CONTROLLER
    );
    assert_eq!(fakes.asked_to_create(), [2, 2]);
}

/// Trap 29: a write without an answer may have happened.
#[tokio::test]
async fn a_write_without_an_answer_is_unknown_and_not_sent_again() {
    let script = Script {
        silent: Some(1),
        ..Script::default()
    };
    let fakes = Fakes::start(1, script).await;
    let client = fakes.client();
    client.cluster(PATIENCE).await.unwrap();
    // the dial is not to use up the write's time
    let lane = client.any(Lane::Write, Deadline::within(PATIENCE)).await;
    assert!(lane.is_ok());
    let error = create(&client, To::Controller, SHORT * 2)
        .await
        .unwrap_err();
    assert!(error.outcome_is_unknown(), "{error}");
    assert_eq!(fakes.asked_to_create(), [1]);
}

#[tokio::test]
async fn a_throttled_write_does_not_hold_up_reads() {
    let script = Script {
        throttle_ms: 60_000,
        ..Script::default()
    };
    let fakes = Fakes::start(1, script).await;
    let client = fakes.client();
    create(&client, To::Controller, PATIENCE).await.unwrap();
    client.cluster(PATIENCE).await.unwrap();
    let error = create(&client, To::Controller, PATIENCE).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_is_unknown()),
        ("throttled", false)
    );
    assert_eq!(*fakes.connections.lock().unwrap(), [1, 1]);
}

#[tokio::test]
async fn a_given_broker_is_asked_at_the_address_the_cluster_names() {
    let fakes = Fakes::start(3, Script::default()).await;
    let client = fakes.client();
    create(&client, To::Broker(3), PATIENCE).await.unwrap();
    assert_eq!(fakes.asked_to_create(), [3]);
    let error = create(&client, To::Broker(9), PATIENCE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the cluster has no broker 9 at present; it has [1, 2, 3]"
    );
}

#[tokio::test]
async fn without_a_controller_any_broker_passes_the_request_on() {
    let fakes = Fakes::start(
        1,
        Script {
            controllers: vec![-1],
            ..Script::default()
        },
    )
    .await;
    assert_eq!(
        code(create(&fakes.client(), To::Controller, PATIENCE).await),
        Code::NONE
    );
}

#[tokio::test]
async fn an_address_that_only_the_brokers_name_is_called_so() {
    let fakes = Fakes::start(2, Script::default()).await;
    let client = fakes.client();
    client.cluster(PATIENCE).await.unwrap();
    client.with(|state| state.brokers.insert(2, "two..dots:9092".to_owned()));
    let error = create(&client, To::Broker(2), PATIENCE).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("two..dots:9092 (where broker 2 says it is, by its advertised.listeners)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_call_may_run_in_a_task_of_its_own() {
    let fakes = Fakes::start(1, Script::default()).await;
    let client = Arc::new(fakes.client());
    let task = tokio::spawn(async move { create(&client, To::Controller, PATIENCE).await });
    assert_eq!(code(task.await.unwrap()), Code::NONE);
}

#[tokio::test]
async fn a_controller_that_is_gone_is_asked_for_anew() {
    let script = Script {
        controllers: vec![2, 1],
        ..Script::default()
    };
    let fakes = Fakes::start(2, script).await;
    let client = fakes.client();
    client.cluster(PATIENCE).await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    client.with(|state| state.brokers.insert(2, gone.to_string()));
    assert_eq!(
        code(create(&client, To::Controller, PATIENCE).await),
        Code::NONE
    );
    assert_eq!(fakes.asked_to_create(), [1]);
}

#[tokio::test]
async fn another_broker_is_one_that_is_not_asked_as_a_rule() {
    let fakes = Fakes::start(3, Script::default()).await;
    let client = fakes.client();
    assert_eq!(client.other(), None, "nobody is known yet");
    client.cluster(PATIENCE).await.unwrap();
    assert_eq!(client.other(), Some(2));
    client.with(|state| state.failed(&fakes.addresses[1]));
    assert_eq!(client.other(), Some(3), "rather one that did not fail");
    client.with(|state| state.failed(&fakes.addresses[2]));
    assert_eq!(client.other(), Some(2), "the one that may be back");

    let alone = Fakes::start(1, Script::default()).await.client();
    alone.cluster(PATIENCE).await.unwrap();
    assert_eq!(alone.other(), None);
}
