//! What holds whatever git, the cluster and the ledger hold.

use headgate::{
    desired::{
        Budget, Consent, Deletion, DesiredCluster, DesiredTopic, DesiredValue, Owns, Pattern,
    },
    live::{LiveTopic, Observed},
    model::{
        ClusterName, CommitId, ConfigKey, Converged, Gate, Kind, Mode, ObjectRef, Place, Record,
        TopicId, TopicName, Verb,
    },
    plan::{Action, ClusterPlan, Plan},
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{select, subsequence},
};

use super::{
    site::Site,
    world::{layout, own, perform},
};

const NAMES: [&str; 6] = ["a", "app.b", "app.c", "d", "e", "__platform"];
const KEYS: [&str; 4] = [
    "retention.ms",
    "segment.ms",
    "flush.ms",
    "leader.replication.throttled.replicas",
];
/// The moment at which sites plan is June; this is after and before it.
const UNTIL: [&str; 2] = ["2026-12-31", "2026-01-31"];

fn place() -> Place {
    Place {
        file: "c.yaml".into(),
        line: 1,
        column: 1,
    }
}

/// A topic in git.
fn declared() -> impl Strategy<Value = DesiredTopic> {
    let value = prop_oneof![
        Just(DesiredValue::Set("1000".into())),
        Just(DesiredValue::Set("2000".into())),
        Just(DesiredValue::LeaveAlone),
    ];
    let config = btree_map(select(&KEYS[..3]), value, 0..3);
    (1..4_u32, config).prop_map(|(partitions, config)| DesiredTopic {
        place: place(),
        labels: Box::default(),
        partitions,
        replication_factor: 3,
        config: config
            .into_iter()
            .map(|(key, value)| (ConfigKey::new(key), value))
            .collect(),
        placement: None,
        schemas: None,
    })
}

/// What a commit may make of git.
fn commit() -> impl Strategy<Value = DesiredCluster> {
    let named = |names: Vec<&'static str>| {
        let named = |name| (Just(TopicName::from_broker(name)), declared());
        names.into_iter().map(named).collect::<Vec<_>>()
    };
    let topics = subsequence(&NAMES[..], 0..=NAMES.len()).prop_flat_map(named);
    let allow = btree_map(select(&NAMES[..]), select(&UNTIL[..]), 0..5);
    let budget = (0..3_u32, 0..100_u32).prop_map(|(count, percent)| Budget { count, percent });
    let owns = (any::<bool>(), any::<bool>()).prop_map(|(scope, topic_configs)| Owns {
        topics: if scope {
            vec![Pattern("app.*".into()), Pattern("e".into())]
        } else {
            Vec::new()
        },
        topic_configs,
        ..Owns::default()
    });
    (owns, budget, allow, topics).prop_map(|(owns, budget, allow, topics)| DesiredCluster {
        owns,
        deletion: Deletion {
            budget,
            allow: allow
                .into_iter()
                .map(|(name, until)| consent(name, until))
                .collect(),
            ..Deletion::default()
        },
        topics: topics.into_iter().collect(),
        ..DesiredCluster::new(ClusterName::new("c").unwrap(), place())
    })
}

fn consent(name: &str, until: &str) -> Consent {
    Consent {
        object: ObjectRef::topic(name),
        reason: "gone".into(),
        until: until.parse().unwrap(),
        place: place(),
    }
}

fn topic() -> impl Strategy<Value = LiveTopic> {
    let config = btree_map(
        select(&KEYS[..]),
        select(&["1000", "2000", "3000"][..]),
        0..4,
    );
    (1..9_u8, 1..5_u32, 3..5_usize, config).prop_map(|(id, partitions, replicas, config)| {
        LiveTopic {
            id: TopicId([id; 16]),
            internal: false,
            partitions: layout(partitions, replicas),
            config: config
                .into_iter()
                .map(|(k, v)| own(&ConfigKey::new(k), v))
                .collect(),
        }
    })
}

fn record() -> impl Strategy<Value = Record> {
    let values = btree_map(
        select(
            &[
                "partitions",
                "config.retention.ms",
                "config.segment.ms",
                "config",
            ][..],
        ),
        select(&["1", "2", "3", "1000", "2000"][..]),
        0..5,
    );
    let owned = subsequence(&KEYS[..3], 0..=3);
    (option::of(1..9_u8), owned, option::of(values), 0..4_u32).prop_map(
        |(id, owned, values, rounds)| Record {
            topic_id: id.map(|id| TopicId([id; 16])),
            owned: owned.into_iter().map(ConfigKey::new).collect(),
            converged: values.map(Converged::from_iter),
            rounds,
            change: None,
            absent: 0,
            secrets: Box::default(),
            restarts: None,
        },
    )
}

/// Any git beside any cluster and any ledger.
fn anything() -> impl Strategy<Value = Site> {
    let some = |names: Vec<&'static str>| {
        names
            .into_iter()
            .map(|n| (Just(n), topic()))
            .collect::<Vec<_>>()
    };
    let live = subsequence(&NAMES[..], 0..=NAMES.len()).prop_flat_map(some);
    let records = btree_map(select(&NAMES[..5]), record(), 0..5);
    (commit(), live, records, any::<bool>()).prop_map(|(commit, live, records, converged)| {
        let mut site = Site::new(&[]);
        site.merge(commit);
        for (name, topic) in live {
            let name = TopicName::from_broker(name);
            site.kafka().topics.insert(name, Observed::Known(topic));
        }
        site.ledger.converged = converged.then(|| CommitId("before".into()));
        site.ledger.records = records
            .into_iter()
            .map(|(name, r)| (ObjectRef::topic(name), r))
            .collect::<std::collections::BTreeMap<_, _>>()
            .into();
        site
    })
}

fn deletions(plan: &ClusterPlan) -> Vec<&Action> {
    plan.actions
        .iter()
        .filter(|a| a.verb == Verb::Delete)
        .collect()
}

/// A quarter of proptest's 256 cases keeps a run of all properties near a second; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases / 4,
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_was_carried_out_is_not_planned_again(mut site in anything()) {
        let planned = site.plan();
        perform(&planned, &mut site.live);
        // what was made may have opened the budget, which is a share of what is there
        let held = |action: &Action| {
            planned.blocked.iter().any(|b| b.gate == Gate::DestroyBudget && b.name == action.object.name)
        };
        prop_assert!(site.plan().actions.iter().all(held));
    }

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_keys(site in anything()) {
        let mut other = site.clone();
        for topic in other.desired.topics.values_mut() {
            topic.config.reverse();
        }
        for topic in other.kafka().topics.values_mut() {
            if let Observed::Known(topic) = topic {
                topic.config.reverse();
            }
        }
        let (a, b) = (Plan::new(None, vec![site.plan()]), Plan::new(None, vec![other.plan()]));
        prop_assert_eq!(&a.clusters, &b.clusters);
        prop_assert_eq!(a.plan_id, b.plan_id);
    }

    #[test]
    fn deletions_stand_last_keep_to_the_budget_and_have_consent(site in anything()) {
        let plan = site.plan();
        let deletions = deletions(&plan);
        let deletion = &site.desired.deletion;
        prop_assert!(plan.actions.is_sorted_by_key(|a| a.verb));
        prop_assert!(deletions.len() <= (deletion.budget.count as usize).max(1));
        for action in deletions {
            prop_assert!(deletion.allow.iter().any(|c| c.object == action.object && c.until.to_string() == UNTIL[0]));
            prop_assert!(!site.desired.topics.contains_key(action.object.name.as_str()));
        }
    }

    #[test]
    fn what_was_not_read_is_not_touched_and_makes_no_deletion_due(
        mut site in anything(),
        unread in subsequence(&NAMES[..], 0..=NAMES.len()),
    ) {
        let before = site.plan();
        for name in &unread {
            if let Some(topic) = site.kafka().topics.get_mut(*name) {
                *topic = Observed::Unknown("not authorised".into());
            }
        }
        let after = site.plan();
        for action in &after.actions {
            let is_there = site.kafka().topics.contains_key(action.object.name.as_str());
            prop_assert!(!is_there || !unread.contains(&action.object.name.as_str()));
        }
        let due = |plan: &ClusterPlan| plan.actions.iter().filter(|a| a.verb == Verb::Delete).count();
        let held = before.blocked.iter().any(|b| b.gate == Gate::DestroyBudget);
        prop_assert!(held || due(&after) <= due(&before));
    }

    #[test]
    fn an_unknown_plane_plans_nothing(mut site in anything()) {
        site.live.kafka = Observed::Unknown("no broker answers".into());
        let plan = site.plan();
        prop_assert!(plan.actions.is_empty() && plan.drift.is_empty() && plan.blocked.len() == 1);
        let before = site.ledger.clone();
        site.pass();
        prop_assert_eq!(site.ledger, before);
    }

    #[test]
    fn nothing_of_the_platform_and_of_reassignments_is_touched(site in anything()) {
        for action in site.plan().actions {
            prop_assert!(!action.object.name.starts_with("__"));
            prop_assert!(action.change.reset.iter().all(|f| !f.path.ends_with(KEYS[3])));
        }
    }

    #[test]
    fn without_a_ledger_no_foreign_key_is_reset(mut site in anything()) {
        site.ledger = headgate::model::Ledger::default();
        site.desired.owns.topic_configs = false;
        for action in site.plan().actions {
            prop_assert!(action.change.reset.is_empty());
        }
    }

    #[test]
    fn report_mode_reports_what_enforce_mode_does(mut site in anything()) {
        let enforced = site.plan();
        site.desired.modes.insert(Kind::Topic, Mode::Report);
        let reported = site.plan();
        prop_assert_eq!(&reported.actions, &vec![]);
        prop_assert_eq!(reported.reported, enforced.actions);
        prop_assert_eq!(reported.drift, enforced.drift);
    }

    #[test]
    fn a_few_passes_settle_everything(mut site in anything()) {
        // what the first makes may open the second's budget, and what was healed is forgotten one pass later
        let passes: Vec<_> = (0..4).map(|_| site.pass()).collect();
        let records = site.ledger.records.clone();
        let last = &site.pass().settled;
        prop_assert!(passes[2].planned.actions.is_empty());
        prop_assert_eq!(&records, &site.ledger.records);
        prop_assert_eq!(&last.detected, &vec![]);
        prop_assert_eq!(&last.resolved, &vec![]);
        prop_assert_eq!(&last.open, &passes[3].settled.open);
    }

    #[test]
    fn merges_alone_are_never_drift(steps in vec((step(), commit()), 1..12)) {
        let mut site = Site::new(&[]);
        site.make("app.found", 2);
        site.make("d", 2);
        site.alter("d", "flush.ms", Some("9000"));
        for (step, commit) in &steps {
            match step {
                Step::Merge => site.merge(commit.clone()),
                Step::Pass(works) => {
                    let passed = site.pass_with(|place| works & (1 << place) != 0);
                    prop_assert_eq!(passed.settled.detected, vec![], "{:#?}", steps);
                }
                Step::Crash(noted, made) => site.crash(*noted, *made),
            }
        }
    }

    #[test]
    fn whatever_happened_the_cluster_ends_converged(
        steps in vec((step(), commit()), 0..6),
        mut site in anything(),
    ) {
        for (step, commit) in &steps {
            match step {
                Step::Merge => site.merge(commit.clone()),
                Step::Pass(works) => {
                    site.pass_with(|place| works & (1 << place) != 0);
                }
                Step::Crash(noted, made) => site.crash(*noted, *made),
            }
        }
        // replicas take their turns, a few partitions a pass
        for _ in 0..4 {
            site.pass();
        }
        let last = site.pass();
        prop_assert!(last.settled.converged, "{:#?}", last.planned);
    }
}

/// What happens to a site.
#[derive(Debug, Clone)]
enum Step {
    Merge,
    /// A pass in which the actions work whose bits are set.
    Pass(u32),
    Crash(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Merge),
        2 => any::<u32>().prop_map(Step::Pass),
        1 => Just(Step::Pass(u32::MAX)),
        1 => (0..4_usize, 0..4_usize).prop_map(|(noted, made)| Step::Crash(noted, made.min(noted))),
    ]
}
