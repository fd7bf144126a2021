//! A consent is good for one deletion, and topics that nobody declared count once they appear.

use headgate::{
    live::{LiveCredential, LiveUser, Observed, Usage},
    model::{DriftClass, Fingerprint, Gate, Ledger, ScramMechanism, SecretName, TopicName},
};
use jiff::SignedDuration;

use super::site::{Site, read};

const ORDERS: (&str, &str) = ("orders", "{config: {retention.ms: 24h}}");

fn retired(until: &str) -> String {
    format!(
        "  deletion: {{allow: [{{kind: Topic, name: users, reason: retired, until: {until}}}]}}"
    )
}

#[test]
fn a_consent_is_good_for_one_deletion() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    assert_eq!(site.pass().planned.actions.len(), 1);
    site.make("users", 1);
    for _ in 0..3 {
        let pass = site.pass();
        assert!(pass.planned.actions.is_empty());
        assert_eq!(pass.planned.blocked[0].gate, Gate::Consent);
        let reason = &pass.planned.blocked[0].reason;
        assert!(reason.contains("was used on 2026-06-01"), "{reason}");
    }
    site.commit_cluster(&retired("2027-01-31"), &[ORDERS]);
    assert_eq!(
        site.pass().planned.actions.len(),
        1,
        "a new date is a new consent"
    );
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    site.make("users", 1);
    assert!(
        site.pass().planned.actions.is_empty(),
        "the old one stays used"
    );
}

#[test]
fn a_consent_is_used_by_a_deletion_that_a_crash_hid() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    site.crash(1, 1);
    site.pass();
    site.make("users", 1);
    assert_eq!(site.pass().planned.blocked[0].gate, Gate::Consent);
}

#[test]
fn a_consent_is_not_used_by_a_deletion_that_was_refused_and_holds_after_the_ledger_was_lost() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    site.pass_with(|_| false);
    site.ledger = Ledger::default();
    assert_eq!(site.pass().planned.actions.len(), 1);
    assert_eq!(site.ledger.consents.len(), 1);
}

#[test]
fn a_used_consent_is_forgotten_when_it_could_not_be_used_any_more() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-06-01"), &[ORDERS]);
    site.pass();
    site.make("users", 1);
    site.now = "2026-06-02T00:00:00Z".parse().unwrap();
    let pass = site.pass();
    assert!(pass.planned.actions.is_empty() && pass.planned.blocked.is_empty());
    assert!(site.ledger.consents.is_empty());
}

#[test]
fn a_stray_counts_although_an_action_keeps_failing() {
    let mut site = Site::converged(&[ORDERS]);
    site.make("found", 1);
    site.commit_cluster("  owns: {topics: [\"*\"]}", &[ORDERS, ("users", "{}")]);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
    site.make("stray", 1);
    let pass = site.pass_with(|_| false);
    let drift: Vec<_> = pass
        .settled
        .detected
        .iter()
        .map(|d| (d.object.name.as_str(), d.class))
        .collect();
    assert_eq!(drift, [("stray", DriftClass::Unexpected)]);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
}

/// Declares a user who logs in by these mechanisms, and consents to what goes of it.
fn declare_mechanisms(site: &mut Site, mechanisms: &str) {
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{deletion: {{allow: [{{kind: User, name: \
         app, reason: SHA-512 only, until: 2026-12-31}}]}}}}\n---\napiVersion: headgate.dev/v1\nkind: User\nmetadata: {{name: \
         app}}\nspec: {{scram: {{mechanism: [{mechanisms}], passwordFrom: {{secret: app}}}}}}\n"
    )));
}

const BOTH: &str = "SCRAM-SHA-256, SCRAM-SHA-512";

/// A site whose git is about to give one of a user's two mechanisms up.
fn mk_user_site() -> Site {
    let mut site = Site::new(&[]);
    let print = Observed::Known(Fingerprint("f1f1".into()));
    site.live.secrets.insert(SecretName("app".into()), print);
    let kafka = site.kafka();
    kafka.principal = Observed::Known("User:headgate".into());
    kafka.users = Observed::Known([].into());
    declare_mechanisms(&mut site, BOTH);
    site.pass();
    declare_mechanisms(&mut site, "SCRAM-SHA-512");
    site
}

/// The next time that git gives the mechanism up is another deed.
fn assert_used(site: &mut Site) {
    assert_eq!(site.ledger.consents.len(), 1);
    declare_mechanisms(site, BOTH);
    assert_eq!(site.pass().planned.actions.len(), 1);
    declare_mechanisms(site, "SCRAM-SHA-512");
    let pass = site.pass();
    assert!(pass.planned.actions.is_empty());
    assert_eq!(pass.planned.blocked[0].gate, Gate::Consent);
}

#[test]
fn a_consent_is_good_for_one_removal_of_a_mechanism() {
    let mut site = mk_user_site();
    assert_eq!(site.pass().planned.actions[0].change.reset.len(), 2);
    assert_used(&mut site);
}

#[test]
fn a_consent_is_used_by_a_removal_of_a_mechanism_that_a_crash_hid() {
    let mut site = mk_user_site();
    site.crash(1, 1);
    site.pass();
    assert_used(&mut site);
}

#[test]
fn a_consent_is_not_used_by_a_new_password_nor_by_a_removal_that_was_refused() {
    let mut site = mk_user_site();
    site.crash(1, 0);
    site.pass_with(|_| false);
    assert!(site.ledger.consents.is_empty());
    declare_mechanisms(&mut site, BOTH);
    let print = Observed::Known(Fingerprint("f2f2".into()));
    site.live.secrets.insert(SecretName("app".into()), print);
    assert_eq!(site.pass().planned.actions.len(), 1);
    assert!(site.ledger.consents.is_empty());
}

/// A site whose user has a password that somebody else has set.
fn mk_adopted_site(scram: &str, deletion: &str) -> Site {
    let mut site = Site::new(&[]);
    let print = Observed::Known(Fingerprint("f1f1".into()));
    site.live.secrets.insert(SecretName("app".into()), print);
    let user = LiveUser {
        credentials: vec![LiveCredential {
            mechanism: ScramMechanism::Sha512,
            iterations: 4096,
            login: None,
            tried: None,
        }],
    };
    let kafka = site.kafka();
    kafka.principal = Observed::Known("User:headgate".into());
    kafka.users = Observed::Known([("app".into(), Observed::Known(user))].into());
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{{deletion}}}\n---\napiVersion: \
         headgate.dev/v1\nkind: User\nmetadata: {{name: app}}\nspec: {{scram: {{mechanism: SCRAM-SHA-512, passwordFrom: \
         {{secret: app}}, {scram}}}}}\n"
    )));
    site
}

const MAY_GO: &str =
    "deletion: {allow: [{kind: User, name: app, reason: it is lost, until: 2026-12-31}]}";

#[test]
fn a_password_is_nobodys_but_its_makers_because_its_iterations_are_what_git_says() {
    let mut site = mk_adopted_site("iterations: 4096", "");
    for _ in 0..3 {
        let pass = site.pass();
        assert!(pass.planned.actions.is_empty());
        assert_eq!(pass.planned.blocked[0].gate, Gate::Consent);
    }
}

#[test]
fn a_consent_is_good_for_overwriting_one_password_which_is_gits_then() {
    let mut site = mk_adopted_site("", MAY_GO);
    site.pass_with(|_| false);
    assert!(site.ledger.consents.is_empty(), "it was refused");
    assert!(site.pass().planned.actions[0].change.by_consent);
    assert_eq!(site.ledger.consents.len(), 1);
    assert!(site.pass().planned.actions.is_empty());
    let print = Observed::Known(Fingerprint("f2f2".into()));
    site.live.secrets.insert(SecretName("app".into()), print);
    assert!(!site.pass().planned.actions[0].change.by_consent);

    site.ledger.records_mut().clear();
    let pass = site.pass();
    assert!(pass.planned.actions.is_empty(), "the consent was used");
    assert_eq!(pass.planned.blocked[0].gate, Gate::Consent);
}

#[test]
fn a_consent_is_used_by_a_password_that_a_crash_hid() {
    let mut site = mk_adopted_site("", MAY_GO);
    site.crash(1, 1);
    let planned = site.pass().planned;
    assert!(!planned.actions[0].change.by_consent, "{planned:#?}");
    assert_eq!(site.ledger.consents.len(), 1);
}

#[test]
fn a_password_whose_writing_a_crash_hid_is_headgates_own() {
    let mut site = mk_adopted_site("", "");
    site.kafka().users = Observed::Known([].into());
    site.crash(1, 1);
    let planned = site.pass().planned;
    assert_eq!(planned.actions.len(), 1, "{planned:#?}");
    assert!(!planned.actions[0].change.by_consent);
}

/// Notes what was written to a topic and is gone by now.
fn empty(site: &mut Site, offsets: i64) {
    let usage = Usage {
        emptied: offsets,
        ..Usage::default()
    };
    let name = TopicName::from_broker("users");
    site.kafka().usage.insert(name, Observed::Known(usage));
}

#[test]
fn a_topic_that_retention_emptied_goes_when_nothing_has_come_for_long_enough() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    let start = site.now;
    let mut pass_at = |hours: i64, offsets| {
        site.now = start + SignedDuration::from_hours(hours);
        empty(&mut site, offsets);
        let planned = site.pass().planned;
        let held = planned.blocked.first().map(|b| b.gate);
        (planned.actions.len(), held)
    };
    let held = (0, Some(Gate::InUse));
    assert_eq!(pass_at(0, 7), held);
    assert_eq!(pass_at(23, 7), held);
    assert_eq!(pass_at(24, 8), held, "something came");
    assert_eq!(pass_at(47, 8), held);
    assert_eq!(pass_at(48, 8), (1, None));
    assert_eq!(site.ledger.consents.len(), 1);
}

#[test]
fn how_long_a_topic_was_quiet_is_that_topics_and_nobodys_after_its_consent() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit_cluster(&retired("2026-12-31"), &[ORDERS]);
    empty(&mut site, 7);
    site.pass();
    site.now += SignedDuration::from_hours(24);
    site.topic("users").id.0[0] = 9;
    let planned = site.pass().planned;
    assert!(planned.actions.is_empty(), "another one has its name");
    site.kafka().usage.clear();
    site.pass();
    assert!(site.ledger.quiet.is_empty());
}

#[test]
fn a_topic_that_retention_emptied_goes_at_once_where_idleness_does_not_count() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    let spec = retired("2026-12-31").replace("{allow", "{idle: 0s, allow");
    site.commit_cluster(&spec, &[ORDERS]);
    empty(&mut site, 7);
    assert_eq!(site.pass().planned.actions.len(), 1);
}
