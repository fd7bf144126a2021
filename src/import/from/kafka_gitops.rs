//! kafka-gitops' desired state (import, pure): topics, and services and users that stand for ACLs. What each stands for is
//! written ACL by ACL, as kafka-gitops makes them, so that the plan is empty.

use std::collections::BTreeMap;

use super::{
    found::{Found, topic_config},
    rights::{Asked, CLUSTER_NAME},
    sheet::{Fields, Sheet, Spot},
};
use crate::{
    import::topics::Topic,
    model::{AclOperation as O, AclPattern as P, AclResource as R},
};

/// What `settings` say for all.
#[derive(Default)]
struct Settings {
    replication: Option<usize>,
    partitions: Option<usize>,
    /// Whether services may describe the topics that they read and write.
    describes: bool,
}

/// Sections by name, of all files.
type Sections<'d> = BTreeMap<&'static str, Vec<(&'d str, Spot<'d>)>>;

const SECTIONS: [&str; 5] = [
    "topics",
    "services",
    "users",
    "customServiceAcls",
    "customUserAcls",
];

/// Reads the documents: settings first, whichever file they stand in.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    let mut settings = None;
    let mut sections = Sections::new();
    for spot in sheets.iter().flat_map(Sheet::spots) {
        let Some(mut document) = spot.fields("the state") else {
            continue;
        };
        if let Some(fields) = document.fields("settings") {
            match settings {
                None => settings = Some(read_settings(fields, sheets)),
                Some(_) => fields.left_out_whole(
                    "settings are there a second time; these were left out",
                    "make one of the two",
                ),
            }
        }
        for section in SECTIONS {
            if let Some(mut fields) = document.fields(section) {
                sections.entry(section).or_default().extend(fields.rest());
            }
        }
    }
    let settings = settings.unwrap_or_default();
    let mut take = |section| sections.remove(section).unwrap_or_default();
    for (name, spot) in take("topics") {
        topic(name, spot, &settings, found);
    }
    let mut principals = BTreeMap::new();
    for (name, spot) in take("services") {
        let principal = service(name, spot, &settings, found);
        principals.extend(principal.map(|principal| (("service", name), principal)));
    }
    for (name, spot) in take("users") {
        let principal = user(name, spot, found);
        principals.extend(principal.map(|principal| (("user", name), principal)));
    }
    for (of, section) in [("service", "customServiceAcls"), ("user", "customUserAcls")] {
        for (name, spot) in take(section) {
            custom(name, principals.get(&(of, name)).copied(), spot, found);
        }
    }
}

fn read_settings(mut fields: Fields<'_>, sheets: &[Sheet<'_>]) -> Settings {
    let mut settings = Settings::default();
    // as newer and older versions call it
    for key in ["confluent", "ccloud"] {
        if let Some(mut cloud) = fields.fields(key)
            && cloud.flag("enabled") == Some(true)
        {
            cloud.spot.lost(
                "settings: Confluent Cloud's service accounts are not known here",
                "write `principal` into each service and user, and import again",
            );
        }
    }
    if let Some(mut topics) = fields.fields("topics") {
        if let Some(mut defaults) = topics.fields("defaults") {
            settings.replication = defaults.count("replication");
            settings.partitions = defaults.count("partitions");
        }
        topics.needless(
            "blacklist",
            "Headgate touches nothing that is not declared; what it is to call unexpected, `owns` of the Cluster says",
        );
    }
    if let Some(mut acls) = fields.fields("services").and_then(|mut f| f.fields("acls")) {
        settings.describes = acls.flag("describe-topic-enabled").unwrap_or_default();
    }
    for (key, spot) in fields.entries("files") {
        let Some(named) = spot.text("settings: files") else {
            continue;
        };
        let file = named.rsplit('/').next().unwrap_or(named);
        if !sheets
            .iter()
            .any(|sheet| sheet.source.path.rsplit('/').next() == Some(file))
        {
            spot.lost(
                format!(
                    "the file of `{}`, `{}`, is none of those that were read",
                    key.escape_debug(),
                    named.escape_debug()
                ),
                "import it as well",
            );
        }
    }
    settings
}

fn topic(name: &str, spot: Spot<'_>, settings: &Settings, found: &mut Found<'_>) {
    let Some(mut fields) = spot.fields(format!("topic {}", name.escape_debug())) else {
        return;
    };
    let topic = Topic {
        partitions: fields.count("partitions").or(settings.partitions),
        replication_factor: fields.count("replication").or(settings.replication),
        config: topic_config(fields.fields("configs")),
        ..Topic::default()
    };
    found.topic(name, topic, spot);
}

/// A principal that is given rights.
struct Giving<'f, 'd> {
    found: &'f mut Found<'d>,
    principal: &'d str,
    describes: bool,
    spot: Spot<'d>,
}

impl Giving<'_, '_> {
    fn give(&mut self, resource: R, pattern: P, name: &str, operations: &[O]) {
        let what = (resource, pattern, name);
        self.found
            .grant(self.principal, what, operations, self.spot);
    }

    fn topics(&mut self, topics: &[&str], operation: O) {
        for topic in topics {
            self.give(R::TOPIC, P::LITERAL, topic, &[operation]);
            if self.describes {
                self.give(R::TOPIC, P::LITERAL, topic, &[O::DESCRIBE]);
            }
        }
    }

    fn group(&mut self, group: &str) {
        self.give(R::GROUP, P::LITERAL, group, &[O::READ]);
    }
}

/// Finds who a service or user is.
fn principal<'d>(fields: &mut Fields<'d>, spot: Spot<'d>) -> Option<&'d str> {
    let principal = fields.text("principal");
    if principal.is_none() {
        fields.rest();
        spot.lost(
            format!("{} was left out: it has no `principal`", fields.what),
            "write it; with Confluent Cloud it is `User:` and the id of the service account",
        );
    }
    principal
}

fn service<'d>(
    name: &'d str,
    spot: Spot<'d>,
    settings: &Settings,
    found: &mut Found<'d>,
) -> Option<&'d str> {
    let mut fields = spot.fields(format!("service {}", name.escape_debug()))?;
    let of = fields.need("type").unwrap_or_default();
    let principal = principal(&mut fields, spot)?;
    let mut giving = Giving {
        found,
        principal,
        describes: settings.describes,
        spot,
    };
    giving.topics(&fields.texts("produces"), O::WRITE);
    match of {
        "application" => {
            let group = fields.text("group-id").unwrap_or(name);
            let consumed = fields.texts("consumes");
            giving.topics(&consumed, O::READ);
            if !consumed.is_empty() {
                giving.group(group);
            }
        }
        "kafka-connect" => connect(name, &mut fields, &mut giving),
        "kafka-streams" => {
            let id = fields.text("application-id").unwrap_or(name);
            giving.topics(&fields.texts("consumes"), O::READ);
            streams(id, &mut giving);
        }
        // told as missing
        "" => {}
        other => spot.lost(
            format!(
                "service {name}: its type `{}` is not known",
                other.escape_debug()
            ),
            "known are application, kafka-connect and kafka-streams",
        ),
    }
    Some(principal)
}

fn connect(name: &str, fields: &mut Fields<'_>, giving: &mut Giving<'_, '_>) {
    let group = fields.text("group-id").unwrap_or(name);
    let mut storage = fields.fields("storage-topics");
    for (key, prefix) in [
        ("config", "connect-configs"),
        ("offset", "connect-offsets"),
        ("status", "connect-status"),
    ] {
        let named = storage.as_mut().and_then(|topics| topics.text(key));
        let topic = named.map_or_else(|| format!("{prefix}-{name}"), str::to_owned);
        giving.give(R::TOPIC, P::LITERAL, &topic, &[O::READ, O::WRITE]);
    }
    giving.group(group);
    for (connector, spot) in fields.entries("connectors") {
        let Some(mut fields) = spot.fields(format!("connector {}", connector.escape_debug()))
        else {
            continue;
        };
        giving.topics(&fields.texts("produces"), O::WRITE);
        let consumed = fields.texts("consumes");
        giving.topics(&consumed, O::READ);
        if !consumed.is_empty() {
            giving.group(&format!("connect-{connector}"));
        }
    }
}

fn streams(id: &str, giving: &mut Giving<'_, '_>) {
    let internal = [
        O::READ,
        O::WRITE,
        O::DESCRIBE,
        O::DELETE,
        O::CREATE,
        O::ALTER,
        O::ALTER_CONFIGS,
        O::DESCRIBE_CONFIGS,
    ];
    giving.give(R::TOPIC, P::PREFIXED, id, &internal);
    giving.give(R::GROUP, P::LITERAL, id, &[O::READ, O::DESCRIBE, O::DELETE]);
    giving.give(R::CLUSTER, P::LITERAL, CLUSTER_NAME, &[O::DESCRIBE_CONFIGS]);
}

fn user<'d>(name: &str, spot: Spot<'d>, found: &mut Found<'d>) -> Option<&'d str> {
    let mut fields = spot.fields(format!("user {}", name.escape_debug()))?;
    let principal = principal(&mut fields, spot)?;
    let mut giving = Giving {
        found,
        principal,
        describes: false,
        spot,
    };
    for role in fields.texts("roles") {
        match role.to_ascii_lowercase().as_str() {
            "reader" => {
                giving.topics(&["*"], O::READ);
                giving.group("*");
            }
            "writer" => giving.topics(&["*"], O::WRITE),
            "operator" => {
                giving.give(R::CLUSTER, P::LITERAL, CLUSTER_NAME, &[O::DESCRIBE]);
                giving.give(
                    R::TOPIC,
                    P::LITERAL,
                    "*",
                    &[O::DESCRIBE, O::DESCRIBE_CONFIGS],
                );
                giving.give(R::GROUP, P::LITERAL, "*", &[O::READ, O::DESCRIBE]);
            }
            other => spot.lost(
                format!(
                    "user {name}: the role `{}` is not known",
                    other.escape_debug()
                ),
                "known are reader, writer and operator",
            ),
        }
    }
    Some(principal)
}

fn custom(name: &str, principal: Option<&str>, spot: Spot<'_>, found: &mut Found<'_>) {
    let name = name.escape_debug();
    let acls = spot
        .fields(format!("custom ACLs of {name}"))
        .map(|mut acls| acls.rest());
    for (key, spot) in acls.unwrap_or_default() {
        let Some(mut acl) = spot.fields(format!("the ACL {} of {name}", key.escape_debug())) else {
            continue;
        };
        let own = acl.text("principal").filter(|own| !own.is_empty());
        let asked = Asked {
            principal: own.or(principal).unwrap_or_default(),
            resource: acl.need("type").unwrap_or_default(),
            name: acl.text("name"),
            pattern: acl.text("pattern"),
            host: acl.text("host"),
            permission: acl.text("permission"),
            operations: acl.text("operation").into_iter().collect(),
        };
        found.rule(&asked, spot);
    }
}
