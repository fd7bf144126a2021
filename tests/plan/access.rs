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

/// A site without any ACL.
fn mk_open_site() -> Site {
    let mut site = Site::new(&[]);
    let kafka = site.kafka();
    kafka.principal = Observed::Known("User:headgate".into());
    kafka.acls = Observed::Known(BTreeSet::new());
    kafka.users = Observed::Known([].into());
    site
}

/// A site with two ACLs.
fn mk_site() -> Site {
    let mut site = mk_open_site();
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

/// Declares an ACL on the cluster for a user, and what else there is.
fn declare_on_cluster(site: &mut Site, permission: &str, other: &str) {
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\n---\napiVersion: headgate.dev/v1\nkind: \
         User\nmetadata: {{name: app}}\nspec: {{acls: [{{resource: {{type: cluster}}, operations: [Describe], permission: \
         {permission}}}]}}\n---\napiVersion: headgate.dev/v1\nkind: Acl\nmetadata: {{name: other}}\nspec: {other}\n"
    )));
}

fn own(host: &str, rest: &str) -> String {
    format!(
        "{{principal: \"User:headgate\", acls: [{{resource: {{type: cluster}}, host: {host:?}, {rest}}}]}}"
    )
}

/// The verdicts on the ACLs that are to be made: how many are, and how many are not.
fn verdict(site: &Site) -> (usize, usize) {
    let plan = site.plan();
    let held = plan.blocked.iter();
    let held = held.filter(|b| b.gate == Gate::Unsupported && b.reason.contains("superUser"));
    (plan.actions.len(), held.count())
}

#[test]
fn the_first_acl_on_the_cluster_waits_for_one_that_keeps_headgate_in() {
    let mut site = mk_open_site();
    for (permission, other, expected) in [
        ("allow", own("*", "operations: [Alter, Create]"), (3, 0)),
        ("deny", own("*", "operations: [All]"), (2, 0)),
        ("allow", own("*", "operations: [Describe, Create]"), (0, 3)),
        ("deny", own("10.0.0.1", "operations: [Alter]"), (0, 2)),
        (
            "allow",
            own("*", "operations: [Alter]").replace("cluster", "topic, name: \"*\""),
            (1, 1),
        ),
        (
            "allow",
            own("*", "operations: [Alter]").replace("User:headgate", "User:*"),
            (2, 0),
        ),
    ] {
        declare_on_cluster(&mut site, permission, &other);
        assert_eq!(verdict(&site), expected, "{permission}, {other}");
    }
    let plan = site.plan();
    let all: Vec<&str> = plan
        .actions
        .iter()
        .map(|a| a.object.name.as_str())
        .collect();
    assert_eq!(all.len(), 2, "{all:?}");
}

#[test]
fn an_acl_on_the_cluster_waits_for_nothing_where_one_stands_or_headgate_is_a_super_user() {
    let mut site = mk_open_site();
    declare_on_cluster(&mut site, "allow", &own("*", "operations: [Describe]"));
    assert_eq!(verdict(&site), (0, 2));
    site.kafka().super_user = true;
    assert_eq!(verdict(&site), (2, 0));
    site.kafka().super_user = false;
    let standing = Acl::parse("User:other deny Create cluster:literal:kafka-cluster").unwrap();
    acls(&mut site).insert(standing);
    assert_eq!(verdict(&site), (2, 0));
}

#[test]
fn who_does_not_know_its_own_principal_counts_no_acl_as_its_own() {
    let mut site = mk_open_site();
    let other = own("*", "operations: [All]").replace("User:headgate", "User:ANONYMOUS");
    declare_on_cluster(&mut site, "allow", &other);
    site.kafka().principal = Observed::Unknown("a certificate".into());
    assert_eq!(verdict(&site), (0, 2));
    site.kafka().principal = Observed::Known("User:ANONYMOUS".into());
    assert_eq!(verdict(&site), (2, 0));
    let first = &site.plan().actions[0].object.name;
    assert!(first.starts_with("User:ANONYMOUS "), "{first}");
}
