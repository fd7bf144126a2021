//! The history of passes, bounded per cluster (ledger stage). What a pass says of itself is opaque here.

use jiff::Timestamp;
use rusqlite::params;

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
    /// How many passes it stands for; 1 unless later ones were the same.
    pub passes: u32,
    /// What the last of them said of itself, as JSON.
    pub body: String,
}

impl Store {
    /// Appends a pass to the history of a cluster; with `again` it is counted into the entry before it, and its body
    /// takes that one's place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append_history(
        &self,
        cluster: &ClusterName,
        at: Timestamp,
        body: &str,
        again: bool,
    ) -> Result<(), LedgerError> {
        self.write(|db| {
            if again {
                let counted = db.execute(
                    "UPDATE history SET at = ?2, body = ?3, passes = passes + 1
                     WHERE id = (SELECT max(id) FROM history WHERE cluster = ?1)",
                    params![cluster.as_str(), at.to_string(), body],
                )?;
                if counted > 0 {
                    return Ok(());
                }
            }
            db.execute(
                "INSERT INTO history (cluster, since, at, passes, body) VALUES (?1, ?2, ?2, 1, ?3)",
                params![cluster.as_str(), at.to_string(), body],
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
