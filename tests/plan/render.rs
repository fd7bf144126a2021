//! Plans for people: bounded, and coloured only when asked. What they say is held by the golden cases.

use headgate::{
    model::TopicName,
    plan::{
        Plan,
        render::{Style, markdown, text},
    },
};

use super::site::Site;

/// A plan that makes this many topics.
fn plan(topics: usize) -> Plan {
    let mut site = Site::new(&[(
        "t",
        "{config: {retention.ms: 24h, segment.ms: 1h, min.insync.replicas: 2}}",
    )]);
    let topic = site.desired.topics["t"].clone();
    for i in 1..topics {
        let name = TopicName::from_broker(&format!("domain.team.topic-{i:05}"));
        site.desired.topics.insert(name, topic.clone());
    }
    Plan::new(None, vec![site.plan()])
}

#[test]
fn a_plan_of_thousands_is_counted_and_json_holds_all() {
    let plan = plan(3000);
    let text = text(&plan, Style::default());
    assert!(
        text.lines().count() < 1000,
        "{} lines",
        text.lines().count()
    );
    assert!(text.contains("… and 2900 more to create"), "{text}");
    assert!(text.ends_with("Plan: 3000 to create.\n"));
    // GitHub refuses a comment of more
    assert!(markdown(&plan).chars().count() < 65_536);
    assert!(
        serde_json::to_string(&plan)
            .unwrap()
            .contains("topic-02999")
    );
}

#[test]
fn colours_come_only_when_asked_and_change_nothing_else() {
    let plan = plan(2);
    let plain = text(&plan, Style::default());
    let coloured = text(
        &plan,
        Style {
            colour: true,
            ..Style::default()
        },
    );
    assert!(!plain.contains('\x1b') && coloured.contains('\x1b'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}
