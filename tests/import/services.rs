//! What stands beside Kafka, imported: connectors without their secrets, and subjects with the text of their newest version.

use headgate::{
    desired::DesiredValue,
    import::{Imported, import},
    live::{
        ConnectCluster, ConnectLive, Found, Live, LiveConnector, LiveSubject, Observed, Referred,
        RegistryLive, SchemaText,
    },
    model::{ClusterId, ClusterName, Kind},
    plan::ClusterPlan,
};

use super::{loaded, mk_config, mk_live, mk_observation, planned_on};
use crate::support::connector::running;

const ORDER: &str = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}"#;

const SHOP: &str =
    "syntax = \"proto3\";\nimport \"money.proto\";\nmessage Shop { Money till = 1; }\n";

const MONEY: &str = "syntax = \"proto3\";\nmessage Money { int64 cents = 1; }\n";

fn mk_connector(name: &str, state: &str, config: &[(&str, &str)]) -> LiveConnector {
    let mut config = mk_config(config);
    config.sort_by(|a, b| a.key.cmp(&b.key));
    LiveConnector {
        config,
        state: state.into(),
        ..running(name, &[])
    }
}

fn mk_connect() -> ConnectLive {
    let mut shop = mk_connector(
        "shop-source",
        "PAUSED",
        &[
            ("connector.class", "org.example.JdbcSource"),
            ("tasks.max", "2"),
            ("connection.url", "jdbc:postgresql://ann:canary@db/shop"),
            ("connection.password", ""),
            ("sasl.password", "${file:/etc/kafka:password}"),
            ("transforms.a.regex", "a: \"b\" # c"),
            ("batch", "0010"),
        ],
    );
    // the workers, or whoever asked them, do not tell it
    let key = shop
        .config
        .iter_mut()
        .find(|own| own.key.as_str() == "connection.password");
    key.unwrap().value = None;
    let odd = [
        ("connector.class", "org.example.Sink"),
        ("tasks.max", "many"),
    ];
    let twin = mk_connector("twin", "RUNNING", &odd);
    let nameless = mk_connector("nameless", "RUNNING", &[("topics", "a")]);
    let cluster = ConnectCluster {
        version: "4.3.0".into(),
        kafka_cluster_id: ClusterId("MkU3OEVBNTcwNTJENDM2Qg".into()),
    };
    ConnectLive {
        clusters: [
            ("main".into(), Observed::Known(cluster)),
            (
                "spare".into(),
                Observed::Unknown("it does not answer".into()),
            ),
        ]
        .into(),
        connectors: [
            ("shop-source".into(), Observed::Known(shop)),
            (
                "odd".into(),
                Observed::Known(mk_connector("odd", "RUNNING", &odd)),
            ),
            ("main/twin".into(), Observed::Known(twin)),
            ("nameless".into(), Observed::Known(nameless)),
            (
                "new".into(),
                Observed::Unknown("its status is not known yet".into()),
            ),
        ]
        .into(),
        ..ConnectLive::default()
    }
}

fn mk_text(format: &str, text: &str, references: &[(&str, &str, u32)]) -> Observed<SchemaText> {
    let references = references.iter().map(|(name, subject, version)| Referred {
        name: (*name).into(),
        subject: (*subject).into(),
        version: *version,
    });
    Observed::Known(SchemaText {
        format: format.into(),
        text: text.to_owned(),
        references: references.collect(),
        normalize: format != "AVRO",
    })
}

fn mk_registry() -> RegistryLive {
    let subject = |versions: &[u32], level: Option<&str>| {
        Observed::Known(LiveSubject {
            versions: versions.to_vec(),
            compatibility: level.map(Into::into),
            ..LiveSubject::default()
        })
    };
    RegistryLive {
        compatibility: Observed::Known("BACKWARD".into()),
        subjects: [
            ("closed".into(), Observed::Unknown("403 Forbidden".into())),
            ("custom-value".into(), subject(&[1], None)),
            ("money".into(), subject(&[1, 2], None)),
            (
                "orders/value".into(),
                subject(&[3], Some("FULL_TRANSITIVE")),
            ),
            ("orders-value".into(), subject(&[1], None)),
            ("shop-value".into(), subject(&[1], None)),
        ]
        .into(),
        texts: [
            (
                "custom-value".into(),
                Observed::Unknown("it is of the type XML".into()),
            ),
            ("money".into(), mk_text("PROTOBUF", MONEY, &[])),
            ("orders/value".into(), mk_text("AVRO", ORDER, &[])),
            (
                "orders-value".into(),
                mk_text("AVRO", r#""string""#, &[("Money", "money", 1)]),
            ),
            (
                "shop-value".into(),
                mk_text(
                    "PROTOBUF",
                    SHOP,
                    &[("money.proto", "money", 2), ("old.proto", "closed", 4)],
                ),
            ),
        ]
        .into(),
        ..RegistryLive::default()
    }
}

fn mk_whole() -> Live {
    Live {
        connect: Some(Observed::Known(mk_connect())),
        registry: Some(Observed::Known(mk_registry())),
        ..mk_observation(mk_live())
    }
}

fn imported(live: &Live) -> Imported {
    import(&ClusterName::new("prod").unwrap(), live)
}

fn file<'a>(imported: &'a Imported, path: &str) -> &'a str {
    let mut files = imported.files.iter();
    let found = files.find(|(other, _)| other == path);
    &found
        .unwrap_or_else(|| panic!("{path} is not in {:#?}", imported.files))
        .1
}

/// Plans what was imported against what a pass sees that knows the documents: secrets by their fingerprints, and which
/// version a declared schema is.
fn planned_again(imported: &Imported, mut live: Live) -> ClusterPlan {
    let desired = loaded(imported);
    if let Some(Observed::Known(connect)) = &mut live.connect {
        for (name, declared) in &desired.connectors {
            let Some(Observed::Known(seen)) = connect.connectors.get_mut(name) else {
                panic!("{name} was made up");
            };
            let is_secret = |key: &str| {
                let mut config = declared.config.iter();
                config.any(|(k, v)| k.as_str() == key && matches!(v, DesiredValue::Secret(_)))
            };
            let secrets = seen
                .config
                .iter_mut()
                .filter(|own| is_secret(own.key.as_str()));
            secrets.for_each(|own| own.value = Some("print".into()));
        }
    }
    if let Some(Observed::Known(registry)) = &mut live.registry {
        for (name, declared) in &desired.schemas {
            let Some(Observed::Known(seen)) = registry.subjects.get_mut(name) else {
                panic!("{name} was made up");
            };
            seen.declared = seen.versions.last().map(|version| Found {
                digest: declared.digest.clone(),
                version: *version,
                id: 1,
            });
        }
        let level = LiveSubject::of_level("BACKWARD".into());
        let subjects = &mut registry.subjects;
        subjects.insert(
            headgate::model::EVERY_SUBJECT.into(),
            Observed::Known(level),
        );
    }
    planned_on(imported, live)
}

#[test]
fn connectors_and_schemas_that_were_imported_plan_to_nothing() {
    let live = mk_whole();
    let imported = imported(&live);
    let plan = planned_again(&imported, live);
    assert_eq!((plan.actions, plan.reported), (vec![], vec![]));
    assert_eq!((plan.blocked, plan.drift), (vec![], vec![]));
    let count = |kind| {
        imported
            .counts
            .iter()
            .find(|(of, _)| *of == kind)
            .unwrap()
            .1
    };
    assert_eq!([Kind::Connector, Kind::Schema].map(count), [2, 4]);
}

/// Trap 36: the workers tell secrets in clear, and an import must not put them into git.
#[test]
fn a_connectors_secrets_are_named_and_never_written() {
    let imported = imported(&mk_whole());
    let whole = format!("{imported:?}");
    assert!(!whole.contains("canary"), "{whole}");
    let wanted = "apiVersion: headgate.dev/v1
kind: Connector
metadata: {name: shop-source}
spec:
  connect: main
  class: org.example.JdbcSource
  tasksMax: 2
  state: paused
  config:
    batch: \"0010\"
    sasl.password: \"${file:/etc/kafka:password}\"
    transforms.a.regex: \"a: \\\"b\\\" # c\"
  configFrom:
    connection.password: {secret: shop-source-connection.password}
    connection.url: {secret: shop-source-connection.url}
";
    let seen = file(&imported, "connectors/other.yaml");
    assert!(seen.contains(wanted), "{seen}");
    let secrets: Vec<_> = imported.secrets.iter().map(ToString::to_string).collect();
    for secret in [
        "shop-source-connection.password",
        "shop-source-connection.url",
    ] {
        assert!(secrets.contains(&secret.to_owned()), "{secrets:?}");
    }
}

#[test]
fn a_subject_is_written_beside_the_file_with_its_newest_version() {
    let imported = imported(&mk_whole());
    let level = "apiVersion: headgate.dev/v1
kind: Schema
metadata: {name: orders/value}
spec:
  type: AVRO
  schemaFile: orders-value-2.avsc
  compatibility: FULL_TRANSITIVE
  normalize: false
";
    assert_eq!(file(&imported, "schemas/orders-value-2.yaml"), level);
    assert_eq!(file(&imported, "schemas/orders-value-2.avsc"), ORDER);
    let refers = file(&imported, "schemas/shop-value.yaml");
    let references = "  references:
    - {name: money.proto, subject: money}
    - {name: old.proto, subject: closed, version: 4}
";
    assert!(refers.contains(references), "{refers}");
    assert_eq!(file(&imported, "schemas/shop-value.proto"), SHOP);
    let older = file(&imported, "schemas/orders-value.yaml");
    assert!(
        older.contains("{name: Money, subject: money, version: 1}"),
        "{older}"
    );
    let cluster = file(&imported, "cluster.yaml");
    assert!(
        cluster.contains("  registry: {compatibility: BACKWARD}\n"),
        "{cluster}"
    );
    assert!(
        cluster.contains("Schema: report, Connector: report}"),
        "{cluster}"
    );
}

#[test]
fn what_was_not_seen_or_has_no_document_is_told() {
    let imported = imported(&mk_whole());
    for note in [
        "Connector of Connect cluster spare: could not be read: it does not answer",
        "Connector main/twin: another Connect cluster has one of that name",
        "Connector nameless: its config has no `connector.class`",
        "Connector new: could not be read: its status is not known yet",
        "Schema closed: could not be read: 403 Forbidden",
        "Schema custom-value: could not be read: it is of the type XML",
    ] {
        let told = imported.notes.iter().filter(|told| told.starts_with(note));
        assert_eq!(told.count(), 1, "{note}: {:#?}", imported.notes);
    }
    let away = Live {
        connect: None,
        registry: Some(Observed::Unknown("connection refused".into())),
        ..mk_observation(mk_live())
    };
    let imported = self::imported(&away);
    let told = "Schema: could not be read: connection refused".to_owned();
    assert!(imported.notes.contains(&told), "{:#?}", imported.notes);
    assert!(!file(&imported, "cluster.yaml").contains("Connector: report"));
}
