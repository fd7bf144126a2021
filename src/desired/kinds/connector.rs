//! `kind: Connector`: the plugin that runs, its whole config, and how it runs (desired, rank 1).

use compact_str::{CompactString, ToCompactString};

use super::{
    Declares, Document, Spec,
    offsets::Offsets,
    settings::{SecretSettings, Settings},
};
use crate::{
    desired::{
        DesiredConnector, DesiredValue, Restart, RunState,
        across::{Mention, Mentions},
        connector::topics_in,
        home::Home,
        node::{Node, shorten},
        page::Page,
        read::{Count, Needed, Read, Spotted, Text, mirror},
        word::word,
    },
    model::{ConfigKey, Kind, ObjectRef},
};

/// The key of the connector's own name, which Connect adds to every config.
const NAME: &str = "name";
/// The key of the plugin's class.
const CLASS: &str = "connector.class";
/// The key of how many tasks there are at most.
const TASKS_MAX: &str = "tasks.max";

mirror! {
    /// What is wanted of a connector.
    ConnectorSpec {
        /// The Connect cluster that runs it, by its name in `headgate.yaml`. Default: main.
        connect = "connect": Option<Text>,
        /// The class of its plugin (`connector.class`).
        class = "class": Needed<Text>,
        /// How many tasks it has at most (`tasks.max`). Default: Connect's, which is 1.
        tasks_max = "tasksMax": Option<Count<1, { i32::MAX.unsigned_abs() }>>,
        /// How it runs: `running`; `paused`, when its tasks rest; `stopped`, when it has none (Kafka 3.5 and later). Default:
        /// running.
        state = "state": Option<RunState>,
        /// Its whole config by the plugin's names, as text: nothing is converted, `${…}` stays as it is for Connect to look
        /// up, and a key that does not stand here is taken out of the connector.
        config = "config": Option<Settings>,
        /// Configs whose values are secrets, by key: `{database.password: {secret: name}}`.
        config_from = "configFrom": Option<SecretSettings>,
        /// When it is restarted after it failed, or a task of it did.
        restart = "restart": Option<RestartSpec>,
        /// Where its offsets are set, once, while it is stopped, and with consent under `deletion.allow`: `reset` forgets
        /// them; a list of `{partition: {…}, offset: {…}}`, in the connector's own terms, says where each goes on. Together
        /// with `state: stopped` only.
        offsets = "offsets": Option<Spotted<Offsets>>,
    }
}

mirror! {
    /// When a connector is restarted.
    RestartSpec {
        /// How often in a row; 0: never. Default: 7. The count begins anew once it ran for as long as the last pause.
        max = "max": Option<Count<0, 1_000>>,
        /// How the pauses grow: before the nth restart it waits n² − n minutes.
        backoff = "backoff": Option<Backoff>,
    }
}

/// How the pauses between restarts grow.
#[derive(Debug, Clone, Copy)]
pub(in crate::desired) enum Backoff {
    /// With the square of their number.
    Quadratic,
}

impl Backoff {
    /// Every word.
    pub(in crate::desired) const WORDS: [&str; 1] = ["quadratic"];
}

impl Read for Backoff {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        word(
            "backoff",
            &Self::WORDS,
            |_| Some(Self::Quadratic),
            node,
            page,
        )
    }
}

impl Read for RunState {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let words = Self::ALL.map(Self::as_str);
        let parse = |text: &str| Self::ALL.into_iter().find(|s| s.as_str() == text);
        word("state", &words, parse, node, page)
    }
}

impl Spec for ConnectorSpec {
    const KIND: &'static str = "Connector";
    const ABOUT: &'static str = "A connector of a Kafka Connect cluster.";
    const NAMED: &'static str =
        "What it is called. Connectors of different Connect clusters have different names, too.";
}

impl Declares for ConnectorSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let (Some(name), Some(spec)) = (document.name(), &document.spec) else {
            return;
        };
        if let Some(why) = no_name(&name.value) {
            return page.error(name.at, why);
        }
        let object = ObjectRef::new(Kind::Connector, &name.value);
        if !home.claim(object, document.at, page) {
            return;
        }
        let config = spec.whole_config(&name.value, page);
        let built = DesiredConnector {
            place: page.place(document.at),
            labels: document.labels(),
            connect: match &spec.connect {
                Some(connect) => connect.value.clone(),
                None => DesiredConnector::DEFAULT_CONNECT.into(),
            },
            config: config.into(),
            state: spec.state.unwrap_or_default(),
            restart: spec
                .restart
                .as_ref()
                .map(RestartSpec::build)
                .unwrap_or_default(),
            offsets: spec.offsets.as_ref().map(|o| o.value.0.clone()),
        };
        if let Some(offsets) = &spec.offsets
            && built.state != RunState::Stopped
        {
            page.error_with(
                offsets.at,
                "offsets are set only while the connector is stopped, and the document does not say that it is",
                "write `state: stopped`; once they are set, take `offsets` out and let it run again".to_owned(),
            );
        }
        home.mentions.extend(spec.topics(&name.value, page));
        if let Some(cluster) = &mut home.cluster {
            cluster.connectors.insert(name.value.clone(), built);
        }
    }
}

/// Says why a connector cannot be called so (Kafka, `ConnectorConfig.NAME_CONFIG`; a `/` would make another path of it, and
/// stands between the Connect cluster and the name where two have one of the same name).
fn no_name(name: &str) -> Option<String> {
    let strange = |c: char| c.is_control() || c == '/';
    let wrong = name != name.trim() || name.contains(strange) || matches!(name, "." | "..");
    wrong.then(|| {
        format!(
            "{} is no name of a connector: expected no `/`, no control characters, and no spaces around it",
            shorten(name)
        )
    })
}

impl ConnectorSpec {
    /// Puts together what Connect is told, sorted by key. What the config repeats of the rest of the document must agree
    /// with it.
    fn whole_config(&self, name: &str, page: &mut Page<'_>) -> Vec<(ConfigKey, DesiredValue)> {
        let class = self.class.0.as_ref().map(|class| class.value.clone());
        let tasks_max = self.tasks_max.map(|n| n.value.to_compact_string());
        let said = [
            (NAME, "metadata.name", Some(CompactString::from(name))),
            (CLASS, "class", class.clone()),
            (TASKS_MAX, "tasksMax", tasks_max.clone()),
        ];
        let mut config = Vec::new();
        for setting in self.config.iter().flat_map(|c| &c.0) {
            let (key, value) = (&setting.key, &setting.value);
            let twice = said.iter().find(|(twice, _, _)| key.as_str() == *twice);
            match twice {
                Some((_, field, Some(said))) if *said != value.value => page.error_with(
                    value.at,
                    format!(
                        "`{key}` contradicts `{field}`, which says {}",
                        shorten(said)
                    ),
                    format!("take it out of the config: `{field}` says it"),
                ),
                Some((_, _, Some(_))) => {}
                _ if setting.is_refused(page) => {}
                _ => {
                    setting.warn_of_secret(page);
                    config.push((key.clone(), DesiredValue::Set(value.value.clone())));
                }
            }
        }
        for (key, secret) in self.config_from.iter().flat_map(|c| &c.0) {
            let own = said.iter().find(|(own, _, _)| key.value.as_str() == *own);
            if let Some((own, field, _)) = own {
                page.error_with(
                    key.at,
                    format!("`{own}` is no secret: the document has a field of its own for it"),
                    format!("say it as `{field}`"),
                );
                continue;
            }
            if config.iter().any(|(other, _)| *other == key.value) {
                page.error(
                    key.at,
                    format!("`{}` is said without a secret, too", key.value),
                );
                continue;
            }
            config.push((key.value.clone(), DesiredValue::Secret(secret.clone())));
        }
        let own = [(CLASS, class), (TASKS_MAX, tasks_max)].into_iter();
        let own = own.filter_map(|(key, value)| Some((ConfigKey::new(key), value?)));
        config.extend(own.map(|(key, value)| (key, DesiredValue::Set(value))));
        config.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        config
    }

    /// Returns where the config names topics.
    fn topics(&self, name: &str, page: &Page<'_>) -> Vec<Mention> {
        let class = self.class.0.as_ref();
        let class = class.map(|class| (CLASS, class.value.as_str()));
        let settings = self.config.iter().flat_map(|c| &c.0);
        let mentions = settings.flat_map(|setting| {
            let entry = (setting.key.as_str(), setting.value.value.as_str());
            let topics = topics_in(class.into_iter().chain([entry]));
            topics.map(|topic| Mention {
                place: page.place(setting.at),
                by: name.into(),
                object: ObjectRef::topic(topic),
                mentions: Mentions::TopicOfConnector,
            })
        });
        mentions.collect()
    }
}

impl RestartSpec {
    fn build(&self) -> Restart {
        // there is no other way yet
        let (Some(Backoff::Quadratic) | None) = self.backoff;
        let default = Restart::default();
        Restart {
            max: self.max.map_or(default.max, |n| n.value),
        }
    }
}
