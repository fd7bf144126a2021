//! An ACL that changes is another ACL: what it replaces stays while it is withheld (plan stage, pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Action,
    draft::{Draft, withheld},
};
use crate::model::{Acl, Gate, Kind, Verb};

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
    for action in std::mem::take(&mut draft.actions) {
        match awaited.successor(&action) {
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
