//! Writes one batch (rank 6, Kafka plane): one request to the controller, and an outcome for each of its items; one file
//! an area. Repeats nothing and decides nothing: what an outcome means for the plan is the caller's business.

mod acls;
mod configs;
mod moves;
mod needs;
mod offsets;
mod quotas;
mod topics;
mod users;

use std::{collections::HashMap, hash::Hash, time::Duration};

use compact_str::{CompactString, format_compact};
use kafka_protocol::protocol::StrBytes;

use super::{
    Client, Code, Error,
    client::{Lane, To},
    denied,
    error::words,
    requests::Operation,
};
use crate::{
    model::chain,
    ports::{Batch, Outcome, Refusal, RefusalClass},
};

/// Sends the batch and returns an outcome per item, in its order.
pub(super) async fn write(client: &Client, batch: Batch) -> Vec<Outcome> {
    if batch.is_empty() {
        return Vec::new();
    }
    let sent = match &batch {
        Batch::CreateTopics(topics) => topics::create(client, topics).await,
        Batch::AddPartitions(topics) => topics::grow(client, topics).await,
        Batch::AlterConfigs(objects) => configs::alter(client, objects).await,
        Batch::DeleteTopics(topics) => topics::delete(client, topics).await,
        Batch::SetOffsets(resets) => offsets::reset(client, resets).await,
        Batch::CreateAcls(acls) => acls::create(client, acls).await,
        Batch::DeleteAcls(acls) => acls::delete(client, acls).await,
        Batch::AlterQuotas(quotas) => quotas::alter(client, quotas).await,
        Batch::SetCredentials(credentials) => Ok(users::set(client, credentials).await),
        Batch::DeleteCredentials(credentials) => Ok(users::delete(client, credentials).await),
        Batch::Reassign(partitions) => moves::reassign(client, partitions).await,
        Batch::ElectLeaders(partitions) => moves::elect(client, partitions).await,
    };
    let outcomes = sent.unwrap_or_else(|error| vec![of_error(&error); batch.len()]);
    let told = |(item, outcome)| with_the_missing_permission(client, &batch, item, outcome);
    outcomes.into_iter().enumerate().map(told).collect()
}

/// Says with a denial which permission is missing, and which command grants it.
fn with_the_missing_permission(
    client: &Client,
    batch: &Batch,
    item: usize,
    outcome: Outcome,
) -> Outcome {
    match (outcome, needs::needs(batch, item)) {
        (Outcome::Refused(refusal), Some(needs)) if Code::names_denial(&refusal.code) => {
            Outcome::Refused(Refusal {
                message: denied::missing(client.settings(), needs),
                ..refusal
            })
        }
        (outcome, _) => outcome,
    }
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

/// Takes outcomes that come in the order of the items; those that are missing at the end are not known.
fn broken_off(items: usize, said: impl Iterator<Item = Outcome>) -> Vec<Outcome> {
    let left_out = || Outcome::Unknown("the broker's answer leaves it out".to_owned());
    said.chain(std::iter::repeat_with(left_out))
        .take(items)
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
        Code::TOPIC_ALREADY_EXISTS | Code::NO_REASSIGNMENT_IN_PROGRESS => {
            RefusalClass::AlreadyThere
        }
        Code::UNKNOWN_TOPIC_OR_PARTITION | Code::UNKNOWN_TOPIC_ID | Code::RESOURCE_NOT_FOUND => {
            RefusalClass::Gone
        }
        // KRaft refuses more than 10,000 records an operation with the code that a user's own policy has as well
        Code::POLICY_VIOLATION if message.to_ascii_lowercase().contains("excessively large") => {
            RefusalClass::WholeRequest
        }
        Code::OPERATION_NOT_ATTEMPTED | Code::MESSAGE_TOO_LARGE | Code::RECORD_LIST_TOO_LARGE => {
            RefusalClass::WholeRequest
        }
        Code::NOT_CONTROLLER
        | Code::COORDINATOR_LOAD_IN_PROGRESS
        | Code::COORDINATOR_NOT_AVAILABLE
        | Code::NOT_COORDINATOR
        | Code::LEADER_NOT_AVAILABLE
        | Code::BROKER_NOT_AVAILABLE
        | Code::PREFERRED_LEADER_NOT_AVAILABLE
        | Code::REASSIGNMENT_IN_PROGRESS => RefusalClass::Transient,
        _ => RefusalClass::Final,
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
        Error::Settings(_)
        | Error::Secret { .. }
        | Error::Plaintext { .. }
        | Error::Version { .. }
        | Error::Codec { .. } => RefusalClass::Final,
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

    /// Trap 44: each item of a batch has an outcome, told or not.
    #[test]
    fn outcomes_follow_the_batch_and_a_missing_one_is_unknown() {
        let said = [("b", Outcome::Applied), ("a", mk_outcome(36, ""))];
        let outcomes = in_order(["a", "b", "c"].into_iter(), said.into_iter());
        assert_eq!(class_of(&outcomes[0]), Some(RefusalClass::AlreadyThere));
        assert_eq!(outcomes[1], Outcome::Applied);
        assert!(matches!(outcomes[2], Outcome::Unknown(_)));
    }
}
