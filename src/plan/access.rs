//! What one ACL means for others (plan stage, pure): one that changes is another ACL, so that what it replaces stays while
//! it is withheld; and the first on the cluster shuts out whom it does not name.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Action,
    draft::{Draft, Inputs, withhold},
    moves::Hold,
};
use crate::{
    live::{KafkaLive, Observed},
    model::{Acl, AclOperation, AclPermission, AclResource, Gate, Kind, Verb},
};

/// ACLs that were to be made and are not, each with what is to be said of it, by principal.
#[derive(Debug)]
pub struct NotMade<T>(BTreeMap<CompactString, T>);

impl<T> Default for NotMade<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> NotMade<T> {
    /// Takes note of an ACL; the first of each principal is kept.
    pub fn note(&mut self, name: &str, said: T) {
        if let Some(acl) = Acl::parse(name) {
            self.0.entry(acl.principal()).or_insert(said);
        }
    }

    /// Returns what is said of the ACL that may replace one that an action deletes: what goes may be all the access that its
    /// principal has, until there is another one for the principal or for everybody.
    #[must_use]
    pub fn successor(&self, action: &Action) -> Option<&T> {
        if action.verb != Verb::Delete || action.object.kind != Kind::Acl {
            return None;
        }
        let goes = Acl::parse(&action.object.name)?;
        let own = self.0.get(&goes.principal());
        own.or_else(|| self.0.get(Acl::EVERYBODY))
    }
}

/// Withholds every ACL on the cluster while there is none and Headgate would not keep its own rights. Where brokers run with
/// `allow.everyone.if.no.acl.found=true`, a resource without ACLs is everybody's, and its first one takes it from all whom
/// none names (Kafka, `StandardAuthorizer`); whether they run so, no request tells.
pub(super) fn keep_headgate_in(inputs: &Inputs<'_>, kind: Kind, draft: &mut Draft) {
    let kafka = inputs.kafka;
    if kind != Kind::Acl || kafka.super_user {
        return;
    }
    let is_new = |a: &Action| {
        let acl = (a.verb == Verb::Create).then(|| Acl::parse(&a.object.name));
        acl.flatten().filter(is_on_cluster)
    };
    let mut new = draft.actions.iter().filter_map(is_new).peekable();
    if new.peek().is_none() || new.any(|acl| keeps_in(kafka, &acl)) || stands(kafka) {
        return;
    }
    let reason = match &kafka.principal {
        Observed::Known(own) => shuts_out(own, &format!("for {own}")),
        Observed::Unknown(why) => shuts_out(
            "the principal that it works as",
            &format!("for it and who that is in headgate.yaml ({why})"),
        ),
    };
    draft.hold_back(|a| is_new(a).is_some(), Gate::Unsupported, &reason);
}

fn shuts_out(own: &str, whose: &str) -> String {
    format!(
        "no ACL stands on the cluster yet, and none that lets Headgate in comes with it: on brokers with \
         allow.everyone.if.no.acl.found=true the first one takes every right on the cluster from all whom none names, \
         Headgate ({own}) among them, which could never undo it; declare grants: [{{admin: headgate}}] {whose} in the same \
         or an earlier commit, or say kafka.superUser: true in headgate.yaml if the brokers' super.users name it"
    )
}

/// Kafka takes no ACL on the cluster under another name than its own.
fn is_on_cluster(acl: &Acl) -> bool {
    acl.parts().resource == AclResource::CLUSTER
}

fn stands(kafka: &KafkaLive) -> bool {
    let acls = kafka.acls.known();
    acls.is_some_and(|acls| acls.iter().any(is_on_cluster))
}

/// Tells whether an ACL may take from Headgate the right to change ACLs, as the first that stands on the cluster.
#[must_use]
pub fn may_shut_out(kafka: &KafkaLive, acl: &Acl) -> bool {
    !kafka.super_user && is_on_cluster(acl) && !keeps_in(kafka, acl) && !stands(kafka)
}

/// Tells whether an ACL on the cluster leaves Headgate the right to change ACLs, wherever it comes from; who may `Alter` may
/// `Describe` (Kafka, `AclOperation`).
#[must_use]
pub fn lets_in(kafka: &KafkaLive, acl: &Acl) -> bool {
    is_on_cluster(acl) && keeps_in(kafka, acl)
}

fn keeps_in(kafka: &KafkaLive, acl: &Acl) -> bool {
    let parts = acl.parts();
    let alters = [AclOperation::ALTER, AclOperation::ALL_OPERATIONS].contains(&parts.operation);
    let own = kafka.principal.known();
    let is_own = own.is_some_and(|own| [own.as_str(), Acl::EVERYBODY].contains(&&*parts.principal));
    parts.permission == AclPermission::ALLOW && alters && is_own && parts.host == "*"
}

/// Withholds the deletions of ACLs of each principal of whom a new ACL is withheld, by the same gate.
pub(super) fn keep_until_replaced(kind: Kind, draft: &mut Draft) {
    if kind != Kind::Acl {
        return;
    }
    let mut awaited: NotMade<(Gate, CompactString)> = NotMade::default();
    for blocked in draft.blocked.iter().filter(|b| b.action == Verb::Create) {
        awaited.note(&blocked.name, (blocked.gate, blocked.name.clone()));
    }
    if awaited.0.is_empty() {
        return;
    }
    withhold(&mut draft.actions, &mut draft.blocked, |action| {
        let (gate, name) = awaited.successor(action)?;
        let reason = format!(
            "what may replace it is withheld: {name}; it opens when that can be made, or when git no longer declares it"
        );
        Some(Hold {
            gate: *gate,
            reason,
        })
    });
}
