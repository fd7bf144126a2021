//! Evening out (plan stage, pure): replicas go from brokers with more than their fair share to brokers with less, each
//! topic first and then all of them; first between racks, then between the brokers of a rack.
//!
//! Why single moves are enough: of two racks or brokers with the same fair share, if one holds more of a topic than the
//! other, some partition is held by the one and not by the other, and can move between them without touching anything
//! else. With racks of different sizes the shares differ, and a move may be missing; then a rack ends one beside its share.

use super::{
    board::{Board, Part},
    tally::{Count, OFF, ONE},
};

/// What a move is to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// A broker's fair share of the topic.
    Topic,
    /// A broker's fair share of all topics, without leaving that of the topic.
    All,
}

/// Between what replicas move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Racks,
    Brokers,
}

/// One end of a move: the count in the topic, and in all topics.
#[derive(Clone, Copy)]
struct End {
    topic: Count,
    all: Count,
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
                // from too many to too few; only then also to where there is merely less
                for strict in [true, false] {
                    while sweep(board, parts, between, goal, strict) {}
                }
            }
        }
    }
}

/// Makes every move that helps; tells whether there was one.
fn sweep(
    board: &mut Board<'_>,
    parts: &[usize],
    between: Between,
    goal: Goal,
    strict: bool,
) -> bool {
    let mut moved = false;
    for &part in parts {
        while let Some((from, to)) = best(board, part, between, goal, strict) {
            board.relocate(part, from, to);
            lead_by_rule(board, part);
            moved = true;
        }
    }
    moved
}

/// Returns the move of one of a partition's replicas that helps the most.
fn best(
    board: &Board<'_>,
    part: usize,
    between: Between,
    goal: Goal,
    strict: bool,
) -> Option<(usize, usize)> {
    let Part { topic, now, .. } = &board.parts[part];
    let rule = board.rule(*topic);
    let mut best = None;
    for &from in now {
        let rack = board.fleet.rack[from];
        for target in &rule.racks {
            let same = target.index == rack;
            let fits = match between {
                Between::Brokers => same,
                Between::Racks => {
                    !same && board.in_rack(part, rack) > board.in_rack(part, target.index)
                }
            };
            if !fits {
                continue;
            }
            if between == Between::Racks
                && helps(
                    rack_end(board, *topic, rack),
                    rack_end(board, *topic, target.index),
                    goal,
                    strict,
                )
                .is_none()
            {
                continue;
            }
            for &to in target.brokers.iter().filter(|b| !now.contains(b)) {
                let (held, taken) = (
                    broker_end(board, *topic, from),
                    broker_end(board, *topic, to),
                );
                let gain = match between {
                    Between::Brokers => helps(held, taken, goal, strict),
                    Between::Racks => {
                        let (a, b) = (
                            rack_end(board, *topic, rack),
                            rack_end(board, *topic, target.index),
                        );
                        Some((a.topic.over() - b.topic.over(), a.all.over() - b.all.over()))
                    }
                };
                let Some(gain) = gain else { continue };
                let leads =
                    now.iter().any(|b| *b != from && rule.may_lead(*b)) || rule.may_lead(to);
                let rank = (
                    gain,
                    held.topic.is - taken.topic.is,
                    held.all.over() - taken.all.over(),
                );
                if leads && best.as_ref().is_none_or(|(other, _)| rank > *other) {
                    best = Some((rank, (from, to)));
                }
            }
        }
    }
    best.map(|(_, ends)| ends)
}

/// Tells by how much a move helps, in the topic and in all; `None` when it does not.
fn helps(from: End, to: End, goal: Goal, strict: bool) -> Option<(i64, i64)> {
    let (mine, other) = (from.topic, to.topic);
    let helps = match (goal, strict) {
        (Goal::Topic, true) => mine.is > mine.ceil() && other.is < other.floor(),
        (Goal::Topic, false) => {
            (mine.is > mine.ceil() && other.is < other.ceil())
                || (mine.is > mine.floor() && other.is < other.floor())
        }
        (Goal::All, _) => {
            mine.is > mine.floor()
                && other.is < other.ceil()
                && from.all.over() - to.all.over() > ONE + OFF
                && (!strict || (from.all.over() > 0 && to.all.over() < 0))
        }
    };
    helps.then(|| (mine.over() - other.over(), from.all.over() - to.all.over()))
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
