//! Requests about SCRAM credentials (rank 6, Kafka plane; KIP-554).

use bytes::Bytes;
use compact_str::CompactString;
use kafka_protocol::messages::{
    AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest,
    alter_user_scram_credentials_request::{ScramCredentialDeletion, ScramCredentialUpsertion},
    describe_user_scram_credentials_request::UserName,
};

use super::text;
use crate::model::{ScramMechanism, Secret};

operation!(
    DescribeUserScramCredentialsRequest,
    "DescribeUserScramCredentials",
    |a| [a.error_code]
);
operation!(
    AlterUserScramCredentialsRequest,
    "AlterUserScramCredentials",
    |a| a.results.iter().map(|r| r.error_code),
    secret when |request| !request.upsertions.is_empty()
);

/// A credential as Kafka keeps it.
pub(in crate::kafka) struct Salted {
    pub(in crate::kafka) user: CompactString,
    pub(in crate::kafka) mechanism: ScramMechanism,
    pub(in crate::kafka) iterations: u32,
    pub(in crate::kafka) salt: [u8; 16],
    pub(in crate::kafka) salted: Secret<Vec<u8>>,
}

/// Asks which credentials these users have, each named once; if none is named, those of all users. Null would mean the
/// same, but a broker that has to refuse it stumbles over it and never answers (Kafka 3.6 to 4.3).
pub(in crate::kafka) fn describe<'a>(
    users: impl IntoIterator<Item = &'a str>,
) -> DescribeUserScramCredentialsRequest {
    let named = |user: &str| UserName::default().with_name(text(user));
    DescribeUserScramCredentialsRequest::default()
        .with_users(Some(users.into_iter().map(named).collect()))
}

/// Sets credentials; no user may be named twice.
pub(in crate::kafka) fn set<'a>(
    credentials: impl IntoIterator<Item = &'a Salted>,
) -> AlterUserScramCredentialsRequest {
    let upsertion = |credential: &Salted| {
        ScramCredentialUpsertion::default()
            .with_name(text(&credential.user))
            .with_mechanism(code(credential.mechanism))
            .with_iterations(i32::try_from(credential.iterations).unwrap_or(i32::MAX))
            .with_salt(Bytes::copy_from_slice(&credential.salt))
            .with_salted_password(Bytes::copy_from_slice(credential.salted.expose()))
    };
    AlterUserScramCredentialsRequest::default()
        .with_upsertions(credentials.into_iter().map(upsertion).collect())
}

/// Deletes credentials; no user may be named twice.
pub(in crate::kafka) fn delete<'a>(
    credentials: impl IntoIterator<Item = &'a (CompactString, ScramMechanism)>,
) -> AlterUserScramCredentialsRequest {
    let deletion = |(user, mechanism): &(CompactString, ScramMechanism)| {
        ScramCredentialDeletion::default()
            .with_name(text(user))
            .with_mechanism(code(*mechanism))
    };
    AlterUserScramCredentialsRequest::default()
        .with_deletions(credentials.into_iter().map(deletion).collect())
}

/// Mechanisms by their numbers on the wire (`org.apache.kafka.clients.admin.ScramMechanism`).
const CODES: [(ScramMechanism, i8); 2] = [(ScramMechanism::Sha256, 1), (ScramMechanism::Sha512, 2)];

fn code(mechanism: ScramMechanism) -> i8 {
    let found = CODES.iter().find(|(m, _)| *m == mechanism);
    found
        .map(|(_, code)| *code)
        .expect("every mechanism is in the table")
}

/// Returns the mechanism of a number, if there is one.
pub(in crate::kafka) fn mechanism(code: i8) -> Option<ScramMechanism> {
    CODES
        .iter()
        .find(|(_, c)| *c == code)
        .map(|(mechanism, _)| *mechanism)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Operation, encodes},
        *,
    };

    fn mk_salted() -> Salted {
        Salted {
            user: "a".into(),
            mechanism: ScramMechanism::Sha512,
            iterations: 4096,
            salt: [7; 16],
            salted: Secret::new(vec![9; 64]),
        }
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        encodes(&describe([]), 0..=0);
        encodes(&describe(["a", "b"]), 0..=0);
        encodes(&set([&mk_salted()]), 0..=0);
        encodes(&delete([&("a".into(), ScramMechanism::Sha256)]), 0..=0);
    }

    #[test]
    fn everybody_is_an_empty_list_and_not_null() {
        assert_eq!(describe([]).users, Some(Vec::new()));
    }

    #[test]
    fn only_what_carries_a_password_is_secret() {
        assert!(set([&mk_salted()]).is_secret());
        assert!(!delete([&("a".into(), ScramMechanism::Sha256)]).is_secret());
    }

    #[test]
    fn every_mechanism_has_its_number() {
        for known in ScramMechanism::ALL {
            assert_eq!(mechanism(code(*known)), Some(*known));
        }
        assert_eq!((mechanism(0), mechanism(3)), (None, None));
    }
}
