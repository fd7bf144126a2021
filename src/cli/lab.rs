//! `headgate lab`: a real Kafka on loopback, until Ctrl-C.

use std::process::ExitCode;

use super::{args::LabOptions, failure::Failure, output, run};
use crate::lab::{ADMIN_PASSWORD, ADMIN_USER, KafkaSpec, KafkaVersion, Security};

/// Brings it up, says where it is, and takes it down at the end.
pub(super) async fn lab(options: &LabOptions) -> Result<ExitCode, Failure> {
    let stop = run::stop_signal()?;
    let version = match options.kafka.as_deref() {
        None => KafkaVersion::NEWEST,
        Some(text) => KafkaVersion::parse(text).ok_or_else(|| {
            Failure::new(format!(
                "the lab has no Kafka {text}; it has {}",
                KafkaVersion::ALL.map(KafkaVersion::as_str).join(", ")
            ))
        })?,
    };
    let security = match options.secure {
        true => Security::ScramTls,
        false => Security::Plaintext,
    };
    let spec = KafkaSpec {
        version,
        brokers: options.brokers,
        racks: options.brokers,
        security,
        ..KafkaSpec::default()
    };
    let kafka = output::waiting("starting", spec.start()).await?;
    output::line(format!("bootstrap   {}", kafka.bootstrap().join(",")))?;
    output::line(format!("cluster id  {}", kafka.cluster_id()))?;
    if let Some(ca) = kafka.ca_pem_path() {
        output::line(format!(
            "ca          {}\nscram       {ADMIN_USER} / {ADMIN_PASSWORD}",
            ca.display()
        ))?;
    }
    output::line("Ctrl-C ends it")?;
    stop.await;
    Ok(ExitCode::SUCCESS)
}
