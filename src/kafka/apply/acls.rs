//! Writes ACLs (rank 6, Kafka plane). Their answers come in the order of the request.

use kafka_protocol::messages::delete_acls_response::DeleteAclsFilterResult;

use super::{broken_off, of_code, send};
use crate::{
    kafka::{Client, Error, requests::acls as requests},
    model::Acl,
    ports::{Outcome, Refusal, RefusalClass},
};

pub(super) async fn create(client: &Client, acls: &[Acl]) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::create(acls)).await?;
    let throttle = answer.throttle_time_ms;
    let said = answer.results.iter();
    let said = said.map(|r| of_code(r.error_code, r.error_message.as_ref(), throttle));
    Ok(broken_off(acls.len(), said))
}

pub(super) async fn delete(client: &Client, acls: &[Acl]) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::delete(acls)).await?;
    let throttle = answer.throttle_time_ms;
    let said = answer.filter_results.iter();
    Ok(broken_off(acls.len(), said.map(|r| deleted(r, throttle))))
}

/// Trap 21: a filter can be fine, and what it matched could still not be deleted.
fn deleted(result: &DeleteAclsFilterResult, throttle_ms: i32) -> Outcome {
    let filter = of_code(
        result.error_code,
        result.error_message.as_ref(),
        throttle_ms,
    );
    if filter != Outcome::Applied {
        return filter;
    }
    if result.matching_acls.is_empty() {
        return Outcome::Refused(Refusal {
            class: RefusalClass::Gone,
            code: "no_match".into(),
            message: "there is no such ACL".to_owned(),
        });
    }
    let each = result.matching_acls.iter();
    let mut each = each.map(|acl| of_code(acl.error_code, acl.error_message.as_ref(), throttle_ms));
    each.find(|outcome| *outcome != Outcome::Applied)
        .unwrap_or(Outcome::Applied)
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::delete_acls_response::DeleteAclsMatchingAcl;

    use super::*;

    fn mk_result(filter: i16, acls: &[i16]) -> DeleteAclsFilterResult {
        let acl = |code: &i16| DeleteAclsMatchingAcl::default().with_error_code(*code);
        DeleteAclsFilterResult::default()
            .with_error_code(filter)
            .with_matching_acls(acls.iter().map(acl).collect())
    }

    fn class(outcome: Outcome) -> Option<RefusalClass> {
        match outcome {
            Outcome::Refused(refusal) => Some(refusal.class),
            _ => None,
        }
    }

    /// Trap 21: both codes count, the filter's and that of each ACL it matched.
    #[test]
    fn a_deletion_is_done_when_the_filter_and_every_acl_say_so() {
        assert_eq!(deleted(&mk_result(0, &[0]), 0), Outcome::Applied);
        assert_eq!(
            class(deleted(&mk_result(0, &[0, 42]), 0)),
            Some(RefusalClass::Final)
        );
        assert_eq!(
            class(deleted(&mk_result(54, &[]), 0)),
            Some(RefusalClass::Final)
        );
        assert!(matches!(
            deleted(&mk_result(0, &[7]), 0),
            Outcome::Unknown(_)
        ));
    }

    #[test]
    fn what_matches_nothing_is_gone() {
        assert_eq!(
            class(deleted(&mk_result(0, &[]), 0)),
            Some(RefusalClass::Gone)
        );
    }
}
