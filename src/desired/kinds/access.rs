//! ACLs: `kind: Acl`, the `acls` of users, and what both and grants add to a cluster (desired, rank 1).

use std::{collections::btree_map::Entry, net::IpAddr};

use super::{Declares, Document, Spec, grant::GrantSpec};
use crate::{
    desired::{
        DesiredAcl,
        home::Home,
        page::{At, Page},
        read::{Needed, Spotted, Text, mirror},
    },
    model::{
        Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, Place, Severity,
        TopicName,
    },
};

/// The one name of the resource `cluster` (Kafka, `Resource.CLUSTER_NAME`).
pub(super) const CLUSTER_NAME: &str = "kafka-cluster";

/// What stands for every name, and for every host.
pub(super) const ALL: &str = "*";

mirror! {
    /// What a principal may and may not do.
    AclSpec {
        /// Who: `User:` and a user's name, `User:*` for everybody, or another type of principal if the brokers make such.
        principal = "principal": Needed<Text>,
        /// What it may and may not do, ACL by ACL.
        acls = "acls": Needed<Vec<Spotted<AclRule>>>,
    }
}

mirror! {
    /// ACLs for one resource, one for each operation.
    AclRule {
        /// What it is about.
        resource = "resource": Needed<ResourceSpec>,
        /// What may be done: Kafka's words, or `"#n"` for one that only newer Kafkas have.
        operations = "operations": Needed<Vec<AclOperation>>,
        /// From where: an IP address, or `*`. Default: `*`.
        host = "host": Option<Text>,
        /// Whether it is allowed or forbidden. What is forbidden stays so, whatever else is allowed. Default: `allow`.
        permission = "permission": Option<AclPermission>,
    }
}

mirror! {
    /// A resource, or all whose names begin alike.
    ResourceSpec {
        /// Its type, or `"#n"` for one that only newer Kafkas have.
        of = "type": Needed<AclResource>,
        /// Its name; `*` for all. Of `cluster` there is one, `kafka-cluster`, which need not be named.
        name = "name": Option<Text>,
        /// Whether it is the name or the beginning of names. Default: `literal`.
        pattern = "pattern": Option<AclPattern>,
    }
}

impl Spec for AclSpec {
    const KIND: &'static str = "Acl";
    const ABOUT: &'static str = "ACLs of a principal that has no `User` document, or beside it. Several documents may give the same ACL: it goes \
         with the last of them.";
    const NAMED: &'static str =
        "What the document is called. The name is for people; the ACLs are what counts.";
}

impl Declares for AclSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let spec = document.spec.as_ref();
        let Some(principal) = spec.and_then(|s| s.principal.0.as_ref()) else {
            return;
        };
        match principal.value.split_once(':') {
            Some((of, name)) if !of.is_empty() && !name.is_empty() => {
                warn_of_case(of, name, principal.at, page);
            }
            _ => {
                let message = format!(
                    "principal `{}` is not a type and a name",
                    principal.value.escape_debug()
                );
                let help = "write its type, a colon and its name, such as `User:analytics`";
                return page.error_with(principal.at, message, help.to_owned());
            }
        }
        let mut access = Access::of(&principal.value, document.clean);
        access.rule(spec.and_then(|s| s.acls.0.as_deref()), page);
        access.declare(home);
    }
}

/// The type of the principals that Kafka itself makes (`KafkaPrincipal.USER_TYPE`).
const USER: &str = "User";

/// Warns of a type of principals that differs from Kafka's own in the case alone: Kafka compares letter by letter.
fn warn_of_case(of: &str, name: &str, at: At, page: &mut Page<'_>) {
    if of != USER && of.eq_ignore_ascii_case(USER) {
        let message = format!(
            "this ACL is likely about nobody: Kafka's principals are of type `{USER}`, and case counts, so that `{of}` is another type"
        );
        let help = format!("did you mean `{USER}:{}`?", name.escape_debug());
        page.note(Severity::Warning, at, message, Some(help));
    }
}

/// The ACLs of a document while they are read.
pub(super) struct Access<'a> {
    principal: &'a str,
    /// Whether the document was read without an error, so that what is missing is really not there.
    clean: bool,
    acls: Vec<(Acl, Place)>,
}

impl<'a> Access<'a> {
    /// Begins with none.
    pub(super) fn of(principal: &'a str, clean: bool) -> Self {
        Self {
            principal,
            clean,
            acls: Vec::new(),
        }
    }

    /// Adds what grants stand for.
    pub(super) fn grant(&mut self, grants: Option<&[Spotted<GrantSpec>]>, page: &mut Page<'_>) {
        for grant in grants.unwrap_or_default() {
            let host = grant.value.host.as_ref();
            let host = host.map_or(ALL, |host| read_host(host, page));
            for (resource, pattern, name, operations) in
                grant.value.rights(grant.at, self.clean, page)
            {
                judge(resource, pattern, name, grant.at, page);
                let parts = (AclPermission::ALLOW, resource, pattern, name, host);
                self.add(parts, operations, grant.at, page);
            }
        }
    }

    /// Adds ACLs as they are written.
    pub(super) fn rule(&mut self, rules: Option<&[Spotted<AclRule>]>, page: &mut Page<'_>) {
        for Spotted { at, value: rule } in rules.unwrap_or_default() {
            let host = rule.host.as_ref();
            let host = host.map_or(ALL, |host| read_host(host, page));
            let (Some(resource), Some(operations)) = (&rule.resource.0, &rule.operations.0) else {
                continue;
            };
            let Some((of, pattern, name)) = resource.parts(*at, self.clean, page) else {
                continue;
            };
            judge(of, pattern, name, *at, page);
            if operations.is_empty() && self.clean {
                page.error(*at, "this ACL names no operation");
            }
            for operation in operations {
                warn_of_operation(of, *operation, *at, page);
            }
            let permission = rule.permission.unwrap_or(AclPermission::ALLOW);
            self.add((permission, of, pattern, name, host), operations, *at, page);
        }
    }

    fn add(
        &mut self,
        (permission, resource, pattern, name, host): (
            AclPermission,
            AclResource,
            AclPattern,
            &str,
            &str,
        ),
        operations: &[AclOperation],
        at: At,
        page: &Page<'_>,
    ) {
        let place = page.place(at);
        self.acls.extend(operations.iter().map(|operation| {
            let acl = Acl::new(&AclParts {
                principal: self.principal,
                host,
                permission,
                operation: *operation,
                resource,
                pattern,
                name,
            });
            (acl, place.clone())
        }));
    }

    /// Puts the ACLs into their cluster. Trap 22: they are a set, so that doubles within a document are one.
    pub(super) fn declare(mut self, home: &mut Home) {
        let Some(cluster) = &mut home.cluster else {
            return;
        };
        self.acls.sort_unstable();
        self.acls.dedup_by(|next, first| next.0 == first.0);
        for (acl, place) in self.acls {
            match cluster.acls.entry(acl) {
                Entry::Vacant(free) => {
                    let others = Vec::new();
                    free.insert(DesiredAcl { place, others });
                }
                // documents come by file and line, so that the first stays the first
                Entry::Occupied(mut taken) => taken.get_mut().others.push(place),
            }
        }
    }
}

impl ResourceSpec {
    fn parts(
        &self,
        at: At,
        clean: bool,
        page: &mut Page<'_>,
    ) -> Option<(AclResource, AclPattern, &str)> {
        let of = self.of.0?;
        let pattern = self.pattern.unwrap_or(AclPattern::LITERAL);
        let name = self.name.as_ref().map(|name| name.value.as_str());
        match (of, name) {
            (AclResource::CLUSTER, None) => Some((of, pattern, CLUSTER_NAME)),
            (AclResource::CLUSTER, Some(name)) if name != CLUSTER_NAME => {
                let at = self.name.as_ref().map_or(at, |name| name.at);
                page.error(
                    at,
                    format!(
                        "Kafka refuses an ACL for a cluster that is not called `{CLUSTER_NAME}`"
                    ),
                );
                None
            }
            (_, Some(name)) => Some((of, pattern, name)),
            (_, None) if !clean => None,
            (_, None) => {
                page.error_with(
                    at,
                    "this ACL does not say the `name` of its resource",
                    "`*` stands for all".to_owned(),
                );
                None
            }
        }
    }
}

/// Hosts are compared as texts with the address a connection comes from, so that no other spelling ever fits.
fn read_host<'t>(host: &'t Text, page: &mut Page<'_>) -> &'t str {
    if host.value != ALL && host.value.parse::<IpAddr>().is_err() {
        page.note(
            Severity::Warning,
            host.at,
            format!(
                "host `{}` fits no client: Kafka compares it with the client's IP address",
                host.value.escape_debug()
            ),
            Some("write an IP address, or `*` for all".to_owned()),
        );
    }
    &host.value
}

/// Looks whether a resource can exist.
fn judge(of: AclResource, pattern: AclPattern, name: &str, at: At, page: &mut Page<'_>) {
    let why = match (of, pattern) {
        // trap 20
        (_, AclPattern::PREFIXED) if name == ALL => {
            Some("with the pattern `prefixed` the name `*` is a star and not all names".to_owned())
        }
        (AclResource::TOPIC, AclPattern::LITERAL) if name != ALL => {
            TopicName::new(name).err().map(|e| e.to_string())
        }
        _ => None,
    };
    if let Some(why) = why {
        page.note(
            Severity::Warning,
            at,
            format!("this ACL fits nothing: {why}"),
            None,
        );
    }
}

/// Operations that brokers ever ask about, by type of resource (Kafka, `AclEntry.supportedOperations`); of a type that is
/// not known here, all. Brokers store an ACL with another one and never look at it.
pub(in crate::desired) fn asked_about(of: AclResource) -> Option<&'static [AclOperation]> {
    use AclOperation as O;
    match of {
        AclResource::TOPIC => Some(&[
            O::READ,
            O::WRITE,
            O::CREATE,
            O::DELETE,
            O::ALTER,
            O::DESCRIBE,
            O::DESCRIBE_CONFIGS,
            O::ALTER_CONFIGS,
        ]),
        AclResource::GROUP => Some(&[
            O::READ,
            O::DELETE,
            O::DESCRIBE,
            O::DESCRIBE_CONFIGS,
            O::ALTER_CONFIGS,
        ]),
        AclResource::CLUSTER => Some(&[
            O::CREATE,
            O::ALTER,
            O::DESCRIBE,
            O::CLUSTER_ACTION,
            O::DESCRIBE_CONFIGS,
            O::ALTER_CONFIGS,
            O::IDEMPOTENT_WRITE,
        ]),
        AclResource::TRANSACTIONAL_ID => Some(&[O::WRITE, O::DESCRIBE, O::TWO_PHASE_COMMIT]),
        AclResource::DELEGATION_TOKEN => Some(&[O::DESCRIBE]),
        AclResource::USER => Some(&[O::CREATE_TOKENS, O::DESCRIBE_TOKENS]),
        _ => None,
    }
}

fn warn_of_operation(of: AclResource, operation: AclOperation, at: At, page: &mut Page<'_>) {
    let Some(asked) = asked_about(of) else { return };
    let strange = operation.word().is_none() || operation == AclOperation::ALL_OPERATIONS;
    if strange || asked.contains(&operation) {
        return;
    }
    let known: Vec<&str> = asked.iter().filter_map(|o| o.word()).collect();
    page.note(
        Severity::Warning,
        at,
        format!("no broker ever asks about {operation} on a {of}: this ACL does nothing"),
        Some(format!(
            "known there: {}",
            crate::desired::snippet::quoted(&known)
        )),
    );
}
