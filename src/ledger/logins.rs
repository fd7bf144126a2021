//! The last login of each user (ledger stage): how often one may be tried holds over restarts, and for every command that
//! runs once.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{LedgerError, Store, save::json};
use crate::{
    live::Login,
    model::{ClusterName, Fingerprint, ScramMechanism},
};

/// The last time that a user's password was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginTry {
    /// When.
    pub at: Timestamp,
    /// Fingerprint of the password.
    pub print: Fingerprint,
    /// What the broker said; `None`: nobody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// How often in a row it was refused.
    pub denied: u32,
    /// How often in a row nobody answered, as far as that is known: a try that was only begun may have been refused.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unanswered: u32,
    /// Iterations that the credential had: one with others is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
}

fn is_none(times: &u32) -> bool {
    *times == 0
}

/// The last logins of users, by mechanism.
pub type LoginTries = BTreeMap<(CompactString, ScramMechanism), LoginTry>;

impl Store {
    /// Returns the last logins of a cluster's users.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn logins(&self, cluster: &ClusterName) -> Result<LoginTries, LedgerError> {
        let db = self.db();
        // a ledger that is only read may be older
        if !db.table_exists(None, "login").map_err(|e| self.unread(e))? {
            return Ok(LoginTries::new());
        }
        let sql = "SELECT user, mechanism, body FROM login WHERE cluster = ?1";
        let mut statement = db.prepare_cached(sql).map_err(|e| self.unread(e))?;
        let rows: Vec<(String, String, String)> = statement
            .query_map([cluster.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .and_then(Iterator::collect)
            .map_err(|e| self.unread(e))?;
        let mut tries = LoginTries::new();
        for (user, mechanism, body) in rows {
            if let Some(mechanism) = ScramMechanism::parse(&mechanism) {
                tries.insert((user.into(), mechanism), self.parsed(&body)?);
            }
        }
        Ok(tries)
    }

    /// Remembers logins.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_logins(
        &self,
        cluster: &ClusterName,
        tries: &LoginTries,
    ) -> Result<(), LedgerError> {
        self.write(|db| {
            let mut put =
                db.prepare_cached("INSERT OR REPLACE INTO login VALUES (?1, ?2, ?3, ?4)")?;
            for ((user, mechanism), tried) in tries {
                let (user, mechanism) = (user.as_str(), mechanism.as_str());
                put.execute(params![cluster.as_str(), user, mechanism, json(tried)?])?;
            }
            Ok(())
        })
    }

    /// Forgets the logins of users.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget_logins<'a>(
        &self,
        cluster: &ClusterName,
        users: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), LedgerError> {
        self.write(|db| {
            let sql = "DELETE FROM login WHERE cluster = ?1 AND user = ?2";
            let mut remove = db.prepare_cached(sql)?;
            for user in users {
                remove.execute([cluster.as_str(), user])?;
            }
            Ok(())
        })
    }
}
