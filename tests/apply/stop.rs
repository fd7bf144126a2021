//! SIGTERM in the middle of a run.

use std::time::Duration;

use headgate::sandbox::Fault;
use tokio::time::Instant;

use super::*;

fn mk_actions() -> Vec<Action> {
    (0..8).map(|n| mk_create(&format!("t-{n}"), &[])).collect()
}

/// A bench whose batches hold two topics each.
fn mk_small() -> Bench {
    let mut bench = mk_bench();
    bench.limits.records = 8;
    bench
}

#[tokio::test(start_paused = true)]
async fn once_stopped_nothing_is_begun() {
    let bench = mk_small();
    bench.stop.send_replace(true);
    let ends = bench.ends(mk_actions()).await;
    assert!(ends.iter().all(|end| end.label() == "not_tried"));
    assert!(bench.looks.lock().unwrap().is_empty());
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_not_tried_and_what_was_taken_stays_open() {
    let mut bench = mk_small();
    bench.on_write = Some(Box::new(|bench, _| {
        if bench.writes.lock().unwrap().len() == 2 {
            bench.stop.send_replace(true);
        }
        None
    }));
    let began = Instant::now();
    let applied = bench.apply(mk_actions()).await;
    let labels: Vec<_> = applied.results.iter().map(|r| r.end.label()).collect();
    assert_eq!(labels[..4], ["indeterminate"; 4]);
    assert_eq!(labels[4..], ["not_tried"; 4]);
    assert_eq!(applied.unsettled.len(), 4);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_hangs_is_abandoned_after_the_grace() {
    let mut bench = mk_small();
    bench.on_write = Some(Box::new(|bench, _| {
        bench.sandbox.inject(Fault::Hang);
        bench.stop.send_replace(true);
        None
    }));
    let began = Instant::now();
    let ends = bench.ends(mk_actions()).await;
    assert_eq!(ends[0].label(), "indeterminate");
    assert_eq!(ends[7].label(), "not_tried");
    assert_eq!(began.elapsed(), bench.limits.grace);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_is_abandoned_at_once() {
    let mut bench = mk_small();
    bench.on_look = Some(Box::new(|bench, _| {
        bench.sandbox.inject(Fault::Hang);
        bench.stop.send_replace(true);
        None
    }));
    let began = Instant::now();
    let ends = bench.ends(mk_actions()).await;
    assert!(ends.iter().all(|end| end.label() == "not_tried"));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_quota_ends_at_once() {
    let mut bench = mk_small();
    bench.on_write = Some(Box::new(|bench, batch| {
        bench.stop.send_replace(true);
        Some(vec![
            Outcome::Throttled(Duration::from_secs(30));
            batch.len()
        ])
    }));
    let began = Instant::now();
    let ends = bench.ends(mk_actions()).await;
    assert!(ends.iter().all(|end| end.label() == "not_tried"));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn nobody_who_could_stop_it_is_no_stop() {
    let bench = mk_small();
    let (sender, stop) = watch::channel(false);
    drop(sender);
    let types = match bench.sandbox.observe(&Ask::default()).await {
        headgate::live::Observed::Known(live) => live,
        headgate::live::Observed::Unknown(why) => panic!("{why}"),
    };
    let plan = mk_plan(mk_actions());
    let applied = apply(bench.on(&plan, &types), stop).await;
    assert_eq!(ends(&applied), vec![End::Ok; 8]);
}
