//! Offsets are set once for a word in git: not again after a crash, nor after the ledger was lost.

use headgate::{
    live::{LiveGroup, Observed},
    model::{Gate, Kind, Ledger, ObjectRef},
};

use super::site::{Site, read};

const ONE: &str = "2026-12-31";
const OTHER: &str = "2027-12-31";

/// Declares a group whose offsets are to be set, with a consent that holds until then.
fn declare(site: &mut Site, to: Option<&str>, until: &str) {
    let offsets = to.map_or(String::new(), |to| format!("offsets: {{resetTo: {to}}}"));
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec:\n  deletion: {{allow: [{{kind: \
         ConsumerGroup, name: g, reason: replay, until: {until}}}]}}\n---\napiVersion: headgate.dev/v1\nkind: \
         ConsumerGroup\nmetadata: {{name: g}}\nspec: {{{offsets}}}\n"
    )));
}

/// A site that converged on a git that says nothing of the group, which is there and empty.
fn mk_site() -> Site {
    let mut site = Site::new(&[]);
    let group = LiveGroup {
        state: "Empty".into(),
        protocol: "classic".into(),
        ..LiveGroup::default()
    };
    site.kafka().groups = Observed::Known([("g".into(), Observed::Known(group))].into());
    assert!(site.pass().settled.converged);
    site
}

/// Runs a pass and returns how many resets it made, and what held the others.
fn pass(site: &mut Site) -> (usize, Vec<(Gate, String)>) {
    let planned = site.pass().planned;
    let blocked = planned.blocked.into_iter();
    let held = blocked.map(|b| (b.gate, b.reason)).collect();
    (planned.actions.len(), held)
}

#[test]
fn offsets_are_set_once_and_a_consent_is_good_for_one_time() {
    let mut site = mk_site();
    declare(&mut site, Some("earliest"), ONE);
    assert_eq!(pass(&mut site), (1, Vec::new()));
    assert_eq!(pass(&mut site), (0, Vec::new()));
    declare(&mut site, Some("latest"), ONE);
    let (made, held) = pass(&mut site);
    assert_eq!((made, held[0].0), (0, Gate::Consent));
    assert!(held[0].1.contains("was used on 2026-06-01"), "{held:?}");
    declare(&mut site, Some("latest"), OTHER);
    assert_eq!(pass(&mut site), (1, Vec::new()));
    declare(&mut site, None, OTHER);
    assert_eq!(pass(&mut site), (0, Vec::new()));
    let group = ObjectRef::new(Kind::ConsumerGroup, "g");
    assert_eq!(site.ledger.records.get(&group), None);
    declare(&mut site, Some("latest"), OTHER);
    assert_eq!(pass(&mut site).1[0].0, Gate::Consent);
}

#[test]
fn offsets_that_were_begun_before_a_crash_are_not_set_again() {
    for made in [0, 1] {
        let mut site = mk_site();
        declare(&mut site, Some("earliest"), ONE);
        site.crash(1, made);
        for _ in 0..3 {
            let (made, held) = pass(&mut site);
            assert_eq!((made, held[0].0), (0, Gate::Indeterminate));
            let says = "begun at 2026-06-01T12:00:00Z, and nobody knows whether";
            assert!(held[0].1.contains(says), "{held:?}");
        }
        declare(&mut site, Some("earliest"), OTHER);
        assert_eq!(pass(&mut site).0, 0, "git says the same point");
        declare(&mut site, Some("latest"), ONE);
        assert_eq!(pass(&mut site).1[0].0, Gate::Consent, "it was used");
        declare(&mut site, Some("latest"), OTHER);
        assert_eq!(pass(&mut site), (1, Vec::new()));
        assert_eq!(pass(&mut site), (0, Vec::new()));
    }
}

#[test]
fn offsets_are_not_set_again_after_the_ledger_was_lost() {
    let mut site = mk_site();
    declare(&mut site, Some("earliest"), ONE);
    assert_eq!(pass(&mut site).0, 1);
    site.ledger = Ledger::default();
    for _ in 0..3 {
        let (made, held) = pass(&mut site);
        assert_eq!((made, held[0].0), (0, Gate::Indeterminate));
        assert!(held[0].1.contains("a ledger that was lost"), "{held:?}");
    }
    declare(&mut site, None, ONE);
    pass(&mut site);
    declare(&mut site, Some("earliest"), OTHER);
    assert_eq!(pass(&mut site), (1, Vec::new()));
}
