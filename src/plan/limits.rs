//! What bounds a user stays as long as the user does (plan stage, pure): its quotas, and the ACLs that deny it something.
//! Taken away before, they would give it more than it ever had. It is a matter of three kinds, so it is looked at when all are
//! planned.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{Action, ClusterPlan, Subject, draft::withhold, moves::Hold};
use crate::model::{Acl, AclPermission, Gate, Kind, QuotaEntity, QuotaName, Verb};

/// Withholds the deletion of what bounds a user whose own deletion is withheld, by the same gate.
pub(super) fn keep_with_their_users(plan: &mut ClusterPlan) {
    let stay: BTreeMap<CompactString, Gate> = plan
        .blocked
        .iter()
        .filter(|b| b.kind == Subject::Kind(Kind::User) && b.action == Verb::Delete)
        .map(|b| (b.name.clone(), b.gate))
        .collect();
    if stay.is_empty() {
        return;
    }
    withhold(&mut plan.actions, &mut plan.blocked, |action| {
        let (user, gate) = stay.get_key_value(&bounded(action)?)?;
        let reason = format!(
            "it bounds what user {user} may do, whose own deletion is withheld ({gate}), and goes with it; it opens \
             when that does, or when git declares the user without it"
        );
        Some(Hold {
            gate: *gate,
            reason,
        })
    });
}

/// Returns the user whom an action frees of a bound.
fn bounded(action: &Action) -> Option<CompactString> {
    match (action.verb, action.object.kind) {
        (Verb::Delete, Kind::Quota) => match QuotaEntity::parse(&action.object.name)?.user? {
            QuotaName::Named(user) => Some(user),
            QuotaName::Default => None,
        },
        (Verb::Delete, Kind::Acl) => {
            let acl = Acl::parse(&action.object.name)?;
            let denies = acl.parts().permission == AclPermission::DENY;
            let principal = denies.then(|| acl.principal())?;
            principal.strip_prefix("User:").map(CompactString::from)
        }
        _ => None,
    }
}
