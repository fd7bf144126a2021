//! The sandbox as a Kafka plane: reads from lagging brokers, writes to the controller, and what goes wrong with both
//! (sandbox stage).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{
    Call, Fault, Sandbox, World,
    fate::{DEADLINE, not_sent},
};
use crate::{
    live::{KafkaLive, LiveTopic, Looks, Observed},
    model::{ObjectRef, TopicName},
    ports::{Ask, Batch, Credential, KafkaPlane, Looked, Outcome},
};

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
            self.service.fate.moment().await;
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
            self.service.fate.moment().await;
            Observed::Known(looked)
        })
    }

    fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
        Box::pin(async move {
            match self.look(objects).await {
                Observed::Known(looked) => looked.objects,
                Observed::Unknown(why) => {
                    let unseen = |o: &ObjectRef| (o.clone(), Observed::Unknown(why.clone()));
                    objects.iter().map(unseen).collect()
                }
            }
        })
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(async move {
            self.service.fate.moment().await;
            let fault = self.service.fate.fault(Call::Write);
            let outcomes = self.written(&batch, fault);
            self.service.fate.moment().await;
            if fault == Some(Fault::Hang) {
                tokio::time::sleep(DEADLINE).await;
            }
            outcomes
        })
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        Box::pin(async move {
            let refused = self.read().await.err();
            let view = self.some_view();
            let one = |login| match &refused {
                Some(why) => Observed::Unknown(why.clone()),
                None => Observed::Known(view.lets_in(login)),
            };
            let told = logins.iter().map(one).collect();
            self.service.fate.moment().await;
            told
        })
    }
}

impl Sandbox {
    /// Begins a read: whether one topic shall be unreadable, or why nothing can be read.
    async fn read(&self) -> Result<bool, String> {
        self.service.reach().await?;
        if self.world().is_moving() {
            self.edit(World::move_on);
        }
        self.service.answer().await
    }

    /// Returns the state that some broker shows.
    fn some_view(&self) -> Arc<World> {
        let brokers = self.world().brokers().len();
        self.view(self.service.fate.pick(brokers))
    }

    fn observed(&self, ask: &Ask, unreadable: bool) -> KafkaLive {
        let mut live = self.some_view().shown(ask);
        // brokers pass the question on to the controller, which does not lag behind itself
        live.moving = live.moving.map(|_| self.world().moving());
        // and leaders answer for their partitions
        for (name, usage) in &mut live.usage {
            *usage = Observed::Known(self.world().usage(name));
        }
        for name in &ask.topics {
            if !live.topics.contains_key(name)
                && let Some(topic) = self.on_any_broker(name)
            {
                live.topics.insert(name.clone(), Observed::Known(topic));
            }
        }
        if unreadable {
            spoil(&mut live, |of| self.service.fate.pick(of));
        }
        live
    }

    fn on_any_broker(&self, name: &TopicName) -> Option<LiveTopic> {
        let brokers = self.world().brokers().len();
        (0..brokers).find_map(|broker| self.view(broker).topic(name.as_str()).cloned())
    }

    fn looked(&self, objects: &[ObjectRef], unreadable: bool) -> Looked {
        let view = self.some_view();
        let at = self.service.fate.pick(objects.len());
        let look = |(i, object): (usize, &ObjectRef)| {
            let state = match unreadable && i == at {
                true => Observed::Unknown("it could not be read".to_owned()),
                false => view.look(object),
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
        if self.service.is_down() {
            return vec![Outcome::Refused(not_sent()); all];
        }
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
            Some(Fault::Unreadable | Fault::OneUnreadable) | None => {
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

/// Makes one object unknown: a topic as often as something of another kind. Of ACLs nobody can read all but one.
fn spoil(live: &mut KafkaLive, mut pick: impl FnMut(usize) -> usize) {
    let why = || "it could not be read".to_owned();
    let maps = [
        &mut live.quotas,
        &mut live.broker_configs,
        &mut live.group_configs,
        &mut live.client_metrics,
    ];
    match pick(8) {
        0 => live.acls = Observed::Unknown(why()),
        1 => one_of(&mut live.users, pick, why()),
        2 => one_of(&mut live.groups, pick, why()),
        3 => {
            for map in maps {
                one_of(map, &mut pick, why());
            }
        }
        _ => {
            let at = pick(live.topics.len());
            if let Some(topic) = live.topics.values_mut().nth(at) {
                *topic = Observed::Unknown(why());
            }
        }
    }
}

fn one_of<K: Ord, T>(
    all: &mut Observed<BTreeMap<K, Observed<T>>>,
    mut pick: impl FnMut(usize) -> usize,
    why: String,
) {
    if let Observed::Known(all) = all {
        let at = pick(all.len());
        if let Some(one) = all.values_mut().nth(at) {
            *one = Observed::Unknown(why);
        }
    }
}
