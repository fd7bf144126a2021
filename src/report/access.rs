//! Users, ACLs and quotas as the API shows them (rank 4).

use std::ops::Bound;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ClusterView, Page, SourcePlace,
    item::{Values, owner, values},
    lists::{self, Seen},
};
use crate::{
    live::{LiveConfig, LiveCredential, LiveUser, Login, Observed},
    model::{Acl, AclPattern, AclResource, Kind, ObjectRef, QuotaEntity, QuotaName},
};

/// A user with SCRAM credentials. What could not be read of it is null, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserItem {
    /// The name.
    pub name: String,
    /// Credentials by mechanism.
    #[schema(required)]
    pub credentials: Option<Vec<CredentialItem>>,
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Why the user could not be read; null when it could.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// One credential: all that Kafka tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CredentialItem {
    /// `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: String,
    /// Rounds of the hash.
    pub iterations: u32,
    /// How the last login with git's password ended, `accepted` or `denied`; null when there was none.
    #[schema(required)]
    pub login: Option<String>,
    /// When a login was tried last, whatever came of it; null when none was. A password that somebody changes is found by
    /// the next one, ten minutes later at most while logins are accepted.
    #[serde(rename = "triedAt")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub tried_at: Option<Timestamp>,
}

impl From<&LiveCredential> for CredentialItem {
    fn from(credential: &LiveCredential) -> Self {
        let login = credential.login.as_ref().map(|login| match login {
            Login::Accepted(_) => "accepted",
            Login::Denied(_) => "denied",
        });
        Self {
            mechanism: credential.mechanism.to_string(),
            iterations: credential.iterations,
            login: login.map(str::to_owned),
            tried_at: credential.tried,
        }
    }
}

/// An ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AclItem {
    /// All of it in one line, as plans and drift name it.
    pub name: String,
    /// Who: `User:analytics`.
    pub principal: String,
    /// From where: an address, or `*`.
    pub host: String,
    /// `allow` or `deny`.
    pub permission: String,
    /// `Read`, `Write` and the like; `#n` where this version of Headgate has no word for it.
    pub operation: String,
    /// To what.
    pub resource: AclResourceItem,
    /// Every document that grants it; none when it is not declared.
    pub declared: Vec<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
}

/// What an ACL is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AclResourceItem {
    /// `topic`, `group`, `cluster`, `transactionalId`, `delegationToken` or `user`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name, or the beginning of it.
    pub name: String,
    /// `literal` or `prefixed`.
    pub pattern: String,
}

/// Which ACLs are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AclFilter {
    /// Those of this principal.
    pub principal: Option<String>,
    /// Those that apply to this resource: by its name, by the beginning of it, or to all.
    pub resource: Option<(AclResource, String)>,
}

impl AclFilter {
    fn takes(&self, acl: &Acl) -> bool {
        if let Some(principal) = &self.principal
            && acl.principal() != principal.as_str()
        {
            return false;
        }
        let Some((kind, name)) = &self.resource else {
            return true;
        };
        let parts = acl.parts();
        parts.resource == *kind
            && match parts.pattern {
                AclPattern::PREFIXED => name.starts_with(parts.name.as_str()),
                _ => parts.name == *name || parts.name == "*",
            }
    }
}

/// A client quota. What could not be read of it is null, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotaItem {
    /// Whom it is for in one line, as plans and drift name it.
    pub name: String,
    /// Whom it is for.
    pub entity: QuotaEntityItem,
    /// Values by Kafka's keys, as Kafka spells them.
    #[schema(required)]
    pub values: Option<Values>,
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Why the quota could not be read; null when it could.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// Whom a quota is for: each part a name, `<default>` for all that have none of their own, or null when it does not
/// matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotaEntityItem {
    /// The user.
    #[schema(required)]
    pub user: Option<String>,
    /// The client id.
    #[schema(required)]
    pub client_id: Option<String>,
    /// The address connections come from.
    #[schema(required)]
    pub ip: Option<String>,
}

impl From<QuotaEntity> for QuotaEntityItem {
    fn from(entity: QuotaEntity) -> Self {
        let part = |name: Option<QuotaName>| name.map(|name| name.to_string());
        Self {
            user: part(entity.user),
            client_id: part(entity.client_id),
            ip: part(entity.ip),
        }
    }
}

impl ClusterView {
    /// Returns users behind the cursor, sorted by name.
    #[must_use]
    pub fn users(&self, cursor: Option<&str>, limit: usize) -> Seen<Page<UserItem>> {
        let users = self.kafka()?.users.as_ref();
        Some(
            users
                .map(|users| lists::page(users, cursor, limit, |name, user| self.user(name, user))),
        )
    }

    fn user(&self, name: &str, user: &Observed<LiveUser>) -> UserItem {
        let declared = self.declaration(&ObjectRef::new(Kind::User, name));
        let credentials = user.known().map(|u| u.credentials.iter());
        UserItem {
            name: name.to_owned(),
            credentials: credentials.map(|all| all.map(CredentialItem::from).collect()),
            owner: owner(declared.is_some()).to_owned(),
            declared,
            unknown: user.unknown().map(str::to_owned),
        }
    }

    /// Returns the ACLs behind the cursor that a filter takes, sorted by name.
    #[must_use]
    pub fn acls(
        &self,
        filter: &AclFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Seen<Page<AclItem>> {
        let acls = self.kafka()?.acls.as_ref();
        Some(acls.map(|acls| {
            let behind = acls.range::<str, _>((lists::behind(cursor), Bound::Unbounded));
            let wanted = behind.filter(|acl| filter.takes(acl));
            Page::take(wanted, limit, |acl| acl.to_string(), |acl| self.acl(acl))
        }))
    }

    fn acl(&self, acl: &Acl) -> AclItem {
        let parts = acl.parts();
        let desired = self.desired.as_ref().and_then(|d| d.acls.get(acl));
        let places = desired.into_iter();
        let places = places.flat_map(|acl| std::iter::once(&acl.place).chain(&acl.others));
        AclItem {
            name: acl.to_string(),
            principal: parts.principal.into(),
            host: parts.host.into(),
            permission: parts.permission.to_string(),
            operation: parts.operation.to_string(),
            resource: AclResourceItem {
                kind: parts.resource.to_string(),
                name: parts.name.into(),
                pattern: parts.pattern.to_string(),
            },
            declared: places.map(SourcePlace::from).collect(),
            owner: owner(desired.is_some()).to_owned(),
        }
    }

    /// Returns quotas behind the cursor, sorted by name.
    #[must_use]
    pub fn quotas(&self, cursor: Option<&str>, limit: usize) -> Seen<Page<QuotaItem>> {
        let quotas = self.kafka()?.quotas.as_ref();
        Some(quotas.map(|quotas| {
            lists::page(quotas, cursor, limit, |name, quota| self.quota(name, quota))
        }))
    }

    fn quota(&self, name: &str, quota: &Observed<Vec<LiveConfig>>) -> QuotaItem {
        let declared = self.declaration(&ObjectRef::new(Kind::Quota, name));
        let entity = QuotaEntity::parse(name).unwrap_or_default();
        QuotaItem {
            name: name.to_owned(),
            entity: entity.into(),
            values: quota.known().map(|config| values(config)),
            owner: owner(declared.is_some()).to_owned(),
            declared,
            unknown: quota.unknown().map(str::to_owned),
        }
    }
}
