//! What a pass does about connectors beside observing them (daemon): those that are not listed are looked for by themselves.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    apply::ConnectClusters,
    desired::DesiredCluster,
    live::{LiveObject, Looks, Observed},
    model::ObjectRef,
};

/// Looks at connectors one by one: those that git declares where it has them, those that it gave up in every Connect cluster
/// that may have them.
pub async fn look_for_connectors(
    clusters: &ConnectClusters,
    desired: &DesiredCluster,
    connectors: Vec<ObjectRef>,
) -> Looks {
    let mut by_cluster: BTreeMap<&str, Vec<ObjectRef>> = BTreeMap::new();
    for object in connectors {
        let declared = desired.connectors.get(&object.name);
        let home = declared.map(|declared| &*declared.connect);
        for connect in clusters.keys() {
            if home.is_none_or(|home| home == connect) {
                let these = by_cluster.entry(connect).or_default();
                these.push(object.clone());
            }
        }
    }
    let mut looks = Looks::new();
    for (connect, these) in by_cluster {
        let names: Vec<CompactString> = these.iter().map(|object| object.name.clone()).collect();
        let looked = clusters[connect].look(&names).await;
        for object in these {
            let seen = match &looked {
                Observed::Known(looked) => looked.connectors.get(&object.name).cloned(),
                Observed::Unknown(why) => Some(Observed::Unknown(why.clone())),
            };
            let seen = seen.unwrap_or_default();
            let seen = seen.map(|one| one.map(|one| LiveObject::Connector(Box::new(one))));
            let seen = match looks.remove(&object) {
                Some(elsewhere) => of_both(elsewhere, seen),
                None => seen,
            };
            looks.insert(object, seen);
        }
    }
    looks
}

type Seen = Observed<Option<LiveObject>>;

/// Puts together what two Connect clusters say of a name: it is absent where both say so.
fn of_both(one: Seen, other: Seen) -> Seen {
    match (one, other) {
        (Observed::Unknown(why), _) | (_, Observed::Unknown(why)) => Observed::Unknown(why),
        (Observed::Known(None), seen) | (seen, Observed::Known(None)) => seen,
        (Observed::Known(Some(_)), Observed::Known(Some(_))) => Observed::Unknown(
            "several Connect clusters have one of its name, and their lists lack it".to_owned(),
        ),
    }
}
