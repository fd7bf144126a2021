//! Connectors and schemas, which JulieOps reads out of files of their own (import, pure).

use super::{
    super::{
        found::{Found, beside, schema_type},
        report::Report,
        sheet::{Fields, Sheet, Spot},
    },
    roles,
};
use crate::{
    desired::yaml,
    import::{connectors::Connector, schemas::Schema, text::Labels},
    model::{Finding, Severity, SourceFile},
};

/// Reads a project's connectors: artefacts and who may run them, or the latter alone.
pub(super) fn connectors(
    project: &mut Fields<'_>,
    makes_topics: Option<bool>,
    found: &mut Found<'_>,
) {
    let Some(spot) = project.peek("connectors") else {
        return;
    };
    let makes_topics = makes_topics.unwrap_or(true);
    let workers = match spot.is_mapping() {
        true => {
            let Some(mut fields) = project.fields("connectors") else {
                return;
            };
            for artefact in fields.items("artefacts") {
                connector(artefact, found);
            }
            fields.items("access_control")
        }
        false => project.items("connectors"),
    };
    for worker in workers {
        roles::connect(worker, makes_topics, found);
    }
}

fn connector(spot: Spot<'_>, found: &mut Found<'_>) {
    let Some(mut artefact) = spot.fields("a connector") else {
        return;
    };
    artefact.bookkeeping(&["hash"]);
    let connect = artefact.text("server").map(str::to_owned);
    let (Some(name), Some(path)) = (artefact.need("name"), artefact.need("path")) else {
        return;
    };
    let Some(text) = found.beside(path, spot) else {
        return;
    };
    let connector = Connector {
        connect,
        ..Connector::default()
    };
    let file = SourceFile {
        path: beside(&spot.sheet.source.path, path),
        bytes: text.into_bytes(),
    };
    let report = Report::default();
    if !config(name, connector, &file, &report, found) {
        spot.lost(
            format!("connector {name} was left out: its file holds no config"),
            "correct it and import again",
        );
    }
    found.report.keep(report);
}

/// Reads a connector's own file; returns whether there was anything in it.
fn config(
    name: &str,
    connector: Connector,
    file: &SourceFile,
    report: &Report,
    found: &mut Found<'_>,
) -> bool {
    let (documents, findings) = yaml::documents(file);
    found.is_cut |= findings.iter().any(|f| f.severity == Severity::Error);
    // a line of a connector's config may hold a secret
    report.extend(findings.into_iter().map(|finding| Finding {
        snippet: None,
        ..finding
    }));
    let sheet = Sheet::new(file, documents, report);
    let mut spots = sheet.spots();
    let Some(spot) = spots.next() else {
        return false;
    };
    for more in spots {
        more.lost(
            format!("connector {name}: a second document of its file was left out"),
            "a connector has a file of its own",
        );
    }
    let Some(mut fields) = spot.fields(format!("connector {name}")) else {
        return true;
    };
    // what the REST interface takes: the config, or a name and the config
    let inner = fields.peek("config").filter(Spot::is_mapping).is_some();
    let config = match inner {
        true => {
            let mut config = fields.entries("config");
            config.extend(fields.take("name").map(|named| ("name", named)));
            config
        }
        false => fields.rest(),
    };
    found.connector(name, connector, config, spot);
    true
}

/// Reads a topic's schemas.
pub(super) fn schemas(topic: &str, fields: &mut Fields<'_>, found: &mut Found<'_>) {
    let Some(spot) = fields.peek("schemas") else {
        return;
    };
    let each = match spot.is_mapping() {
        true => fields.take("schemas").into_iter().collect(),
        false => fields.items("schemas"),
    };
    for spot in each {
        let Some(mut fields) = spot.fields(format!("schemas of topic {}", topic.escape_debug()))
        else {
            continue;
        };
        for of in ["key", "value"] {
            schema(topic, of, &mut fields, found);
        }
    }
}

fn schema(topic: &str, of: &str, fields: &mut Fields<'_>, found: &mut Found<'_>) {
    let Some(file) = fields.take(&format!("{of}.schema.file")) else {
        return;
    };
    let format = fields.text(&format!("{of}.format")).unwrap_or("AVRO");
    let compatibility = fields
        .text(&format!("{of}.compatibility"))
        .map(str::to_owned);
    fields.needless(
        &format!("{of}.record.type"),
        "it chose the subject's name for another strategy",
    );
    let subject = format!("{topic}-{of}");
    let Some(known) = schema_type(format) else {
        return file.lost(
            format!("schema {subject} was left out: it is neither AVRO nor JSON nor PROTOBUF"),
            "write its document by hand",
        );
    };
    let text = file
        .text(&format!("schema {subject}"))
        .and_then(|path| found.beside(path, file));
    let Some(text) = text else { return };
    let schema = Schema {
        of: known.to_owned(),
        text,
        compatibility,
        references: Vec::new(),
        normalize: true,
        labels: Labels::new(),
    };
    found.schema(&subject, schema, file);
}
