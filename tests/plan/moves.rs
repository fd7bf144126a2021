//! What passes teach about replicas: what is somebody's doing and what is git's, what is remembered of moves, and that
//! leaders and brokers that come and go page nobody.

use headgate::{
    live::{Broker, Moving, Observed},
    model::{Cause, Gate, Kind, ObjectRef, ResolvedBy, TopicName},
    plan::{Action, ClusterPlan},
};

use super::site::{Site, read};

const PINNED: (&str, &str) = (
    "t",
    "{partitions: 1, replicationFactor: 2, placement: {brokers: [1, 2]}}",
);

/// A cluster of four brokers that has converged.
pub(super) fn mk_site(topics: &[(&str, &str)]) -> Site {
    let mut site = Site::new(topics);
    site.kafka().brokers = [1, 2, 3, 4].map(broker).into();
    site.settle();
    site
}

pub(super) fn broker(id: i32) -> Broker {
    Broker {
        id,
        host: format!("b{id}"),
        port: 9092,
        rack: Some(format!("az{}", id % 2)),
    }
}

impl Site {
    /// Passes until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for _ in 0..10 {
            if self.pass().settled.converged {
                return;
            }
        }
        panic!("ten passes, and not converged: {:#?}", self.plan());
    }

    /// Lays the only partition of a topic somewhere.
    fn lay(&mut self, name: &str, replicas: &[i32]) {
        let partition = &mut self.topic(name).partitions[0];
        partition.replicas = replicas.into();
        partition.isr = replicas.into();
        partition.leader = replicas[0];
    }

    fn replicas(&mut self, name: &str) -> Vec<i32> {
        self.topic(name).partitions[0].replicas.to_vec()
    }

    fn no_throttles(&mut self) -> bool {
        let topics = self.kafka().topics.values().filter_map(Observed::known);
        let of_topics = topics.flat_map(|t| &t.config).count();
        let brokers = self.kafka().broker_configs.known().unwrap();
        of_topics == 0
            && brokers
                .values()
                .all(|c| c.known().is_some_and(Vec::is_empty))
    }
}

pub(super) fn moves(plan: &ClusterPlan) -> usize {
    plan.actions.iter().map(|a| a.change.moves.len()).sum()
}

#[test]
fn replicas_that_somebody_moved_are_drift_until_they_are_back() {
    let mut site = mk_site(&[PINNED]);
    site.lay("t", &[3, 2]);
    let pass = site.pass();
    assert_eq!(pass.settled.detected[0].fields[0].path, "placement");
    let moved = |a: &&Action| !a.change.moves.is_empty();
    let action = pass.planned.actions.iter().find(moved).unwrap();
    assert_eq!(action.cause, Cause::Drift);
    // moves are over at once here, so the throttles are all that is left
    assert_eq!(pass.settled.resolved[0].1, ResolvedBy::Apply);
    site.settle();
    let mut back = site.replicas("t");
    back.sort_unstable();
    assert_eq!(back, [1, 2]);
    assert!(site.no_throttles());
}

#[test]
fn drift_that_takes_passes_to_heal_stays_one_drift_and_ends_by_apply() {
    let mut site = mk_site(&[PINNED]);
    site.lay("t", &[3, 2]);
    site.pass();
    // the controller has taken it up, and copies
    let to = site.replicas("t");
    let all: Vec<i32> = to.iter().copied().chain([3]).collect();
    site.lay("t", &all);
    site.topic("t").partitions[0].isr = [3, 2].into();
    let moving = Moving {
        partition: 0,
        replicas: all.into(),
        adding: [1].into(),
        removing: [3].into(),
    };
    let name = TopicName::new("t").unwrap();
    site.ledger.begun.note_move("t", 0, &to);
    site.kafka().moving = Observed::Known([(name, vec![moving])].into());
    let pass = site.pass();
    assert_eq!(moves(&pass.planned), 0, "it is under way");
    assert!(pass.planned.is_moving() && !pass.settled.converged);
    assert_eq!(pass.settled.open.len(), 1);
    site.lay("t", &to);
    site.kafka().moving = Observed::Known([].into());
    let pass = site.pass();
    assert_eq!(pass.settled.resolved[0].1, ResolvedBy::Apply);
    site.settle();
    assert!(site.ledger.begun.moves.is_empty());
}

#[test]
fn what_git_asks_of_replicas_is_no_drift() {
    let mut site = mk_site(&[PINNED]);
    let wider = ("t", "{partitions: 1, replicationFactor: 3}");
    site.commit(&[wider]);
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(moves(&pass.planned), 1);
    site.settle();
    site.commit_cluster("  brokers: {draining: [1]}", &[wider]);
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(moves(&pass.planned), 1);
    site.settle();
    assert!(!site.replicas("t").contains(&1));
}

#[test]
fn a_broker_that_dies_and_leaders_that_move_are_no_drift() {
    let mut site = mk_site(&[PINNED]);
    site.kafka().brokers.retain(|b| b.id != 1);
    let partition = &mut site.topic("t").partitions[0];
    partition.isr = [2].into();
    partition.leader = 2;
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    assert_eq!(pass.planned.actions, []);
    site.kafka().brokers.insert(0, broker(1));
    site.topic("t").partitions[0].isr = [2, 1].into();
    let first = site.replicas("t")[0];
    let pass = site.pass();
    assert_eq!(pass.settled.detected, []);
    let elected = pass
        .planned
        .actions
        .iter()
        .any(|a| !a.change.elect.is_empty());
    assert_eq!(elected, first == 1, "the preferred leader leads again");
}

/// Moving the replicas of a topic that nobody declares makes it nobody's: it is not deleted when the move is over.
#[test]
fn a_topic_that_is_only_moved_is_not_taken_over() {
    let mut site = mk_site(&[PINNED]);
    site.make("stray", 1);
    site.lay("stray", &[4]);
    site.commit_cluster("  brokers: {draining: [4]}", &[PINNED]);
    site.crash(9, 9);
    site.settle();
    assert_ne!(site.replicas("stray"), [4]);
    assert_eq!(site.record("stray"), None);
    let broker = ObjectRef::new(Kind::BrokerConfig, "4");
    assert!(!site.ledger.records.contains_key(&broker));
    assert_eq!(site.plan().blocked, []);
    assert!(site.no_throttles());
}

/// Of moves that are under way when git lets go of topics, nothing is left when they have ended.
#[test]
fn what_was_begun_ends_under_its_throttles_whatever_the_mode() {
    for mode in ["ignore", "report"] {
        let mut site = mk_site(&[PINNED]);
        let elsewhere = "{partitions: 1, replicationFactor: 2, placement: {brokers: [3, 4]}}";
        site.commit(&[("t", elsewhere)]);
        site.pass();
        let moving = Moving {
            partition: 0,
            replicas: [3, 4, 1, 2].into(),
            adding: [3, 4].into(),
            removing: [1, 2].into(),
        };
        let name = TopicName::new("t").unwrap();
        site.lay("t", &moving.replicas);
        site.topic("t").partitions[0].isr = [1, 2].into();
        site.ledger.begun.note_move("t", 0, &[3, 4]);
        site.kafka().moving = Observed::Known([(name, vec![moving])].into());
        site.alter("t", "follower.replication.throttled.replicas", None);
        // git wants it back where it was
        site.commit_cluster(&format!("  modes: {{Topic: {mode}}}"), &[PINNED]);
        let pass = site.pass();
        assert_eq!(moves(&pass.planned), 0, "{mode}");
        assert!(pass.planned.is_moving() && !pass.settled.converged);
        let filled = site.value("t", "follower.replication.throttled.replicas");
        assert_eq!(filled.as_deref(), Some("0:3,0:4"), "{mode}");
        assert_eq!(site.plan().actions, [], "{mode}");

        site.lay("t", &[3, 4]);
        site.kafka().moving = Observed::Known([].into());
        site.pass();
        assert!(site.no_throttles(), "{mode}");
        assert!(site.ledger.begun.moves.is_empty(), "{mode}");
        let planned = site.plan();
        assert_eq!(planned.actions, [], "{mode}");
        assert!(!planned.is_moving(), "{mode}: {:?}", planned.moving);
        assert_eq!(site.replicas("t"), [3, 4]);
    }
}

#[test]
fn nothing_moves_while_it_is_not_known_what_moves() {
    let mut site = mk_site(&[PINNED]);
    site.lay("t", &[3, 2]);
    site.kafka().moving = Observed::Unknown("not allowed".into());
    let planned = site.plan();
    assert_eq!(planned.actions, []);
    assert_eq!(planned.blocked[0].gate, Gate::IncompleteObservation);
    assert!(planned.blocked[0].reason.contains("not allowed"));
    site.kafka().moving = Observed::Known([].into());
    site.kafka().broker_configs = Observed::Unknown("not allowed".into());
    assert_eq!(site.plan().blocked[0].gate, Gate::IncompleteObservation);
}

#[test]
fn a_topic_is_made_while_a_broker_restarts_if_the_others_can_hold_it() {
    let wide = ("wide", "{partitions: 2, replicationFactor: 3}");
    let all = ("all", "{partitions: 1, replicationFactor: 4}");
    let more = ("more", "{partitions: 1, replicationFactor: 5}");
    let down = (
        "down",
        "{partitions: 1, replicationFactor: 1, placement: {brokers: [4]}}",
    );
    let mut site = mk_site(&[PINNED]);
    site.kafka().brokers.retain(|b| b.id != 4);
    site.kafka().health.fenced = Observed::Known(vec![4]);
    site.commit(&[PINNED, wide, all, more, down]);
    let planned = site.plan();
    assert_eq!(planned.actions.len(), 1, "{planned:#?}");
    assert_eq!(planned.actions[0].object.name, "wide");
    let held = |name: &str| {
        let held = planned.blocked.iter().find(|b| b.name == name);
        held.map(|b| (b.gate, b.reason.as_str())).unwrap()
    };
    let (gate, reason) = held("all");
    assert_eq!(gate, Gate::Health);
    assert!(reason.contains("opens when broker 4 is back"), "{reason}");
    let (gate, reason) = held("down");
    assert_eq!(gate, Gate::Health);
    assert!(reason.contains("opens when broker 4 is back"), "{reason}");
    assert_eq!(held("more").0, Gate::Unsupported, "nor when it is back");
}

/// Unknown is never absent: that no broker is down cannot be said when nobody could tell which are.
#[test]
fn brokers_may_be_down_while_nobody_could_tell_which_are() {
    let mut site = mk_site(&[PINNED]);
    site.kafka().health.fenced = Observed::Unknown("timed out".into());
    let more = ("more", "{partitions: 1, replicationFactor: 5}");
    site.commit(&[PINNED, more]);
    let planned = site.plan();
    assert_eq!(planned.blocked[0].gate, Gate::Health);
    assert!(planned.blocked[0].reason.contains("timed out"));
    site.kafka().health.fenced = Observed::Known(Vec::new());
    assert_eq!(site.plan().blocked[0].gate, Gate::Unsupported);
}

/// Names of different kinds have nothing to do with each other.
#[test]
fn a_group_of_a_topics_name_does_not_wait_for_its_brokers() {
    let mut site = mk_site(&[]);
    let topic = "{partitions: 1, replicationFactor: 9}";
    site.merge(read(format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{}}\n---\napiVersion: \
         headgate.dev/v1\nkind: Topic\nmetadata: {{name: t}}\nspec: {topic}\n---\napiVersion: headgate.dev/v1\nkind: \
         GroupConfig\nmetadata: {{name: t}}\nspec: {{config: {{consumer.session.timeout.ms: 50000}}}}\n"
    )));
    site.kafka().group_configs = Observed::Known([].into());
    let planned = site.plan();
    let kinds: Vec<Kind> = planned.actions.iter().map(|a| a.object.kind).collect();
    assert_eq!(kinds, [Kind::GroupConfig], "{planned:#?}");
}

/// Trap 31: no partition gets fewer replicas than its producers wait for.
#[test]
fn fewer_replicas_than_producers_need_are_refused() {
    let mut site = mk_site(&[(
        "t",
        "{partitions: 1, replicationFactor: 3, config: {min.insync.replicas: 2}}",
    )]);
    site.commit(&[(
        "t",
        "{partitions: 1, replicationFactor: 1, config: {min.insync.replicas: null}}",
    )]);
    let planned = site.plan();
    assert_eq!(moves(&planned), 0);
    assert_eq!(planned.blocked[0].gate, Gate::Unsupported);
}
