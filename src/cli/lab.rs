//! `headgate lab`: a real Kafka on loopback, until Ctrl-C.

use std::process::ExitCode;

use super::{args::LabOptions, failure::Failure, output, run};
use crate::lab::{ADMIN_PASSWORD, ADMIN_USER, KafkaCluster, KafkaSpec, KafkaVersion, Security};

/// Brings it up, says where it is and how Headgate gets in, and takes it down at the end.
pub(super) async fn lab(options: &LabOptions) -> Result<ExitCode, Failure> {
    let stop = run::stop_signal()?;
    let spec = spec(options)?;
    let kafka = output::waiting("starting", spec.start()).await?;
    let reach = Reach::of(&kafka);
    output::text(&format!(
        "kafka       {}\n{reach}\n{}\nCtrl-C ends it\n",
        kafka.version(),
        reach.snippets()
    ))?;
    stop.await;
    Ok(ExitCode::SUCCESS)
}

fn spec(options: &LabOptions) -> Result<KafkaSpec, Failure> {
    let version = match options.kafka.as_deref() {
        None => KafkaVersion::NEWEST,
        Some(text) => KafkaVersion::parse(text).ok_or_else(|| {
            Failure::new(format!(
                "the lab has no Kafka {text}; it has {}",
                KafkaVersion::ALL.map(KafkaVersion::as_str).join(", ")
            ))
        })?,
    };
    if options.production {
        return Ok(KafkaSpec {
            version,
            ..KafkaSpec::production()
        });
    }
    let security = match options.secure {
        true => Security::ScramTls,
        false => Security::Plaintext,
    };
    Ok(KafkaSpec {
        version,
        brokers: options.brokers,
        controllers: options.controllers,
        security,
        ..KafkaSpec::default()
    })
}

/// How a lab cluster is reached.
struct Reach {
    cluster_id: String,
    bootstrap: Vec<String>,
    /// The CA's file and the one with the password; `None` for plaintext.
    files: Option<(String, String)>,
}

impl Reach {
    fn of(kafka: &KafkaCluster) -> Self {
        let files = kafka.ca_pem_path().map(|ca| {
            let password = kafka.password_path();
            (ca.display().to_string(), password.display().to_string())
        });
        Self {
            cluster_id: kafka.cluster_id().to_owned(),
            bootstrap: kafka.bootstrap(),
            files,
        }
    }

    /// Writes the start of a `headgate.yaml`, and of the cluster's document.
    fn snippets(&self) -> String {
        format!(
            "# headgate.yaml\n{}\n# desired-state/lab/cluster.yaml\n{}",
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
        format!(
            "source: {{repo: ., branch: main}}\nclusters:\n  lab:\n    kafka:\n      bootstrap: {:?}\n{login}\
             ledger: {{path: lab-ledger.db}}\n",
            self.bootstrap
        )
    }

    fn document(&self) -> String {
        format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: lab}}\nspec: {{clusterId: {:?}}}\n",
            self.cluster_id
        )
    }
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cluster_id,
            bootstrap,
            files,
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use clap::Parser;

    use super::*;
    use crate::{cli::args::Args, config, model::SecretRef};

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
        assert_eq!(refused(&["--production"]), None);
        assert_eq!(refused(&["--brokers", "2", "--controllers", "1"]), None);
    }

    #[test]
    fn what_it_prints_is_a_headgate_yaml_that_gets_in() {
        let reach = Reach {
            cluster_id: "id".to_owned(),
            bootstrap: vec!["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()],
            files: Some(("/lab/ca.pem".to_owned(), "/lab/admin.password".to_owned())),
        };
        let read = config::parse(&reach.config(), "headgate.yaml").unwrap();
        let kafka = &read.clusters.values().next().unwrap().kafka;
        assert_eq!(kafka.bootstrap, reach.bootstrap);
        let file = |path: &str| SecretRef::File(path.to_owned());
        assert_eq!(kafka.tls.as_ref().unwrap().ca, Some(file("/lab/ca.pem")));
        let password = &kafka.sasl.as_ref().unwrap().password;
        assert_eq!(password, &file("/lab/admin.password"));
    }

    #[test]
    fn a_plaintext_cluster_needs_no_login() {
        let reach = Reach {
            cluster_id: "id".to_owned(),
            bootstrap: vec!["127.0.0.1:1".to_owned()],
            files: None,
        };
        let read = config::parse(&reach.config(), "headgate.yaml").unwrap();
        let kafka = &read.clusters.values().next().unwrap().kafka;
        assert!(kafka.tls.is_none() && kafka.sasl.is_none());
    }
}
