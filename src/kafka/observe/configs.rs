//! Reads the dynamic configs of brokers, groups and subscriptions to clients' metrics (rank 6, Kafka plane): the values
//! that are set on an object itself, never those it inherits.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use futures::{
    future::join_all,
    stream::{self, StreamExt},
};
use kafka_protocol::messages::{
    ListConfigResourcesRequest, describe_configs_response::DescribeConfigsResult,
};

use super::{
    Gap, ask,
    topics::{CONFIGS_AT_ONCE, IN_FLIGHT},
    values::{broker_keys, key_types, own_values},
};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, DESCRIBE_CONFIGS, Needs, On},
        requests::configs as requests,
    },
    live::{BrokerKey, Configs, LiveObject, Looks, Observed},
    model::{ConfigKey, ConfigType, Kind, ObjectRef, chain},
};

/// The name under which configs of all brokers stand.
const DEFAULT: &str = "default";

/// Values, or why they are not known, with all that was told.
type Told = Result<DescribeConfigsResult, String>;

/// Observes the configs of all brokers together and of each (trap 19: a broker tells only its own), and which keys
/// brokers have.
pub(super) async fn brokers(
    client: &Client,
    brokers: &[i32],
) -> (Observed<Configs>, BTreeMap<ConfigKey, BrokerKey>) {
    let names = brokers.iter().map(ToString::to_string);
    let names = names.chain([DEFAULT.to_owned()]);
    let each = names.map(|name| async move {
        let told = of_broker(client, To::Any, &name).await;
        (name, told)
    });
    let mut configs = Configs::new();
    let mut keys = BTreeMap::new();
    for (name, told) in join_all(each).await {
        if let Ok(told) = &told
            && keys.is_empty()
        {
            keys = broker_keys(told);
        }
        lay(&mut configs, name.into(), told, Kind::BrokerConfig);
    }
    // a single reason that holds everywhere is told once
    let unread = |one: &Observed<_>| one.unknown().map(str::to_owned);
    match configs.get(DEFAULT).and_then(unread) {
        Some(reason)
            if configs.len() > brokers.len() && configs.values().all(|c| c.known().is_none()) =>
        {
            (Observed::Unknown(reason), keys)
        }
        _ => (Observed::Known(configs), keys),
    }
}

/// Observes the configs of groups, and which keys groups have. `known`: groups that may have some, for clusters that do
/// not list them (before Kafka 4.1, KIP-1142).
pub(super) async fn groups(
    client: &Client,
    known: BTreeSet<CompactString>,
) -> Result<(Configs, BTreeMap<ConfigKey, ConfigType>), Gap> {
    let listed = listed(client, Kind::GroupConfig).await?;
    let names = listed.unwrap_or(known);
    // Kafka describes a group that is not there as it would be, so that any name tells the keys
    let any = BTreeSet::from([CompactString::const_new("headgate")]);
    let asked = if names.is_empty() { &any } else { &names };
    let told = describe(client, To::Any, Kind::GroupConfig, asked).await?;
    let keys = told
        .values()
        .flatten()
        .next()
        .map(key_types)
        .unwrap_or_default();
    let mut configs = Configs::new();
    for (name, told) in told {
        if names.contains(&name) {
            lay(&mut configs, name, told, Kind::GroupConfig);
        }
    }
    Ok((configs, keys))
}

/// Observes subscriptions to clients' metrics (KIP-714).
pub(super) async fn client_metrics(client: &Client) -> Result<Configs, Gap> {
    let listed = listed(client, Kind::ClientMetrics).await?;
    let names = listed.ok_or_else(|| too_old(Kind::ClientMetrics))?;
    let mut configs = Configs::new();
    for (name, told) in describe(client, To::Any, Kind::ClientMetrics, &names).await? {
        lay(&mut configs, name, told, Kind::ClientMetrics);
    }
    Ok(configs)
}

/// Looks at the configs of brokers, groups and subscriptions.
pub(super) async fn look(client: &Client, to: To, objects: &[&ObjectRef]) -> Looks {
    let of = |kind| -> BTreeSet<CompactString> {
        let of_kind = objects.iter().filter(|o| o.kind == kind);
        of_kind.map(|o| o.name.clone()).collect()
    };
    let (brokers, groups, metrics) = (
        of(Kind::BrokerConfig),
        of(Kind::GroupConfig),
        of(Kind::ClientMetrics),
    );
    let each = brokers
        .iter()
        .map(|name| async move { (name, of_broker(client, to, name).await) });
    let (of_brokers, of_groups, of_metrics) = tokio::join!(
        join_all(each),
        describe(client, to, Kind::GroupConfig, &groups),
        describe(client, to, Kind::ClientMetrics, &metrics),
    );
    let mut looks = Looks::new();
    for (name, told) in of_brokers {
        looks.insert(
            ObjectRef::new(Kind::BrokerConfig, name),
            seen(told, Kind::BrokerConfig),
        );
    }
    for (kind, names, told) in [
        (Kind::GroupConfig, groups, of_groups),
        (Kind::ClientMetrics, metrics, of_metrics),
    ] {
        let mut told = told.map_err(Gap::why).unwrap_or_else(|reason| {
            let failed = |name: &CompactString| (name.clone(), Err(reason.clone()));
            names.iter().map(failed).collect()
        });
        for name in names {
            let left_out = || Err("the broker's answer leaves it out".to_owned());
            let one = told.remove(&name).unwrap_or_else(left_out);
            looks.insert(ObjectRef::new(kind, &name), seen(one, kind));
        }
    }
    looks
}

/// Asks a broker for its configs, or whomever we are told to for those of all.
async fn of_broker(client: &Client, to: To, name: &str) -> Told {
    let to = match name.parse() {
        Ok(id) => To::Broker(id),
        Err(_) if name == DEFAULT => to,
        Err(_) => return Err(format!("{name} is no broker's id")),
    };
    let answer = ask(client, to, &requests::describe(Kind::BrokerConfig, [name])).await?;
    let told = answer.results.into_iter().next();
    checked(
        client,
        told.ok_or("the broker's answer leaves it out")?,
        DESCRIBE_CONFIGS,
    )
}

/// Asks for the configs of named groups or subscriptions.
///
/// # Errors
/// The cluster has no such thing, or no broker answers.
async fn describe(
    client: &Client,
    to: To,
    kind: Kind,
    names: &BTreeSet<CompactString>,
) -> Result<BTreeMap<CompactString, Told>, Gap> {
    let names: Vec<&str> = names.iter().map(CompactString::as_str).collect();
    let each = names.chunks(CONFIGS_AT_ONCE).map(|names| async move {
        ask(client, to, &requests::describe(kind, names.iter().copied())).await
    });
    let mut answers = stream::iter(each.collect::<Vec<_>>()).buffer_unordered(IN_FLIGHT);
    let mut told = BTreeMap::new();
    while let Some(answer) = answers.next().await {
        for result in answer?.results {
            // a broker that does not know the type refuses the request, not an item
            if Code(result.error_code) == Code::INVALID_REQUEST {
                return Err(too_old(kind));
            }
            let name = CompactString::from(result.resource_name.as_str());
            let needs = Needs {
                operation: "DescribeConfigs",
                on: match kind {
                    Kind::GroupConfig => On::Group(&name),
                    _ => On::Cluster,
                },
            };
            let result = checked(client, result, needs);
            told.insert(name, result);
        }
    }
    Ok(told)
}

fn too_old(kind: Kind) -> Gap {
    let why = match kind {
        Kind::GroupConfig => "the cluster has no configs of groups; they need Kafka 4.0",
        _ => "the cluster has no subscriptions to clients' metrics; they need Kafka 3.7",
    };
    Gap::Unsupported(why.to_owned())
}

/// Lists the objects of a kind that have configs; `None` where the cluster cannot.
async fn listed(client: &Client, kind: Kind) -> Result<Option<BTreeSet<CompactString>>, String> {
    let version = client.version::<ListConfigResourcesRequest>(To::Any).await;
    let request = match version.map_err(|e| chain(&e))? {
        Some(version) if version >= requests::LISTS_EVERY_KIND => requests::list(Some(kind)),
        Some(_) if kind == Kind::ClientMetrics => requests::list(None),
        _ => return Ok(None),
    };
    let answer = ask(client, To::Any, &request).await?;
    match Code(answer.error_code) {
        Code::NONE => {
            let names = answer.config_resources.iter();
            Ok(Some(
                names.map(|r| r.resource_name.as_str().into()).collect(),
            ))
        }
        code => Err(denied::refused(
            client.settings(),
            code,
            None,
            DESCRIBE_CONFIGS,
        )),
    }
}

fn checked(client: &Client, told: DescribeConfigsResult, needs: Needs<'_>) -> Told {
    match Code(told.error_code) {
        Code::NONE => Ok(told),
        code => {
            let message = told.error_message.as_deref();
            Err(denied::refused(client.settings(), code, message, needs))
        }
    }
}

/// Lays an object's own values into a map; one without any does not exist.
fn lay(configs: &mut Configs, name: CompactString, told: Told, kind: Kind) {
    match told {
        Ok(told) => {
            let own = own_values(&told.configs, own_source(kind, &name));
            if !own.is_empty() {
                configs.insert(name, Observed::Known(own));
            }
        }
        Err(reason) => drop(configs.insert(name, Observed::Unknown(reason))),
    }
}

fn seen(told: Told, kind: Kind) -> Observed<Option<LiveObject>> {
    match told {
        Ok(told) => {
            let source = own_source(kind, &told.resource_name);
            let own = own_values(&told.configs, source);
            let config = Some(own).filter(|own| !own.is_empty());
            Observed::Known(config.map(LiveObject::Config))
        }
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Returns the source that means a value is set on the object itself (`DescribeConfigsResponse.ConfigSource`).
fn own_source(kind: Kind, name: &str) -> i8 {
    match kind {
        Kind::ClientMetrics => 7,
        Kind::GroupConfig => 8,
        _ if name.is_empty() || name == DEFAULT => 3,
        _ => 2,
    }
}
