//! The planes that a run looks at and writes to (apply stage): one way to look and one to write, whichever plane it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use compact_str::CompactString;
use futures::future::join_all;

use super::silent::{REGISTRY, Silent};
use crate::{
    desired::DesiredSchema,
    live::{LiveConnector, LiveObject, LiveSubject, Looks, Observed},
    model::{ClusterId, EVERY_SUBJECT, Kind, ObjectRef, Plane, Verb},
    plan::{Action, Beyond},
    ports::{
        Batch, ConnectPlane, ConnectWrite, KafkaPlane, Outcome, Refusal, RefusalClass,
        RegistryPlane, RegistryWrite, Wanted,
    },
};

/// The Connect clusters beside a Kafka cluster, by their names in `headgate.yaml`.
pub type ConnectClusters = BTreeMap<CompactString, Arc<dyn ConnectPlane>>;

/// Takes the secrets out of what is seen of a connector.
type Hide<'a> = &'a (dyn Fn(&str, &mut LiveConnector) + Sync);

/// Where a run looks and writes.
#[derive(Clone, Copy)]
pub struct Planes<'a> {
    /// Kafka.
    pub kafka: &'a dyn KafkaPlane,
    /// The Connect clusters.
    pub connect: &'a ConnectClusters,
    /// The Schema Registry, where there is one.
    pub registry: Option<&'a dyn RegistryPlane>,
}

/// Why a look tells nothing.
pub(super) enum Blind {
    /// Nobody answered.
    Unseen(String),
    /// Another cluster answered than the planned one.
    Foreign(String),
}

/// What goes out together.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Writes {
    /// One request to Kafka.
    Kafka(Batch),
    /// Requests to Connect clusters, one after the other.
    Connect(Vec<(CompactString, ConnectWrite)>),
    /// Requests to the registry, one after the other: a schema comes behind those that it refers to.
    Registry(Vec<RegistryWrite>),
}

/// No Connect cluster.
static NONE: ConnectClusters = BTreeMap::new();

impl<'a> Planes<'a> {
    /// Makes the planes of a cluster that is Kafka and nothing else.
    #[must_use]
    pub fn of_kafka(kafka: &'a dyn KafkaPlane) -> Self {
        Self {
            kafka,
            connect: &NONE,
            registry: None,
        }
    }

    /// Looks at the objects of some actions, all of one plane.
    pub(super) async fn look(
        &self,
        plane: Plane,
        actions: &[&Action],
        planned: Option<&ClusterId>,
        hide: Hide<'_>,
    ) -> Result<Looks, Blind> {
        match plane {
            Plane::Kafka => self.look_at_kafka(actions, planned).await,
            Plane::Connect => Ok(self.look_at_connect(actions, planned, hide).await),
            Plane::Registry => self.look_at_registry(actions).await,
        }
    }

    async fn look_at_kafka(
        &self,
        actions: &[&Action],
        planned: Option<&ClusterId>,
    ) -> Result<Looks, Blind> {
        let objects: Vec<ObjectRef> = actions.iter().map(|a| a.object.clone()).collect();
        match self.kafka.look(&objects).await {
            Observed::Unknown(why) => Err(Blind::Unseen(format!("Kafka: {why}"))),
            Observed::Known(looked) => match foreign(planned, &looked.cluster_id) {
                Some(why) => Err(Blind::Foreign(why)),
                None => Ok(looked.objects),
            },
        }
    }

    /// One Connect cluster that cannot be looked at leaves the others as they are: its connectors are unknown.
    async fn look_at_connect(
        &self,
        actions: &[&Action],
        planned: Option<&ClusterId>,
        hide: Hide<'_>,
    ) -> Looks {
        let mut by_cluster: BTreeMap<&str, Vec<(&Action, CompactString)>> = BTreeMap::new();
        for action in actions {
            if let Some(Beyond::Connector { connect, name }) = action.change.beyond.as_deref() {
                let these = by_cluster.entry(connect).or_default();
                these.push((action, name.clone()));
            }
        }
        let looks = by_cluster.into_iter().map(|(connect, these)| async move {
            let names: Vec<CompactString> = these.iter().map(|(_, name)| name.clone()).collect();
            let looked = match self.connect.get(connect) {
                Some(plane) => plane.look(&names).await,
                None => Observed::Unknown("headgate.yaml does not name it any more".to_owned()),
            };
            let looked =
                looked.map(
                    |looked| match foreign(planned, &looked.cluster.kafka_cluster_id) {
                        Some(why) => Err(why),
                        None => Ok(looked.connectors),
                    },
                );
            let mut seen = match looked {
                Observed::Known(Ok(connectors)) => Ok(connectors),
                Observed::Known(Err(why)) | Observed::Unknown(why) => Err(why),
            };
            let each = these.into_iter().map(|(action, name)| {
                let state = match &mut seen {
                    Ok(connectors) => connectors
                        .remove(&name)
                        .unwrap_or_else(|| Observed::Unknown("the answer lacks it".to_owned()))
                        .map(|one| {
                            one.map(|mut one| {
                                hide(&action.object.name, &mut one);
                                LiveObject::Connector(Box::new(one))
                            })
                        }),
                    Err(why) => Observed::Unknown(format!("Connect cluster {connect}: {why}")),
                };
                (action.object.clone(), state)
            });
            each.collect::<Vec<_>>()
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn look_at_registry(&self, actions: &[&Action]) -> Result<Looks, Blind> {
        let Some(registry) = self.registry else {
            let why = "headgate.yaml names no Schema Registry any more".to_owned();
            return Err(Blind::Unseen(why));
        };
        let schemas: BTreeMap<CompactString, DesiredSchema> = actions
            .iter()
            .filter_map(|action| match action.change.beyond.as_deref() {
                Some(Beyond::Schema(schema)) => Some((action.object.name.clone(), schema.clone())),
                _ => None,
            })
            .collect();
        let names = actions.iter().map(|action| action.object.name.clone());
        let names = names.filter(|name| name != EVERY_SUBJECT);
        let names: Vec<CompactString> = names.collect();
        // one that is to go is there until it is deleted for good; one that is to come is not, if it is deleted softly
        let due = actions.iter().filter(|action| action.verb == Verb::Delete);
        let due: BTreeSet<CompactString> = due.map(|action| action.object.name.clone()).collect();
        let wanted = Wanted {
            schemas: &schemas,
            owned: &[],
            due: &due,
        };
        let looked = registry.look(&wanted, &names).await;
        let every = looked.compatibility.map(LiveSubject::of_level).map(Some);
        let subjects = looked.subjects.into_iter();
        let each = subjects.chain([(EVERY_SUBJECT.into(), every)]);
        let each = each.map(|(name, seen)| {
            let seen = seen.map(|one| one.map(|one| LiveObject::Subject(Box::new(one))));
            (ObjectRef::new(Kind::Schema, &name), seen)
        });
        Ok(each.collect())
    }

    /// Writes, and returns an outcome for each part. What is silent is not asked, and noted.
    pub(super) async fn write(&self, writes: Writes, silent: &mut Silent) -> Vec<Outcome> {
        match writes {
            Writes::Kafka(batch) => self.kafka.write(batch).await,
            Writes::Connect(all) => {
                let mut line = Line::new(silent);
                for (connect, write) in all {
                    let send = async {
                        match self.connect.get(&connect) {
                            Some(plane) => plane.write(write.clone()).await,
                            None => not_tried("headgate.yaml does not name it any more"),
                        }
                    };
                    let connector = format!("{connect}/{}", write.name());
                    line.next(&connect, connector, send).await;
                }
                line.outcomes
            }
            Writes::Registry(all) => {
                let mut line = Line::new(silent);
                for write in all {
                    let subject = write.subject().unwrap_or(EVERY_SUBJECT).to_owned();
                    let send = async {
                        match self.registry {
                            Some(plane) => plane.write(write).await,
                            None => not_tried("headgate.yaml does not name it any more"),
                        }
                    };
                    line.next(REGISTRY, subject, send).await;
                }
                line.outcomes
            }
        }
    }
}

/// Writes that go out one after the other. A service that gives no answer at all is not asked again in this run: each
/// attempt would wait as long. One that answers that something failed said so of one object, and says other things of
/// others. Of an object of which one part failed the other parts are left.
struct Line<'a> {
    outcomes: Vec<Outcome>,
    silent: &'a mut Silent,
    failed: Option<String>,
}

impl<'a> Line<'a> {
    fn new(silent: &'a mut Silent) -> Self {
        Self {
            outcomes: Vec::new(),
            silent,
            failed: None,
        }
    }

    async fn next(&mut self, service: &str, object: String, send: impl Future<Output = Outcome>) {
        if let Some(why) = self.silent.told(service) {
            return self.outcomes.push(not_tried(&why));
        }
        if self.failed.as_ref() == Some(&object) {
            return self.outcomes.push(not_tried("what comes before it failed"));
        }
        let outcome = send.await;
        match &outcome {
            Outcome::Applied => {}
            Outcome::Unknown(why) => self.silent.note(service, why),
            Outcome::Refused(refusal) if refusal.class == RefusalClass::Unreached => {
                self.silent.note(service, &refusal.message);
            }
            Outcome::Unclear(_) | Outcome::Refused(_) | Outcome::Throttled(_) => {
                self.failed = Some(object);
            }
        }
        self.outcomes.push(outcome);
    }
}

fn not_tried(why: &str) -> Outcome {
    Outcome::Refused(Refusal {
        class: RefusalClass::Transient,
        code: "NOT_TRIED".into(),
        message: why.to_owned(),
    })
}

/// Says why a cluster is not the one that was planned; `None` when it is.
fn foreign(planned: Option<&ClusterId>, id: &ClusterId) -> Option<String> {
    match planned {
        Some(planned) if planned == id => None,
        Some(planned) => Some(format!(
            "the cluster's id is {id} now and was {planned} when the plan was made; nothing is written to it"
        )),
        None => Some("the plan does not say which cluster it is of".to_owned()),
    }
}
