//! The store: loads a cluster's memory as a value, and saves what changed in it (ledger stage). It is the journal too.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde::de::DeserializeOwned;

use super::{
    LedgerError,
    key::{self, Key},
    lock::Lock,
    open, save,
};
use crate::{
    model::{
        ClusterId, ClusterName, CommitId, DriftClass, DriftRecord, Intent, Kind, Ledger, ObjectRef,
        Record, chain,
    },
    ports::{Journal, JournalError},
};

/// The ledger's file. Calls block for the milliseconds that a commit takes.
pub struct Store {
    db: Mutex<Connection>,
    path: String,
    /// `None`: of a ledger that is only read, where nobody knows which key its fingerprints were made with.
    key: Option<Key>,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens the ledger for the one daemon that writes it, and makes the file, and the folder it stands in, where they
    /// are missing.
    ///
    /// # Errors
    /// Another process has it open, the file is damaged or newer than this program, or the disk refuses.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| LedgerError::file(folder, e))?;
        }
        let lock = Lock::take(path)?;
        let name = path.display().to_string();
        let mut db = open::read_write(path, &name)?;
        let key = key::settle(&mut db, path, &name)?;
        Ok(Self {
            db: Mutex::new(db),
            path: name,
            key: Some(key),
            _lock: Some(lock),
        })
    }

    /// Opens the ledger for reading, also while a daemon writes it; makes no file. `None` when there is no ledger yet.
    ///
    /// # Errors
    /// The file is damaged, newer than this program, or may not be read.
    pub fn open_read_only(path: &Path) -> Result<Option<Self>, LedgerError> {
        let name = path.display().to_string();
        let Some(db) = open::read_only(path, &name)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            key: key::known(&db, path, &name)?,
            db: Mutex::new(db),
            path: name,
            _lock: None,
        }))
    }

    /// Loads the memory of a cluster; an empty one when nothing is known of it. Records of kinds that this version
    /// does not know stay in the file, unread.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn load(&self, cluster: &ClusterName) -> Result<Ledger, LedgerError> {
        let mut db = self.db();
        // one transaction: a save in another process must not fall between two of these reads
        let read = db.transaction().map_err(|e| self.unread(e))?;
        let [id, observed, applied, converged, consents, begun, quiet] =
            self.known(&read, cluster)?;
        Ok(Ledger {
            cluster_id: id.map(ClusterId),
            observed: self.parsed_or_empty(observed)?,
            applied: applied.map(CommitId),
            converged: converged.map(CommitId),
            records: self.records(&read, cluster)?.into(),
            intents: self.intents(&read, cluster)?,
            drift: self.drift(&read, cluster)?,
            consents: self.parsed_or_empty(consents)?,
            begun: self.parsed_or_empty(begun)?,
            quiet: self.parsed_or_empty(quiet)?,
        })
    }

    /// Saves what differs between two values of a cluster's memory, in one transaction. Every intent that was noted
    /// for the cluster is replaced by those that `after` still holds.
    ///
    /// # Errors
    /// The file cannot be written; it then holds what it held before.
    pub fn save(
        &self,
        cluster: &ClusterName,
        before: &Ledger,
        after: &Ledger,
    ) -> Result<(), LedgerError> {
        self.write(|db| {
            save::facts(db, cluster, before, after)?;
            save::records(db, cluster, before, after)?;
            save::drift(db, cluster, before, after)?;
            db.execute("DELETE FROM intent WHERE cluster = ?1", [cluster.as_str()])?;
            save::note(db, cluster, &after.intents)
        })
    }

    /// Returns the newest revision of a repository that was accepted, which a later one has to descend from.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn accepted(&self, repo: &str) -> Result<Option<CommitId>, LedgerError> {
        self.db()
            .query_row(
                "SELECT accepted FROM source WHERE repo = ?1",
                [repo],
                |row| row.get(0).map(CommitId),
            )
            .optional()
            .map_err(|e| self.unread(e))
    }

    /// Remembers that a revision of a repository was accepted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_accepted(&self, repo: &str, revision: &CommitId) -> Result<(), LedgerError> {
        self.write(|db| {
            db.execute(
                "INSERT INTO source VALUES (?1, ?2) ON CONFLICT DO UPDATE SET accepted = excluded.accepted
                 WHERE accepted <> excluded.accepted",
                [repo, revision.as_str()],
            )
            .map(drop)
        })
    }

    /// Returns the key of this installation's fingerprints. Without the one that those in the ledger were made with they
    /// are forgotten, and any other will do.
    #[must_use]
    pub fn key(&self) -> [u8; 32] {
        self.key.unwrap_or_else(rand::random)
    }

    /// A caller that panicked left no half-written state behind: a transaction that is dropped is rolled back.
    pub(super) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), LedgerError> {
        let mut db = self.db();
        let result = db.transaction().and_then(|step| {
            change(&step)?;
            step.commit()
        });
        result.map_err(|e| LedgerError::database(&self.path, "written", e))
    }

    pub(super) fn unread(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::database(&self.path, "read", source)
    }

    /// Reads what there is one of: the live cluster's id, the revisions observed, applied and converged, the used
    /// consents, the moves, the quiet topics.
    fn known(
        &self,
        db: &Transaction<'_>,
        cluster: &ClusterName,
    ) -> Result<[Option<String>; 7], LedgerError> {
        // whoever only reads may find a ledger that an older version left
        let has_quiet = db.column_exists(None, "cluster", "quiet");
        let quiet = match has_quiet.map_err(|e| self.unread(e))? {
            true => "quiet",
            false => "NULL",
        };
        let row = db
            .query_row(
                &format!(
                    "SELECT id, observed, applied, converged, consents, begun, {quiet} FROM cluster WHERE name = ?1"
                ),
                [cluster.as_str()],
                |row| {
                    Ok([
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        row.get(5)?,
                        row.get(6)?,
                    ])
                },
            )
            .optional()
            .map_err(|e| self.unread(e))?;
        Ok(row.unwrap_or_default())
    }

    fn records(
        &self,
        db: &Transaction<'_>,
        cluster: &ClusterName,
    ) -> Result<BTreeMap<ObjectRef, Record>, LedgerError> {
        let rows: Vec<(Option<ObjectRef>, String)> = self.rows(
            db,
            "SELECT kind, name, body FROM record WHERE cluster = ?1",
            cluster,
            |row| Ok((object(row)?, row.get(2)?)),
        )?;
        let mut records = BTreeMap::new();
        for (object, body) in rows {
            let Some(object) = object else { continue };
            let mut record = self.parsed(&body)?;
            if self.key.is_none() {
                key::forget(&mut record);
            }
            records.insert(object, record);
        }
        Ok(records)
    }

    fn drift(
        &self,
        db: &Transaction<'_>,
        cluster: &ClusterName,
    ) -> Result<BTreeMap<(ObjectRef, DriftClass), DriftRecord>, LedgerError> {
        let rows: Vec<(Option<ObjectRef>, String, String)> = self.rows(
            db,
            "SELECT kind, name, class, body FROM drift WHERE cluster = ?1",
            cluster,
            |row| Ok((object(row)?, row.get(2)?, row.get(3)?)),
        )?;
        rows.into_iter()
            .filter_map(|(object, class, body)| {
                let class = DriftClass::ALL.iter().find(|c| c.as_str() == class)?;
                Some((object?, *class, body))
            })
            .map(|(object, class, body)| Ok(((object, class), self.parsed(&body)?)))
            .collect()
    }

    fn intents(
        &self,
        db: &Transaction<'_>,
        cluster: &ClusterName,
    ) -> Result<Vec<Intent>, LedgerError> {
        let batches: Vec<String> = self.rows(
            db,
            "SELECT body FROM intent WHERE cluster = ?1 ORDER BY id",
            cluster,
            |row| row.get(0),
        )?;
        let mut intents = Vec::new();
        for batch in batches {
            intents.extend(self.parsed::<Vec<Intent>>(&batch)?);
        }
        Ok(intents)
    }

    fn rows<T>(
        &self,
        db: &Transaction<'_>,
        sql: &str,
        cluster: &ClusterName,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut statement = db.prepare_cached(sql).map_err(|e| self.unread(e))?;
        let rows = statement.query_map([cluster.as_str()], read);
        rows.and_then(Iterator::collect).map_err(|e| self.unread(e))
    }

    fn parsed_or_empty<T: DeserializeOwned + Default>(
        &self,
        body: Option<String>,
    ) -> Result<T, LedgerError> {
        body.map_or_else(|| Ok(T::default()), |body| self.parsed(&body))
    }

    pub(super) fn parsed<T: DeserializeOwned>(&self, body: &str) -> Result<T, LedgerError> {
        serde_json::from_str(body).map_err(|e| LedgerError::damaged(&self.path, e.to_string()))
    }

    pub(super) fn timestamp(&self, text: &str) -> Result<jiff::Timestamp, LedgerError> {
        jiff::Timestamp::from_str(text).map_err(|e| LedgerError::damaged(&self.path, e.to_string()))
    }
}

impl fmt::Debug for Store {
    /// The key is shown to nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Store");
        shown.field("path", &self.path).finish_non_exhaustive()
    }
}

impl Journal for Store {
    fn intend(&self, cluster: &ClusterName, intents: &[Intent]) -> Result<(), JournalError> {
        self.write(|db| save::note(db, cluster, intents))
            .map_err(|e| JournalError(chain(&e)))
    }
}

/// Reads columns 0 and 1 as an object; `None` for a kind that a newer version wrote.
fn object(row: &Row<'_>) -> rusqlite::Result<Option<ObjectRef>> {
    let kind: String = row.get(0)?;
    let name: String = row.get(1)?;
    let kind = Kind::ALL.iter().find(|k| k.as_str() == kind);
    Ok(kind.map(|kind| ObjectRef {
        kind: *kind,
        name: name.into(),
    }))
}
