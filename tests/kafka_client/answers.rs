//! What comes back is not what Kafka sends, or does not come at all.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate::{
    kafka::Error,
    model::chain,
    ports::{Ask, KafkaPlane},
};
use kafka_protocol::{
    messages::{
        ApiVersionsResponse, DescribeConfigsRequest, DescribeConfigsResponse, MetadataResponse,
        describe_configs_response::DescribeConfigsResult,
        metadata_response::{MetadataResponsePartition, MetadataResponseTopic},
    },
    protocol::{Decodable, StrBytes},
};
use tokio::{io::AsyncWriteExt, sync::Notify};
use uuid::Uuid;

use super::fake::{
    Fake, PATIENCE, SHORT, answer, answer_bytes, ask, broker, error_of, greet, metadata, versions,
    works,
};

/// Asserts an error's class, whether a write would be unknown after it, and what a person reads.
fn is(error: &Error, kind: &str, unknown: bool, parts: &[&str]) {
    let text = chain(&error);
    assert_eq!(error.kind(), kind, "{text}");
    assert_eq!(error.outcome_is_unknown(), unknown, "{text}");
    for part in parts.iter().chain(&["127.0.0.1:"]) {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

/// The error of a port that answers the first question with these bytes and hangs up.
async fn error_of_bytes(bytes: &'static [u8]) -> Error {
    error_of(PATIENCE, move |mut stream| async move {
        ask(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn garbage_is_not_kafka() {
    let error = error_of_bytes(&[0xff; 64]).await;
    is(
        &error,
        "not_kafka",
        false,
        &[
            "ApiVersions",
            "a frame cannot have -1 bytes",
            "check that the port is Kafka's",
        ],
    );
}

#[tokio::test]
async fn a_frame_without_sense_is_not_kafka() {
    // well framed, the right number, then nothing that decodes
    let error = error_of(PATIENCE, |mut stream| async move {
        let asked = ask(&mut stream).await.unwrap();
        answer_bytes(&mut stream, asked.correlation, 0, &[0xff; 32]).await;
    })
    .await;
    is(
        &error,
        "not_kafka",
        false,
        &["ApiVersions", "cannot be decoded"],
    );
}

#[tokio::test]
async fn a_huge_length_is_refused_before_anything_is_set_aside() {
    let error = error_of_bytes(&[0x7f, 0xff, 0xff, 0xff, 1, 2, 3]).await;
    is(
        &error,
        "not_kafka",
        false,
        &["a frame cannot have 2147483647 bytes"],
    );
    // before authentication the limit is lower: nobody has proved who they are
    let error = error_of_bytes(&[0, 1, 0, 1, 1, 2, 3]).await;
    is(
        &error,
        "not_kafka",
        false,
        &["a frame cannot have 65537 bytes (at most 65536)"],
    );
}

#[tokio::test]
async fn an_http_server_is_recognised() {
    let error = error_of_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    is(
        &error,
        "not_kafka",
        false,
        &["an HTTP server answered", "check the port"],
    );
}

#[tokio::test]
async fn a_port_that_hangs_up_is_told_from_a_broker() {
    let error = error_of_bytes(b"").await;
    is(
        &error,
        "closed",
        false,
        &[
            "closed the connection",
            "a TLS port does that to plain text",
        ],
    );
}

#[tokio::test]
async fn half_a_frame_is_an_error_and_not_a_wait() {
    let error = error_of_bytes(&[0, 0, 0, 40, 0, 0, 0, 1, 0]).await;
    is(
        &error,
        "closed",
        false,
        &["in the middle of an answer", "ApiVersions"],
    );
}

#[tokio::test]
async fn silence_while_connecting_ends_with_the_deadline() {
    let error = error_of(SHORT, |mut stream| async move {
        ask(&mut stream).await;
        ask(&mut stream).await;
    })
    .await;
    is(
        &error,
        "timeout",
        false,
        &["no answer to ApiVersions within 100ms"],
    );
}

#[tokio::test]
async fn silence_after_a_request_leaves_its_outcome_open() {
    let fake = Fake::start(|number, mut stream, me| async move {
        if number > 0 {
            return broker(stream, me).await;
        }
        let asked = greet(&mut stream).await.unwrap();
        answer(&mut stream, &asked, &metadata(&me)).await;
        ask(&mut stream).await;
        ask(&mut stream).await;
    })
    .await;
    let client = fake.client();
    works(&client).await; // so that the deadline does not count the dial
    let error = client.cluster(SHORT * 2).await.unwrap_err();
    is(
        &error,
        "timeout",
        true,
        &["no answer to Metadata within 200ms"],
    );
    works(&client).await;
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn a_broker_that_dies_in_the_middle_of_an_answer_leaves_the_outcome_open() {
    let error = error_of(PATIENCE, |mut stream| async move {
        let asked = greet(&mut stream).await.unwrap();
        stream.write_all(&[0, 0, 1, 0]).await.unwrap();
        stream
            .write_all(&asked.correlation.to_be_bytes())
            .await
            .unwrap();
    })
    .await;
    is(
        &error,
        "closed",
        true,
        &["in the middle of an answer", "Metadata"],
    );
}

#[tokio::test]
async fn a_listener_that_hangs_up_on_the_first_request_may_want_sasl() {
    let error = error_of(PATIENCE, |mut stream| async move {
        greet(&mut stream).await;
    })
    .await;
    is(&error, "closed", true, &["a SASL listener does that"]);
}

#[tokio::test]
async fn an_answer_to_another_question_ends_the_connection_undecoded() {
    let error = error_of(PATIENCE, |mut stream| async move {
        let asked = ask(&mut stream).await.unwrap();
        answer_bytes(&mut stream, asked.correlation + 1, 0, &[0; 8]).await;
    })
    .await;
    is(
        &error,
        "not_kafka",
        false,
        &["a question that was not asked"],
    );
    let error = error_of(PATIENCE, |mut stream| async move {
        let mut asked = greet(&mut stream).await.unwrap();
        asked.correlation = 4711;
        answer(&mut stream, &asked, &metadata("127.0.0.1:1")).await;
    })
    .await;
    is(&error, "not_kafka", true, &["it carries the number 4711"]);
}

#[tokio::test]
async fn a_hostile_array_length_is_an_error_and_not_an_abort() {
    // Metadata v12: throttle time, then four thousand million brokers
    let error = error_of(PATIENCE, |mut stream| async move {
        let asked = greet(&mut stream).await.unwrap();
        answer_bytes(
            &mut stream,
            asked.correlation,
            1,
            &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
        )
        .await;
        ask(&mut stream).await;
    })
    .await;
    is(
        &error,
        "codec",
        true,
        &["Metadata version 12 cannot be decoded"],
    );
}

#[tokio::test]
async fn a_broker_older_than_the_question_is_asked_again_in_version_0() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let mut asked = ask(&mut stream).await.unwrap();
        assert_eq!(asked.version, 3);
        asked.version = 0;
        answer(
            &mut stream,
            &asked,
            &ApiVersionsResponse::default().with_error_code(35),
        )
        .await;
        broker(stream, me).await;
    })
    .await;
    works(&fake.client()).await;
}

#[tokio::test]
async fn a_broker_without_a_common_version_is_named_with_both_ranges() {
    for (spoken, text) in [
        (Some((90, 91)), "speaks 90 to 91"),
        (None, "does not know it"),
    ] {
        let fake = Fake::start(move |_, mut stream, _| async move {
            let asked = ask(&mut stream).await.unwrap();
            let mut foreign = versions();
            foreign
                .api_keys
                .retain(|api| api.api_key != 3 || spoken.is_some());
            for api in foreign.api_keys.iter_mut().filter(|api| api.api_key == 3) {
                (api.min_version, api.max_version) = spoken.unwrap();
            }
            answer(&mut stream, &asked, &foreign).await;
            assert!(
                ask(&mut stream).await.is_none(),
                "nothing is asked that cannot be answered"
            );
        })
        .await;
        let error = fake.client().cluster(PATIENCE).await.unwrap_err();
        is(
            &error,
            "version",
            false,
            &["Metadata", "0 to 13", text, "Kafka 3.6"],
        );
    }
}

#[tokio::test]
async fn a_dropped_call_leaves_the_connection_usable() {
    let arrived = Arc::new(Notify::new());
    let tell = Arc::clone(&arrived);
    let fake = Fake::start(move |_, mut stream, me| {
        let tell = Arc::clone(&tell);
        async move {
            let first = greet(&mut stream).await.unwrap();
            tell.notify_one();
            // held back until the second question is there, and nobody waits for it any more
            let second = ask(&mut stream).await.unwrap();
            answer(&mut stream, &first, &metadata("127.0.0.1:1")).await;
            answer(&mut stream, &second, &metadata(&me)).await;
            broker(stream, me).await;
        }
    })
    .await;
    let client = fake.client();
    tokio::select! {
        answer = client.cluster(PATIENCE) => panic!("{answer:?}"),
        () = arrived.notified() => {}
    }
    works(&client).await;
    works(&client).await;
    assert_eq!(fake.connections(), 1);
}

/// A broker's listing of so many topics.
fn listing(me: &str, topics: usize) -> MetadataResponse {
    let topic = |n: usize| {
        MetadataResponseTopic::default()
            .with_name(Some(StrBytes::from_string(format!("t-{n:04}")).into()))
            .with_topic_id(Uuid::from_u128(n as u128 + 1))
            .with_partitions(vec![MetadataResponsePartition::default()])
    };
    metadata(me).with_topics((0..topics).map(topic).collect())
}

/// Tells of the configs of all topics that a request names, but for one.
fn configs(asked: &DescribeConfigsRequest, but: &str) -> DescribeConfigsResponse {
    let names = asked.resources.iter().map(|r| r.resource_name.clone());
    let result = |name| DescribeConfigsResult::default().with_resource_name(name);
    let results = names.filter(|name| name.as_str() != but).map(result);
    DescribeConfigsResponse::default().with_results(results.collect())
}

/// Trap 17: no answer about configs has pages, so many topics take several questions, and one that is in no answer is not
/// known.
#[tokio::test]
async fn many_topics_are_described_in_parts_and_one_that_is_left_out_is_unknown() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sizes);
    let fake = Fake::start(move |_, mut stream, me| {
        let noted = Arc::clone(&noted);
        async move {
            while let Some(asked) = ask(&mut stream).await {
                match asked.key {
                    18 => answer(&mut stream, &asked, &versions()).await,
                    3 => answer(&mut stream, &asked, &listing(&me, 1100)).await,
                    32 => {
                        let mut body: Bytes = asked.body.clone();
                        let request =
                            DescribeConfigsRequest::decode(&mut body, asked.version).unwrap();
                        noted.lock().unwrap().push(request.resources.len());
                        answer(&mut stream, &asked, &configs(&request, "t-0700")).await;
                    }
                    key => panic!("api {key} is not served"),
                }
            }
        }
    })
    .await;
    let live = fake.client().observe(&Ask::default()).await;
    let topics = &live.known().expect("topics are seen").topics;
    assert_eq!(topics.len(), 1100);
    let unknown: Vec<&str> = topics
        .iter()
        .filter(|(_, topic)| topic.known().is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(unknown, ["t-0700"]);
    let mut sizes = sizes.lock().unwrap().clone();
    sizes.sort_unstable();
    assert_eq!(sizes, [100, 500, 500]);
}
