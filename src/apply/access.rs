//! Keeps the access that its successor was not made for (apply stage, pure): an ACL that changes is another ACL, and the
//! one that goes may be all that somebody has; and the first on the cluster is not made before one that lets Headgate in.

use compact_str::CompactString;

use super::{run::Run, stage::Stage, verify::Waiting};
use crate::{
    model::{Acl, Kind, Verb},
    plan::{self, Action, End, NotMade},
};

impl Run<'_> {
    /// Ends the ACLs whose turn it is and that may shut Headgate out, as long as one that lets it in was to be made before them
    /// and was not taken; returns the others.
    pub(super) fn not_behind_the_own(
        &mut self,
        stage: Stage,
        items: &[usize],
        waiting: &[Waiting],
    ) -> Vec<usize> {
        let kafka = self.on.kafka;
        let shuts_out = |item: &usize| {
            let acl = new_acl(self.tasks[*item].action);
            acl.is_some_and(|acl| plan::may_shut_out(kafka, &acl))
        };
        let is_new = matches!(stage, Stage::Allow | Stage::Deny);
        let (shut, kept): (Vec<_>, Vec<_>) =
            items.iter().partition(|item| is_new && shuts_out(item));
        if shut.is_empty() {
            return kept;
        }
        let is_taken = |item: usize| match &self.tasks[item].ended {
            Some((end, _)) => end.is_done(),
            None => waiting.iter().any(|waiting| waiting.is_taken(item)),
        };
        let lets_in = |action| new_acl(action).is_some_and(|acl| plan::lets_in(kafka, &acl));
        let own = (0..self.tasks.len()).filter(|item| lets_in(self.tasks[*item].action));
        let own: Vec<usize> = own.collect();
        let is_made = own
            .iter()
            .any(|item| items.contains(item) || is_taken(*item));
        let Some(lost) = own
            .first()
            .filter(|_| !is_made)
            .map(|item| self.object(*item))
        else {
            return items.to_vec();
        };
        let end = End::NotTried(format!(
            "the ACL that lets Headgate in was not made: {}; the first one on the cluster may take that right from Headgate, \
             so this one waits for a pass that makes both",
            lost.name
        ));
        self.end_all(&shut, &end);
        kept
    }

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

/// Returns the ACL that an action makes.
fn new_acl(action: &Action) -> Option<Acl> {
    let is_new = action.object.kind == Kind::Acl && action.verb == Verb::Create;
    is_new.then(|| Acl::parse(&action.object.name)).flatten()
}
