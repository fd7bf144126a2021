//! What holds for every plan.

use headgate::{
    desired::DesiredCluster,
    live::{Live, Observed},
    model::{ClusterName, Ledger, ObjectRef, Record, Verb},
    plan::{ClusterPlan, plan},
    policy::Policies,
    ports::NewTopic,
    sandbox::Faults,
};
use proptest::{prelude::*, sample::Index};

use super::{
    cases,
    inputs::{NAMES, consents, desired, found},
    platform::{Platform, now, run, seen},
};

fn mk_live(found: &[NewTopic]) -> Live {
    let platform = Platform::new(found, Faults::none());
    let desired = DesiredCluster::new(
        ClusterName::new("sandbox").unwrap(),
        super::inputs::place(1),
    );
    run(platform.observe(&desired, &Ledger::default()))
}

/// A ledger that knows some of the topics that are there as once declared.
fn mk_ledger(live: &Live, known: &[bool; NAMES.len()]) -> Ledger {
    let record = |name: &str| {
        let topic = seen(live).topics.get(name)?.known()?;
        let owned = topic.config.iter().take(1).map(|c| c.key.clone()).collect();
        let record = Record {
            topic_id: Some(topic.id),
            owned,
            ..Record::default()
        };
        Some((ObjectRef::topic(name), record))
    };
    let known = NAMES.iter().zip(known).filter(|(_, known)| **known);
    Ledger {
        records: std::sync::Arc::new(known.filter_map(|(name, _)| record(name)).collect()),
        ..Ledger::default()
    }
}

fn deleted(plan: &ClusterPlan) -> Vec<&str> {
    plan.actions
        .iter()
        .filter(|a| a.verb == Verb::Delete)
        .map(|a| a.object.name.as_str())
        .collect()
}

fn mk_plan(desired: &DesiredCluster, live: &Live, ledger: &Ledger) -> ClusterPlan {
    plan(desired, live, ledger, &Policies::default(), now())
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_what_it_is_made_from(
        desired in desired(), found in found(), known in any::<[bool; 6]>(), swap in any::<(Index, Index)>(),
    ) {
        let live = mk_live(&found);
        let ledger = mk_ledger(&live, &known);
        let mut other = (desired.clone(), live.clone());
        if !other.0.deletion.allow.is_empty() {
            let count = other.0.deletion.allow.len();
            other.0.deletion.allow.swap(swap.0.index(count), swap.1.index(count));
        }
        let Observed::Known(kafka) = &mut other.1.kafka else { unreachable!("the sandbox was seen") };
        kafka.brokers.reverse();
        for topic in kafka.topics.values_mut() {
            let Observed::Known(topic) = topic else { unreachable!("every topic was seen") };
            topic.config.reverse();
        }
        prop_assert_eq!(mk_plan(&desired, &live, &ledger), mk_plan(&other.0, &other.1, &ledger));
    }

    #[test]
    fn what_was_not_seen_is_neither_made_nor_changed_nor_deleted(
        desired in desired(), found in found(), known in any::<[bool; 6]>(), hidden in any::<[bool; 6]>(),
    ) {
        let mut live = mk_live(&found);
        let ledger = mk_ledger(&live, &known);
        let Observed::Known(kafka) = &mut live.kafka else { unreachable!("the sandbox was seen") };
        let mut unseen = Vec::new();
        for (name, hidden) in NAMES.iter().zip(hidden) {
            if let Some(topic) = kafka.topics.get_mut(*name).filter(|_| hidden) {
                *topic = Observed::Unknown("the broker is restarting".into());
                unseen.push(*name);
            }
        }
        let planned = mk_plan(&desired, &live, &ledger);
        for action in &planned.actions {
            prop_assert!(!unseen.contains(&action.object.name.as_str()), "{action:?}");
        }
        for name in unseen {
            // and what would have to be done about it, had it been seen, is not passed over
            if desired.topics.contains_key(name) {
                prop_assert!(planned.blocked.iter().any(|b| b.name == name));
            }
        }
        live.kafka = Observed::Unknown("no broker answers".into());
        prop_assert_eq!(mk_plan(&desired, &live, &ledger).actions, []);
    }

    #[test]
    fn no_plan_deletes_more_than_the_budget_or_without_consent(
        desired in desired(), found in found(), known in any::<[bool; 6]>(),
    ) {
        let live = mk_live(&found);
        let ledger = mk_ledger(&live, &known);
        let planned = mk_plan(&desired, &live, &ledger);
        let managed = seen(&live).topics.keys().filter(|name| {
            desired.topics.contains_key(*name) || ledger.records.contains_key(&ObjectRef::topic(name.as_str()))
        });
        let budget = desired.deletion.budget;
        let percent = managed.count() * budget.percent as usize / 100;
        let limit = percent.min(budget.count as usize).max(1);
        let deleted = deleted(&planned);
        prop_assert!(deleted.len() <= limit, "{deleted:?}, and the limit is {limit}");
        for name in deleted {
            prop_assert!(consents(&desired, name), "{name}");
            prop_assert!(!desired.topics.contains_key(name), "{name}");
        }
    }

    /// Trap 42: nothing declared does not mean that all shall go.
    #[test]
    fn an_empty_desired_state_deletes_nothing_by_itself(found in found(), known in any::<[bool; 6]>(), desired in desired()) {
        let live = mk_live(&found);
        let ledger = mk_ledger(&live, &known);
        let mut empty = desired;
        empty.topics.clear();
        empty.acls.clear();
        empty.users.clear();
        empty.configs.clear();
        empty.deletion.allow.clear();
        prop_assert_eq!(mk_plan(&empty, &live, &ledger).actions, []);
    }
}
