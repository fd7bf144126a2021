//! What brokers, groups and clients are configured to: set, observed and reset, as Kafka's own tools see it.

use headgate::{
    kafka::Client,
    lab::{KafkaCluster, Tool},
    live::{LiveConfig, LiveObject, Observed},
    model::{ConfigKey, ConfigType, Kind, ObjectRef},
    ports::{Batch, KafkaPlane, KeyChange, NewValue, Outcome},
};
use tokio::time::timeout;

use super::{
    fixture::{SHOWN_WITHIN, client, plaintext, refusal, unique},
    state::observed,
};
use crate::support::lab;

fn set(object: &ObjectRef, key: &str, value: &str) -> (ObjectRef, Vec<KeyChange>) {
    let value = NewValue::Open(value.into());
    (object.clone(), vec![(ConfigKey::new(key), Some(value))])
}

fn unset(object: &ObjectRef, key: &str) -> (ObjectRef, Vec<KeyChange>) {
    (object.clone(), vec![(ConfigKey::new(key), None)])
}

fn own(key: &str, value: &str) -> LiveConfig {
    LiveConfig {
        key: ConfigKey::new(key),
        value: Some(value.into()),
    }
}

/// Returns the values but the one that Kafka 4.1 sets by itself for all brokers (KIP-966, eligible leader replicas).
fn by_hand(values: &[LiveConfig]) -> Vec<LiveConfig> {
    let by_hand = values
        .iter()
        .filter(|c| c.key.as_str() != "min.insync.replicas");
    by_hand.cloned().collect()
}

/// Looks until an object has these values of its own; `[]`: until it is not there.
async fn until(client: &Client, object: &ObjectRef, wanted: &[LiveConfig]) {
    let mut last = None;
    let looking = async {
        loop {
            if let Observed::Known(looked) = client.look(std::slice::from_ref(object)).await {
                let seen = looked.objects.get(object).cloned();
                let values = match &seen {
                    Some(Observed::Known(Some(LiveObject::Config(values)))) => {
                        Some(by_hand(values))
                    }
                    Some(Observed::Known(None)) => Some(Vec::new()),
                    _ => None,
                };
                if values.as_deref() == Some(wanted) {
                    return;
                }
                last = seen;
            }
            tokio::task::yield_now().await;
        }
    };
    let seen = timeout(SHOWN_WITHIN, looking).await;
    seen.unwrap_or_else(|_| panic!("{object:?} is not shown as told: {last:?}"));
}

/// Trap 19: a broker's configs go to that broker, the empty name is all brokers, and the one hides the other.
pub(super) async fn of_brokers(cluster: &KafkaCluster) {
    let _brokers = lab::broker_configs().await;
    let client = client(cluster);
    let all = ObjectRef::new(Kind::BrokerConfig, "default");
    let one = ObjectRef::new(Kind::BrokerConfig, "1");
    let ghost = ObjectRef::new(Kind::BrokerConfig, "77");
    let batch = vec![
        set(&all, "log.retention.ms", "172800000"),
        set(&ghost, "log.retention.ms", "1"),
        set(&one, "log.retention.ms", "86400000"),
    ];
    let outcomes = client.write(Batch::AlterConfigs(batch)).await;
    assert_eq!(outcomes[0], Outcome::Applied);
    assert!(
        refusal(&outcomes[1]).message.contains("no broker 77"),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[2], Outcome::Applied);
    until(&client, &all, &[own("log.retention.ms", "172800000")]).await;
    // log.retention.hours shows the same value, and is not what was set
    until(&client, &one, &[own("log.retention.ms", "86400000")]).await;

    let live = observed(&client, &[Kind::BrokerConfig]).await;
    let configs = live.broker_configs.known().unwrap();
    assert_eq!(
        by_hand(configs["default"].known().unwrap()),
        [own("log.retention.ms", "172800000")]
    );
    assert_eq!(
        configs["1"],
        Observed::Known(vec![own("log.retention.ms", "86400000")])
    );
    let hours = live.broker_keys["log.retention.hours"];
    assert!(hours.read_only && hours.config_type == ConfigType::Int);
    assert!(!live.broker_keys["log.retention.ms"].read_only);
    // Kafka 3.x does not list it before it is set, and calls it read-only then
    assert!(!live.broker_keys["leader.replication.throttled.rate"].read_only);
    let elsewhere = live.object(&ghost);
    assert!(elsewhere.unknown().unwrap().contains("broker 77 is away"));
    let told = [
        "--describe",
        "--entity-type",
        "brokers",
        "--entity-name",
        "1",
    ];
    let told = cluster.tool(Tool::Configs, &told).await.unwrap();
    assert!(told.contains("log.retention.ms=86400000"), "{told}");

    are_reset(&client, &all, &one).await;
}

async fn are_reset(client: &Client, all: &ObjectRef, one: &ObjectRef) {
    let rate = "leader.replication.throttled.rate";
    let batch = vec![set(one, rate, "1000000"), unset(all, "log.retention.ms")];
    let outcomes = client.write(Batch::AlterConfigs(batch)).await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Applied]);
    until(client, all, &[]).await;
    let throttled = [own(rate, "1000000"), own("log.retention.ms", "86400000")];
    until(client, one, &throttled).await;
    let both = [rate, "log.retention.ms"].map(|key| (ConfigKey::new(key), None));
    let batch = vec![(one.clone(), both.into())];
    assert_eq!(
        client.write(Batch::AlterConfigs(batch)).await,
        [Outcome::Applied]
    );
    until(client, one, &[]).await;
    let live = observed(client, &[Kind::BrokerConfig]).await;
    let left = live.broker_configs.known().unwrap().values();
    assert!(
        left.flat_map(|c| by_hand(c.known().unwrap()))
            .next()
            .is_none()
    );
}

#[tokio::test]
async fn brokers_are_configured_one_by_one_and_all_together() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    of_brokers(cluster).await;
}

#[tokio::test]
async fn groups_and_clients_metrics_are_configured_where_the_brokers_have_them() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let client = client(cluster);
    let name = unique("configured");
    let group = ObjectRef::new(Kind::GroupConfig, name.as_str());
    // one name for both: the answer tells them apart
    let metrics = ObjectRef::new(Kind::ClientMetrics, name.as_str());
    let batch = vec![
        set(&group, "consumer.session.timeout.ms", "46000"),
        set(&metrics, "interval.ms", "60000"),
    ];
    let outcomes = client.write(Batch::AlterConfigs(batch)).await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Applied]);
    until(
        &client,
        &group,
        &[own("consumer.session.timeout.ms", "46000")],
    )
    .await;
    until(&client, &metrics, &[own("interval.ms", "60000")]).await;

    let live = observed(&client, &[Kind::GroupConfig, Kind::ClientMetrics]).await;
    assert!(live.unsupported.is_empty());
    let of_group = &live.group_configs.known().unwrap()[name.as_str()];
    assert_eq!(
        *of_group,
        Observed::Known(vec![own("consumer.session.timeout.ms", "46000")])
    );
    assert_eq!(
        live.group_keys["consumer.session.timeout.ms"],
        ConfigType::Int
    );
    let of_clients = &live.client_metrics.known().unwrap()[name.as_str()];
    assert_eq!(
        *of_clients,
        Observed::Known(vec![own("interval.ms", "60000")])
    );

    let batch = [
        unset(&metrics, "interval.ms"),
        unset(&group, "consumer.session.timeout.ms"),
        set(&group, "consumer.session.timeout.ms.", "1"),
    ];
    let outcomes = client.write(Batch::AlterConfigs(batch[..2].to_vec())).await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Applied]);
    until(&client, &group, &[]).await;
    until(&client, &metrics, &[]).await;
    let outcomes = client.write(Batch::AlterConfigs(batch[2..].to_vec())).await;
    assert_eq!(refusal(&outcomes[0]).code, "INVALID_CONFIG");
}

/// Says that there is nothing of the sort, which is not the same as that nothing is set.
pub(super) async fn has_no_configs_of_groups(cluster: &KafkaCluster) {
    let client = client(cluster);
    let live = observed(&client, &[Kind::GroupConfig, Kind::ClientMetrics]).await;
    assert!(
        live.group_configs.unknown().unwrap().contains("Kafka 4.0"),
        "{:?}",
        live.group_configs
    );
    assert!(live.unsupported.contains(&Kind::GroupConfig));
    let object = ObjectRef::new(Kind::GroupConfig, "a");
    let Observed::Known(looked) = client.look(std::slice::from_ref(&object)).await else {
        panic!("nothing seen");
    };
    assert!(
        looked.objects[&object]
            .unknown()
            .unwrap()
            .contains("Kafka 4.0")
    );
}

#[tokio::test]
async fn kafka_3_6_has_neither_configs_of_groups_nor_subscriptions() {
    let Some(cluster) = lab::kafka_3_6().await else {
        return;
    };
    has_no_configs_of_groups(cluster).await;
    let live = observed(&client(cluster), &[Kind::ClientMetrics]).await;
    assert!(
        live.client_metrics.unknown().unwrap().contains("Kafka 3.7"),
        "{:?}",
        live.client_metrics
    );
    assert_eq!(live.unsupported, [Kind::ClientMetrics].into());
}

#[tokio::test]
async fn kafka_3_9_has_subscriptions_and_no_configs_of_groups() {
    let Some(cluster) = lab::kafka_3_9().await else {
        return;
    };
    has_no_configs_of_groups(cluster).await;
    let client = client(cluster);
    let metrics = ObjectRef::new(Kind::ClientMetrics, "slow");
    let outcomes = client
        .write(Batch::AlterConfigs(vec![set(
            &metrics,
            "interval.ms",
            "60000",
        )]))
        .await;
    assert_eq!(outcomes, [Outcome::Applied]);
    until(&client, &metrics, &[own("interval.ms", "60000")]).await;
    let live = observed(&client, &[Kind::ClientMetrics]).await;
    assert_eq!(
        live.client_metrics
            .known()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["slow"]
    );
}
