//! Finds out which subjects refer to another one (rank 7, registry plane): for people who cannot delete it.

use std::collections::BTreeSet;

use compact_str::CompactString;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::{Client, path};
use crate::rest::Error;

/// Versions that are asked about, the newest first, and schemas that refer to them: who deletes wants to know the first few.
const ASKED: usize = 10;

/// Where a schema is registered.
#[derive(Deserialize)]
struct Registered {
    subject: CompactString,
}

/// Returns subjects that refer to this one, as far as the registry tells in the time of one read.
pub(super) async fn referrers(client: &Client, subject: &str) -> BTreeSet<CompactString> {
    let mut found = BTreeSet::new();
    let end = Instant::now() + client.patience.read;
    // what was found until then is told
    let _ = timeout_at(end, find(client, subject, &mut found)).await;
    found.remove(subject);
    found
}

async fn find(
    client: &Client,
    subject: &str,
    found: &mut BTreeSet<CompactString>,
) -> Result<(), Error> {
    let versions = path("/subjects", subject, "/versions")?;
    let versions: BTreeSet<u32> = client.get(&versions).await?.json()?;
    let mut ids = BTreeSet::new();
    for version in versions.into_iter().rev().take(ASKED) {
        let below = format!("/versions/{version}/referencedby");
        let by: Vec<u64> = client
            .get(&path("/subjects", subject, &below)?)
            .await?
            .json()?;
        ids.extend(by);
    }
    for id in ids.into_iter().take(ASKED) {
        let path = format!("/schemas/ids/{id}/versions");
        let at: Vec<Registered> = client.get(&path).await?.json()?;
        found.extend(at.into_iter().map(|one| one.subject));
    }
    Ok(())
}
