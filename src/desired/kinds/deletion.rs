//! A Cluster's `deletion`: budgets and consent (desired, rank 1).

use std::collections::BTreeSet;

use crate::{
    desired::{
        Budget, Consent, Deletion,
        page::{At, Page},
        read::{Count, Day, Length, Needed, Text, mirror},
        word::{AccessKind, ConsentKind},
    },
    model::{Acl, Kind, ObjectRef, QuotaEntity, TopicName},
};

use super::config;

mirror! {
    /// What may be deleted, and how much at once.
    DeletionSpec {
        /// The most objects of a kind that one pass deletes: the smaller of the two, but at least 1. Over it, none of
        /// that kind is deleted. Default: 3 and 5 percent.
        budget = "budget": Option<BudgetSpec>,
        /// The same for ACLs and quotas, which hold no data; percent are taken of 100 where fewer are managed, so that
        /// one user's can go. It is also how many users get another password in place of theirs in one pass, with
        /// percent of the managed users, however few. Default: 50 and 10 percent.
        access_budget = "accessBudget": Option<BudgetSpec>,
        /// Consent, by name, that ends by itself.
        allow = "allow": Option<Vec<ConsentSpec>>,
        /// Kinds that are deleted only with consent although that takes no data away. Default: none.
        require_consent = "requireConsent": Option<Vec<AccessKind>>,
        /// How long a topic must have been without writes and live consumers before it may be deleted. Where records are
        /// gone, as by retention, nothing tells when the last was written: then it counts from when Headgate began to look,
        /// which is when the topic stands under `allow` and git no longer declares it. Default: 24h.
        idle = "idle": Option<Length>,
    }
}

mirror! {
    /// A limit on deletions.
    BudgetSpec {
        /// Objects.
        count = "count": Option<Count<0, 1_000_000>>,
        /// Percent of the kind's live objects that are managed: that git declares, declared once, or names under `allow`.
        percent = "percent": Option<Count<0, 100>>,
    }
}

mirror! {
    /// Consent to delete one object.
    ConsentSpec {
        /// The object's kind.
        kind = "kind": Needed<ConsentKind>,
        /// The object's name: that of the document, `User:a allow Read topic:literal:t` of an ACL, and of a quota whom
        /// it is for (`user=a`, `user=a,client-id=<default>`, `ip=10.0.0.1`). A plan shows it.
        name = "name": Needed<Text>,
        /// Why, for the reader of the plan.
        reason = "reason": Needed<Text>,
        /// The last day (UTC) on which the consent holds.
        until = "until": Needed<Day>,
    }
}

impl DeletionSpec {
    /// Builds what may be deleted.
    pub(super) fn build(&self, page: &mut Page<'_>) -> Deletion {
        let default = Deletion::default();
        let mut allow = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in self.allow.as_deref().unwrap_or_default() {
            let Some((at, consent)) = consent(entry, page) else {
                continue;
            };
            if seen.insert(consent.object.clone()) {
                allow.push(consent);
            } else {
                page.error(at, format!("{} is allowed twice", consent.object));
            }
        }
        Deletion {
            budget: budget(self.budget.as_ref(), default.budget),
            access_budget: budget(self.access_budget.as_ref(), default.access_budget),
            allow,
            require_consent: self
                .require_consent
                .iter()
                .flatten()
                .map(|kind| kind.0)
                .collect(),
            idle: self.idle.map_or(default.idle, |length| length.0),
        }
    }
}

fn budget(spec: Option<&BudgetSpec>, default: Budget) -> Budget {
    let count = spec.and_then(|b| b.count).map(|n| n.value);
    let percent = spec.and_then(|b| b.percent).map(|n| n.value);
    Budget {
        count: count.unwrap_or(default.count),
        percent: percent.unwrap_or(default.percent),
    }
}

fn consent(spec: &ConsentSpec, page: &mut Page<'_>) -> Option<(At, Consent)> {
    let name = spec.name.0.as_ref()?;
    let kind = spec.kind.0?.0;
    let object = object(kind, &name.value)
        .map_err(|why| page.error(name.at, why))
        .ok()?;
    let consent = Consent {
        object,
        reason: spec.reason.0.as_ref()?.value.to_string(),
        until: spec.until.0?.0,
        place: page.place(name.at),
    };
    Some((name.at, consent))
}

/// Reads a name by the rules of its kind: consent for what cannot exist is a slip.
fn object(kind: Kind, name: &str) -> Result<ObjectRef, String> {
    match kind {
        Kind::Topic => TopicName::new(name)
            .map(|_| ObjectRef::new(kind, name))
            .map_err(|e| e.to_string()),
        Kind::Acl => Acl::parse(name)
            .map(|acl| ObjectRef::new(kind, acl.as_str()))
            .ok_or_else(|| "expected an ACL such as `User:a allow Read topic:literal:t`".into()),
        Kind::Quota => QuotaEntity::parse(name)
            .map(|entity| ObjectRef::new(kind, &entity.name()))
            .ok_or_else(|| "expected a quota such as `user=a` or `client-id=<default>`".into()),
        Kind::BrokerConfig => config::broker_name(name).map(|()| ObjectRef::new(kind, name)),
        Kind::User
        | Kind::GroupConfig
        | Kind::ClientMetrics
        | Kind::ConsumerGroup
        | Kind::Schema
        | Kind::Connector => Ok(ObjectRef::new(kind, name)),
    }
}
