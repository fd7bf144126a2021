//! The benches' yardstick (rank 6, Kafka plane): the requests of an observation and of a look, sent by the same client and
//! their answers thrown away. Nothing in the pipeline uses it.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{
    Client, Error,
    client::{Lane, To},
    observe::topics::{CONFIGS_AT_ONCE, IN_FLIGHT},
    requests::{self, Operation},
};
use crate::model::TopicName;

/// Sends what an observation sends, or with `names` what a look at these sends, decodes the answers and throws them
/// away. Returns the topics that the broker listed.
///
/// # Errors
/// A request was not answered.
pub async fn read(client: &Client, names: Option<&[TopicName]>) -> Result<Vec<TopicName>, Error> {
    let within = client.patience();
    let request = requests::topics::metadata(names);
    let answer = client.call(To::Any, Lane::Read, &request, within).await?;
    let listed = answer.topics.iter().filter(|topic| topic.error_code == 0);
    let there: Vec<TopicName> = listed
        .filter_map(|topic| Some(TopicName::from_broker(topic.name.as_deref()?)))
        .collect();
    drop(answer);
    stream::iter(there.chunks(CONFIGS_AT_ONCE))
        .map(|chunk| async move {
            let request = requests::configs::describe_topics(chunk, None);
            client.call(To::Any, Lane::Read, &request, within).await
        })
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|answer| async move {
            drop(answer);
            Ok(())
        })
        .await?;
    Ok(there)
}

/// Sends what an observation of topics, ACLs, users, quotas and moves sends, side by side as it does, decodes the answers
/// and throws them away. Returns how many topics and ACLs the broker listed.
///
/// # Errors
/// A request was not answered.
pub async fn read_estate(client: &Client) -> Result<(usize, usize), Error> {
    let (topics, acls, ..) = tokio::try_join!(
        read(client, None),
        read_acls(client),
        ask(client, Lane::Read, requests::users::describe([])),
        ask(client, Lane::Read, requests::quotas::describe()),
        ask(
            client,
            Lane::Forwarded,
            requests::moves::list(client.patience())
        ),
    )?;
    Ok((topics.len(), acls))
}

/// Asks for all ACLs, and returns how many there are.
///
/// # Errors
/// The request was not answered.
pub async fn read_acls(client: &Client) -> Result<usize, Error> {
    let answer = ask(client, Lane::Read, requests::acls::describe(None)).await?;
    Ok(answer.resources.iter().map(|r| r.acls.len()).sum())
}

async fn ask<R: Operation>(client: &Client, lane: Lane, request: R) -> Result<R::Response, Error> {
    let within = client.patience();
    client.call(To::Any, lane, &request, within).await
}
