//! How changes are ordered and put into requests.

use headgate::sandbox::MAX_RECORDS;

use super::*;

#[tokio::test(start_paused = true)]
async fn creations_come_first_and_deletions_last() {
    let bench = mk_bench();
    let a = make(&bench, "a", &[]);
    let b = make(&bench, "b", &[]);
    let mut update = mk_set("a", a, "retention.ms", None, "1");
    update.change.set.push(mk_growth(3, 5));
    let ends = bench
        .ends(vec![mk_delete("b", b), update, mk_create("c", &[])])
        .await;
    assert_eq!(ends, vec![End::Ok; 3]);
    let sorts: Vec<&str> = bench
        .writes()
        .iter()
        .map(|batch| match batch {
            Batch::CreateTopics(_) => "create",
            Batch::AddPartitions(_) => "grow",
            Batch::AlterConfigs(_) => "config",
            Batch::DeleteTopics(_) => "delete",
            _ => "other",
        })
        .collect();
    assert_eq!(sorts, ["create", "grow", "config", "delete"]);
    assert_eq!(bench.partitions("a"), Some(5));
    assert_eq!(bench.value("a", "retention.ms").as_deref(), Some("1"));
    assert_eq!(bench.partitions("b"), None);
    assert_eq!(bench.partitions("c"), Some(3));
}

/// Trap 2: a topic costs a record, and one more for each partition and each config.
#[tokio::test(start_paused = true)]
async fn many_topics_stay_below_kafkas_limit_in_a_few_requests() {
    let bench = mk_bench();
    let config = [("retention.ms", "1"), ("segment.ms", "1")];
    let actions = (0..3000).map(|n| mk_create(&format!("t-{n}"), &config));
    let ends = bench.ends(actions.collect()).await;
    assert!(ends.iter().all(|end| *end == End::Ok));
    let writes = bench.writes();
    // (1 + 3 + 2) * 3000 records in requests of 5,000
    assert_eq!(writes.len(), 4);
    for batch in &writes {
        assert!(batch.len() * 6 < MAX_RECORDS);
    }
    // one look before each write, one at everything in the end
    assert_eq!(bench.looks.lock().unwrap().len(), 5);
    assert_eq!(bench.looks.lock().unwrap()[4].len(), 3000);
}

/// Trap 2: growing costs a record for each partition.
#[tokio::test(start_paused = true)]
async fn growth_counts_the_partitions_it_adds() {
    let mut bench = mk_bench();
    bench.limits.records = 10;
    let ids: Vec<_> = ["a", "b", "c"].map(|n| (n, make(&bench, n, &[]))).into();
    let actions = ids.iter().map(|(name, id)| mk_grow(name, *id, 3, 8));
    let ends = bench.ends(actions.collect()).await;
    assert_eq!(ends, vec![End::Ok; 3]);
    let sizes: Vec<usize> = bench.writes().iter().map(Batch::len).collect();
    assert_eq!(sizes, [2, 1]);
}

/// Trap 46: a write that changes nothing is none.
#[tokio::test(start_paused = true)]
async fn a_change_of_nothing_sends_nothing() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[]);
    let ends = bench
        .ends(vec![mk_update("t", id, Vec::new(), Vec::new())])
        .await;
    assert_eq!(ends, [End::AlreadyDone]);
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_no_stage_makes_is_not_called_done() {
    let bench = mk_bench();
    let id = make(&bench, "t", &[]);
    let factor = vec![mk_field("replicationFactor", Some("3"), "2")];
    let ends = bench
        .ends(vec![mk_update("t", id, factor, Vec::new())])
        .await;
    assert_eq!(ends[0].label(), "not_tried", "{ends:?}");
    assert_eq!(bench.writes(), []);
}
