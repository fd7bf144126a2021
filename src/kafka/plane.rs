//! The client as the daemon sees it (rank 6, Kafka plane): the port's methods, and nothing of its own.

use futures::future::BoxFuture;

use super::{Client, apply, login, observe};
use crate::{
    live::{KafkaLive, Looks, Observed},
    model::ObjectRef,
    ports::{Ask, Batch, Credential, KafkaPlane, Looked, Outcome},
};

impl KafkaPlane for Client {
    fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
        Box::pin(observe::observe(self, ask))
    }

    fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
        Box::pin(observe::look(self, objects))
    }

    fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
        Box::pin(observe::look_elsewhere(self, objects))
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(apply::write(self, batch))
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        Box::pin(login::log_in(self, logins))
    }
}
