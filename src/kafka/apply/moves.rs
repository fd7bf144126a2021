//! Moves replicas and leaders (rank 6, Kafka plane; KIP-455, KIP-460). Kafka says that a move has begun; that it has ended
//! only an observation tells.

use super::{broker_wait, in_order, of_code, send};
use crate::{
    kafka::{Client, Code, Error, requests::moves as requests},
    model::TopicName,
    ports::{Outcome, Reassignment},
};

pub(super) async fn reassign(
    client: &Client,
    partitions: &[Reassignment],
) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::reassign(partitions, broker_wait(client))).await?;
    let throttle = answer.throttle_time_ms;
    let whole = of_code(answer.error_code, answer.error_message.as_ref(), throttle);
    if whole != Outcome::Applied {
        return Ok(vec![whole; partitions.len()]);
    }
    let said = answer.responses.iter().flat_map(|topic| {
        topic.partitions.iter().map(|p| {
            let outcome = of_code(p.error_code, p.error_message.as_ref(), throttle);
            ((topic.name.as_str(), p.partition_index), outcome)
        })
    });
    let items = partitions.iter().map(|p| (p.topic.as_str(), p.partition));
    Ok(in_order(items, said))
}

pub(super) async fn elect(
    client: &Client,
    partitions: &[(TopicName, i32)],
) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::elect(partitions, broker_wait(client))).await?;
    let throttle = answer.throttle_time_ms;
    let whole = of_code(answer.error_code, None, throttle);
    if whole != Outcome::Applied {
        return Ok(vec![whole; partitions.len()]);
    }
    let said = answer.replica_election_results.iter().flat_map(|topic| {
        topic.partition_result.iter().map(|p| {
            let outcome = match Code(p.error_code) {
                Code::ELECTION_NOT_NEEDED => Outcome::Applied,
                _ => of_code(p.error_code, p.error_message.as_ref(), throttle),
            };
            ((topic.topic.as_str(), p.partition_id), outcome)
        })
    });
    let items = partitions
        .iter()
        .map(|(topic, partition)| (topic.as_str(), *partition));
    Ok(in_order(items, said))
}
