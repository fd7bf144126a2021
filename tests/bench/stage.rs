//! The stage: three brokers, their rest, and the bare requests that Headgate is compared with.

use std::time::Duration;

use headgate::{
    apply::Limits,
    kafka::{Client, Settings, bare},
    lab::{KafkaCluster, KafkaSpec},
    model::TopicName,
    ports::{Batch, KafkaPlane, NewTopic, Outcome},
};
use tokio::time::{Instant, sleep};

use crate::{Failure, desired::PARTITIONS, machine};

/// One broker here takes about 10,000 partitions: each holds one and a half files and two maps.
const BROKERS: u16 = 3;

/// 30 KiB a replica, the metadata image twice (broker and controller are one process), and room for garbage.
const HEAP_MIB: u32 = 1024;

/// CPU that a broker at rest uses in a second, with its heartbeats: well under a twentieth.
const REST: Duration = Duration::from_millis(60);

/// How long brokers may work on what they were told: 30,000 logs were made in a minute on a machine with other work.
const REST_WITHIN: Duration = Duration::from_secs(90);

/// The pause between two looks at what is not seen yet; Headgate's own first one.
const PAUSE: Duration = Duration::from_millis(20);

/// Brokers, and a client of them.
pub(crate) struct Stage {
    pub(crate) kafka: KafkaCluster,
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn up() -> Result<Self, Failure> {
        let property = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let spec = KafkaSpec {
            brokers: BROKERS,
            heap_mib: HEAP_MIB,
            // a broker that makes 10,000 logs on a busy machine must not count as dead
            properties: vec![property("broker.session.timeout.ms", "30000")],
            ..KafkaSpec::default()
        };
        let kafka = spec.start().await?;
        let client = Client::new(Settings::plaintext(kafka.bootstrap()))?;
        let stage = Self { kafka, client };
        stage.rest().await?;
        Ok(stage)
    }

    /// Waits until the brokers have nothing left to do: logs are made after a topic is shown.
    pub(crate) async fn rest(&self) -> Result<(), Failure> {
        let began = Instant::now();
        let mut before = self.cpu()?;
        while began.elapsed() < REST_WITHIN {
            sleep(Duration::from_secs(1)).await;
            let now = self.cpu()?;
            if now.saturating_sub(before) <= REST * u32::from(BROKERS) {
                break;
            }
            before = now;
        }
        Ok(())
    }

    fn cpu(&self) -> Result<Duration, Failure> {
        let pids = (1..=i32::from(BROKERS)).filter_map(|node| self.kafka.pid(node));
        pids.map(machine::cpu).sum()
    }

    /// Sends the requests of an observation and throws the answers away.
    pub(crate) async fn observe(&self, topics: usize) -> Result<Duration, Failure> {
        let began = Instant::now();
        let listed = bare::read(&self.client, None).await?.len();
        let took = began.elapsed();
        match listed == topics {
            true => Ok(took),
            false => Err(format!("the broker lists {listed} topics of {topics}").into()),
        }
    }

    /// Makes topics with Headgate's own requests: for each chunk a look and the creation, and then looks at what is not
    /// seen yet until all is.
    pub(crate) async fn create(&self, topics: Vec<NewTopic>) -> Result<Duration, Failure> {
        let began = Instant::now();
        let mut unseen: Vec<TopicName> = topics.iter().map(|t| t.name.clone()).collect();
        let records = 1 + PARTITIONS as usize + topics.first().map_or(0, |t| t.config.len());
        let mut topics = topics.into_iter().peekable();
        while topics.peek().is_some() {
            let chunk: Vec<NewTopic> = topics
                .by_ref()
                .take(Limits::default().records / records)
                .collect();
            let names: Vec<TopicName> = chunk.iter().map(|t| t.name.clone()).collect();
            bare::read(&self.client, Some(&names)).await?;
            let outcomes = self.client.write(Batch::CreateTopics(chunk)).await;
            if let Some(other) = outcomes.iter().find(|o| **o != Outcome::Applied) {
                return Err(format!("a topic was not made: {other:?}").into());
            }
        }
        while !unseen.is_empty() {
            let seen = bare::read(&self.client, Some(&unseen)).await?;
            let seen: std::collections::HashSet<_> = seen.into_iter().collect();
            unseen.retain(|name| !seen.contains(name));
            if !unseen.is_empty() {
                sleep(PAUSE).await;
            }
        }
        Ok(began.elapsed())
    }
}
