//! Keeps the access that its successor was not made for (apply stage, pure): an ACL that changes is another ACL, and the
//! one that goes may be all that somebody has.

use compact_str::CompactString;

use super::run::Run;
use crate::{
    model::{Kind, Verb},
    plan::{End, NotMade},
};

impl Run<'_> {
    /// Ends the deletions of ACLs that one may have been to replace that is not seen to be there now.
    pub(super) fn keep_what_was_not_replaced(&mut self) {
        let mut failed: NotMade<CompactString> = NotMade::default();
        for task in &self.tasks {
            let object = &task.action.object;
            let was_to_be = object.kind == Kind::Acl && task.action.verb == Verb::Create;
            let made = || task.ended.as_ref().is_some_and(|(end, _)| end.is_done());
            if was_to_be && !made() {
                failed.note(&object.name, object.name.clone());
            }
        }
        for item in 0..self.tasks.len() {
            let task = &self.tasks[item];
            let name = failed.successor(task.action);
            if let Some(name) = name.filter(|_| task.ended.is_none()) {
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
