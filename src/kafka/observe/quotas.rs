//! Reads client quotas (rank 6, Kafka plane): one DescribeClientQuotas for all of them, however few are looked at.

use compact_str::{CompactString, format_compact};
use kafka_protocol::messages::describe_client_quotas_response::EntryData;

use super::ask;
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, DESCRIBE_CONFIGS},
        requests::quotas as requests,
    },
    live::{Configs, LiveConfig, LiveObject, Looks, Observed},
    model::{ConfigKey, ObjectRef},
};

/// Lists all entities that have quotas.
pub(super) async fn observe(client: &Client) -> Observed<Configs> {
    match list(client, To::Any).await {
        Ok(quotas) => Observed::Known(quotas),
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Looks at some entities.
pub(super) async fn look(client: &Client, to: To, objects: &[&ObjectRef]) -> Looks {
    if objects.is_empty() {
        return Looks::new();
    }
    let quotas = list(client, to).await;
    let seen = |object: &&ObjectRef| {
        let seen = match &quotas {
            Ok(quotas) => match quotas.get(&object.name) {
                Some(values) => values
                    .clone()
                    .map(|values| Some(LiveObject::Config(values))),
                None => Observed::Known(None),
            },
            Err(reason) => Observed::Unknown(reason.clone()),
        };
        ((*object).clone(), seen)
    };
    objects.iter().map(seen).collect()
}

async fn list(client: &Client, to: To) -> Result<Configs, String> {
    let answer = ask(client, to, &requests::describe()).await?;
    match Code(answer.error_code) {
        Code::NONE => Ok(answer
            .entries
            .unwrap_or_default()
            .iter()
            .filter_map(quota)
            .collect()),
        code => {
            let message = answer.error_message.as_deref();
            Err(denied::refused(
                client.settings(),
                code,
                message,
                DESCRIBE_CONFIGS,
            ))
        }
    }
}

/// Takes one entity. One of a type that no document can name is left out: nobody can declare it, so nobody misses it.
fn quota(entry: &EntryData) -> Option<(CompactString, Observed<Vec<LiveConfig>>)> {
    let parts = entry
        .entity
        .iter()
        .map(|part| (&part.entity_type, part.entity_name.as_ref()));
    let entity = requests::entity(parts)?;
    let mut values: Vec<LiveConfig> = entry
        .values
        .iter()
        .map(|value| LiveConfig {
            key: ConfigKey::new(&value.key),
            value: Some(format_compact!("{}", value.value)),
        })
        .collect();
    values.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Some((entity.name(), Observed::Known(values)))
}

#[cfg(test)]
mod tests {
    use kafka_protocol::{
        messages::describe_client_quotas_response::{EntityData, ValueData},
        protocol::StrBytes,
    };

    use super::*;
    use crate::live::config_value;

    fn mk_entry(of: &'static str, name: Option<&'static str>) -> EntryData {
        let part = EntityData::default()
            .with_entity_type(StrBytes::from_static_str(of))
            .with_entity_name(name.map(StrBytes::from_static_str));
        let value = |key, value| {
            ValueData::default()
                .with_key(StrBytes::from_static_str(key))
                .with_value(value)
        };
        EntryData::default()
            .with_entity(vec![part])
            .with_values(vec![
                value("request_percentage", 12.5),
                value("producer_byte_rate", 1_048_576.0),
            ])
    }

    #[test]
    fn values_are_spelled_shortly() {
        let (name, values) = quota(&mk_entry("user", None)).unwrap_or_default();
        assert_eq!(name, "user=<default>");
        let values = values.known().cloned().unwrap_or_default();
        assert_eq!(
            config_value(&values, "producer_byte_rate"),
            Some(Some("1048576"))
        );
        assert_eq!(
            config_value(&values, "request_percentage"),
            Some(Some("12.5"))
        );
        assert!(values.is_sorted_by(|a, b| a.key < b.key));
    }

    #[test]
    fn an_entity_that_cannot_be_named_is_left_out() {
        assert_eq!(quota(&mk_entry("planet", Some("mars"))), None);
    }
}
