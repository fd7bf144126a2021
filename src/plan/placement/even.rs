//! Evening out (plan stage, pure): replicas go from brokers with more than their fair share to brokers with less, first
//! between racks, then between the brokers of a rack; each topic first, and then all of them together.
//!
//! Why moving one replica at a time is enough: of two racks or brokers with the same fair share, if one holds more of a
//! topic than the other, some partition is held by the one and not by the other, and can move between them without
//! touching anything else.

use super::{
    board::{Board, Part},
    tally::{Count, OFF, ONE},
};

/// One kind of move.
#[derive(Clone, Copy)]
struct Step {
    between: Between,
    goal: Goal,
    /// From too many to too few, rather than merely to where there is less. Such moves come first, so that no broker gives
    /// away what it must get back.
    strict: bool,
}

/// Between what replicas move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Racks,
    Brokers,
}

/// What a move is to achieve.
#[derive(Clone, Copy)]
enum Goal {
    /// The fair share of the topic.
    Topic,
    /// The fair share of all topics, without leaving that of the topic.
    All,
}

/// Evens out all partitions that may be moved. New ones go first: they have no data yet.
pub(super) fn out(board: &mut Board<'_>) {
    let free = |parts: &[Part], new: bool| -> Vec<usize> {
        let wanted = |p: &Part| p.free && (!new || p.was.is_none());
        (0..parts.len()).filter(|p| wanted(&parts[*p])).collect()
    };
    let (new, all) = (free(&board.parts, true), free(&board.parts, false));
    for between in [Between::Racks, Between::Brokers] {
        for goal in [Goal::Topic, Goal::All] {
            for parts in [&new, &all] {
                for strict in [true, false] {
                    let step = Step {
                        between,
                        goal,
                        strict,
                    };
                    while sweep(board, parts, step) {}
                }
            }
        }
    }
}

/// Makes every move that helps; tells whether there was one. Each one brings a count nearer to its share and none of
/// those that were settled before further from it, so this ends.
fn sweep(board: &mut Board<'_>, parts: &[usize], step: Step) -> bool {
    let mut moved = false;
    for &part in parts {
        while let Some((from, to)) = best(board, part, step) {
            board.relocate(part, from, to);
            lead_by_rule(board, part);
            moved = true;
        }
    }
    moved
}

/// Returns the move of one of a partition's replicas that helps the most.
fn best(board: &Board<'_>, part: usize, step: Step) -> Option<(usize, usize)> {
    let Part { topic, now, .. } = &board.parts[part];
    let rule = board.rule(*topic);
    let mut best = None;
    for &from in now {
        let rack = board.fleet.rack[from];
        for target in &rule.racks {
            let racks = Ends {
                from: rack_end(board, *topic, rack),
                to: rack_end(board, *topic, target.index),
            };
            let reachable = match step.between {
                Between::Brokers => target.index == rack,
                Between::Racks => {
                    racks.helps(step)
                        && board.in_rack(part, rack) > board.in_rack(part, target.index)
                }
            };
            if !reachable {
                continue;
            }
            for &to in target.brokers.iter().filter(|b| !now.contains(b)) {
                let brokers = Ends {
                    from: broker_end(board, *topic, from),
                    to: broker_end(board, *topic, to),
                };
                let fits = step.between == Between::Racks || brokers.helps(step);
                let others = now.iter().filter(|b| **b != from);
                let led = rule.may_lead(to) || others.clone().any(|b| rule.may_lead(*b));
                let rank = (racks.gain(), brokers.gain());
                if fits && led && best.as_ref().is_none_or(|(other, _)| rank > *other) {
                    best = Some((rank, (from, to)));
                }
            }
        }
    }
    best.map(|(_, ends)| ends)
}

/// A count in the topic, and in all topics.
#[derive(Clone, Copy)]
struct End {
    topic: Count,
    all: Count,
}

/// Where a replica comes from and where it goes.
#[derive(Clone, Copy)]
struct Ends {
    from: End,
    to: End,
}

impl Ends {
    /// Tells whether a move brings either end nearer to its share, and leaves neither of them further from it.
    fn helps(self, step: Step) -> bool {
        let (from, to) = (self.from.topic, self.to.topic);
        let spare = from.is > from.floor() && to.is < to.ceil();
        match (step.goal, step.strict) {
            (Goal::Topic, true) => from.is > from.ceil() && to.is < to.floor(),
            (Goal::Topic, false) => spare && (from.is > from.ceil() || to.is < to.floor()),
            (Goal::All, true) => {
                spare && self.levels() && self.from.all.over() > 0 && self.to.all.over() < 0
            }
            (Goal::All, false) => spare && self.levels(),
        }
    }

    /// Tells whether a move brings the totals of both ends nearer to each other.
    fn levels(self) -> bool {
        self.gain().1 > ONE + OFF
    }

    /// Returns how much more one end has than the other, in the topic and in all.
    fn gain(self) -> (i64, i64) {
        let Self { from, to } = self;
        (
            from.topic.over() - to.topic.over(),
            from.all.over() - to.all.over(),
        )
    }
}

fn rack_end(board: &Board<'_>, topic: usize, rack: usize) -> End {
    End {
        topic: board.tally.held_rack(topic, rack),
        all: board.tally.load_rack[rack],
    }
}

fn broker_end(board: &Board<'_>, topic: usize, broker: usize) -> End {
    End {
        topic: board.tally.held(topic, broker),
        all: board.tally.load[broker],
    }
}

/// Puts a replica first that may lead, if a move brought one there that may not.
fn lead_by_rule(board: &mut Board<'_>, part: usize) {
    let Part { topic, now, .. } = &board.parts[part];
    let rule = board.rule(*topic);
    if let Some(leader) = now.iter().find(|b| rule.may_lead(**b)).copied() {
        board.lead(part, leader);
    }
}
