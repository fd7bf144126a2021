//! What JulieOps' roles stand for, ACL by ACL (import, pure).

use super::super::{
    found::Found,
    rights::CLUSTER_NAME,
    sheet::{Fields, Spot},
};
use crate::model::{AclOperation as O, AclPattern as P, AclResource as R};

/// Opens a role: what it says, and whose it is. What it says for people is left out.
pub(super) fn role<'d>(spot: Spot<'d>, what: &str) -> Option<(Fields<'d>, &'d str)> {
    let mut fields = spot.fields(what)?;
    fields.lost("metadata", "what is for people can be a label of the User");
    let principal = fields.need("principal");
    if principal.is_none() {
        fields.rest();
    }
    Some((fields, principal?))
}

/// A name that ends in `*` is the beginning of names.
fn beginning(name: &str) -> (P, &str) {
    match name.strip_suffix('*').filter(|rest| !rest.is_empty()) {
        Some(rest) => (P::PREFIXED, rest),
        None => (P::LITERAL, name),
    }
}

/// Gives what a consumer of a topic has.
pub(super) fn consumer(spot: Spot<'_>, topic: &str, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a consumer") else {
        return;
    };
    found.grant(
        principal,
        (R::TOPIC, P::LITERAL, topic),
        &[O::DESCRIBE, O::READ],
        spot,
    );
    let (pattern, group) = beginning(fields.text("group").unwrap_or("*"));
    found.grant(principal, (R::GROUP, pattern, group), &[O::READ], spot);
}

/// Gives what a producer to a topic has.
pub(super) fn producer(spot: Spot<'_>, topic: &str, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a producer") else {
        return;
    };
    found.grant(
        principal,
        (R::TOPIC, P::LITERAL, topic),
        &[O::DESCRIBE, O::WRITE],
        spot,
    );
    let transaction = fields.text("transactionId").filter(|id| !id.is_empty());
    if let Some(id) = transaction {
        let (pattern, id) = beginning(id);
        found.grant(
            principal,
            (R::TRANSACTIONAL_ID, pattern, id),
            &[O::DESCRIBE, O::WRITE],
            spot,
        );
    }
    // JulieOps asks whether it is said, not what is said
    if transaction.is_some() || fields.take("idempotence").is_some() {
        cluster(principal, &[O::IDEMPOTENT_WRITE], spot, found);
    }
    fields.take("idempotence");
}

/// Gives something to do with the cluster.
pub(super) fn cluster(principal: &str, operations: &[O], spot: Spot<'_>, found: &mut Found<'_>) {
    found.grant(
        principal,
        (R::CLUSTER, P::LITERAL, CLUSTER_NAME),
        operations,
        spot,
    );
}

/// Gives reading and writing of the topics that a role names.
pub(super) fn named_topics(
    principal: &str,
    fields: &mut Fields<'_>,
    spot: Spot<'_>,
    found: &mut Found<'_>,
) {
    let Some(mut topics) = fields.fields("topics") else {
        return;
    };
    for (key, operation) in [("read", O::READ), ("write", O::WRITE)] {
        for topic in topics.texts(key) {
            found.grant(principal, (R::TOPIC, P::LITERAL, topic), &[operation], spot);
        }
    }
}

/// Gives what a Kafka Streams application has.
pub(super) fn streams(spot: Spot<'_>, project: Option<&str>, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a streams application") else {
        return;
    };
    fields.needless("exactlyOnce", "no ACL came of it");
    named_topics(principal, &mut fields, spot, found);
    let id = fields.text("applicationId").filter(|id| !id.is_empty());
    match id.or(project) {
        Some(prefix) => {
            found.grant(principal, (R::TOPIC, P::PREFIXED, prefix), &[O::ALL_OPERATIONS], spot);
            found.grant(principal, (R::GROUP, P::PREFIXED, prefix), &[O::READ], spot);
        }
        None => spot.lost(
            "the internal topics of a streams application were left out: nobody knows how the project's prefix is put together",
            "write `applicationId`, and import again",
        ),
    }
}

/// Gives what a Connect worker has.
pub(super) fn connect(spot: Spot<'_>, makes_topics: bool, found: &mut Found<'_>) {
    let Some((mut fields, principal)) = role(spot, "a Connect worker") else {
        return;
    };
    for (key, default) in [
        ("status_topic", "connect-status"),
        ("offset_topic", "connect-offsets"),
        ("configs_topic", "connect-configs"),
    ] {
        let topic = fields.text(key).unwrap_or(default);
        found.grant(
            principal,
            (R::TOPIC, P::LITERAL, topic),
            &[O::READ, O::WRITE],
            spot,
        );
    }
    if makes_topics {
        cluster(principal, &[O::CREATE], spot, found);
    }
    let group = fields.text("group").unwrap_or("connect-cluster");
    found.grant(principal, (R::GROUP, P::LITERAL, group), &[O::READ], spot);
    named_topics(principal, &mut fields, spot, found);
    fields.lost("connectors", "roles for connectors are Confluent's");
}
