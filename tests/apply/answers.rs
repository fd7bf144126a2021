//! What follows from each answer that a write can get.

use std::time::Duration;

use headgate::{
    ports::{Refusal, RefusalClass},
    sandbox::Fault,
};

use super::*;

fn refused(class: RefusalClass, code: &'static str) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: code.into(),
        message: "so it is".to_owned(),
    })
}

fn creates(names: &[&str]) -> Vec<Action> {
    names.iter().map(|n| mk_create(n, &[])).collect()
}

#[tokio::test(start_paused = true)]
async fn one_refused_item_leaves_the_others_alone() {
    let bench = mk_bench();
    let actions = vec![
        mk_create("good", &[("retention.ms", "1")]),
        mk_create("bad", &[("retention.ms", "12x")]),
        mk_create("good.2", &[]),
        mk_create("good_2", &[]),
    ];
    let ends = bench.ends(actions).await;
    assert_eq!((&ends[0], &ends[2]), (&End::Ok, &End::Ok));
    let says = |end: &End, text: &str| matches!(end, End::Error(why) if why.contains(text));
    assert!(
        says(&ends[1], "INVALID_CONFIG: Invalid value 12x"),
        "{ends:?}"
    );
    assert!(
        says(&ends[3], "collides with existing topic: good.2"),
        "{ends:?}"
    );
    assert_eq!(bench.writes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_step_holds_back_the_later_ones_of_its_own_topic_only() {
    let mut bench = mk_bench();
    let update = |bench: &Bench, name: &str| {
        let id = make(bench, name, &[]);
        let mut action = mk_set(name, id, "retention.ms", None, "1");
        action.change.set.push(mk_growth(3, 5));
        action
    };
    let actions = vec![update(&bench, "a"), update(&bench, "b")];
    bench.on_write = Some(Box::new(|bench, batch| match batch {
        Batch::AddPartitions(items) => {
            bench.sandbox.edit(|w| w.add_partitions(&items[1])).unwrap();
            Some(vec![
                refused(RefusalClass::Final, "INVALID_PARTITIONS"),
                Outcome::Applied,
            ])
        }
        _ => None,
    }));
    let ends = bench.ends(actions).await;
    assert_eq!(ends[0], End::Error("INVALID_PARTITIONS: so it is".into()));
    assert_eq!(ends[1], End::Ok);
    assert_eq!(bench.value("a", "retention.ms"), None);
    assert_eq!(bench.value("b", "retention.ms").as_deref(), Some("1"));
}

/// Trap 4: a spent quota tells how long to wait, and what was done before stays done.
#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_waited_out_and_only_the_rest_is_sent_again() {
    let bench = mk_bench();
    bench.sandbox.inject(Fault::Throttled);
    let began = tokio::time::Instant::now();
    let ends = bench.ends(creates(&["a", "b", "c"])).await;
    assert_eq!(ends, vec![End::Ok; 3]);
    let sizes: Vec<usize> = bench.writes().iter().map(Batch::len).collect();
    assert_eq!(sizes, [3, 2]);
    assert!(began.elapsed() >= Duration::from_millis(800));
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_stays_spent_is_left_to_the_next_pass() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|_, batch| {
        Some(vec![
            Outcome::Throttled(Duration::from_secs(25));
            batch.len()
        ])
    }));
    let began = tokio::time::Instant::now();
    let ends = bench.ends(creates(&["a"])).await;
    assert!(
        matches!(&ends[0], End::NotTried(why) if why.contains("quota")),
        "{ends:?}"
    );
    assert_eq!(bench.writes().len(), 3);
    assert!(began.elapsed() < Duration::from_secs(60));
}

/// Trap 2: over KRaft's limit the whole request fails, whatever its items are like.
#[tokio::test(start_paused = true)]
async fn a_request_that_one_item_spoils_is_taken_apart() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|_, batch| {
        let Batch::CreateTopics(items) = batch else {
            return None;
        };
        items
            .iter()
            .any(|t| t.name.as_str() == "t-5")
            .then(|| vec![refused(RefusalClass::WholeRequest, "POLICY_VIOLATION"); items.len()])
    }));
    let actions = (0..16).map(|n| mk_create(&format!("t-{n}"), &[])).collect();
    let ends = bench.ends(actions).await;
    for (n, end) in ends.iter().enumerate() {
        match n {
            5 => assert_eq!(*end, End::Error("POLICY_VIOLATION: so it is".into())),
            _ => assert_eq!(*end, End::Ok, "t-{n}"),
        }
    }
    let sizes: Vec<usize> = bench.writes().iter().map(Batch::len).collect();
    assert_eq!(sizes, [16, 8, 4, 4, 2, 1, 1, 2, 8]);
}

#[tokio::test(start_paused = true)]
async fn taking_apart_has_an_end() {
    let mut bench = mk_bench();
    bench.limits.splits = 3;
    bench.on_write = Some(Box::new(|_, batch| {
        Some(vec![
            refused(RefusalClass::WholeRequest, "POLICY_VIOLATION");
            batch.len()
        ])
    }));
    let actions = (0..64).map(|n| mk_create(&format!("t-{n}"), &[])).collect();
    let ends = bench.ends(actions).await;
    assert!(ends.iter().all(|end| end.label() == "error"));
    assert_eq!(bench.writes().len(), 7);
}

/// Trap 2: POLICY_VIOLATION may be the word of a policy of the user's, which no smaller request changes.
#[tokio::test(start_paused = true)]
async fn the_users_own_policy_is_not_argued_with() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|_, batch| {
        Some(vec![
            refused(RefusalClass::Final, "POLICY_VIOLATION");
            batch.len()
        ])
    }));
    let ends = bench.ends(creates(&["a", "b"])).await;
    assert!(ends.iter().all(|end| end.label() == "error"));
    assert_eq!(bench.writes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_an_error_that_the_next_pass_retries() {
    let bench = mk_bench();
    bench.sandbox.inject(Fault::NotSent);
    let ends = bench.ends(creates(&["a"])).await;
    assert_eq!(ends, [End::Error("unreachable: connection refused".into())]);
    assert_eq!(bench.writes().len(), 1);
}

/// Trap 3: that a topic exists already is a success only if it is as declared.
#[tokio::test(start_paused = true)]
async fn a_topic_that_somebody_made_meanwhile_counts_only_if_it_is_as_declared() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|bench, _| {
        make(bench, "same", &[("retention.ms", "1")]);
        make(bench, "other", &[("retention.ms", "2")]);
        None
    }));
    let ends = bench
        .ends(vec![
            mk_create("same", &[("retention.ms", "1")]),
            mk_create("other", &[("retention.ms", "1")]),
        ])
        .await;
    assert_eq!(ends[0], End::AlreadyDone, "{ends:?}");
    assert!(
        matches!(&ends[1], End::PreconditionFailed(why) if why.contains("not as it is declared")),
        "{ends:?}"
    );
    assert_eq!(bench.value("other", "retention.ms").as_deref(), Some("2"));
}

/// Trap 1: Kafka refuses as many partitions as there are, so only a look tells a retry from a mistake.
#[tokio::test(start_paused = true)]
async fn as_many_partitions_as_wanted_is_an_error_of_kafkas_and_none_of_ours() {
    let mut bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.on_write = Some(Box::new(|bench, _| {
        bench
            .sandbox
            .edit(|w| w.add_partitions(&mk_more("t", 6)))
            .unwrap();
        None
    }));
    assert_eq!(
        bench.ends(vec![mk_grow("t", id, 3, 6)]).await,
        [End::AlreadyDone]
    );
}

#[tokio::test(start_paused = true)]
async fn more_partitions_than_wanted_is_not_waited_for() {
    let mut bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.on_write = Some(Box::new(|bench, _| {
        bench
            .sandbox
            .edit(|w| w.add_partitions(&mk_more("t", 9)))
            .unwrap();
        // Kafka's code is the same for as many and for more
        Some(vec![refused(
            RefusalClass::AlreadyThere,
            "INVALID_PARTITIONS",
        )])
    }));
    let ends = bench.ends(vec![mk_grow("t", id, 3, 6)]).await;
    assert!(
        matches!(&ends[0], End::PreconditionFailed(why) if why.contains("partitions is 9 by now")),
        "{ends:?}"
    );
}

/// Trap 13: a topic may go between the look and the write, which is told of that topic alone.
#[tokio::test(start_paused = true)]
async fn a_topic_that_is_gone_already_is_deleted_and_cannot_be_changed() {
    let mut bench = mk_bench();
    let (a, b) = (make(&bench, "a", &[]), make(&bench, "b", &[]));
    bench.on_write = Some(Box::new(|bench, batch| {
        let name = match batch {
            Batch::DeleteTopics(_) => "a",
            _ => "b",
        };
        bench.sandbox.edit(|w| w.delete(name)).unwrap();
        None
    }));
    let ends = bench
        .ends(vec![
            mk_delete("a", a),
            mk_set("b", b, "retention.ms", None, "1"),
        ])
        .await;
    assert_eq!(ends[0], End::AlreadyDone);
    assert!(
        matches!(&ends[1], End::PreconditionFailed(why) if why.contains("UNKNOWN_TOPIC")),
        "{ends:?}"
    );
}

/// Trap 13: the id tells a topic from the one that was made again under its name.
#[tokio::test(start_paused = true)]
async fn a_topic_made_again_is_not_deleted_with_its_predecessors_id() {
    let mut bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.on_write = Some(Box::new(|bench, _| {
        bench.sandbox.edit(|w| w.delete("t")).unwrap();
        make(bench, "t", &[]);
        None
    }));
    let ends = bench.ends(vec![mk_delete("t", id)]).await;
    assert_eq!(ends, [End::AlreadyDone], "the one that was planned is gone");
    assert_ne!(bench.topic_id("t"), id, "and the new one is there");
}

/// Trap 44: what no answer speaks of is not taken for done.
#[tokio::test(start_paused = true)]
async fn items_without_an_answer_are_not_known() {
    let mut bench = mk_bench();
    bench.on_write = Some(Box::new(|_, _| Some(Vec::new())));
    let ends = bench.ends(creates(&["a"])).await;
    assert_eq!(ends[0].label(), "indeterminate");
}
