//! Connectors: when they are restarted and when no more, what they wait for, and where they may work.

use std::collections::BTreeMap;

use headgate::{
    live::{
        ConfigProblem, ConnectCluster, ConnectLive, ConnectSeen, LiveConnector, LiveTask, Observed,
    },
    model::{ClusterId, Gate, Kind, ObjectRef, Restarts, Verb},
    plan::{
        Action, End, Plan,
        render::{Style, markdown, text},
    },
};
use jiff::SignedDuration;

use super::site::{Passed, Site, read};
use crate::support::connector::running;

/// A connector in one state, and its one task in another.
fn mk_live(connector: &str, task: &str) -> LiveConnector {
    let config = [
        ("connector.class", Some("org.example.Source")),
        ("topic", Some("items")),
    ];
    LiveConnector {
        state: connector.into(),
        tasks: vec![LiveTask {
            id: 0,
            state: task.into(),
            worker: None,
            trace: (task == "FAILED").then(|| "the table is gone".to_owned()),
        }],
        ..running("source", &config)
    }
}

/// What Connect clusters hold, by their names; `None`: one does not answer.
fn show(site: &mut Site, clusters: &[(&str, Option<&[LiveConnector]>)]) {
    let id = ClusterId("c".into());
    let seen = clusters.iter().map(|(name, connectors)| {
        let seen = match connectors {
            None => Observed::Unknown("connection refused".into()),
            Some(connectors) => Observed::Known(ConnectSeen {
                cluster: ConnectCluster {
                    version: "4.3.1".into(),
                    kafka_cluster_id: id.clone(),
                },
                connectors: connectors
                    .iter()
                    .map(|one| (one.name.clone(), Observed::Known(one.clone())))
                    .collect(),
            }),
        };
        ((*name).into(), seen)
    });
    let seen: BTreeMap<_, _> = seen.collect();
    let homes = site.desired.connectors.iter();
    let homes = homes.map(|(name, desired)| (name.as_str(), desired.connect.as_str()));
    let live = ConnectLive::gather(seen, Some(&id), homes);
    site.live.connect = Some(Observed::Known(live));
}

/// Declares the connector and its topic; `more` is more of the connector's spec.
fn declare(site: &mut Site, more: &str) {
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{owns: {{topics: [absent]}}}}\n---\n\
         apiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {{name: items}}\nspec: {{partitions: 1, replicationFactor: \
         3}}\n---\napiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: source}}\nspec: {{class: \
         org.example.Source, config: {{topic: items}}{more}}}\n"
    )));
}

/// A site with the connector and its topic in place.
fn mk_site(more: &str) -> Site {
    let mut site = Site::new(&[]);
    declare(&mut site, more);
    site.make("items", 1);
    show(
        &mut site,
        &[("main", Some(&[mk_live("RUNNING", "RUNNING")]))],
    );
    let passed = site.pass();
    assert!(passed.settled.converged, "{:?}", passed.planned);
    site
}

fn is(site: &mut Site, connector: &str, task: &str) {
    show(site, &[("main", Some(&[mk_live(connector, task)]))]);
}

fn later(site: &mut Site, minutes: i64) {
    site.now += SignedDuration::from_mins(minutes);
}

/// Runs a pass in which every action ends so, and nothing of it is to be seen.
fn pass(site: &mut Site, end: &End) -> Passed {
    site.pass_by(|_, _, _| end.clone())
}

fn restarts(site: &Site) -> Option<Restarts> {
    let object = ObjectRef::new(Kind::Connector, "source");
    site.ledger.records[&object].restarts.as_deref().copied()
}

/// Returns what is done, and what is withheld by which gate with which reason.
fn told(passed: &Passed) -> (Vec<Verb>, Vec<(Gate, String)>) {
    let blocked = passed.planned.blocked.iter();
    let blocked = blocked.map(|b| (b.gate, b.reason.clone())).collect();
    let verbs = passed.planned.actions.iter().map(|a: &Action| a.verb);
    (verbs.collect(), blocked)
}

/// Traps 37 and 38: a restart is due ever later, and no more after the last one; what is not known to have been done counts.
#[test]
fn what_stays_failed_is_restarted_ever_less_often_and_then_no_more() {
    let mut site = mk_site(", restart: {max: 4}");
    is(&mut site, "RUNNING", "FAILED");
    let ends = [
        End::Ok,
        End::Indeterminate("a worker answered with 500".into()),
        End::Error("409".into()),
        End::Ok,
    ];
    for (made, end) in ends.iter().enumerate() {
        let passed = pass(&mut site, end);
        assert_eq!(told(&passed), (vec![Verb::Update], vec![]), "{made}");
        let why = ["it failed: the table is gone"];
        assert_eq!(passed.planned.actions[0].notes, why);
        let count = i64::try_from(made).unwrap() + 1;
        assert_eq!(restarts(&site).map(|r| i64::from(r.count)), Some(count));
        later(&mut site, count * count + count - 1);
        let (verbs, held) = told(&pass(&mut site, &End::Ok));
        assert!(verbs.is_empty(), "too soon after {count}");
        assert_eq!(held[0].0, Gate::Health);
        assert!(held[0].1.contains("the table is gone"), "{held:?}");
        later(&mut site, 1);
    }
    later(&mut site, 100_000);
    let (verbs, held) = told(&pass(&mut site, &End::Ok));
    assert!(verbs.is_empty());
    assert!(held[0].1.contains("4 times and stays so"), "{held:?}");
}

/// A rebalance, a pause and an outage say nothing of how well it runs.
#[test]
fn restarts_are_forgotten_only_after_it_was_seen_to_run_well_for_long_enough() {
    let mut site = mk_site("");
    is(&mut site, "RUNNING", "FAILED");
    pass(&mut site, &End::Ok);
    for (connector, task) in [
        ("UNASSIGNED", "UNASSIGNED"),
        ("RUNNING", "RESTARTING"),
        ("RUNNING", "UNASSIGNED"),
        ("PAUSED", "PAUSED"),
    ] {
        later(&mut site, 1_000);
        is(&mut site, connector, task);
        pass(&mut site, &End::NotTried("not now".into()));
        assert_eq!(
            restarts(&site).map(|r| r.count),
            Some(1),
            "{connector}, {task}"
        );
    }
    is(&mut site, "RUNNING", "RUNNING");
    pass(&mut site, &End::Ok);
    later(&mut site, 1);
    pass(&mut site, &End::Ok);
    assert_eq!(
        restarts(&site).map(|r| r.count),
        Some(1),
        "one minute of two"
    );
    is(&mut site, "RUNNING", "UNASSIGNED");
    pass(&mut site, &End::Ok);
    is(&mut site, "RUNNING", "RUNNING");
    later(&mut site, 1);
    pass(&mut site, &End::Ok);
    assert_eq!(
        restarts(&site).map(|r| r.count),
        Some(1),
        "the two minutes begin anew"
    );
    site.live.connect = Some(Observed::Unknown("connection refused".into()));
    later(&mut site, 1);
    pass(&mut site, &End::Ok);
    is(&mut site, "RUNNING", "RUNNING");
    later(&mut site, 1);
    pass(&mut site, &End::Ok);
    assert_eq!(restarts(&site), None);
}

/// Trap 38: what failed can be stopped at once, and not paused.
#[test]
fn what_failed_can_be_stopped_however_often_it_was_restarted() {
    let mut site = mk_site(", restart: {max: 0}");
    is(&mut site, "FAILED", "RUNNING");
    declare(&mut site, ", restart: {max: 0}, state: stopped");
    let passed = pass(&mut site, &End::Ok);
    assert_eq!(told(&passed), (vec![Verb::Update], vec![]));
    assert_eq!(restarts(&site), None, "a stop is no restart");

    declare(&mut site, ", state: paused");
    let (verbs, held) = told(&pass(&mut site, &End::Ok));
    assert!(verbs.is_empty());
    assert_eq!(held[0].0, Gate::Health);
    assert!(held[0].1.contains("state: stopped"), "{held:?}");
    is(&mut site, "RUNNING", "FAILED");
    let passed = pass(&mut site, &End::Ok);
    assert_eq!(told(&passed), (vec![Verb::Update], vec![]));
    assert_eq!(restarts(&site), None, "nor is a pause");
}

/// What a plugin takes without a word holds nothing back, and is told where the config is written.
#[test]
fn a_key_that_is_likely_a_slip_is_told_and_withholds_nothing() {
    let mut site = mk_site("");
    let hint = ConfigProblem {
        key: "topc".into(),
        message: "did you mean topic?".into(),
        is_hint: true,
    };
    let says = |site: &mut Site, is_hint| {
        let Some(Observed::Known(connect)) = &mut site.live.connect else {
            panic!("it was shown");
        };
        let said = vec![ConfigProblem {
            is_hint,
            ..hint.clone()
        }];
        connect
            .checks
            .insert("source".into(), Observed::Known(said));
    };
    says(&mut site, true);
    assert_eq!(told(&pass(&mut site, &End::Ok)), (vec![], vec![]));

    declare(&mut site, ", tasksMax: 2");
    let not_now = End::NotTried("not now".into());
    let passed = pass(&mut site, &not_now);
    assert_eq!(told(&passed), (vec![Verb::Update], vec![]));
    assert_eq!(passed.planned.actions[0].notes, [hint.message.as_str()]);
    let plan = Plan::new(None, vec![passed.planned.clone()]);
    for told in [text(&plan, Style::default()), markdown(&plan)] {
        assert!(told.contains(&hint.message), "{told}");
    }
    says(&mut site, false);
    let (verbs, held) = told(&pass(&mut site, &not_now));
    assert!(
        verbs.is_empty() && held[0].0 == Gate::Unsupported,
        "{held:?}"
    );
}

/// Where it may still work nobody can say while its Connect cluster does not answer, so it is neither made elsewhere nor
/// counted as gone.
#[test]
fn a_connector_is_not_made_elsewhere_while_it_may_still_work_where_it_was() {
    let mut site = mk_site("");
    let is_there = [mk_live("RUNNING", "RUNNING")];
    declare(&mut site, ", connect: other");
    show(&mut site, &[("main", None), ("other", Some(&[]))]);
    let passed = site.pass();
    let (verbs, held) = told(&passed);
    assert!(verbs.is_empty());
    assert_eq!(held[0].0, Gate::IncompleteObservation);
    assert!(
        held[0].1.contains("main") && held[0].1.contains("connection refused"),
        "{held:?}"
    );
    assert!(
        passed.planned.drift.is_empty(),
        "{:?}",
        passed.planned.drift
    );

    show(
        &mut site,
        &[("main", Some(&is_there)), ("other", Some(&[]))],
    );
    let (verbs, held) = told(&site.pass());
    assert!(verbs.is_empty());
    assert!(held[0].1.contains("two would do the same work"), "{held:?}");
    show(&mut site, &[("main", Some(&[])), ("other", Some(&[]))]);
    assert_eq!(told(&pass(&mut site, &End::Ok)).0, [Verb::Create]);
}

/// Kafka would make the topic for it, and not as git says.
#[test]
fn a_connector_is_not_made_before_its_topic() {
    let mut site = Site::new(&[]);
    declare(&mut site, "");
    show(&mut site, &[("main", Some(&[]))]);
    let both = told(&pass(&mut site, &End::NotTried("not now".into())));
    assert_eq!(both, (vec![Verb::Create, Verb::Create], vec![]));

    let mut reported = site.clone();
    let mode = (Kind::Topic, headgate::model::Mode::Report);
    reported.desired.modes.extend([mode]);
    let (verbs, held) = told(&pass(&mut reported, &End::Ok));
    assert!(verbs.is_empty());
    assert!(
        held[0].1.contains("its topic items is not there"),
        "{held:?}"
    );

    let mut unseen = site.clone();
    let why = Observed::Unknown("not authorized".into());
    unseen
        .kafka()
        .topics
        .insert(headgate::model::TopicName::from_broker("items"), why);
    let (_, held) = told(&pass(&mut unseen, &End::Ok));
    let of_connector = held.iter().find(|(_, why)| why.contains("its topic"));
    assert_eq!(
        of_connector.map(|(gate, _)| *gate),
        Some(Gate::IncompleteObservation)
    );

    site.make("items", 1);
    assert_eq!(told(&pass(&mut site, &End::Ok)).0, [Verb::Create]);
}

/// Which of several of one name was git's is not known, so that what is known of it stays.
#[test]
fn a_connector_that_git_gave_up_is_remembered_while_another_cluster_has_one_of_its_name() {
    let mut site = mk_site("");
    site.commit(&[("items", "{partitions: 1, replicationFactor: 3}")]);
    let both = [mk_live("RUNNING", "RUNNING")];
    show(&mut site, &[("main", Some(&both)), ("other", Some(&both))]);
    let object = ObjectRef::new(Kind::Connector, "source");
    for _ in 0..3 {
        site.pass();
        assert!(site.ledger.records.contains_key(&object));
    }
    show(&mut site, &[("main", Some(&[])), ("other", Some(&[]))]);
    for _ in 0..2 {
        site.pass();
    }
    assert!(!site.ledger.records.contains_key(&object));
}
