//! Reads ACLs (rank 6, Kafka plane): one DescribeAcls for all of them.

use std::collections::BTreeSet;

use compact_str::CompactString;
use futures::future::try_join_all;
use kafka_protocol::messages::describe_acls_response::DescribeAclsResource;

use super::{Gap, ask};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, DESCRIBE},
        requests::acls as requests,
    },
    live::{LiveObject, Looks, Observed},
    model::{Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, ObjectRef},
};

/// Principals that a look asks about one by one; with more of them it asks for all ACLs. Whatever is asked, the broker
/// walks over all it has, so that a few narrow questions cost it as much as the broad one, and us less. Another broker
/// than the usual one is asked but once.
const PRINCIPALS_AT_ONCE: usize = 8;

/// Lists all ACLs.
pub(super) async fn observe(client: &Client) -> Result<BTreeSet<Acl>, Gap> {
    let acls = list(client, To::Any, None).await?;
    // made from a list at once, the set's nodes are full: half the memory of one that grew
    Ok(acls.into_iter().collect())
}

/// Looks at ACLs: whether each is there.
pub(super) async fn look(client: &Client, to: To, objects: &[&ObjectRef]) -> Looks {
    let acl = |object: &&ObjectRef| Acl::parse(&object.name);
    let principals: BTreeSet<CompactString> = objects
        .iter()
        .filter_map(acl)
        .map(|acl| acl.principal())
        .collect();
    let asked: Vec<Option<&str>> = match (to, principals.len()) {
        (To::Any, 0..=PRINCIPALS_AT_ONCE) | (_, 0..=1) => {
            principals.iter().map(|p| Some(p.as_str())).collect()
        }
        _ => vec![None],
    };
    let answers = asked
        .into_iter()
        .map(|principal| list(client, to, principal));
    let answers = try_join_all(answers).await.map_err(Gap::why);
    let found = answers.map(|lists| lists.into_iter().flatten().collect::<BTreeSet<Acl>>());
    let seen = |object: &&ObjectRef| {
        let seen = match (&found, acl(object)) {
            (Ok(found), Some(acl)) => {
                Observed::Known(found.contains(&acl).then_some(LiveObject::Acl))
            }
            (Ok(_), None) => Observed::Unknown("that is no name of an ACL".to_owned()),
            (Err(reason), _) => Observed::Unknown(reason.clone()),
        };
        ((*object).clone(), seen)
    };
    objects.iter().map(seen).collect()
}

async fn list(client: &Client, to: To, principal: Option<&str>) -> Result<Vec<Acl>, Gap> {
    let answer = ask(client, to, &requests::describe(principal)).await?;
    match Code(answer.error_code) {
        Code::NONE => Ok(acls(answer.resources)),
        // trap 24: that is not the same as having none
        Code::SECURITY_DISABLED => Err(Gap::Unsupported(
            "this cluster has no authorizer (the brokers' `authorizer.class.name` is empty): there are no ACLs, and \
             everybody may do everything"
                .to_owned(),
        )),
        code => {
            let message = answer.error_message.as_deref();
            Err(denied::refused(client.settings(), code, message, DESCRIBE).into())
        }
    }
}

/// Takes the ACLs out of an answer, whose memory goes as they are made.
fn acls(resources: Vec<DescribeAclsResource>) -> Vec<Acl> {
    let mut acls = Vec::with_capacity(resources.iter().map(|r| r.acls.len()).sum());
    for resource in resources {
        acls.extend(resource.acls.into_iter().map(|acl| {
            Acl::new(&AclParts {
                principal: acl.principal.as_str(),
                host: acl.host.as_str(),
                permission: AclPermission(acl.permission_type),
                operation: AclOperation(acl.operation),
                resource: AclResource(resource.resource_type),
                pattern: AclPattern(resource.pattern_type),
                name: resource.resource_name.as_str(),
            })
        }));
    }
    acls
}

#[cfg(test)]
mod tests {
    use kafka_protocol::{messages::describe_acls_response::AclDescription, protocol::StrBytes};

    use super::*;

    #[test]
    fn acls_are_taken_as_they_are_even_if_nobody_knows_their_numbers() {
        let acl = |operation| {
            AclDescription::default()
                .with_principal(StrBytes::from_static_str("User:a b"))
                .with_host(StrBytes::from_static_str("*"))
                .with_operation(operation)
                .with_permission_type(3)
        };
        let resource = DescribeAclsResource::default()
            .with_resource_type(99)
            .with_resource_name(StrBytes::from_static_str(""))
            .with_pattern_type(3)
            .with_acls(vec![acl(3), acl(42)]);
        let names = acls(vec![resource])
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        assert_eq!(
            names,
            [
                "User:a%20b allow Read #99:literal:",
                "User:a%20b allow #42 #99:literal:"
            ]
        );
    }
}
