//! Writes the configs of topics, brokers, groups and metrics subscriptions (rank 6, Kafka plane). A broker takes only its
//! own (trap 19), so a batch goes out in as few requests as there are destinations.

use std::collections::BTreeMap;

use compact_str::CompactString;
use kafka_protocol::messages::IncrementalAlterConfigsResponse;

use super::{in_order, of_code, of_error};
use crate::{
    kafka::{
        Client, Error,
        client::{Lane, To},
        requests::configs as requests,
    },
    model::{Kind, ObjectRef},
    ports::{KeyChange, NewValue, Outcome},
};

pub(super) async fn alter(client: &Client, objects: &[Changed]) -> Result<Vec<Outcome>, Error> {
    let mut of_destination = BTreeMap::<Option<i32>, Vec<&Changed>>::new();
    for object in objects {
        of_destination
            .entry(broker_of(&object.0))
            .or_default()
            .push(object);
    }
    let mut said = Vec::with_capacity(objects.len());
    for (broker, objects) in of_destination {
        let to = broker.map_or(To::Controller, To::Broker);
        said.extend(alter_at(client, to, &objects).await);
    }
    let asked = objects
        .iter()
        .map(|(object, _)| key(object.kind, &object.name));
    Ok(in_order(asked, said.into_iter()))
}

/// Returns the broker that alone can take an object's changes, where there is one.
fn broker_of(object: &ObjectRef) -> Option<i32> {
    match object.kind {
        Kind::BrokerConfig => object.name.parse().ok(),
        _ => None,
    }
}

/// An object with what changes of it.
type Changed = (ObjectRef, Vec<KeyChange>);

/// An object as requests and answers name it.
type Key = (i8, CompactString);

fn key(kind: Kind, name: &str) -> Key {
    let (kind, name) = requests::resource(kind, name);
    (kind, name.into())
}

async fn alter_at(client: &Client, to: To, objects: &[&Changed]) -> Vec<(Key, Outcome)> {
    match send(client, to, objects).await {
        Ok(answer) => {
            let said = answer.responses.iter().map(|t| {
                let message = t.error_message.as_ref();
                let outcome = of_code(t.error_code, message, answer.throttle_time_ms);
                ((t.resource_type, t.resource_name.as_str().into()), outcome)
            });
            said.collect()
        }
        Err(error) => {
            let failed = |o: &&Changed| (key(o.0.kind, &o.0.name), of_error(&error));
            objects.iter().map(failed).collect()
        }
    }
}

async fn send(
    client: &Client,
    to: To,
    objects: &[&Changed],
) -> Result<IncrementalAlterConfigsResponse, Error> {
    let is_secret = |(_, value): &KeyChange| matches!(value, Some(NewValue::Secret(_)));
    if objects.iter().flat_map(|(_, keys)| keys).any(is_secret) {
        client.may_tell_secrets(to).await?;
    }
    let request = requests::alter(objects.iter().copied(), false);
    client
        .call(to, Lane::Write, &request, client.patience())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brokers_configs_go_to_that_broker_and_all_else_to_the_controller() {
        let broker = |kind, name| broker_of(&ObjectRef::new(kind, name));
        assert_eq!(broker(Kind::BrokerConfig, "3"), Some(3));
        assert_eq!(broker(Kind::BrokerConfig, "default"), None);
        assert_eq!(broker(Kind::GroupConfig, "3"), None);
        assert_eq!(broker(Kind::Topic, "3"), None);
    }

    #[test]
    fn objects_of_two_kinds_may_share_a_name() {
        assert_ne!(key(Kind::GroupConfig, "a"), key(Kind::ClientMetrics, "a"));
    }
}
