//! What is to be done about replicas, topic by topic (plan stage, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    health,
    rule::Rules,
    site::{Site, sites},
    tell,
    throttle::Copying,
    topic::{Hold, TopicMoves},
};
use crate::{
    desired::{DesiredCluster, DesiredTopic},
    live::{KafkaLive, Observed},
    model::{Gate, Kind, Ledger, Mode, ObjectRef, TopicName},
    plan::{
        Action, Progress,
        placement::{Estate, Extent, Impossible, Target, Topic, place},
    },
};

/// Replicas by partition.
type Layout = Vec<Box<[i32]>>;

/// What is to be done about replicas.
#[derive(Default)]
pub(in crate::plan) struct Outlook {
    topics: BTreeMap<CompactString, TopicMoves>,
    /// Where new partitions go, of topics that are made or grow.
    layouts: BTreeMap<CompactString, Result<Layout, Hold>>,
    /// Topics of which replicas move that Headgate moves or throttles.
    busy: BTreeSet<CompactString>,
    /// Whether nothing is done about topics, only told.
    reported: bool,
    /// How many more moves may be under way.
    free: usize,
    /// Whether it is known that nothing moves, whoever may have begun it.
    rests: bool,
}

impl Outlook {
    /// Works everything out. When topics are not git's business at all, what Headgate began before is looked after until
    /// it has ended.
    pub(in crate::plan) fn new(
        desired: &DesiredCluster,
        kafka: &KafkaLive,
        ledger: &Ledger,
    ) -> Self {
        let mut outlook = Self {
            reported: desired.mode(Kind::Topic) == Mode::Report,
            rests: ledger.begun.moves.is_empty()
                && kafka
                    .moving
                    .known()
                    .is_some_and(|all| all.values().all(Vec::is_empty)),
            ..Self::default()
        };
        let ignored = desired.mode(Kind::Topic) == Mode::Ignore;
        if ignored && ledger.begun.is_empty() {
            return outlook;
        }
        let rules = Rules::new(desired, kafka);
        let sites = sites(&rules, kafka, &ledger.begun);
        outlook.note_busy(&sites, ledger);
        if ignored {
            outlook.go_on(&sites);
            return outlook;
        }
        let made = made(&rules, kafka);
        if !made.is_empty() || sites.iter().any(|s| s.stirred) {
            outlook.place(&rules, kafka, &sites, &made);
        }
        outlook.elect(&rules, kafka, &sites);
        outlook.begin(&rules, kafka, &sites);
        outlook
    }

    /// Makes the outlook of a plan that was made before, as far as memory needs it: what is in place.
    pub(in crate::plan) fn of(moving: &[Progress]) -> Self {
        let topic = |progress: &Progress| {
            let moves = TopicMoves {
                under_way: progress.partitions - progress.in_place,
                ..TopicMoves::default()
            };
            (progress.object.name.clone(), moves)
        };
        Self {
            topics: moving.iter().map(topic).collect(),
            ..Self::default()
        }
    }

    /// Returns what is to be done about a topic, if anything.
    pub(in crate::plan) fn of_topic(&self, name: &str) -> Option<&TopicMoves> {
        self.topics.get(name)
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = (&CompactString, &TopicMoves)> {
        self.topics.iter()
    }

    /// Tells whether all replicas of a topic are where they belong.
    pub(in crate::plan) fn is_in_place(&self, name: &str) -> bool {
        self.topics.get(name).is_none_or(|t| t.astray() == 0)
    }

    /// Tells whether replicas of a topic lie where git does not have them.
    pub(in crate::plan) fn is_misplaced(&self, name: &str) -> bool {
        self.topics.get(name).is_some_and(|t| t.misplaced)
    }

    /// Tells whether it is known that no reassignment is under way.
    pub(in crate::plan) fn rests(&self) -> bool {
        self.rests
    }

    /// Returns where the new partitions of a topic go; empty: wherever the controller puts them.
    pub(in crate::plan) fn layout(&self, name: &str) -> Result<Layout, Hold> {
        self.layouts.get(name).cloned().unwrap_or(Ok(Vec::new()))
    }

    /// Says why a topic's own number of replicas that must be in sync cannot be raised yet: until the replicas that are
    /// being added are in sync, nobody could write with `acks=all`.
    pub(in crate::plan) fn delays(&self, name: &str, value: &str) -> Option<Hold> {
        let moves = self.topics.get(name).filter(|t| t.factor.is_some())?;
        let (factor, _) = moves.factor?;
        let least: usize = value.parse().ok()?;
        let waits = least > moves.in_sync && least <= usize::from(factor);
        waits.then(|| Hold {
            gate: Gate::Health,
            reason: format!(
                "a partition has only {} replicas in sync, so producers with acks=all would be refused; it opens when the \
                 replicas that are being added are in sync",
                moves.in_sync
            ),
        })
    }

    /// Returns by topic what is copied, and by moves that begin now will be.
    pub(super) fn copying(&self) -> impl Iterator<Item = (&str, &[Copying], Vec<Copying>)> {
        let each = self.topics.iter();
        each.map(|(name, t)| (name.as_str(), t.copying.as_slice(), t.begins_copying()))
    }

    /// Returns the topics of which replicas move that Headgate moves or throttles.
    pub(super) fn busy(&self) -> &BTreeSet<CompactString> {
        &self.busy
    }

    /// Tells how far moves are, when `actions` are all that is done. A topic that should begin to move and does not, since
    /// a policy denies it or it is contended, is held: it waits for no turn.
    pub(in crate::plan) fn progress(&self, actions: &[Action]) -> Vec<Progress> {
        let begun = begun(actions);
        let astray = self.topics.iter().filter(|(_, t)| t.astray() > 0);
        let told = astray.map(|(name, t)| {
            let denied = t.begin().next().is_some() && !begun.contains(name.as_str());
            tell::progress(name, t, self.reported || denied)
        });
        told.collect()
    }

    /// Works out where replicas belong, and what that means for each partition.
    fn place(
        &mut self,
        rules: &Rules<'_>,
        kafka: &KafkaLive,
        sites: &[Site<'_>],
        made: &[(&TopicName, &DesiredTopic)],
    ) {
        let new = made
            .iter()
            .map(|(name, topic)| mk_topic(rules, name, topic));
        let estate = Estate {
            brokers: rules.brokers.clone(),
            topics: sites.iter().map(Site::topic).chain(new).collect(),
        };
        let mut answers = place(&estate).into_iter();
        for (site, answer) in sites.iter().zip(answers.by_ref()) {
            self.site(rules, kafka, site, answer);
        }
        if kafka.brokers.is_empty() {
            // nobody said which brokers there are: the controller knows
            return;
        }
        for ((name, _), answer) in made.iter().zip(answers) {
            let layout =
                answer.map(|targets| targets.into_iter().map(|t| t.replicas.into()).collect());
            let layout = layout.map_err(|why| impossible(kafka, &why));
            self.layouts.insert(name.as_str().into(), layout);
        }
    }

    fn site(
        &mut self,
        rules: &Rules<'_>,
        kafka: &KafkaLive,
        site: &Site<'_>,
        answer: Result<Vec<Target>, Impossible>,
    ) {
        if !site.stirred {
            return;
        }
        let name = CompactString::from(site.name.as_str());
        let count = site.live.partitions.len();
        if site.wanted > count {
            let new = |targets: &Vec<Target>| {
                let new = targets.iter().filter(|t| t.partition >= count);
                new.map(|t| t.replicas.as_slice().into()).collect()
            };
            let layout = answer
                .as_ref()
                .map(new)
                .map_err(|why| impossible(kafka, why));
            self.layouts.insert(name.clone(), layout);
        }
        let (targets, held) = match answer {
            Ok(targets) => (targets, None),
            Err(why) => (Vec::new(), Some(impossible(kafka, &why))),
        };
        let moves = TopicMoves::new(rules, kafka, site, &targets, held);
        if moves.astray() > 0 {
            self.topics.insert(name, moves);
        }
    }

    /// Finds the partitions whose preferred leader could lead and does not.
    fn elect(&mut self, rules: &Rules<'_>, kafka: &KafkaLive, sites: &[Site<'_>]) {
        if !rules.desired.balance.leaders || kafka.moving.known().is_none() {
            return;
        }
        for site in sites.iter().filter(|s| s.declared) {
            let partitions = site.live.partitions.iter().enumerate();
            let name = site.name.as_str();
            let astray = self.topics.get(name);
            let due = astray.map_or(&[][..], |t| &t.due).iter();
            let due: BTreeSet<i32> = due.map(|m| m.partition).collect();
            let elect: Vec<i32> = partitions
                .filter(|(index, p)| {
                    let first = p.replicas.first().copied().unwrap_or(-1);
                    let could = p.leader >= 0 && p.leader != first && p.isr.contains(&first);
                    could && rules.serves(first) && site.course_of(*index).is_none()
                })
                .filter_map(|(index, _)| i32::try_from(index).ok())
                .filter(|p| !due.contains(p))
                .collect();
            if !elect.is_empty() {
                let moves = self.topics.entry(name.into()).or_default();
                moves.partitions = site.live.partitions.len();
                moves.elect = elect;
            }
        }
    }

    /// Lets each topic's moves begin as if it were the only one, as many as may be under way at once; none while they may
    /// do harm.
    fn begin(&mut self, rules: &Rules<'_>, kafka: &KafkaLive, sites: &[Site<'_>]) {
        if !self.topics.values().any(TopicMoves::wants) {
            return;
        }
        let under_way: usize = sites.iter().map(|s| s.courses.len()).sum();
        self.free = (rules.desired.moves.concurrent as usize).saturating_sub(under_way);
        let moves = |name: &str, partition: i32| {
            let found = sites.binary_search_by(|s| s.name.as_str().cmp(name)).ok();
            let index = usize::try_from(partition).unwrap_or(usize::MAX);
            found.is_some_and(|at| sites[at].course_of(index).is_some())
        };
        let hold = unknown(kafka).or_else(|| {
            let reason = health::ailing(rules.desired, kafka, moves)?;
            let gate = Gate::Health;
            Some(Hold { gate, reason })
        });
        for topic in self.topics.values_mut().filter(|t| t.wants()) {
            topic.held = topic.held.take().or_else(|| hold.clone());
            topic.redirect();
            if topic.held.is_none() {
                topic.begin_within(self.free);
            }
        }
    }

    /// Tells whether more could begin than may be under way at once.
    pub(in crate::plan) fn is_short(&self) -> bool {
        let each = self.topics.values();
        let copies = |t: &TopicMoves| t.due[..t.begins].iter().filter(|m| m.copies()).count();
        each.map(copies).sum::<usize>() > self.free
    }

    /// Lets the topics take turns, in order. Those that do not begin all the same, since a policy denies it or they are
    /// contended, take none: their moves stay as they are, so that what withholds them does.
    pub(in crate::plan) fn take_turns(&mut self, begins: impl Fn(&str) -> bool) {
        for (name, topic) in &mut self.topics {
            if topic.begins > 0 && begins(name.as_str()) {
                self.free -= topic.begin_within(self.free);
            }
        }
    }

    /// Takes note of what is under way and nothing else.
    fn go_on(&mut self, sites: &[Site<'_>]) {
        for site in sites.iter().filter(|s| s.is_moved()) {
            let moves = TopicMoves::under_way(site);
            self.topics.insert(site.name.as_str().into(), moves);
        }
    }

    fn note_busy(&mut self, sites: &[Site<'_>], ledger: &Ledger) {
        let throttles = &ledger.begun.throttles;
        for site in sites.iter().filter(|s| !s.courses.is_empty()) {
            let object = ObjectRef::topic(site.name.as_str());
            if site.is_moved() || throttles.iter().any(|t| t.object == object) {
                self.busy.insert(object.name);
            }
        }
    }
}

/// Returns the topics of which partitions begin to move.
pub(in crate::plan) fn begun(actions: &[Action]) -> BTreeSet<&str> {
    let moves = actions.iter().filter(|a| !a.change.moves.is_empty());
    moves.map(|a| a.object.name.as_str()).collect()
}

/// Returns the topics that are to be made.
fn made<'a>(rules: &Rules<'a>, kafka: &KafkaLive) -> Vec<(&'a TopicName, &'a DesiredTopic)> {
    let declared = rules.desired.topics.iter();
    declared
        .filter(|(name, _)| !kafka.topics.contains_key(name.as_str()))
        .filter(|(name, _)| rules.declared(name.as_str(), None).is_some())
        .collect()
}

fn mk_topic<'a>(rules: &Rules<'a>, name: &'a TopicName, topic: &'a DesiredTopic) -> Topic<'a> {
    let rule = rules.of_declared(topic);
    Topic {
        name: name.as_str(),
        current: Vec::new(),
        partitions: topic.partitions as usize,
        replication_factor: rule.factor,
        placement: rule.placement,
        leaders: rule.leaders,
        extent: Extent::Repair,
    }
}

/// Says what is not known that has to be known before anything is moved.
fn unknown(kafka: &KafkaLive) -> Option<Hold> {
    let moving = kafka.moving.unknown();
    let moving = moving.map(|why| format!("what is being moved could not be read: {why}"));
    let configs = || match &kafka.broker_configs {
        Observed::Unknown(why) => Some(why),
        Observed::Known(all) => all.values().find_map(|one| match one {
            Observed::Unknown(why) => Some(why),
            Observed::Known(_) => None,
        }),
    };
    let throttles = || configs().map(|why| format!("brokers' throttles could not be read: {why}"));
    let why = moving.or_else(throttles)?;
    Some(Hold {
        gate: Gate::IncompleteObservation,
        reason: format!("{why}; it opens with a complete observation"),
    })
}

/// Brokers that are known and not up are expected back, so that waiting helps. Where it is not known which are down,
/// waiting may help.
fn impossible(kafka: &KafkaLive, why: &Impossible) -> Hold {
    let reason = why.to_string();
    let waits = match why {
        Impossible::UnknownBrokers { .. } => true,
        Impossible::TooFewBrokers { away, .. } | Impossible::NoLeader { away, .. } => {
            !away.is_empty()
        }
    };
    match (waits, kafka.health.fenced.unknown()) {
        (true, _) => Hold {
            gate: Gate::Health,
            reason,
        },
        (false, None) => Hold {
            gate: Gate::Unsupported,
            reason,
        },
        (false, Some(unknown)) => Hold {
            gate: Gate::Health,
            reason: format!(
                "{reason}; or wait, if a broker is down: which are could not be read ({unknown})"
            ),
        },
    }
}
