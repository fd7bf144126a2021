//! Strimzi's custom resources (import, pure): KafkaTopic, KafkaUser and KafkaConnector, as they are applied or as `kubectl
//! get -o yaml` prints them.

use super::{
    connector::state,
    found::{Found, labels, topic_config},
    rights::{Asked, take_quotas},
    sheet::{Fields, Sheet, Spot},
};
use crate::{
    import::{connectors::Connector, text::Labels, topics::Topic},
    model::{QuotaEntity, QuotaName, ScramMechanism},
};

/// The label that says to which cluster a resource belongs: of a connector, to which Connect cluster.
const CLUSTER: &str = "strimzi.io/cluster";

/// What Kubernetes adds to a resource.
const KUBERNETES: &[&str] = &[
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
];

/// Reads the documents.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    let mut resources = Vec::new();
    for spot in sheets.iter().flat_map(Sheet::spots) {
        open(spot, &mut resources);
    }
    let named = resources.iter();
    let named = named.filter(|fields| fields.what != "KafkaConnector");
    let named: Vec<&str> = named.filter_map(cluster_of).collect();
    found.choose(named.into_iter());
    for fields in resources {
        match fields.what.as_str() {
            "KafkaTopic" => each(fields, found, topic),
            "KafkaUser" => each(fields, found, user),
            "KafkaConnector" => each(fields, found, connector),
            kind => {
                let message = format!("a document of kind {} was left out", kind.escape_debug());
                fields.left_out_whole(
                    message,
                    "Headgate keeps what is in Kafka, not where it runs",
                );
            }
        }
    }
}

/// Opens a document, or the list that it is.
fn open<'d>(spot: Spot<'d>, resources: &mut Vec<Fields<'d>>) {
    let Some(mut fields) = spot.fields("a document") else {
        return;
    };
    fields.bookkeeping(&["apiVersion"]);
    let kind = fields.text("kind").unwrap_or_default();
    if kind.is_empty() {
        let help = "resources begin with `apiVersion` and `kind`";
        return fields.left_out_whole("a document without a `kind` was left out", help);
    }
    fields.what = kind.to_owned();
    if kind.ends_with("List") && fields.peek("items").is_some() {
        if let Some(mut metadata) = fields.fields("metadata") {
            metadata.bookkeeping(KUBERNETES);
        }
        for item in fields.items("items") {
            open(item, resources);
        }
        return;
    }
    resources.push(fields);
}

/// Looks which cluster a resource belongs to.
fn cluster_of<'d>(fields: &Fields<'d>) -> Option<&'d str> {
    let look = |spot: Spot<'d>, key: &str| spot.field(key);
    let labels = look(fields.peek("metadata")?, "labels")?;
    look(labels, CLUSTER)?.plain()
}

/// A resource's parts.
struct Resource<'d> {
    name: &'d str,
    cluster: Option<String>,
    labels: Labels,
    spec: Fields<'d>,
    spot: Spot<'d>,
}

fn each<'d>(
    mut fields: Fields<'d>,
    found: &mut Found<'d>,
    read: impl FnOnce(Resource<'d>, &mut Found<'d>),
) {
    let spot = fields.spot;
    let kind = std::mem::take(&mut fields.what);
    let is_elsewhere = kind != "KafkaConnector" && !found.belongs(cluster_of(&fields));
    let metadata = fields.fields("metadata");
    let Some((name, cluster, own, managed)) =
        metadata.and_then(|metadata| read_metadata(metadata, &kind))
    else {
        return fields.left_out_whole(
            format!("{kind} without a name was left out"),
            "write `metadata.name`",
        );
    };
    fields.what = format!("{kind} {}", name.escape_debug());
    let what = fields.what.clone();
    if is_elsewhere {
        let cluster = cluster.unwrap_or_default();
        return fields.left_out_whole(
            format!(
                "{what} was left out: it belongs to the cluster `{}`",
                cluster.escape_debug()
            ),
            "each cluster has a folder of its own: import it with `--cluster`",
        );
    }
    if !managed {
        return fields.left_out_whole(
            format!("{what} was left out: Strimzi is told not to manage it"),
            "Headgate keeps what is declared; write a document to have it kept",
        );
    }
    fields.bookkeeping(&["status"]);
    if let Some(spec) = fields.spec() {
        let resource = Resource {
            name,
            cluster,
            labels: own,
            spec,
            spot,
        };
        read(resource, found);
    }
}

/// Reads a resource's name, cluster and labels, and whether Strimzi manages it.
fn read_metadata<'d>(
    mut metadata: Fields<'d>,
    kind: &str,
) -> Option<(&'d str, Option<String>, Labels, bool)> {
    let name = metadata.text("name").filter(|name| !name.is_empty())?;
    metadata.what = format!("{kind} {}", name.escape_debug());
    metadata.bookkeeping(KUBERNETES);
    metadata.needless("finalizers", "Headgate deletes with consent only");
    metadata.needless("ownerReferences", "nothing owns a document but git");
    let mut managed = true;
    if let Some(mut annotations) = metadata.fields("annotations") {
        annotations.bookkeeping(&["kubectl.kubernetes.io/last-applied-configuration"]);
        managed = annotations.flag("strimzi.io/managed").unwrap_or(true);
        annotations.lost(
            "strimzi.io/pause-reconciliation",
            "set the kind's mode of the Cluster to `report` or `ignore` while it is to be left alone",
        );
        annotations.annotations_lost();
    }
    let mut own = labels(metadata.fields("labels"));
    let cluster = own.remove(CLUSTER);
    Some((name, cluster, own, managed))
}

fn topic(mut one: Resource<'_>, found: &mut Found<'_>) {
    let name = one.spec.text("topicName").unwrap_or(one.name);
    let topic = Topic {
        partitions: one.spec.count("partitions"),
        replication_factor: one.spec.count("replicas"),
        config: topic_config(one.spec.fields("config")),
        labels: one.labels,
        ..Topic::default()
    };
    found.topic(name, topic, one.spot);
}

fn user(one: Resource<'_>, found: &mut Found<'_>) {
    let Resource {
        name,
        mut spec,
        spot,
        ..
    } = one;
    let mut user = name.to_owned();
    if let Some(mut way) = spec.fields("authentication") {
        match way.need("type").unwrap_or_default() {
            "scram-sha-512" => {
                let password = way.take("password");
                found.scram(name, ScramMechanism::Sha512, None, password, spot);
            }
            // the certificate's common name is all there is of its subject
            "tls" | "tls-external" => user = format!("CN={name}"),
            other => spot.lost(
                format!(
                    "user {name}: logging in by `{}` was left out",
                    other.escape_debug()
                ),
                "known are scram-sha-512, tls and tls-external",
            ),
        }
    }
    if let Some(mut rights) = spec.fields("authorization") {
        match rights.text("type") {
            Some("simple") => {
                for spot in rights.items("acls") {
                    acl(&format!("User:{user}"), spot, found);
                }
            }
            _ => rights.left_out_whole(
                format!("user {name}: its authorization was left out, which is not `simple`"),
                "Headgate keeps ACLs",
            ),
        }
    }
    if let Some(mut limits) = spec.fields("quotas") {
        let quotas = take_quotas(&mut limits);
        let entity = QuotaEntity {
            user: Some(QuotaName::new(&user)),
            ..QuotaEntity::default()
        };
        found.quota(entity, quotas, limits.spot);
    }
    spec.needless(
        "template",
        "it is about the Secret that Strimzi makes in Kubernetes",
    );
    found.labels_of(&format!("User:{user}"), one.labels, spot);
}

fn acl(principal: &str, spot: Spot<'_>, found: &mut Found<'_>) {
    let Some(mut acl) = spot.fields(format!("an ACL of {principal}")) else {
        return;
    };
    let Some(mut asked) = Asked::read(&mut acl, principal, "name") else {
        return;
    };
    asked.operations.extend(acl.text("operation"));
    found.rule(&asked, spot);
}

fn connector(one: Resource<'_>, found: &mut Found<'_>) {
    let Resource { name, mut spec, .. } = one;
    let pause = spec.flag("pause").unwrap_or_default();
    let said = spec.take("state").and_then(|said| state(said, name));
    let connector = Connector {
        connect: one.cluster,
        class: spec.text("class").unwrap_or_default().to_owned(),
        tasks_max: spec.count("tasksMax"),
        state: said.or(pause.then_some("paused")),
        labels: one.labels,
        ..Connector::default()
    };
    spec.lost(
        "version",
        "which version of a plugin runs, the workers' plugin path says",
    );
    spec.lost(
        "autoRestart",
        "Headgate restarts what failed, seven times unless `restart: {max: …}` of its Connector says otherwise",
    );
    for key in ["listOffsets", "alterOffsets"] {
        spec.lost(
            key,
            "Headgate sets offsets once, as `offsets` of its Connector says",
        );
    }
    found.connector(name, connector, spec.entries("config"), one.spot);
}
