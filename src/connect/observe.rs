//! Reads what a Connect cluster holds (rank 7, Connect plane). Whatever is no clear answer of Connect's makes unknown what
//! was asked, never absent.

use std::collections::BTreeMap;

use compact_str::CompactString;
use futures::{StreamExt, future, stream};
use tokio::time::Instant;

use super::{
    Client,
    answers::{Connectors, Info, Root, Status, connector},
};
use crate::{
    live::{ConnectCluster, ConnectLooked, ConnectSeen, LiveConnector, Observed},
    model::chain,
    rest::{Answer, Complaint, Error, Method, Request, segment, within},
};

/// Up to so many connectors are looked at one by one, which takes two small requests each; more are cheaper in one list.
const ONE_BY_ONE: usize = 8;

/// Looks at single connectors that are under way at once.
const AT_ONCE: usize = 4;

/// Observes everything.
pub(super) async fn observe(client: &Client) -> Observed<ConnectSeen> {
    match future::try_join(cluster(client), connectors(client)).await {
        Ok((cluster, connectors)) => Observed::Known(ConnectSeen {
            cluster,
            connectors,
        }),
        Err(error) => Observed::Unknown(chain(&error)),
    }
}

/// Looks at some connectors.
pub(super) async fn look(client: &Client, names: &[CompactString]) -> Observed<ConnectLooked> {
    let end = Instant::now() + client.patience.look;
    let listed = async {
        match names.len() > ONE_BY_ONE {
            true => connectors(client).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let (cluster, mut listed) = match future::try_join(cluster(client), listed).await {
        Ok(read) => read,
        Err(error) => return Observed::Unknown(chain(&error)),
    };
    let seen = |name: &CompactString| {
        let listed = listed.remove(name).map(|seen| seen.map(Some));
        (name.clone(), listed)
    };
    // a list lacks those of which the status is not known, so only a look of its own tells that one is absent
    let each: Vec<_> = names.iter().map(seen).collect();
    let looks = each.into_iter().map(|(name, listed)| async move {
        let seen = match listed {
            Some(seen) => seen,
            None => within(end, "Connect", one(client, &name)).await,
        };
        (name, seen)
    });
    let connectors = stream::iter(looks).buffer_unordered(AT_ONCE);
    Observed::Known(ConnectLooked {
        cluster,
        connectors: connectors.collect().await,
    })
}

async fn get(client: &Client, path: &str) -> Result<Answer, Error> {
    let request = Request::new(Method::Get, path, client.patience.read);
    client.rest.send(&request).await
}

async fn cluster(client: &Client) -> Result<ConnectCluster, Error> {
    let root: Root = get(client, "/").await?.json()?;
    Ok(root.into())
}

async fn connectors(
    client: &Client,
) -> Result<BTreeMap<CompactString, Observed<LiveConnector>>, Error> {
    let answer = get(client, "/connectors?expand=info&expand=status").await?;
    let Connectors(read) = answer.json()?;
    let live = |(name, seen): (CompactString, Observed<(Info, Option<Status>)>)| {
        let seen = seen.map(|(info, status)| connector(&client.name, &name, info, status));
        (name, seen)
    };
    Ok(read.into_iter().map(live).collect())
}

async fn one(client: &Client, name: &str) -> Result<Option<LiveConnector>, Error> {
    let Some(segment) = segment(name) else {
        return Err(Error::Settings(format!(
            "no request can name the connector {name:?}"
        )));
    };
    let path = format!("/connectors/{segment}");
    let answer = get(client, &path).await?;
    if is_absent(&answer, name) {
        return Ok(None);
    }
    let info: Info = answer.json()?;
    let answer = get(client, &format!("{path}/status")).await?;
    let status = match is_absent(&answer, name) {
        true => None,
        false => Some(answer.json()?),
    };
    Ok(Some(connector(&client.name, name, info, status)))
}

/// Tells whether Connect itself says that there is no such connector, and names it. A worker that is starting answers 404 to
/// everything, and so does a proxy with the wrong path.
pub(super) fn is_absent(answer: &Answer, name: &str) -> bool {
    let names_it =
        |complaint: Complaint| complaint.error_code == 404 && complaint.message.contains(name);
    answer.status == 404 && !answer.has_no_such_path() && answer.complaint().is_some_and(names_it)
}
