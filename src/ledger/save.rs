//! Writes what differs between two values of a cluster's memory (ledger stage).

use std::sync::Arc;

use rusqlite::{Transaction, params};
use serde::Serialize;

use crate::model::{ClusterName, CommitId, Intent, Ledger};

/// Adds writes that are about to be made.
pub(super) fn note(
    db: &Transaction<'_>,
    cluster: &ClusterName,
    intents: &[Intent],
) -> rusqlite::Result<()> {
    if intents.is_empty() {
        return Ok(());
    }
    db.execute(
        "INSERT INTO intent (cluster, body) VALUES (?1, ?2)",
        params![cluster.as_str(), json(&intents)?],
    )
    .map(drop)
}

/// Writes what there is one of.
pub(super) fn facts(
    db: &Transaction<'_>,
    cluster: &ClusterName,
    before: &Ledger,
    after: &Ledger,
) -> rusqlite::Result<()> {
    let known = |l: &Ledger| -> rusqlite::Result<[Option<String>; 7]> {
        let revision = |commit: &Option<CommitId>| commit.as_ref().map(|c| c.0.clone());
        Ok([
            l.cluster_id.as_ref().map(|id| id.0.clone()),
            Some(json(&l.observed)?),
            revision(&l.applied),
            revision(&l.converged),
            Some(json(&l.consents)?),
            Some(json(&l.begun)?),
            Some(json(&l.quiet)?),
        ])
    };
    let now = known(after)?;
    if known(before)? == now {
        return Ok(());
    }
    let [id, observed, applied, converged, consents, begun, quiet] = now;
    db.execute(
        "INSERT OR REPLACE INTO cluster VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            cluster.as_str(),
            id,
            observed,
            applied,
            converged,
            consents,
            begun,
            quiet
        ],
    )
    .map(drop)
}

/// Writes the records that changed, and removes those that went.
pub(super) fn records(
    db: &Transaction<'_>,
    cluster: &ClusterName,
    before: &Ledger,
    after: &Ledger,
) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4)")?;
    if Arc::ptr_eq(&before.records, &after.records) {
        return Ok(());
    }
    for (object, record) in after.records.iter() {
        if before.records.get(object) != Some(record) {
            let kind = object.kind.as_str();
            put.execute(params![
                cluster.as_str(),
                kind,
                object.name.as_str(),
                json(record)?
            ])?;
        }
    }
    let mut remove =
        db.prepare_cached("DELETE FROM record WHERE cluster = ?1 AND kind = ?2 AND name = ?3")?;
    for object in before.records.keys() {
        if !after.records.contains_key(object) {
            let kind = object.kind.as_str();
            remove.execute([cluster.as_str(), kind, object.name.as_str()])?;
        }
    }
    Ok(())
}

/// Writes the drift that began, and removes what ended.
pub(super) fn drift(
    db: &Transaction<'_>,
    cluster: &ClusterName,
    before: &Ledger,
    after: &Ledger,
) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO drift VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (at @ (object, class), drift) in &after.drift {
        if before.drift.get(at) != Some(drift) {
            put.execute(params![
                cluster.as_str(),
                object.kind.as_str(),
                object.name.as_str(),
                class.as_str(),
                json(drift)?
            ])?;
        }
    }
    let mut remove = db.prepare_cached(
        "DELETE FROM drift WHERE cluster = ?1 AND kind = ?2 AND name = ?3 AND class = ?4",
    )?;
    for at @ (object, class) in before.drift.keys() {
        if !after.drift.contains_key(at) {
            let (kind, name) = (object.kind.as_str(), object.name.as_str());
            remove.execute([cluster.as_str(), kind, name, class.as_str()])?;
        }
    }
    Ok(())
}

pub(super) fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}
