//! The planes beside Kafka as figures: each is there only while it is, and a state keeps its figure while nobody sees it.

use std::sync::Arc;

use headgate::{
    live::{ConnectLive, Observed},
    metrics::Metrics,
    model::{ClusterName, Plane},
    report::Cycle,
};

use super::{busy, series};
use crate::support::told;

const FAILED: &str = r#"headgate_connect_tasks{cluster="streaming",connect="main",state="failed"}"#;

/// Records a pass that saw Connect with changes made to it.
fn record(metrics: &Metrics, see: impl FnOnce(&mut ConnectLive)) {
    let cycle = told::with_services(told::quiet(10, 'a', told::at(120)));
    let mut live = cycle.live.as_deref().cloned().unwrap();
    if let Some(Observed::Known(connect)) = &mut live.connect {
        see(connect);
    }
    metrics.record(&Cycle {
        live: Some(Arc::new(live)),
        left: None,
        planned: None,
        ..cycle
    });
}

fn beside(metrics: &Metrics) -> Vec<String> {
    let words = [
        "plane=\"connect\"",
        "plane=\"registry\"",
        "connect=\"main\"",
    ];
    let is_beside = |name: &String| words.iter().any(|word| name.contains(word));
    series(metrics).into_keys().filter(is_beside).collect()
}

#[test]
fn connectors_of_a_cluster_that_is_away_keep_their_figures_and_the_plane_is_marked() {
    let metrics = busy(10);
    let cycle = told::with_services(told::quiet(10, 'a', told::at(120)));
    metrics.record(&told::without(cycle, Plane::Connect, "connection refused"));
    let seen = series(&metrics);
    assert_eq!(seen[FAILED], 1.0);
    let complete = |plane: &str| {
        seen[&format!(r#"headgate_observation_complete{{cluster="streaming",plane="{plane}"}}"#)]
    };
    assert_eq!(
        ["kafka", "registry", "connect"].map(complete),
        [1.0, 1.0, 0.0]
    );
}

#[test]
fn connectors_are_counted_when_every_connect_cluster_was_seen_and_then_by_owner() {
    let metrics = busy(10);
    let managed =
        r#"headgate_observed_resources{cluster="streaming",kind="Connector",owner="managed"}"#;
    let unmanaged = managed.replace("managed", "unmanaged");
    assert_eq!(series(&metrics)[managed], 0.0, "one was never seen");
    record(&metrics, |connect| {
        let main = connect.clusters["main"].clone();
        connect.clusters.insert("spare".into(), main);
    });
    assert_eq!(series(&metrics)[managed], 2.0);
    assert_eq!(series(&metrics)[&unmanaged], 2.0);
}

#[test]
fn a_connector_whose_status_is_not_known_is_counted_where_git_declares_it() {
    let metrics = busy(10);
    let unknown =
        r#"headgate_connect_connectors{cluster="streaming",connect="main",state="unknown"}"#;
    assert_eq!(series(&metrics)[unknown], 0.0);
    record(&metrics, |connect| {
        let unread = Observed::Unknown("its status is not known yet".into());
        connect.connectors.insert("orders-source".into(), unread);
        if let Some(Observed::Known(stray)) = connect.connectors.get_mut("stray") {
            stray.state = "MEDITATING".into();
        }
    });
    assert_eq!(series(&metrics)[unknown], 2.0);
    assert_eq!(series(&metrics)[FAILED], 0.0);
}

#[test]
fn a_plane_that_is_no_longer_there_and_a_cluster_that_leaves_take_their_series_along() {
    let metrics = busy(10);
    assert!(!beside(&metrics).is_empty());
    metrics.record(&told::quiet(10, 'a', told::at(120)));
    assert_eq!(beside(&metrics), [""; 0]);
    let metrics = busy(10);
    let other = ClusterName::new("other").unwrap();
    metrics.configure(&[(other, told::INTERVAL)], told::REPO);
    assert_eq!(beside(&metrics), [""; 0]);
}
