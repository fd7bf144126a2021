//! What is special about single kinds (plan stage, pure): what is never written, what cannot become so, what is unexpected.

use compact_str::format_compact;

use super::{beyond, draft::Inputs, fields::Want, memory::PARTITIONS, platform, walk::Seen};
use crate::{
    desired::{DesiredCluster, DesiredRef, Pattern},
    live::{LiveConfig, LiveRef, Observed},
    model::{Acl, AclPermission, ConfigKey, Kind, ObjectRef, QuotaEntity, QuotaName, SCHEMA},
};

/// Says why git may not write an object at all.
pub(super) fn never_written(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    match seen.kind {
        Kind::Topic if is_platform(seen) => Some(
            "topics of this name belong to Kafka, Connect, Streams, MirrorMaker or another part of the platform, which \
             make and configure them; take the document out of git, or choose another name"
                .to_owned(),
        ),
        Kind::Acl if seen.live.is_none() => locks_out(inputs, seen.name),
        Kind::BrokerConfig => no_such_broker(inputs, seen.name),
        Kind::Connector => beyond::works_elsewhere(inputs, seen),
        _ => None,
    }
}

/// Tells whether an object is somebody's machinery.
pub(super) fn is_platform(seen: &Seen<'_>) -> bool {
    seen.kind == Kind::Topic && platform::is_platform(seen.name, seen.known())
}

/// A DENY for the daemon itself would be the last thing that it does, unless it is one of the brokers' `super.users`, whom
/// no ACL binds (Kafka, `StandardAuthorizer`).
fn locks_out(inputs: &Inputs<'_>, name: &str) -> Option<String> {
    let acl = Acl::parse(name)?;
    if acl.parts().permission != AclPermission::DENY || inputs.kafka.super_user {
        return None;
    }
    let (why, way_out) = match &inputs.kafka.principal {
        _ if acl.principal() == Acl::EVERYBODY => (
            "it is for everybody, so it would forbid something to Headgate itself, too",
            "name the principals that it is for".to_owned(),
        ),
        Observed::Known(own) if acl.principal() == *own => (
            "it would forbid something to the principal that Headgate itself works as",
            "give Headgate another principal".to_owned(),
        ),
        Observed::Known(_) => return None,
        Observed::Unknown(why) => (
            "it may forbid something to the principal that Headgate itself works as, and Headgate does not know which one \
             that is",
            format!("say kafka.principal in headgate.yaml ({why})"),
        ),
    };
    Some(format!(
        "{why}; take it out of git, {way_out}, or say kafka.superUser: true in headgate.yaml if the brokers' super.users name \
         Headgate's principal, whom no ACL binds"
    ))
}

/// Tells whether an ACL is about the principal that Headgate works as; `None` when nobody knows who that is.
fn is_own(inputs: &Inputs<'_>, acl: &Acl) -> Option<bool> {
    let own = inputs.kafka.principal.known()?;
    Some(acl.principal() == *own)
}

fn no_such_broker(inputs: &Inputs<'_>, name: &str) -> Option<String> {
    let id: i32 = name.parse().ok()?;
    let brokers = &inputs.kafka.brokers;
    (!brokers.iter().any(|b| b.id == id)).then(|| {
        let known: Vec<String> = brokers.iter().map(|b| b.id.to_string()).collect();
        format!(
            "no broker {id} is up (there are {}); it opens when it is, or take the document out of git",
            known.join(", ")
        )
    })
}

/// Says why an object must not be deleted, whoever consents.
pub(super) fn never_deleted(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    match seen.kind {
        Kind::Topic if is_platform(seen) => Some(
            "topics of this name belong to Kafka or another part of the platform and are never deleted; take the entry out \
             of deletion.allow"
                .to_owned(),
        ),
        Kind::Acl => match (Acl::parse(seen.name), &inputs.kafka.principal) {
            (Some(acl), Observed::Known(own)) if acl.principal() == *own => Some(format!(
                "it is for {own}, the principal that Headgate itself works as, which never takes anything from itself; remove \
                 it with kafka-acls if it is not needed"
            )),
            (Some(acl), _) if allows_everybody(&acl) => Some(format!(
                "it is for everybody ({}), so Headgate itself may need it, which never takes anything from itself; remove \
                 it with kafka-acls if it is not needed",
                Acl::EVERYBODY
            )),
            (_, Observed::Unknown(why)) => Some(format!(
                "Headgate never takes an ACL from the principal that it works as itself, and does not know which one that is: \
                 {why}"
            )),
            _ => None,
        },
        Kind::User => must_stay(inputs, seen),
        _ => None,
    }
}

fn allows_everybody(acl: &Acl) -> bool {
    acl.principal() == Acl::EVERYBODY && acl.parts().permission == AclPermission::ALLOW
}

/// Headgate's own user is the one that it logs in as, and the one that it works as: a listener may map the one to the other.
fn is_own_user(inputs: &Inputs<'_>, seen: &Seen<'_>) -> bool {
    let own = inputs.kafka.principal.known();
    let works_as_it = || own.is_some_and(|own| *own == format_compact!("User:{}", seen.name));
    let logs_in_as_it = || inputs.kafka.login.as_deref() == Some(seen.name);
    seen.kind == Kind::User && (works_as_it() || logs_in_as_it())
}

/// Says why a user's credentials must stay, whoever consents.
pub(super) fn must_stay(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    match &inputs.kafka.principal {
        _ if is_own_user(inputs, seen) => Some(
            "Headgate itself may log in with it, and could not come back; remove it with kafka-configs if it does not"
                .to_owned(),
        ),
        Observed::Known(_) => None,
        Observed::Unknown(why) => Some(format!(
            "Headgate never takes a credential from the user that it logs in as itself, and does not know which one that \
             is: {why}"
        )),
    }
}

/// Says why no credential of a user may be written: a password that is not the one in headgate.yaml would be the last
/// thing that the daemon writes. Where it works as nobody knows whom, it logs in by a certificate or a token, and no
/// password of a user's is its own.
pub(super) fn locks_itself_out(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    want: &Want<'_>,
) -> Option<String> {
    // of a secret that cannot be read nobody knows whether it is another one
    let is_known = want.value.known().is_some();
    (is_known && is_own_user(inputs, seen)).then(|| {
        "Headgate itself logs in as this user, and could not come back; change the password with kafka-configs first, then \
         in headgate.yaml, then git's secret: it counts as in place when a login with git's secret works"
            .to_owned()
    })
}

/// Says why a field of a live object cannot get its declared value.
pub(super) fn cannot_become(live: LiveRef<'_>, want: &Want<'_>) -> Option<String> {
    if want.path == SCHEMA {
        return beyond::is_older(live);
    }
    let (LiveRef::Topic(topic), Observed::Known(desired)) = (live, &want.value) else {
        return None;
    };
    match want.path.as_str() {
        PARTITIONS => {
            let there = topic.partitions.len();
            (desired.parse::<usize>().is_ok_and(|wanted| wanted < there)).then(|| {
                format!(
                    "Kafka cannot take partitions away from a topic ({there} are there, {desired} declared); declare {there}, \
                     or delete the topic and make it anew"
                )
            })
        }
        _ => None,
    }
}

/// Returns the keys of a broker's own that git does not declare of it, and that hide what it declares for all brokers
/// (Kafka's order: a broker's own dynamic value goes before that of all).
pub(super) fn hiding(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Vec<LiveConfig> {
    if seen.kind != Kind::BrokerConfig || seen.name == "default" {
        return Vec::new();
    }
    let all_brokers = ObjectRef::new(Kind::BrokerConfig, "default");
    let Some(DesiredRef::Config(all)) = inputs.desired.object(&all_brokers) else {
        return Vec::new();
    };
    let declared = |key: &ConfigKey| all.config.iter().any(|(k, _)| k == key);
    let own = seen.known().map_or(&[][..], LiveRef::config).iter();
    own.filter(|own| declared(&own.key)).cloned().collect()
}

/// Tells whether an undeclared object stands in a scope that git owns.
pub(super) fn is_claimed(inputs: &Inputs<'_>, seen: &Seen<'_>) -> bool {
    let owns = &inputs.desired.owns;
    let any = |patterns: &[Pattern], name: &str| patterns.iter().any(|p| p.matches(name));
    match seen.kind {
        Kind::Topic => any(&owns.topics, seen.name),
        Kind::Acl if owns.principals.is_empty() && owns.acls.is_empty() => false,
        Kind::Acl => Acl::parse(seen.name).is_some_and(|acl| {
            let parts = acl.parts();
            let resource = format_compact!("{}:{}", parts.resource, parts.name);
            !is_own(inputs, &acl).unwrap_or_default()
                && (any(&owns.principals, &parts.principal) || any(&owns.acls, &resource))
        }),
        Kind::User => any(&owns.principals, &format_compact!("User:{}", seen.name)),
        Kind::Quota => match QuotaEntity::parse(seen.name).and_then(|entity| entity.user) {
            Some(QuotaName::Named(user)) => any(&owns.principals, &format_compact!("User:{user}")),
            _ => false,
        },
        Kind::Schema => any(&owns.subjects, seen.name),
        Kind::Connector => any(&owns.connectors, seen.name),
        Kind::BrokerConfig | Kind::GroupConfig | Kind::ClientMetrics | Kind::ConsumerGroup => false,
    }
}

/// Tells whether keys that git does not mention are git's on a declared object: where it says so, and of a connector, whose
/// config is written whole.
pub(super) fn claims_keys(inputs: &Inputs<'_>, kind: Kind) -> bool {
    match kind {
        Kind::Topic => inputs.desired.owns.topic_configs,
        Kind::Connector => true,
        _ => false,
    }
}

/// Tells whether git owns any scope of a kind.
pub(super) fn claims_any(desired: &DesiredCluster, kind: Kind) -> bool {
    let owns = &desired.owns;
    match kind {
        Kind::Topic => !owns.topics.is_empty(),
        Kind::Acl => !owns.principals.is_empty() || !owns.acls.is_empty(),
        Kind::User | Kind::Quota => !owns.principals.is_empty(),
        Kind::Schema => !owns.subjects.is_empty(),
        Kind::Connector => !owns.connectors.is_empty(),
        _ => false,
    }
}
