//! What a change may cost (plan stage, pure). It is said in the plan, to policies and in metrics; it gates nothing
//! by itself: who wants a person in between writes a rule about it.

use super::{ResetField, SetField, memory::PARTITIONS, walk::Seen};
use crate::model::{Acl, AclPermission, Kind, Risk};

/// Rates making an object: a new DENY takes access away, and brokers have records before they have configs.
pub(super) fn of_create(seen: &Seen<'_>, set: &[SetField]) -> Risk {
    let denies = |acl: Acl| acl.parts().permission == AclPermission::DENY;
    match seen.kind {
        Kind::Acl if Acl::parse(seen.name).is_some_and(denies) => Risk::Disruptive,
        Kind::BrokerConfig => of_update(seen.kind, set, &[]),
        _ => Risk::Safe,
    }
}

/// Rates a change: `destructive` when records, a credential or a limit may be lost by it, `disruptive` when keys move to
/// other partitions, or somebody may not get in with what let him in before.
pub(super) fn of_update(kind: Kind, set: &[SetField], reset: &[ResetField]) -> Risk {
    match kind {
        Kind::User | Kind::Quota if !reset.is_empty() => return Risk::Destructive,
        Kind::User => return Risk::Disruptive,
        _ => {}
    }
    let mut changes = set
        .iter()
        .map(|s| (&s.path, s.from.as_deref(), Some(s.to.as_str())))
        .chain(reset.iter().map(|r| (&r.path, r.from.as_deref(), None)));
    if changes.any(|(path, from, to)| may_lose(path, from, to)) {
        return Risk::Destructive;
    }
    match set.iter().any(|s| s.path == PARTITIONS) {
        true => Risk::Disruptive,
        false => Risk::Safe,
    }
}

/// Tells whether a new value may make brokers delete what they keep under the old one. `None` is what is inherited, which
/// is not known here: it counts as the worse case.
fn may_lose(path: &str, from: Option<&str>, to: Option<&str>) -> bool {
    match path {
        "config.retention.ms"
        | "config.retention.bytes"
        | "config.log.retention.ms"
        | "config.log.retention.minutes"
        | "config.log.retention.hours"
        | "config.log.retention.bytes" => shrinks(from, to),
        "config.cleanup.policy" | "config.log.cleanup.policy" => {
            to.is_none_or(deletes) && !from.is_some_and(deletes)
        }
        _ => false,
    }
}

/// A negative value is no limit (Kafka's topic configs: -1).
fn shrinks(from: Option<&str>, to: Option<&str>) -> bool {
    let number = |value: Option<&str>| value.and_then(|v| v.trim().parse::<i64>().ok());
    match (number(from), number(to)) {
        (_, Some(..0)) => false,
        (Some(from @ 0..), Some(to)) => to < from,
        (Some(..0) | None, _) | (_, None) => true,
    }
}

fn deletes(policy: &str) -> bool {
    policy.split(',').any(|p| p.trim() == "delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_retention_and_a_policy_that_begins_to_delete_may_lose_records() {
        let cases = [
            ("config.retention.ms", Some("1000"), Some("999"), true),
            ("config.retention.ms", Some("1000"), Some("1001"), false),
            ("config.retention.ms", Some("1000"), Some("-1"), false),
            ("config.retention.ms", Some("-1"), Some("1000"), true),
            ("config.retention.bytes", None, Some("1000"), true),
            ("config.retention.bytes", None, Some("-1"), false),
            ("config.retention.bytes", Some("1000"), None, true),
            (
                "config.cleanup.policy",
                Some("compact"),
                Some("delete"),
                true,
            ),
            (
                "config.cleanup.policy",
                Some("compact"),
                Some("compact, delete"),
                true,
            ),
            (
                "config.cleanup.policy",
                Some("compact,delete"),
                Some("delete"),
                false,
            ),
            (
                "config.cleanup.policy",
                Some("delete"),
                Some("compact"),
                false,
            ),
            ("config.cleanup.policy", None, Some("delete"), true),
            ("config.cleanup.policy", Some("compact"), None, true),
            ("config.segment.ms", Some("1000"), Some("10"), false),
            ("config.log.retention.hours", Some("72"), Some("24"), true),
            ("config.log.retention.minutes", None, Some("1"), true),
            ("config.log.retention.bytes", Some("1"), Some("2"), false),
            ("config.log.retention.ms", Some("1"), None, true),
            (
                "config.log.cleanup.policy",
                Some("compact"),
                Some("compact,delete"),
                true,
            ),
        ];
        for (key, from, to, loses) in cases {
            assert_eq!(may_lose(key, from, to), loses, "{key}: {from:?} -> {to:?}");
        }
    }

    #[test]
    fn the_worst_of_a_change_is_its_risk() {
        let set = |path: &str, to: &str| SetField {
            path: path.into(),
            secret: None,
            from: Some("1000".into()),
            to: to.into(),
        };
        let calm = set("config.segment.ms", "1");
        let rate = |set: &[SetField]| of_update(Kind::Topic, set, &[]);
        assert_eq!(rate(std::slice::from_ref(&calm)), Risk::Safe);
        assert_eq!(rate(&[set("partitions", "6"), calm]), Risk::Disruptive);
        let grown_and_shrunk = [set("partitions", "6"), set("config.retention.ms", "1")];
        assert_eq!(rate(&grown_and_shrunk), Risk::Destructive);
    }

    #[test]
    fn who_loses_a_credential_or_a_limit_loses_it_for_good() {
        let gone = |path: &str| ResetField {
            path: path.into(),
            from: None,
        };
        let set = [SetField {
            path: "config.producer_byte_rate".into(),
            secret: None,
            from: None,
            to: "1".into(),
        }];
        let password = gone("scram.SCRAM-SHA-256.password");
        let limit = gone("config.producer_byte_rate");
        assert_eq!(of_update(Kind::User, &[], &[password]), Risk::Destructive);
        assert_eq!(of_update(Kind::User, &set, &[]), Risk::Disruptive);
        assert_eq!(of_update(Kind::Quota, &set, &[limit]), Risk::Destructive);
        assert_eq!(of_update(Kind::Quota, &set, &[]), Risk::Safe);
    }
}
