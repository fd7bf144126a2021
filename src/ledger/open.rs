//! Opens the ledger's file: pragmas, the check for damage, and the schema with its migrations (ledger stage).

use std::{
    fs::{File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::LedgerError;

/// Migrations in order; `user_version` counts how many of them a file has seen. One that was released is never edited.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE cluster (
        name TEXT PRIMARY KEY, id TEXT, observed TEXT, applied TEXT, converged TEXT, consents TEXT
    ) WITHOUT ROWID;
    CREATE TABLE record (
        cluster TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (cluster, kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE drift (
        cluster TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, class TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (cluster, kind, name, class)
    ) WITHOUT ROWID;
    -- one row a call of `intend`, which is one batch: its body is a list
    CREATE TABLE intent (id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE history (
        id INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, since TEXT NOT NULL, at TEXT NOT NULL,
        passes INTEGER NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX history_of_cluster ON history (cluster, id);
    CREATE TABLE source (repo TEXT PRIMARY KEY, accepted TEXT NOT NULL) WITHOUT ROWID;
",
"
    -- of the fingerprints of secrets: what tells this installation that one changed, and tells nobody else anything
    CREATE TABLE fingerprint_key (only INTEGER PRIMARY KEY CHECK (only = 1), key BLOB NOT NULL);
",
"
    -- replicas that are being moved, and the throttles that go when they have arrived
    ALTER TABLE cluster ADD COLUMN begun TEXT;
",
"
    -- one revision for all kinds, until now: which of them it saw is not known
    UPDATE cluster SET observed = NULL;
",
"
    -- of the key that fingerprints are made with, which has a file of its own from now on
    CREATE TABLE fingerprint_mark (only INTEGER PRIMARY KEY CHECK (only = 1), mark TEXT NOT NULL);
",
"
    CREATE TABLE login (
        cluster TEXT NOT NULL, user TEXT NOT NULL, mechanism TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (cluster, user, mechanism)
    ) WITHOUT ROWID;
",
"
    -- topics that may go: since when nothing was written to their emptied partitions
    ALTER TABLE cluster ADD COLUMN quiet TEXT;
"];

/// Mode of what belongs to the daemon alone.
const PRIVATE: u32 = 0o600;

/// How long a statement waits for another connection: readers never block a writer in WAL, so only a checkpoint or a
/// backup is waited for.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens for reading and writing, and brings the schema up to date.
pub(super) fn read_write(path: &Path, name: &str) -> Result<Connection, LedgerError> {
    let failed = |e| LedgerError::database(name, "opened", e);
    keep_private(path)?;
    let mut db = Connection::open(path).map_err(failed)?;
    db.busy_timeout(BUSY).map_err(failed)?;
    db.pragma_update(None, "journal_mode", "WAL")
        .map_err(failed)?;
    db.pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    check(&db, name)?;
    migrate(&mut db, name)?;
    Ok(db)
}

/// Opens for reading, making no file. `None` when there is no ledger, or one that has no schema yet.
pub(super) fn read_only(path: &Path, name: &str) -> Result<Option<Connection>, LedgerError> {
    let failed = |e| LedgerError::database(name, "opened", e);
    if !path.try_exists().map_err(|e| LedgerError::file(path, e))? {
        return Ok(None);
    }
    let wal = beside(path, "-wal");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if wal.exists() {
        Connection::open_with_flags(path, flags)
    } else {
        // Nobody has it open, and SQLite would make -wal and -shm files in order to read it unless told that it
        // does not change.
        let uri = format!("file:{}?immutable=1", escaped(path));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
    }
    .map_err(failed)?;
    db.busy_timeout(BUSY).map_err(failed)?;
    match version(&db, name)? {
        0 => Ok(None),
        _ => Ok(Some(db)),
    }
}

/// Returns the path of a file that belongs to the ledger.
pub(super) fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(what);
    name.into()
}

/// Opens a file for writing; one that is not there yet is made for the daemon alone.
pub(super) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(PRIVATE)
        .open(path)
}

/// Lets nobody else read the ledger, which says what a platform is made of: SQLite gives the files beside it the mode that
/// it has itself.
fn keep_private(path: &Path) -> Result<(), LedgerError> {
    private(path).map_err(|e| LedgerError::file(path, e))?;
    for what in ["", "-wal", "-shm", ".key"] {
        let path = beside(path, what);
        let private = match path.metadata() {
            Ok(file) if file.permissions().mode() & 0o077 != 0 => {
                std::fs::set_permissions(&path, Permissions::from_mode(PRIVATE))
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        private.map_err(|e| LedgerError::file(&path, e))?;
    }
    Ok(())
}

fn escaped(path: &Path) -> String {
    path.to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

/// Looks for damage once, before anything is believed. 10,000 records are some megabytes: milliseconds.
fn check(db: &Connection, name: &str) -> Result<(), LedgerError> {
    let found: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| LedgerError::database(name, "read", e))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(LedgerError::damaged(name, found))
    }
}

/// Returns the file's schema, refusing one that is newer than this program.
fn version(db: &Connection, name: &str) -> Result<usize, LedgerError> {
    let found: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| LedgerError::database(name, "read", e))?;
    match usize::try_from(found) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(LedgerError::Newer {
            path: name.to_owned(),
            found,
            known: MIGRATIONS.len() as i64,
        }),
    }
}

fn migrate(db: &mut Connection, name: &str) -> Result<(), LedgerError> {
    let seen = version(db, name)?;
    if seen == MIGRATIONS.len() {
        return Ok(());
    }
    let failed = |e| LedgerError::database(name, "written", e);
    let step = db.transaction().map_err(failed)?;
    for sql in &MIGRATIONS[seen..] {
        step.execute_batch(sql).map_err(failed)?;
    }
    step.pragma_update(None, "user_version", MIGRATIONS.len() as i64)
        .map_err(failed)?;
    step.commit().map_err(failed)
}
