//! How much one pass may take away of a kind (plan stage, pure): deletions, and passwords that are put in place of others.
//! Over its budget none is done: one that let some through would only make a mistake slower.

use super::{
    Action, Blocked, FieldChange,
    draft::{Draft, Inputs, withheld},
    memory::Memory,
    risk, special,
    walk::Walk,
};
use crate::{
    desired::{Budget, Deletion},
    live::Observed,
    model::{Gate, Kind, Verb},
};

/// A share of fewer ACLs or quotas than this is a share of this many: one user alone may have a tenth of all there are.
const AT_LEAST: usize = 100;

/// Holds back all deletions of a kind when they are more than one pass may do.
pub(super) fn spend_on_deletions(inputs: &Inputs<'_>, kind: Kind, draft: &mut Draft) {
    let due = draft.actions.iter().filter(|a| takes_away(a)).count();
    // one deletion is within any budget, and counting takes another walk
    if due <= 1 {
        return;
    }
    let is_access = Deletion::is_access(kind);
    let allowance = Allowance {
        budget: inputs.desired.deletion.budget_of(kind),
        field: match is_access {
            true => "accessBudget",
            false => "budget",
        },
        managed: managed(inputs, kind),
        at_least: if is_access { AT_LEAST } else { 0 },
    };
    let limit = allowance.limit();
    if due <= limit {
        return;
    }
    let reason = format!(
        "{due} deletions of kind {kind} are due and one pass may do {limit} ({}), so none is done; it opens with fewer \
         deletions, or while {} stands under deletion of the Cluster",
        allowance.words(),
        allowance.enough_for(due)
    );
    let actions = std::mem::take(&mut draft.actions).into_iter();
    draft.actions = actions
        .filter_map(|action| match takes_away(&action) {
            true => held_back(action, &reason, &mut draft.blocked),
            false => Some(action),
        })
        .collect();
}

/// Holds all passwords back that would be overwritten when they are more than one pass may do: with a folder of wrong
/// secrets they would lock everybody out at once.
pub(super) fn spend_on_passwords(inputs: &Inputs<'_>, kind: Kind, draft: &mut Draft) {
    if kind != Kind::User {
        return;
    }
    let due = draft.actions.iter().filter(|a| overwrites(a)).count();
    if due <= 1 {
        return;
    }
    let allowance = Allowance {
        budget: inputs.desired.deletion.access_budget,
        field: "accessBudget",
        managed: managed(inputs, kind),
        at_least: 0,
    };
    let limit = allowance.limit();
    if due <= limit {
        return;
    }
    let reason = format!(
        "{due} users would get another password in place of theirs and one pass may do {limit} ({}), so none does: so many at \
         once look like the wrong folder of secrets; check `secrets` in headgate.yaml, and if all of them are meant, it opens \
         while {} stands under deletion of the Cluster",
        allowance.words(),
        allowance.enough_for(due)
    );
    draft.hold_back(overwrites, Gate::DestroyBudget, &reason);
}

/// What one pass may take away of a kind.
struct Allowance {
    budget: Budget,
    /// What it is called in git.
    field: &'static str,
    /// How many of the kind are Headgate's business.
    managed: usize,
    /// As how many they count at least.
    at_least: usize,
}

impl Allowance {
    /// Returns how many may go.
    fn limit(&self) -> usize {
        let percent = self.whole().saturating_mul(self.budget.percent as usize) / 100;
        percent.min(self.budget.count as usize).max(1)
    }

    /// Returns the number that percent are taken of.
    fn whole(&self) -> usize {
        self.managed.max(self.at_least)
    }

    fn words(&self) -> String {
        let Self {
            budget: Budget { count, percent },
            field,
            managed,
            at_least,
        } = self;
        let counted = match managed < at_least {
            true => format!(", which count as {at_least}"),
            false => String::new(),
        };
        format!(
            "deletion.{field}: count {count}, {percent} % of {managed} that are managed{counted}, at least 1"
        )
    }

    /// Returns what git has to say to let so many go, as it stands in YAML.
    fn enough_for(&self, due: usize) -> String {
        let Self { budget, field, .. } = self;
        let percent = due.saturating_mul(100).div_ceil(self.whole().max(1));
        format!(
            "{field}: {{count: {}, percent: {}}}",
            due.max(budget.count as usize),
            percent.max(budget.percent as usize)
        )
    }
}

/// Tells whether an action deletes its object, or takes a limit away as deleting a quota does.
fn takes_away(action: &Action) -> bool {
    let is_quota = action.object.kind == Kind::Quota;
    action.verb == Verb::Delete || (is_quota && !action.change.reset.is_empty())
}

/// Tells whether an action overwrites a password that is there.
fn overwrites(action: &Action) -> bool {
    let password = |path: &str| path.starts_with("scram.") && path.ends_with(".password");
    let mut fields = action.fields.iter();
    action.verb == Verb::Update
        && fields.any(|f| password(&f.path) && f.live.is_some() && f.desired.is_some())
}

/// Withholds what an action takes away, and returns what else it does.
fn held_back(mut action: Action, reason: &str, blocked: &mut Vec<Blocked>) -> Option<Action> {
    let rest = (!action.change.set.is_empty()).then(|| {
        let mut rest = action.clone();
        let goes = std::mem::take(&mut rest.change.reset);
        let goes = |field: &FieldChange| goes.iter().any(|reset| reset.path == field.path);
        rest.fields.retain(|field| !goes(field));
        action.fields.retain(goes);
        rest.risk = risk::of_update(rest.object.kind, &rest.change.set, &[]);
        rest
    });
    blocked.push(withheld(action, Gate::DestroyBudget, reason.to_owned()));
    rest
}

/// Counts the live objects of a kind that are Headgate's business: the ones that git declares, declared, or names as those
/// that may go.
fn managed(inputs: &Inputs<'_>, kind: Kind) -> usize {
    let Observed::Known(walk) = Walk::new(inputs.desired, inputs.live, inputs.ledger, kind) else {
        return 0;
    };
    walk.filter(|seen| !special::is_platform(seen))
        .filter(|seen| match (&seen.live, seen.desired) {
            (None, _) => false,
            (Some(_), Some(_)) => true,
            (Some(_), None) if inputs.consent(kind, seen.name).is_some() => true,
            (Some(live), None) => match live.known() {
                Some(live) => Memory::new(seen.record).is_ours(*live),
                None => seen.record.is_some(),
            },
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_allowance(count: u32, percent: u32, managed: usize, at_least: usize) -> Allowance {
        Allowance {
            budget: Budget { count, percent },
            field: "budget",
            managed,
            at_least,
        }
    }

    #[test]
    fn the_smaller_limit_wins_and_one_always_goes() {
        let limit = |count, percent, managed| mk_allowance(count, percent, managed, 0).limit();
        assert_eq!(limit(3, 5, 100), 3);
        assert_eq!(limit(3, 5, 59), 2);
        assert_eq!(limit(3, 5, 10), 1);
        assert_eq!(limit(0, 0, 1000), 1);
        assert_eq!(limit(u32::MAX, u32::MAX, usize::MAX), u32::MAX as usize);
    }

    #[test]
    fn a_share_of_few_acls_is_a_share_of_a_hundred() {
        let limit = |percent, managed| mk_allowance(50, percent, managed, 100).limit();
        assert_eq!(limit(10, 0), 10);
        assert_eq!(limit(10, 24), 10);
        assert_eq!(limit(10, 150), 15);
        assert_eq!(limit(0, 24), 1);
        assert_eq!(limit(100, 24), 50);
    }

    #[test]
    fn what_is_said_to_let_them_go_does_and_a_percent_less_does_not() {
        for (count, percent, managed, at_least, due) in [
            (3, 5, 5, 0, 3),
            (50, 10, 24, 100, 11),
            (2, 50, 7, 0, 7),
            (50, 10, 1000, 100, 77),
            (0, 0, 3, 0, 2),
        ] {
            let allowance = mk_allowance(count, percent, managed, at_least);
            assert!(allowance.limit() < due);
            let said = allowance.enough_for(due);
            let said: Vec<u32> = said
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|n| n.parse().ok())
                .collect();
            let enough = |percent| mk_allowance(said[0], percent, managed, at_least).limit() >= due;
            assert!(enough(said[1]), "{said:?}");
            assert!(said[1] == percent || !enough(said[1] - 1), "{said:?}");
        }
    }
}
