//! What a pass does about connectors beside observing them (daemon): those that are not listed are looked for, and
//! plugins are asked about configs that are about to be written.

use std::collections::BTreeMap;

use compact_str::CompactString;
use futures::{StreamExt, stream};

use super::clock;
use crate::{
    apply::{self, ConnectClusters},
    desired::DesiredCluster,
    live::{ConfigProblem, Live, LiveObject, Looks, Observed},
    model::{Kind, Ledger, ObjectRef, Secret, SecretName, chain},
    plan::{self, Beyond, Change},
    secrets::Vault,
};

/// Plugins that are asked at once: each may try out the system that its config names.
const AT_ONCE: usize = 4;

/// Looks at declared connectors one by one.
pub(super) async fn look(
    clusters: &ConnectClusters,
    desired: &DesiredCluster,
    connectors: Vec<ObjectRef>,
) -> Looks {
    let mut by_cluster: BTreeMap<&str, Vec<CompactString>> = BTreeMap::new();
    for object in connectors {
        if let Some(declared) = desired.connectors.get(&object.name) {
            let these = by_cluster.entry(&declared.connect).or_default();
            these.push(object.name);
        }
    }
    let mut looks = Looks::new();
    for (connect, names) in by_cluster {
        let looked = match clusters.get(connect) {
            Some(plane) => plane.look(&names).await,
            None => continue,
        };
        for name in names {
            let seen = match &looked {
                Observed::Known(looked) => looked.connectors.get(&name).cloned(),
                Observed::Unknown(why) => Some(Observed::Unknown(why.clone())),
            };
            let seen = seen.unwrap_or_default();
            let seen = seen.map(|one| one.map(|one| LiveObject::Connector(Box::new(one))));
            looks.insert(ObjectRef::new(Kind::Connector, &name), seen);
        }
    }
    looks
}

/// Asks plugins what they say against the configs that are about to be written.
pub(super) async fn check(
    clusters: &ConnectClusters,
    vault: &Vault,
    desired: &DesiredCluster,
    ledger: &Ledger,
    live: &mut Live,
) {
    if live.connect.is_none() {
        return;
    }
    let due = plan::unchecked(desired, live, ledger, clock::now());
    let asked = due.into_iter().map(|(name, change)| async move {
        let said = ask(clusters, vault, &change).await;
        (name, said)
    });
    let asked = stream::iter(asked).buffer_unordered(AT_ONCE);
    let said: BTreeMap<CompactString, _> = asked.collect().await;
    if let Some(Observed::Known(connect)) = &mut live.connect {
        connect.checks = said;
    }
}

async fn ask(
    clusters: &ConnectClusters,
    vault: &Vault,
    change: &Change,
) -> Observed<Vec<ConfigProblem>> {
    let Some(Beyond::Connector { connect, name }) = change.beyond.as_deref() else {
        return Observed::Unknown("the plan does not say where it is".to_owned());
    };
    let Some(plane) = clusters.get(connect) else {
        return Observed::Unknown(format!("headgate.yaml names no Connect cluster {connect}"));
    };
    let mut secrets: BTreeMap<&SecretName, Secret<String>> = BTreeMap::new();
    for secret in change.set.iter().filter_map(|field| field.secret.as_ref()) {
        match vault.read(secret) {
            Ok(value) => drop(secrets.insert(secret, value)),
            Err(error) => return Observed::Unknown(chain(&error)),
        }
    }
    let config = apply::connector_config(change, |name| {
        let secret = secrets.get(name).cloned();
        secret.expect("every secret of the change was read")
    });
    plane.validate(name, &config).await
}
