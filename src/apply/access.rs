//! Keeps the access that its successor was not made for (apply stage, pure): an ACL that changes is another ACL, and the
//! one that goes may be all that somebody has.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::run::Run;
use crate::{
    model::{Acl, Kind, Verb},
    plan::{Action, End},
};

/// The principal whose ACLs are everybody's.
const EVERYBODY: &str = "User:*";

impl Run<'_> {
    /// Ends the deletions of ACLs of each principal of whom an ACL was to be made that is not seen to be there now.
    pub(super) fn keep_what_was_not_replaced(&mut self) {
        let mut failed: BTreeMap<CompactString, CompactString> = BTreeMap::new();
        for task in &self.tasks {
            let made = task.ended.as_ref().is_some_and(|(end, _)| end.is_done());
            if let Some(principal) = principal(task.action, Verb::Create).filter(|_| !made) {
                let name = &task.action.object.name;
                failed.entry(principal).or_insert_with(|| name.clone());
            }
        }
        if failed.is_empty() {
            return;
        }
        for item in 0..self.tasks.len() {
            let task = &self.tasks[item];
            let Some(principal) = principal(task.action, Verb::Delete) else {
                continue;
            };
            let made = failed.get(&principal).or_else(|| failed.get(EVERYBODY));
            if let Some(name) = made.filter(|_| task.ended.is_none()) {
                self.end(
                    item,
                    End::NotTried(format!(
                        "its replacement was not made: {name}; the next pass tries again"
                    )),
                );
            }
        }
    }
}

/// Returns whose access an action on an ACL is about.
fn principal(action: &Action, verb: Verb) -> Option<CompactString> {
    let concerned = action.object.kind == Kind::Acl && action.verb == verb;
    let acl = concerned.then(|| Acl::parse(&action.object.name))??;
    Some(acl.principal())
}
