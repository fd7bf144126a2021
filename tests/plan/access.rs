//! ACLs: one that changes is another one, and one that is not seen may be there.

use std::collections::BTreeSet;

use headgate::{
    live::Observed,
    model::{Acl, Gate, Kind, ObjectRef, Verb},
    plan,
};

use super::site::{Site, read};

const READ: &str = "User:app allow Read topic:literal:orders";

/// Declares operations of a user on a topic.
fn declare(site: &mut Site, operations: &str) {
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\n---\napiVersion: headgate.dev/v1\nkind: \
         User\nmetadata: {{name: app}}\nspec: {{acls: [{{resource: {{type: topic, name: orders}}, operations: \
         [{operations}]}}]}}\n"
    )));
}

fn mk_site() -> Site {
    let mut site = Site::new(&[]);
    let kafka = site.kafka();
    kafka.principal = Observed::Known("User:headgate".into());
    kafka.acls = Observed::Known(BTreeSet::new());
    kafka.users = Observed::Known([].into());
    declare(&mut site, "Read, Write");
    assert_eq!(site.pass().planned.actions.len(), 2);
    site
}

fn acls(site: &mut Site) -> &mut BTreeSet<Acl> {
    match &mut site.kafka().acls {
        Observed::Known(acls) => acls,
        Observed::Unknown(why) => panic!("{why}"),
    }
}

#[test]
fn an_acl_that_git_gave_up_while_one_broker_lagged_still_goes() {
    let mut site = mk_site();
    declare(&mut site, "Write");
    let read = Acl::parse(READ).unwrap();
    acls(&mut site).remove(&read);
    assert!(site.pass().planned.actions.is_empty());
    acls(&mut site).insert(read.clone());
    let pass = site.pass();
    assert_eq!(pass.planned.actions[0].verb, Verb::Delete);
    assert!(!acls(&mut site).contains(&read));
    let object = ObjectRef::new(Kind::Acl, READ);
    assert_eq!(site.ledger.records.get(&object), None, "seen to go");
}

/// Trap 43: what was made and seen is remembered, whatever else of its kind was not seen.
#[test]
fn an_acl_that_could_not_be_seen_keeps_no_other_from_being_remembered() {
    let mut site = mk_site();
    declare(&mut site, "Read, Write, Describe, Alter");
    site.pass();
    let unsure = ObjectRef::new(Kind::Acl, "User:app allow Alter topic:literal:orders");
    let looks = [(unsure.clone(), Observed::Unknown("timeout".into()))].into();
    site.live = site.live.clone().with_looked(looks);
    site.ledger.records = Default::default();
    let pass = site.pass();
    assert!(!pass.settled.converged);
    assert_eq!(pass.planned.blocked[0].gate, Gate::IncompleteObservation);
    assert_eq!(site.ledger.records.len(), 3);
    assert!(!site.ledger.records.contains_key(&unsure));
}

#[test]
fn an_acl_is_forgotten_when_it_was_not_seen_twice_in_a_row() {
    let mut site = mk_site();
    declare(&mut site, "Write");
    let read = Acl::parse(READ).unwrap();
    let object = ObjectRef::new(Kind::Acl, READ);
    acls(&mut site).remove(&read);
    site.pass();
    assert!(site.ledger.records.contains_key(&object));
    site.pass();
    assert!(!site.ledger.records.contains_key(&object));
    acls(&mut site).insert(read);
    assert!(site.pass().planned.actions.is_empty(), "somebody else's");
}

#[test]
fn absence_counts_in_a_row_only() {
    let mut site = mk_site();
    declare(&mut site, "Write");
    let read = Acl::parse(READ).unwrap();
    let object = ObjectRef::new(Kind::Acl, READ);
    for _ in 0..3 {
        acls(&mut site).remove(&read);
        site.pass();
        assert_eq!(site.ledger.records[&object].absent, 1);
        acls(&mut site).insert(read.clone());
        site.pass_with(|_| false);
        assert_eq!(site.ledger.records[&object].absent, 0);
    }
}

/// Trap 12: what one broker does not show is looked for on another before it counts as missing.
#[test]
fn what_was_in_place_and_is_not_seen_is_asked_about_once_more() {
    let mut site = mk_site();
    let unseen = |site: &Site| plan::unseen(&site.desired, &site.live, &site.ledger);
    assert_eq!(unseen(&site), []);
    acls(&mut site).remove(&Acl::parse(READ).unwrap());
    assert_eq!(unseen(&site), [ObjectRef::new(Kind::Acl, READ)]);

    let undeclared = &mut site.clone();
    declare(undeclared, "Write");
    assert_eq!(unseen(undeclared), []);
    let unlisted = &mut site.clone();
    unlisted.kafka().acls = Observed::Unknown("not allowed".into());
    assert_eq!(unseen(unlisted), []);
    let new = &mut site.clone();
    declare(new, "Read, Write, Describe");
    assert_eq!(unseen(new).len(), 1, "only what was in place");
}
