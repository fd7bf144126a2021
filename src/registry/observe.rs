//! Observes a registry (rank 7, registry plane): one request for the names, one for the level that holds for all, and of
//! each subject that is wanted three: its versions, its level, and whether it has the declared schema. Subjects that nobody
//! wants are not read. A list may be cut: that a subject is absent is believed only where it was asked for by its name.

use std::collections::BTreeSet;

use compact_str::CompactString;
use futures::future::join;
use tokio::time::Instant;

use super::{
    Client, level,
    listing::list,
    reading::{Reading, versions, within},
};
use crate::{
    live::{Observed, RegistryLive, RegistryLooked},
    ports::Wanted,
};

/// Observes what is wanted.
pub(super) async fn observe(client: &Client, wanted: &Wanted<'_>) -> Observed<RegistryLive> {
    let end = Instant::now() + client.patience.observe;
    let listing = within(end, list(client, !wanted.owned.is_empty()));
    let (listed, global) = join(listing, within(end, level::global(client))).await;
    let listed = match listed {
        Observed::Known(listed) => listed,
        Observed::Unknown(why) => return Observed::Unknown(why),
    };
    let owned = listed.names.iter();
    let owned = owned.filter(|name| wanted.owned.iter().any(|pattern| pattern.matches(name)));
    let names: BTreeSet<&CompactString> = wanted
        .schemas
        .keys()
        .chain(owned)
        .chain(wanted.due)
        .collect();
    let is_due = |name: &str| wanted.due.contains(name);
    let versions = versions(client, with_referred(wanted, &names), is_due, end).await;
    let reading = Reading {
        client,
        wanted,
        global: &global,
        versions: &versions,
        judges: true,
        end,
    };
    let mut live = RegistryLive {
        unlisted: listed.cut,
        ..RegistryLive::default()
    };
    for (name, read) in reading.subjects(names).await {
        if let Some(check) = read.check {
            live.checks.insert(name.clone(), check);
        }
        match read.live {
            Observed::Known(None) => {}
            Observed::Known(Some(seen)) => drop(live.subjects.insert(name, Observed::Known(seen))),
            Observed::Unknown(why) => drop(live.subjects.insert(name, Observed::Unknown(why))),
        }
    }
    live.compatibility = global;
    Observed::Known(live)
}

/// Looks at some subjects.
pub(super) async fn look(
    client: &Client,
    wanted: &Wanted<'_>,
    subjects: &[CompactString],
) -> RegistryLooked {
    let end = Instant::now() + client.patience.observe;
    let names: BTreeSet<&CompactString> = subjects.iter().collect();
    let is_due = |name: &str| wanted.due.contains(name);
    let reading = versions(client, with_referred(wanted, &names), is_due, end);
    let (versions, global) = join(reading, within(end, level::global(client))).await;
    let reading = Reading {
        client,
        wanted,
        global: &global,
        versions: &versions,
        judges: false,
        end,
    };
    let read = reading.subjects(names).await.into_iter();
    RegistryLooked {
        subjects: read.map(|(name, read)| (name, read.live)).collect(),
        compatibility: global,
    }
}

/// Adds the subjects that declared schemas refer to: what a reference means depends on their versions.
fn with_referred<'a>(
    wanted: &Wanted<'a>,
    names: &BTreeSet<&'a CompactString>,
) -> BTreeSet<&'a CompactString> {
    let schemas = names.iter().filter_map(|name| wanted.schemas.get(*name));
    let references = schemas.flat_map(|schema| &schema.references);
    let referred = references.map(|reference| &reference.subject);
    names.iter().copied().chain(referred).collect()
}
