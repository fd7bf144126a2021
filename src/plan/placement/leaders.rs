//! Preferred leaders (plan stage, pure): which of a partition's replicas stands first. No data moves for it.

use super::{
    board::{Board, Part},
    tally::{OFF, ONE},
};

/// No partition.
const NONE: usize = usize::MAX;

/// Evens out the preferred leaders of the partitions that may be changed: of each topic as far as its replicas allow,
/// then of all topics.
pub(super) fn even_out(board: &mut Board<'_>) {
    let free = |board: &Board<'_>, range: std::ops::Range<usize>| -> Vec<usize> {
        range.filter(|p| board.parts[*p].free).collect()
    };
    for topic in 0..board.estate.topics.len() {
        let parts = free(board, board.of_topic(topic));
        if !parts.is_empty() {
            settle(
                board,
                &parts,
                &|board, from, to| board.tally.led(topic, from) - board.tally.led(topic, to) > 1,
                &|_, _, _, _| true,
            );
        }
    }
    let parts = free(board, 0..board.parts.len());
    let spreads = |board: &Board<'_>, from: usize, to: usize| {
        board.tally.leads[from].over() - board.tally.leads[to].over() > ONE + OFF
    };
    // a broker that leads one more of a topic than another changes places with it: the topic stays as even as it was
    let keeps = |board: &Board<'_>, topic: usize, from: usize, to: usize| {
        board.tally.led(topic, from) > board.tally.led(topic, to)
    };
    settle(board, &parts, &spreads, &keeps);
}

/// Tells whether it helps when a broker leads one less and another one more.
type Helps<'f> = &'f dyn Fn(&Board<'_>, usize, usize) -> bool;

/// Tells whether a partition of a topic may change its leader from one broker to another.
type May<'f> = &'f dyn Fn(&Board<'_>, usize, usize, usize) -> bool;

/// Changes leaders until nothing helps any more: directly where that helps, and then along chains of partitions.
fn settle(board: &mut Board<'_>, parts: &[usize], helps: Helps<'_>, may: May<'_>) {
    let mut changed = true;
    while changed {
        changed = false;
        for &part in parts {
            let Part { topic, now, .. } = &board.parts[part];
            let rule = board.rule(*topic);
            let (first, others) = now.split_first().map_or((NONE, &[][..]), |(f, o)| (*f, o));
            let better = |to: &&usize| {
                rule.may_lead(**to) && may(board, *topic, first, **to) && helps(board, first, **to)
            };
            let least = |to: &&usize| {
                (
                    board.tally.led(*topic, **to),
                    board.tally.leads[**to].over(),
                )
            };
            if let Some(&to) = others.iter().filter(better).min_by_key(least) {
                board.lead(part, to);
                changed = true;
            }
        }
    }
    while let Some(chain) = chain(board, parts, helps, may) {
        for (part, to) in chain {
            board.lead(part, to);
        }
    }
}

/// Finds a chain of partitions, each handing its leadership to the broker that leads the next one, whose ends profit.
fn chain(
    board: &Board<'_>,
    parts: &[usize],
    helps: Helps<'_>,
    may: May<'_>,
) -> Option<Vec<(usize, usize)>> {
    let brokers = board.fleet.ids.len();
    let able = |b: usize| (0..brokers).any(|c| helps(board, b, c));
    let starts: Vec<usize> = (0..brokers).filter(|b| able(*b)).collect();
    if starts.is_empty() {
        return None;
    }
    // by the pair of brokers: a partition that can hand over from the one to the other
    let mut hands = vec![NONE; brokers * brokers];
    for &part in parts {
        let Part { topic, now, .. } = &board.parts[part];
        let rule = board.rule(*topic);
        for to in now.iter().skip(1).filter(|to| rule.may_lead(**to)) {
            if may(board, *topic, now[0], *to) {
                hands[now[0] * brokers + to] = part;
            }
        }
    }
    starts.into_iter().find_map(|start| {
        let mut before = vec![NONE; brokers];
        let mut reached = vec![start];
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for to in 0..brokers {
                if to == start || before[to] != NONE || hands[at * brokers + to] == NONE {
                    continue;
                }
                before[to] = at;
                if helps(board, start, to) {
                    return Some(walk(start, to, &before, &hands));
                }
                reached.push(to);
            }
        }
        None
    })
}

/// Returns the hand-overs on the way from one broker to another.
fn walk(start: usize, end: usize, before: &[usize], hands: &[usize]) -> Vec<(usize, usize)> {
    let mut chain = Vec::new();
    let mut at = end;
    while at != start {
        chain.push((hands[before[at] * before.len() + at], at));
        at = before[at];
    }
    chain
}
