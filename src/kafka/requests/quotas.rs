//! Requests about client quotas (rank 6, Kafka plane; KIP-546, KIP-612).

use kafka_protocol::{
    messages::{
        AlterClientQuotasRequest, DescribeClientQuotasRequest,
        alter_client_quotas_request::{EntityData, EntryData, OpData},
    },
    protocol::StrBytes,
};

use super::text;
use crate::{
    model::{QuotaEntity, QuotaName},
    ports::QuotaChange,
};

operation!(DescribeClientQuotasRequest, "DescribeClientQuotas", |a| [
    a.error_code
]);
operation!(AlterClientQuotasRequest, "AlterClientQuotas", |a| a
    .entries
    .iter()
    .map(|e| e.error_code));

/// Asks for the quotas of all entities: nothing is said of their parts, and further parts are welcome.
pub(in crate::kafka) fn describe() -> DescribeClientQuotasRequest {
    DescribeClientQuotasRequest::default()
        .with_components(Vec::new())
        .with_strict(false)
}

/// Sets keys of entities, or removes those whose value is `None`; no other key is touched.
pub(in crate::kafka) fn alter(
    quotas: &[(QuotaEntity, Vec<QuotaChange>)],
) -> AlterClientQuotasRequest {
    let part = |(of, name): (&'static str, &QuotaName)| {
        EntityData::default()
            .with_entity_type(StrBytes::from_static_str(of))
            .with_entity_name(match name {
                QuotaName::Default => None,
                QuotaName::Named(name) => Some(text(name)),
            })
    };
    let change = |(key, value): &QuotaChange| {
        OpData::default()
            .with_key(text(key))
            .with_value(value.unwrap_or_default())
            .with_remove(value.is_none())
    };
    let entry = |(entity, changes): &(QuotaEntity, Vec<_>)| {
        EntryData::default()
            .with_entity(entity.parts().map(part).collect())
            .with_ops(changes.iter().map(change).collect())
    };
    AlterClientQuotasRequest::default()
        .with_entries(quotas.iter().map(entry).collect())
        .with_validate_only(false)
}

/// Reads an entity of an answer; `None` when it has a part of a type that nobody can declare.
pub(in crate::kafka) fn entity<'a>(
    parts: impl Iterator<Item = (&'a StrBytes, Option<&'a StrBytes>)>,
) -> Option<QuotaEntity> {
    let mut entity = QuotaEntity::default();
    for (of, name) in parts {
        let name = name.map_or(QuotaName::Default, |name| {
            QuotaName::Named(name.as_str().into())
        });
        if !entity.set(of, name) {
            return None;
        }
    }
    Some(entity)
}

#[cfg(test)]
mod tests {
    use super::{super::encodes, *};

    fn mk_entity() -> QuotaEntity {
        QuotaEntity {
            user: Some(QuotaName::new("a")),
            client_id: Some(QuotaName::Default),
            ip: None,
        }
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        encodes(&describe(), 0..=1);
        let changes = vec![
            ("producer_byte_rate".into(), Some(1.5)),
            ("request_percentage".into(), None),
        ];
        encodes(&alter(&[(mk_entity(), changes)]), 0..=1);
    }

    /// Trap 28: the default entity is a null name, and a missing type is something else.
    #[test]
    fn the_default_is_null_and_a_missing_part_is_left_out() {
        let request = alter(&[(mk_entity(), vec![("k".into(), None)])]);
        let entry = &request.entries[0];
        let parts = |entry: &EntryData| -> Vec<(String, Option<String>)> {
            let name = |e: &EntityData| e.entity_name.as_deref().map(str::to_owned);
            entry
                .entity
                .iter()
                .map(|e| (e.entity_type.to_string(), name(e)))
                .collect()
        };
        let expected = [
            ("user".to_owned(), Some("a".to_owned())),
            ("client-id".to_owned(), None),
        ];
        assert_eq!(parts(entry), expected);
        assert!(entry.ops[0].remove);
        let back = entity(
            entry
                .entity
                .iter()
                .map(|e| (&e.entity_type, e.entity_name.as_ref())),
        );
        assert_eq!(back, Some(mk_entity()));
    }
}
