//! Who may what: ACLs, and users with their passwords (sandbox stage, pure; Kafka, `AclControlManager`,
//! `ScramControlManager`).

use std::{collections::BTreeSet, fmt};

use compact_str::CompactString;

use super::{Done, Records, World, last_word, outcome, refuse, too_large};
use crate::{
    live::{LiveCredential, LiveUser},
    model::{Acl, ScramMechanism, Secret},
    ports::{Credential, Outcome, RefusalClass},
};

/// What the cluster keeps of a credential. Kafka keeps a salted hash; what matters is that a login compares it.
#[derive(Clone)]
pub(super) struct Kept {
    iterations: u32,
    password: Secret<String>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} iterations", self.iterations)
    }
}

impl World {
    /// Returns the ACLs.
    #[must_use]
    pub fn acls(&self) -> &BTreeSet<Acl> {
        &self.acls
    }

    /// Makes an ACL. One that is there is a success, too.
    ///
    /// # Errors
    /// Kafka's refusal: it is no ACL of a resource (KIP-290).
    pub fn permit(&mut self, acl: &Acl) -> Done {
        let parts = acl.parts();
        let words = [
            parts.resource.word(),
            parts.pattern.word(),
            parts.operation.word(),
            parts.permission.word(),
        ];
        let principal = parts.principal.split_once(':');
        if words.contains(&None) || principal.is_none_or(|(_, name)| name.is_empty()) {
            return last_word("INVALID_REQUEST", format!("Invalid ACL {acl}"));
        }
        if parts.name.is_empty() {
            let text = "Resource name should not be empty".to_owned();
            return last_word("INVALID_REQUEST", text);
        }
        self.acls.insert(acl.clone());
        Ok(())
    }

    /// Deletes an ACL by a filter that matches nothing else. One that is not there is fine, too.
    pub fn revoke(&mut self, acl: &Acl) {
        self.acls.remove(acl);
    }

    /// Sets a password.
    ///
    /// # Errors
    /// Kafka's refusal: no user, too few or too many iterations.
    pub fn set_password(&mut self, credential: &Credential) -> Done {
        let rounds = credential.iterations;
        let text = match rounds {
            _ if credential.user.is_empty() => "Username must not be empty",
            0..ScramMechanism::MIN_ITERATIONS => "Too few iterations",
            _ if rounds > ScramMechanism::MAX_ITERATIONS => "Too many iterations",
            _ => {
                let kept = Kept {
                    iterations: rounds,
                    password: credential.password.clone(),
                };
                let user = (credential.user.clone(), credential.mechanism);
                self.credentials.insert(user, kept);
                return Ok(());
            }
        };
        last_word("UNACCEPTABLE_CREDENTIAL", text.to_owned())
    }

    /// Deletes a credential.
    ///
    /// # Errors
    /// Kafka's refusal: there is none.
    pub fn drop_password(&mut self, user: &str, mechanism: ScramMechanism) -> Done {
        match self.credentials.remove(&(user.into(), mechanism)) {
            Some(_) => Ok(()),
            None => {
                let text = "Attempt to delete a user credential that does not exist".to_owned();
                refuse(RefusalClass::Gone, "RESOURCE_NOT_FOUND", text)
            }
        }
    }

    /// Tells whether the cluster lets a user in with a password.
    #[must_use]
    pub fn lets_in(&self, login: &Credential) -> bool {
        let kept = self.credentials.get(&(login.user.clone(), login.mechanism));
        kept.is_some_and(|kept| kept.password == login.password)
    }

    /// Returns the names of all users.
    pub(in crate::sandbox) fn users(&self) -> BTreeSet<&CompactString> {
        self.credentials.keys().map(|(user, _)| user).collect()
    }

    /// Returns what Kafka tells of a user.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<LiveUser> {
        let of = |mechanism: &ScramMechanism| {
            let kept = self.credentials.get(&(name.into(), *mechanism))?;
            Some(LiveCredential {
                mechanism: *mechanism,
                iterations: kept.iterations,
                login: None,
                tried: None,
            })
        };
        let credentials: Vec<_> = ScramMechanism::ALL.iter().filter_map(of).collect();
        (!credentials.is_empty()).then_some(LiveUser { credentials })
    }

    pub(super) fn permit_all(&mut self, items: &[Acl], records: &mut Records) -> Vec<Outcome> {
        let one = |acl| match records.take(1) {
            true => self.permit(acl),
            false => too_large(),
        };
        items.iter().map(one).map(outcome).collect()
    }

    pub(super) fn revoke_all(&mut self, items: &[Acl]) -> Vec<Outcome> {
        let one = |acl| {
            self.revoke(acl);
            outcome(Ok(()))
        };
        items.iter().map(one).collect()
    }

    pub(super) fn set_passwords(&mut self, items: &[Credential]) -> Vec<Outcome> {
        let each = items.iter();
        each.map(|one| outcome(self.set_password(one))).collect()
    }

    pub(super) fn drop_passwords(
        &mut self,
        items: &[(CompactString, ScramMechanism)],
    ) -> Vec<Outcome> {
        let each = items.iter();
        each.map(|(user, mechanism)| outcome(self.drop_password(user, *mechanism)))
            .collect()
    }
}
