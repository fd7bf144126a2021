//! What must be true of the services after every pass, and once all is calm.

use std::{collections::BTreeMap, sync::Arc};

use compact_str::{CompactString, format_compact};
use headgate::{
    desired::{DesiredCluster, DesiredConnector, DesiredSchema, DesiredValue},
    model::{ConfigKey, Gate, Kind},
    plan::{Blocked, Subject},
    ports::NewSchema,
    sandbox::{ConnectWorld, Connector, RegistryWorld},
};

use super::{
    super::{inputs::TODAY, others::SECRET, platform::Done},
    estate::{STRANGER, Services},
    wishes::{CLUSTERS, CONNECTORS},
};

/// What the services hold at a moment.
pub(crate) struct Snapshot {
    connect: BTreeMap<CompactString, Arc<ConnectWorld>>,
    registry: Arc<RegistryWorld>,
}

impl Snapshot {
    fn connector(&self, cluster: &str, name: &str) -> Option<&Connector> {
        self.connect[cluster].connectors().get(name)
    }

    /// Returns what a connector is called by who sees all Connect clusters.
    fn key(&self, desired: &DesiredCluster, cluster: &str, name: &str) -> CompactString {
        let is_home = match desired.connectors.get(name) {
            Some(declared) => declared.connect == cluster,
            None => {
                let there = |other: &&&str| self.connector(other, name).is_some();
                CLUSTERS.iter().filter(there).count() == 1
            }
        };
        match is_home {
            true => name.into(),
            false => format_compact!("{cluster}/{name}"),
        }
    }
}

impl Services {
    /// Returns what there is now; `None` where there are no services.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let worlds = self.connect.iter();
        Some(Snapshot {
            registry: self.registry.as_ref()?.world(),
            connect: worlds
                .map(|(name, cluster)| (name.clone(), cluster.world()))
                .collect(),
        })
    }

    /// Checks what one pass did.
    pub(crate) fn assert_lawful(&self, desired: &DesiredCluster, before: &Snapshot) {
        let after = self.snapshot().unwrap();
        for (cluster, world) in &after.connect {
            let stranger = |at: &Snapshot| at.connector(cluster, STRANGER).cloned();
            assert_eq!(stranger(before), stranger(&after));
            for name in CONNECTORS {
                let old = before.connector(cluster, name);
                match (old, after.connector(cluster, name)) {
                    (Some(_), None) => {
                        let key = before.key(desired, cluster, name);
                        self.assert_may_go(desired, Kind::Connector, &key);
                    }
                    (_, Some(new)) => {
                        assert_meant(old, new, desired.connectors.get(name));
                    }
                    (None, None) => {}
                }
                let writes = world.offset_writes(name);
                assert!(
                    writes <= 1,
                    "{name}: offsets were set {writes} times by one consent"
                );
            }
        }
        let (old, new) = (before.registry.subjects(), after.registry.subjects());
        assert_eq!(old[STRANGER], new[STRANGER]);
        for (name, subject) in old {
            let stays = |number| {
                new.get(name)
                    .is_some_and(|s| s.live().any(|v| v.number == number))
            };
            if subject.live().any(|version| !stays(version.number)) {
                self.assert_may_go(desired, Kind::Schema, name);
            }
        }
    }

    /// Checks that git lets an object go, and takes note: a consent is good for one deletion.
    fn assert_may_go(&self, desired: &DesiredCluster, kind: Kind, name: &str) {
        let object = headgate::model::ObjectRef::new(kind, name);
        let consent = desired.deletion.consent(kind, name);
        assert!(
            consent.is_some_and(|c| TODAY <= c.until) && desired.object(&object).is_none(),
            "{object} was deleted, which nobody consented to"
        );
        let mut gone = self.gone.lock().unwrap();
        assert!(
            gone.insert(object.clone()),
            "{object} was deleted twice by one consent"
        );
    }

    /// Checks that every declared object is as declared, unless the plan says what holds it.
    pub(crate) fn assert_in_place(&self, desired: &DesiredCluster, done: &Done, up: &[&str]) {
        let Some(now) = self.snapshot() else {
            return;
        };
        for (name, wanted) in &desired.connectors {
            let held = held(done, Kind::Connector, name);
            if up.contains(&wanted.connect.as_str()) && !is_excused(&held, up) {
                let live = now.connector(&wanted.connect, name);
                let live = live.unwrap_or_else(|| panic!("{name} is missing"));
                let masks = self.masked.lock().unwrap().contains(&wanted.connect);
                assert_config(name, wanted, live, masks);
                let failed = held.iter().any(|b| b.gate == Gate::Health);
                assert_eq!(live.failed.is_some(), failed, "{name}");
                assert_eq!(live.state, wanted.state, "{name}");
            }
        }
        if !up.contains(&"registry") {
            return;
        }
        for (name, wanted) in &desired.schemas {
            if !is_excused(&held(done, Kind::Schema, name), up) {
                assert_schema(&now.registry, name, wanted);
            }
        }
        if let Some(level) = desired.compatibility {
            assert_eq!(now.registry.level(), level);
        }
    }
}

/// Checks that what a pass wrote into a connector is what git means: no fingerprint, no mask, and nobody else's value.
fn assert_meant(old: Option<&Connector>, new: &Connector, declared: Option<&DesiredConnector>) {
    let declared = declared.map_or(&[][..], |declared| &declared.config);
    for (key, value) in &new.config {
        let stood = old.is_some_and(|old| old.config.get(key) == Some(value));
        let meant = declared.iter().any(|(k, wanted)| {
            k == key
                && match wanted {
                    DesiredValue::Set(wanted) => wanted == value,
                    DesiredValue::Secret(name) => *value == secret(&name.0),
                    DesiredValue::LeaveAlone => false,
                }
        });
        assert!(
            stood || meant,
            "{key} was set to {value}, which git does not say"
        );
    }
}

fn secret(name: &str) -> String {
    format!("{SECRET}{name}")
}

/// Returns what the plan withholds of an object.
fn held<'a>(done: &'a Done, kind: Kind, name: &str) -> Vec<&'a Blocked> {
    let held = done.planned.blocked.iter();
    held.filter(|b| b.kind == Subject::Kind(kind) && b.name == name)
        .collect()
}

/// Tells whether somebody else has to act first. Beside that nothing holds an object for long but what failed too often, and
/// offsets that take a consent.
fn is_excused(held: &[&Blocked], up: &[&str]) -> bool {
    let offsets = |b: &Blocked| b.fields.iter().all(|field| field.path == "offsets");
    for b in held {
        let lasts = match b.gate {
            Gate::Unsupported | Gate::Contended | Gate::Health => true,
            // it may work in the Connect cluster that is down
            Gate::IncompleteObservation => CLUSTERS.iter().any(|cluster| !up.contains(cluster)),
            Gate::Consent | Gate::Indeterminate | Gate::InUse => offsets(b),
            _ => false,
        };
        assert!(lasts, "{b:?}");
    }
    let theirs = [
        Gate::Unsupported,
        Gate::Contended,
        Gate::IncompleteObservation,
    ];
    held.iter().any(|b| theirs.contains(&b.gate))
}

fn assert_config(name: &str, wanted: &DesiredConnector, live: &Connector, masks: bool) {
    for (key, value) in &wanted.config {
        let own = live.config.get(key).map(CompactString::as_str);
        match value {
            DesiredValue::Set(value) => assert_eq!(own, Some(value.as_str()), "{name} {key}"),
            // of a masked one nobody knows whether somebody else changed it
            DesiredValue::Secret(_) if masks => assert!(own.is_some(), "{name} {key}"),
            DesiredValue::Secret(of) => {
                assert_eq!(own, Some(secret(&of.0).as_str()), "{name} {key}");
            }
            DesiredValue::LeaveAlone => {}
        }
    }
    let said = |key: &ConfigKey| wanted.config.iter().any(|(k, _)| k == key);
    let strays: Vec<&ConfigKey> = live.config.keys().filter(|key| !said(key)).collect();
    assert!(strays.is_empty(), "{name}: {strays:?}");
}

fn assert_schema(registry: &RegistryWorld, name: &str, wanted: &DesiredSchema) {
    let subject = registry.subjects().get(name);
    let subject = subject.unwrap_or_else(|| panic!("{name} is missing"));
    let newest = subject.live().next_back().map(|version| &version.schema);
    let meant = registry.meant(&NewSchema::from(wanted)).unwrap();
    assert_eq!(newest, Some(&meant), "{name}");
    if wanted.compatibility.is_some() {
        assert_eq!(subject.level, wanted.compatibility, "{name}");
    }
}
