//! What is seen after a write, and what it means when it is not.

use std::time::Duration;

use headgate::{
    live::Observed,
    sandbox::{Fault, Faults},
};
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_was_looked_at_last_is_handed_back() {
    let bench = mk_bench();
    let id = make(&bench, "old", &[]);
    let applied = bench
        .apply(vec![mk_create("new", &[]), mk_delete("old", id)])
        .await;
    let world = bench.sandbox.world();
    let want = [
        (ObjectRef::topic("new"), shown(world.topic("new"))),
        (ObjectRef::topic("old"), Observed::Known(None)),
    ];
    assert_eq!(applied.looked, want.into());
    assert_eq!(applied.unsettled, []);
}

/// Trap 29: without an answer the write may have happened, so it is looked for before anything is decided.
#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_found_by_looking() {
    for fault in [Fault::AnswerLost, Fault::Hang] {
        let mut bench = mk_bench();
        // injected this late, because a read would take the one that hangs
        bench.on_write = Some(Box::new(move |bench, _| {
            bench.sandbox.inject(fault);
            None
        }));
        let ends = bench.ends(vec![mk_create("t", &[])]).await;
        assert_eq!(ends, [End::Ok], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_never_answered_and_is_not_seen_stays_open() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.sandbox.inject(Fault::RequestLost);
    let began = Instant::now();
    let applied = bench
        .apply(vec![mk_set("t", id, "retention.ms", None, "1")])
        .await;
    assert!(matches!(
        &applied.results[0].end,
        End::Indeterminate(why) if why.contains("whether it happened is not known")
    ));
    assert!((5..7).contains(&began.elapsed().as_secs()));
    // what was seen is older than the write: a topic that may have changed is not known
    assert!(applied.looked[&ObjectRef::topic("t")].unknown().is_some());
    // and the next pass has to know what to look for
    assert_eq!(applied.unsettled, *bench.notes.lock().unwrap());
    assert_eq!(applied.unsettled.len(), 1);
}

/// Trap 12: brokers show a write some time after the controller took it.
#[tokio::test(start_paused = true)]
async fn brokers_that_lag_behind_are_waited_for() {
    let mut bench = mk_bench();
    bench.sandbox = Sandbox::with_faults(
        "sandbox-cluster",
        3,
        Faults {
            lag: Duration::from_secs(13),
            ..Faults::none()
        },
    );
    let actions = (0..10).map(|n| mk_create(&format!("t-{n}"), &[])).collect();
    let ends = bench.ends(actions).await;
    assert_eq!(ends, vec![End::Ok; 10]);
    assert_eq!(bench.writes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_not_seen_yet_is_looked_at_again() {
    let mut bench = mk_bench();
    // the broker shows one topic more with each look after the first
    bench.on_look = Some(Box::new(|bench, objects| {
        let seen = bench.looks.lock().unwrap().len() - 1;
        let world = bench.sandbox.world();
        let state = |object: &ObjectRef| {
            let number: usize = object.name[2..].parse().unwrap();
            let topic = world.topic(&object.name).filter(|_| number < seen);
            (object.clone(), shown(topic))
        };
        Some(Observed::Known(Looked {
            cluster_id: world.cluster_id().clone(),
            objects: objects.iter().map(state).collect(),
        }))
    }));
    let actions = (0..4).map(|n| mk_create(&format!("t-{n}"), &[])).collect();
    assert_eq!(bench.ends(actions).await, vec![End::Ok; 4]);
    let sizes: Vec<usize> = bench.looks.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 4, 3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_acknowledged_and_never_seen_is_indeterminate_after_a_while() {
    let mut bench = mk_bench();
    bench.on_look = Some(Box::new(|bench, objects| {
        Some(Observed::Known(Looked {
            cluster_id: bench.sandbox.world().cluster_id().clone(),
            objects: objects
                .iter()
                .map(|n| (n.clone(), Observed::Known(None)))
                .collect(),
        }))
    }));
    let began = Instant::now();
    let applied = bench.apply(vec![mk_create("t", &[])]).await;
    assert_eq!(
        ends(&applied),
        [End::Unseen(
            "Kafka acknowledged it, but it was not seen: no broker shows it yet; the next pass looks again".into()
        )]
    );
    assert!((30..33).contains(&began.elapsed().as_secs()));
    assert!(
        applied.looked[&ObjectRef::topic("t")].unknown().is_some(),
        "lag is not absence"
    );
    let looks = bench.looks.lock().unwrap().len();
    assert!((30..90).contains(&looks), "{looks} looks in 30 s");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_made_again() {
    let mut bench = mk_bench();
    bench.on_look = Some(Box::new(|bench, _| {
        let looks = bench.looks.lock().unwrap().len();
        (2..6)
            .contains(&looks)
            .then(|| Observed::Unknown("no route".to_owned()))
    }));
    assert_eq!(bench.ends(vec![mk_create("t", &[])]).await, [End::Ok]);
}

#[tokio::test(start_paused = true)]
async fn an_action_takes_as_long_as_until_it_is_seen() {
    let bench = mk_bench();
    bench.sandbox.inject(Fault::Throttled);
    let applied = bench.apply(vec![mk_create("t", &[])]).await;
    let seconds = applied.results[0].seconds;
    assert!((0.8..1.0).contains(&seconds), "{seconds}");
}
