//! ACLs: every number on the wire against the words of Kafka's own AclCommand, deletions that hit nothing else, and
//! clusters that have none.

use std::collections::BTreeSet;

use headgate::{
    kafka::Client,
    lab::{KafkaCluster, KafkaVersion, Tool},
    live::Observed,
    model::{Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, Kind, ObjectRef},
    ports::{Batch, KafkaPlane, Outcome, RefusalClass},
};

use super::fixture::{
    client, mistreated, observed_kind, plaintext, refusal, unique, until_all, written,
};
use crate::support::lab;

/// Operations that a version knows; it refuses others.
fn operations(version: KafkaVersion) -> impl Iterator<Item = &'static AclOperation> {
    let newest = version == KafkaVersion::V4_3;
    let known =
        move |operation: &&AclOperation| newest || **operation != AclOperation::TWO_PHASE_COMMIT;
    AclOperation::ALL.iter().filter(known)
}

/// Every combination of the closed words, for one principal.
fn every_acl(version: KafkaVersion, principal: &str, name: &str) -> Vec<Acl> {
    let mut acls = Vec::new();
    for resource in AclResource::ALL {
        for pattern in AclPattern::ALL {
            for operation in operations(version) {
                for permission in AclPermission::ALL {
                    acls.push(Acl::new(&AclParts {
                        principal,
                        host: if *permission == AclPermission::DENY {
                            "10.0.0.1"
                        } else {
                            "*"
                        },
                        permission: *permission,
                        operation: *operation,
                        resource: *resource,
                        pattern: *pattern,
                        name: if *resource == AclResource::CLUSTER {
                            "kafka-cluster"
                        } else {
                            name
                        },
                    }));
                }
            }
        }
    }
    acls
}

/// Spells an ACL as AclCommand lists it.
fn as_listed(acl: &Acl) -> String {
    let AclParts {
        principal,
        host,
        permission,
        operation,
        resource,
        pattern,
        name,
    } = acl.parts();
    let [resource, pattern, operation, permission] = [
        resource.to_string(),
        pattern.to_string(),
        operation.to_string(),
        permission.to_string(),
    ]
    .map(|word| java(&word));
    format!(
        "resourceType={resource}, name={name}, patternType={pattern} principal={principal}, host={host}, \
         operation={operation}, permissionType={permission}"
    )
}

/// `transactionalId` is `TRANSACTIONAL_ID` in Java.
fn java(word: &str) -> String {
    let mut java = String::new();
    for (at, c) in word.char_indices() {
        if c.is_uppercase() && at > 0 {
            java.push('_');
        }
        java.extend(c.to_uppercase());
    }
    java
}

/// What AclCommand lists of a principal.
async fn listed(cluster: &KafkaCluster, principal: &str) -> BTreeSet<String> {
    let told = cluster
        .tool(Tool::Acls, &["--list", "--principal", principal])
        .await
        .unwrap();
    let mut resource = None;
    let mut acls = BTreeSet::new();
    for line in told.lines() {
        if let Some((_, pattern)) = line.split_once("ResourcePattern(") {
            resource = pattern.split(')').next();
        } else if let Some(entry) = line.trim().strip_prefix('(') {
            let entry = entry.trim_end_matches(')');
            acls.insert(format!(
                "{} {entry}",
                resource.expect("a resource comes first")
            ));
        }
    }
    acls
}

fn refs(acls: &[Acl]) -> Vec<ObjectRef> {
    acls.iter()
        .map(|acl| ObjectRef::new(Kind::Acl, acl.as_str()))
        .collect()
}

/// All ACLs of a principal, as an observation shows them.
async fn observed_of(client: &Client, principal: &str) -> BTreeSet<Acl> {
    let live = observed_kind(client, Kind::Acl).await;
    let acls = live
        .acls
        .known()
        .cloned()
        .unwrap_or_else(|| panic!("{:?}", live.acls.unknown()));
    acls.into_iter()
        .filter(|acl| acl.principal() == principal)
        .collect()
}

/// Writes every combination and has Kafka's tool read it; then one is deleted and its neighbours stay.
async fn walk(cluster: &KafkaCluster) {
    let client = client(cluster);
    let name = unique("acl");
    let principal = format!("User:{name}");
    let acls = every_acl(cluster.version(), &principal, name.as_str());
    written(&client, Batch::CreateAcls(acls.clone())).await;
    until_all(&client, &refs(&acls), true).await;

    let (expected, wanted): (BTreeSet<String>, BTreeSet<Acl>) = (
        acls.iter().map(as_listed).collect(),
        acls.iter().cloned().collect(),
    );
    assert_eq!(observed_of(&client, &principal).await, wanted);
    let listed = listed(cluster, &principal).await;
    let differ: Vec<&String> = listed.symmetric_difference(&expected).collect();
    assert!(differ.is_empty(), "{differ:?}");

    // trap 21: creating what is there says nothing, deleting hits what was said and not its DENY beside it
    written(&client, Batch::CreateAcls(acls[..3].to_vec())).await;
    let (gone, kept) = acls.split_at(50);
    written(&client, Batch::DeleteAcls(gone.to_vec())).await;
    until_all(&client, &refs(gone), false).await;
    assert_eq!(
        observed_of(&client, &principal).await,
        kept.iter().cloned().collect()
    );
    let again = client.write(Batch::DeleteAcls(gone[..1].to_vec())).await;
    assert_eq!(refusal(&again[0]).class, RefusalClass::Gone);
}

#[tokio::test]
async fn every_word_of_an_acl_is_the_one_that_kafkas_own_tool_knows() {
    if let Some(cluster) = plaintext().await {
        walk(cluster).await;
    }
}

#[tokio::test]
async fn every_word_of_an_acl_is_the_one_that_kafka_3_6_knows() {
    if let Some(cluster) = lab::kafka_3_6().await {
        walk(cluster).await;
    }
}

#[tokio::test]
async fn every_word_of_an_acl_is_the_one_that_kafka_3_9_knows() {
    if let Some(cluster) = lab::kafka_3_9().await {
        walk(cluster).await;
    }
}

/// Grants everything on one of each, and denies on a prefix whatever a topic knows but `All`.
const GRANTED: [&str; 2] = [
    "--add --allow-principal WHO --operation All --cluster --topic NAME --group NAME --transactional-id NAME \
     --delegation-token NAME --user-principal WHO",
    "--add --deny-principal WHO --deny-host 10.0.0.1 --operation Read --operation Write --operation Create \
     --operation Delete --operation Alter --operation Describe --operation DescribeConfigs --operation AlterConfigs \
     --topic NAME --resource-pattern-type prefixed",
];

/// What [`GRANTED`] means in names of ACLs.
fn granted(principal: &str, name: &str) -> Vec<Acl> {
    let who = principal.replace(' ', "%20");
    let allowed = AclResource::ALL.iter().map(|resource| match *resource {
        AclResource::CLUSTER => "cluster:literal:kafka-cluster".to_owned(),
        AclResource::USER => format!("user:literal:{who}"),
        _ => format!("{resource}:literal:{name}"),
    });
    let denied = "Read Write Create Delete Alter Describe DescribeConfigs AlterConfigs".split(' ');
    let allowed = allowed.map(|on| format!("{who} allow All {on}"));
    let denied = denied.map(|o| format!("{who} deny {o} topic:prefixed:{name} from 10.0.0.1"));
    let all = allowed.chain(denied);
    all.map(|acl| Acl::parse(&acl).unwrap()).collect()
}

#[tokio::test]
async fn what_kafkas_own_tool_grants_is_read_as_it_was_meant() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let name = unique("granted");
    let principal = format!("User:CN={name}, OU=a b");
    let word = |word: &'static str| match word {
        "WHO" => principal.as_str(),
        "NAME" => name.as_str(),
        option => option,
    };
    let [first, second] = GRANTED.map(|args| args.split(' ').map(word).collect::<Vec<&str>>());
    let (first, second) = tokio::join!(
        cluster.tool(Tool::Acls, &first),
        cluster.tool(Tool::Acls, &second)
    );
    first.and(second).unwrap();

    let (client, expected) = (client(cluster), granted(&principal, name.as_str()));
    until_all(&client, &refs(&expected), true).await;
    let seen = observed_of(&client, &principal).await;
    assert_eq!(seen, expected.into_iter().collect());
}

#[tokio::test]
async fn a_code_that_a_broker_does_not_know_is_refused_and_harms_no_other_item() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    let (client, name) = (client(cluster), unique("future"));
    let acl = |operation: &str| {
        Acl::parse(&format!("User:{name} allow {operation} topic:literal:t")).unwrap()
    };
    let outcomes = client
        .write(Batch::CreateAcls(vec![acl("#99"), acl("Read")]))
        .await;
    assert_eq!(refusal(&outcomes[0]).class, RefusalClass::Final);
    assert_eq!(outcomes[1], Outcome::Applied);
    until_all(&client, &refs(&[acl("Read")]), true).await;
}

/// Trap 24: no authorizer is not the same as no ACLs.
#[tokio::test]
async fn a_cluster_without_an_authorizer_does_not_say_that_it_has_no_acls() {
    let Some(cluster) = mistreated().await else {
        return;
    };
    let client = client(&cluster);
    let acl = Acl::parse("User:a allow Read topic:literal:t").unwrap();
    let live = observed_kind(&client, Kind::Acl).await;
    let reason = live.acls.unknown().unwrap_or_default();
    assert!(reason.contains("no authorizer"), "{reason}");
    assert_eq!(live.unsupported, [Kind::Acl].into());
    let Observed::Known(looked) = client.look(&refs(std::slice::from_ref(&acl))).await else {
        panic!("the cluster answers")
    };
    assert!(
        looked.objects.values().all(|seen| seen.unknown().is_some()),
        "{looked:?}"
    );
    for batch in [
        Batch::CreateAcls(vec![acl.clone()]),
        Batch::DeleteAcls(vec![acl]),
    ] {
        let outcomes = client.write(batch).await;
        let refusal = refusal(&outcomes[0]);
        assert_eq!(
            (refusal.class, refusal.code.as_str()),
            (RefusalClass::Final, "SECURITY_DISABLED")
        );
    }
}
