//! The state of Mongey's Terraform providers `kafka` and `kafka-connect`, as `terraform show -json` prints it (import, pure).

use super::{
    found::{Found, topic_config},
    rights::{Asked, mechanism, take_quotas},
    sheet::{Fields, Sheet, Spot},
};
use crate::{
    import::{connectors::Connector, topics::Topic},
    model::{QuotaEntity, QuotaName},
};

/// What a state or a plan says of itself and of Terraform.
const TERRAFORM: &[&str] = &[
    "format_version",
    "terraform_version",
    "checks",
    "variables",
    "resource_changes",
    "resource_drift",
    "output_changes",
    "prior_state",
    "configuration",
    "relevant_attributes",
    "timestamp",
    "applyable",
    "complete",
    "errored",
];

/// What a resource says of itself beside its values.
const RESOURCE: &[&str] = &[
    "name",
    "index",
    "provider_name",
    "schema_version",
    "sensitive_values",
    "depends_on",
    "identity",
    "identity_schema_version",
];

/// Reads the documents.
pub(super) fn read<'d>(sheets: &'d [Sheet<'d>], found: &mut Found<'d>) {
    for spot in sheets.iter().flat_map(Sheet::spots) {
        let Some(mut fields) = spot.fields("Terraform's state") else {
            continue;
        };
        fields.bookkeeping(TERRAFORM);
        let planned = fields.fields("planned_values");
        let Some(mut values) = planned.or_else(|| fields.fields("values")) else {
            let help = "`terraform show -json` prints the state that is read here, not the state's own file";
            fields.left_out_whole("a document was left out: it has no `values`", help);
            continue;
        };
        values.what = "Terraform's state".to_owned();
        values.needless("outputs", "outputs are for Terraform");
        if let Some(root) = values.fields("root_module") {
            module(root, found);
        }
    }
}

fn module(mut fields: Fields<'_>, found: &mut Found<'_>) {
    fields.what = "a module".to_owned();
    fields.bookkeeping(&["address"]);
    for spot in fields.items("resources") {
        if let Some(fields) = spot.fields("a resource") {
            resource(fields, found);
        }
    }
    for spot in fields.items("child_modules") {
        if let Some(fields) = spot.fields("a module") {
            module(fields, found);
        }
    }
}

fn resource(mut fields: Fields<'_>, found: &mut Found<'_>) {
    let spot = fields.spot;
    let address = fields.text("address").unwrap_or("a resource");
    let address = address.escape_debug().to_string();
    fields.what.clone_from(&address);
    if fields.text("mode") == Some("data") {
        return fields.passed_over(
            format!("{address} was left out"),
            "a data source only reads",
        );
    }
    if fields.take("deposed_key").is_some() {
        return fields.passed_over(
            format!("{address} was left out: it is deposed"),
            "Terraform is to destroy it, and has another in its place",
        );
    }
    fields.bookkeeping(RESOURCE);
    fields.needless(
        "tainted",
        "Headgate replaces nothing; the plan shows what differs",
    );
    let of = fields.need("type").unwrap_or_default();
    let read: fn(Fields<'_>, Spot<'_>, &mut Found<'_>) = match of {
        "kafka_topic" => topic,
        "kafka_acl" => acl,
        "kafka_quota" => quota,
        "kafka_quota_composite" => composite_quota,
        "kafka_user_scram_credential" => user,
        "kafka-connect_connector" => connector,
        _ => {
            let message = format!(
                "{address} was left out: Headgate has nothing of the type `{}`",
                of.escape_debug()
            );
            return fields.left_out_whole(message, "leave it to Terraform");
        }
    };
    let Some(mut values) = fields.fields("values") else {
        return spot.lost(format!("{address} was left out: it has no values"), "");
    };
    values.what = address;
    values.bookkeeping(&["id"]);
    read(values, spot, found);
}

fn topic(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let Some(name) = values.need("name") else {
        return;
    };
    let topic = Topic {
        partitions: values.count_unless("partitions", "-1"),
        replication_factor: values.count_unless("replication_factor", "-1"),
        config: topic_config(values.fields("config")),
        ..Topic::default()
    };
    found.topic(name, topic, spot);
}

fn acl(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let asked = Asked {
        principal: values.need("acl_principal").unwrap_or_default(),
        resource: values.need("resource_type").unwrap_or_default(),
        name: values.text("resource_name"),
        pattern: values.text("resource_pattern_type_filter"),
        host: values.text("acl_host"),
        permission: values.text("acl_permission_type"),
        operations: values.text("acl_operation").into_iter().collect(),
    };
    found.rule(&asked, spot);
}

/// Reads whom a quota is for. The default has no name, or the one that Kafka prints.
fn entity(of: &str, name: Option<&str>, entity: &mut QuotaEntity) -> bool {
    entity.set(
        of,
        match name {
            None | Some("" | "<default>") => QuotaName::Default,
            Some(name) => QuotaName::Named(name.into()),
        },
    )
}

fn quota(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let of = values.need("entity_type").unwrap_or_default();
    let mut whom = QuotaEntity::default();
    let known = entity(of, values.text("entity_name"), &mut whom);
    finish_quota(values, known.then_some(whom), spot, found);
}

fn composite_quota(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let mut whom = QuotaEntity::default();
    let mut known = true;
    for part in values.items("entity") {
        let Some(mut part) = part.fields("an entity of a quota") else {
            return;
        };
        let of = part.need("type").unwrap_or_default();
        known &= entity(of, part.text("name"), &mut whom);
    }
    let known = known && whom.parts().next().is_some();
    finish_quota(values, known.then_some(whom), spot, found);
}

fn finish_quota(
    mut values: Fields<'_>,
    whom: Option<QuotaEntity>,
    spot: Spot<'_>,
    found: &mut Found<'_>,
) {
    let Some(whom) = whom else {
        let message = format!(
            "{} was left out: it does not say whom it is for",
            values.what
        );
        return values.left_out_whole(message, "known are user, client-id and ip");
    };
    let quotas = values
        .fields("config")
        .map(|mut config| take_quotas(&mut config));
    found.quota(whom, quotas.unwrap_or_default(), spot);
}

fn user(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let written = values.take("password").filter(|p| !p.says_nothing());
    let password = values.take("password_wo").filter(|p| !p.says_nothing());
    values.bookkeeping(&["password_wo_version"]);
    let iterations = values
        .count("scram_iterations")
        .and_then(|n| u32::try_from(n).ok());
    let Some(name) = values.need("username") else {
        return;
    };
    match values.need("scram_mechanism").and_then(mechanism) {
        Some(mechanism) => found.scram(name, mechanism, iterations, password.or(written), spot),
        None => spot.lost(
            format!(
                "user {}: its mechanism is not known; it was left out",
                name.escape_debug()
            ),
            "known are SCRAM-SHA-256 and SCRAM-SHA-512",
        ),
    }
}

fn connector(mut values: Fields<'_>, spot: Spot<'_>, found: &mut Found<'_>) {
    let Some(name) = values.need("name") else {
        return;
    };
    let mut connector = Connector::default();
    let mut config = values.entries("config");
    // what Terraform was told to hide is hidden whatever it is called, unless a document has a field for it
    for (key, value) in values.entries("config_sensitive") {
        match key {
            "name" | "connector.class" | "tasks.max" => config.push((key, value)),
            _ => found.hide(name, &mut connector, key, value),
        }
    }
    config.retain(|(key, _)| !connector.secrets.contains_key(*key));
    found.connector(name, connector, config, spot);
}
