//! Asks by name for what a list of topics leaves out (rank 6, Kafka plane): a broker lists only topics that the asker may
//! describe, and tells of one that is named whether he may. Calls nothing absent that may not be described.

use std::collections::BTreeSet;

use kafka_protocol::messages::MetadataResponse;

use super::{Topics, layouts_of, metadata};
use crate::{
    desired::Pattern,
    kafka::{
        Client, Code, Settings,
        client::To,
        denied::{self, Needs, On},
    },
    live::Observed,
    model::{TopicName, chain},
};

/// Names in one request: an answer of some 60 kB where none of them is there.
const AT_ONCE: usize = 1_000;

/// What no topic's name ends with: whoever may describe this one after a beginning may describe all that begin so.
const NOBODYS: &str = "-headgate-asks-whether-it-may-describe-all-that-begins-so";

/// The longest name that Kafka takes (`Topic.MAX_NAME_LENGTH`).
const LONGEST: usize = 249;

/// Looks at topics by name, on one broker.
pub(super) async fn ask(client: &Client, names: &[TopicName]) -> Topics {
    let mut topics = Topics::new();
    for names in names.chunks(AT_ONCE) {
        let (mut seen, left_out) = match layouts_of(client, names).await {
            Ok(seen) => (seen, "the broker's answer leaves it out".to_owned()),
            Err(why) => (Topics::new(), why),
        };
        for name in names {
            let topic = seen.remove(name);
            let topic = topic.unwrap_or_else(|| Observed::Unknown(left_out.clone()));
            topics.insert(name.clone(), topic);
        }
    }
    topics
}

/// Says why a list of topics may lack some that lie in these scopes; `None` when Headgate may describe all of them.
pub(super) async fn unlisted(client: &Client, scopes: &[Pattern]) -> Option<String> {
    let probes: Vec<TopicName> = scopes.iter().map(nobodys).collect();
    if probes.is_empty() {
        return None;
    }
    match metadata(client, To::Any, Some(&probes)).await {
        Ok(answer) => hidden(client.settings(), scopes, &probes, &answer),
        Err(error) => Some(chain(&error)),
    }
}

/// Says which rights are missing; `None` when none is.
fn hidden(
    settings: &Settings,
    scopes: &[Pattern],
    probes: &[TopicName],
    answer: &MetadataResponse,
) -> Option<String> {
    let answer = answer.topics.iter();
    let denied = answer.filter(|topic| Code(topic.error_code).is_denial());
    let denied = denied.filter_map(|topic| Some(TopicName::from_broker(topic.name.as_deref()?)));
    let denied: BTreeSet<TopicName> = denied.collect();
    let why = scopes.iter().zip(probes);
    let why = why.filter(|(_, probe)| denied.contains(*probe));
    let why = why.map(|(scope, _)| {
        let on = match scope.beginning() {
            (beginning, false) => On::Topics(beginning),
            (name, true) => On::Topic(name),
        };
        let operation = "Describe";
        denied::missing(settings, Needs { operation, on })
    });
    let why: Vec<String> = why.collect();
    (!why.is_empty()).then(|| why.join("; "))
}

/// Returns a name within a scope that no topic has, unless the scope is one name.
fn nobodys(scope: &Pattern) -> TopicName {
    let (beginning, is_whole) = scope.beginning();
    let end = if is_whole { "" } else { NOBODYS };
    let name = beginning.chars().chain(end.chars()).take(LONGEST);
    TopicName::from_broker(&name.collect::<String>())
}

#[cfg(test)]
mod tests {
    use kafka_protocol::{messages::metadata_response::MetadataResponseTopic, protocol::StrBytes};

    use super::*;

    #[test]
    fn what_a_list_may_lack_is_said_scope_by_scope_with_the_right_that_is_missing() {
        let scopes = ["*", "app.*", "orders", "a?c", "seen.*"].map(|p| Pattern(p.to_owned()));
        let probes: Vec<TopicName> = scopes.iter().map(nobodys).collect();
        assert!(
            probes[1].as_str().starts_with("app.-headgate"),
            "{probes:?}"
        );
        assert_eq!(probes[2].as_str(), "orders");
        let answer = |code: fn(&str) -> i16| {
            let topics = probes.iter().map(|probe| {
                let name = StrBytes::from_string(probe.to_string());
                MetadataResponseTopic::default()
                    .with_error_code(code(probe.as_str()))
                    .with_name(Some(name.into()))
            });
            MetadataResponse::default().with_topics(topics.collect())
        };
        let settings = Settings::plaintext(vec!["b1:9092".to_owned()]);
        let told = |code| hidden(&settings, &scopes, &probes, &answer(code));
        assert_eq!(told(|_| 3), None);
        assert_eq!(told(|_| 0), None);
        let why = told(|name| if name.starts_with("seen") { 3 } else { 29 }).unwrap_or_default();
        let missing: Vec<&str> = why
            .split("; User")
            .filter_map(|one| one.split_once("--operation "))
            .map(|(_, of)| of)
            .collect();
        assert_eq!(
            missing,
            [
                "Describe --topic '*'",
                "Describe --topic 'app.' --resource-pattern-type prefixed",
                "Describe --topic 'orders'",
                "Describe --topic 'a' --resource-pattern-type prefixed",
            ]
        );
    }

    #[test]
    fn a_name_to_ask_by_is_never_longer_than_kafka_takes() {
        let scope = Pattern(format!("{}*", "a".repeat(240)));
        assert_eq!(nobodys(&scope).as_str().len(), LONGEST);
    }
}
