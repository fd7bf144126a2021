//! `kind: User`: credentials, and what the user may do (desired, rank 1).

use super::{
    Declares, Document, Spec,
    access::{Access, AclRule},
    grant::GrantSpec,
    quota::{QuotasSpec, declare_quota},
};
use crate::{
    desired::{
        DesiredCredential, DesiredUser,
        home::Home,
        page::{At, Page},
        read::{Count, Needed, OneOrMore, Spotted, mirror},
        word::SecretSpec,
    },
    model::{Kind, ObjectRef, QuotaEntity, QuotaName, ScramMechanism, Severity},
};

mirror! {
    /// What is wanted of a user.
    UserSpec {
        /// SCRAM credentials. Without them the user logs in some other way (mTLS, OAuth), and only what it may do is kept.
        scram = "scram": Option<ScramSpec>,
        /// What the user may do, in a few words each; the table of grants says which ACLs each stands for.
        grants = "grants": Option<Vec<Spotted<GrantSpec>>>,
        /// What the user may and may not do, ACL by ACL.
        acls = "acls": Option<Vec<Spotted<AclRule>>>,
        /// How much the user may do; the same as a `Quota` with `user`.
        quotas = "quotas": Option<Spotted<QuotasSpec>>,
    }
}

mirror! {
    /// SCRAM credentials.
    ScramSpec {
        /// The mechanism, or a list of both: `SCRAM-SHA-256`, `SCRAM-SHA-512`.
        mechanism = "mechanism": Needed<OneOrMore<ScramMechanism>>,
        /// The secret with the password.
        password_from = "passwordFrom": Needed<SecretSpec>,
        /// Rounds of the hash. Default: what is there, and 4096 for new credentials.
        iterations = "iterations": Option<
            Count<{ ScramMechanism::MIN_ITERATIONS }, { ScramMechanism::MAX_ITERATIONS }>,
        >,
        /// Whether logins prove that Kafka still has this password. Default: true.
        verify = "verify": Option<bool>,
    }
}

impl Spec for UserSpec {
    const KIND: &'static str = "User";
    const ABOUT: &'static str =
        "A user: its SCRAM credentials, what it may do, and how much of it.";
    const NAMED: &'static str = "What it is called. The user's principal is `User:` and the name, with its case and spaces: `analytics`, or of a \
         certificate `CN=analytics,OU=data`.";
    const NEEDED: bool = false;
}

impl Declares for UserSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let Some(name) = document.name() else { return };
        if name.value.starts_with("User:") {
            return page.error_with(
                name.at,
                format!("the principal would be `User:{}`", name.value),
                "write the name without `User:`".to_owned(),
            );
        }
        if !home.claim(ObjectRef::new(Kind::User, &name.value), document.at, page) {
            return;
        }
        let Some(spec) = document.spec.as_ref() else {
            return says_nothing(document.at, page);
        };
        if document.clean && spec.is_empty() {
            says_nothing(document.at, page);
        }
        let principal = format!("User:{}", name.value);
        let mut access = Access::of(&principal, document.clean);
        access.grant(spec.grants.as_deref(), page);
        access.rule(spec.acls.as_deref(), page);
        access.declare(home);
        if let Some(quotas) = &spec.quotas {
            let entity = QuotaEntity {
                user: Some(QuotaName::Named(name.value.clone())),
                ..QuotaEntity::default()
            };
            let keys = quotas.value.keys();
            declare_quota(document, &entity, keys, quotas.at, home, page);
        }
        let user = spec.scram.as_ref().and_then(|s| user(s, document, page));
        if let (Some(cluster), Some(user)) = (&mut home.cluster, user) {
            cluster.users.insert(name.value.clone(), user);
        }
    }
}

impl UserSpec {
    fn is_empty(&self) -> bool {
        let Self {
            scram,
            grants,
            acls,
            quotas,
        } = self;
        scram.is_none() && grants.is_none() && acls.is_none() && quotas.is_none()
    }
}

fn says_nothing(at: At, page: &mut Page<'_>) {
    let message =
        "this user has neither credentials nor grants, ACLs or quotas: the document says nothing";
    page.note(Severity::Warning, at, message.to_owned(), None);
}

fn user(spec: &ScramSpec, document: &Document<UserSpec>, page: &Page<'_>) -> Option<DesiredUser> {
    let password = &spec.password_from.0.as_ref()?.0;
    let mut mechanisms = spec.mechanism.0.as_ref()?.0.clone();
    mechanisms.sort_unstable();
    mechanisms.dedup();
    let credential = |mechanism| DesiredCredential {
        mechanism,
        iterations: spec.iterations.map(|n| n.value),
        password: password.clone(),
    };
    Some(DesiredUser {
        place: page.place(document.at),
        labels: document.labels(),
        scram: mechanisms.into_iter().map(credential).collect(),
        verify: spec.verify.unwrap_or(true),
    })
}
