//! Something to look at: producers and consumers of the streaming-platform example, at a few records a second.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures::future::try_join_all;

use super::process::Process;
use super::workdir::{WorkDir, write};
use super::{Consumer, KafkaCluster, LabError, Tool};

/// What flows: a topic, the group that reads it, and what a record says.
const FLOWS: &[Flow] = &[
    Flow {
        topic: "user-events",
        group: "analytics",
        record: r#"{"user":"user-1","action":"clicked","page":"/"}"#,
    },
    Flow {
        topic: "application-logs",
        group: "logger",
        record: r#"{"level":"INFO","service":"checkout","message":"order taken"}"#,
    },
    Flow {
        topic: "system-metrics",
        group: "alerts",
        record: r#"{"host":"web-1","cpu":0.42,"memory":0.61}"#,
    },
];

/// Enough for a lag to be seen, little enough for a laptop to stay cool.
const RECORDS_PER_SECOND: &str = "5";

/// Years of records at that rate: a producer ends with the lab.
const RECORDS: &str = "1000000000";

struct Flow {
    topic: &'static str,
    group: &'static str,
    record: &'static str,
}

/// Three producers and three consumers. They end when the value is dropped or this process ends.
#[derive(Debug)]
pub struct Traffic {
    // processes before the directory they live in: fields are dropped in this order
    _producers: Vec<Process>,
    _consumers: Vec<Consumer>,
    _dir: Arc<WorkDir>,
}

impl KafkaCluster {
    /// Makes the topics unless they are there, and has producers and consumers use them, as super users.
    ///
    /// # Errors
    /// A topic cannot be made, or Java cannot be started. What a producer complains of stands in its log only.
    pub async fn traffic(&self) -> Result<Traffic, LabError> {
        try_join_all(FLOWS.iter().map(|flow| self.make_topic(flow.topic))).await?;
        let dir = Arc::new(WorkDir::make()?);
        let producers = FLOWS.iter().map(|flow| self.producer(flow, dir.path()));
        let admin = self.admin();
        let consumers = FLOWS
            .iter()
            .map(|flow| admin.consumer(flow.topic, flow.group));
        Ok(Traffic {
            _producers: producers.collect::<Result<_, _>>()?,
            _consumers: consumers.collect::<Result<_, _>>()?,
            _dir: dir,
        })
    }

    async fn make_topic(&self, name: &str) -> Result<(), LabError> {
        let replicas = self.spec().brokers.min(3).to_string();
        let create = ["--create", "--if-not-exists", "--topic", name];
        let shape = ["--partitions", "3", "--replication-factor", &replicas];
        let made = self.tool(Tool::Topics, &[create, shape].concat()).await;
        made.map(|_| ())
    }

    fn producer(&self, flow: &Flow, dir: &Path) -> Result<Process, LabError> {
        let records = dir.join(format!("{}.json", flow.topic));
        write(&records, flow.record)?;
        let mut java: Command = self.kit().tool_java(&[]);
        java.arg("org.apache.kafka.tools.ProducerPerformance")
            .args(["--topic", flow.topic, "--num-records", RECORDS])
            .args(["--throughput", RECORDS_PER_SECOND, "--payload-file"])
            // by which the guard knows the process, too
            .arg(&records)
            .arg("--producer-props")
            .arg(format!(
                "bootstrap.servers={}",
                self.plaintext_bootstrap().join(",")
            ));
        let process = Process::new(format!("producer-{}", flow.topic), dir);
        process.spawn(&mut java)?;
        Ok(process)
    }
}
