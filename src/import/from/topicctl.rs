//! topicctl's files (import, pure): clusters, topics with their placement, ACLs and users. They say no kind; what a file is,
//! its `spec` tells.

use super::{
    found::{Found, labels, topic_config},
    rights::{Asked, mechanism},
    sheet::{Fields, Sheet, Spot},
};
use crate::{
    import::{text::Labels, topics::Topic},
    model::ConfigKey,
};

/// What a document is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Cluster,
    Topic,
    Acls,
    User,
}

impl Sort {
    fn of(document: &Fields<'_>) -> Option<Self> {
        let spec = document.peek("spec")?;
        let says = |key| spec.field(key).is_some();
        match () {
            () if says("bootstrapAddrs") || says("zkAddrs") => Some(Self::Cluster),
            () if says("partitions") || says("replicationFactor") => Some(Self::Topic),
            () if says("authentication") => Some(Self::User),
            () if says("acls") => Some(Self::Acls),
            () => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Topic => "topic",
            Self::Acls => "ACLs",
            Self::User => "user",
        }
    }
}

/// Reads the documents.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    let mut documents = Vec::new();
    for spot in sheets.iter().flat_map(Sheet::spots) {
        let Some(fields) = spot.fields("a document") else {
            continue;
        };
        match Sort::of(&fields) {
            Some(sort) => documents.push((sort, fields)),
            None => fields.left_out_whole(
                "a document was left out: it is no cluster, topic, ACLs or user of topicctl",
                "each has a `meta`, and a `spec` that tells which it is",
            ),
        }
    }
    let names: Vec<String> = documents
        .iter()
        .filter_map(|(sort, f)| cluster_of(*sort, f))
        .collect();
    found.choose(names.iter().map(String::as_str));
    for (sort, fields) in documents {
        document(sort, fields, found);
    }
}

/// Names a document's cluster: topicctl knows one by its name, environment and region.
fn cluster_of(sort: Sort, fields: &Fields<'_>) -> Option<String> {
    let meta = fields.peek("meta")?;
    let say = |key| meta.field(key).and_then(|spot| spot.plain());
    let name = say(if sort == Sort::Cluster {
        "name"
    } else {
        "cluster"
    })?;
    let parts = [Some(name), say("environment"), say("region")];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("/"))
}

fn document<'d>(sort: Sort, mut fields: Fields<'d>, found: &mut Found<'d>) {
    let spot = fields.spot;
    let cluster = cluster_of(sort, &fields);
    let Some(mut meta) = fields.fields("meta") else {
        return fields.left_out_whole("a document without `meta` was left out", "write its name");
    };
    let name = meta.text("name").unwrap_or_default();
    let what = format!("{} {}", sort.word(), name.escape_debug());
    fields.what.clone_from(&what);
    meta.what.clone_from(&what);
    if !found.belongs(cluster.as_deref()) {
        meta.rest();
        let cluster = cluster.unwrap_or_default();
        return fields.left_out_whole(
            format!(
                "{what} was left out: it belongs to the cluster `{}`",
                cluster.escape_debug()
            ),
            "each cluster has a folder of its own: import it with `--cluster`, or only its files",
        );
    }
    meta.bookkeeping(&["cluster", "environment", "region"]);
    let mut own = labels(meta.fields("labels"));
    if let Some(description) = meta.text("description").filter(|text| !text.is_empty()) {
        own.insert("description".to_owned(), description.to_owned());
    }
    meta.lost(
        "consumers",
        "who consumes is known by its group: watch it with a document of kind ConsumerGroup",
    );
    let Some(mut spec) = fields.spec() else {
        return;
    };
    match sort {
        Sort::Cluster if !found.claim("Cluster", name, spot) => drop(spec.rest()),
        Sort::Cluster => self::cluster(own, spec, found),
        Sort::Topic => topic(name, own, spec, spot, found),
        Sort::Acls => {
            told(&own, "a list of ACLs", spot);
            for acl in spec.items("acls") {
                rule(None, acl, found);
            }
        }
        Sort::User => user(name, own, spec, spot, found),
    }
}

/// Tells which labels there is no place for.
fn told(labels: &Labels, of: &str, spot: Spot<'_>) {
    for (key, value) in labels {
        spot.lost(
            format!(
                "the label `{}: {}` of {of} was left out",
                key.escape_debug(),
                value.escape_debug()
            ),
            "labels are those of topics, users and clusters",
        );
    }
}

fn cluster(own: Labels, mut spec: Fields<'_>, found: &mut Found<'_>) {
    found.cluster.labels = own;
    found.cluster.id = spec
        .text("clusterID")
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let throttle = spec.count("defaultThrottleMB").filter(|n| *n > 0);
    found.cluster.throttle = throttle.map(|n| format!("{n}MB"));
    let there = "where a cluster is and how to log in stands in headgate.yaml, below `clusters`";
    for key in ["bootstrapAddrs", "tls", "sasl"] {
        spec.needless(key, there);
    }
    for key in ["zkAddrs", "zkPrefix", "zkLockPath", "versionMajor"] {
        spec.needless(
            key,
            "Headgate speaks with the brokers, and asks them what they can",
        );
    }
    spec.lost(
        "defaultRetentionDropStepDuration",
        "Headgate changes a retention at once: lower it in git step by step",
    );
}

fn topic(name: &str, labels: Labels, mut spec: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let mut config = topic_config(spec.fields("settings"));
    if let Some(minutes) = spec.count("retentionMinutes").filter(|n| *n > 0) {
        let ms = minutes.saturating_mul(60_000).to_string();
        let key = ConfigKey::new("retention.ms");
        let other = config.insert(key, Some(ms.clone().into()));
        if other.is_some_and(|other| other.as_deref() != Some(&ms)) {
            spot.lost(
                format!("{}: `retention.ms` of its settings was left out: `retentionMinutes` says something else", spec.what),
                "topicctl takes one of the two only; decide which is right",
            );
        }
    }
    let topic = Topic {
        partitions: spec.count("partitions"),
        replication_factor: spec.count("replicationFactor"),
        config,
        placement: spec.fields("placement").and_then(placement),
        labels,
        ..Topic::default()
    };
    if let Some(mut migration) = spec.fields("migration") {
        migration.lost(
            "throttleMB",
            "`moves.throttle` of the Cluster is for all moves",
        );
        migration.lost(
            "partitionBatchSize",
            "`moves.concurrent` of the Cluster is for all moves",
        );
    }
    found.topic(name, topic, spot);
}

/// Reads where replicas lie, as a document says it; `None` where they stay.
fn placement(mut placement: Fields<'_>) -> Option<String> {
    let spot = placement.spot;
    let stay = "replicas stay where they lie; `placement: spread` or `{brokers: […], leaders: […]}` would move them";
    placement.needless("picker", "ties are broken by how much each broker holds");
    let strategy = placement.need("strategy")?;
    let found = match strategy {
        "any" => {
            spot.same("`placement.strategy: any`: replicas stay where they lie, which is what Headgate does anyway");
            None
        }
        "cross-rack" => Some("spread".to_owned()),
        "static" => pinned(&placement.items("staticAssignments"), spot),
        "balanced-leaders" | "in-rack" | "static-in-rack" => {
            placement.lost("staticRackAssignments", stay);
            spot.lost(
                format!("{}: the strategy `{strategy}` was left out", placement.what),
                stay,
            );
            None
        }
        other => {
            let message = format!(
                "{}: the strategy `{}` is not known",
                placement.what,
                other.escape_debug()
            );
            spot.lost(message, stay);
            None
        }
    };
    for key in ["staticAssignments", "staticRackAssignments"] {
        placement.needless(key, "the strategy does not look at it");
    }
    found
}

/// Pins a topic to the brokers of its assignments.
fn pinned(assignments: &[Spot<'_>], spot: Spot<'_>) -> Option<String> {
    let (mut brokers, mut leaders) = (Vec::new(), Vec::new());
    for assignment in assignments {
        let replicas = assignment.items("a static assignment").into_iter();
        let replicas: Option<Vec<usize>> = replicas.map(|id| id.count("a broker's id")).collect();
        let replicas = replicas?;
        leaders.extend(replicas.first());
        brokers.extend(replicas);
    }
    for ids in [&mut brokers, &mut leaders] {
        ids.sort_unstable();
        ids.dedup();
    }
    if brokers.is_empty() {
        spot.lost(
            "a static placement was left out: it names no broker",
            "correct it and import again",
        );
        return None;
    }
    spot.note(
        "a static placement became the brokers that hold replicas and those that lead",
        "which partition lies on which of them Headgate works out, moving as little as it can",
    );
    let list = |ids: &[usize]| {
        let ids: Vec<String> = ids.iter().map(usize::to_string).collect();
        ids.join(", ")
    };
    Some(match leaders == brokers {
        true => format!("{{brokers: [{}]}}", list(&brokers)),
        false => format!(
            "{{brokers: [{}], leaders: [{}]}}",
            list(&brokers),
            list(&leaders)
        ),
    })
}

fn user(name: &str, labels: Labels, mut spec: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    if let Some(mut way) = spec.fields("authentication") {
        let password = way.take("password").filter(|p| !p.says_nothing());
        match way.need("type").and_then(mechanism) {
            Some(mechanism) => found.scram(name, mechanism, None, password, spot),
            None => spot.lost(
                format!("user {name}: its way to log in was left out"),
                "topicctl knows scram-sha-512",
            ),
        }
    }
    if let Some(mut rights) = spec.fields("authorization") {
        if matches!(rights.text("type"), None | Some("simple")) {
            let principal = format!("User:{name}");
            for acl in rights.items("acls") {
                rule(Some(&principal), acl, found);
            }
        } else {
            rights.left_out_whole(
                format!("user {name}: its authorization was left out, which is not `simple`"),
                "Headgate keeps ACLs",
            );
        }
    }
    found.labels_of(&format!("User:{name}"), labels, spot);
}

/// Reads an ACL, of the principal that it names unless it stands with its user.
fn rule(principal: Option<&str>, spot: Spot<'_>, found: &mut Found<'_>) {
    let Some(mut acl) = spot.fields("an ACL") else {
        return;
    };
    let Some(mut resource) = acl.need_fields("resource") else {
        return;
    };
    let own = resource.text("principal").filter(|own| !own.is_empty());
    if principal.is_some() && own.is_some() && own != principal {
        resource.rest();
        acl.rest();
        return spot.lost(
            "ACL left out: its principal is not the user with whom it stands",
            "write a document of kind Acl for the other one",
        );
    }
    let asked = Asked {
        principal: principal.or(own).unwrap_or_default(),
        resource: resource.need("type").unwrap_or_default(),
        name: resource.text("name"),
        pattern: resource.text("patternType"),
        host: resource.text("host"),
        permission: resource.text("permission"),
        operations: acl.texts("operations"),
    };
    found.rule(&asked, spot);
}
