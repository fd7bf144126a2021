//! Writes topics (rank 6, Kafka plane).

use super::{broker_wait, in_order, of_code, send};
use crate::{
    kafka::{Client, Code, Error, requests::topics as requests},
    model::{TopicId, TopicName},
    ports::{MorePartitions, NewTopic, Outcome, Refusal, RefusalClass},
};

pub(super) async fn create(client: &Client, topics: &[NewTopic]) -> Result<Vec<Outcome>, Error> {
    let request = requests::create(topics, false, broker_wait(client));
    let answer = send(client, &request).await?;
    let said = answer.topics.iter().map(|t| {
        let outcome = of_code(
            t.error_code,
            t.error_message.as_ref(),
            answer.throttle_time_ms,
        );
        (t.name.as_str(), outcome)
    });
    Ok(in_order(topics.iter().map(|t| t.name.as_str()), said))
}

pub(super) async fn grow(
    client: &Client,
    topics: &[MorePartitions],
) -> Result<Vec<Outcome>, Error> {
    let request = requests::add_partitions(topics, false, broker_wait(client));
    let answer = send(client, &request).await?;
    let said = answer.results.iter().map(|t| {
        let outcome = of_code(
            t.error_code,
            t.error_message.as_ref(),
            answer.throttle_time_ms,
        );
        (t.name.as_str(), grown_already(outcome, Code(t.error_code)))
    });
    Ok(in_order(topics.iter().map(|t| t.name.as_str()), said))
}

pub(super) async fn delete(
    client: &Client,
    topics: &[(TopicName, TopicId)],
) -> Result<Vec<Outcome>, Error> {
    let ids: Vec<TopicId> = topics.iter().map(|(_, id)| *id).collect();
    let answer = send(client, &requests::delete(&ids, broker_wait(client))).await?;
    let said = answer.responses.iter().map(|t| {
        let outcome = of_code(
            t.error_code,
            t.error_message.as_ref(),
            answer.throttle_time_ms,
        );
        (TopicId(t.topic_id.into_bytes()), outcome)
    });
    Ok(in_order(ids.iter().copied(), said))
}

/// A topic that has the partitions already is refused with INVALID_PARTITIONS; so is one that has more of them.
fn grown_already(outcome: Outcome, code: Code) -> Outcome {
    match outcome {
        Outcome::Refused(refusal) if code == Code::INVALID_PARTITIONS => {
            Outcome::Refused(Refusal {
                class: RefusalClass::AlreadyThere,
                ..refusal
            })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_partitions_of_a_topic_that_grew_is_for_a_look_to_judge() {
        let grown = grown_already(of_code(37, None, 0), Code::INVALID_PARTITIONS);
        let Outcome::Refused(refusal) = grown else {
            panic!("{grown:?}")
        };
        assert_eq!(refusal.class, RefusalClass::AlreadyThere);
    }
}
