//! Writes one batch (rank 6, Kafka plane): one request to the controller, and an outcome for each of its items. Repeats
//! nothing and decides nothing: what an outcome means for the plan is the caller's business.

use std::{collections::HashMap, hash::Hash, time::Duration};

use compact_str::{CompactString, format_compact};
use kafka_protocol::protocol::StrBytes;

use super::{
    Client, Code, Error,
    client::{Lane, To},
    error::words,
    requests::{self, Operation},
};
use crate::{
    model::{ObjectRef, TopicId, TopicName, chain},
    ports::{Batch, KeyChange, MorePartitions, NewTopic, Outcome, Refusal, RefusalClass},
};

/// Sends the batch and returns an outcome per item, in its order.
pub(super) async fn write(client: &Client, batch: Batch) -> Vec<Outcome> {
    if batch.is_empty() {
        return Vec::new();
    }
    let sent = match &batch {
        Batch::CreateTopics(topics) => create(client, topics).await,
        Batch::AddPartitions(topics) => grow(client, topics).await,
        Batch::AlterConfigs(objects) => alter(client, objects).await,
        Batch::DeleteTopics(topics) => delete(client, topics).await,
        _ => Err(Error::settings("this request is not sent yet")),
    };
    sent.unwrap_or_else(|error| vec![of_error(&error); batch.len()])
}

async fn create(client: &Client, topics: &[NewTopic]) -> Result<Vec<Outcome>, Error> {
    let request = requests::create_topics(topics, false, broker_wait(client));
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

async fn grow(client: &Client, topics: &[MorePartitions]) -> Result<Vec<Outcome>, Error> {
    let request = requests::create_partitions(topics, false, broker_wait(client));
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

async fn alter(
    client: &Client,
    objects: &[(ObjectRef, Vec<KeyChange>)],
) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::alter_configs(objects, false)).await?;
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

async fn delete(client: &Client, topics: &[(TopicName, TopicId)]) -> Result<Vec<Outcome>, Error> {
    let ids: Vec<TopicId> = topics.iter().map(|(_, id)| *id).collect();
    let answer = send(client, &requests::delete_topics(&ids, broker_wait(client))).await?;
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

async fn send<R: Operation>(client: &Client, request: &R) -> Result<R::Response, Error> {
    let within = client.patience();
    client
        .call(To::Controller, Lane::Write, request, within)
        .await
}

/// How long the broker may wait for the controller: less than we wait for the broker, whose word is better than none.
fn broker_wait(client: &Client) -> Duration {
    client.patience() * 5 / 6
}

/// Puts outcomes into the order of the items they belong to.
fn in_order<K: Eq + Hash>(
    items: impl Iterator<Item = K>,
    said: impl Iterator<Item = (K, Outcome)>,
) -> Vec<Outcome> {
    let mut said: HashMap<K, Outcome> = said.collect();
    let left_out = || Outcome::Unknown("the broker's answer leaves it out".to_owned());
    items
        .map(|item| said.remove(&item).unwrap_or_else(left_out))
        .collect()
}

/// What became of an item by its code.
fn of_code(code: i16, message: Option<&StrBytes>, throttle_ms: i32) -> Outcome {
    let code = Code(code);
    let message = words(message.map(StrBytes::as_str).unwrap_or_default());
    match code {
        Code::NONE => Outcome::Applied,
        Code::THROTTLING_QUOTA_EXCEEDED => Outcome::Throttled(Duration::from_millis(
            u64::try_from(throttle_ms).unwrap_or(0),
        )),
        // the broker lost the controller, or the controller stumbled: the record may stand all the same
        Code::REQUEST_TIMED_OUT | Code::NETWORK_EXCEPTION | Code::UNKNOWN_SERVER_ERROR => {
            Outcome::Unknown(format!("{code} {message}").trim_end().to_owned())
        }
        _ => Outcome::Refused(Refusal {
            class: class(code, &message),
            code: code_name(code),
            message: match message.as_str() {
                "" => "Kafka gives no reason".to_owned(),
                _ => message,
            },
        }),
    }
}

fn class(code: Code, message: &str) -> RefusalClass {
    match code {
        Code::TOPIC_ALREADY_EXISTS => RefusalClass::AlreadyThere,
        Code::UNKNOWN_TOPIC_OR_PARTITION | Code::UNKNOWN_TOPIC_ID => RefusalClass::Gone,
        // KRaft refuses more than 10,000 records an operation with the code that a user's own policy has as well
        Code::POLICY_VIOLATION if message.to_ascii_lowercase().contains("excessively large") => {
            RefusalClass::WholeRequest
        }
        Code::OPERATION_NOT_ATTEMPTED | Code::MESSAGE_TOO_LARGE | Code::RECORD_LIST_TOO_LARGE => {
            RefusalClass::WholeRequest
        }
        Code::NOT_CONTROLLER
        | Code::LEADER_NOT_AVAILABLE
        | Code::BROKER_NOT_AVAILABLE
        | Code::REASSIGNMENT_IN_PROGRESS => RefusalClass::Transient,
        _ => RefusalClass::Final,
    }
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

/// What became of every item when there is no answer.
fn of_error(error: &Error) -> Outcome {
    if error.outcome_is_unknown() {
        return Outcome::Unknown(chain(&error));
    }
    let class = match error {
        Error::Throttled { wait, .. } => return Outcome::Throttled(*wait),
        Error::Kafka { code, message, .. } => class(*code, message),
        Error::Settings(_) | Error::Secret { .. } | Error::Version { .. } | Error::Codec { .. } => {
            RefusalClass::Final
        }
        _ => RefusalClass::Transient,
    };
    Outcome::Refused(Refusal {
        class,
        code: match error {
            Error::Kafka { code, .. } => code_name(*code),
            _ => error.kind().into(),
        },
        message: chain(&error),
    })
}

fn code_name(code: Code) -> CompactString {
    let Code(number) = code;
    code.name()
        .map_or_else(|| format_compact!("CODE_{number}"), CompactString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_outcome(code: i16, message: &'static str) -> Outcome {
        of_code(code, Some(&StrBytes::from_static_str(message)), 1_500)
    }

    fn class_of(outcome: &Outcome) -> Option<RefusalClass> {
        match outcome {
            Outcome::Refused(refusal) => Some(refusal.class),
            _ => None,
        }
    }

    #[test]
    fn a_request_that_is_too_large_is_told_from_the_users_own_policy() {
        let too_large = mk_outcome(44, "Excessively large number of partitions per request.");
        assert_eq!(class_of(&too_large), Some(RefusalClass::WholeRequest));
        let policy = mk_outcome(44, "topic names begin with a team");
        assert_eq!(class_of(&policy), Some(RefusalClass::Final));
    }

    #[test]
    fn what_may_have_happened_is_unknown_and_not_refused() {
        for code in [7, 13, -1] {
            assert!(
                matches!(mk_outcome(code, "x"), Outcome::Unknown(_)),
                "{code}"
            );
        }
        let lost = Error::Closed {
            address: "b1:9094".to_owned(),
            api: "CreateTopics",
            reason: "the broker reset the connection".to_owned(),
            sent: true,
        };
        assert!(matches!(of_error(&lost), Outcome::Unknown(_)));
    }

    #[test]
    fn what_was_never_sent_is_refused_for_now() {
        let unsent = Error::Timeout {
            address: "b1:9094".to_owned(),
            api: "connecting",
            after: Duration::from_secs(1),
            sent: false,
        };
        assert_eq!(class_of(&of_error(&unsent)), Some(RefusalClass::Transient));
        let settings = Error::settings("bootstrap is empty");
        assert_eq!(class_of(&of_error(&settings)), Some(RefusalClass::Final));
    }

    #[test]
    fn throttling_says_how_long() {
        let wait = Duration::from_millis(1_500);
        assert_eq!(mk_outcome(89, "quota"), Outcome::Throttled(wait));
        let muted = Error::Throttled {
            address: "b1:9094".to_owned(),
            api: "CreateTopics",
            wait,
        };
        assert_eq!(of_error(&muted), Outcome::Throttled(wait));
    }

    #[test]
    fn refusals_carry_kafkas_words_on_one_line() {
        let expected = Outcome::Refused(Refusal {
            class: RefusalClass::Final,
            code: "INVALID_CONFIG".into(),
            message: "Invalid value x for y".to_owned(),
        });
        assert_eq!(mk_outcome(40, "Invalid value x\nfor y"), expected);
        assert_eq!(
            class_of(&mk_outcome(36, "")),
            Some(RefusalClass::AlreadyThere)
        );
        assert_eq!(class_of(&mk_outcome(100, "")), Some(RefusalClass::Gone));
        assert_eq!(class_of(&mk_outcome(41, "")), Some(RefusalClass::Transient));
    }

    #[test]
    fn invalid_partitions_of_a_topic_that_grew_is_for_a_look_to_judge() {
        let grown = grown_already(mk_outcome(37, "Topic already has 6 partitions."), Code(37));
        assert_eq!(class_of(&grown), Some(RefusalClass::AlreadyThere));
        assert_eq!(
            class_of(&mk_outcome(37, "0 partitions")),
            Some(RefusalClass::Final)
        );
    }

    #[test]
    fn outcomes_follow_the_batch_and_a_missing_one_is_unknown() {
        let said = [("b", Outcome::Applied), ("a", mk_outcome(36, ""))];
        let outcomes = in_order(["a", "b", "c"].into_iter(), said.into_iter());
        assert_eq!(class_of(&outcomes[0]), Some(RefusalClass::AlreadyThere));
        assert_eq!(outcomes[1], Outcome::Applied);
        assert!(matches!(outcomes[2], Outcome::Unknown(_)));
    }
}
