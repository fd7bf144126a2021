//! Reads the names of all subjects (rank 7, registry plane). Registries cut the list without a word: Apicurio after 1,000
//! names, Confluent's after 20,000 (`subject.search.max.limit`).

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::Client;
use crate::{model::chain, rest::Error};

/// A list of a multiple of so many names may be cut there: all limits that are known are such a multiple.
const ROUND: usize = 1_000;

/// So many names are read: no registry is said to hold more, and memory has an end.
const MOST: usize = 100_000;

/// What a registry lists.
pub(super) struct Listed {
    pub(super) names: BTreeSet<CompactString>,
    /// Why there may be more.
    pub(super) cut: Option<String>,
}

/// Reads the list; all of it where `whole`, though it takes a request more where it may be cut.
pub(super) async fn list(client: &Client, whole: bool) -> Result<Listed, Error> {
    let mut names: BTreeSet<CompactString> = client.get("/subjects").await?.json()?;
    while whole && may_be_cut(names.len()) {
        let before = names.len();
        let more = match page(client, before).await {
            Ok(more) if more.is_empty() => break,
            Ok(more) => more,
            Err(error) => {
                let cut = Some(told(before, &chain(&error)));
                return Ok(Listed { names, cut });
            }
        };
        names.extend(more);
        let why = match names.len() {
            now if now == before => "it tells the same ones again",
            MOST.. => "it has too many",
            _ => continue,
        };
        let cut = Some(told(names.len(), why));
        return Ok(Listed { names, cut });
    }
    Ok(Listed { names, cut: None })
}

async fn page(client: &Client, from: usize) -> Result<BTreeSet<CompactString>, Error> {
    let path = format!("/subjects?offset={from}");
    client.get(&path).await?.json()
}

fn may_be_cut(names: usize) -> bool {
    names > 0 && names.is_multiple_of(ROUND)
}

fn told(names: usize, why: &str) -> String {
    format!(
        "the registry lists {names} subjects, which may not be all, and does not tell more ({why}); declare the subjects \
         that matter: those are asked for by name"
    )
}
