//! Topics that no document can say as they are, and such that are on their way.

use std::collections::BTreeMap;

use headgate::{
    live::{Moving, Observed},
    model::{Kind, TopicName},
};

use super::{imported, mk_live, mk_topic, planned};

/// No document says that partitions differ in how many replicas they have; nothing is moved because of that.
#[test]
fn a_topic_whose_partitions_differ_stands_there_as_a_comment() {
    let uneven = |id| {
        let Observed::Known(mut topic) = mk_topic(id, 2, &[("retention.ms", "1000")]) else {
            panic!("it is known");
        };
        topic.partitions[1].replicas = [1, 2].into();
        Observed::Known(topic)
    };
    let mut live = mk_live();
    live.moving = Observed::Known(BTreeMap::new());
    // the first, one among others, the last, and one alone in its file
    for (id, name) in (20..).zip([
        "app.0", "app.bb", "app.z", "single.a", "single.b", "single.c",
    ]) {
        live.topics.insert(TopicName::from_broker(name), uneven(id));
    }
    let imported = imported(&live);
    let notes = imported.notes.iter().filter(|n| n.contains("(2, 3)"));
    assert_eq!(notes.count(), 6, "{:?}", imported.notes);
    let count = imported
        .counts
        .iter()
        .find(|(kind, _)| *kind == Kind::Topic);
    assert_eq!(count, Some(&(Kind::Topic, 5)));
    let text = |path: &str| &imported.files.iter().find(|(p, _)| p == path).unwrap().1;
    let app = text("topics/app.yaml");
    assert!(app.contains("# metadata: {name: app.bb}\n"), "{app}");
    assert!(app.contains("#   replicationFactor: 3\n"), "{app}");
    assert!(
        text("topics/single.yaml")
            .lines()
            .all(|l| l.starts_with('#'))
    );
    let plan = planned(&imported, live);
    assert_eq!((plan.actions, plan.reported), (vec![], vec![]));
    assert_eq!(plan.blocked, []);
}

/// Trap 16: while it moves, a partition has the replicas that come and those that go.
#[test]
fn a_topic_that_moves_is_written_as_it_will_be() {
    let mut live = mk_live();
    let name = TopicName::from_broker("audit");
    let Some(Observed::Known(topic)) = live.topics.get_mut(&name) else {
        panic!("it is there");
    };
    topic.partitions[0].replicas = [4, 1, 2, 3].into();
    let moving = Moving {
        partition: 0,
        replicas: [4, 1, 2, 3].into(),
        adding: [4].into(),
        removing: [3].into(),
    };
    live.moving = Observed::Known([(name, vec![moving])].into());
    let imported = imported(&live);
    assert_eq!(imported.notes, [""; 0]);
    let plan = planned(&imported, live);
    assert_eq!((plan.actions, plan.reported), (vec![], vec![]));
    assert_eq!(plan.blocked, []);
}
