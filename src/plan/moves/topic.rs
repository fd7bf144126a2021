//! What is to be done about one topic's replicas (plan stage, pure): each partition is sorted by what it is doing and
//! where it belongs.

use compact_str::CompactString;

use super::{
    rule::{Rules, words},
    site::{Course, Site},
    throttle::Copying,
};
use crate::{
    desired::{DesiredTopic, DesiredValue},
    live::{KafkaLive, LivePartition},
    model::Gate,
    plan::{Move, memory::MIN_INSYNC, placement::Target},
};

/// Why something is withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Hold {
    pub(in crate::plan) gate: Gate,
    pub(in crate::plan) reason: String,
}

/// What is to be done about a topic's replicas.
#[derive(Default)]
pub(in crate::plan) struct TopicMoves {
    /// How many partitions there are.
    pub(super) partitions: usize,
    /// Partitions that are on their way to where they belong.
    pub(super) under_way: usize,
    /// Partitions that somebody moves elsewhere.
    pub(super) strangers: Vec<i32>,
    /// Moves that are taken back or get another target.
    pub(super) turned: Vec<Move>,
    /// Moves that are to get another target, until it is known whether anything withholds that.
    pub(super) redirected: Vec<Redirect>,
    /// Moves that keep their target although git wants another one, since something withholds that.
    pub(super) kept: usize,
    /// Moves that are due, in order; the first `begins` of them begin now.
    pub(super) due: Vec<Move>,
    pub(super) begins: usize,
    /// What withholds those that are due and other targets, all of them.
    pub(super) held: Option<Hold>,
    /// The declared number of replicas, and another one that a partition has.
    pub(super) factor: Option<(u16, usize)>,
    /// Whether replicas lie where they should not, as far as they are not only too many, too few or uneven.
    pub(super) misplaced: bool,
    /// Where its replicas are to lie, in words.
    pub(super) words: CompactString,
    /// Partitions whose preferred leader is to lead.
    pub(super) elect: Vec<i32>,
    /// The smallest number of replicas in sync.
    pub(super) in_sync: usize,
    /// Data that is being copied by moves of Headgate's.
    pub(super) copying: Vec<Copying>,
}

/// Another target for a move that is under way.
pub(super) struct Redirect {
    to: Move,
    /// How many replicas the partition had before it was moved.
    had: usize,
    /// What is copied when it goes on as it is.
    copying: Option<Copying>,
}

impl TopicMoves {
    /// Returns how many partitions are not where they belong.
    pub(super) fn astray(&self) -> usize {
        self.under_way
            + self.strangers.len()
            + self.turned.len()
            + self.redirected.len()
            + self.due.len()
    }

    /// Tells whether anything is to be done that may do harm.
    pub(super) fn wants(&self) -> bool {
        !self.due.is_empty() || !self.elect.is_empty() || !self.redirected.is_empty()
    }

    /// Tells whether anything is withheld.
    pub(super) fn withholds(&self) -> bool {
        self.held.is_some() && (!self.due.is_empty() || self.kept > 0)
    }

    /// Returns the moves that begin now.
    pub(super) fn begin(&self) -> impl Iterator<Item = &Move> {
        self.turned.iter().chain(&self.due[..self.begins])
    }

    /// Lets moves begin: all that copy nothing, which are over at once, and of the others as many as `free`. Returns how
    /// many of those.
    pub(super) fn begin_within(&mut self, free: usize) -> usize {
        self.due.sort_by_key(Move::copies);
        let copies = self.due.iter().filter(|m| m.copies()).count();
        let begins = copies.min(free);
        self.begins = self.due.len() - copies + begins;
        begins
    }

    /// Gives moves that are under way their other target, or lets them go on as they are.
    pub(super) fn redirect(&mut self) {
        for Redirect { to, copying, .. } in std::mem::take(&mut self.redirected) {
            match &self.held {
                None => self.turned.push(to),
                Some(_) => self.keep(copying),
            }
        }
    }

    /// Lets a move go on although git wants another target.
    fn keep(&mut self, copying: Option<Copying>) {
        self.kept += 1;
        self.under_way += 1;
        self.copying.extend(copying);
    }

    /// Returns the data that moves which begin now copy.
    pub(super) fn begins_copying(&self) -> Vec<Copying> {
        self.begin()
            .filter(|m| !m.cancel)
            .filter_map(copying)
            .collect()
    }
}

/// What a move copies; `None` when it only takes replicas away or reorders them.
fn copying(one: &Move) -> Option<Copying> {
    let to: Vec<i32> = one
        .to
        .iter()
        .filter(|b| !one.from.contains(b))
        .copied()
        .collect();
    (!to.is_empty()).then(|| Copying {
        partition: one.partition,
        from: one.from.to_vec(),
        to,
    })
}

impl TopicMoves {
    pub(super) fn new(
        rules: &Rules<'_>,
        kafka: &KafkaLive,
        site: &Site<'_>,
        targets: &[Target],
        held: Option<Hold>,
    ) -> Self {
        let declared = rules.declared(site.name.as_str(), Some(site.live));
        let partitions = &site.live.partitions;
        let factor = declared.map(|topic| topic.replication_factor);
        let mut moves = Self {
            partitions: partitions.len(),
            held,
            factor: factor.zip(site.other_factor),
            misplaced: site.misplaced,
            words: words(rules.desired, declared),
            in_sync: partitions.iter().map(|p| p.isr.len()).min().unwrap_or(0),
            ..Self::default()
        };
        moves.sort(rules, kafka, site, targets);
        moves.judge(rules, kafka, site);
        moves
    }

    /// Takes note of the moves that go on, and of nothing that is to be done.
    pub(super) fn under_way(site: &Site<'_>) -> Self {
        let partitions = &site.live.partitions;
        let mut moves = Self {
            partitions: partitions.len(),
            ..Self::default()
        };
        for (index, course) in &site.courses {
            if let Course::Keep(to) = course {
                let number = i32::try_from(*index).unwrap_or(i32::MAX);
                moves.under_way += 1;
                moves
                    .copying
                    .extend(copied(number, &partitions[*index], to));
            }
        }
        moves
    }

    /// Sorts the partitions by what is to be done about them.
    fn sort(&mut self, rules: &Rules<'_>, kafka: &KafkaLive, site: &Site<'_>, targets: &[Target]) {
        for (index, partition) in site.live.partitions.iter().enumerate() {
            let number = i32::try_from(index).unwrap_or(i32::MAX);
            let target = targets.binary_search_by_key(&index, |t| t.partition);
            let target = target.ok().map(|at| &*targets[at].replicas);
            let step = |to: &[i32], cancel| Move {
                partition: number,
                from: partition.replicas.clone(),
                to: to.into(),
                cancel,
            };
            match (site.course_of(index), target) {
                (Some(Course::Cancel(to)), _) => self.turned.push(step(to, true)),
                (Some(Course::Change { now, had }), Some(to)) => self.redirected.push(Redirect {
                    to: step(to, false),
                    had: *had,
                    copying: copied(number, partition, now),
                }),
                (Some(Course::Change { now, .. }), None) if self.held.is_some() => {
                    self.keep(copied(number, partition, now));
                }
                (Some(Course::Keep(to) | Course::Change { now: to, .. }), _) => {
                    self.under_way += 1;
                    self.copying.extend(copied(number, partition, to));
                }
                (Some(Course::Theirs(_)), Some(_)) => self.strangers.push(number),
                (Some(Course::Theirs(_)), None) => self.under_way += 1,
                (None, _) if site.seems_to_move(kafka, index) => self.under_way += 1,
                (None, Some(to)) => self.due.push(step(to, false)),
                (None, None) => {
                    let breach = site
                        .rule
                        .as_ref()
                        .and_then(|r| rules.breach(r, &partition.replicas));
                    // it cannot be placed, or nothing can be done about a topic that nobody declares
                    let stuck = self.held.is_some() && breach.is_some();
                    if stuck || (site.rule.is_none() && rules.drains(&partition.replicas)) {
                        self.due.push(step(&partition.replicas, false));
                    }
                }
            }
        }
    }

    /// Withholds moves that would do harm or cannot be made, whatever the state of the cluster.
    fn judge(&mut self, rules: &Rules<'_>, kafka: &KafkaLive, site: &Site<'_>) {
        if self.held.is_some() {
            return;
        }
        let due = self.due.iter().map(|m| (m, m.from.len()));
        let wanted = || {
            due.clone()
                .chain(self.redirected.iter().map(|r| (&r.to, r.had)))
        };
        if wanted().next().is_none() {
            return;
        }
        let leaderless = |(m, _): &(&Move, usize)| {
            let index = usize::try_from(m.partition).unwrap_or(usize::MAX);
            site.live
                .partitions
                .get(index)
                .is_some_and(|p| p.leader < 0)
        };
        if let Some((lost, _)) = wanted().find(leaderless) {
            self.held = Some(Hold {
                gate: Gate::Health,
                reason: format!(
                    "partition {} has no leader, so there is nothing to copy it from; it opens when one of {:?} is back",
                    lost.partition, lost.from
                ),
            });
            return;
        }
        if site.rule.is_none() {
            self.held = Some(Hold {
                gate: Gate::Unsupported,
                reason: "its partitions differ in how many replicas they have, and nobody declares how many there are to \
                         be; declare it, or give all the same number with kafka-reassign-partitions"
                    .to_owned(),
            });
            return;
        }
        let declared = rules.declared(site.name.as_str(), Some(site.live));
        let least = declared.and_then(declared_min_insync);
        let least = least.unwrap_or_else(|| kafka.min_insync(site.live));
        let harmed = |(m, had): &(&Move, usize)| m.to.len() < least && *had > m.to.len();
        if let Some((harmed, _)) = wanted().find(harmed) {
            self.held = Some(Hold {
                gate: Gate::Unsupported,
                reason: format!(
                    "with {} replicas nobody could write with acks=all, since {MIN_INSYNC} is {least}; lower that, too, or \
                     declare more replicas",
                    harmed.to.len()
                ),
            });
        }
    }
}

fn declared_min_insync(topic: &DesiredTopic) -> Option<usize> {
    let found = topic
        .config
        .iter()
        .find(|(key, _)| key.as_str() == MIN_INSYNC);
    match found {
        Some((_, DesiredValue::Set(value))) => value.parse().ok(),
        _ => None,
    }
}

/// What is still copied by a move that is under way.
fn copied(number: i32, partition: &LivePartition, to: &[i32]) -> Option<Copying> {
    let behind: Vec<i32> = to
        .iter()
        .filter(|b| !partition.isr.contains(b))
        .copied()
        .collect();
    (!behind.is_empty()).then(|| Copying {
        partition: number,
        from: partition
            .replicas
            .iter()
            .filter(|b| !behind.contains(b))
            .copied()
            .collect(),
        to: behind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_takes_away_copies_nothing() {
        let one = |from: &[i32], to: &[i32]| Move {
            partition: 0,
            from: from.into(),
            to: to.into(),
            cancel: false,
        };
        assert_eq!(copying(&one(&[1, 2, 3], &[2])), None);
        assert_eq!(copying(&one(&[1, 2], &[2, 1])), None);
        let copies = copying(&one(&[1, 2], &[3, 2])).map(|c| (c.from, c.to));
        assert_eq!(copies, Some((vec![1, 2], vec![3])));
    }
}
