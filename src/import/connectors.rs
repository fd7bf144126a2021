//! Connectors as documents (import, pure).

use std::collections::BTreeMap;

use super::{
    Page, listed,
    text::{Block, Labels, flow, scalar},
};
use crate::{
    desired::DesiredConnector,
    live::{ConnectLive, LiveConnector, Observed},
    model::{Kind, holds_login, is_masked, is_secret_key},
};

/// Their folder.
const FOLDER: &str = "connectors";

/// A connector.
#[derive(Default)]
pub(super) struct Connector {
    /// The Connect cluster.
    pub(super) connect: Option<String>,
    pub(super) class: String,
    pub(super) tasks_max: Option<usize>,
    pub(super) state: Option<&'static str>,
    pub(super) config: BTreeMap<String, String>,
    /// Secrets by config key.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) labels: Labels,
}

/// Reads what the Connect clusters have.
pub(super) fn of_live(
    connect: Option<&Observed<ConnectLive>>,
    page: &mut Page,
) -> BTreeMap<String, Connector> {
    let mut read = BTreeMap::new();
    let Some(connect) = connect.and_then(|seen| listed(seen, Kind::Connector, page)) else {
        return read;
    };
    for (name, cluster) in &connect.clusters {
        if let Some(why) = cluster.unknown() {
            page.unread(Kind::Connector, &format!("of Connect cluster {name}"), why);
        }
    }
    for (name, seen) in &connect.connectors {
        match seen {
            Observed::Unknown(why) => page.unread(Kind::Connector, name, why),
            Observed::Known(one) if one.name != *name => page.note(format!(
                "Connector {name}: another Connect cluster has one of that name, and names are unique here; give one of \
                 them another name"
            )),
            Observed::Known(one) => {
                let connector = Connector::of_live(one, page);
                if connector.class.is_empty() {
                    page.note(format!("Connector {name}: its config has no `connector.class`"));
                } else {
                    read.insert(name.to_string(), connector);
                }
            }
        }
    }
    read
}

/// Writes connectors as documents, by the beginnings of their names.
pub(super) fn write(connectors: &BTreeMap<String, Connector>, page: &mut Page) {
    let documents = connectors.iter();
    let documents = documents.map(|(name, connector)| (name.clone(), connector.document(name)));
    let documents: Vec<(String, String)> = documents.collect();
    page.count(Kind::Connector, connectors.len());
    page.files.spread(FOLDER, &documents);
}

impl Connector {
    /// Reads a connector. What may be a secret becomes one, even if the workers tell it.
    fn of_live(one: &LiveConnector, page: &mut Page) -> Self {
        let mut read = Self {
            connect: Some(one.connect.to_string()),
            state: match one.runs() {
                "paused" => Some("paused"),
                "stopped" => Some("stopped"),
                _ => None,
            },
            ..Self::default()
        };
        for own in &one.config {
            let (key, value) = (own.key.as_str(), own.value.as_deref());
            let count = value.and_then(|value| value.parse().ok());
            let count = count.filter(|n: &usize| Some(n.to_string().as_str()) == value);
            match (key, value) {
                ("connector.class", Some(class)) => read.class = class.to_owned(),
                ("tasks.max", _) if count.is_some() => read.tasks_max = count,
                (_, Some(value)) if !is_secret(key, value) => {
                    read.config.insert(key.to_owned(), value.to_owned());
                }
                (_, _) => {
                    let secret = page.secret(&format!("{}-{key}", one.name));
                    read.secrets.insert(key.to_owned(), secret);
                }
            }
        }
        read
    }

    /// Names the Connect cluster, as a document that says nothing has it.
    pub(super) fn connect(&self) -> &str {
        let default = DesiredConnector::DEFAULT_CONNECT;
        self.connect.as_deref().unwrap_or(default)
    }

    fn document(&self, name: &str) -> String {
        let mut block = Block::labelled("Connector", name, &self.labels);
        block.line(1, &format!("connect: {}", scalar(self.connect())));
        block.line(1, &format!("class: {}", scalar(&self.class)));
        if let Some(tasks_max) = self.tasks_max {
            block.line(1, &format!("tasksMax: {tasks_max}"));
        }
        if let Some(state) = self.state {
            block.line(1, &format!("state: {state}"));
        }
        if !self.config.is_empty() {
            block.line(1, "config:");
            for (key, value) in &self.config {
                block.line(2, &format!("{}: {}", flow(key), scalar(value)));
            }
        }
        if !self.secrets.is_empty() {
            block.line(1, "configFrom:");
            for (key, secret) in &self.secrets {
                block.line(2, &format!("{}: {{secret: {secret}}}", flow(key)));
            }
        }
        block.finish()
    }
}

/// Words in the names of connector configs whose values are secrets, beside those that speak of one anyway. One too many costs
/// somebody a file; one too few puts a password into git.
const SECRET_WORDS: [&str; 4] = ["account.key", "sas.key", "keyfile", "connection.string"];

/// Tells whether a value had better not stand in git. What Connect itself looks up (`${file:…}`) is no secret.
pub(super) fn is_secret(key: &str, value: &str) -> bool {
    let looked_up = value.starts_with("${") && value.ends_with('}') && value.contains(':');
    let lower = key.to_ascii_lowercase();
    let named = is_secret_key(key) || SECRET_WORDS.iter().any(|word| lower.contains(word));
    let is_harmless = looked_up || ["", "false", "true"].contains(&value);
    is_masked(value) || (!is_harmless && (named || holds_login(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_taken_for_one() {
        for (key, value) in [
            ("connection.password", "x"),
            ("aws.secret.access.key", "x"),
            ("sasl.jaas.config", "org.example.Login required;"),
            ("basic.auth.user.info", "a:b"),
            ("connection.url", "jdbc:postgresql://ann:x@db/shop"),
            ("connection.url", "jdbc:sqlserver://db;user=a;Password=x"),
            ("ssl.key.password", "${file:/a:b}x"),
            ("database.pin", "********"),
        ] {
            assert!(is_secret(key, value), "{key}: {value}");
        }
    }

    #[test]
    fn what_connect_looks_up_and_what_is_none_stays_in_git() {
        for (key, value) in [
            ("connection.password", "${file:/etc/secrets:password}"),
            ("connection.password", ""),
            ("key.converter.schemas.enable", "false"),
            ("connection.url", "jdbc:postgresql://db:5432/shop"),
            ("delete.tokens", "true"),
            ("topics", "orders"),
        ] {
            assert!(!is_secret(key, value), "{key}: {value}");
        }
    }
}
