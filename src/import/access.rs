//! Users with their ACLs and quotas, and what belongs to no user (import, pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Page, listed,
    principal::{Principal, Rule, Scram, USER, quota, quota_field},
};
use crate::{
    live::{KafkaLive, LiveConfig, LiveUser, Observed},
    model::{Acl, AclParts, Kind, QuotaEntity, ScramMechanism},
};

/// Principals by name.
pub(super) type Principals = BTreeMap<CompactString, Principal>;

/// Takes the users, ACLs and quotas of a cluster, and writes the quotas of others.
pub(super) fn of_live(live: &KafkaLive, page: &mut Page) -> Principals {
    let mut principals = Principals::default();
    for (name, user) in listed(&live.users, Kind::User, page).into_iter().flatten() {
        match user {
            Observed::Known(user) => {
                let principal = format!("{USER}{name}");
                principals.entry(principal.into()).or_default().scram =
                    Some(scram(name, user, page));
            }
            Observed::Unknown(why) => page.unread(Kind::User, name, why),
        }
    }
    let acls = listed(&live.acls, Kind::Acl, page);
    let mut taken = 0;
    for acl in acls.into_iter().flatten() {
        match nameless(acl) {
            Some(why) => page.note(format!("Acl {acl}: {why}; remove it with kafka-acls")),
            None => {
                take_acl(acl, &mut principals);
                taken += 1;
            }
        }
    }
    page.count(Kind::Acl, taken);
    take_quotas(live, &mut principals, page);
    principals
}

/// Writes users, and the ACLs of other principals.
pub(super) fn write(principals: &Principals, page: &mut Page) {
    let users = principals.values().filter(|p| p.scram.is_some()).count();
    page.count(Kind::User, users);
    let documents: Vec<(String, String)> = principals
        .iter()
        .map(|(name, principal)| {
            let sorted = name.strip_prefix(USER).unwrap_or(name).to_owned();
            (sorted, principal.document(name))
        })
        .collect();
    page.files.spread("users", &documents);
}

/// Says why an ACL can stand in no document: Kafka has not always looked at what it was given.
fn nameless(acl: &Acl) -> Option<&'static str> {
    let AclParts {
        principal, name, ..
    } = acl.parts();
    match principal.split_once(':') {
        _ if name.is_empty() => {
            Some("its resource has no name, which Kafka lets nobody write any more")
        }
        Some((of, who)) if !of.is_empty() && !who.is_empty() => None,
        _ => Some("its principal is not a type and a name, so that it is about nobody"),
    }
}

fn scram(user: &str, live: &LiveUser, page: &mut Page) -> Scram {
    Scram {
        mechanisms: live.credentials.iter().map(|c| c.mechanism).collect(),
        iterations: iterations(live),
        secret: page.secret(&format!("{user}-password")),
    }
}

/// Returns the iterations of all credentials, unless they are those that Kafka's tools take when nobody says any. Where they
/// differ none are declared, which leaves each as it is.
fn iterations(live: &LiveUser) -> Option<u32> {
    let allowed = ScramMechanism::MIN_ITERATIONS + 1..=ScramMechanism::MAX_ITERATIONS;
    let mut each = live.credentials.iter().map(|c| c.iterations);
    let first = each.next().filter(|n| allowed.contains(n))?;
    each.all(|n| n == first).then_some(first)
}

fn take_acl(acl: &Acl, principals: &mut Principals) {
    let AclParts {
        principal,
        host,
        permission,
        operation,
        resource,
        pattern,
        name,
    } = acl.parts();
    let rule = Rule {
        resource,
        name,
        pattern,
        host,
        permission,
    };
    let rules = &mut principals.entry(principal).or_default().rules;
    rules.entry(rule).or_default().insert(operation);
}

/// A quota of a user alone stands with the user, any other in a document of its own.
fn take_quotas(live: &KafkaLive, principals: &mut Principals, page: &mut Page) {
    let mut count = 0;
    for (name, own) in listed(&live.quotas, Kind::Quota, page)
        .into_iter()
        .flatten()
    {
        let (own, entity) = match (own, QuotaEntity::parse(name)) {
            (Observed::Known(own), Some(entity)) => (own, entity),
            (Observed::Unknown(why), _) => {
                page.unread(Kind::Quota, name, why);
                continue;
            }
            (_, None) => {
                page.note(format!("Quota {name}: nobody knows what it is for"));
                continue;
            }
        };
        count += 1;
        match entity.one_user() {
            Some(user) => {
                let principal = format!("{USER}{user}");
                principals.entry(principal.into()).or_default().quotas = quotas(own);
            }
            None => {
                let document = quota(name, &entity, &quotas(own));
                page.files.add("quotas.yaml", &document);
            }
        }
    }
    page.count(Kind::Quota, count);
}

/// Returns quotas as documents spell them.
fn quotas(quota: &[LiveConfig]) -> Vec<(String, String)> {
    let said = quota.iter().filter_map(|own| {
        Some((
            quota_field(own.key.as_str()),
            own.value.as_ref()?.to_string(),
        ))
    });
    said.collect()
}
