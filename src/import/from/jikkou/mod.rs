//! Jikkou's resources (import, pure): `kafka.jikkou.io`, `schemaregistry.jikkou.io` and `core.jikkou.io`, one by one and as
//! lists.

mod access;

use std::collections::BTreeMap;

use super::{
    connector::state,
    found::{Found, labels, schema_type, topic_config},
    sheet::{Fields, Sheet, Spot},
    shelf::Shelf,
};
use crate::import::{connectors::Connector, schemas::Schema, text::Labels, topics::Topic};
use access::{authorization, quota, user};

/// The label that says which Connect cluster runs a connector.
const CONNECT: &str = "kafka.jikkou.io/connect-cluster";

/// Annotations that Jikkou writes itself when it prints what a cluster holds.
const PRINTED: &[&str] = &[
    "kafka.jikkou.io/cluster-id",
    "jikkou.io/items-count",
    "jikkou.io/managed-by-location",
    "schemaregistry.jikkou.io/url",
    "schemaregistry.jikkou.io/schema-id",
    "schemaregistry.jikkou.io/schema-version",
];

/// Resources by kind, after lists were opened.
type Kinds<'d> = BTreeMap<&'d str, Vec<Fields<'d>>>;

/// Reads the documents: those that others refer to first.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    let mut kinds = Kinds::new();
    for spot in sheets.iter().flat_map(Sheet::spots) {
        sort(spot, None, &mut kinds);
    }
    let mut take = |kind: &str| kinds.remove(kind).unwrap_or_default();
    let maps = take("ConfigMap").into_iter().filter_map(config_map);
    let maps = Shelf::new("ConfigMap", maps);
    let roles = take("KafkaPrincipalRole").into_iter().filter_map(role);
    let roles = Shelf::new("KafkaPrincipalRole", roles);
    for resource in take("KafkaTopic") {
        each(resource, |resource| topic(resource, &maps, found));
    }
    for resource in take("KafkaUser").into_iter().chain(take("User")) {
        each(resource, |resource| user(resource, found));
    }
    for resource in take("KafkaPrincipalAuthorization") {
        each(resource, |resource| authorization(resource, &roles, found));
    }
    for resource in take("KafkaClientQuota") {
        each(resource, |resource| quota(resource, found));
    }
    for resource in take("KafkaConnector") {
        each(resource, |resource| connector(resource, found));
    }
    for resource in take("SchemaRegistrySubject") {
        each(resource, |resource| subject(resource, found));
    }
    maps.close();
    roles.close();
    for (kind, resources) in kinds {
        for resource in resources {
            let kind = kind.escape_debug();
            resource.left_out_whole(
                format!("a document of kind {kind} was left out"),
                "Headgate has no such kind",
            );
        }
    }
}

/// Sorts a document by its kind. A list is opened; what stands in it need not say its kind.
fn sort<'d>(spot: Spot<'d>, listed: Option<&'d str>, kinds: &mut Kinds<'d>) {
    let Some(mut fields) = spot.fields("a document") else {
        return;
    };
    fields.bookkeeping(&["apiVersion"]);
    let kind = fields.text("kind").or(listed);
    let Some(kind) = kind else {
        let help = "Jikkou's resources begin with `apiVersion` and `kind`";
        return fields.left_out_whole("a document without a `kind` was left out", help);
    };
    fields.what = kind.to_owned();
    fields.needless(
        "template",
        "its values were for templates, which are to be rendered before",
    );
    match kind.strip_suffix("List") {
        Some(one) => {
            if let Some(mut metadata) = fields.fields("metadata") {
                annotations_beside(kind, &mut metadata);
                metadata.needless("name", "a list has no name in Headgate");
                metadata.lost(
                    "labels",
                    "labels of a list are for all in it; write them into each",
                );
            }
            for item in fields.items("items") {
                sort(item, Some(one), kinds);
            }
        }
        None => kinds.entry(kind).or_default().push(fields),
    }
}

/// What the parts of a resource are called, and what stands in them.
struct Resource<'d> {
    name: &'d str,
    labels: Labels,
    connect: Option<String>,
    spec: Fields<'d>,
    spot: Spot<'d>,
}

/// Takes a resource apart, unless it says that it is to be deleted.
fn each<'d>(mut fields: Fields<'d>, read: impl FnOnce(Resource<'d>)) {
    let spot = fields.spot;
    let kind = std::mem::take(&mut fields.what);
    let metadata = fields.fields("metadata");
    let mut name = "";
    let mut own = Labels::new();
    if let Some(mut metadata) = metadata {
        name = metadata.text("name").unwrap_or_default();
        metadata.what = format!("{kind} {}", name.escape_debug());
        if let Some((told, help)) = annotations(&mut metadata) {
            let message = format!("{kind} {} was left out: {told}", name.escape_debug());
            return fields.left_out_whole(message, help);
        }
        own = labels(metadata.fields("labels"));
    }
    fields.what = format!("{kind} {}", name.escape_debug());
    fields.what.truncate(fields.what.trim_end().len());
    // quotas need no name
    if name.is_empty() && kind != "KafkaClientQuota" {
        return fields.left_out_whole(
            format!("{kind} without a name was left out"),
            "write `metadata.name`",
        );
    }
    fields.bookkeeping(&["status"]);
    let connect = own.remove(CONNECT);
    if let Some(spec) = fields.spec() {
        read(Resource {
            name,
            labels: own,
            connect,
            spec,
            spot,
        });
    }
}

/// Reads annotations; returns what Jikkou is told if the resource is not to be kept, and what to do instead.
fn annotations(metadata: &mut Fields<'_>) -> Option<(&'static str, &'static str)> {
    let mut annotations = metadata.fields("annotations")?;
    annotations.bookkeeping(PRINTED);
    let is_gone = annotations.flag("jikkou.io/delete") == Some(true);
    let is_ignored = annotations.flag("jikkou.io/ignore") == Some(true);
    annotations.needless(
        "kafka.jikkou.io/force-password-renewal",
        "to renew a password, change the secret",
    );
    annotations.needless(
        "schemaregistry.jikkou.io/normalize-schema",
        "Headgate compares schemas by the registry's own normalised lookup",
    );
    annotations.annotations_lost();
    match (is_gone, is_ignored) {
        (true, _) => Some((
            "Jikkou is told to delete it",
            "name it under `deletion.allow` of the Cluster to have it deleted",
        )),
        (false, true) => Some((
            "Jikkou is told to ignore it",
            "Headgate keeps what is declared; write a document to have it kept",
        )),
        (false, false) => None,
    }
}

/// Reads the annotations of what is no resource of its own: it is carried over, whatever Jikkou is told.
fn annotations_beside(what: &str, metadata: &mut Fields<'_>) {
    if let Some((told, _)) = annotations(metadata) {
        metadata.spot.lost(
            format!("{what}: that {told} was left out"),
            "take out what is not to be kept, and import again",
        );
    }
}

/// Reads the name of what others refer to. `unlabelled` says where it is written, without its labels.
fn shelved<'d>(fields: &mut Fields<'d>, unlabelled: &str) -> Option<&'d str> {
    let mut metadata = fields.fields("metadata")?;
    annotations_beside(&fields.what, &mut metadata);
    metadata.needless("labels", unlabelled);
    metadata.need("name")
}

fn config_map<'d>(mut fields: Fields<'d>) -> Option<(&'d str, Spot<'d>)> {
    let name = shelved(
        &mut fields,
        "its values stand in each topic that uses it, without its labels",
    )?;
    Some((name, fields.take("data")?))
}

fn role<'d>(mut fields: Fields<'d>) -> Option<(&'d str, Spot<'d>)> {
    let name = shelved(
        &mut fields,
        "its ACLs stand with each principal that has it, without its labels",
    )?;
    Some((name, fields.fields("spec")?.take("acls")?))
}

fn topic(mut one: Resource<'_>, maps: &Shelf<'_>, found: &mut Found<'_>) {
    let mut config = BTreeMap::new();
    for map in one.spec.texts("configMapRefs") {
        if let Some(data) = maps.find(map, one.spot) {
            config.extend(topic_config(data.fields(format!("ConfigMap {map}"))));
        }
    }
    config.extend(topic_config(one.spec.fields("configs")));
    // -1 is the brokers' default
    let mut count = |key| one.spec.count_unless(key, "-1");
    let topic = Topic {
        partitions: count("partitions"),
        replication_factor: count("replicas"),
        config,
        labels: one.labels,
        ..Topic::default()
    };
    found.topic(one.name, topic, one.spot);
}

fn connector(mut one: Resource<'_>, found: &mut Found<'_>) {
    let class = one.spec.text("connectorClass");
    let said = one.spec.take("state");
    let connector = Connector {
        connect: one.connect,
        class: class.unwrap_or_default().to_owned(),
        tasks_max: one.spec.count("tasksMax"),
        state: said.and_then(|said| state(said, one.name)),
        labels: one.labels,
        ..Connector::default()
    };
    let config = one.spec.entries("config");
    found.connector(one.name, connector, config, one.spot);
}

fn subject(one: Resource<'_>, found: &mut Found<'_>) {
    let Resource {
        name,
        mut spec,
        spot,
        ..
    } = one;
    spec.needless("schemaRegistry", "headgate.yaml says where the registry is");
    let of = spec.need("schemaType").and_then(schema_type);
    let Some(of) = of else {
        let message =
            format!("schema {name} was left out: it is neither AVRO nor JSON nor PROTOBUF");
        return spec.left_out_whole(message, "write its document by hand");
    };
    let text = spec
        .take("schema")
        .and_then(|schema| schema_text(schema, name, found));
    let mut references = Vec::new();
    for one in spec.items("references") {
        let Some(mut one) = one.fields(format!("schema {name}: a reference")) else {
            continue;
        };
        let (Some(to), Some(subject), Some(version)) =
            (one.need("name"), one.need("subject"), one.need("version"))
        else {
            continue;
        };
        references.push((to.to_owned(), subject.to_owned(), version.to_owned()));
    }
    let compatibility = spec.text("compatibilityLevel").map(str::to_owned);
    match text {
        Some(text) => {
            let schema = Schema {
                of: of.to_owned(),
                text,
                compatibility,
                references,
                normalize: true,
                labels: one.labels,
            };
            found.schema(name, schema, spot);
        }
        None => spot.lost(
            format!("schema {name} was left out: there is no text of it"),
            "write it beside its document by hand",
        ),
    }
}

/// Returns the schema's text, which stands there or in a file that is named there.
fn schema_text(spot: Spot<'_>, name: &str, found: &Found<'_>) -> Option<String> {
    if let Some(text) = spot.plain() {
        return Some(text.to_owned());
    }
    let mut named = spot.fields(format!("schema {name}"))?;
    found.beside(named.need("$ref")?, spot)
}
