//! An ACL that changes is another ACL: what it replaces stays while it is withheld (plan stage, pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Action,
    draft::{Draft, withheld},
};
use crate::model::{Acl, Gate, Kind, Verb};

/// The principal whose ACLs are everybody's.
const EVERYBODY: &str = "User:*";

/// Withholds the deletions of ACLs of each principal of whom a new ACL is withheld, by the same gate: what goes may be
/// all the access that somebody has.
pub(super) fn keep_until_replaced(kind: Kind, draft: &mut Draft) {
    if kind != Kind::Acl {
        return;
    }
    let mut awaited: BTreeMap<CompactString, (Gate, CompactString)> = BTreeMap::new();
    let new = draft.blocked.iter().filter(|b| b.action == Verb::Create);
    for blocked in new {
        if let Some(acl) = Acl::parse(&blocked.name) {
            let first = || (blocked.gate, blocked.name.clone());
            awaited.entry(acl.principal()).or_insert_with(first);
        }
    }
    if awaited.is_empty() {
        return;
    }
    for action in std::mem::take(&mut draft.actions) {
        match successor(&awaited, &action) {
            None => draft.actions.push(action),
            Some((gate, name)) => {
                let reason = format!(
                    "what may replace it is withheld: {name}; it opens when that can be made, or when git no longer declares it"
                );
                draft.blocked.push(withheld(action, *gate, reason));
            }
        }
    }
}

fn successor<'a>(
    awaited: &'a BTreeMap<CompactString, (Gate, CompactString)>,
    action: &Action,
) -> Option<&'a (Gate, CompactString)> {
    let goes = (action.verb == Verb::Delete).then(|| Acl::parse(&action.object.name))??;
    let own = awaited.get(&goes.principal());
    own.or_else(|| awaited.get(EVERYBODY))
}
