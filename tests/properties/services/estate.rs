//! The services beside Kafka, and how a pass sees them: as the daemon does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use compact_str::CompactString;
use headgate::{
    apply::{self, ConnectClusters, Secrets},
    daemon::look_for_connectors,
    desired::{DesiredCluster, RunState},
    live::{ConfigProblem, ConnectLive, Live, Observed, RegistryLive},
    model::{ConfigKey, Kind, Ledger, ObjectRef, Secret},
    plan::{self, Beyond, Change},
    ports::{ConnectPlane, ConnectWrite, NewValue, Outcome, RegistryPlane, Wanted},
    sandbox::{Connect, Registry, Sandbox},
};

use super::{
    super::{
        others::{self, SECRET},
        platform::now,
    },
    hands::Hand,
    wishes::{CLASSES, CLUSTERS, PASSWORD, TEXTS},
};

/// What belongs to somebody else.
pub(crate) const STRANGER: &str = "stranger";

/// The Connect clusters and the registry; none where a story is about Kafka alone.
#[derive(Default)]
pub(crate) struct Services {
    pub(crate) connect: BTreeMap<CompactString, Arc<Connect>>,
    pub(crate) registry: Option<Arc<Registry>>,
    /// The Connect clusters as a run takes them.
    pub(crate) clusters: ConnectClusters,
    /// Those whose workers mask secrets, or did.
    pub(super) masked: Mutex<BTreeSet<CompactString>>,
    /// What was deleted by consent.
    pub(super) gone: Mutex<BTreeSet<ObjectRef>>,
}

/// Makes a connector by hand.
pub(crate) fn by_hand(name: &str, class: &str, state: RunState) -> ConnectWrite {
    let password = format!("{SECRET}{STRANGER}");
    let values = [
        ("connector.class", class),
        ("tasks.max", "1"),
        (PASSWORD, &password),
    ];
    let config = values.map(|(key, value)| (ConfigKey::new(key), NewValue::Open(value.into())));
    ConnectWrite::Create {
        name: name.into(),
        config: config.into(),
        state,
    }
}

impl Services {
    /// Two Connect clusters and a registry, in which strangers have something.
    pub(crate) fn beside(sandbox: &Sandbox) -> Self {
        let connect: BTreeMap<CompactString, Arc<Connect>> = CLUSTERS
            .map(|name| (name.into(), Arc::new(sandbox.connect(name))))
            .into();
        for cluster in connect.values() {
            cluster.edit(|world| {
                CLASSES.iter().for_each(|class| world.install(class));
                let made = world.write(&by_hand(STRANGER, CLASSES[0], RunState::Paused));
                assert_eq!(made, Outcome::Applied);
            });
        }
        let registry = Arc::new(sandbox.registry());
        registry.edit(|world| super::hands::register(world, STRANGER, TEXTS[0]));
        let clusters = connect.iter().map(|(name, cluster)| {
            let plane: Arc<dyn ConnectPlane> = cluster.clone();
            (name.clone(), plane)
        });
        Self {
            clusters: clusters.collect(),
            connect,
            registry: Some(registry),
            ..Self::default()
        }
    }

    /// Lets a person work on them.
    pub(crate) fn lend(&self, hand: &Hand) {
        if let Hand::Mask(cluster, true) = hand {
            self.masked.lock().unwrap().insert((*cluster).into());
        }
        hand.make(self);
    }

    /// Adds what a pass sees of the services to what it sees of Kafka.
    pub(crate) async fn observe(
        &self,
        desired: &DesiredCluster,
        ledger: &Ledger,
        mut live: Live,
    ) -> Live {
        live.registry = self.observe_registry(desired, ledger).await;
        live.connect = self.observe_connect(desired, ledger, &live).await;
        let live = self.sought(desired, ledger, live).await;
        let live = hidden(desired, ledger, live);
        self.checked(desired, ledger, live).await
    }

    async fn observe_connect(
        &self,
        desired: &DesiredCluster,
        ledger: &Ledger,
        live: &Live,
    ) -> Option<Observed<ConnectLive>> {
        let mut seen = BTreeMap::new();
        for (name, cluster) in &self.connect {
            seen.insert(name.clone(), cluster.observe().await);
        }
        let id = live.kafka.known().map(|kafka| &kafka.cluster_id);
        let id = id.or(desired.cluster_id.as_ref());
        let id = id.or(ledger.cluster_id.as_ref());
        let homes = desired.connectors.iter();
        let homes = homes.map(|(name, one)| (name.as_str(), one.connect.as_str()));
        let gathered = || Observed::Known(ConnectLive::gather(seen, id, homes));
        (!self.connect.is_empty()).then(gathered)
    }

    async fn observe_registry(
        &self,
        desired: &DesiredCluster,
        ledger: &Ledger,
    ) -> Option<Observed<RegistryLive>> {
        let registry = self.registry.as_ref()?;
        let wanted = Wanted {
            schemas: &desired.schemas,
            owned: &desired.owns.subjects,
            due: &plan::subjects_due(desired, ledger),
        };
        let mut live = registry.observe(&wanted).await;
        if let (Observed::Known(live), true) = (&mut live, desired.compatibility.is_some()) {
            live.add_every_subject();
        }
        Some(live)
    }

    /// Looks at connectors that are not listed.
    async fn sought(&self, desired: &DesiredCluster, ledger: &Ledger, live: Live) -> Live {
        let mut unseen = plan::unseen(desired, &live, ledger);
        unseen.retain(|object| object.kind == Kind::Connector);
        let looks = look_for_connectors(&self.clusters, desired, unseen).await;
        live.with_looked(looks)
    }

    /// Has plugins asked about configs that are about to be written.
    async fn checked(&self, desired: &DesiredCluster, ledger: &Ledger, mut live: Live) -> Live {
        for (name, change) in plan::unchecked(desired, &live, ledger, now()) {
            let said = self.ask(&change).await;
            if let Some(Observed::Known(connect)) = &mut live.connect {
                connect.checks.insert(name, said);
            }
        }
        live
    }

    async fn ask(&self, change: &Change) -> Observed<Vec<ConfigProblem>> {
        let Some(Beyond::Connector { connect, name }) = change.beyond.as_deref() else {
            panic!("the plan does not say where a connector is");
        };
        let vault = others::vault();
        let secret = |name: &_| -> Secret<String> { vault.read(name).unwrap() };
        let config = apply::connector_config(change, secret);
        self.connect[connect].validate(name, &config).await
    }
}

/// Takes the secrets out of what workers tell.
fn hidden(desired: &DesiredCluster, ledger: &Ledger, mut live: Live) -> Live {
    if let Some(Observed::Known(connect)) = &mut live.connect {
        let vault = others::vault();
        Secrets::new(Some(desired), ledger, &vault, &live.secrets).hide_all(connect);
    }
    live
}

/// Names an object.
pub(crate) fn connector(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::Connector, name)
}
