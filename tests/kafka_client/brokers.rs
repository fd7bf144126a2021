//! Several brokers: which one is asked, and what happens when it does not answer.

use std::time::Duration;

use headgate::{
    kafka::{Client, Settings},
    model::{Kind, chain},
    ports::{Ask, KafkaPlane},
};
use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, DescribeConfigsResponse,
        api_versions_response::ApiVersion,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
    },
    protocol::{Decodable, StrBytes},
};
use tokio::net::TcpListener;

use super::fake::{
    Asked, Fake, PATIENCE, SHORT, answer, ask, broker, client, greet, metadata, versions, works,
};

/// An address where nobody listens.
async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn good() -> Fake {
    Fake::start(|_, stream, me| broker(stream, me)).await
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    for (bootstrap, part) in [
        (vec![], "bootstrap is empty"),
        (vec!["b1".to_owned()], "no port"),
    ] {
        let error = Client::new(Settings::plaintext(bootstrap)).err().unwrap();
        assert_eq!(error.kind(), "settings");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named_with_what_to_check() {
    let address = closed_port().await;
    let error = client(vec![address.clone()])
        .cluster(PATIENCE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "connect");
    let text = chain(&error);
    assert!(
        text.starts_with(&format!(
            "{address}: cannot connect; check that the broker runs"
        )),
        "{text}"
    );
    assert!(text.contains("refused"), "{text}");
}

#[tokio::test]
async fn a_name_without_an_address_is_told_from_a_broker_that_is_down() {
    let error = client(vec!["two..dots:9092".into()])
        .cluster(PATIENCE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "dns");
    assert!(
        error
            .to_string()
            .contains("two..dots:9092: the host name cannot be resolved"),
        "{error}"
    );
}

#[tokio::test]
async fn the_next_broker_is_used_when_the_first_is_down() {
    let fake = good().await;
    let client = client(vec![closed_port().await, fake.address.clone()]);
    works(&client).await;
    works(&client).await;
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn the_next_broker_is_dialled_beside_a_silent_one() {
    let silent = Fake::start(|_, mut stream, _| async move {
        ask(&mut stream).await;
        ask(&mut stream).await;
    })
    .await;
    let fake = good().await;
    let mut settings = Settings::plaintext(vec![silent.address.clone(), fake.address.clone()]);
    settings.timeouts.second_choice = Duration::from_millis(20);
    let client = Client::new(settings).unwrap();
    works(&client).await;
    works(&client).await;
    assert_eq!((silent.connections(), fake.connections()), (1, 1));
}

#[tokio::test]
async fn the_same_broker_is_asked_until_it_fails() {
    let (one, two) = (good().await, good().await);
    let client = client(vec![one.address.clone(), two.address.clone()]);
    for _ in 0..5 {
        works(&client).await;
    }
    assert_eq!((one.connections(), two.connections()), (1, 0));
}

#[tokio::test]
async fn a_broker_that_stopped_answering_is_left_for_another() {
    let stops = Fake::start(|_, mut stream, me| async move {
        let asked = greet(&mut stream).await.unwrap();
        answer(&mut stream, &asked, &metadata(&me)).await;
        ask(&mut stream).await;
        ask(&mut stream).await;
    })
    .await;
    let fake = good().await;
    let client = client(vec![stops.address.clone(), fake.address.clone()]);
    works(&client).await;
    let error = client.cluster(SHORT * 2).await.unwrap_err();
    assert!(error.outcome_is_unknown(), "{error}");
    works(&client).await;
    assert_eq!((stops.connections(), fake.connections()), (1, 1));
}

#[tokio::test]
async fn when_no_broker_can_be_used_each_says_why() {
    let (one, two) = (closed_port().await, closed_port().await);
    let client = client(vec![one.clone(), two.clone()]);
    let error = client.cluster(PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), "connect");
    let text = error.to_string();
    assert!(
        text.starts_with("none of 2 brokers could be used"),
        "{text}"
    );
    assert!(text.contains(&one) && text.contains(&two), "{text}");
}

#[tokio::test]
async fn many_callers_share_one_connection() {
    let fake = good().await;
    let client = fake.client();
    futures::future::join_all((0..50).map(|_| works(&client))).await;
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn answers_find_their_callers_whatever_their_order() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let first = greet(&mut stream).await.unwrap();
        let second = ask(&mut stream).await.unwrap();
        answer(&mut stream, &second, &metadata(&me)).await;
        answer(&mut stream, &first, &metadata(&me)).await;
        ask(&mut stream).await;
    })
    .await;
    let client = fake.client();
    futures::future::join(works(&client), works(&client)).await;
}

#[tokio::test]
async fn a_throttled_client_says_so_instead_of_sending_in_vain() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let asked = greet(&mut stream).await.unwrap();
        let throttled = metadata(&me).with_throttle_time_ms(60_000);
        answer(&mut stream, &asked, &throttled).await;
        assert!(
            ask(&mut stream).await.is_none(),
            "nothing is sent while the broker does not read"
        );
    })
    .await;
    let client = fake.client();
    works(&client).await;
    let error = client.cluster(SHORT).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_is_unknown()),
        ("throttled", false)
    );
    assert!(
        error
            .to_string()
            .contains("Metadata was not sent: the broker throttles"),
        "{error}"
    );
}

#[tokio::test]
async fn a_short_throttle_is_waited_out() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let asked = greet(&mut stream).await.unwrap();
        answer(
            &mut stream,
            &asked,
            &metadata(&me).with_throttle_time_ms(30),
        )
        .await;
        broker(stream, me).await;
    })
    .await;
    let client = fake.client();
    works(&client).await;
    works(&client).await;
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn a_silent_controller_blinds_nobody_to_what_the_broker_knows_itself() {
    const LIST_PARTITION_REASSIGNMENTS: i16 = 46;
    let fake = Fake::start(|_, mut stream, me| async move {
        let mut spoken = versions();
        let reassignments = ApiVersion::default().with_api_key(LIST_PARTITION_REASSIGNMENTS);
        spoken.api_keys.push(reassignments);
        while let Some(asked) = ask(&mut stream).await {
            match asked.key {
                18 => answer(&mut stream, &asked, &spoken).await,
                3 => answer(&mut stream, &asked, &metadata(&me)).await,
                // passed on in vain: until it is answered, so is nothing else of this connection
                LIST_PARTITION_REASSIGNMENTS => std::future::pending().await,
                _ => return,
            }
        }
    })
    .await;
    let mut settings = Settings::plaintext(vec![fake.address.clone()]);
    settings.timeouts.call = Duration::from_secs(1);
    let client = Client::new(settings).unwrap();
    let moves = Ask {
        kinds: [Kind::Topic].into(),
        ..Ask::default()
    };
    let live = client.observe(&moves).await;
    let live = live.known().expect("topics are seen");
    let why = live.moving.unknown().expect("nobody tells what moves");
    assert!(
        why.contains("no answer to ListPartitionReassignments"),
        "{why}"
    );
}

/// What the configs of one group are on a broker of Kafka 4.0, which does not list the groups that have some.
fn configs_of(asked: &Asked) -> DescribeConfigsResponse {
    const OWN: i8 = 8; // `ConfigSource.DYNAMIC_GROUP_CONFIG`
    let mut body = asked.body.clone();
    let request = DescribeConfigsRequest::decode(&mut body, asked.version).unwrap();
    let text = StrBytes::from_static_str;
    let results = request.resources.into_iter().map(|resource| {
        let own = DescribeConfigsResourceResult::default()
            .with_name(text("consumer.session.timeout.ms"))
            .with_value(Some(text("60000")))
            .with_config_source(OWN);
        let is_set = resource.resource_name.as_str() == "not-there-yet";
        DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name)
            .with_configs(is_set.then_some(own).into_iter().collect())
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

#[tokio::test]
async fn configs_of_a_group_that_does_not_exist_yet_are_seen_where_brokers_do_not_list_them() {
    let fake = Fake::start(|_, mut stream, me| async move {
        let mut spoken = versions();
        // metadata, versions, DescribeConfigs; no ListConfigResources
        spoken
            .api_keys
            .retain(|api| [3, 18, 32].contains(&api.api_key));
        while let Some(asked) = ask(&mut stream).await {
            match asked.key {
                18 => answer(&mut stream, &asked, &spoken).await,
                3 => answer(&mut stream, &asked, &metadata(&me)).await,
                32 => answer(&mut stream, &asked, &configs_of(&asked)).await,
                key => panic!("api {key} is not served"),
            }
        }
    })
    .await;
    let configs = Ask {
        kinds: [Kind::GroupConfig].into(),
        group_configs: ["not-there-yet", "without"].map(Into::into).into(),
        ..Ask::default()
    };
    let live = fake.client().observe(&configs).await;
    let live = live.known().expect("topics are seen");
    let seen = live.group_configs.known().expect("groups are described");
    let names: Vec<&str> = seen.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["not-there-yet"]);
}
