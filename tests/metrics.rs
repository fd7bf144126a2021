//! Metrics as Prometheus sees them: names, types, labels and help are a contract; so is how many series there are.

#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod alerts;
mod health;
mod promtool;
mod services;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use headgate::{
    metrics::{Fetched, Metrics},
    model::{ClusterName, DriftClass, ResolvedBy},
    report::{Cycle, SourceState},
};

use crate::support::{golden, told};

fn fresh() -> Metrics {
    Metrics::new(&[(told::cluster(), told::INTERVAL)], told::REPO)
}

/// Metrics of a daemon that fetched once and made a pass over `n` topics in which something of everything happened.
fn busy(n: usize) -> Metrics {
    let metrics = fresh();
    metrics.record_source(&told::source('a'), Fetched::Ok);
    metrics.record(&told::quiet(n, 'a', told::at(1)));
    metrics.record(&told::with_services(told::busy(n, 'a', told::at(60))));
    metrics
}

/// Series by name and labels, as they stand in the text, without those of the process.
fn series(metrics: &Metrics) -> BTreeMap<String, f64> {
    let text = metrics.encode();
    let lines = text.lines().filter(|l| l.starts_with("headgate_"));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

fn names_of(series: &BTreeMap<String, f64>) -> BTreeSet<&str> {
    series.keys().map(String::as_str).collect()
}

/// One line for each family: name, type, labels, help.
fn families(text: &str) -> String {
    let (mut told, mut help) = (String::new(), "");
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').unwrap().1;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            let first = lines.peek().unwrap();
            let labels = first.split_once('{').map_or("", |(_, l)| l);
            let labels = labels
                .split('"')
                .step_by(2)
                .map(|l| l.trim_matches([',', '=', '}', ' ']));
            let labels: Vec<_> = labels
                .filter(|l| !l.is_empty() && *l != "le" && l.parse::<f64>().is_err())
                .collect();
            told += &format!("{name} {kind} {{{}}}\n    {help}\n", labels.join(","));
        }
    }
    told
}

#[test]
fn names_types_labels_and_help_are_the_contract() {
    let seen = families(&busy(10).encode());
    golden::hold(&golden::path("tests/metrics/families.txt"), &seen);
}

#[test]
fn everything_that_is_known_beforehand_starts_at_zero() {
    let (before, after) = (series(&fresh()), series(&busy(10)));
    let came: Vec<_> = names_of(&after)
        .difference(&names_of(&before))
        .copied()
        .collect();
    let sparse = [
        "headgate_git_revision_info{",
        "headgate_drift_oldest_timestamp_seconds{",
        "headgate_consumer_group_lag{",
        "headgate_connect_connectors{",
        "headgate_connect_tasks{",
    ];
    // which planes a cluster has beside Kafka is known once they were looked at
    let beside = [r#"plane="connect""#, r#"plane="registry""#];
    for name in came {
        let is_sparse = sparse.iter().any(|s| name.starts_with(s));
        let is_beside = beside.iter().any(|plane| name.contains(plane));
        assert!(is_sparse || is_beside, "{name} came late");
    }
    for (name, value) in &before {
        let is_set = name.starts_with("headgate_build_info{")
            || name.starts_with("headgate_reconcile_interval_seconds{");
        assert_eq!(*value == 0.0, !is_set, "{name} {value}");
    }
}

#[test]
fn the_number_of_series_does_not_depend_on_the_number_of_objects() {
    let (few, many) = (series(&busy(10)), series(&busy(1000)));
    assert_eq!(names_of(&few), names_of(&many));
    assert!(few.len() < 1000, "{} series for one cluster", few.len());
}

#[test]
fn no_series_names_an_object() {
    let text = busy(10).encode();
    assert!(!text.contains("topic-0000"), "{text}");
    assert!(!text.contains("stray"), "{text}");
}

/// Some series after `busy(10)`.
const AFTER_A_PASS: &str = r#"
actions_total{action="update",cluster="streaming",kind="Topic",result="error"} 1
actions_total{action="update",cluster="streaming",kind="Topic",result="ok"} 1
cluster_brokers{cluster="streaming",state="missing"} 0
cluster_brokers{cluster="streaming",state="online"} 3
cluster_partitions{cluster="streaming",state="online"} 30
cluster_partitions{cluster="streaming",state="under_min_isr"} 0
cluster_quorum_lag{cluster="streaming"} 40
commit_to_converged_seconds_count{cluster="streaming"} 1
commit_to_converged_seconds_sum{cluster="streaming"} 3
connect_connectors{cluster="streaming",connect="main",state="failed"} 0
connect_connectors{cluster="streaming",connect="main",state="paused"} 1
connect_connectors{cluster="streaming",connect="main",state="running"} 1
connect_tasks{cluster="streaming",connect="main",state="failed"} 1
connect_tasks{cluster="streaming",connect="main",state="running"} 1
consumer_group_lag{cluster="streaming",group="analytics"} 40
desired_resources{cluster="streaming",kind="Acl"} 1
desired_resources{cluster="streaming",kind="Connector"} 2
desired_resources{cluster="streaming",kind="Schema"} 1
desired_resources{cluster="streaming",kind="Topic"} 10
desired_valid{repo="ssh://git@git.example.com/platform/streaming.git"} 1
drift_contended_resources{cluster="streaming",kind="Topic"} 1
drift_detected_total{class="modified",cluster="streaming",kind="Topic"} 1
drift_oldest_timestamp_seconds{class="modified",cluster="streaming",kind="Topic"} 1799999900
drift_resolved_total{by="apply",cluster="streaming",kind="Topic"} 1
drift_resources{class="missing",cluster="streaming",kind="Topic"} 0
drift_resources{class="modified",cluster="streaming",kind="Topic"} 1
git_fetches_total{repo="ssh://git@git.example.com/platform/streaming.git",result="ok"} 1
git_last_fetch_success_timestamp_seconds{repo="ssh://git@git.example.com/platform/streaming.git"} 1800000000
observation_complete{cluster="streaming",plane="connect"} 0
observation_complete{cluster="streaming",plane="kafka"} 1
observation_complete{cluster="streaming",plane="registry"} 1
observe_duration_seconds_count{cluster="streaming",plane="connect"} 1
observe_duration_seconds_count{cluster="streaming",plane="kafka"} 2
observed_resources{cluster="streaming",kind="Acl",owner="managed"} 1
observed_resources{cluster="streaming",kind="Acl",owner="unmanaged"} 2
observed_resources{cluster="streaming",kind="ConsumerGroup",owner="managed"} 1
observed_resources{cluster="streaming",kind="Schema",owner="managed"} 1
observed_resources{cluster="streaming",kind="Schema",owner="unmanaged"} 3
observed_resources{cluster="streaming",kind="Topic",owner="managed"} 10
observed_resources{cluster="streaming",kind="Topic",owner="unmanaged"} 0
plan_gate_blocked{cluster="streaming",gate="consent"} 1
plan_gate_blocked{cluster="streaming",gate="window"} 0
plan_pending_actions{action="update",cluster="streaming",risk="safe"} 1
plan_unconverged_rounds{cluster="streaming"} 1
reconcile_interval_seconds{cluster="streaming"} 60
reconcile_last_completed_timestamp_seconds{cluster="streaming"} 1800000060.41
reconcile_last_success_timestamp_seconds{cluster="streaming"} 1800000001.41
reconcile_phase_duration_seconds_count{phase="plan"} 2
reconciles_total{cluster="streaming",result="error"} 1
reconciles_total{cluster="streaming",result="ok"} 1
"#;

#[test]
fn a_pass_sets_and_counts() {
    let seen = series(&busy(10));
    for line in AFTER_A_PASS.lines().filter(|l| !l.is_empty()) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        assert_eq!(
            seen.get(&format!("headgate_{name}")),
            Some(&value),
            "{name}"
        );
    }
}

#[test]
fn drift_that_ended_leaves_no_oldest_behind() {
    let metrics = busy(10);
    metrics.record(&Cycle {
        resolved: vec![(told::drift(0, DriftClass::Modified), ResolvedBy::External)],
        ..told::quiet(10, 'a', told::at(120))
    });
    let seen = series(&metrics);
    assert!(!seen.keys().any(|s| s.starts_with("headgate_drift_oldest")));
    let open = r#"headgate_drift_resources{class="modified",cluster="streaming",kind="Topic"}"#;
    assert_eq!(seen[open], 0.0);
}

#[test]
fn what_was_not_seen_keeps_its_figure_and_is_marked_as_incomplete() {
    let metrics = busy(10);
    metrics.record(&told::failed("no broker answers", told::at(120)));
    let seen = series(&metrics);
    let observed =
        r#"headgate_observed_resources{cluster="streaming",kind="Topic",owner="managed"}"#;
    assert_eq!(seen[observed], 10.0);
    let complete = r#"headgate_observation_complete{cluster="streaming",plane="kafka"}"#;
    assert_eq!(seen[complete], 0.0);
}

#[test]
fn a_cluster_that_leaves_takes_its_series_along_and_one_that_comes_starts_at_zero() {
    let metrics = busy(10);
    let other = ClusterName::new("other").unwrap();
    metrics.configure(&[(other, told::INTERVAL)], told::REPO);
    metrics.record(&told::busy(10, 'a', told::at(120)));
    let seen = series(&metrics);
    assert!(!seen.keys().any(|s| s.contains(r#"cluster="streaming""#)));
    assert_eq!(
        seen[r#"headgate_reconciles_total{cluster="other",result="ok"}"#],
        0.0
    );
    let again = || metrics.configure(&[(told::cluster(), told::INTERVAL)], told::REPO);
    again();
    let seen = series(&metrics);
    assert_eq!(
        seen[r#"headgate_reconciles_total{cluster="streaming",result="ok"}"#],
        0.0
    );
}

#[test]
fn a_repository_that_is_replaced_takes_its_series_along() {
    let metrics = busy(10);
    metrics.configure(&[(told::cluster(), told::INTERVAL)], "/srv/other.git");
    let seen = series(&metrics);
    assert!(!seen.keys().any(|s| s.contains(told::REPO)), "{seen:#?}");
    assert_eq!(
        seen[r#"headgate_desired_valid{repo="/srv/other.git"}"#],
        0.0
    );
}

#[test]
fn each_stage_has_one_revision_and_applied_waits_for_every_cluster() {
    let both = ["streaming", "other"].map(|n| (ClusterName::new(n).unwrap(), told::INTERVAL));
    let metrics = Metrics::new(&both, "r");
    let revisions = || {
        let seen = series(&metrics);
        let info = seen
            .keys()
            .filter_map(|s| s.strip_prefix("headgate_git_revision_info{"));
        let short = |s: &str| {
            s.replace(&"a".repeat(40), "a")
                .replace(&"b".repeat(40), "b")
        };
        info.map(|s| short(&s.replace(r#"repo="r","#, "")))
            .collect::<Vec<_>>()
    };
    let pass = |name: &str, revision| {
        let cluster = ClusterName::new(name).unwrap();
        metrics.record(&Cycle {
            cluster,
            ..told::quiet(1, revision, told::at(1))
        });
    };
    metrics.record_source(&told::source('a'), Fetched::Ok);
    pass("streaming", 'a');
    assert_eq!(
        revisions(),
        [
            r#"revision="a",stage="attempted"}"#,
            r#"revision="a",stage="seen"}"#
        ]
    );
    pass("other", 'a');
    metrics.record_source(&told::source('b'), Fetched::Ok);
    pass("streaming", 'b');
    let between = [
        r#"revision="a",stage="applied"}"#,
        r#"revision="b",stage="attempted"}"#,
        r#"revision="b",stage="seen"}"#,
    ];
    assert_eq!(revisions(), between);
    pass("other", 'b');
    assert_eq!(revisions().len(), 3);
    assert!(revisions().iter().all(|s| s.starts_with(r#"revision="b""#)));
}

#[test]
fn a_rejected_revision_counts_once() {
    let metrics = fresh();
    let count = |reason: &str| {
        let name = format!(
            r#"headgate_git_revision_rejections_total{{reason="{reason}",repo="{}"}}"#,
            told::REPO
        );
        series(&metrics)[&name]
    };
    let invalid = SourceState {
        valid: false,
        ..told::source('b')
    };
    metrics.record_source(&invalid, Fetched::Ok);
    metrics.record_source(&invalid, Fetched::Error);
    assert_eq!((count("invalid"), count("non_fast_forward")), (1.0, 0.0));
    let held = SourceState {
        held: Some("it does not descend".into()),
        ..told::source('c')
    };
    metrics.record_source(&held, Fetched::Ok);
    metrics.record_source(&held, Fetched::Ok);
    assert_eq!((count("invalid"), count("non_fast_forward")), (1.0, 1.0));
    let gate = r#"headgate_plan_gate_blocked{cluster="streaming",gate="non_fast_forward"}"#;
    assert_eq!(series(&metrics)[gate], 1.0);
    metrics.record(&told::quiet(1, 'a', told::at(1)));
    assert_eq!(
        series(&metrics)[gate],
        1.0,
        "a pass does not free a held revision"
    );
    metrics.record_source(&told::source('d'), Fetched::Ok);
    assert_eq!(series(&metrics)[gate], 0.0);
}

#[test]
fn recording_and_reading_at_once_is_safe() {
    let metrics = Arc::new(fresh());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..50 {
                    metrics.record(&told::busy(4, 'a', told::at(i)));
                    assert!(metrics.encode().contains("headgate_build_info"));
                }
            });
        }
    });
    let passes = r#"headgate_reconciles_total{cluster="streaming",result="error"}"#;
    assert_eq!(series(&metrics)[passes], 200.0);
}
