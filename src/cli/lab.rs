//! `headgate lab`: a real Kafka on loopback, and what stands beside it, until Ctrl-C.

use std::{process::ExitCode, time::Duration};

use super::{args::LabOptions, failure::Failure, output, run};
use crate::lab::{
    ADMIN_PASSWORD, ADMIN_USER, BUCKET, HTTP_SOURCE, KafkaCluster, KafkaSpec, KafkaVersion,
    Platform, PlatformSpec, S3_SINK, Security,
};

/// How often the endpoint has something new.
const NEWS: Duration = Duration::from_secs(1);

/// Brings it up, says where it is and how Headgate gets in, and takes it down at the end.
pub(super) async fn lab(options: &LabOptions) -> Result<ExitCode, Failure> {
    let stop = run::stop_signal()?;
    let spec = spec(options)?;
    let platform = output::waiting("starting", spec.start()).await?;
    for part in &platform.left_out {
        output::stderr("left out: ", part);
    }
    let reach = Reach::of(&platform);
    output::text(&format!(
        "kafka       {}\n{reach}\n{}\nCtrl-C ends it\n",
        platform.kafka.version(),
        reach.snippets()
    ))?;
    tokio::select! {
        () = stop => {}
        () = publish(&platform) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the endpoint tell something new from time to time.
async fn publish(platform: &Platform) {
    let mut news = tokio::time::interval(NEWS);
    loop {
        news.tick().await;
        if let Some((_, _, endpoint)) = &platform.beside.connect {
            endpoint.publish(1);
        }
    }
}

fn spec(options: &LabOptions) -> Result<PlatformSpec, Failure> {
    let version = match options.kafka.as_deref() {
        None => KafkaVersion::NEWEST,
        Some(text) => KafkaVersion::parse(text).ok_or_else(|| {
            Failure::new(format!(
                "the lab has no Kafka {text}; it has {}",
                KafkaVersion::ALL.map(KafkaVersion::as_str).join(", ")
            ))
        })?,
    };
    if options.platform {
        let mut platform = PlatformSpec::production();
        platform.kafka.version = version;
        return Ok(platform);
    }
    Ok(PlatformSpec {
        kafka: kafka(options, version),
        workers: options.connect,
        registry: options.registry,
        traffic: options.traffic,
    })
}

fn kafka(options: &LabOptions, version: KafkaVersion) -> KafkaSpec {
    if options.production {
        return KafkaSpec {
            version,
            ..KafkaSpec::production()
        };
    }
    let security = match options.secure {
        true => Security::ScramTls,
        false => Security::Plaintext,
    };
    KafkaSpec {
        version,
        brokers: options.brokers,
        controllers: options.controllers,
        security,
        ..KafkaSpec::default()
    }
}

/// Where Headgate's ledger lies: beside `headgate.yaml`, with its key and logs in files whose names begin like it.
const LEDGER: &str = "lab-ledger.db";

/// What is known of the records that the endpoint gives.
const SCHEMA_DOCUMENT: &str = "---
apiVersion: headgate.dev/v1
kind: Schema
metadata: {name: orders-value}
spec: {type: JSON, compatibility: BACKWARD, schema: '{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\"}'}
";

/// How a lab platform is reached.
struct Reach {
    cluster_id: String,
    bootstrap: Vec<String>,
    /// The CA's file and the one with the password; `None` for plaintext.
    files: Option<(String, String)>,
    connect: Option<ConnectReach>,
    registry: Option<String>,
}

/// Where the workers are, and what their connectors read and write to.
struct ConnectReach {
    workers: Vec<String>,
    s3: String,
    endpoint: String,
}

impl Reach {
    fn of(platform: &Platform) -> Self {
        let Platform { beside, kafka, .. } = platform;
        Self {
            connect: beside
                .connect
                .as_ref()
                .map(|(workers, s3, endpoint)| ConnectReach {
                    workers: workers.urls(),
                    s3: s3.url(),
                    endpoint: endpoint.url(),
                }),
            registry: beside.registry.as_ref().map(|registry| registry.url()),
            ..Self::of_kafka(kafka)
        }
    }

    fn of_kafka(kafka: &KafkaCluster) -> Self {
        let files = kafka.ca_pem_path().map(|ca| {
            let password = kafka.password_path();
            (ca.display().to_string(), password.display().to_string())
        });
        Self {
            cluster_id: kafka.cluster_id().to_owned(),
            bootstrap: kafka.bootstrap(),
            files,
            connect: None,
            registry: None,
        }
    }

    /// Writes the start of a `headgate.yaml`, and of the cluster's document.
    fn snippets(&self) -> String {
        format!(
            "# headgate.yaml\n{}\n# .gitignore: what Headgate remembers, and its key\n{LEDGER}*\n\n# desired-state/lab/cluster.yaml\n{}",
            self.config(),
            self.document()
        )
    }

    fn config(&self) -> String {
        let login = self.files.as_ref().map_or_else(String::new, |(ca, password)| {
            format!(
                "      tls: {{ca: {{file: {ca:?}}}}}\n      \
                 sasl: {{mechanism: SCRAM-SHA-512, username: {ADMIN_USER}, password: {{file: {password:?}}}}}\n"
            )
        });
        let connect = self.connect.as_ref().map_or_else(String::new, |connect| {
            format!("    connect: {{main: {{urls: {:?}}}}}\n", connect.workers)
        });
        let registry = self.registry.as_ref().map_or_else(String::new, |url| {
            format!("    registry: {{url: {url:?}}}\n")
        });
        format!(
            "source: {{repo: ., branch: main}}\nclusters:\n  lab:\n    kafka:\n      bootstrap: {:?}\n      \
             superUser: true\n{login}{connect}{registry}ledger: {{path: {LEDGER}}}\n",
            self.bootstrap
        )
    }

    fn document(&self) -> String {
        let mut text = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: lab}}\nspec: {{clusterId: {:?}}}\n",
            self.cluster_id
        );
        if let Some(connect) = &self.connect {
            text.push_str(&connect.documents());
        }
        if self.registry.is_some() {
            text.push_str(SCHEMA_DOCUMENT);
        }
        text
    }
}

impl ConnectReach {
    /// Writes a source that reads the endpoint into a topic, and a sink that writes the topic into S3.
    fn documents(&self) -> String {
        let connector = |name: &str, class: &str, config: &str| {
            format!(
                "---\napiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: {name}}}\nspec:\n  connect: main\n  \
                 class: {class}\n  tasksMax: 1\n  config:\n{config}"
            )
        };
        let mut text = "---\napiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {name: orders}\n\
            spec: {partitions: 1, replicationFactor: 1}\n"
            .to_owned();
        let source = format!(
            "    http.request.url: {:?}\n    kafka.topic: orders\n",
            self.endpoint
        );
        text.push_str(&connector("orders-source", HTTP_SOURCE, &source));
        let sink = format!(
            "    topics: orders\n    s3.bucket.name: {BUCKET}\n    store.url: {:?}\n    flush.size: \"10\"\n",
            self.s3
        );
        text.push_str(&connector("orders-sink", S3_SINK, &sink));
        text
    }
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cluster_id,
            bootstrap,
            files,
            connect,
            registry,
        } = self;
        writeln!(f, "bootstrap   {}", bootstrap.join(","))?;
        writeln!(f, "cluster id  {cluster_id}")?;
        if let Some((ca, password)) = files {
            writeln!(f, "ca          {ca}")?;
            writeln!(
                f,
                "scram       {ADMIN_USER} / {ADMIN_PASSWORD} (in {password})"
            )?;
        }
        if let Some(connect) = connect {
            writeln!(f, "connect     {}", connect.workers.join(" "))?;
            writeln!(f, "s3          {}/{BUCKET}", connect.s3)?;
            writeln!(f, "endpoint    {}", connect.endpoint)?;
        }
        if let Some(registry) = registry {
            writeln!(f, "registry    {registry}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use clap::Parser;

    use super::*;
    use crate::{
        cli::args::Args,
        config, desired,
        model::{SecretRef, SourceFile},
    };

    #[test]
    fn a_lab_without_brokers_is_refused_and_production_is_what_it_is() {
        let refused = |args: &[&str]| {
            let all = [&["headgate", "lab"], args].concat();
            Args::try_parse_from(all).err().map(|e| e.to_string())
        };
        let why = refused(&["--brokers", "0"]).unwrap();
        assert!(why.contains("0 is not in 1.."), "{why}");
        let why = refused(&["--production", "--brokers", "2"]).unwrap();
        assert!(why.contains("cannot be used with"), "{why}");
        let why = refused(&["--platform", "--registry"]).unwrap();
        assert!(why.contains("cannot be used with"), "{why}");
        assert_eq!(refused(&["--platform", "--kafka", "3.9"]), None);
        assert_eq!(
            refused(&["--production", "--connect", "2", "--registry"]),
            None
        );
        assert_eq!(refused(&["--brokers", "2", "--controllers", "1"]), None);
    }

    #[test]
    fn what_it_prints_is_a_headgate_yaml_that_gets_in() {
        let reach = Reach {
            cluster_id: "id".to_owned(),
            bootstrap: vec!["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()],
            files: Some(("/lab/ca.pem".to_owned(), "/lab/admin.password".to_owned())),
            connect: Some(ConnectReach {
                workers: ["http://127.0.0.1:3", "http://127.0.0.1:7"]
                    .map(str::to_owned)
                    .into(),
                s3: "http://127.0.0.1:4".to_owned(),
                endpoint: "http://127.0.0.1:5/items".to_owned(),
            }),
            registry: Some("http://127.0.0.1:6/apis/ccompat/v7".to_owned()),
        };
        let read = config::parse(&reach.config(), "headgate.yaml").unwrap();
        let kafka = &read.clusters.values().next().unwrap().kafka;
        assert_eq!(kafka.bootstrap, reach.bootstrap);
        let file = |path: &str| SecretRef::File(path.to_owned());
        assert_eq!(kafka.tls.as_ref().unwrap().ca, Some(file("/lab/ca.pem")));
        let password = &kafka.sasl.as_ref().unwrap().password;
        assert_eq!(password, &file("/lab/admin.password"));
        assert!(kafka.super_user);
        let connect = &read.clusters.values().next().unwrap().connect;
        assert_eq!(connect.values().next().unwrap().urls.len(), 2);
        let file = SourceFile {
            path: "desired-state/lab/cluster.yaml".to_owned(),
            bytes: reach.document().into_bytes(),
        };
        let loaded = desired::load(&[file]);
        assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    }

    #[test]
    fn a_plaintext_cluster_needs_no_login() {
        let reach = Reach {
            cluster_id: "id".to_owned(),
            bootstrap: vec!["127.0.0.1:1".to_owned()],
            files: None,
            connect: None,
            registry: None,
        };
        let read = config::parse(&reach.config(), "headgate.yaml").unwrap();
        let kafka = &read.clusters.values().next().unwrap().kafka;
        assert!(kafka.tls.is_none() && kafka.sasl.is_none());
    }
}
