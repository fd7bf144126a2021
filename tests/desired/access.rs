//! Users, ACLs and grants: what is read out of their documents.

use std::collections::BTreeSet;

use headgate::{
    desired::DesiredCluster,
    model::{Acl, AclOperation, AclPattern, AclPermission, AclResource, ScramMechanism},
};

use super::tree::{below_cluster, file, of_kind, right};

/// Reads the documents of a cluster.
fn read(text: &str) -> DesiredCluster {
    right(&below_cluster(text))
}

/// Lists the ACLs that a user's spec leads to, without the principal before them.
fn acls_of(spec: &str) -> Vec<String> {
    let cluster = read(&of_kind("User", "u", spec));
    let acls = cluster.acls.keys();
    acls.map(|acl| acl.as_str().replace("User:u allow ", ""))
        .collect()
}

fn granted(grant: &str) -> Vec<String> {
    acls_of(&format!("{{grants: [{grant}]}}"))
}

#[test]
fn consume_gives_what_a_consumer_needs() {
    let want = [
        "Describe topic:literal:user-events",
        "Read group:literal:analytics",
        "Read topic:literal:user-events",
    ];
    assert_eq!(granted("{consume: user-events, group: analytics}"), want);
    assert_eq!(granted("{consume: user-events}"), [want[0], want[2]]);
    assert_eq!(
        granted(
            "{consume: [a, b], pattern: prefixed, group: g-, groupPattern: prefixed, host: 10.0.0.1}"
        ),
        [
            "Describe topic:prefixed:a from 10.0.0.1",
            "Describe topic:prefixed:b from 10.0.0.1",
            "Read group:prefixed:g- from 10.0.0.1",
            "Read topic:prefixed:a from 10.0.0.1",
            "Read topic:prefixed:b from 10.0.0.1",
        ]
    );
}

#[test]
fn produce_gives_no_right_to_make_topics() {
    assert_eq!(
        granted("{produce: app., pattern: prefixed}"),
        ["Describe topic:prefixed:app.", "Write topic:prefixed:app."]
    );
    assert_eq!(
        granted("{produce: \"*\"}"),
        ["Describe topic:literal:*", "Write topic:literal:*"]
    );
}

#[test]
fn transact_gives_a_transactional_id() {
    assert_eq!(
        granted("{transact: orders-1}"),
        [
            "Describe transactionalId:literal:orders-1",
            "Write transactionalId:literal:orders-1"
        ]
    );
}

#[test]
fn connect_gives_what_workers_and_the_groups_of_sinks_need() {
    assert_eq!(
        granted("{connect: pay-}"),
        [
            "Create topic:prefixed:pay-",
            "Describe topic:prefixed:pay-",
            "DescribeConfigs topic:prefixed:pay-",
            "Read group:prefixed:connect-",
            "Read group:prefixed:pay-",
            "Read topic:prefixed:pay-",
            "Write topic:prefixed:pay-",
        ]
    );
}

#[test]
fn streams_gives_what_begins_with_the_application_id() {
    assert_eq!(
        granted("{streams: wordcount}"),
        [
            "Create topic:prefixed:wordcount",
            "Delete group:prefixed:wordcount",
            "Delete topic:prefixed:wordcount",
            "Describe topic:prefixed:wordcount",
            "Describe transactionalId:prefixed:wordcount",
            "DescribeConfigs topic:prefixed:wordcount",
            "Read group:prefixed:wordcount",
            "Read topic:prefixed:wordcount",
            "Write topic:prefixed:wordcount",
            "Write transactionalId:prefixed:wordcount",
        ]
    );
}

#[test]
fn admin_gives_one_of_three_roles() {
    assert_eq!(
        granted("{admin: cluster}"),
        [
            "All cluster:literal:kafka-cluster",
            "All delegationToken:literal:*",
            "All group:literal:*",
            "All topic:literal:*",
            "All transactionalId:literal:*",
        ]
    );
    let readonly = granted("{admin: readonly}");
    assert_eq!(readonly.len(), 7);
    assert!(readonly.iter().all(|acl| acl.starts_with("Describe")));
    let own = granted("{admin: headgate}");
    for needed in [
        "Alter cluster:literal:kafka-cluster",
        "AlterConfigs cluster:literal:kafka-cluster",
        "Alter topic:literal:*",
        "Delete topic:literal:*",
        "Read group:literal:*",
    ] {
        assert!(own.iter().any(|acl| acl == needed), "{needed} of {own:?}");
    }
    assert!(!own.iter().any(|acl| acl.contains("Write")), "{own:?}");
}

#[test]
fn every_grant_asks_for_something_that_brokers_ask_about() {
    // a grant whose ACLs do nothing would be told as a warning, which `right` does not let pass
    for grant in [
        "{consume: t, group: g}",
        "{produce: t}",
        "{transact: x}",
        "{connect: c}",
        "{streams: s}",
        "{admin: cluster}",
        "{admin: readonly}",
        "{admin: headgate}",
    ] {
        let names: BTreeSet<String> = granted(grant).into_iter().collect();
        assert!(!names.is_empty(), "{grant}");
        for name in names {
            assert!(
                Acl::parse(&format!("User:u allow {name}")).is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn an_acl_is_read_with_all_its_parts() {
    let text = of_kind(
        "Acl",
        "audit",
        "{principal: 'User:CN=a b,OU=c', acls: [{resource: {type: topic, name: audit, pattern: prefixed}, \
         operations: [Describe, Delete], host: 10.0.0.7, permission: deny}]}",
    );
    let cluster = read(&text);
    let (acl, declared) = cluster.acls.iter().next().expect("there are two");
    let parts = acl.parts();
    assert_eq!(parts.principal, "User:CN=a b,OU=c");
    assert_eq!(parts.host, "10.0.0.7");
    assert_eq!(parts.permission, AclPermission::DENY);
    assert_eq!(parts.operation, AclOperation::DELETE);
    assert_eq!(parts.resource, AclResource::TOPIC);
    assert_eq!(parts.pattern, AclPattern::PREFIXED);
    assert_eq!(parts.name, "audit");
    assert_eq!(declared.place.to_string(), "c/topics.yaml:5:46");
    assert_eq!(cluster.acls.len(), 2);
}

#[test]
fn what_an_acl_leaves_open_is_the_common_case() {
    assert_eq!(
        acls_of("{acls: [{resource: {type: cluster}, operations: [Create]}]}"),
        ["Create cluster:literal:kafka-cluster"]
    );
    assert_eq!(
        acls_of("{acls: [{resource: {type: group, name: \"*\"}, operations: [Read]}]}"),
        ["Read group:literal:*"]
    );
}

/// Trap 21: what a newer Kafka has comes through as its number.
#[test]
fn codes_without_a_word_are_taken() {
    assert_eq!(
        acls_of("{acls: [{resource: {type: '#9', name: x}, operations: ['#17', '#3']}]}"),
        ["#17 #9:literal:x", "Read #9:literal:x"]
    );
}

/// Trap 22: identity is the set, order and doubles are noise.
#[test]
fn doubles_within_a_document_are_one() {
    let spec = "{grants: [{produce: t}, {produce: [t, t]}], acls: [{resource: {type: topic, name: t}, operations: [Write, Write, Describe]}]}";
    let cluster = read(&of_kind("User", "u", spec));
    assert_eq!(cluster.acls.len(), 2);
    assert!(cluster.acls.values().all(|acl| acl.others.is_empty()));
}

#[test]
fn an_acl_of_several_documents_knows_all_of_them() {
    let rule =
        "{principal: User:u, acls: [{resource: {type: topic, name: t}, operations: [Write]}]}";
    let mut files = below_cluster(&of_kind("User", "u", "{grants: [{produce: t}]}"));
    files.push(file("c/b.yaml", of_kind("Acl", "one", rule)));
    files.push(file("c/z.yaml", of_kind("Acl", "two", rule)));
    let cluster = right(&files);
    let acl = &cluster.acls["User:u allow Write topic:literal:t"];
    assert_eq!(acl.place.to_string(), "c/b.yaml:5:34");
    let others: Vec<String> = acl.others.iter().map(ToString::to_string).collect();
    assert_eq!(others, ["c/topics.yaml:5:17", "c/z.yaml:5:34"]);
}

#[test]
fn a_user_has_credentials_only_if_it_says_so() {
    let spec = "{scram: {mechanism: [SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-512], passwordFrom: {secret: pw}, iterations: 8192, verify: false}}";
    let mut text = of_kind("User", "both", spec);
    text.push_str(&of_kind(
        "User",
        "one",
        "{scram: {mechanism: SCRAM-SHA-512, passwordFrom: {secret: pw-2}}}",
    ));
    text.push_str(&of_kind(
        "User",
        "'CN=none,OU=x'",
        "{grants: [{produce: t}]}",
    ));
    let cluster = read(&text);
    let names: Vec<&str> = cluster.users.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["both", "one"]);
    let both = &cluster.users["both"];
    let mechanisms: Vec<ScramMechanism> = both.scram.iter().map(|c| c.mechanism).collect();
    assert_eq!(mechanisms, [ScramMechanism::Sha256, ScramMechanism::Sha512]);
    assert!(both.scram.iter().all(|c| c.iterations == Some(8192)));
    assert!(!both.verify);
    let one = &cluster.users["one"];
    assert!(one.verify);
    assert_eq!(one.scram[0].iterations, None);
    assert_eq!(one.scram[0].password.0, "pw-2");
    assert!(
        cluster
            .acls
            .contains_key("User:CN=none,OU=x allow Write topic:literal:t")
    );
}
