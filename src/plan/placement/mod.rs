//! Where replicas belong (plan stage, pure): which brokers hold each partition, worked out from the rules of its topic
//! with as few moves as possible. It says where things end; how they get there, throttled and a few at a time, is
//! somebody else's business.
//!
//! In order of importance, for every partition that may change:
//! 1. It has as many replicas as its topic wants, on different brokers that may hold it: not draining, in the pinned set.
//! 2. Racks: no rack has two more of its replicas than another one that has a broker left. Racks count when every serving
//!    broker names one, else each broker is a rack of its own (as Kafka's own assignment has it).
//! 3. Its preferred leader, which stands first, is one of the topic's `leaders`.
//! 4. Every broker holds its fair share of the topic, rounded up or down; then its fair share of all topics.
//! 5. Preferred leaders of the topic are as even as these replicas allow; then those of all topics, as far as the topics'
//!    own evenness leaves room (all in all they may be off by almost two).
//!
//! A fair share: the partitions' replicas are shared among the racks by how many brokers they have, as far as rule 2 lets
//! a rack have more or fewer, and among the brokers of a rack equally. With racks of one size that is the same for all.

mod board;
mod even;
mod fleet;
mod leaders;
mod repair;
mod rule;
mod shorten;
mod tally;

use board::Board;

/// What there is to place on, and what is to be placed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estate<'a> {
    /// Brokers. One that holds replicas and is not listed counts as away.
    pub brokers: Vec<Broker<'a>>,
    /// All topics, those that nobody declared too (as `Extent::Keep`): their replicas are part of a broker's load.
    pub topics: Vec<Topic<'a>>,
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker<'a> {
    /// Its node id.
    pub id: i32,
    /// `broker.rack`.
    pub rack: Option<&'a str>,
    /// What it may do.
    pub standing: Standing,
}

/// What a broker may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds replicas and takes new ones.
    Serving,
    /// It is down for now: its replicas stay where they are, since a restart must not move data, but it gets no more.
    Away,
    /// It is to be emptied. A broker that will never come back is given up by listing it as draining.
    Draining,
}

/// A topic: how it is and how it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// The partitions that exist, by number; none for a topic that is to be made.
    pub current: Vec<Current<'a>>,
    /// Partitions that are wanted. Fewer than exist changes nothing: Kafka cannot take partitions away.
    pub partitions: usize,
    /// Replicas that each partition is to have; 0 counts as 1.
    pub replication_factor: u16,
    /// Which brokers may hold it.
    pub placement: Placement<'a>,
    /// Brokers of which one is to be each partition's preferred leader; empty: any.
    pub leaders: &'a [i32],
    /// How far existing partitions may be changed. New ones are always placed as well as can be.
    pub extent: Extent,
}

/// An existing partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current<'a> {
    /// Broker ids, preferred leader first. During a reassignment: the replicas minus those being removed, which is where
    /// the partition is going (KIP-455), else a move that is under way would be planned once more.
    pub replicas: &'a [i32],
    /// Broker ids of the replicas in sync.
    pub isr: &'a [i32],
}

/// Which brokers may hold a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placement<'a> {
    /// All, spread over the racks.
    Spread,
    /// These only, spread over their racks.
    Brokers(&'a [i32]),
}

/// How far the existing partitions of a topic may be changed, each including what stands above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Not at all.
    Keep,
    /// As far as needed: replication factor, draining brokers, brokers outside of the pinned set, leaders that may not be
    /// one. A partition that has none of these stays as it is.
    Repair,
    /// And those that have two replicas in a rack while another rack has room. For this and what follows, a topic with
    /// replicas on brokers that are away waits until they are back.
    Racks,
    /// And evened out over the brokers.
    Even,
}

/// Where a partition belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The partition's number.
    pub partition: usize,
    /// Broker ids, preferred leader first.
    pub replicas: Vec<i32>,
}

/// Why a topic cannot be placed; nothing of it is moved then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// Fewer brokers than replicas.
    #[error(
        "topic {topic} wants {wanted} replicas of each partition, and only {} may take them ({usable:?}); {}",
        usable.len(),
        remedy(away, "lower its replicationFactor, or let more brokers hold it")
    )]
    TooFewBrokers {
        /// The topic.
        topic: String,
        /// Its replication factor.
        wanted: usize,
        /// Brokers that are serving and may hold it.
        usable: Vec<i32>,
        /// Brokers that are down, and would be enough with these.
        away: Vec<i32>,
    },
    /// Its placement or leaders name brokers that are not there.
    #[error(
        "topic {topic} is placed on brokers {unknown:?}, which are not in the cluster; it has {known:?}: correct the \
         topic's placement, or wait until they are back"
    )]
    UnknownBrokers {
        /// The topic.
        topic: String,
        /// Named, but not there.
        unknown: Vec<i32>,
        /// All that are there.
        known: Vec<i32>,
    },
    /// None of its leaders may hold it.
    #[error(
        "topic {topic} wants its leaders on brokers {leaders:?}, and none of them may take replicas of it now; {}",
        remedy(away, &format!("these may: {usable:?}"))
    )]
    NoLeader {
        /// The topic.
        topic: String,
        /// The leaders it wants.
        leaders: Vec<i32>,
        /// Brokers that are serving and may hold it.
        usable: Vec<i32>,
        /// Leaders that are down.
        away: Vec<i32>,
    },
}

/// Says what there is to wait for; else what there is to do.
fn remedy(away: &[i32], todo: &str) -> String {
    match away {
        [] => todo.to_owned(),
        [one] => format!("it opens when broker {one} is back"),
        all => format!("it opens when brokers {all:?} are back"),
    }
}

/// Works out where partitions belong. For each topic, in the order given: the partitions whose assignment is to change,
/// and those that are to be made, by number. The same estate gives the same answer, and an estate that is as the answer
/// says gives no changes.
///
/// # Errors
/// By topic, when its rules cannot be met with the brokers that serve; the other topics are not held up by it. A topic
/// whose partitions need nothing is never an error.
#[must_use]
pub fn place(estate: &Estate<'_>) -> Vec<Result<Vec<Target>, Impossible>> {
    let mut board = Board::new(estate);
    let verdicts: Vec<_> = (0..estate.topics.len())
        .map(|topic| repair::topic(&mut board, topic))
        .collect();
    even::out(&mut board);
    shorten::moves(&mut board);
    leaders::even_out(&mut board);
    let targets =
        |(topic, verdict): (usize, Result<(), Impossible>)| verdict.map(|()| board.targets(topic));
    verdicts.into_iter().enumerate().map(targets).collect()
}
