//! Asks a plugin what it says of a config (rank 7, Connect plane). What it says is a warning before a write: it may depend
//! on systems that are down at the moment, and only the worker that is asked answers (Kafka, docs/connect.html).

use std::collections::BTreeMap;

use super::{
    Client,
    answers::{Plugin, Validation},
    hidden, plaintext,
};
use crate::{
    live::{ConfigProblem, Observed},
    model::{Hidden, chain, one_line},
    ports::{ConnectorConfig, NewValue},
    rest::{Again, Answer, Error, Method, Request, segment},
};

/// The key that names the plugin.
const CLASS: &str = "connector.class";

/// Plugins that are named to somebody whose own is not there, and the most characters of that.
const NAMED: usize = 20;
const NAMES: usize = 2_000;

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
        Ok(found) => Observed::Known(problems(found, &hidden)),
        Err(error) => Observed::Unknown(chain(&error)),
    }
}

fn problems(found: Validation, hidden: &Hidden) -> Vec<ConfigProblem> {
    let of_key = |of: super::answers::ValidatedValue| {
        let key = of.name;
        let told = of.errors.into_iter().map(move |words| ConfigProblem {
            key: key.clone(),
            message: hidden::tell(hidden, &words),
        });
        told.collect::<Vec<_>>()
    };
    let keys = found.configs.into_iter().map(|config| config.value);
    keys.flat_map(of_key).collect()
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
