//! The sandbox as a Kafka plane: reads from lagging brokers, writes to the controller, and what goes wrong with both
//! (sandbox stage).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::future::{BoxFuture, ready};

use super::{Call, Fault, Sandbox, World, values};
use crate::{
    live::{KafkaLive, LiveObject, LiveTopic, Observed, Usage},
    model::{ConfigKey, ObjectRef, TOPIC_CONFIGS, TopicName},
    ports::{Ask, Batch, Credential, KafkaPlane, Looked, Outcome, Refusal, RefusalClass},
};

/// How long a call that hangs takes until its caller's deadline.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a spent mutation quota lasts.
const QUOTA: Duration = Duration::from_millis(800);

impl KafkaPlane for Sandbox {
    fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
        Box::pin(async move {
            let unreadable = match self.read().await {
                Ok(unreadable) => unreadable,
                Err(why) => return Observed::Unknown(why),
            };
            let live = self.observed(ask, unreadable);
            self.moment().await;
            Observed::Known(live)
        })
    }

    fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
        Box::pin(async move {
            let unreadable = match self.read().await {
                Ok(unreadable) => unreadable,
                Err(why) => return Observed::Unknown(why),
            };
            let looked = self.looked(objects, unreadable);
            self.moment().await;
            Observed::Known(looked)
        })
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(async move {
            self.moment().await;
            let fault = self.fault(Call::Write);
            let outcomes = self.written(&batch, fault);
            self.moment().await;
            if fault == Some(Fault::Hang) {
                tokio::time::sleep(DEADLINE).await;
            }
            outcomes
        })
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        let unknown = || Observed::Unknown("logins are not tried yet".to_owned());
        Box::pin(ready(logins.iter().map(|_| unknown()).collect()))
    }
}

impl Sandbox {
    /// Begins a read: whether one topic shall be unreadable, or why nothing can be read.
    async fn read(&self) -> Result<bool, String> {
        self.moment().await;
        match self.fault(Call::Read) {
            Some(Fault::Unreadable) => Err("the connection to the broker broke".to_owned()),
            Some(Fault::Hang) => {
                tokio::time::sleep(DEADLINE).await;
                Err(format!("no broker answered within {DEADLINE:?}"))
            }
            fault => Ok(fault == Some(Fault::TopicUnreadable)),
        }
    }

    /// Returns the state that some broker shows.
    fn some_view(&self) -> Arc<World> {
        let mut state = self.state();
        let brokers = state.world.brokers().len();
        let broker = state.chaos.pick(brokers);
        state.view(broker)
    }

    fn observed(&self, ask: &Ask, unreadable: bool) -> KafkaLive {
        let view = self.some_view();
        let mut topics: BTreeMap<TopicName, Observed<LiveTopic>> = view
            .topics()
            .iter()
            .map(|(name, topic)| (name.clone(), Observed::Known(topic.as_ref().clone())))
            .collect();
        for name in ask
            .topics
            .iter()
            .filter(|n| !view.topics().contains_key(*n))
        {
            if let Some(topic) = self.on_any_broker(name) {
                topics.insert(name.clone(), Observed::Known(topic));
            }
        }
        if unreadable {
            let at = self.state().chaos.pick(topics.len());
            if let Some(topic) = topics.values_mut().nth(at) {
                *topic = Observed::Unknown("its config could not be read".to_owned());
            }
        }
        // a real cluster tells its keys with a topic's config
        let topic_keys = match topics.is_empty() {
            true => BTreeMap::new(),
            false => TOPIC_CONFIGS
                .iter()
                .filter_map(|config| values::known(config.key))
                .map(|config| (ConfigKey::new(config.key), config.config_type))
                .collect(),
        };
        KafkaLive {
            brokers: view.brokers().to_vec(),
            topics,
            topic_keys,
            usage: idle(ask),
            ..KafkaLive::new(view.cluster_id().clone())
        }
    }

    fn on_any_broker(&self, name: &TopicName) -> Option<LiveTopic> {
        let state = self.state();
        let brokers = state.world.brokers().len();
        (0..brokers).find_map(|broker| state.view(broker).topic(name.as_str()).cloned())
    }

    fn looked(&self, objects: &[ObjectRef], unreadable: bool) -> Looked {
        let view = self.some_view();
        let at = self.state().chaos.pick(objects.len());
        let look = |(i, object): (usize, &ObjectRef)| {
            let state = match unreadable && i == at {
                true => Observed::Unknown("its config could not be read".to_owned()),
                false => Observed::Known(view.topic(&object.name).cloned().map(LiveObject::Topic)),
            };
            (object.clone(), state)
        };
        Looked {
            cluster_id: view.cluster_id().clone(),
            objects: objects.iter().enumerate().map(look).collect(),
        }
    }

    fn written(&self, batch: &Batch, fault: Option<Fault>) -> Vec<Outcome> {
        let all = batch.len();
        let broken = || Outcome::Unknown("the connection broke before an answer came".to_owned());
        match fault {
            Some(Fault::AnswerLost) => {
                self.edit(|world| world.write(batch));
                vec![broken(); all]
            }
            Some(Fault::Hang) => {
                self.edit(|world| world.write(batch));
                vec![Outcome::Unknown(format!("no answer within {DEADLINE:?}")); all]
            }
            Some(Fault::RequestLost) => vec![broken(); all],
            Some(Fault::NotSent) => vec![Outcome::Refused(not_sent()); all],
            Some(Fault::Partial) => self.half(batch, broken()),
            Some(Fault::Throttled) => self.half(batch, Outcome::Throttled(QUOTA)),
            Some(Fault::Unreadable | Fault::TopicUnreadable) | None => {
                self.edit(|world| world.write(batch))
            }
        }
    }

    /// Writes the first half of a batch; of one item, nothing.
    fn half(&self, batch: &Batch, rest: Outcome) -> Vec<Outcome> {
        let half = batch.len() / 2;
        let mut first = batch.clone();
        first.truncate(half);
        let mut outcomes = self.edit(|world| world.write(&first));
        outcomes.resize(batch.len(), rest);
        outcomes
    }
}

/// Nobody reads or writes here.
fn idle(ask: &Ask) -> BTreeMap<TopicName, Observed<Usage>> {
    let topics = ask.usage.iter().cloned();
    topics
        .map(|topic| (topic, Observed::Known(Usage::default())))
        .collect()
}

fn not_sent() -> Refusal {
    Refusal {
        class: RefusalClass::Transient,
        code: "unreachable".into(),
        message: "connection refused".to_owned(),
    }
}
