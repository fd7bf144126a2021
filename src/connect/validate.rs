//! Asks a plugin what it says of a config (rank 7, Connect plane). What it says is a warning before a write: it may depend
//! on systems that are down at the moment, and only the worker that is asked answers (Kafka, docs/connect.html).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Client,
    answers::{Plugin, Validation},
    hidden, plaintext,
};
use crate::{
    desired::slip,
    live::{ConfigProblem, Observed},
    model::{ConfigKey, Hidden, chain, one_line},
    ports::{ConnectorConfig, NewValue},
    rest::{Again, Answer, Error, Method, Request, segment},
};

/// The key that names the plugin.
const CLASS: &str = "connector.class";

/// Plugins that are named to somebody whose own is not there, and the most characters of that.
const NAMED: usize = 20;
const NAMES: usize = 2_000;

/// What keys begin with that Connect reads itself or hands on, whatever the plugin says of them (Kafka, `ConnectorConfig`,
/// `SourceConnectorConfig`).
const HANDED_ON: [&str; 10] = [
    "admin.override.",
    "consumer.override.",
    "errors.",
    "header.converter.",
    "key.converter.",
    "predicates.",
    "producer.override.",
    "topic.creation.",
    "transforms.",
    "value.converter.",
];

/// The most keys of a plugin, and the longest, that a key is compared with; the largest plugins have some hundreds.
const MOST_KEYS: usize = 5_000;
const LONGEST_KEY: usize = 200;

/// Asks the plugin.
pub(super) async fn validate(
    client: &Client,
    name: &str,
    config: &ConnectorConfig,
) -> Observed<Vec<ConfigProblem>> {
    let Some(class) = config.get(CLASS).map(NewValue::expose) else {
        return Observed::Known(vec![problem(
            "it is missing; name the plugin's class".into(),
        )]);
    };
    let Some(segment) = segment(class) else {
        return Observed::Known(vec![problem("it is no class".into())]);
    };
    let withheld = plaintext::withheld(client, config).map(|key| ConfigProblem {
        key: key.as_str().into(),
        message: plaintext::WHY.to_owned(),
        is_hint: false,
    });
    let withheld: Vec<ConfigProblem> = withheld.collect();
    if !withheld.is_empty() {
        return Observed::Known(withheld);
    }
    let hidden = hidden::of(Some(config));
    let mut values: BTreeMap<&str, &str> = BTreeMap::from([("name", name)]);
    values.extend(
        config
            .iter()
            .map(|(key, value)| (key.as_str(), value.expose())),
    );
    let path = format!("/connector-plugins/{segment}/config/validate");
    let request = Request::new(Method::Put, path, client.patience.validate)
        .with_json(&values)
        .asked_again(Again::OnFailure);
    let answer = match client.rest.send(&request).await {
        Ok(answer) => answer,
        Err(error) => return Observed::Unknown(chain(&error)),
    };
    if !answer.is_success() {
        return refused(client, class, &answer, &hidden).await;
    }
    match answer.json::<Validation>() {
        Ok(found) => {
            let slips = slips(class, config, &found);
            Observed::Known(problems(found, &hidden).chain(slips).collect())
        }
        Err(error) => Observed::Unknown(chain(&error)),
    }
}

fn problems(found: Validation, hidden: &Hidden) -> impl Iterator<Item = ConfigProblem> {
    let keys = found.configs.into_iter().map(|config| config.value);
    keys.flat_map(move |of| {
        let key = of.name;
        of.errors.into_iter().map(move |words| ConfigProblem {
            key: key.clone(),
            message: hidden::tell(hidden, &words),
            is_hint: false,
        })
    })
}

/// Finds keys that the plugin does not know and that are a letter or two away from one that it does and that is not set:
/// Connect drops them without a word. Others may be read by a plugin that does not declare them.
fn slips(class: &str, config: &ConnectorConfig, found: &Validation) -> Vec<ConfigProblem> {
    let known = found.configs.iter().filter(|one| one.definition.is_some());
    let known: BTreeSet<&str> = known.map(|one| one.value.name.as_str()).collect();
    if known.len() > MOST_KEYS {
        return Vec::new();
    }
    let keys: BTreeSet<&str> = config.keys().map(ConfigKey::as_str).collect();
    let is_own = |key: &&&str| !HANDED_ON.iter().any(|begin| key.starts_with(begin));
    let unset: Vec<&str> = known.difference(&keys).copied().collect();
    let unset = unset.into_iter().filter(|key| key.len() <= LONGEST_KEY);
    let unknown = keys.difference(&known).filter(is_own);
    let slips = unknown.filter_map(|key| {
        let near = slip(key, unset.clone())?;
        Some(ConfigProblem {
            key: (*key).into(),
            message: one_line(
                &format!("key `{key}` is not known to {class}; did you mean `{near}`?"),
                NAMES,
            ),
            is_hint: true,
        })
    });
    slips.collect()
}

/// Finds out what a refusal means: Connect says with different codes and words in each version that a plugin is missing.
async fn refused(
    client: &Client,
    class: &str,
    answer: &Answer,
    hidden: &Hidden,
) -> Observed<Vec<ConfigProblem>> {
    let plugins = match plugins(client).await {
        Ok(plugins) => plugins,
        Err(error) => return Observed::Unknown(chain(&error)),
    };
    if plugins.iter().any(|plugin| is_called(&plugin.class, class)) {
        let words = answer.complaint().map(|complaint| complaint.message);
        let words = hidden::tell(hidden, &words.unwrap_or_default());
        let told = answer.told(&words);
        return Observed::Unknown(format!("the plugin could not be asked: {told}"));
    }
    let mut there: Vec<&str> = plugins.iter().map(|plugin| plugin.class.as_str()).collect();
    there.sort_unstable();
    let more = match there.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    there.truncate(NAMED);
    let there = one_line(&there.join(", "), NAMES);
    Observed::Known(vec![problem(format!(
        "the worker at {} has no plugin {class}; install it on all workers, or use one that is there: {there}{more}",
        answer.address
    ))])
}

async fn plugins(client: &Client) -> Result<Vec<Plugin>, Error> {
    let path = "/connector-plugins";
    let request = Request::new(Method::Get, path, client.patience.read);
    client.rest.send(&request).await?.json()
}

/// Tells whether a class may be called so: by its whole name, by the last part, or by that without `Connector` (Kafka,
/// `PluginUtils.simpleName` and `prunedName`).
fn is_called(class: &str, name: &str) -> bool {
    let simple = class.rsplit(['.', '$']).next().unwrap_or(class);
    name == class || name == simple || simple.strip_suffix("Connector") == Some(name)
}

fn problem(message: String) -> ConfigProblem {
    ConfigProblem {
        key: CLASS.into(),
        message,
        is_hint: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_have_short_names_as_well() {
        let class = "org.apache.kafka.connect.file.FileStreamSinkConnector";
        for (name, is) in [
            (class, true),
            ("FileStreamSinkConnector", true),
            ("FileStreamSink", true),
            ("SinkConnector", false),
            ("FileStreamSourceConnector", false),
        ] {
            assert_eq!(is_called(class, name), is, "{name}");
        }
    }
}
