//! What a pass sees (daemon): the planes, the secrets that git names, and whether logins work.

use std::collections::BTreeMap;

use super::{
    Planes,
    logins::Logins,
    planes::{self, Took},
};
use crate::{
    desired::{DesiredCluster, DesiredValue},
    live::{Fingerprints, Live, Observed},
    model::{Kind, Ledger, SecretName},
    plan::ActionResult,
    secrets::Vault,
};

/// Looks at one cluster.
pub(super) struct Observer {
    pub(super) planes: Planes,
    pub(super) vault: Vault,
    logins: Logins,
}

impl Observer {
    pub(super) fn new(planes: Planes, vault: Vault) -> Self {
        Self {
            planes,
            vault,
            logins: Logins::default(),
        }
    }

    /// Makes the observer of a command that only plans.
    pub(super) fn once(planes: Planes, vault: Vault) -> Self {
        Self {
            logins: Logins::once(),
            ..Self::new(planes, vault)
        }
    }

    /// Sees what planning needs, and says how long each plane took.
    pub(super) async fn observe(&self, desired: &DesiredCluster, ledger: &Ledger) -> (Live, Took) {
        let (mut live, took) = self.planes.observe(&planes::ask(desired, ledger)).await;
        live.secrets = self.fingerprints(desired);
        if let Observed::Known(kafka) = &mut live.kafka {
            let plane = self.planes.kafka.as_ref();
            self.logins
                .verify(plane, &self.vault, desired, ledger, &live.secrets, kafka)
                .await;
        }
        (live, took)
    }

    /// Takes note of what was written: what a login said of a user before says nothing about its new password.
    pub(super) fn wrote(&self, results: &[ActionResult]) {
        let done = results.iter().filter(|r| r.end.is_done());
        let users = done.filter(|r| r.object.kind == Kind::User);
        for user in users {
            self.logins.forget(&user.object.name);
        }
    }

    /// Reads every secret that git names, and keeps what tells that it changed.
    fn fingerprints(&self, desired: &DesiredCluster) -> Fingerprints {
        let passwords = desired.users.values().flat_map(|user| &user.scram);
        let passwords = passwords.map(|credential| &credential.password);
        let configs = desired.configs.values().flat_map(BTreeMap::values);
        let values = configs.flat_map(|object| &object.config);
        let secrets = values.filter_map(|(_, value)| match value {
            DesiredValue::Secret(name) => Some(name),
            DesiredValue::Set(_) | DesiredValue::LeaveAlone => None,
        });
        let named = passwords.chain(secrets);
        named
            .map(|name: &SecretName| (name.clone(), self.vault.fingerprint(name)))
            .collect()
    }
}
