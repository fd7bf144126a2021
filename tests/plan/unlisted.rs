//! Nothing is learnt from what was not seen, and nothing forgotten.

use headgate::{
    live::Observed,
    model::{
        ConfigKey, DriftClass, Gate, Kind, Mode, ObjectRef, Plane, Record, ResolvedBy, TopicName,
    },
};

use super::{
    settle::{ORDERS, detected, resolved},
    site::{Site, read},
};

#[test]
fn nothing_is_learnt_from_a_plane_that_was_not_seen() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    site.pass_with(|_| false);
    let before = site.ledger.clone();
    site.live.kafka = Observed::Unknown("no broker answers".into());
    let pass = site.pass();
    assert_eq!(site.ledger, before);
    assert_eq!(
        pass.settled.open.len(),
        1,
        "drift stays open while nobody can look"
    );
    assert!(pass.settled.resolved.is_empty() && !pass.settled.converged);
}

#[test]
fn nothing_is_learnt_from_a_topic_that_was_not_read() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    site.pass_with(|_| false);
    let record = site.record("orders").cloned();
    let name = TopicName::from_broker("orders");
    site.kafka()
        .topics
        .insert(name, Observed::Unknown("TOPIC_AUTHORIZATION_FAILED".into()));
    let pass = site.pass();
    assert_eq!(site.record("orders").cloned(), record);
    assert_eq!(pass.settled.open.len(), 1);
    assert!(!pass.settled.converged, "nobody knows");
}

#[test]
fn a_record_goes_only_when_its_topic_is_seen_to_be_gone() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit(&[("users", "{}")]);
    site.pass();
    assert!(site.record("orders").is_some(), "it waits for consent");
    site.live.kafka = match site.live.kafka.clone() {
        Observed::Known(mut kafka) => {
            kafka.topics.remove("orders");
            Observed::Known(kafka)
        }
        unknown => unknown,
    };
    site.pass();
    assert!(site.record("orders").is_none());
}

#[test]
fn a_kind_that_is_ignored_has_no_drift_any_more() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("5000"));
    site.pass_with(|_| false);
    site.desired.modes.insert(Kind::Topic, Mode::Ignore);
    let pass = site.pass();
    assert_eq!(
        resolved(&pass),
        [(DriftClass::Modified, ResolvedBy::Commit)]
    );
    assert!(site.record("orders").is_some());
}

#[test]
fn a_kind_that_cannot_be_listed_hides_no_drift_of_another() {
    let mut site = Site::new(&[ORDERS]);
    site.merge(read(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {name: c}\nspec: {owns: {topics: ['*']}}\n---\n\
         apiVersion: headgate.dev/v1\nkind: User\nmetadata: {name: app}\nspec: {acls: [{resource: {type: topic, name: t}, \
         operations: [Read]}]}\n"
            .to_owned(),
    ));
    let pass = site.pass();
    assert!(!pass.settled.converged, "ACLs were not listed");
    site.make("stray", 1);
    let expected = [("stray".into(), DriftClass::Unexpected)];
    assert_eq!(detected(&site.pass()), expected);
}

/// Trap 24: no authorizer is not "no ACLs", and Kafka has no kind before its version. Git may want what cannot be there.
#[test]
fn a_kind_that_the_cluster_cannot_have_is_held_and_holds_up_nothing_else() {
    let user = |operations: &str| {
        let user = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{}}\n---\n\
             apiVersion: headgate.dev/v1\nkind: User\nmetadata: {{name: app}}\nspec: {{acls: [{{resource: {{type: topic, \
             name: t}}, operations: [{operations}]}}]}}\n"
        );
        read(user)
    };
    let mut site = Site::new(&[ORDERS]);
    site.kafka().acls = Observed::Known(Default::default());
    site.kafka().super_user = true;
    site.merge(user("Read, Write"));
    assert!(site.pass().settled.converged);
    let records = site.ledger.records.clone();

    site.kafka().acls = Observed::Unknown("no authorizer".into());
    site.merge(user("Read"));
    assert!(!site.pass().settled.converged, "it might be read one day");

    site.kafka().unsupported.insert(Kind::Acl);
    site.commit(&[("other", "{}")]);
    site.merge(user("Read"));
    let pass = site.pass();
    assert!(pass.settled.converged && pass.settled.open.is_empty());
    assert!(pass.planned.planes.values().all(|plane| plane.complete));
    let acls = |object: &ObjectRef| object.kind == Kind::Acl;
    assert!(!pass.planned.actions.iter().any(|a| acls(&a.object)));
    let held = pass.planned.blocked.iter();
    let held: Vec<_> = held.map(|b| (b.gate, b.name.as_str())).collect();
    assert!(held.contains(&(Gate::Unsupported, "*")), "{held:?}");
    let left = site.ledger.records.iter().filter(|(o, _)| acls(o));
    assert!(left.eq(records.iter().filter(|(o, _)| acls(o))), "unseen");

    // nobody wants any: that is nothing to tell of
    let mut site = Site::new(&[ORDERS]);
    site.kafka().unsupported.insert(Kind::Acl);
    assert!(site.pass().planned.blocked.is_empty());
}

#[test]
fn of_a_broker_that_is_away_nothing_is_forgotten() {
    let mut site = Site::converged(&[ORDERS]);
    let config = ObjectRef::new(Kind::BrokerConfig, "7");
    let record = Record {
        owned: [ConfigKey::new("log.retention.ms")].into(),
        converged: Some([("config.log.retention.ms", "1")].into_iter().collect()),
        ..Record::default()
    };
    site.ledger.records_mut().insert(config.clone(), record);
    for _ in 0..3 {
        let pass = site.pass();
        assert_eq!(pass.planned.blocked[0].gate, Gate::IncompleteObservation);
    }
    assert!(site.ledger.records.contains_key(&config));
}

#[test]
fn a_registry_that_is_away_is_told_even_if_nobody_wants_anything_of_it() {
    let mut site = Site::new(&[ORDERS]);
    site.live.registry = Some(Observed::Unknown("connection refused".into()));
    let pass = site.pass();
    let state = &pass.planned.planes[&Plane::Registry];
    assert_eq!(state.reason.as_deref(), Some("connection refused"));
    assert!(!state.complete && pass.planned.planes[&Plane::Kafka].complete);
    assert_eq!(pass.planned.blocked, [], "nothing of it is withheld");
}
