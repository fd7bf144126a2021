//! Which live cluster a ledger is about.

use headgate::{
    model::{Cause, ClusterId, Gate},
    plan::Plan,
};

use super::site::Site;

const ORDERS: (&str, &str) = ("orders", "{config: {retention.ms: 24h}}");

/// The live cluster is replaced by an empty one of this id.
fn rebuild(site: &mut Site, id: &str) {
    site.kafka().cluster_id = ClusterId(id.into());
    site.kafka().topics.clear();
}

#[test]
fn another_cluster_behind_the_addresses_is_left_alone_where_git_names_none() {
    let mut site = Site::converged(&[ORDERS]);
    assert_eq!(site.ledger.cluster_id, Some(ClusterId("c".into())));
    site.alter("orders", "retention.ms", Some("1000"));
    site.crash(1, 0);
    let before = site.ledger.clone();
    rebuild(&mut site, "another");
    for _ in 0..2 {
        let pass = site.pass();
        assert!(pass.planned.actions.is_empty());
        assert_eq!(pass.planned.blocked[0].gate, Gate::ClusterId);
        assert_eq!(pass.settled.detected, []);
        assert!(!pass.planned.planes.values().any(|plane| plane.complete));
        assert_eq!(
            site.ledger, before,
            "nothing is learnt and no intent settled"
        );
    }
}

#[test]
fn a_cluster_that_was_built_anew_is_begun_with_once_git_declares_it() {
    let mut site = Site::converged(&[ORDERS]);
    site.topic("orders").partitions = super::world::layout(9, 3);
    assert_eq!(site.pass().settled.open.len(), 1);
    site.crash(1, 0);
    rebuild(&mut site, "another");
    site.commit_cluster("  clusterId: another", &[ORDERS]);
    let pass = site.pass();
    assert_eq!(pass.planned.actions[0].cause, Cause::First);
    assert_eq!(pass.settled.detected, []);
    assert_eq!(pass.settled.resolved, []);
    assert!(pass.settled.open.is_empty() && pass.settled.converged);
    assert_eq!(site.ledger.cluster_id, Some(ClusterId("another".into())));
    assert!(site.pass().planned.actions.is_empty());
}

#[test]
fn a_plan_that_deletes_another_topic_of_the_same_name_is_another_plan() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    let retired =
        "  deletion: {allow: [{kind: Topic, name: users, reason: retired, until: 2026-12-31}]}";
    site.commit_cluster(retired, &[ORDERS]);
    let id = |site: &Site| Plan::new(None, vec![site.plan()]).plan_id;
    let before = id(&site);
    assert_eq!(id(&site), before);
    site.make("users", 3);
    assert_ne!(id(&site), before);
}
