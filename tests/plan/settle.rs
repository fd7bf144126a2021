//! What passes teach: drift begins and ends once, a merge is never drift.

use std::sync::Arc;

use compact_str::CompactString;
use headgate::model::{Cause, DriftClass, Gate, Kind, Mode, ResolvedBy, Verb};

use super::site::{Passed, Site};

pub(super) const ORDERS: (&str, &str) = ("orders", "{config: {retention.ms: 24h}}");
const DAY: &str = "86400000";

/// Which topics drifted, and how.
pub(super) fn detected(pass: &Passed) -> Vec<(CompactString, DriftClass)> {
    let drift = pass.settled.detected.iter();
    drift.map(|d| (d.object.name.clone(), d.class)).collect()
}

/// How drift ended.
pub(super) fn resolved(pass: &Passed) -> Vec<(DriftClass, ResolvedBy)> {
    let drift = pass.settled.resolved.iter();
    drift.map(|(d, by)| (d.class, *by)).collect()
}

#[test]
fn a_first_convergence_is_no_drift_and_leaves_nothing_to_do() {
    let mut site = Site::new(&[ORDERS]);
    let first = site.pass();
    assert_eq!(first.planned.actions[0].cause, Cause::First);
    assert_eq!(first.settled.detected, []);
    assert!(first.settled.converged);
    assert_eq!(site.ledger.converged, Some(site.revision()));
    let records = site.ledger.records.clone();
    let second = site.pass();
    assert!(second.planned.actions.is_empty());
    assert!(
        Arc::ptr_eq(&records, &site.ledger.records),
        "a quiet pass writes no record"
    );
}

#[test]
fn drift_that_is_healed_counts_once_and_is_resolved_by_apply() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    let pass = site.pass();
    assert_eq!(pass.planned.actions[0].cause, Cause::Drift);
    assert_eq!(detected(&pass), [("orders".into(), DriftClass::Modified)]);
    assert_eq!(resolved(&pass), [(DriftClass::Modified, ResolvedBy::Apply)]);
    let healed = &pass.settled.detected[0].fields[0];
    assert_eq!(
        (healed.live.as_deref(), healed.desired.as_deref()),
        (Some("1000"), Some(DAY)),
        "it stays known what was found"
    );
    assert!(pass.settled.open.is_empty() && pass.settled.converged);
    assert_eq!(site.value("orders", "retention.ms").as_deref(), Some(DAY));
    assert!(site.pass().settled.detected.is_empty());
}

#[test]
fn drift_that_cannot_be_healed_counts_once_however_long_it_stays() {
    let mut site = Site::converged(&[ORDERS]);
    site.topic("orders").partitions = super::world::layout(9, 3);
    let since = site.now;
    assert_eq!(site.pass().settled.detected.len(), 1);
    site.now = "2026-06-02T12:00:00Z".parse().unwrap();
    for _ in 0..3 {
        let pass = site.pass();
        assert_eq!(pass.settled.detected, []);
        assert_eq!(pass.settled.open[0].since, since);
    }
    site.commit(&[("orders", "{partitions: 9, config: {retention.ms: 24h}}")]);
    assert_eq!(
        resolved(&site.pass()),
        [(DriftClass::Modified, ResolvedBy::Commit)]
    );
}

#[test]
fn drift_that_somebody_takes_back_is_resolved_externally() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "retention.ms", Some("1000"));
    assert_eq!(site.pass_with(|_| false).settled.open.len(), 1);
    site.alter("orders", "retention.ms", Some(DAY));
    assert_eq!(
        resolved(&site.pass()),
        [(DriftClass::Modified, ResolvedBy::External)]
    );
}

#[test]
fn a_missing_topic_is_made_again_and_is_not_called_replaced() {
    let mut site = Site::converged(&[ORDERS]);
    site.kafka().topics.remove("orders");
    let pass = site.pass();
    assert_eq!(detected(&pass), [("orders".into(), DriftClass::Missing)]);
    assert_eq!(resolved(&pass), [(DriftClass::Missing, ResolvedBy::Apply)]);
    assert!(pass.settled.converged);
    assert!(site.pass().planned.drift.is_empty());
}

#[test]
fn a_replaced_topic_counts_once_and_its_id_is_taken_over() {
    let mut site = Site::converged(&[ORDERS]);
    site.make("orders", 3);
    let pass = site.pass();
    assert_eq!(detected(&pass), [("orders".into(), DriftClass::Replaced)]);
    assert_eq!(resolved(&pass), [(DriftClass::Replaced, ResolvedBy::Apply)]);
    assert_eq!(site.value("orders", "retention.ms").as_deref(), Some(DAY));
    let id = site.topic("orders").id;
    assert_eq!(site.record("orders").unwrap().topic_id, Some(id));
    assert!(site.pass().planned.drift.is_empty());
}

#[test]
fn a_replaced_topic_stays_the_same_drift_until_its_values_are_back() {
    let mut site = Site::converged(&[ORDERS]);
    site.make("orders", 3);
    assert_eq!(site.pass_with(|_| false).settled.detected.len(), 1);
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(resolved(&pass), [(DriftClass::Replaced, ResolvedBy::Apply)]);
}

#[test]
fn a_merge_is_no_drift_even_when_it_is_carried_out_in_part_and_taken_back() {
    let mut site = Site::converged(&[ORDERS, ("users", "{config: {retention.ms: 24h}}")]);
    let before = site.desired.clone();
    site.commit(&[
        ("orders", "{partitions: 6, config: {retention.ms: 48h}}"),
        ("users", "{config: {retention.ms: 48h}}"),
    ]);
    let half = site.pass_with(|place| place == 0);
    assert!(
        half.planned
            .actions
            .iter()
            .all(|a| a.cause == Cause::Commit)
    );
    assert_eq!(half.settled.detected, []);
    assert!(!half.settled.converged);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
    site.desired = before;
    let back = site.pass();
    assert_eq!(back.settled.detected, []);
    assert_eq!(back.planned.actions[0].cause, Cause::Commit);
}

#[test]
fn a_merge_that_a_crash_cut_short_is_no_drift_when_it_is_taken_back() {
    for (noted, made) in [(1, 0), (1, 1), (2, 1), (2, 2)] {
        let mut site = Site::converged(&[ORDERS, ("users", "{config: {retention.ms: 24h}}")]);
        let before = site.desired.clone();
        site.commit(&[
            ("orders", "{partitions: 6, config: {segment.ms: 1h}}"),
            ("users", "{}"),
        ]);
        site.crash(noted, made);
        site.desired = before;
        let pass = site.pass();
        assert_eq!(pass.settled.detected, [], "{noted} noted, {made} made");
    }
}

#[test]
fn a_deletion_that_a_crash_cut_short_is_no_drift_when_it_is_taken_back() {
    let mut site = Site::converged(&[ORDERS]);
    let before = site.desired.clone();
    site.commit_cluster(
        "  deletion: {allow: [{kind: Topic, name: orders, reason: retired, until: 2026-12-31}]}",
        &[],
    );
    site.crash(1, 1);
    site.desired = before;
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(pass.planned.actions[0].verb, Verb::Create);
}

#[test]
fn claiming_a_scope_is_no_drift_and_what_appears_in_it_later_is() {
    let mut site = Site::converged(&[ORDERS]);
    site.alter("orders", "segment.ms", Some("60000"));
    site.make("stray", 1);
    assert_eq!(site.pass().settled.detected, []);
    let claimed = "  owns: {topics: [\"*\"], topicConfigs: true}";
    site.commit_cluster(claimed, &[ORDERS]);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
    let claim = site.pass();
    assert_eq!(claim.settled.detected, []);
    assert_eq!(claim.settled.open.len(), 1, "the stray is open, as found");
    assert_eq!(site.value("orders", "segment.ms"), None);
    site.alter("orders", "segment.ms", Some("60000"));
    site.make("another", 1);
    let later = site.pass();
    assert_eq!(
        detected(&later),
        [
            ("another".into(), DriftClass::Unexpected),
            ("orders".into(), DriftClass::Modified),
        ]
    );
}

#[test]
fn an_unexpected_topic_is_open_until_it_is_gone_or_declared() {
    let mut site = Site::converged(&[ORDERS]);
    site.commit_cluster("  owns: {topics: [\"*\"]}", &[ORDERS]);
    site.pass();
    site.make("stray", 3);
    site.make("other", 3);
    assert_eq!(site.pass().settled.detected.len(), 2);
    assert_eq!(site.pass().settled.open.len(), 2);
    site.kafka().topics.remove("other");
    assert_eq!(
        resolved(&site.pass()),
        [(DriftClass::Unexpected, ResolvedBy::External)]
    );
    site.commit_cluster("  owns: {topics: [\"*\"]}", &[ORDERS, ("stray", "{}")]);
    assert_eq!(
        resolved(&site.pass()),
        [(DriftClass::Unexpected, ResolvedBy::Commit)]
    );
}

#[test]
fn an_unexpected_topic_is_open_while_its_deletion_is_withheld_and_ends_by_headgates_hand() {
    let mut site = Site::converged(&[ORDERS]);
    site.commit_cluster("  owns: {topics: [\"*\"]}", &[ORDERS]);
    site.pass();
    site.make("stray", 1);
    site.make("other", 1);
    assert_eq!(site.pass().settled.detected.len(), 2);
    let allow = |budget: &str| {
        format!(
            "  owns: {{topics: [\"*\"]}}\n  deletion: {{{budget}allow: [{{kind: Topic, name: stray, reason: nobody's, until: \
             2026-12-31}}, {{kind: Topic, name: other, reason: nobody's, until: 2026-12-31}}]}}"
        )
    };
    site.commit_cluster(&allow(""), &[ORDERS]);
    let held = site.pass();
    assert_eq!(held.planned.blocked[0].gate, Gate::DestroyBudget);
    assert_eq!(resolved(&held), []);
    assert_eq!(held.settled.open.len(), 2);
    site.commit_cluster(&allow("budget: {count: 3, percent: 100}, "), &[ORDERS]);
    assert_eq!(
        resolved(&site.pass()),
        [(DriftClass::Unexpected, ResolvedBy::Apply); 2]
    );
}

#[test]
fn an_object_that_a_commit_finds_and_deletes_is_no_drift_that_ended() {
    let mut site = Site::converged(&[ORDERS]);
    site.make("stray", 1);
    let spec = "  owns: {topics: [\"*\"]}\n  deletion: {allow: [{kind: Topic, name: stray, reason: nobody's, until: 2026-12-31}]}";
    site.commit_cluster(spec, &[ORDERS]);
    let pass = site.pass();
    assert_eq!(pass.planned.actions.len(), 1);
    assert_eq!((detected(&pass), resolved(&pass)), (vec![], vec![]));
}

#[test]
fn giving_null_up_is_no_drift() {
    let mut site = Site::converged(&[ORDERS]);
    let claimed = "  owns: {topicConfigs: true}";
    site.commit_cluster(
        claimed,
        &[("orders", "{config: {retention.ms: 24h, segment.ms: null}}")],
    );
    site.alter("orders", "segment.ms", Some("60000"));
    assert_eq!(site.pass().settled.detected, []);
    site.commit_cluster(claimed, &[ORDERS]);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(site.value("orders", "segment.ms"), None);
}

#[test]
fn a_topic_that_git_takes_back_has_not_drifted_meanwhile() {
    let mut site = Site::converged(&[ORDERS, ("users", "{}")]);
    site.commit(&[("users", "{}")]);
    site.pass();
    site.alter("orders", "retention.ms", Some("1000"));
    site.commit(&[ORDERS, ("users", "{}")]);
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(pass.planned.actions[0].cause, Cause::Commit);
}

#[test]
fn keys_that_git_declared_are_gits_even_after_the_ledger_was_lost() {
    let mut site = Site::converged(&[("orders", "{config: {retention.ms: 24h, segment.ms: 1h}}")]);
    site.alter("orders", "flush.ms", Some("1000"));
    site.ledger = headgate::model::Ledger::default();
    site.pass();
    site.commit(&[ORDERS]);
    site.pass();
    assert_eq!(site.value("orders", "segment.ms"), None, "given up by git");
    assert_eq!(
        site.value("orders", "flush.ms").as_deref(),
        Some("1000"),
        "never git's"
    );
}

#[test]
fn a_key_that_was_set_in_a_crash_is_gits_when_git_gives_it_up() {
    let mut site = Site::converged(&[("orders", "{}")]);
    site.commit(&[ORDERS]);
    site.crash(1, 1);
    site.commit(&[("orders", "{}")]);
    site.pass();
    assert_eq!(site.value("orders", "retention.ms"), None);
}

#[test]
fn a_topic_that_was_made_in_a_crash_waits_for_consent_when_git_gives_it_up() {
    let mut site = Site::converged(&[("users", "{}")]);
    site.commit(&[ORDERS, ("users", "{}")]);
    site.crash(1, 1);
    site.commit(&[("users", "{}")]);
    let pass = site.pass();
    assert_eq!(pass.planned.blocked[0].gate, Gate::Consent);
    assert!(pass.planned.actions.is_empty());
}

#[test]
fn report_mode_counts_drift_and_changes_nothing() {
    let mut site = Site::converged(&[ORDERS]);
    site.desired.modes.insert(Kind::Topic, Mode::Report);
    site.alter("orders", "retention.ms", Some("5000"));
    for detected in [1, 0, 0] {
        let pass = site.pass();
        assert_eq!(pass.settled.detected.len(), detected);
        assert_eq!(pass.settled.open.len(), 1);
        assert!(!pass.settled.converged && pass.planned.actions.is_empty());
    }
    assert_eq!(
        site.value("orders", "retention.ms").as_deref(),
        Some("5000")
    );
}

#[test]
fn a_pass_with_a_refused_action_is_not_applied() {
    let mut site = Site::converged(&[ORDERS]);
    let before = site.ledger.applied.clone();
    site.commit(&[ORDERS, ("users", "{}")]);
    site.pass_with(|_| false);
    assert_eq!(site.ledger.applied, before);
    assert_eq!(site.ledger.converged, before);
    site.pass();
    assert_eq!(site.ledger.applied, Some(site.revision()));
}

#[test]
fn a_deletion_and_a_new_creation_that_crashes_cut_short_are_no_replacement() {
    let mut site = Site::converged(&[ORDERS]);
    site.make("other", 1);
    let retired =
        "  deletion: {allow: [{kind: Topic, name: orders, reason: retired, until: 2026-12-31}]}";
    site.commit_cluster(retired, &[]);
    site.crash(1, 1);
    site.commit(&[ORDERS]);
    site.crash(1, 1);
    assert_eq!(site.pass().settled.detected, []);
}

#[test]
fn a_foreign_value_that_git_failed_to_replace_did_not_appear() {
    let mut site = Site::converged(&[("orders", "{}")]);
    site.alter("orders", "flush.ms", Some("9000"));
    let claims = "  owns: {topicConfigs: true}";
    site.commit_cluster(claims, &[("orders", "{config: {flush.ms: 1000}}")]);
    for _ in 0..2 {
        assert_eq!(site.pass_with(|_| false).settled.detected, []);
    }
    site.commit_cluster(claims, &[("orders", "{}")]);
    assert_eq!(site.pass_with(|_| false).settled.detected, []);
    site.pass();
    site.alter("orders", "flush.ms", Some("9000"));
    let expected = [("orders".into(), DriftClass::Modified)];
    assert_eq!(detected(&site.pass()), expected, "now it did");
}
