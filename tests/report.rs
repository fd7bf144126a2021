//! What is told to people after a pass and after a fetch: conditions, their reasons and since when, and the history.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by a panic, and says itself when a loop last turned"
)]

mod history;
mod planes;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use headgate::{
    board::Board,
    model::{ClusterName, CommitId, DriftClass, Finding, Gate},
    plan::{Blocked, ClusterPlan, End},
    report::{
        ClusterView, Condition, ConditionStatus as S, ConditionType as T, Cycle, Reason as R,
        SourceState, View,
    },
};

use crate::support::told::{self, at};

fn fresh() -> View {
    let clusters = [(told::cluster(), told::INTERVAL)];
    View::new("1.2.3", SourceState::default(), &clusters, at(0))
}

fn with(view: &View, source: SourceState, cycle: &Cycle) -> View {
    view.with_source(source, at(1)).after(cycle)
}

fn cluster(view: &View) -> &ClusterView {
    &view.clusters["streaming"]
}

fn condition(view: &View, kind: T) -> &Condition {
    let conditions = &cluster(view).status.conditions;
    conditions.iter().find(|c| c.kind == kind).unwrap()
}

fn judged(view: &View, kind: T) -> (S, R) {
    let condition = condition(view, kind);
    (condition.status, condition.reason)
}

/// A quiet pass whose plan was changed.
fn left(change: impl FnOnce(&mut ClusterPlan)) -> Cycle {
    let mut plan = told::empty_plan();
    change(&mut plan);
    Cycle {
        left: Some(Arc::new(plan)),
        ..told::quiet(5, 'a', at(2))
    }
}

#[test]
fn nothing_is_known_before_the_first_pass() {
    let view = fresh();
    for kind in T::ALL {
        assert_eq!(judged(&view, kind), (S::Unknown, R::Starting), "{kind:?}");
    }
    let view = view.with_source(told::source('a'), at(1));
    assert_eq!(judged(&view, T::DesiredValid), (S::True, R::Valid));
    assert_eq!(judged(&view, T::Ready), (S::Unknown, R::Starting));
}

#[test]
fn a_converged_cluster_is_ready() {
    let view = with(&fresh(), told::source('a'), &told::quiet(5, 'a', at(2)));
    assert_eq!(judged(&view, T::Ready), (S::True, R::Converged));
    assert_eq!(judged(&view, T::Reconciling), (S::False, R::Idle));
    assert_eq!(judged(&view, T::Drifted), (S::False, R::NoDrift));
    assert_eq!(judged(&view, T::Blocked), (S::False, R::NothingWithheld));
    assert_eq!(
        judged(&view, T::ObservationComplete),
        (S::True, R::Complete)
    );
    assert_eq!(judged(&view, T::Suspended), (S::False, R::NotSuspended));
    assert_eq!(view.status().source.applied, Some(told::commit('a')));
}

#[test]
fn changes_that_are_left_make_it_unready_and_reconciling() {
    let cycle = left(|plan| plan.actions = vec![told::update(0)]);
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Ready), (S::False, R::Progressing));
    assert_eq!(judged(&view, T::Reconciling), (S::True, R::Progressing));
    assert_eq!(
        condition(&view, T::Ready).message,
        "1 change is left to make"
    );
    assert_eq!(cluster(&view).status.pending, 1);
}

#[test]
fn a_change_that_was_made_counts_once_it_was_seen() {
    let cycle = Cycle {
        converged: None,
        ..told::quiet(5, 'a', at(2))
    };
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Ready), (S::False, R::Progressing));
}

#[test]
fn a_withheld_change_makes_it_unready_but_gives_nothing_to_do() {
    let cycle = Cycle {
        converged: None,
        ..left(|plan| plan.blocked = (0..5).map(|i| told::blocked(i, Gate::Consent)).collect())
    };
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Ready), (S::False, R::ChangesWithheld));
    assert_eq!(judged(&view, T::Blocked), (S::True, R::ChangesWithheld));
    assert_eq!(judged(&view, T::Reconciling), (S::False, R::Idle));
    assert_eq!(
        condition(&view, T::Blocked).message,
        "Topic topic-00000, topic-00001, topic-00002 and 2 more (consent): nobody consented to it"
    );
    assert_eq!(cluster(&view).status.blocked[0].count, 5);
}

#[test]
fn what_is_withheld_for_many_reasons_is_told_in_part_and_counted() {
    let blocked = (0..5).map(|i| Blocked {
        reason: format!("rule {i} denies it"),
        ..told::blocked(i, Gate::Policy)
    });
    let view = with(
        &fresh(),
        told::source('a'),
        &left(|plan| plan.blocked = blocked.collect()),
    );
    let message = &condition(&view, T::Blocked).message;
    let first = "Topic topic-00000 (policy): rule 0 denies it; Topic topic-00001 (policy): ";
    assert!(message.starts_with(first), "{message}");
    assert!(message.ends_with("; and 2 more"), "{message}");
}

#[test]
fn differences_that_may_only_be_reported_leave_it_ready() {
    let cycle = left(|plan| plan.reported = vec![told::update(0)]);
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Ready), (S::True, R::ReportOnly));
}

#[test]
fn a_suspended_cluster_says_so() {
    let cycle = left(|plan| plan.blocked = vec![told::blocked(0, Gate::Suspended)]);
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Suspended), (S::True, R::Requested));
}

#[test]
fn a_newer_revision_is_something_to_do() {
    let view = with(&fresh(), told::source('a'), &told::quiet(5, 'a', at(2)));
    let view = view.with_source(told::source('b'), at(10));
    assert_eq!(judged(&view, T::Ready), (S::False, R::NewRevision));
    assert_eq!(judged(&view, T::Reconciling), (S::True, R::NewRevision));
    let view = view.after(&told::quiet(5, 'b', at(11)));
    assert_eq!(judged(&view, T::Ready), (S::True, R::Converged));
}

#[test]
fn an_invalid_revision_is_told_with_its_findings_while_the_good_one_stays() {
    let findings: Vec<_> = (1..=5)
        .map(|line| Finding::error(Some(told::place(line)), "unknown field `partitons`"))
        .collect();
    let source = SourceState {
        seen: Some(told::commit('b')),
        valid: false,
        findings: findings.into(),
        ..told::source('a')
    };
    let view = with(&fresh(), source, &told::quiet(5, 'a', at(2)));
    assert_eq!(judged(&view, T::DesiredValid), (S::False, R::Invalid));
    assert_eq!(judged(&view, T::Ready), (S::False, R::Invalid));
    let message = &condition(&view, T::DesiredValid).message;
    assert!(
        message.starts_with("revision bbbbbbbb has errors: desired-state/streaming/topics.yaml:1:1: unknown field `partitons` | "),
        "{message}"
    );
    assert!(message.ends_with(" | and 2 more"), "{message}");
    assert_eq!(
        cluster(&view).status.revision.converged,
        Some(told::commit('a'))
    );
}

#[test]
fn a_source_that_never_answered_is_unknown_and_one_that_answered_before_stays_valid() {
    let never = SourceState {
        error: Some("connection refused".into()),
        ..SourceState::default()
    };
    let view = fresh().with_source(never, at(1));
    assert_eq!(
        judged(&view, T::DesiredValid),
        (S::Unknown, R::SourceUnreachable)
    );
    let gone = SourceState {
        error: Some("connection refused".into()),
        ..told::source('a')
    };
    let view = with(&fresh(), gone, &told::quiet(5, 'a', at(2)));
    assert_eq!(judged(&view, T::DesiredValid), (S::True, R::Valid));
    assert_eq!(
        view.status().source.error.as_deref(),
        Some("connection refused")
    );
}

#[test]
fn an_outage_makes_drift_unknown_and_not_absent() {
    let quiet = told::quiet(5, 'a', at(2));
    let view = with(&fresh(), told::source('a'), &quiet);
    let view = view.after(&told::failed("no broker answers", at(60)));
    assert_eq!(
        judged(&view, T::Drifted),
        (S::Unknown, R::ObservationIncomplete)
    );
    assert_eq!(
        judged(&view, T::ObservationComplete),
        (S::False, R::ObservationIncomplete)
    );
    assert_eq!(
        judged(&view, T::Ready),
        (S::False, R::ObservationIncomplete)
    );
    assert_eq!(judged(&view, T::Reconciling), (S::True, R::PassFailed));
    assert_eq!(
        condition(&view, T::Ready).message,
        "kafka: no broker answers"
    );
    assert_eq!(
        cluster(&view).last_success,
        Some(at(2) + Duration::from_millis(410))
    );
}

#[test]
fn drift_is_counted_by_class() {
    let cycle = Cycle {
        open: vec![
            told::open(1, DriftClass::Modified, at(1)),
            told::open(2, DriftClass::Modified, at(1)),
            told::open(3, DriftClass::Replaced, at(1)),
        ],
        ..told::quiet(5, 'a', at(2))
    };
    let view = with(&fresh(), told::source('a'), &cycle);
    assert_eq!(judged(&view, T::Drifted), (S::True, R::DriftOpen));
    assert_eq!(
        condition(&view, T::Drifted).message,
        "2 modified, 1 replaced"
    );
    assert_eq!(cluster(&view).status.drift.modified, 2);
}

#[test]
fn since_moves_only_when_the_status_does() {
    let view = with(&fresh(), told::source('a'), &told::quiet(5, 'a', at(2)));
    let ready = condition(&view, T::Ready).since;
    assert_eq!(ready, at(2) + Duration::from_millis(410));
    let view = view.after(&told::quiet(5, 'a', at(60)));
    assert_eq!(condition(&view, T::Ready).since, ready);
    let view = view.after(&left(|plan| plan.actions = vec![told::update(0)]));
    let unready = condition(&view, T::Ready).since;
    let view = view.after(&told::failed("no broker answers", at(300)));
    let now = condition(&view, T::Ready);
    assert_eq!((now.since, now.reason), (unready, R::ObservationIncomplete));
}

#[test]
fn quiet_passes_are_one_entry_and_what_happened_is_its_own() {
    let mut view = fresh().with_source(told::source('a'), at(1));
    for i in 0..1000 {
        view = view.after(&told::quiet(5, 'a', at(i * 60)));
    }
    view = view.after(&told::busy(5, 'a', at(60_000)));
    for i in 0..3 {
        let why = format!("no broker answers, {i} tried");
        view = view.after(&told::failed(&why, at(60_060 + i)));
    }
    let entries = cluster(&view).history(None, 10).items;
    let passes: Vec<_> = entries
        .iter()
        .map(|e| (e.passes, e.result.as_str()))
        .collect();
    assert_eq!(passes, [(3, "error"), (1, "error"), (1000, "ok")]);
    assert_eq!(
        entries[0].message.as_deref(),
        Some("no broker answers, 2 tried")
    );
    assert_eq!(
        (entries[2].started_at, entries[2].last_started_at),
        (at(0), at(59_940))
    );
}

#[test]
fn the_history_is_bounded_in_entries_and_in_what_an_entry_names() {
    let mut view = fresh();
    for i in 0..150 {
        let mut cycle = told::busy(5, 'a', at(i * 60));
        cycle.results = (0..500).map(|i| told::done(i, End::Ok)).collect();
        cycle
            .results
            .push(told::done(500, End::Indeterminate("no answer".into())));
        view = view.after(&cycle);
    }
    let entries = cluster(&view).history(None, 1000).items;
    assert_eq!(entries.len(), 100);
    assert_eq!((entries[0].done, entries[0].failed), (500, 1));
    assert_eq!(entries[0].actions.len(), 50);
    assert_eq!(entries[0].actions[0].result, "indeterminate");
}

#[test]
fn a_reload_keeps_what_is_known_and_drops_what_left() {
    let view = with(&fresh(), told::source('a'), &told::quiet(5, 'a', at(2)));
    let other = ClusterName::new("other").unwrap();
    let slower = Duration::from_secs(300);
    let both = [(told::cluster(), slower), (other.clone(), slower)];
    let view = view.configured(&both, at(10));
    assert_eq!(judged(&view, T::Ready), (S::True, R::Converged));
    assert_eq!(cluster(&view).interval, slower);
    assert_eq!(view.not_ready(), ["cluster other: no pass has ended yet"]);
    let view = view.configured(&[(other, slower)], at(11));
    assert_eq!(view.clusters.len(), 1);
    let late = view.after(&told::quiet(5, 'a', at(12)));
    assert_eq!(
        late.clusters.len(),
        1,
        "a pass that ended after its cluster had left"
    );
}

#[test]
fn applied_is_what_every_cluster_has_applied() {
    let names = ["one", "two"].map(|n| (ClusterName::new(n).unwrap(), told::INTERVAL));
    let mut view = View::new("1", told::source('a'), &names, at(0));
    let applied = |view: &View| view.status().source.applied;
    let mut pass = |name: &str, revision| {
        let cluster = ClusterName::new(name).unwrap();
        view = view.after(&Cycle {
            cluster,
            ..told::quiet(1, revision, at(1))
        });
        applied(&view).map(|CommitId(id)| id.chars().next().unwrap())
    };
    assert_eq!(pass("one", 'a'), None);
    assert_eq!(pass("two", 'a'), Some('a'));
    assert_eq!(pass("one", 'b'), Some('a'));
    assert_eq!(pass("two", 'b'), Some('b'));
}

#[test]
fn a_loop_is_stuck_after_ten_intervals_of_a_minute_or_more() {
    let board = Board::new(fresh());
    let begun = Instant::now();
    board.beat("slow", Duration::from_secs(120), begun);
    board.beat("quick", Duration::from_secs(1), begun);
    let stuck = |seconds| {
        let loops = board.stuck(begun + Duration::from_secs(seconds));
        loops.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert!(stuck(600).is_empty());
    assert_eq!(stuck(601), ["quick"]);
    assert_eq!(stuck(1201), ["quick", "slow"]);
    board.forget_loops();
    board.beat(
        "slow",
        Duration::from_secs(120),
        begun + Duration::from_secs(1200),
    );
    assert!(stuck(1201).is_empty());
}
