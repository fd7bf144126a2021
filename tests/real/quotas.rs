//! Client quotas: each combination of user, client id and address is an object of its own, named as Kafka's own tool names it.

use std::collections::BTreeMap;

use headgate::{
    kafka::Client,
    lab::{KafkaCluster, Tool},
    live::{LiveConfig, LiveObject, Observed},
    model::{Kind, ObjectRef, QuotaEntity, QuotaName},
    ports::{Batch, KafkaPlane, RefusalClass},
};

use super::fixture::{
    client, observed_kind, plaintext, refusal, unique, until_all, until_object, written,
};
use crate::support::lab;

/// Every shape that Kafka takes, with a value that limits nobody, each another.
fn shapes(name: &str) -> Vec<(QuotaEntity, f64)> {
    let (named, default) = (QuotaName::new(name), QuotaName::Default);
    let mut shapes = Vec::new();
    for user in [None, Some(named.clone()), Some(default.clone())] {
        for client_id in [None, Some(named.clone()), Some(default.clone())] {
            if user.is_some() || client_id.is_some() {
                shapes.push(QuotaEntity {
                    user: user.clone(),
                    client_id,
                    ip: None,
                });
            }
        }
    }
    for ip in [QuotaName::new("10.9.8.7"), default] {
        shapes.push(QuotaEntity {
            ip: Some(ip),
            ..QuotaEntity::default()
        });
    }
    shapes
        .into_iter()
        .zip((0..).map(|n| 1e12 + f64::from(n)))
        .collect()
}

fn key(entity: &QuotaEntity) -> &'static str {
    match entity.ip {
        Some(_) => "connection_creation_rate",
        None => "producer_byte_rate",
    }
}

fn quota_ref(entity: &QuotaEntity) -> ObjectRef {
    ObjectRef::new(Kind::Quota, &entity.name())
}

fn values(seen: &Option<LiveObject>) -> BTreeMap<&str, &str> {
    let config: &[LiveConfig] = match seen {
        Some(LiveObject::Config(config)) => config,
        _ => &[],
    };
    config
        .iter()
        .map(|c| (c.key.as_str(), c.value.as_deref().unwrap_or_default()))
        .collect()
}

/// Sets every shape, reads it back and removes it. Addresses take whole numbers, and no more than an int holds.
async fn walk(cluster: &KafkaCluster, told: impl AsyncFnOnce(&[(QuotaEntity, f64)])) {
    let (client, name) = (client(cluster), unique("quota"));
    let mut shapes = shapes(name.as_str());
    for (entity, value) in &mut shapes {
        if entity.ip.is_some() {
            *value -= 1e12 - 2e9;
        }
    }
    let set = |(entity, value): &(QuotaEntity, f64)| {
        (entity.clone(), vec![(key(entity).into(), Some(*value))])
    };
    written(
        &client,
        Batch::AlterQuotas(shapes.iter().map(set).collect()),
    )
    .await;
    let objects: Vec<ObjectRef> = shapes.iter().map(|(entity, _)| quota_ref(entity)).collect();
    until_all(&client, &objects, true).await;
    let live = observed_kind(&client, Kind::Quota).await;
    let quotas = live.quotas.known().unwrap();
    for (entity, value) in &shapes {
        let Some(Observed::Known(seen)) = quotas.get(&entity.name()) else {
            panic!("{} is not seen in {quotas:?}", entity.name())
        };
        let seen = Some(LiveObject::Config(seen.clone()));
        assert_eq!(
            values(&seen).get(key(entity)),
            Some(&value.to_string().as_str())
        );
    }
    told(&shapes).await;
    let unset =
        |(entity, _): &(QuotaEntity, f64)| (entity.clone(), vec![(key(entity).into(), None)]);
    written(
        &client,
        Batch::AlterQuotas(shapes.iter().map(unset).collect()),
    )
    .await;
    until_all(&client, &objects, false).await;
}

#[tokio::test]
async fn every_shape_of_a_quota_is_the_one_that_kafkas_own_tool_shows() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    walk(cluster, async |shapes| {
        let describe = |types: &[&'static str]| {
            let types = types.iter().flat_map(|of| ["--entity-type", *of]);
            let args: Vec<&str> = ["--describe"].into_iter().chain(types).collect();
            async move { cluster.tool(Tool::Configs, &args).await.unwrap() }
        };
        let (users, clients, pairs, ips) = tokio::join!(
            describe(&["users"]),
            describe(&["clients"]),
            describe(&["users", "clients"]),
            describe(&["ips"])
        );
        let told = [users, clients, pairs, ips].concat();
        for (entity, value) in shapes {
            let expected = format!("Quota configs for {} are ", as_told(entity));
            let lines = || told.lines().filter(|line| line.starts_with(&expected));
            let value = format!("{}={value:?}", key(entity));
            let found = lines().any(|line| plain(line).contains(&value));
            assert!(found, "{expected}{value} is not in:\n{told}");
        }
    })
    .await;
}

/// `user-principal 'a', default client-id`, as ConfigCommand calls an entity.
fn as_told(entity: &QuotaEntity) -> String {
    let part = |(of, name): (&str, &QuotaName)| {
        let of = if of == "user" { "user-principal" } else { of };
        match name {
            QuotaName::Default => format!("the default {of}"),
            QuotaName::Named(name) => format!("{of} '{name}'"),
        }
    };
    entity.parts().map(part).collect::<Vec<_>>().join(", ")
}

/// Java prints large numbers as `1.000000000001E12`, and so does this.
fn plain(line: &str) -> String {
    line.split(' ')
        .map(|word| match word.trim_end_matches(',').split_once('=') {
            Some((key, value)) => match value.parse::<f64>() {
                Ok(value) => format!("{key}={value:?}"),
                Err(_) => word.to_owned(),
            },
            None => word.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn every_shape_of_a_quota_is_kept_by_kafka_3_6() {
    if let Some(cluster) = lab::kafka_3_6().await {
        walk(cluster, async |_| {}).await;
    }
}

#[tokio::test]
async fn every_shape_of_a_quota_is_kept_by_kafka_3_9() {
    if let Some(cluster) = lab::kafka_3_9().await {
        walk(cluster, async |_| {}).await;
    }
}

/// Trap 28: a key is set and removed in place, and no other key is touched.
#[tokio::test]
async fn keys_of_a_quota_are_changed_one_by_one() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let (client, name) = (client(cluster), unique("keys"));
    let entity = QuotaEntity {
        user: Some(QuotaName::new(name.as_str())),
        ..QuotaEntity::default()
    };
    let alter = |changes: &[(&str, Option<f64>)]| {
        let changes = changes
            .iter()
            .map(|(key, value)| ((*key).into(), *value))
            .collect();
        Batch::AlterQuotas(vec![(entity.clone(), changes)])
    };
    let first = [
        ("producer_byte_rate", Some(1_048_576.0)),
        ("request_percentage", Some(12.5)),
    ];
    written(&client, alter(&first)).await;
    let second = [
        ("producer_byte_rate", None),
        ("consumer_byte_rate", Some(1e15)),
    ];
    written(&client, alter(&second)).await;
    let wanted = BTreeMap::from([
        ("consumer_byte_rate", "1000000000000000"),
        ("request_percentage", "12.5"),
    ]);
    until_object(&client, &quota_ref(&entity), |seen| values(seen) == wanted).await;
    refuses_what_kafka_does_not_know(&client, &entity).await;
}

async fn refuses_what_kafka_does_not_know(client: &Client, entity: &QuotaEntity) {
    let other = QuotaEntity {
        ip: Some(QuotaName::Default),
        ..entity.clone()
    };
    let change = |key: &str| vec![(key.into(), Some(1.0))];
    let batch = Batch::AlterQuotas(vec![
        (entity.clone(), change("no_such_key")),
        (other, change("producer_byte_rate")),
    ]);
    for outcome in client.write(batch).await {
        assert_eq!(refusal(&outcome).class, RefusalClass::Final);
    }
}
