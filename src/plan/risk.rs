//! What changing a topic may cost (plan stage, pure). It is said in the plan, to policies and in metrics; it gates nothing
//! by itself: who wants a person in between writes a rule about it.

use super::{ResetField, SetField, memory::PARTITIONS};
use crate::model::Risk;

/// Rates a change: `destructive` when records may be lost by it, `disruptive` when keys move to other partitions.
pub(super) fn of_update(set: &[SetField], reset: &[ResetField]) -> Risk {
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

/// Tells whether a new value may make brokers delete what they keep under the old one. `None` is what the topic inherits,
/// which is not known here: it counts as the worse case.
fn may_lose(path: &str, from: Option<&str>, to: Option<&str>) -> bool {
    match path {
        "config.retention.ms" | "config.retention.bytes" => shrinks(from, to),
        "config.cleanup.policy" => to.is_none_or(deletes) && !from.is_some_and(deletes),
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
        let rate = |set: &[SetField]| of_update(set, &[]);
        assert_eq!(rate(&[calm.clone()]), Risk::Safe);
        assert_eq!(rate(&[set("partitions", "6"), calm]), Risk::Disruptive);
        let grown_and_shrunk = [set("partitions", "6"), set("config.retention.ms", "1")];
        assert_eq!(rate(&grown_and_shrunk), Risk::Destructive);
    }
}
