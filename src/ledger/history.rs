//! The history of passes, bounded per cluster (ledger stage). What a pass says of itself is opaque here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{LedgerError, Store};
use crate::model::ClusterName;

/// Entries kept for a cluster. Quiet passes share one, so this is the last 500 passes that did or met something, and
/// the calm between them: weeks on a settled platform; 500 entries of some kilobytes stay below a few megabytes.
const KEPT: u32 = 500;

/// One entry: a pass, or a run of passes in which nothing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Grows with time; the cursor for [`Store::history`].
    pub id: i64,
    /// When the first pass of the entry was.
    pub since: Timestamp,
    /// When the last one was.
    pub at: Timestamp,
    /// How many passes it stands for; 1 unless they were quiet.
    pub passes: u32,
    /// What the last of them said of itself, as JSON.
    pub body: String,
}

impl Store {
    /// Appends a pass to the history of a cluster. A `quiet` one (nothing done, nothing failed, nothing new) is counted
    /// into the entry before it if that was quiet as well, and its body takes that one's place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append_history(
        &self,
        cluster: &ClusterName,
        at: Timestamp,
        body: &str,
        quiet: bool,
    ) -> Result<(), LedgerError> {
        self.write(|db| {
            if quiet && let Some(id) = last_if_quiet(db, cluster)? {
                return db
                    .execute(
                        "UPDATE history SET at = ?2, body = ?3, passes = passes + 1 WHERE id = ?1",
                        params![id, at.to_string(), body],
                    )
                    .map(drop);
            }
            db.execute(
                "INSERT INTO history (cluster, since, at, passes, quiet, body) VALUES (?1, ?2, ?2, 1, ?3, ?4)",
                params![cluster.as_str(), at.to_string(), quiet, body],
            )?;
            db.execute(
                "DELETE FROM history WHERE cluster = ?1 AND id <= (
                     SELECT id FROM history WHERE cluster = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                params![cluster.as_str(), KEPT],
            )
            .map(drop)
        })
    }

    /// Returns the newest entries of a cluster, newest first, at most `limit`, and older than the entry `before`.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn history(
        &self,
        cluster: &ClusterName,
        limit: usize,
        before: Option<i64>,
    ) -> Result<Vec<HistoryEntry>, LedgerError> {
        let limit = u32::try_from(limit).map_or(KEPT, |limit| limit.min(KEPT));
        let db = self.db();
        let mut statement = db
            .prepare_cached(
                "SELECT id, since, at, passes, body FROM history WHERE cluster = ?1 AND id < ?2
                 ORDER BY id DESC LIMIT ?3",
            )
            .map_err(|e| self.unread(e))?;
        let before = before.unwrap_or(i64::MAX);
        let rows: Vec<(i64, String, String, u32, String)> = statement
            .query_map(params![cluster.as_str(), before, limit], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            })
            .and_then(Iterator::collect)
            .map_err(|e| self.unread(e))?;
        let entry = |(id, since, at, passes, body): (i64, String, String, u32, String)| {
            Ok(HistoryEntry {
                id,
                since: self.timestamp(&since)?,
                at: self.timestamp(&at)?,
                passes,
                body,
            })
        };
        rows.into_iter().map(entry).collect()
    }
}

fn last_if_quiet(db: &Transaction<'_>, cluster: &ClusterName) -> rusqlite::Result<Option<i64>> {
    let last: Option<(i64, bool)> = db
        .query_row(
            "SELECT id, quiet FROM history WHERE cluster = ?1 ORDER BY id DESC LIMIT 1",
            [cluster.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(last.and_then(|(id, quiet)| quiet.then_some(id)))
}
