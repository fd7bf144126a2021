//! What is made of answers, without a network.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use kafka_protocol::{
    messages::{BrokerId, describe_configs_response::DescribeConfigsResourceResult},
    protocol::StrBytes,
};
use uuid::Uuid;

use super::*;

fn mk_topic(name: &str, code: i16) -> MetadataResponseTopic {
    MetadataResponseTopic::default()
        .with_name(Some(StrBytes::from_string(name.to_owned()).into()))
        .with_topic_id(Uuid::from_u128(7))
        .with_error_code(code)
        .with_partitions(vec![mk_partition(1), mk_partition(0)])
}

fn mk_partition(index: i32) -> MetadataResponsePartition {
    MetadataResponsePartition::default()
        .with_partition_index(index)
        .with_leader_id(BrokerId(index))
        .with_replica_nodes(vec![BrokerId(index), BrokerId(5)])
}

fn mk_config(
    name: &'static str,
    value: &'static str,
    source: i8,
    kind: i8,
) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(name))
        .with_value(Some(StrBytes::from_static_str(value)))
        .with_config_source(source)
        .with_config_type(kind)
}

fn mk_settings() -> Settings {
    Settings::plaintext(vec!["b1:9092".to_owned()])
}

fn layout_of(topic: MetadataResponseTopic) -> Observed<Option<LiveTopic>> {
    layout(&mk_settings(), &TopicName::new("t").unwrap(), topic)
}

fn mk_live() -> Observed<Option<LiveTopic>> {
    layout_of(mk_topic("t", 0))
}

fn is_unknown(topic: &Observed<Option<LiveTopic>>, why: &str) -> bool {
    topic.unknown().is_some_and(|reason| reason.contains(why))
}

#[test]
fn partitions_stand_in_the_order_of_their_numbers() {
    let live = mk_live();
    let topic = live.known().unwrap().as_ref().unwrap();
    let leaders: Vec<i32> = topic.partitions.iter().map(|p| p.leader).collect();
    assert_eq!(leaders, [0, 1]);
    assert_eq!(*topic.partitions[1].replicas, [1, 5]);
}

#[test]
fn an_observation_keeps_nothing_of_the_answers_memory() {
    let live = mk_live();
    let topic = live.known().unwrap().as_ref().unwrap();
    assert_eq!(topic.partitions.capacity(), topic.partitions.len());
}

#[test]
fn a_partition_list_with_a_gap_is_not_known() {
    let topic = mk_topic("t", 0).with_partitions(vec![mk_partition(0), mk_partition(2)]);
    assert!(is_unknown(&layout_of(topic), "partitions"));
    assert!(is_unknown(
        &layout_of(mk_topic("t", 0).with_partitions(vec![])),
        "partitions"
    ));
}

#[test]
fn only_the_brokers_own_word_makes_a_topic_absent() {
    assert_eq!(layout_of(mk_topic("t", 3)), Observed::Known(None));
    assert!(is_unknown(
        &layout_of(mk_topic("t", 29)),
        "--operation Describe --topic 't'"
    ));
    assert!(is_unknown(
        &layout_of(mk_topic("t", 0).with_topic_id(Uuid::nil())),
        "id"
    ));
}

/// Trap 5: of all that a broker tells of a topic's configs only one source means the topic itself.
#[test]
fn configs_keep_what_is_set_on_the_topic_and_hide_secrets() {
    let mut live = mk_live();
    let result = DescribeConfigsResult::default().with_configs(vec![
        mk_config("segment.ms", "7", 1, 5),
        mk_config("retention.ms", "1", 5, 5),
        mk_config("a.secret", "", 1, 9).with_is_sensitive(true),
    ]);
    configure(&mk_settings(), &mut live, &result);
    let topic = live.known().unwrap().clone().unwrap();
    assert_eq!(topic.config_value("segment.ms"), Some(Some("7")));
    assert_eq!(topic.config_value("a.secret"), Some(None));
    assert_eq!(topic.config_value("retention.ms"), None);
    assert_eq!(
        topic.config.first().map(|c| c.key.as_str()),
        Some("a.secret")
    );
    assert_eq!(
        key_types(&result).get("retention.ms"),
        Some(&ConfigType::Long)
    );
}

/// Trap 13: a topic that went between listing and describing is told by its own code.
#[test]
fn a_topic_whose_configs_cannot_be_read_is_not_known() {
    for (code, why) in [
        (3, "deleted"),
        (29, "--operation DescribeConfigs --topic 't'"),
        (55, "OPERATION_NOT_ATTEMPTED(55) not you"),
    ] {
        let mut live = mk_live();
        let result = DescribeConfigsResult::default()
            .with_error_code(code)
            .with_resource_name(StrBytes::from_static_str("t"))
            .with_error_message(Some(StrBytes::from_static_str("not\nyou")));
        configure(&mk_settings(), &mut live, &result);
        assert!(is_unknown(&live, why), "{live:?}");
    }
}

/// Trap 12: absence is believed when no broker has the topic.
#[test]
fn one_broker_that_has_it_outweighs_those_that_lag() {
    let name = TopicName::new("t").unwrap();
    let has = |topic| Ok(Topics::from([(name.clone(), topic)]));
    let absent = || has(Observed::Known(None));
    let silent = || Err("broker 2 is silent".to_owned());
    assert_eq!(
        agreed(&name, &[absent(), silent(), has(mk_live())]),
        mk_live()
    );
    assert_eq!(agreed(&name, &[absent(), absent()]), Observed::Known(None));
    assert!(is_unknown(&agreed(&name, &[absent(), silent()]), "silent"));
    assert!(is_unknown(
        &agreed(&name, &[absent(), Ok(Topics::new())]),
        "leaves it out"
    ));
    assert!(is_unknown(&agreed(&name, &[]), "no broker"));
}
