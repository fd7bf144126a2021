//! How schemas may change: what the registry and a subject say of it (rank 7, registry plane).

use compact_str::CompactString;

use super::{
    Client,
    answers::{Level, NO_LEVEL, NO_SUBJECT, says},
    path,
};
use crate::{desired::Compatibility, rest::Error};

/// The level at which anything goes, as the registry spells it.
const NONE: &str = "NONE";

/// Reads what holds for subjects that do not say.
pub(super) async fn global(client: &Client) -> Result<CompactString, Error> {
    let answer = client.get("/config").await?;
    let told: Level = answer.json()?;
    told.level
        .ok_or_else(|| answer.unreadable("without a level".to_owned()))
}

/// Reads what a subject says itself; `None`: nothing.
///
/// Apicurio answers `NONE` where a subject says nothing, too. Where the registry as a whole has another level, the level
/// that is in force tells which it is. Where it has `NONE`, both mean the same, and what git declares counts as said.
pub(super) async fn own(
    client: &Client,
    subject: &str,
    global: Option<&str>,
    declared: Option<Compatibility>,
) -> Result<Option<CompactString>, Error> {
    let told = read(client, subject, false).await?;
    match (told, global) {
        (Some(told), Some(NONE)) if told == NONE => {
            Ok(Some(told).filter(|_| declared == Some(Compatibility::None)))
        }
        (Some(told), Some(_)) if told == NONE => {
            let in_force = read(client, subject, true).await?;
            Ok(in_force.filter(|in_force| *in_force == told))
        }
        (told, _) => Ok(told),
    }
}

/// Tells whether `NONE` still stands where it was just taken away. Apicurio takes every other level away.
pub(super) async fn is_stuck(client: &Client, subject: &str) -> bool {
    let told = read(client, subject, false).await;
    told.is_ok_and(|told| told.is_some_and(|told| told == NONE))
}

async fn read(
    client: &Client,
    subject: &str,
    in_force: bool,
) -> Result<Option<CompactString>, Error> {
    let below = format!("?defaultToGlobal={in_force}");
    let answer = client.get(&path("/config", subject, &below)?).await?;
    if says(&answer, &[NO_LEVEL, NO_SUBJECT]) {
        return Ok(None);
    }
    let told: Level = answer.json()?;
    Ok(told.level)
}
