//! Users with their ACLs and quotas, and what belongs to no user (import, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Page, listed,
    text::{Block, flow, scalar},
};
use crate::{
    live::{KafkaLive, LiveConfig, LiveUser, Observed},
    model::{
        Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, Kind, QuotaEntity,
        QuotaName,
    },
};

/// Beginning of the principals that are users.
const USER: &str = "User:";

/// Everything about one principal.
#[derive(Default)]
struct Principal<'a> {
    scram: Option<&'a LiveUser>,
    rules: BTreeMap<Rule, BTreeSet<AclOperation>>,
    quotas: Option<&'a [LiveConfig]>,
}

/// What ACLs that differ in the operation only have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    resource: AclResource,
    name: CompactString,
    pattern: AclPattern,
    host: CompactString,
    permission: AclPermission,
}

/// Writes users, ACLs and quotas.
pub(super) fn write(live: &KafkaLive, page: &mut Page) {
    let mut principals: BTreeMap<CompactString, Principal<'_>> = BTreeMap::new();
    for (name, user) in listed(&live.users, Kind::User, page).into_iter().flatten() {
        match user {
            Observed::Known(user) => {
                let principal = format!("{USER}{name}");
                principals.entry(principal.into()).or_default().scram = Some(user);
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
    let users = principals.values().filter(|p| p.scram.is_some()).count();
    page.count(Kind::User, users);
    let documents: Vec<(String, String)> = principals
        .iter()
        .map(|(name, principal)| {
            let sorted = name.strip_prefix(USER).unwrap_or(name).to_owned();
            (sorted, document(name, principal, page))
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

fn take_acl(acl: &Acl, principals: &mut BTreeMap<CompactString, Principal<'_>>) {
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
fn take_quotas<'a>(
    live: &'a KafkaLive,
    principals: &mut BTreeMap<CompactString, Principal<'a>>,
    page: &mut Page,
) {
    let mut count = 0;
    for (name, quota) in listed(&live.quotas, Kind::Quota, page)
        .into_iter()
        .flatten()
    {
        let (quota, entity) = match (quota, QuotaEntity::parse(name)) {
            (Observed::Known(quota), Some(entity)) => (quota, entity),
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
        match &entity {
            QuotaEntity {
                user: Some(QuotaName::Named(user)),
                client_id: None,
                ip: None,
            } => {
                let principal = format!("{USER}{user}");
                principals.entry(principal.into()).or_default().quotas = Some(quota);
            }
            _ => {
                let document = of_entity(name, &entity, quota);
                page.files.add("quotas.yaml", &document);
            }
        }
    }
    page.count(Kind::Quota, count);
}

fn of_entity(name: &str, entity: &QuotaEntity, quota: &[LiveConfig]) -> String {
    let mut block = Block::document("Quota", name);
    for (of, name) in entity.parts() {
        let field = match of {
            "client-id" => "clientId",
            other => other,
        };
        block.line(1, &format!("{field}: {}", scalar(&name.to_string())));
    }
    for (field, value) in quotas(quota) {
        block.line(1, &format!("{field}: {value}"));
    }
    block.finish()
}

/// Returns quotas as documents spell them.
fn quotas(quota: &[LiveConfig]) -> impl Iterator<Item = (String, &str)> {
    quota.iter().filter_map(|own| {
        let mut words = own.key.as_str().split('_');
        let mut field = words.next()?.to_owned();
        for word in words {
            let (first, rest) = word.split_at_checked(1)?;
            field.push_str(&first.to_ascii_uppercase());
            field.push_str(rest);
        }
        Some((field, own.value.as_deref()?))
    })
}

fn document(name: &str, principal: &Principal<'_>, page: &mut Page) -> String {
    let Some(user) = name.strip_prefix(USER).filter(|user| *user != "*") else {
        let mut block = Block::document("Acl", &name.replace([':', '*'], "-"));
        block.line(1, &format!("principal: {}", scalar(name)));
        rules(principal, &mut block);
        return block.finish();
    };
    let mut block = Block::document("User", user);
    if let Some(live) = principal.scram {
        scram(user, live, &mut block, page);
    }
    rules(principal, &mut block);
    if let Some(quota) = principal.quotas {
        let each = quotas(quota).map(|(field, value)| format!("{field}: {value}"));
        let all: Vec<String> = each.collect();
        block.line(1, &format!("quotas: {{{}}}", all.join(", ")));
    }
    block.finish()
}

fn scram(user: &str, live: &LiveUser, block: &mut Block, page: &mut Page) {
    let words: Vec<&str> = live
        .credentials
        .iter()
        .map(|c| c.mechanism.as_str())
        .collect();
    let mechanism = match words.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("[{}]", several.join(", ")),
    };
    let secret = page.secret(&format!("{user}-password"));
    block.line(
        1,
        &format!("scram: {{mechanism: {mechanism}, passwordFrom: {{secret: {secret}}}}}"),
    );
}

fn rules(principal: &Principal<'_>, block: &mut Block) {
    if principal.rules.is_empty() {
        return;
    }
    block.line(1, "acls:");
    for (rule, operations) in &principal.rules {
        let operations: Vec<String> = operations.iter().map(|o| flow(&o.to_string())).collect();
        let mut line = format!(
            "- {{resource: {{type: {}, name: {}",
            flow(&rule.resource.to_string()),
            flow(&rule.name)
        );
        if rule.pattern != AclPattern::LITERAL {
            line.push_str(&format!(", pattern: {}", flow(&rule.pattern.to_string())));
        }
        line.push_str(&format!("}}, operations: [{}]", operations.join(", ")));
        if rule.host != "*" {
            line.push_str(&format!(", host: {}", flow(&rule.host)));
        }
        if rule.permission != AclPermission::ALLOW {
            line.push_str(&format!(
                ", permission: {}",
                flow(&rule.permission.to_string())
            ));
        }
        line.push('}');
        block.line(2, &line);
    }
}
