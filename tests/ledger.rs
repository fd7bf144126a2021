//! The ledger's store: what it keeps over restarts and crashes, and what it says when it cannot.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and damages files by hand"
)]

mod history;
mod key;

use std::{path::PathBuf, sync::Arc};

use headgate::{
    ledger::{LedgerError, Store},
    model::{
        Begun, ClusterId, ClusterName, CommitId, ConfigKey, Converged, DriftClass, DriftRecord,
        Intent, Kind, Ledger, ObjectRef, Quiet, Record, TopicId, TopicName, UsedConsent, Verb,
    },
    ports::Journal,
};
use jiff::Timestamp;
use tempfile::TempDir;

fn mk_path(folder: &TempDir) -> PathBuf {
    folder.path().join("state").join("ledger.db")
}

fn mk_cluster() -> ClusterName {
    ClusterName::new("streaming").unwrap()
}

fn mk_record(n: u32) -> Record {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    Record {
        topic_id: Some(TopicId(id)),
        owned: ["min.insync.replicas", "retention.ms"]
            .map(ConfigKey::new)
            .into(),
        converged: Some(Converged::from_iter([
            ("partitions", "3"),
            ("config.retention.ms", "86400000"),
        ])),
        rounds: 1,
        change: Some("abc".into()),
        absent: 1,
        secrets: [(ConfigKey::new("db.pin"), None)].into(),
        restarts: None,
    }
}

fn mk_ledger(topics: u32) -> Ledger {
    let topic = |n: u32| ObjectRef::topic(&format!("topic-{n:05}"));
    Ledger {
        cluster_id: Some(ClusterId("c".into())),
        observed: [(Kind::Topic, CommitId("b".repeat(40)))].into(),
        applied: Some(CommitId("a".repeat(40))),
        converged: None,
        records: Arc::new((0..topics).map(|n| (topic(n), mk_record(n))).collect()),
        intents: Vec::new(),
        drift: [(
            (topic(0), DriftClass::Modified),
            DriftRecord {
                since: Timestamp::UNIX_EPOCH,
            },
        )]
        .into(),
        consents: vec![UsedConsent {
            object: topic(1),
            reason: "retired".into(),
            until: "2026-12-31".parse().unwrap(),
            on: "2026-06-01".parse().unwrap(),
        }],
        begun: mk_begun(),
        quiet: [(
            TopicName::from_broker("topic-00002"),
            Quiet {
                id: TopicId([7; 16]),
                emptied: 12,
                since: Timestamp::UNIX_EPOCH,
            },
        )]
        .into(),
    }
}

fn mk_begun() -> Begun {
    let mut begun = Begun::default();
    begun.note_move("topic-00001", 7, &[3, 1]);
    let broker = ObjectRef::new(Kind::BrokerConfig, "3");
    begun.note_throttle(
        &broker,
        &ConfigKey::new("leader.replication.throttled.rate"),
        "52428800",
    );
    begun
}

fn mk_intent(topic: &str) -> Intent {
    Intent {
        object: ObjectRef::topic(topic),
        verb: Verb::Update,
        config: vec![(ConfigKey::new("retention.ms"), "1".into())],
        moves: Vec::new(),
        offsets: Some("earliest".into()),
        at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn what_is_saved_is_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, cluster) = (mk_path(&folder), mk_cluster());
    let mut ledger = mk_ledger(3);
    ledger.intents = vec![mk_intent("topic-00001")];
    {
        let store = Store::open(&path).unwrap();
        assert_eq!(store.load(&cluster).unwrap(), Ledger::default());
        store.save(&cluster, &Ledger::default(), &ledger).unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.load(&cluster).unwrap(), ledger);

    let mut after = ledger.clone();
    after.cluster_id = Some(ClusterId("another".into()));
    after.observed.clear();
    after.consents.clear();
    after.begun = Begun::default();
    after.applied = None;
    after.converged = Some(CommitId("b".repeat(40)));
    after.records_mut().pop_first();
    after
        .records_mut()
        .insert(ObjectRef::topic("new"), mk_record(9));
    after.drift.clear();
    after.intents.clear();
    store.save(&cluster, &ledger, &after).unwrap();
    assert_eq!(store.load(&cluster).unwrap(), after);
}

#[test]
fn clusters_do_not_see_each_others_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&mk_path(&folder)).unwrap();
    let other = ClusterName::new("other").unwrap();
    store
        .save(&mk_cluster(), &Ledger::default(), &mk_ledger(2))
        .unwrap();
    store.intend(&mk_cluster(), &[mk_intent("t")]).unwrap();
    assert_eq!(store.load(&other).unwrap(), Ledger::default());
    store
        .save(&other, &Ledger::default(), &Ledger::default())
        .unwrap();
    assert_eq!(store.load(&mk_cluster()).unwrap().intents.len(), 1);
}

#[test]
fn only_what_changed_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let store = Store::open(&path).unwrap();
    let before = mk_ledger(2000);
    store
        .save(&mk_cluster(), &Ledger::default(), &before)
        .unwrap();
    let wal = path.with_file_name("ledger.db-wal");
    let after_first = wal.metadata().unwrap().len();
    assert!(after_first > 0);
    store.save(&mk_cluster(), &before, &before).unwrap();
    assert_eq!(wal.metadata().unwrap().len(), after_first);
    // the value given as `before` is believed: a record that is equal in both is not touched
    let mut other = before.clone();
    other.records_mut().clear();
    store.save(&mk_cluster(), &other, &other).unwrap();
    assert_eq!(store.load(&mk_cluster()).unwrap(), before);
}

#[test]
fn intents_are_there_at_once_and_go_with_the_save_that_settles_them() {
    let folder = tempfile::tempdir().unwrap();
    let (path, cluster) = (mk_path(&folder), mk_cluster());
    let store = Store::open(&path).unwrap();
    store
        .intend(&cluster, &[mk_intent("a"), mk_intent("b")])
        .unwrap();
    store.intend(&cluster, &[mk_intent("c")]).unwrap();
    // as a process sees it that starts after this one was killed: nothing was closed or saved
    let seen = Store::open_read_only(&path)
        .unwrap()
        .unwrap()
        .load(&cluster)
        .unwrap();
    assert_eq!(
        seen.intents,
        [mk_intent("a"), mk_intent("b"), mk_intent("c")]
    );
    let after = Ledger {
        intents: vec![mk_intent("c")],
        ..seen.clone()
    };
    store.save(&cluster, &seen, &after).unwrap();
    assert_eq!(store.load(&cluster).unwrap(), after);
}

#[test]
fn a_second_daemon_is_refused_by_the_first_ones_process_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let first = Store::open(&path).unwrap();
    let refused = Store::open(&path).unwrap_err();
    let me = std::process::id();
    assert!(matches!(refused, LedgerError::InUse { pid: Some(pid), .. } if pid == me));
    assert!(refused.to_string().contains(&format!("(process {me})")));
    assert!(Store::open_read_only(&path).unwrap().is_some());
    drop(first);
    // the file of the lock stays, and means nothing
    assert!(path.with_file_name("ledger.db.lock").exists());
    Store::open(&path).unwrap();
}

#[test]
fn reading_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    assert!(Store::open_read_only(&path).unwrap().is_none());
    assert!(!path.parent().unwrap().exists());

    Store::open(&path)
        .unwrap()
        .save(&mk_cluster(), &Ledger::default(), &mk_ledger(1))
        .unwrap();
    let files = || {
        let mut names: Vec<_> = path
            .parent()
            .unwrap()
            .read_dir()
            .unwrap()
            .map(|f| f.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = files();
    let store = Store::open_read_only(&path).unwrap().unwrap();
    assert_eq!(store.load(&mk_cluster()).unwrap(), mk_ledger(1));
    assert_eq!(files(), before);
    assert!(store.intend(&mk_cluster(), &[mk_intent("t")]).is_err());
}

#[test]
fn a_damaged_file_is_told_apart_and_may_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(
        &path,
        b"this is not a database, and is long enough to be looked at",
    )
    .unwrap();
    for error in [
        Store::open(&path).unwrap_err(),
        Store::open_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(error, LedgerError::Damaged { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("ledger.db") && text.contains("That is safe"));
    }
    std::fs::remove_file(&path).unwrap();
    Store::open(&path).unwrap();
}

#[test]
fn damage_in_the_middle_of_the_file_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    Store::open(&path)
        .unwrap()
        .save(&mk_cluster(), &Ledger::default(), &mk_ledger(500))
        .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_record_that_cannot_be_read_is_damage_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let store = Store::open(&path).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute(
        "INSERT INTO record VALUES ('streaming', 'Topic', 't', '{')",
        [],
    )
    .unwrap();
    let error = store.load(&mk_cluster()).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error:?}");
}

#[test]
fn the_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    drop(Store::open(&path).unwrap());
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    for error in [
        Store::open(&path).unwrap_err(),
        Store::open_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(error, LedgerError::Newer { found: 99, .. }));
    }
}

#[test]
fn records_of_a_kind_that_is_not_known_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let store = Store::open(&path).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute(
        "INSERT INTO record VALUES ('streaming', 'Gizmo', 'g', '{}')",
        [],
    )
    .unwrap();
    let before = store.load(&mk_cluster()).unwrap();
    assert_eq!(before.records.len(), 0);
    store.save(&mk_cluster(), &before, &mk_ledger(1)).unwrap();
    let kept: u32 = db
        .query_row(
            "SELECT count(*) FROM record WHERE kind = 'Gizmo'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::open(&file.join("ledger.db")).unwrap_err();
    assert!(matches!(error, LedgerError::File { .. }));
    assert!(error.to_string().contains("file"));
}

#[test]
fn the_accepted_revision_of_a_repository_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = mk_path(&folder);
    let (first, second) = (CommitId("1".repeat(40)), CommitId("2".repeat(40)));
    {
        let store = Store::open(&path).unwrap();
        assert_eq!(store.accepted("repo").unwrap(), None);
        store.set_accepted("repo", &first).unwrap();
        store.set_accepted("repo", &second).unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.accepted("repo").unwrap(), Some(second));
    assert_eq!(store.accepted("other").unwrap(), None);
}
