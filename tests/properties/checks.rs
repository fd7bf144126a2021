//! What must be true of all that is not a topic, after a pass and once all is calm.

use std::collections::BTreeMap;

use headgate::{
    desired::{DesiredCluster, DesiredConfig, DesiredCredential, DesiredValue},
    live::{LiveConfig, LiveObject},
    model::{Kind, ObjectRef, Plane, ScramMechanism, Verb},
    plan::{Action, ClusterPlan},
    sandbox::World,
};

use super::{
    inputs::TODAY,
    others::{ACLS, CONFIGS, USERS, login, strangers},
};

/// Tells whether a value is a throttle, which comes and goes with moves.
fn is_throttle(own: &LiveConfig) -> bool {
    own.key.as_str().contains(".replication.throttled.")
}

/// Returns an object without throttles.
fn unthrottled(world: &World, object: &ObjectRef) -> Option<LiveObject> {
    match world.object(object)? {
        LiveObject::Config(mut config) => {
            config.retain(|own| !is_throttle(own));
            (!config.is_empty()).then_some(LiveObject::Config(config))
        }
        other => Some(other),
    }
}

/// Checks what one pass did: nothing of strangers, and no deletion without a word in git.
pub(super) fn assert_nothing_foreign(desired: &DesiredCluster, before: &World, after: &World) {
    for object in strangers() {
        assert_eq!(
            unthrottled(before, &object),
            unthrottled(after, &object),
            "{object}"
        );
    }
    let own = login("stranger", ScramMechanism::Sha256, "stranger");
    assert!(after.lets_in(&own), "a stranger's password was changed");
    let configs = CONFIGS.map(|(kind, name, _)| ObjectRef::new(kind, name));
    let users = USERS.map(|name| ObjectRef::new(Kind::User, name));
    let acls = ACLS.map(|name| ObjectRef::new(Kind::Acl, name));
    for object in configs.iter().chain(&users).chain(&acls) {
        let gone = unthrottled(before, object).is_some() && after.object(object).is_none();
        // what is nothing but keys goes with its last one, also when git declares it without any
        let declares = desired.object(object).is_some() && object.kind == Kind::Acl;
        let free = matches!(object.kind, Kind::Acl | Kind::Quota);
        let consented = desired
            .deletion
            .consent(object.kind, &object.name)
            .is_some_and(|c| TODAY <= c.until);
        let may_go = free || consented || desired.object(object).is_some();
        assert!(!gone || (may_go && !declares), "{object} was deleted");
    }
}

/// Checks that a plan keeps to the budget of each kind and deletes nothing that git declares.
pub(super) fn assert_within_budget(desired: &DesiredCluster, plan: &ClusterPlan) {
    for kind in Kind::ALL {
        let goes = |a: &&Action| a.object.kind == *kind && a.verb == Verb::Delete;
        let deleted: Vec<&Action> = plan.actions.iter().filter(goes).collect();
        let most = desired.deletion.budget_of(*kind).count.max(1);
        assert!(deleted.len() <= most as usize, "{deleted:?}");
        for action in deleted {
            assert!(desired.object(&action.object).is_none(), "{action:?}");
        }
    }
}

/// Returns the values that are set, of keys that git may declare.
fn values(world: &World, object: &ObjectRef) -> BTreeMap<String, Option<String>> {
    let Some(LiveObject::Config(config)) = world.object(object) else {
        return BTreeMap::new();
    };
    let own = config.into_iter().filter(|c| !is_throttle(c));
    own.map(|c| (c.key.to_string(), c.value.map(Into::into)))
        .collect()
}

/// Returns the keys that are set beside topics and that git does not declare.
pub(super) fn undeclared(world: &World, desired: &DesiredCluster) -> Vec<String> {
    let mut left = Vec::new();
    for (kind, name, _) in CONFIGS {
        let declared = desired.configs.get(&kind).and_then(|all| all.get(name));
        for key in values(world, &ObjectRef::new(kind, name)).into_keys() {
            let is_declared = |d: &DesiredConfig| d.config.iter().any(|(k, _)| k.as_str() == key);
            if !declared.is_some_and(is_declared) {
                left.push(format!("{kind} {name} {key}"));
            }
        }
    }
    left
}

/// Checks that an object that is declared is as declared.
pub(super) fn assert_as_declared(world: &World, desired: &DesiredCluster, object: &ObjectRef) {
    match object.kind {
        Kind::Acl => assert!(world.object(object).is_some(), "{object}"),
        Kind::User => {
            for credential in &desired.users[&object.name].scram {
                let DesiredCredential {
                    mechanism,
                    password,
                    iterations,
                } = credential;
                let declared = login(&object.name, *mechanism, &password.0);
                assert!(world.lets_in(&declared), "{object} {mechanism}");
                let live = world.user(&object.name).unwrap();
                let rounds = live.credential(*mechanism).map(|c| c.iterations);
                assert!(iterations.is_none() || *iterations == rounds, "{object}");
            }
        }
        kind => {
            let live = values(world, object);
            for (key, value) in &desired.configs[&kind][&object.name].config {
                let own = live.get(key.as_str());
                match value {
                    DesiredValue::Set(value) => {
                        assert_eq!(own, Some(&Some(value.to_string())), "{object} {key}");
                    }
                    DesiredValue::Secret(_) => assert_eq!(own, Some(&None), "{object} {key}"),
                    DesiredValue::LeaveAlone => {}
                }
            }
        }
    }
}

/// Every object beside topics that is declared.
pub(super) fn declared(desired: &DesiredCluster) -> Vec<ObjectRef> {
    let kinds = Kind::of(Plane::Kafka).filter(|kind| *kind != Kind::Topic);
    kinds
        .flat_map(|kind| {
            let named = desired.objects(kind);
            named.map(move |(name, _)| ObjectRef::new(kind, name))
        })
        .collect()
}
