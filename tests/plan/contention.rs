//! Fights: the same change, made and undone again and again.

use headgate::{model::Gate, plan::End};

use super::site::{Passed, Site};

const ORDERS: (&str, &str) = ("orders", "{config: {retention.ms: 24h}}");

fn is_contended(pass: &Passed) -> bool {
    pass.planned
        .blocked
        .iter()
        .any(|b| b.gate == Gate::Contended)
}

/// Trap 46: an object that somebody fights over is left alone, and no other with it.
#[test]
fn a_change_that_is_undone_three_times_in_a_row_is_made_no_more() {
    let mut site = Site::converged(&[ORDERS]);
    for fight in 1..=3 {
        // who fights may write another value each time
        site.alter("orders", "retention.ms", Some(&format!("{fight}000")));
        let pass = site.pass();
        assert_eq!(pass.planned.actions.len(), 1, "heal {fight}");
    }
    for _ in 0..2 {
        site.alter("orders", "retention.ms", Some("9000"));
        let pass = site.pass();
        assert!(is_contended(&pass) && pass.planned.actions.is_empty());
        assert_eq!(pass.settled.open.len(), 1, "the drift stays visible");
    }
}

/// The value is seen in place, and another change is made again.
fn assert_over_once_in_place(site: &mut Site) {
    site.alter("orders", "retention.ms", Some("86400000"));
    assert!(!is_contended(&site.pass()));
    site.alter("orders", "retention.ms", Some("1000"));
    assert_eq!(site.pass().planned.actions.len(), 1);
}

#[test]
fn a_fight_is_over_once_the_value_is_seen_in_place() {
    let mut site = Site::converged(&[ORDERS]);
    for _ in 0..5 {
        site.alter("orders", "retention.ms", Some("1000"));
        assert!(!is_contended(&site.pass()));
        assert!(
            site.pass().planned.actions.is_empty(),
            "a pass that sees it in place"
        );
    }
    for _ in 0..3 {
        site.alter("orders", "retention.ms", Some("1000"));
        site.pass();
    }
    assert_over_once_in_place(&mut site);
}

#[test]
fn a_commit_that_wants_something_else_ends_a_fight() {
    let mut site = Site::converged(&[ORDERS]);
    for _ in 0..3 {
        site.alter("orders", "retention.ms", Some("1000"));
        site.pass();
    }
    site.alter("orders", "retention.ms", Some("1000"));
    assert!(is_contended(&site.pass()));
    site.commit(&[("orders", "{config: {retention.ms: 12h}}")]);
    assert_eq!(site.pass().planned.actions.len(), 1);
}

#[test]
fn refused_changes_are_no_fight() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    for _ in 0..6 {
        assert_eq!(site.pass_with(|_| false).planned.actions.len(), 1);
    }
}

/// Trap 46: what a cluster acknowledges and never shows is not asked of it for ever.
#[test]
fn a_change_that_is_never_seen_is_made_no_more() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    let unseen = || End::Unseen("it was not seen".into());
    for _ in 0..3 {
        assert_eq!(site.pass_by(|_, _, _| unseen()).planned.actions.len(), 1);
    }
    for _ in 0..2 {
        let pass = site.pass();
        assert!(is_contended(&pass) && pass.planned.actions.is_empty());
    }
    assert_over_once_in_place(&mut site);
}

/// The first writes of a cluster count, too, though nothing is remembered of their objects.
#[test]
fn what_is_made_and_never_seen_is_made_no_more() {
    let mut site = Site::new(&[ORDERS]);
    let unseen = || End::Unseen("it was not seen".into());
    for _ in 0..3 {
        assert_eq!(site.pass_by(|_, _, _| unseen()).planned.actions.len(), 1);
    }
    assert!(is_contended(&site.pass()));
}

#[test]
fn writes_of_which_nobody_knows_whether_they_happened_are_no_fight() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    for _ in 0..6 {
        let pass = site.pass_by(|_, _, _| End::Indeterminate("no answer came".into()));
        assert_eq!(pass.planned.actions.len(), 1);
    }
}
