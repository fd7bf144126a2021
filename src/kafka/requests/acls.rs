//! Requests about ACLs (rank 6, Kafka plane). A filter's part that is null matches everything, one that is empty nothing:
//! the crate's default finds nothing at all.

use kafka_protocol::messages::{
    CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest, create_acls_request::AclCreation,
    delete_acls_request::DeleteAclsFilter,
};

use super::text;
use crate::model::Acl;

operation!(DescribeAclsRequest, "DescribeAcls", |a| [a.error_code]);
operation!(CreateAclsRequest, "CreateAcls", |a| a
    .results
    .iter()
    .map(|r| r.error_code));
operation!(DeleteAclsRequest, "DeleteAcls", |a| a
    .filter_results
    .iter()
    .map(|r| r.error_code));

/// `ANY` of `ResourceType`, `PatternType`, `AclOperation` and `AclPermissionType`: the same number in all of them.
const ANY: i8 = 1;

/// Asks for all ACLs, or those of one principal.
pub(in crate::kafka) fn describe(principal: Option<&str>) -> DescribeAclsRequest {
    DescribeAclsRequest::default()
        .with_resource_type_filter(ANY)
        .with_resource_name_filter(None)
        .with_pattern_type_filter(ANY)
        .with_principal_filter(principal.map(text))
        .with_host_filter(None)
        .with_operation(ANY)
        .with_permission_type(ANY)
}

/// Creates ACLs; one that is there already counts as created.
pub(in crate::kafka) fn create(acls: &[Acl]) -> CreateAclsRequest {
    let creation = |acl: &Acl| {
        let parts = acl.parts();
        AclCreation::default()
            .with_resource_type(parts.resource.0)
            .with_resource_name(text(&parts.name))
            .with_resource_pattern_type(parts.pattern.0)
            .with_principal(text(&parts.principal))
            .with_host(text(&parts.host))
            .with_operation(parts.operation.0)
            .with_permission_type(parts.permission.0)
    };
    CreateAclsRequest::default().with_creations(acls.iter().map(creation).collect())
}

/// Deletes ACLs, each by a filter that says all seven parts, so that it matches nothing else: a filter that leaves the
/// permission open would take the DENY with the ALLOW.
pub(in crate::kafka) fn delete(acls: &[Acl]) -> DeleteAclsRequest {
    let filter = |acl: &Acl| {
        let parts = acl.parts();
        DeleteAclsFilter::default()
            .with_resource_type_filter(parts.resource.0)
            .with_resource_name_filter(Some(text(&parts.name)))
            .with_pattern_type_filter(parts.pattern.0)
            .with_principal_filter(Some(text(&parts.principal)))
            .with_host_filter(Some(text(&parts.host)))
            .with_operation(parts.operation.0)
            .with_permission_type(parts.permission.0)
    };
    DeleteAclsRequest::default().with_filters(acls.iter().map(filter).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::{super::encodes, *};

    fn mk_acl() -> Acl {
        Acl::parse("User:a%20b deny Write topic:prefixed:orders. from 10.0.0.1").unwrap()
    }

    #[test]
    fn requests_fit_the_versions_of_the_oldest_and_newest_kafka() {
        encodes(&describe(None), 1..=3);
        encodes(&describe(Some("User:a")), 1..=3);
        encodes(&create(&[mk_acl()]), 1..=3);
        encodes(&delete(&[mk_acl()]), 1..=3);
    }

    #[test]
    fn what_is_left_open_is_null_and_not_empty() {
        let all = describe(None);
        let names = (
            &all.resource_name_filter,
            &all.principal_filter,
            &all.host_filter,
        );
        assert_eq!(names, (&None, &None, &None));
        let codes = (
            all.resource_type_filter,
            all.pattern_type_filter,
            all.operation,
        );
        assert_eq!((codes, all.permission_type), ((ANY, ANY, ANY), ANY));
    }

    /// Trap 21: a filter with an open part deletes more than was meant.
    #[test]
    fn a_deletion_says_all_seven_parts() {
        let request = delete(&[mk_acl()]);
        let filter = &request.filters[0];
        assert_eq!(filter.resource_type_filter, 2);
        assert_eq!(filter.resource_name_filter.as_deref(), Some("orders."));
        assert_eq!(filter.pattern_type_filter, 4);
        assert_eq!(filter.principal_filter.as_deref(), Some("User:a b"));
        assert_eq!(filter.host_filter.as_deref(), Some("10.0.0.1"));
        assert_eq!((filter.operation, filter.permission_type), (4, 2));
    }

    #[test]
    fn a_creation_says_what_the_deletion_says() {
        let (created, deleted) = (create(&[mk_acl()]), delete(&[mk_acl()]));
        let (new, gone) = (&created.creations[0], &deleted.filters[0]);
        assert_eq!(new.resource_type, gone.resource_type_filter);
        assert_eq!(Some(&new.resource_name), gone.resource_name_filter.as_ref());
        assert_eq!(new.resource_pattern_type, gone.pattern_type_filter);
        assert_eq!(Some(&new.principal), gone.principal_filter.as_ref());
        assert_eq!(Some(&new.host), gone.host_filter.as_ref());
        assert_eq!(new.operation, gone.operation);
        assert_eq!(new.permission_type, gone.permission_type);
    }
}
