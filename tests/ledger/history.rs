//! The history of passes: bounded, and short where nothing happens.

use std::time::Duration;

use headgate::{ledger::Store, model::ClusterName};
use jiff::Timestamp;

use super::{mk_cluster, mk_path};

#[test]
fn history_is_bounded_and_passes_that_say_the_same_share_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let store = Store::open(&path).unwrap();
    let cluster = mk_cluster();
    let at = |n: u64| Timestamp::UNIX_EPOCH + Duration::from_secs(60 * n);
    let body = |n: u64| format!("{{\"pass\":{n}}}");
    // most of them by hand and in one transaction, since each append is a commit that waits for the disk
    let mut db = rusqlite::Connection::open(&path).unwrap();
    let rows = db.transaction().unwrap();
    for n in 0..495 {
        rows.execute(
            "INSERT INTO history (cluster, since, at, passes, body) VALUES ('streaming', ?1, ?1, 1, ?2)",
            [at(n).to_string(), body(n)],
        )
        .unwrap();
    }
    rows.commit().unwrap();
    for n in 495..510 {
        let again = n > 505;
        store
            .append_history(&cluster, at(n), &body(n), again)
            .unwrap();
    }
    let all = store.history(&cluster, usize::MAX, None).unwrap();
    assert_eq!(all.len(), 500);
    assert_eq!(
        (all[0].since, all[0].at, all[0].passes),
        (at(505), at(509), 5)
    );
    assert_eq!(all[0].body, body(509));
    assert_eq!((all[1].at, all[1].passes), (at(504), 1));
    assert_eq!(all.last().unwrap().at, at(6));

    let first = store.history(&cluster, 2, None).unwrap();
    let second = store.history(&cluster, 2, Some(first[1].id)).unwrap();
    assert_eq!([first, second].concat(), all[..4]);
    let other = ClusterName::new("other").unwrap();
    assert_eq!(store.history(&other, 10, None).unwrap(), []);
}
