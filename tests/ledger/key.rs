//! The key of fingerprints: a file of its own, which a copy of the ledger does not hold, and what it means to lose it.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use headgate::{
    ledger::{LedgerError, Store},
    model::{Converged, Kind, Ledger, ObjectRef, Record},
};
use tempfile::TempDir;

use super::{mk_cluster, mk_path};

const ITERATIONS: &str = "scram.SCRAM-SHA-512.iterations";
const PASSWORD: &str = "scram.SCRAM-SHA-512.password";

fn mk_ledger() -> Ledger {
    let fields = [
        (PASSWORD, "0123456789abcdef0123456789abcdef"),
        (ITERATIONS, "4096"),
    ];
    let user = Record {
        converged: Some(Converged::from_iter(fields)),
        ..Record::default()
    };
    let mut ledger = Ledger::default();
    let records = ledger.records_mut();
    records.insert(ObjectRef::new(Kind::User, "app"), user);
    ledger
}

/// A ledger that knows a user's password.
fn mk_store(folder: &TempDir) -> (PathBuf, Store) {
    let path = mk_path(folder);
    let store = Store::open(&path).unwrap();
    store
        .save(&mk_cluster(), &Ledger::default(), &mk_ledger())
        .unwrap();
    (path, store)
}

fn beside(path: &Path, what: &str) -> PathBuf {
    format!("{}{what}", path.display()).into()
}

/// Tells which of the two fields of the user are remembered.
fn held(store: &Store) -> (bool, bool) {
    let ledger = store.load(&mk_cluster()).unwrap();
    let record = &ledger.records[&ObjectRef::new(Kind::User, "app")];
    let held = record.converged.as_ref().unwrap();
    (held.get(PASSWORD).is_some(), held.get(ITERATIONS).is_some())
}

/// Tells which files of the ledger's folder hold these bytes.
fn holding(path: &Path, bytes: &[u8]) -> Vec<String> {
    let mut holding = Vec::new();
    for entry in path.parent().unwrap().read_dir().unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read(entry.path()).unwrap();
        if text.windows(bytes.len()).any(|window| window == bytes) {
            holding.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    holding
}

fn modes(path: &Path) -> Vec<u32> {
    ["", "-wal", "-shm", ".key"]
        .iter()
        .map(|what| beside(path, what))
        .filter_map(|path| path.metadata().ok())
        .map(|file| file.permissions().mode() & 0o777)
        .collect()
}

#[test]
fn the_key_lies_beside_the_ledger_and_nobody_else_may_read_either() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = mk_store(&folder);
    let key = store.key();
    assert_eq!(holding(&path, &key), ["ledger.db.key"]);
    assert_eq!(modes(&path), [0o600; 4]);
    assert!(!format!("{store:?}").contains(&format!("{}", key[0])));
    let reader = Store::open_read_only(&path).unwrap().unwrap();
    assert_eq!((reader.key(), held(&reader)), (key, (true, true)));
    drop((reader, store));
    assert_eq!(Store::open(&path).unwrap().key(), key);
}

#[test]
fn a_ledger_that_others_could_read_is_closed_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = mk_store(&folder);
    drop(store);
    let open = std::fs::Permissions::from_mode(0o644);
    for what in ["", ".key"] {
        std::fs::set_permissions(beside(&path, what), open.clone()).unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(modes(&path), [0o600; 4]);
    assert_eq!(held(&store), (true, true));
}

#[test]
fn a_key_that_stands_in_the_ledger_moves_out_and_the_fingerprints_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = mk_store(&folder);
    drop(store);
    let key = [0xA7; 32];
    std::fs::remove_file(beside(&path, ".key")).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TABLE fingerprint_mark; DROP TABLE login; ALTER TABLE cluster DROP COLUMN quiet;
         PRAGMA user_version = 4;",
    )
    .unwrap();
    db.execute("INSERT INTO fingerprint_key VALUES (1, ?1)", [key])
        .unwrap();
    drop(db);

    let reader = Store::open_read_only(&path).unwrap().unwrap();
    assert_eq!((reader.key(), held(&reader)), (key, (true, true)));
    drop(reader);
    let store = Store::open(&path).unwrap();
    assert_eq!((store.key(), held(&store)), (key, (true, true)));
    assert_eq!(holding(&path, &key), ["ledger.db.key"]);
    drop(store);
    assert_eq!(holding(&path, &key), ["ledger.db.key"]);
    assert_eq!(held(&Store::open(&path).unwrap()), (true, true));
}

#[test]
fn without_its_key_a_ledger_knows_no_passwords_and_all_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = mk_store(&folder);
    let key = store.key();
    drop(store);
    std::fs::remove_file(beside(&path, ".key")).unwrap();
    let reader = Store::open_read_only(&path).unwrap().unwrap();
    assert_eq!(held(&reader), (false, true));
    drop(reader);
    let store = Store::open(&path).unwrap();
    assert_ne!(store.key(), key);
    assert_eq!(held(&store), (false, true));

    // what is learnt with the new key is kept, until somebody puts another in its place
    let ledger = store.load(&mk_cluster()).unwrap();
    store.save(&mk_cluster(), &ledger, &mk_ledger()).unwrap();
    drop(store);
    assert_eq!(held(&Store::open(&path).unwrap()), (true, true));
    std::fs::write(beside(&path, ".key"), key).unwrap();
    let reader = Store::open_read_only(&path).unwrap().unwrap();
    assert_eq!(held(&reader), (false, true));
    drop(reader);
    assert_eq!(held(&Store::open(&path).unwrap()), (false, true));
}

#[test]
fn what_is_no_key_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = mk_store(&folder);
    drop(store);
    let key = beside(&path, ".key");
    for wrong in [&b""[..], &[1; 31], &[1; 33]] {
        std::fs::write(&key, wrong).unwrap();
        let refused = Store::open(&path).unwrap_err();
        assert!(matches!(refused, LedgerError::Key { .. }), "{refused}");
        assert!(refused.to_string().contains("ledger.db.key is no key"));
        assert!(Store::open_read_only(&path).is_err());
    }
}
