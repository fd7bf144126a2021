//! Moves and elections: one request for many partitions, after the throttles, and only if they are as the plan saw them.

use futures::FutureExt;
use headgate::{plan::Move, ports::Reassignment};

use super::*;

const RATE: &str = "config.leader.replication.throttled.rate";

fn mk_move(partition: i32, from: &[i32], to: &[i32]) -> Move {
    Move {
        partition,
        from: from.into(),
        to: to.into(),
        cancel: false,
    }
}

fn mk_moves(id: TopicId, moves: Vec<Move>) -> Action {
    let change = Change {
        id: Some(id),
        moves,
        ..Change::default()
    };
    mk_action("t", Verb::Update, change)
}

fn mk_rate(broker: &str) -> Action {
    Action {
        object: ObjectRef::new(Kind::BrokerConfig, broker),
        ..mk_action(
            "",
            Verb::Update,
            Change {
                set: vec![mk_field(RATE, None, "1000")],
                ..Change::default()
            },
        )
    }
}

/// A topic of two partitions, on brokers 1 and 2.
fn mk_placed(bench: &Bench) -> TopicId {
    let new = NewTopic {
        partitions: 2,
        replication_factor: 1,
        assignment: vec![[1].into(), [2].into()],
        ..mk_topic("t", &[])
    };
    bench.sandbox.edit(|world| world.create(&new)).unwrap();
    bench.topic_id("t")
}

#[tokio::test(start_paused = true)]
async fn a_move_is_done_once_it_is_taken_and_was_noted_before() {
    let bench = mk_bench();
    let id = mk_placed(&bench);
    let moves = vec![mk_move(0, &[1], &[3]), mk_move(1, &[2], &[2, 3])];
    assert_eq!(bench.ends(vec![mk_moves(id, moves)]).await, [End::Ok]);
    assert_eq!(bench.writes().len(), 1, "one request for both");
    assert_eq!(bench.sandbox.world().moving().len(), 1);
    let notes = bench.notes.lock().unwrap();
    let noted: Vec<_> = notes.iter().flat_map(|n| n.moves.clone()).collect();
    assert_eq!(noted, [(0, [3].into()), (1, [2, 3].into())]);
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_somebody_moved_since_is_left_alone() {
    let bench = mk_bench();
    let id = mk_placed(&bench);
    let ends = bench
        .ends(vec![mk_moves(id, vec![mk_move(0, &[2], &[3])])])
        .await;
    assert_eq!(ends[0].label(), "precondition_failed", "{ends:?}");
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_a_broker_is_not_throttled() {
    let mut bench = mk_bench();
    let id = mk_placed(&bench);
    bench.on_write = Some(Box::new(|_, batch| match batch {
        Batch::AlterConfigs(items) => Some(vec![Outcome::Unknown("lost".into()); items.len()]),
        _ => None,
    }));
    let actions = vec![mk_rate("1"), mk_moves(id, vec![mk_move(0, &[1], &[3])])];
    let ends = bench.ends(actions).await;
    let labels: Vec<_> = ends.iter().map(End::label).collect();
    assert_eq!(labels, ["indeterminate", "not_tried"], "{ends:?}");
    assert!(bench.sandbox.world().moving().is_empty());
}

#[tokio::test(start_paused = true)]
async fn throttles_are_on_before_anything_moves() {
    let bench = mk_bench();
    let id = mk_placed(&bench);
    let actions = vec![mk_rate("1"), mk_moves(id, vec![mk_move(0, &[1], &[3])])];
    assert_eq!(bench.ends(actions).await, [End::Ok, End::Ok]);
    let writes = bench.writes();
    assert!(matches!(writes[0], Batch::AlterConfigs(_)), "{writes:?}");
    assert!(matches!(writes[1], Batch::Reassign(_)), "{writes:?}");
}

/// Trap 16: null replicas take a move back.
#[tokio::test(start_paused = true)]
async fn a_move_is_taken_back() {
    let bench = mk_bench();
    let id = mk_placed(&bench);
    let begun = Reassignment {
        topic: TopicName::new("t").unwrap(),
        partition: 0,
        replicas: Some([3].into()),
    };
    bench.sandbox.edit(|world| world.reassign(&begun)).unwrap();
    let back = Move {
        cancel: true,
        ..mk_move(0, &[3, 1], &[1])
    };
    assert_eq!(bench.ends(vec![mk_moves(id, vec![back])]).await, [End::Ok]);
    assert!(bench.sandbox.world().moving().is_empty());
}

/// A move is over by the time its cancellation arrives: only a look tells how it ended.
#[tokio::test(start_paused = true)]
async fn a_move_that_ended_before_it_was_taken_back_is_no_error() {
    for arrives in [true, false] {
        let mut bench = mk_bench();
        let id = mk_placed(&bench);
        let to = |replicas: Option<Box<[i32]>>| Reassignment {
            topic: TopicName::new("t").unwrap(),
            partition: 0,
            replicas,
        };
        let begun = to(Some([3].into()));
        bench.sandbox.edit(|world| world.reassign(&begun)).unwrap();
        let cancelled = to(None);
        bench.on_write = Some(Box::new(move |bench, _| {
            if !arrives {
                let taken_back = bench.sandbox.edit(|world| world.reassign(&cancelled));
                taken_back.unwrap();
            }
            while !bench.sandbox.world().moving().is_empty() {
                bench.sandbox.observe(&Ask::default()).now_or_never();
            }
            None
        }));
        let back = Move {
            cancel: true,
            ..mk_move(0, &[3, 1], &[1])
        };
        let other = mk_move(1, &[2], &[2, 3]);
        let ends = bench.ends(vec![mk_moves(id, vec![back, other])]).await;
        match (arrives, &ends[..]) {
            (true, [End::PreconditionFailed(why)]) => {
                assert!(why.contains("partitions [0] had arrived"), "{why}");
            }
            (false, [end]) => assert!(end.is_done(), "{end:?}"),
            _ => panic!("{ends:?}"),
        }
        assert_eq!(
            bench.sandbox.world().moving().len(),
            1,
            "the other one goes on"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_elected_leader_is_waited_for() {
    let bench = mk_bench();
    let id = mk_placed(&bench);
    let order = mk_move(0, &[1], &[2, 1]);
    bench.ends(vec![mk_moves(id, vec![order])]).await;
    while !bench.sandbox.world().moving().is_empty() {
        bench.sandbox.observe(&Ask::default()).await;
    }
    let change = Change {
        id: Some(id),
        elect: vec![0],
        ..Change::default()
    };
    let ends = bench
        .ends(vec![mk_action("t", Verb::Update, change.clone())])
        .await;
    assert_eq!(ends, [End::Ok]);
    assert_eq!(
        bench.sandbox.world().topic("t").unwrap().partitions[0].leader,
        2
    );
    let ends = bench.ends(vec![mk_action("t", Verb::Update, change)]).await;
    assert_eq!(
        ends,
        [End::AlreadyDone],
        "it leads already, so nothing is sent"
    );
}
