//! JulieOps' topologies (import, pure): contexts with projects, topics whose names are put together, and roles that stand for
//! ACLs, written ACL by ACL as JulieOps makes them. With them its plans, and of its `.properties` how names are put together.

mod artefacts;
mod names;
mod platform;
mod roles;

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    found::{Found, labels, topic_config},
    sheet::{Fields, Sheet, Spot},
    shelf::Shelf,
};
use crate::{import::topics::Topic, model::ConfigKey};
pub(super) use names::properties;
use names::{Naming, Prefix};

/// What holds for all topologies.
struct Topology<'d> {
    naming: Naming<'d>,
    plans: Shelf<'d>,
}

/// Reads the documents: plans and properties first.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    let mut topology = Topology {
        naming: Naming::default(),
        plans: Shelf::new("plan", []),
    };
    let mut topologies = Vec::new();
    for sheet in sheets {
        for spot in sheet.spots() {
            let Some(mut document) = spot.fields("a topology") else {
                continue;
            };
            if names::is_properties(sheet.source) {
                topology.naming.read(document);
            } else if let Some(mut plans) = document.fields("plans") {
                topology.plans.extend(plans.rest());
            } else if document.peek("roles").is_some() {
                document.left_out_whole(
                    "roles of your own were left out",
                    "write what they stand for as `acls` of each User",
                );
            } else {
                topologies.push(document);
            }
        }
    }
    for document in topologies {
        context(document, &topology, found);
    }
    topology.plans.close();
}

fn context<'d>(mut document: Fields<'d>, topology: &Topology<'d>, found: &mut Found<'d>) {
    let special = document.items("special_topics");
    let platform = document.fields("platform");
    let projects = document.items("projects");
    let Some(context) = document.need("context") else {
        return document.left_out_whole(
            "a topology without a `context` was left out",
            "write its context",
        );
    };
    let mut prefix = Prefix::new(context);
    for (key, spot) in document.rest() {
        if let Some(text) = spot.text(&format!("`{}` of the context", key.escape_debug())) {
            prefix.push(key, text);
            if !topology.naming.takes(key) {
                spot.note(
                    format!(
                        "`{}` of the context was left out: no topic's name is made of it",
                        key.escape_debug()
                    ),
                    "what is for people can be a label of the Cluster",
                );
            }
        }
    }
    for spot in special {
        if let Some(mut fields) = spot.fields("a special topic")
            && let Some(name) = fields.need("name")
        {
            topic(name, fields, &Roles::default(), topology, found);
        }
    }
    for spot in projects {
        if let Some(fields) = spot.fields("a project") {
            project(fields, &prefix, topology, found);
        }
    }
    if let Some(platform) = platform {
        platform::read(platform, found);
    }
}

/// Who reads and who writes.
#[derive(Default)]
struct Roles<'d> {
    consumers: Vec<Spot<'d>>,
    producers: Vec<Spot<'d>>,
}

impl<'d> Roles<'d> {
    fn of(fields: &mut Fields<'d>) -> Self {
        Self {
            consumers: fields.items("consumers"),
            producers: fields.items("producers"),
        }
    }

    fn give(&self, topic: &str, found: &mut Found<'_>) {
        for consumer in &self.consumers {
            roles::consumer(*consumer, topic, found);
        }
        for producer in &self.producers {
            roles::producer(*producer, topic, found);
        }
    }
}

fn project<'d>(
    mut fields: Fields<'d>,
    prefix: &Prefix<'d>,
    topology: &Topology<'d>,
    found: &mut Found<'d>,
) {
    let Some(name) = fields.need("name") else {
        return fields.left_out_whole("a project without a `name` was left out", "write its name");
    };
    fields.what = format!("project {}", name.escape_debug());
    let all = Roles::of(&mut fields);
    let topics = fields.items("topics");
    if topics.is_empty() && !(all.consumers.is_empty() && all.producers.is_empty()) {
        fields.spot.lost(
            format!(
                "{}: its consumers and producers were left out: it has no topics",
                fields.what
            ),
            "JulieOps gives rights topic by topic",
        );
    }
    for spot in topics {
        let Some(mut one) = spot.fields("a topic") else {
            continue;
        };
        let Some(own) = one.need("name") else {
            continue;
        };
        let data_type = one.text("dataType");
        match topology.naming.topic(prefix, name, own, data_type) {
            Some(full) => topic(&full, one, &all, topology, found),
            None => one.left_out_whole(
                format!(
                    "the topic {} was left out: nobody knows how its name is put together",
                    own.escape_debug()
                ),
                "of `topology.topic.prefix.format`, `{{name}}` is read, and nothing else of Jinja",
            ),
        }
    }
    let project = topology.naming.project(prefix, name);
    for spot in fields.items("streams") {
        roles::streams(spot, project.as_deref(), found);
    }
    artefacts::connectors(&mut fields, topology.naming.makes_topics, found);
    fields.lost("ksql", "Headgate keeps neither queries nor servers of ksqlDB; write the ACLs that it needs as a User's");
    fields.lost(
        "schemas",
        "roles for subjects are Confluent's; the registry's own access rules keep them",
    );
    fields.lost("rbac", "roles are Confluent's; write ACLs");
}

fn topic(
    name: &str,
    mut fields: Fields<'_>,
    all: &Roles<'_>,
    topology: &Topology<'_>,
    found: &mut Found<'_>,
) {
    let spot = fields.spot;
    fields.what = format!("topic {}", name.escape_debug());
    let own = Roles::of(&mut fields);
    let mut config = topic_config(fields.fields("config"));
    if let Some(plan) = fields.text("plan") {
        apply(plan, &mut config, &fields, topology);
    }
    let mut count = |key: &str| {
        let value = config.remove(key)??;
        let number = value.parse().ok();
        if number.is_none() && value != "-1" {
            spot.lost(
                format!("topic {name}: `{key}` is no whole number; it was left out"),
                "correct it",
            );
        }
        number
    };
    let topic = Topic {
        partitions: count("num.partitions"),
        replication_factor: count("replication.factor"),
        config,
        labels: labels(fields.fields("metadata")),
        ..Topic::default()
    };
    fields.lost(
        "subject.name.strategy",
        "subjects are called after topics: `<topic>-key` and `<topic>-value`",
    );
    artefacts::schemas(name, &mut fields, found);
    all.give(name, found);
    own.give(name, found);
    found.topic(name, topic, spot);
}

/// Adds a plan's configs to a topic's; where both say something, the plan's are right.
fn apply(
    plan: &str,
    config: &mut BTreeMap<ConfigKey, Option<CompactString>>,
    fields: &Fields<'_>,
    topology: &Topology<'_>,
) {
    let Some(spot) = topology.plans.find(plan, fields.spot) else {
        return;
    };
    let Some(mut plan) = spot.fields(format!("plan {}", plan.escape_debug())) else {
        return;
    };
    plan.bookkeeping(&["alias"]);
    for (key, value) in topic_config(plan.fields("config")) {
        let own = config.get(&key);
        if own.is_some_and(|own| *own != value) {
            fields.spot.note(
                format!(
                    "{}: `{key}` is that of its {}, not its own",
                    fields.what, plan.what
                ),
                "as JulieOps takes it",
            );
        }
        config.insert(key, value);
    }
}
