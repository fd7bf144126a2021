//! How the cluster and the watched groups are, as figures.

use std::sync::Arc;

use headgate::{
    desired::DesiredCluster,
    live::{KafkaLive, Observed},
    metrics::Metrics,
    model::ClusterName,
    report::Cycle,
};

use super::{busy, series};
use crate::support::told;

const LAG: &str = r#"headgate_consumer_group_lag{cluster="streaming",group="analytics"}"#;

/// Records a pass that saw the platform, and worked from git, with changes made to them.
fn record(
    metrics: &Metrics,
    see: impl FnOnce(&mut KafkaLive),
    declare: impl FnOnce(&mut DesiredCluster),
) {
    let (mut live, mut desired) = (told::live(10, told::at(120)), told::desired(10));
    if let Observed::Known(kafka) = &mut live.kafka {
        see(kafka);
    }
    declare(&mut desired);
    metrics.record(&Cycle {
        live: Some(Arc::new(live)),
        desired: Some(Arc::new(desired)),
        ..told::quiet(10, 'a', told::at(120))
    });
}

#[test]
fn a_group_has_a_series_only_while_a_document_declares_it() {
    let metrics = busy(10);
    assert_eq!(series(&metrics)[LAG], 40.0);
    let groups = series(&metrics).into_keys();
    let groups = groups.filter(|s| s.starts_with("headgate_consumer_group_lag{"));
    assert_eq!(groups.count(), 1, "neither undeclared nor absent ones");
    record(
        &metrics,
        |_| {},
        |desired| drop(desired.groups.remove("analytics")),
    );
    assert_eq!(series(&metrics).get(LAG), None);
}

#[test]
fn a_group_that_is_gone_has_no_lag_and_one_that_could_not_be_read_keeps_its_figure() {
    let metrics = busy(10);
    let unread = Observed::Unknown("timed out".into());
    record(&metrics, |kafka| kafka.groups = unread, |_| {});
    assert_eq!(series(&metrics)[LAG], 40.0);
    let none = Observed::Known([].into());
    record(&metrics, |kafka| kafka.groups = none, |_| {});
    assert_eq!(series(&metrics).get(LAG), None);
}

#[test]
fn a_cluster_that_leaves_takes_its_groups_along() {
    let metrics = busy(10);
    let other = ClusterName::new("other").unwrap();
    metrics.configure(&[(other, told::INTERVAL)], told::REPO);
    assert_eq!(series(&metrics).get(LAG), None);
}

#[test]
fn brokers_partitions_and_the_quorum_are_counted_and_keep_their_figures_when_unseen() {
    let metrics = busy(10);
    let figure = |name: &str| {
        let name = format!(r#"headgate_cluster_{name}}}"#);
        series(&metrics)[&name.replace('{', r#"{cluster="streaming","#)]
    };
    let lag = r#"headgate_cluster_quorum_lag{cluster="streaming"}"#;
    record(
        &metrics,
        |kafka| {
            kafka.brokers.retain(|broker| broker.id == 1);
            kafka.health.fenced = Observed::Known(vec![2]);
            kafka.health.quorum = Observed::Unknown("timed out".into());
            if let Some(Observed::Known(topic)) = kafka.topics.get_mut("topic-00000") {
                topic.partitions[0].leader = -1;
                topic.partitions[1].isr = [1, 3].into();
                topic.partitions[2].isr = [].into();
            }
        },
        |_| {},
    );
    for (name, value) in [
        (r#"brokers{state="online""#, 1.0),
        (r#"brokers{state="fenced""#, 1.0),
        (r#"brokers{state="missing""#, 1.0),
        (r#"partitions{state="online""#, 29.0),
        (r#"partitions{state="offline""#, 1.0),
        (r#"partitions{state="under_replicated""#, 2.0),
        (r#"partitions{state="under_min_isr""#, 1.0),
    ] {
        assert_eq!(figure(name), value, "{name}");
    }
    assert_eq!(series(&metrics)[lag], 40.0);
    metrics.record(&told::failed("no broker answers", told::at(180)));
    assert_eq!(figure(r#"partitions{state="offline""#), 1.0);
    record(
        &metrics,
        |kafka| kafka.health.fenced = Observed::Unknown("timed out".into()),
        |_| {},
    );
    assert_eq!(figure(r#"brokers{state="fenced""#), 1.0);
}

#[test]
fn a_kind_that_could_not_be_read_keeps_its_figure() {
    let metrics = busy(10);
    let unread = Observed::Unknown("timed out".into());
    record(&metrics, |kafka| kafka.acls = unread, |_| {});
    let acls = r#"headgate_observed_resources{cluster="streaming",kind="Acl",owner="unmanaged"}"#;
    assert_eq!(series(&metrics)[acls], 2.0);
}
