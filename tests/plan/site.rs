//! A cluster, its git and its ledger in a test's hand, and the pass that joins them.

use std::collections::BTreeMap;

use compact_str::CompactString;
use headgate::{
    desired::{self, DesiredCluster},
    live::{KafkaLive, Live, LiveTopic, Looks, Observed},
    model::{
        ClusterId, CommitId, ConfigKey, Intent, Ledger, ObjectRef, Record, SourceFile, TopicName,
    },
    plan::{self, Action, ActionResult, ClusterPlan, End, Pass, Settled},
    policy::Policies,
};
use jiff::Timestamp;

use super::world::{idle, layout, next_id, own, perform_one};

/// What one pass did.
pub(crate) struct Passed {
    pub(crate) planned: ClusterPlan,
    pub(crate) settled: Settled,
}

/// A cluster with its git and its ledger.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) desired: DesiredCluster,
    pub(crate) live: Live,
    pub(crate) ledger: Ledger,
    pub(crate) now: Timestamp,
    commits: u32,
}

impl Site {
    /// An empty cluster and a git in which topics are declared, each as `name: spec` in YAML's flow style.
    pub(crate) fn new(topics: &[(&str, &str)]) -> Self {
        let kafka = KafkaLive {
            moving: Observed::Known(BTreeMap::new()),
            broker_configs: Observed::Known(BTreeMap::new()),
            ..KafkaLive::new(ClusterId("c".into()))
        };
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        Self {
            desired: declare("", topics),
            live: Live {
                observed_at: now,
                kafka: Observed::Known(kafka),
                registry: None,
                connect: None,
                secrets: BTreeMap::new(),
            },
            ledger: Ledger::default(),
            now,
            commits: 0,
        }
    }

    /// A site that has converged on its git.
    pub(crate) fn converged(topics: &[(&str, &str)]) -> Self {
        let mut site = Self::new(topics);
        assert!(site.pass().settled.converged);
        site
    }

    /// Merges a commit that declares these topics and nothing else.
    pub(crate) fn commit(&mut self, topics: &[(&str, &str)]) {
        self.commit_cluster("", topics);
    }

    /// Merges a commit that also changes the Cluster's spec.
    pub(crate) fn commit_cluster(&mut self, spec: &str, topics: &[(&str, &str)]) {
        self.merge(declare(spec, topics));
    }

    /// Merges a commit.
    pub(crate) fn merge(&mut self, desired: DesiredCluster) {
        self.commits += 1;
        self.desired = desired;
    }

    pub(crate) fn revision(&self) -> CommitId {
        CommitId(format!("{:040}", self.commits))
    }

    pub(crate) fn plan(&self) -> ClusterPlan {
        self.plan_of(self.live.clone())
    }

    fn plan_of(&self, mut live: Live) -> ClusterPlan {
        idle(&self.desired, &mut live);
        plan::plan(
            &self.desired,
            &live,
            &self.ledger,
            &Policies::default(),
            self.now,
        )
    }

    /// Runs a whole pass in which every action succeeds.
    pub(crate) fn pass(&mut self) -> Passed {
        self.pass_with(|_| true)
    }

    /// Runs a whole pass in which the actions succeed that `works` picks by their place; the others are refused.
    pub(crate) fn pass_with(&mut self, works: impl Fn(usize) -> bool) -> Passed {
        self.pass_by(|place, action, live| match works(place) {
            true => {
                perform_one(action, live);
                End::Ok
            }
            false => End::Error("refused".into()),
        })
    }

    /// Runs a whole pass; `act` does what each action asks for, or something else. Of an object that was not seen after the
    /// write nothing is known.
    pub(crate) fn pass_by(&mut self, act: impl Fn(usize, &Action, &mut Live) -> End) -> Passed {
        plan::resolve_intents(&mut self.ledger, &self.desired, &self.live);
        let planned = self.plan();
        let results: Vec<ActionResult> = planned
            .actions
            .iter()
            .enumerate()
            .map(|(place, action)| ActionResult {
                object: action.object.clone(),
                verb: action.verb,
                end: act(place, action, &mut self.live),
                seconds: 0.0,
            })
            .collect();
        let mut unseen = Looks::new();
        for (action, result) in planned.actions.iter().zip(&results) {
            if let End::Unseen(why) = &result.end {
                unseen.insert(action.object.clone(), Observed::Unknown(why.clone()));
            }
        }
        let live = self.live.clone().with_looked(unseen);
        plan::credit(&mut self.ledger, &planned, &results, &live);
        let left = self.plan_of(live.clone());
        let revision = self.revision();
        let settled = plan::settle(
            &mut self.ledger,
            &Pass {
                desired: &self.desired,
                live: &live,
                planned: &planned,
                left: &left,
                results: &results,
                revision: Some(&revision),
                now: self.now,
            },
        );
        Passed { planned, settled }
    }

    /// Begins a pass and is killed in it: the first `noted` actions were noted, the first `made` of these also made.
    pub(crate) fn crash(&mut self, noted: usize, made: usize) {
        plan::resolve_intents(&mut self.ledger, &self.desired, &self.live);
        let planned = self.plan();
        for (place, action) in planned.actions.iter().enumerate().take(noted) {
            let set = action.change.set.iter();
            let config = set.filter_map(|f| Some((plan::owned_key(&f.path)?, f.to.clone())));
            let config = config.collect();
            self.ledger.intents.push(Intent {
                object: action.object.clone(),
                verb: action.verb,
                config,
                moves: action
                    .change
                    .moves
                    .iter()
                    .map(|m| (m.partition, m.to.clone()))
                    .collect(),
                offsets: action.change.value("offsets").map(Into::into),
                at: self.now,
            });
            if place < made {
                perform_one(action, &mut self.live);
            }
        }
    }

    pub(crate) fn kafka(&mut self) -> &mut KafkaLive {
        match &mut self.live.kafka {
            Observed::Known(kafka) => kafka,
            Observed::Unknown(why) => panic!("the plane is unknown: {why}"),
        }
    }

    pub(crate) fn topic(&mut self, name: &str) -> &mut LiveTopic {
        match self.kafka().topics.get_mut(name) {
            Some(Observed::Known(topic)) => topic,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Somebody makes a topic by hand.
    pub(crate) fn make(&mut self, name: &str, partitions: u32) {
        let topic = LiveTopic {
            id: next_id(self.kafka()),
            internal: false,
            partitions: layout(partitions, 3),
            config: Vec::new(),
        };
        let name = TopicName::from_broker(name);
        self.kafka().topics.insert(name, Observed::Known(topic));
    }

    /// Somebody sets a key by hand, or takes it off.
    pub(crate) fn alter(&mut self, name: &str, key: &str, value: Option<&str>) {
        let key = ConfigKey::new(key);
        let topic = self.topic(name);
        topic.config.retain(|c| c.key != key);
        topic.config.extend(value.map(|value| own(&key, value)));
    }

    /// Returns a topic's own value.
    pub(crate) fn value(&mut self, name: &str, key: &str) -> Option<CompactString> {
        self.topic(name).config_value(key).flatten().map(Into::into)
    }

    pub(crate) fn record(&self, name: &str) -> Option<&Record> {
        self.ledger.records.get(&ObjectRef::topic(name))
    }
}

/// Reads a cluster as it would stand in git.
pub(crate) fn declare(spec: &str, topics: &[(&str, &str)]) -> DesiredCluster {
    let mut text = format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec:\n  defaults: {{topic: {{partitions: 3, \
         replicationFactor: 3}}}}\n{spec}\n"
    );
    for (name, spec) in topics {
        text.push_str(&format!(
            "---\napiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        ));
    }
    read(text)
}

/// Reads the documents of one cluster.
pub(crate) fn read(text: String) -> DesiredCluster {
    let loaded = desired::load(&[SourceFile {
        path: "c/c.yaml".into(),
        bytes: text.clone().into_bytes(),
    }]);
    assert!(loaded.is_valid(), "{text}\n{:#?}", loaded.findings);
    let mut clusters = loaded.desired.clusters.into_values();
    let cluster = clusters.next().expect("the text declares a cluster");
    (*cluster).clone()
}
