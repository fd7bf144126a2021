//! What a topology says of the platform around Kafka (import, pure).

use super::{
    super::{
        found::Found,
        rights::take_quotas,
        sheet::{Fields, Spot},
    },
    roles::{cluster, role},
};
use crate::model::{AclOperation as O, AclPattern as P, AclResource as R, QuotaEntity, QuotaName};

/// Confluent's own topics, as Control Center has them unless it is told otherwise.
const MONITORING: [&str; 3] = [
    "_confluent-monitoring",
    "_confluent-command",
    "_confluent-metrics",
];

/// Reads a platform.
pub(super) fn read(mut platform: Fields<'_>, found: &mut Found<'_>) {
    platform.what = "platform".to_owned();
    if let Some(mut kafka) = platform.fields("kafka") {
        for spot in kafka.items("quotas") {
            quota(spot, found);
        }
    }
    if let Some(mut registry) = platform.fields("schema_registry") {
        for spot in registry.items("instances") {
            schema_registry(spot, found);
        }
    }
    if let Some(mut center) = platform.fields("control_center") {
        for spot in center.items("instances") {
            control_center(spot, found);
        }
    }
    platform.lost("ksql", "write the ACLs that ksqlDB needs as a User's");
    platform.lost(
        "kafka_connect",
        "roles for Connect clusters are Confluent's",
    );
}

fn quota(spot: Spot<'_>, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a quota") else {
        return;
    };
    let user = principal.strip_prefix("User:").unwrap_or(principal);
    let entity = QuotaEntity {
        user: Some(QuotaName::new(user)),
        ..QuotaEntity::default()
    };
    let quotas = take_quotas(&mut fields);
    found.quota(entity, quotas, spot);
}

fn schema_registry(spot: Spot<'_>, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a schema registry") else {
        return;
    };
    fields.needless("group", "no ACL came of it");
    let topic = fields.text("topic").unwrap_or("_schemas");
    let operations = [O::DESCRIBE_CONFIGS, O::WRITE, O::READ];
    found.grant(principal, (R::TOPIC, P::LITERAL, topic), &operations, spot);
}

fn control_center(spot: Spot<'_>, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a control center") else {
        return;
    };
    let Some(id) = fields.need("appId") else {
        return;
    };
    let topics = [O::WRITE, O::READ, O::CREATE, O::DESCRIBE];
    for topic in MONITORING {
        found.grant(principal, (R::TOPIC, P::LITERAL, topic), &topics, spot);
    }
    found.grant(principal, (R::TOPIC, P::PREFIXED, id), &topics, spot);
    let command = format!("{id}-command");
    for group in [id, &command] {
        found.grant(principal, (R::GROUP, P::PREFIXED, group), &[O::READ], spot);
    }
    cluster(principal, &[O::DESCRIBE, O::DESCRIBE_CONFIGS], spot, found);
}
