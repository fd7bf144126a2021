//! Which values of connectors are secrets, as git and the ledger know (apply stage, pure).

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::hide::{Known, hide};
use crate::{
    desired::{DesiredCluster, DesiredValue},
    live::{ConnectLive, Fingerprints, LiveConnector, Observed},
    model::{Converged, Fingerprint, Kind, Ledger, ObjectRef},
    secrets::Vault,
};

/// What tells which values of connectors are secrets: git, and the ledger, which remembers what git gave up.
pub struct Secrets<'a> {
    desired: Option<&'a DesiredCluster>,
    ledger: &'a Ledger,
    vault: &'a Vault,
    fingerprints: BTreeSet<&'a str>,
}

impl<'a> Secrets<'a> {
    /// Puts together what git declares, where that is known, and the ledger; `read` are the secrets that git names.
    #[must_use]
    pub fn new(
        desired: Option<&'a DesiredCluster>,
        ledger: &'a Ledger,
        vault: &'a Vault,
        read: &'a Fingerprints,
    ) -> Self {
        let read = read.values().filter_map(Observed::known);
        let read = read.map(|Fingerprint(print)| print.as_str());
        let records = ledger.records.values();
        let of_connectors = records.clone().flat_map(|record| &record.secrets);
        let of_connectors = of_connectors.filter_map(|(_, print)| print.as_ref());
        let of_connectors = of_connectors.map(|Fingerprint(print)| print.as_str());
        // those of users are what somebody would copy into a connector by hand
        let of_users = ledger.records.iter();
        let of_users = of_users.filter(|(object, _)| object.kind == Kind::User);
        let of_users = of_users.filter_map(|(_, record)| record.converged.as_ref());
        let of_users = of_users.flat_map(Converged::iter);
        let of_users = of_users.filter(|(path, _)| path.ends_with(".password"));
        let noted = ledger.intents.iter().flat_map(|intent| &intent.config);
        let noted = noted.map(|(_, value)| value.as_str());
        let all = read
            .chain(of_connectors)
            .chain(of_users.map(|(_, print)| print));
        Self {
            desired,
            ledger,
            vault,
            fingerprints: all.chain(noted).collect(),
        }
    }

    /// Takes the secrets out of what the workers tell.
    pub fn hide_all(&self, live: &mut ConnectLive) {
        for (name, seen) in &mut live.connectors {
            if let Observed::Known(connector) = seen {
                self.hide(name, connector);
            }
        }
    }

    /// Takes them out of what they tell of one connector, by its name in git; one of another Connect cluster
    /// (`<cluster>/<name>`) most likely has those of the one that git declares.
    pub fn hide(&self, name: &str, connector: &mut LiveConnector) {
        let config = |name: &str| {
            let declared = self.desired?.connectors.get(name)?;
            Some(&declared.config[..])
        };
        let names = [CompactString::from(name), connector.name.clone()];
        let mut before = Vec::new();
        for name in &names {
            let declared = config(name).into_iter().flatten();
            let secrets = declared.filter(|(_, value)| matches!(value, DesiredValue::Secret(_)));
            before.extend(secrets.map(|(key, _)| key.as_str()));
            let record = self
                .ledger
                .records
                .get(&ObjectRef::new(Kind::Connector, name));
            let secrets = record.into_iter().flat_map(|record| &record.secrets);
            before.extend(secrets.map(|(key, _)| key.as_str()));
        }
        let known = Known {
            declared: config(name).unwrap_or_default(),
            before: &before,
            fingerprints: Some(&self.fingerprints),
        };
        hide(connector, self.vault, known);
    }
}
