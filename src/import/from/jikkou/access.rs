//! Jikkou's users, authorizations and quotas (import, pure).

use super::Resource;
use crate::{
    import::from::{
        found::Found,
        rights::{Asked, mechanism, take_quotas},
        sheet::Spot,
        shelf::Shelf,
    },
    model::{QuotaEntity, QuotaName},
};

pub(super) fn user(mut one: Resource<'_>, found: &mut Found<'_>) {
    let name = one.name;
    for spot in one.spec.items("authentications") {
        let Some(mut way) = spot.fields(format!("user {name}: a way to log in")) else {
            continue;
        };
        way.needless("salt", "Headgate makes a new one with each password");
        let password = way.take("password").filter(|p| !p.says_nothing());
        let iterations = way.count("iterations").and_then(|n| u32::try_from(n).ok());
        match way.need("type").and_then(mechanism) {
            Some(mechanism) => found.scram(name, mechanism, iterations, password, spot),
            None => spot.lost(
                format!("user {name}: a way to log in was left out: it is neither scram-sha-256 nor scram-sha-512"),
                "Kafka keeps no other credentials",
            ),
        }
    }
    found.labels_of(&format!("User:{name}"), one.labels, one.spot);
}

pub(super) fn authorization(mut one: Resource<'_>, roles: &Shelf<'_>, found: &mut Found<'_>) {
    for own in one.spec.items("acls") {
        acl(one.name, own, found);
    }
    for role in one.spec.texts("roles") {
        let acls = roles.find(role, one.spot);
        for own in acls.map_or(Vec::new(), |acls| acls.items("the ACLs of a role")) {
            acl(one.name, own, found);
        }
    }
    found.labels_of(one.name, one.labels, one.spot);
}

fn acl(principal: &str, spot: Spot<'_>, found: &mut Found<'_>) {
    let acl = spot.fields(format!("an ACL of {principal}"));
    if let Some(asked) = acl.and_then(|mut acl| Asked::read(&mut acl, principal, "pattern")) {
        found.rule(&asked, spot);
    }
}

pub(super) fn quota(one: Resource<'_>, found: &mut Found<'_>) {
    let Resource { mut spec, spot, .. } = one;
    let words = one.labels.keys().map(String::as_str);
    for word in words.chain(Some(one.name).filter(|name| !name.is_empty())) {
        spot.note(
            format!("a quota: `{}` was left out", word.escape_debug()),
            "a quota is known by whom it is for, and has neither a name nor labels",
        );
    }
    let mut entity = QuotaEntity::default();
    let mut named = spec.fields("entity");
    let mut name = |key| {
        named
            .as_mut()
            .and_then(|named| named.text(key))
            .map(QuotaName::new)
    };
    let every = Some(QuotaName::Default);
    let of = spec.need("type").unwrap_or_default();
    match of {
        "USER" => entity.user = name("user"),
        "CLIENT" => entity.client_id = name("clientId"),
        "USER_CLIENT" => (entity.user, entity.client_id) = (name("user"), name("clientId")),
        "USER_ALL_CLIENTS" => (entity.user, entity.client_id) = (name("user"), every),
        "USERS_DEFAULT" | "USER_DEFAULT" => entity.user = every,
        "CLIENTS_DEFAULT" | "CLIENT_DEFAULT" => entity.client_id = every,
        _ => {}
    }
    let both = of.starts_with("USER_") && of.contains("CLIENT");
    let whole = match both {
        true => entity.user.is_some() && entity.client_id.is_some(),
        false => entity.parts().next().is_some(),
    };
    if !whole {
        spec.rest();
        return spot.lost(
            format!("a quota of type `{}` was left out: it does not say whom it is for", of.escape_debug()),
            "known types are USER, CLIENT, USER_CLIENT, USER_ALL_CLIENTS, USERS_DEFAULT and CLIENTS_DEFAULT",
        );
    }
    let quotas = spec
        .fields("configs")
        .map(|mut configs| take_quotas(&mut configs));
    found.quota(entity, quotas.unwrap_or_default(), spot);
}
