//! The client as the daemon sees it (rank 6, Kafka plane): the port's three methods, and nothing of its own.

use futures::future::BoxFuture;

use super::{Client, apply, observe};
use crate::{
    live::{KafkaLive, Observed},
    model::TopicName,
    ports::{Batch, KafkaPlane, Looked, Outcome},
};

impl KafkaPlane for Client {
    fn observe<'a>(&'a self, expected: &'a [TopicName]) -> BoxFuture<'a, Observed<KafkaLive>> {
        Box::pin(observe::observe(self, expected))
    }

    fn look<'a>(&'a self, topics: &'a [TopicName]) -> BoxFuture<'a, Observed<Looked>> {
        Box::pin(observe::look(self, topics))
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(apply::write(self, batch))
    }
}
