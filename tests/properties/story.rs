//! What holds for every course of events.

use std::collections::BTreeMap;

use headgate::{
    desired::{Budget, DesiredCluster, DesiredValue},
    model::{Gate, Verb},
    plan::{ClusterPlan, End},
    sandbox::Faults,
};
use proptest::{collection, prelude::*};

use super::{
    cases, checks,
    inputs::{Edit, NAMES, desired, edit, faults, found},
    platform::{Platform, run},
};

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Commit(Box<DesiredCluster>),
    Edit(Edit),
    Pass,
    /// A pass that dies at the n-th moment, if it lasts that long.
    Crash(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => desired().prop_map(|d| Event::Commit(Box::new(d))),
        3 => edit().prop_map(Event::Edit),
        3 => Just(Event::Pass),
        2 => (0..16_u64).prop_map(Event::Crash),
    ]
}

/// Returns the keys on topics that git declares nothing about, by topic.
fn undeclared(platform: &Platform, desired: &DesiredCluster) -> Vec<(String, String)> {
    let world = platform.sandbox.world();
    let mut keys = Vec::new();
    for (name, topic) in &desired.topics {
        for own in world.topic(name.as_str()).map_or(&[][..], |t| &t.config) {
            if topic.config.iter().all(|(key, _)| *key != own.key) {
                keys.push((name.to_string(), own.key.to_string()));
            }
        }
    }
    keys
}

/// Returns what a plan withholds, and by which gate.
fn held(plan: &ClusterPlan) -> Vec<(&str, Gate)> {
    let held = plan.blocked.iter();
    held.map(|b| (b.name.as_str(), b.gate)).collect()
}

proptest! {
    #![proptest_config(cases(96))]

    /// Trap 46: what was done is not done again.
    #[test]
    fn after_an_apply_the_plan_is_empty(mut desired in desired(), found in found()) {
        // one deletion a pass: a share of the managed topics may allow more once this pass has made some
        desired.deletion.budget.count = 0;
        desired.deletion.access_budget.count = 0;
        run(async {
            let platform = Platform::new(&found, Faults::none());
            let first = platform.pass(&desired).await.unwrap();
            for result in &first.results {
                assert_eq!(result.end, End::Ok, "{result:?}");
            }
            // replicas move over several passes
            let mut due = first.planned.actions.iter().chain(&first.left.actions);
            let moving = first.planned.is_moving() || due.any(|a| !a.change.moves.is_empty());
            match moving {
                true => drop(platform.converge(&desired).await),
                false => assert_eq!(first.left.actions, [], "what was looked at shows it at once"),
            }
            let second = platform.pass(&desired).await.unwrap();
            assert_eq!(second.planned.actions, []);
            assert!(moving || held(&second.planned) == held(&first.planned));
            // what is open is somebody else's, or its deletion waits
            for drift in &second.planned.drift {
                let is_it = |name: &str| name == drift.object.name;
                let mut stays = second.planned.unexpected.iter();
                let mut waits = second.planned.blocked.iter().filter(|b| b.action == Verb::Delete);
                assert!(stays.any(|u| u.0 == drift.object) || waits.any(|b| is_it(&b.name)));
            }
            platform.assert_in_place(&desired, &second);
        });
    }

    #[test]
    fn a_crash_at_any_moment_converges_and_deletes_nothing(
        desired in desired(), found in found(), moments in collection::vec(0..14_u64, 1..4),
    ) {
        // that nothing is deleted, every pass checks by itself
        run(async {
            let platform = Platform::new(&found, Faults::none());
            platform.outlive(moments, &desired).await;
        });
    }

    #[test]
    fn what_a_dying_pass_set_is_reset_when_git_drops_it(
        desired in desired(), moment in 0..14_u64, faults in faults(),
    ) {
        run(async {
            let platform = Platform::new(&[], faults);
            platform.crash(moment, &desired).await;
            // git takes every key back before any pass has come to its end
            let mut bare = desired.clone();
            bare.deletion.access_budget = Budget { count: 100, percent: 100 };
            for topic in bare.topics.values_mut() {
                topic.config.clear();
            }
            for object in bare.configs.values_mut().flat_map(BTreeMap::values_mut) {
                object.config.clear();
            }
            platform.converge(&bare).await;
            assert_eq!(undeclared(&platform, &bare), []);
            let others = checks::undeclared(&platform.sandbox.world(), &bare);
            assert_eq!(others, Vec::<String>::new());
        });
    }

    /// Trap 8: what Headgate sets takes no other key away.
    #[test]
    fn keys_that_somebody_else_set_stay(mut desired in desired(), found in found(), faults in faults()) {
        desired.owns.topic_configs = false;
        desired.deletion.allow.clear();
        run(async {
            let platform = Platform::new(&found, faults);
            let foreign = undeclared(&platform, &desired);
            platform.pass(&desired).await;
            platform.converge(&desired).await;
            let still = undeclared(&platform, &desired);
            for key in foreign {
                assert!(still.contains(&key), "{key:?}");
            }
        });
    }

    #[test]
    fn whatever_happens_ends_converged(
        first in desired(), found in found(), faults in faults(), events in collection::vec(event(), 0..12),
    ) {
        run(async {
            let platform = Platform::new(&found, faults);
            let mut desired = first;
            for event in events {
                match event {
                    Event::Commit(commit) => desired = *commit,
                    Event::Edit(edit) => platform.edit(&edit),
                    Event::Pass => drop(platform.pass(&desired).await),
                    Event::Crash(moment) => platform.crash(moment, &desired).await,
                }
            }
            let done = platform.converge(&desired).await;
            platform.assert_in_place(&desired, &done);
        });
    }

    #[test]
    fn a_topic_that_was_written_to_stays_whoever_consents(
        desired in desired(), found in found(), expired in any::<[bool; NAMES.len()]>(), faults in faults(),
    ) {
        // what must not go, every pass checks by itself
        run(async {
            let platform = Platform::new(&found, faults);
            for (name, expired) in NAMES.into_iter().zip(expired) {
                platform.edit(&Edit::Produce(name));
                if expired {
                    platform.edit(&Edit::Expire(name));
                }
            }
            platform.pass(&desired).await;
            platform.converge(&desired).await;
        });
    }

    #[test]
    fn a_key_left_alone_is_never_touched(mut desired in desired(), found in found(), faults in faults()) {
        for topic in desired.topics.values_mut() {
            for (_, value) in &mut topic.config {
                *value = DesiredValue::LeaveAlone;
            }
        }
        desired.owns.topic_configs = false;
        desired.deletion.allow.clear();
        run(async {
            let platform = Platform::new(&found, faults);
            let before = platform.sandbox.world();
            platform.pass(&desired).await;
            platform.converge(&desired).await;
            let after = platform.sandbox.world();
            for (name, topic) in before.topics() {
                assert_eq!(after.topic(name.as_str()).unwrap().config, topic.config, "{name}");
            }
        });
    }
}
