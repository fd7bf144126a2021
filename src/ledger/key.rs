//! The key of this installation's fingerprints (ledger stage): a file of its own beside the ledger, so that a copy of the
//! ledger alone lets nobody try passwords on the fingerprints in it.
//!
//! The ledger keeps a mark of the key that its fingerprints were made with. Fingerprints of another key tell nothing, so
//! that they are forgotten: whose password is in place is then found out by logins, as when the ledger itself is lost.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{LedgerError, open};
use crate::{
    model::{Fingerprint, Record, ScramMechanism, Secret},
    secrets::Vault,
};

/// The key.
pub(super) type Key = [u8; 32];

/// What the mark is the fingerprint of. It stands in ledgers: another text would make every key look like a new one.
const MARKED: &str = "the key of this ledger";

/// Reads the key, and makes it where there is none. Fingerprints that were made with another are forgotten.
pub(super) fn settle(db: &mut Connection, path: &Path, name: &str) -> Result<Key, LedgerError> {
    let failed = |e| LedgerError::database(name, "written", e);
    let of_table = in_table(db).map_err(failed)?;
    let key = match read(path)? {
        Some(key) => key,
        None => make(path, of_table.unwrap_or_else(rand::random))?,
    };
    // a key that goes from the file leaves no trace in it
    db.pragma_update(None, "secure_delete", true)
        .map_err(failed)?;
    let step = db.transaction().map_err(failed)?;
    let mark = mark_of(key);
    if mark_in(&step).map_err(failed)?.as_ref() != Some(&mark) {
        if of_table != Some(key) {
            forget_all(&step).map_err(failed)?;
        }
        let sql = "INSERT OR REPLACE INTO fingerprint_mark VALUES (1, ?1)";
        step.execute(sql, [mark.0.as_str()]).map_err(failed)?;
    }
    step.execute("DELETE FROM fingerprint_key", [])
        .map_err(failed)?;
    step.commit().map_err(failed)?;
    if of_table.is_some() {
        // the log still has the page with the key
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(failed)?;
    }
    Ok(key)
}

/// Reads the key of a ledger that is only read; `None` when it is not there, or is not the one of the fingerprints.
pub(super) fn known(db: &Connection, path: &Path, name: &str) -> Result<Option<Key>, LedgerError> {
    let failed = |e| LedgerError::database(name, "read", e);
    if !db.table_exists(None, "fingerprint_mark").map_err(failed)? {
        return in_table(db).map_err(failed);
    }
    let mark = mark_in(db).map_err(failed)?;
    Ok(read(path)?.filter(|key| Some(mark_of(*key)) == mark))
}

/// Forgets what the fingerprints of an object's passwords were, and tells whether there were any. Those of configs cannot be
/// told from other values, and need not be: a value that is set once more does no harm.
pub(super) fn forget(record: &mut Record) -> bool {
    let Some(held) = &mut record.converged else {
        return false;
    };
    let is_password = |path: &str| ScramMechanism::of_password(path).is_some();
    let any = held.iter().any(|(path, _)| is_password(path));
    held.retain(|path, _| !is_password(path));
    any
}

fn forget_all(db: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut users = db.prepare("SELECT cluster, name, body FROM record WHERE kind = 'User'")?;
    let mut put = db.prepare(
        "UPDATE record SET body = ?3 WHERE cluster = ?1 AND kind = 'User' AND name = ?2",
    )?;
    let rows: Vec<(String, String, String)> = users
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (cluster, name, body) in rows {
        // one that cannot be read is damage, which whoever loads it says
        let Ok(mut record) = serde_json::from_str::<Record>(&body) else {
            continue;
        };
        if forget(&mut record) {
            put.execute([cluster, name, super::save::json(&record)?])?;
        }
    }
    Ok(())
}

fn mark_of(key: Key) -> Fingerprint {
    Vault::new(None, key).digest(&Secret::new(MARKED.to_owned()))
}

fn mark_in(db: &Connection) -> rusqlite::Result<Option<Fingerprint>> {
    let found = db.query_row("SELECT mark FROM fingerprint_mark", [], |row| {
        row.get::<_, String>(0)
    });
    let found = found.optional()?;
    Ok(found.map(|mark| Fingerprint(mark.into())))
}

/// Reads the key of a ledger from the time when it stood among everything else.
fn in_table(db: &Connection) -> rusqlite::Result<Option<Key>> {
    let found = db.query_row("SELECT key FROM fingerprint_key", [], |row| row.get(0));
    found.optional()
}

fn place(path: &Path) -> PathBuf {
    open::beside(path, ".key")
}

fn read(path: &Path) -> Result<Option<Key>, LedgerError> {
    let path = place(path);
    let failed = |e| LedgerError::file(&path, e);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut key = Vec::new();
    let most = Key::default().len() as u64 + 1;
    file.take(most).read_to_end(&mut key).map_err(failed)?;
    match key.try_into() {
        Ok(key) => Ok(Some(key)),
        Err(_) => Err(LedgerError::Key {
            path: path.display().to_string(),
        }),
    }
}

/// Writes the key's file: it is there whole, or not at all, and nobody else may ever read it. Nobody else writes it either,
/// since the ledger is locked.
fn make(path: &Path, key: Key) -> Result<Key, LedgerError> {
    let path = place(path);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let new = open::beside(&path, ".new");
    let write = || {
        let mut file = open::private(&new)?;
        file.set_len(0)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|e| LedgerError::file(&path, e))?;
    Ok(key)
}
