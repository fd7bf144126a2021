//! Writes SCRAM credentials (rank 6, Kafka plane; KIP-554). The salted password is made here; the password stays here.

use std::collections::HashMap;

use compact_str::CompactString;
use kafka_protocol::messages::AlterUserScramCredentialsRequest;

use super::{in_order, of_code, of_error, send};
use crate::{
    kafka::{
        Client,
        requests::users::{self as requests, Salted},
        scram::{self, Hash},
    },
    model::{ScramMechanism, Secret},
    ports::{Credential, Outcome, Refusal, RefusalClass},
};

/// Sets credentials.
pub(super) async fn set(client: &Client, credentials: &[Credential]) -> Vec<Outcome> {
    let cleartext = credentials.to_vec();
    // a thousand users of 4,096 rounds keep a core busy for seconds
    let hashed = tokio::task::spawn_blocking(move || cleartext.iter().map(salt).collect());
    let Ok(hashed) = hashed.await else {
        let unsent = refused(
            RefusalClass::Transient,
            "the passwords were not hashed, since Headgate ends",
        );
        return vec![unsent; credentials.len()];
    };
    let hashed: Vec<Result<Salted, Outcome>> = hashed;
    let fit: Vec<&Salted> = hashed
        .iter()
        .filter_map(|salted| salted.as_ref().ok())
        .collect();
    let sent = by_user(
        client,
        &fit,
        |salted| &salted.user,
        |round| requests::set(round.iter().copied().copied()),
    );
    let mut sent = sent.await.into_iter();
    let left_out = || Outcome::Unknown("the answer leaves it out".to_owned());
    let outcome = |salted: Result<Salted, Outcome>| match salted {
        Ok(_) => sent.next().unwrap_or_else(left_out),
        Err(outcome) => outcome,
    };
    hashed.into_iter().map(outcome).collect()
}

/// Deletes credentials.
pub(super) async fn delete(
    client: &Client,
    credentials: &[(CompactString, ScramMechanism)],
) -> Vec<Outcome> {
    by_user(
        client,
        credentials,
        |(user, _)| user,
        |round| requests::delete(round.iter().copied()),
    )
    .await
}

/// Sends items in as few requests as Kafka takes: a request in which a user stands twice fails for that user.
async fn by_user<T>(
    client: &Client,
    items: &[T],
    user: impl Fn(&T) -> &CompactString,
    request: impl Fn(&[&T]) -> AlterUserScramCredentialsRequest,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; items.len()];
    for round in rounds(items.iter().map(&user)) {
        let sent: Vec<&T> = round.iter().map(|at| &items[*at]).collect();
        let said = match send(client, &request(&sent)).await {
            Ok(answer) => {
                let said = answer.results.iter().map(|r| {
                    let outcome = of_code(
                        r.error_code,
                        r.error_message.as_ref(),
                        answer.throttle_time_ms,
                    );
                    (r.user.as_str(), outcome)
                });
                in_order(sent.iter().map(|item| user(item).as_str()), said)
            }
            Err(error) => vec![of_error(&error); round.len()],
        };
        for (at, outcome) in round.into_iter().zip(said) {
            outcomes[at] = Some(outcome);
        }
    }
    outcomes.into_iter().flatten().collect()
}

/// Deals items into rounds: a user's first item into the first, its second into the second.
fn rounds<'a>(users: impl Iterator<Item = &'a CompactString>) -> Vec<Vec<usize>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let mut seen: HashMap<&CompactString, usize> = HashMap::new();
    for (at, user) in users.enumerate() {
        let turn = seen.entry(user).or_default();
        if *turn == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[*turn].push(at);
        *turn += 1;
    }
    rounds
}

fn salt(credential: &Credential) -> Result<Salted, Outcome> {
    let Credential {
        user,
        mechanism,
        iterations,
        password,
    } = credential;
    let allowed = ScramMechanism::MIN_ITERATIONS..=ScramMechanism::MAX_ITERATIONS;
    if !allowed.contains(iterations) {
        let (fewest, most) = allowed.into_inner();
        return Err(refused(
            RefusalClass::Final,
            &format!("{iterations} iterations are asked for; Kafka takes {fewest} to {most}"),
        ));
    }
    let salt = scram::fresh_salt();
    let hash = Hash::of(*mechanism);
    Ok(Salted {
        user: user.clone(),
        mechanism: *mechanism,
        iterations: *iterations,
        salt,
        salted: Secret::new(hash.salted(password.expose(), &salt, *iterations)),
    })
}

/// What becomes of an item that is not sent.
fn refused(class: RefusalClass, message: &str) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: "not_sent".into(),
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_credential(iterations: u32) -> Credential {
        Credential {
            user: "a".into(),
            mechanism: ScramMechanism::Sha256,
            iterations,
            password: Secret::new("pencil".to_owned()),
        }
    }

    /// Trap 26: a user may stand in a request once.
    #[test]
    fn a_user_stands_once_in_a_request() {
        let users = ["a", "b", "a", "c", "a", "b"].map(CompactString::from);
        assert_eq!(rounds(users.iter()), [vec![0, 1, 3], vec![2, 5], vec![4]]);
        assert_eq!(rounds([].iter()), Vec::<Vec<usize>>::new());
    }

    /// Trap 27: KRaft takes 4,096 to 16,384 iterations.
    #[test]
    fn iterations_that_kafka_does_not_take_are_not_computed() {
        for iterations in [0, 4_095, 16_385, u32::MAX] {
            assert!(matches!(
                salt(&mk_credential(iterations)),
                Err(Outcome::Refused(_))
            ));
        }
    }

    #[test]
    fn the_same_password_is_salted_differently_each_time() {
        let salted = || {
            salt(&mk_credential(4_096))
                .ok()
                .map(|s| s.salted.expose().clone())
        };
        assert!(salted().is_some_and(|s| s.len() == 32));
        assert_ne!(salted(), salted());
    }
}
