//! A whole platform: Kafka and what stands beside it.

use super::room::{Part, Room};
use super::{Connect, Endpoint, KafkaCluster, KafkaSpec, LabError, Service, Traffic};

/// The bucket that S3 begins with.
pub const BUCKET: &str = "lab";

/// What the parts take, as seen on 4.3.1 with a few topics and connectors.
const NODE_MIB: u64 = 230;
const WORKER_MIB: u64 = 250;
const S3_MIB: u64 = 90;
const REGISTRY: Part = Part {
    name: "Schema Registry and its storage",
    needs_mib: 260,
    is_load: false,
};
/// Six clients of 130 MiB.
const TRAFFIC: Part = Part {
    name: "producers and consumers",
    needs_mib: 780,
    is_load: true,
};

/// Describes a platform: Kafka, and which of the rest is wanted.
#[derive(Debug, Clone, Default)]
pub struct PlatformSpec {
    /// The Kafka under it.
    pub kafka: KafkaSpec,
    /// Number of Connect workers. With any, S3 and an endpoint come along for the plugins to write to and read.
    pub workers: u16,
    /// Whether there is a Schema Registry.
    pub registry: bool,
    /// Whether there are producers and consumers.
    pub traffic: bool,
}

/// A running platform. Everything ends when the value is dropped or this process ends.
#[derive(Debug)]
pub struct Platform {
    // what uses Kafka before Kafka: fields are dropped in this order
    /// What stands beside Kafka.
    pub beside: Beside,
    /// The Kafka under it.
    pub kafka: KafkaCluster,
    /// A line for each part that this machine has no room for.
    pub left_out: Vec<String>,
}

/// What stands beside Kafka and runs. It ends when the value is dropped or this process ends; Kafka is to outlive it.
#[derive(Debug, Default)]
pub struct Beside {
    _traffic: Option<Traffic>,
    /// The workers, and what their connectors write to and read.
    pub connect: Option<(Connect, Service, Endpoint)>,
    /// The Schema Registry.
    pub registry: Option<Service>,
}

impl PlatformSpec {
    /// Describes the platform that teams run: Kafka as in production, two Connect workers, a Schema Registry, and somebody
    /// who uses it.
    #[must_use]
    pub fn production() -> Self {
        Self {
            kafka: KafkaSpec::production(),
            workers: 2,
            registry: true,
            traffic: true,
        }
    }

    /// Brings up what fits on this machine, and returns when all of it serves.
    ///
    /// # Errors
    /// As [`KafkaSpec::start`] and [`Self::beside`].
    pub async fn start(&self) -> Result<Platform, LabError> {
        let (spec, left_out) = self.that_fits();
        let kafka = spec.kafka.start().await?;
        let beside = spec.beside(&kafka).await?;
        Ok(Platform {
            beside,
            kafka,
            left_out,
        })
    }

    /// Brings up what it has beside Kafka over one that runs, and returns when all of it serves.
    ///
    /// # Errors
    /// As [`KafkaCluster::connect`], [`Service::registry`], [`Service::s3`] and [`KafkaCluster::traffic`].
    pub async fn beside(&self, kafka: &KafkaCluster) -> Result<Beside, LabError> {
        let (connect, registry, traffic) = tokio::try_join!(
            connect(kafka, self.workers),
            async {
                match self.registry {
                    true => Service::registry().await.map(Some),
                    false => Ok(None),
                }
            },
            async {
                match self.traffic {
                    true => kafka.traffic().await.map(Some),
                    false => Ok(None),
                }
            },
        )?;
        Ok(Beside {
            _traffic: traffic,
            connect,
            registry,
        })
    }

    /// Returns what of it fits on this machine beside its Kafka, and why the rest does not.
    #[must_use]
    pub fn that_fits(&self) -> (Self, Vec<String>) {
        let nodes = u64::from(self.kafka.brokers) + u64::from(self.kafka.controllers);
        self.on(Room::here(nodes * NODE_MIB))
    }

    /// Returns what of it fits into a room, and why the rest does not.
    fn on(&self, mut room: Room) -> (Self, Vec<String>) {
        let mut left_out = Vec::new();
        let mut fits = |part| room.take(part).map_err(|why| left_out.push(why)).is_ok();
        let workers = Part {
            name: "Connect workers and S3",
            needs_mib: u64::from(self.workers) * WORKER_MIB + S3_MIB,
            is_load: false,
        };
        let spec = Self {
            kafka: self.kafka.clone(),
            workers: if self.workers > 0 && fits(workers) {
                self.workers
            } else {
                0
            },
            registry: self.registry && fits(REGISTRY),
            traffic: self.traffic && fits(TRAFFIC),
        };
        (spec, left_out)
    }
}

async fn connect(
    kafka: &KafkaCluster,
    workers: u16,
) -> Result<Option<(Connect, Service, Endpoint)>, LabError> {
    if workers == 0 {
        return Ok(None);
    }
    let (connect, s3) = tokio::try_join!(kafka.connect(workers), Service::s3())?;
    s3.make_bucket(BUCKET).await?;
    Ok(Some((connect, s3, Endpoint::start()?)))
}
