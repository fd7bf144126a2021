//! What holds for connectors and schemas, whatever happens to them, to the services that have them, and to who keeps them.

mod estate;
mod hands;
mod laws;
mod wishes;

use headgate::{
    desired::{ConnectorOffsets, Consent, DesiredCluster, RunState},
    model::Kind,
    plan::{Action, End},
    sandbox::Faults,
};
use proptest::{collection, prelude::*, sample};

pub(super) use estate::Services;
use hands::{Hand, hand};
use wishes::{CLUSTERS, CONNECTORS, desired};

use super::{
    cases,
    inputs::{TODAY, faults, place},
    platform::{Platform, run},
};

/// Moments at which a pass may die; most have fewer.
const MOMENTS: u64 = 60;
/// What may be down.
const PARTS: [&str; 4] = ["kafka", "main", "side", "registry"];

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Commit(Box<DesiredCluster>),
    Hand(Hand),
    Pass,
    /// A pass that dies at the n-th moment, if it lasts that long.
    Crash(u64),
    Down(&'static str),
    Up(&'static str),
}

fn part() -> impl Strategy<Value = &'static str> {
    sample::select(PARTS.to_vec())
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => desired().prop_map(|d| Event::Commit(Box::new(d))),
        5 => hand().prop_map(Event::Hand),
        4 => Just(Event::Pass),
        3 => (0..MOMENTS).prop_map(Event::Crash),
        1 => part().prop_map(Event::Down),
        1 => part().prop_map(Event::Up),
    ]
}

fn state() -> impl Strategy<Value = RunState> {
    sample::select(RunState::ALL.to_vec())
}

fn hands() -> impl Strategy<Value = Vec<Hand>> {
    collection::vec(hand(), 0..8)
}

/// A platform with services that people have worked on.
fn mk_platform(hands: &[Hand], faults: Faults) -> Platform {
    let platform = Platform::with_services(faults);
    for hand in hands {
        platform.services.lend(hand);
    }
    platform
}

/// Returns a desired state in which a connector is stopped and its offsets are set by consent, once.
fn resetting(mut desired: DesiredCluster) -> DesiredCluster {
    for connector in desired.connectors.values_mut() {
        connector.state = RunState::Stopped;
        connector.offsets = Some(ConnectorOffsets::Reset);
    }
    let consent = |name: &&str| Consent {
        object: estate::connector(name),
        reason: "from the start".into(),
        until: TODAY,
        place: place(60),
    };
    desired.deletion.allow = CONNECTORS.iter().map(consent).collect();
    desired
}

proptest! {
    #![proptest_config(cases(64))]

    /// Trap 46: what was done is not done again.
    #[test]
    fn after_an_apply_the_plan_is_empty(mut desired in desired(), hands in hands()) {
        // one deletion a pass: a share of the managed ones may allow more once this pass has made some
        desired.deletion.budget.count = 0;
        // with one of two of a name gone, the other one is what that name means
        desired.deletion.allow.retain(|consent| !consent.object.name.contains('/'));
        // a schema is held against the level of the moment
        desired.compatibility = None;
        run(async {
            let platform = mk_platform(&hands, Faults::none());
            let first = platform.pass(&desired).await.unwrap();
            for result in &first.results {
                // only when the schema that it refers to is there can a registry say that it is not compatible
                let told = matches!(result.end, End::Error(_)) && result.object.kind == Kind::Schema;
                assert!(result.end == End::Ok || told, "{result:?}");
            }
            let failed = |action: &Action| {
                let mut results = first.results.iter();
                results.any(|r| r.object == action.object && r.end != End::Ok)
            };
            let left: Vec<&Action> = first.left.actions.iter().filter(|a| !failed(a)).collect();
            assert!(left.is_empty(), "what was looked at shows it at once: {left:?}");
            let second = platform.pass(&desired).await.unwrap();
            assert_eq!(second.planned.actions, []);
            platform.assert_in_place(&desired, &second);
        });
    }

    #[test]
    fn a_crash_at_any_moment_converges_and_deletes_nothing(
        desired in desired(), hands in hands(), moments in collection::vec(0..MOMENTS, 1..4),
    ) {
        // that nothing is deleted, every pass checks by itself
        run(async {
            let platform = mk_platform(&hands, Faults::none());
            platform.outlive(moments, &desired).await;
        });
    }

    #[test]
    fn what_a_dying_pass_set_is_reset_when_git_drops_it(
        desired in desired(), moment in 0..MOMENTS, faults in faults(),
    ) {
        run(async {
            let platform = mk_platform(&[], faults);
            platform.crash(moment, &desired).await;
            // git takes every level back before any pass has come to its end
            let mut bare = desired.clone();
            bare.compatibility = None;
            bare.schemas.values_mut().for_each(|schema| schema.compatibility = None);
            platform.converge(&bare).await;
            let registry = platform.services.registry.as_ref().unwrap().world();
            for name in bare.schemas.keys() {
                let level = registry.subjects().get(name).and_then(|subject| subject.level);
                assert_eq!(level, None, "{name}");
            }
        });
    }

    #[test]
    fn whatever_happens_ends_converged(
        first in desired(), faults in faults(), events in collection::vec(event(), 0..16),
    ) {
        run(async {
            let platform = mk_platform(&[], faults);
            let mut desired = first;
            for event in events {
                match event {
                    Event::Commit(commit) => desired = *commit,
                    Event::Hand(hand) => platform.services.lend(&hand),
                    Event::Pass => drop(platform.pass(&desired).await),
                    Event::Crash(moment) => platform.crash(moment, &desired).await,
                    Event::Down(part) => platform.set_down(part, true),
                    Event::Up(part) => platform.set_down(part, false),
                }
            }
            PARTS.iter().for_each(|part| platform.set_down(part, false));
            let done = platform.converge(&desired).await;
            platform.assert_in_place(&desired, &done);
        });
    }

    #[test]
    fn while_one_service_is_down_the_others_converge(
        before in desired(), desired in desired(), hands in hands(), part in part(),
    ) {
        run(async {
            let platform = mk_platform(&hands, Faults::none());
            platform.converge(&before).await;
            platform.set_down(part, true);
            let done = platform.converge(&desired).await;
            let up: Vec<&str> = PARTS.into_iter().filter(|other| *other != part).collect();
            platform.assert_in_place_on(&desired, &done, &up);
            platform.set_down(part, false);
            let done = platform.converge(&desired).await;
            platform.assert_in_place(&desired, &done);
        });
    }

    #[test]
    fn what_is_not_seen_is_not_taken_for_absent(
        desired in desired(), name in sample::select(CONNECTORS.to_vec()), down in 0..2_usize, state in state(),
    ) {
        // what must not go, every pass checks by itself
        run(async {
            let both = CLUSTERS.map(|cluster| Hand::Make((cluster, name), state));
            let platform = mk_platform(&both, Faults::none());
            platform.set_down(CLUSTERS[down], true);
            platform.converge(&desired).await;
        });
    }

    #[test]
    fn offsets_are_set_once_by_a_consent_wherever_a_pass_dies(
        mut desired in desired(), moments in collection::vec(0..MOMENTS, 0..4), faults in faults(),
    ) {
        for connector in desired.connectors.values_mut() {
            connector.offsets = None;
        }
        desired.deletion.allow.clear();
        // that they are not set twice, every pass checks by itself
        run(async {
            let platform = mk_platform(&[], faults);
            platform.converge(&desired).await;
            let desired = resetting(desired);
            let is_calm = moments.is_empty();
            platform.outlive(moments, &desired).await;
            let worlds = CLUSTERS.map(|cluster| platform.services.connect[cluster].world());
            for name in desired.connectors.keys() {
                let is_there = worlds.iter().any(|world| world.connectors().contains_key(name));
                let writes: u32 = worlds.iter().map(|world| world.offset_writes(name)).sum();
                assert!(!is_calm || !is_there || writes == 1, "{name}: {writes}");
            }
        });
    }
}
