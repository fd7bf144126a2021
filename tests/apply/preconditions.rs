//! What is looked at right before a write, and what is not sent because of it.

use std::time::Duration;

use headgate::{live::Observed, plan::End, ports::NewValue, sandbox::Fault};

use super::*;

fn failed(end: &End) -> &str {
    match end {
        End::PreconditionFailed(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_place_is_done_already_and_not_sent() {
    let bench = mk_bench();
    let kept = make(&bench, "kept", &[("retention.ms", "1")]);
    let gone = make(&bench, "gone", &[]);
    bench.sandbox.edit(|w| w.delete("gone")).unwrap();
    let ends = bench
        .ends(vec![
            mk_create("kept", &[("retention.ms", "1")]),
            mk_grow("kept", kept, 1, 3),
            mk_set("kept", kept, "retention.ms", Some("7"), "1"),
            mk_reset("kept", kept, "segment.ms", "5"),
            mk_delete("gone", gone),
        ])
        .await;
    assert_eq!(ends, vec![End::AlreadyDone; 5]);
    assert_eq!(bench.writes(), []);
    assert_eq!(*bench.notes.lock().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_spelt_otherwise_is_in_place() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[("cleanup.policy", "delete, compact")]);
    let ends = bench
        .ends(vec![mk_set(
            "t",
            id,
            "cleanup.policy",
            Some("delete"),
            "compact,delete",
        )])
        .await;
    assert_eq!(ends, [End::AlreadyDone]);
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_no_longer_as_planned_is_left_alone() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[("retention.ms", "5"), ("segment.ms", "5")]);
    let was = TopicId([9; 16]);
    let actions = vec![
        mk_create("t", &[("retention.ms", "1")]),
        mk_grow("t", id, 2, 4),
        mk_set("t", id, "retention.ms", Some("7"), "1"),
        mk_set("t", id, "retention.ms", None, "1"),
        mk_set("t", id, "preallocate", Some("true"), "false"),
        mk_reset("t", id, "segment.ms", "7"),
        mk_set("t", was, "retention.ms", Some("5"), "1"),
        mk_delete("t", was),
        mk_set("absent", id, "retention.ms", None, "1"),
    ];
    let ends = bench.ends(actions).await;
    for (end, says) in ends.iter().zip([
        "not as it is declared",
        "partitions is 3 by now, the plan saw 2",
        "retention.ms is 5 by now, the plan saw 7",
        "retention.ms is 5 by now, the plan saw it unset",
        "preallocate is unset by now, the plan saw true",
        "segment.ms is 5 by now, the plan saw 7",
        "made again",
        "left alone",
        "gone",
    ]) {
        assert!(failed(end).contains(says), "{end:?} should say {says}");
    }
    assert_eq!(bench.writes(), []);
}

/// Trap 30: right before a write the cluster says once more which one it is.
#[tokio::test(start_paused = true)]
async fn nothing_is_written_to_another_cluster() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.sandbox.edit(|w| w.set_cluster_id("elsewhere"));
    let ends = bench
        .ends(vec![mk_create("new", &[]), mk_delete("t", id)])
        .await;
    for end in &ends {
        assert!(failed(end).contains("id is elsewhere now and was sandbox-cluster"));
    }
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_not_in_place_yet_is_sent() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[("retention.ms", "2"), ("segment.ms", "5")]);
    let action = mk_update(
        "t",
        id,
        vec![
            mk_field("config.retention.ms", Some("1"), "2"),
            mk_field("config.preallocate", None, "true"),
        ],
        vec![mk_unset("segment.ms", "5"), mk_unset("flush.ms", "5")],
    );
    let ends = bench.ends(vec![action]).await;
    assert_eq!(ends, [End::Ok]);
    let sent = vec![
        (
            ConfigKey::new("preallocate"),
            Some(NewValue::Open("true".into())),
        ),
        (ConfigKey::new("segment.ms"), None),
    ];
    let altered = Batch::AlterConfigs(vec![(ObjectRef::topic("t"), sent)]);
    assert_eq!(bench.writes(), [altered]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_cannot_be_looked_at_is_not_tried() {
    let bench = mk_bench();
    let ids: Vec<_> = ["a", "b"].map(|n| make(&bench, n, &[])).into();
    // the helper observes first, so the fault is made by the look itself
    let bench = Bench {
        on_look: Some(Box::new(|bench, _| {
            if bench.looks.lock().unwrap().len() == 1 {
                bench.sandbox.inject(Fault::OneUnreadable);
            }
            None
        })),
        ..bench
    };
    let ends = bench
        .ends(vec![
            mk_set("a", ids[0], "retention.ms", None, "1"),
            mk_set("b", ids[1], "retention.ms", None, "1"),
        ])
        .await;
    let tried = ends.iter().filter(|e| **e == End::Ok).count();
    let not_tried = ends.iter().filter(|e| e.label() == "not_tried").count();
    assert_eq!((tried, not_tried), (1, 1), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_cannot_be_looked_at_is_not_written_to() {
    let mut bench = mk_bench();
    let id = make(&bench, "t", &[]);
    bench.on_look = Some(Box::new(|_, _| Some(Observed::Unknown("no route".into()))));
    let began = tokio::time::Instant::now();
    let ends = bench
        .ends(vec![mk_create("new", &[]), mk_delete("t", id)])
        .await;
    for end in &ends {
        assert!(matches!(end, End::NotTried(why) if why.contains("no route")));
    }
    assert_eq!(bench.writes(), []);
    assert_eq!(
        bench.looks.lock().unwrap().len(),
        1,
        "the next pass is the retry"
    );
    assert!(began.elapsed() < Duration::from_secs(1));
}

/// Trap 43: what is about to be Headgate's is noted before the write, and not after all of them.
#[tokio::test(start_paused = true)]
async fn every_write_is_noted_before_it_is_sent() {
    let mut bench = mk_bench();
    let id = make(&bench, "old", &[]);
    bench.on_write = Some(Box::new(|bench, batch| {
        let noted = bench.notes.lock().unwrap();
        let name = match batch {
            Batch::CreateTopics(items) => items[0].name.clone(),
            Batch::DeleteTopics(items) => items[0].0.clone(),
            _ => panic!("{batch:?}"),
        };
        assert!(noted.iter().any(|i| i.object.name == name.as_str()));
        None
    }));
    let ends = bench
        .ends(vec![
            mk_create("new", &[("retention.ms", "1")]),
            mk_delete("old", id),
        ])
        .await;
    assert_eq!(ends, [End::Ok, End::Ok]);
    let notes = bench.notes.lock().unwrap();
    assert_eq!(
        notes[0],
        Intent {
            object: ObjectRef::topic("new"),
            verb: Verb::Create,
            config: vec![(ConfigKey::new("retention.ms"), "1".into())],
            moves: Vec::new(),
            offsets: None,
            at: Timestamp::UNIX_EPOCH,
        }
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_noted_is_not_written() {
    let mut bench = mk_bench();
    bench.full_disk = true;
    let ends = bench
        .ends(vec![mk_create("a", &[]), mk_create("b", &[])])
        .await;
    for end in &ends {
        assert!(matches!(end, End::NotTried(why) if why.contains("the disk is full")));
    }
    assert_eq!(bench.writes(), []);
}
