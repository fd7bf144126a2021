//! What a pass does about connectors beside observing them (daemon): those that are not listed are looked for by themselves.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    apply::ConnectClusters,
    desired::DesiredCluster,
    live::{LiveObject, Looks, Observed},
    model::{Kind, ObjectRef},
};

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
