//! Reads which SCRAM credentials users have (rank 6, Kafka plane). Kafka tells mechanism and iterations, never the rest.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use kafka_protocol::messages::describe_user_scram_credentials_response::DescribeUserScramCredentialsResult;

use super::ask;
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, DESCRIBE},
        error::words,
        requests::users as requests,
    },
    live::{LiveCredential, LiveObject, LiveUser, Looks, Observed},
    model::ObjectRef,
};

type Users = BTreeMap<CompactString, Observed<Option<LiveUser>>>;

/// Lists all users that have credentials.
pub(super) async fn observe(
    client: &Client,
) -> Observed<BTreeMap<CompactString, Observed<LiveUser>>> {
    let there = |(name, user): (CompactString, Observed<Option<LiveUser>>)| match user {
        Observed::Known(user) => Some((name, Observed::Known(user?))),
        Observed::Unknown(reason) => Some((name, Observed::Unknown(reason))),
    };
    match describe(client, To::Any, &BTreeSet::new()).await {
        Ok(users) => Observed::Known(users.into_iter().filter_map(there).collect()),
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Looks at some users.
pub(super) async fn look(client: &Client, to: To, objects: &[&ObjectRef]) -> Looks {
    if objects.is_empty() {
        return Looks::new();
    }
    let names: BTreeSet<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    let users = describe(client, to, &names).await;
    let seen = |object: &&ObjectRef| {
        let left_out = || Observed::Unknown("the broker's answer leaves it out".to_owned());
        let seen = match &users {
            Ok(users) => users.get(&object.name).cloned().unwrap_or_else(left_out),
            Err(reason) => Observed::Unknown(reason.clone()),
        };
        (
            (*object).clone(),
            seen.map(|user| user.map(LiveObject::User)),
        )
    };
    objects.iter().map(seen).collect()
}

/// Asks for these users, or for all if none is named.
async fn describe(client: &Client, to: To, names: &BTreeSet<&str>) -> Result<Users, String> {
    let request = requests::describe(names.iter().copied());
    let answer = ask(client, to, &request).await?;
    match Code(answer.error_code) {
        Code::NONE => {
            let named = |result: DescribeUserScramCredentialsResult| {
                (result.user.as_str().into(), user(&result))
            };
            Ok(answer.results.into_iter().map(named).collect())
        }
        code => {
            let message = answer.error_message.as_deref();
            Err(denied::refused(client.settings(), code, message, DESCRIBE))
        }
    }
}

/// A user with a mechanism that nobody here knows is not known: it cannot be told from one without.
fn user(result: &DescribeUserScramCredentialsResult) -> Observed<Option<LiveUser>> {
    match Code(result.error_code) {
        Code::NONE => {}
        Code::RESOURCE_NOT_FOUND => return Observed::Known(None),
        code => {
            let told = words(result.error_message.as_deref().unwrap_or_default());
            return Observed::Unknown(format!("the broker does not describe it: {code} {told}"));
        }
    }
    let mut credentials = Vec::with_capacity(result.credential_infos.len());
    for info in &result.credential_infos {
        let Some(mechanism) = requests::mechanism(info.mechanism) else {
            let reason = format!(
                "it has a credential of mechanism {}, which Headgate does not know",
                info.mechanism
            );
            return Observed::Unknown(reason);
        };
        credentials.push(LiveCredential {
            mechanism,
            iterations: u32::try_from(info.iterations).unwrap_or(0),
            login: None,
            tried: None,
        });
    }
    credentials.sort_unstable_by_key(|credential| credential.mechanism);
    Observed::Known(Some(LiveUser { credentials }))
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::describe_user_scram_credentials_response::CredentialInfo;

    use super::*;
    use crate::model::ScramMechanism;

    fn mk_result(code: i16, mechanisms: &[i8]) -> DescribeUserScramCredentialsResult {
        let info = |mechanism: &i8| {
            CredentialInfo::default()
                .with_mechanism(*mechanism)
                .with_iterations(4096)
        };
        DescribeUserScramCredentialsResult::default()
            .with_error_code(code)
            .with_credential_infos(mechanisms.iter().map(info).collect())
    }

    /// Trap 25: mechanism and iterations are all that Kafka tells.
    #[test]
    fn credentials_stand_in_the_order_of_their_mechanisms() {
        let credential = |mechanism| LiveCredential {
            mechanism,
            iterations: 4096,
            login: None,
            tried: None,
        };
        let both = LiveUser {
            credentials: vec![
                credential(ScramMechanism::Sha256),
                credential(ScramMechanism::Sha512),
            ],
        };
        assert_eq!(user(&mk_result(0, &[2, 1])), Observed::Known(Some(both)));
    }

    #[test]
    fn only_the_brokers_own_word_makes_a_user_absent() {
        assert_eq!(user(&mk_result(91, &[])), Observed::Known(None));
        for result in [mk_result(31, &[]), mk_result(0, &[1, 7])] {
            assert!(user(&result).unknown().is_some(), "{result:?}");
        }
    }
}
