//! Writes the configs of topics, brokers, groups and metrics subscriptions (rank 6, Kafka plane).

use super::{in_order, of_code, send};
use crate::{
    kafka::{Client, Error, requests::configs as requests},
    model::ObjectRef,
    ports::{KeyChange, Outcome},
};

pub(super) async fn alter(
    client: &Client,
    objects: &[(ObjectRef, Vec<KeyChange>)],
) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::alter(objects, false)).await?;
    let said = answer.responses.iter().map(|t| {
        let outcome = of_code(
            t.error_code,
            t.error_message.as_ref(),
            answer.throttle_time_ms,
        );
        (t.resource_name.as_str(), outcome)
    });
    let names = objects.iter().map(|(object, _)| object.name.as_str());
    Ok(in_order(names, said))
}
