//! Taking back moves (plan stage, pure): where a broker gave away one replica of a topic and got another one, the one it
//! had stays, and the other goes straight to where that one went. The counts are the same, and one replica less moves.

use super::board::{Board, Part};

/// Takes back what moved for nothing among the partitions that were evened out.
pub(super) fn moves(board: &mut Board<'_>) {
    for topic in 0..board.estate.topics.len() {
        for broker in 0..board.fleet.ids.len() {
            while let Some((came, went, to)) = detour(board, topic, broker) {
                board.relocate(came, broker, to);
                board.relocate(went, to, broker);
            }
        }
    }
}

/// Finds a partition of which a replica came to a broker, and one of which a replica went away from there, and whereto.
fn detour(board: &Board<'_>, topic: usize, broker: usize) -> Option<(usize, usize, usize)> {
    let moved = |gained: bool| {
        board.of_topic(topic).filter(move |part| {
            let Part { now, was, free, .. } = &board.parts[*part];
            let was = was
                .as_ref()
                .filter(|was| *free && was.contains(&broker) != gained);
            was.is_some() && now.contains(&broker) == gained
        })
    };
    let went: Vec<usize> = moved(false).collect();
    let pairs = moved(true).flat_map(|came| went.iter().map(move |went| (came, *went)));
    pairs
        .filter_map(|(came, went)| {
            let Part { now, was, .. } = &board.parts[went];
            let gained = now
                .iter()
                .filter(|b| !was.as_ref().is_some_and(|w| w.contains(b)));
            let fits =
                |to: &&usize| fits(board, came, broker, **to) && fits(board, went, **to, broker);
            gained
                .copied()
                .find(|to| fits(&to))
                .map(|to| (came, went, to))
        })
        .next()
}

/// Tells whether a replica of a partition may stand on one broker in place of another.
fn fits(board: &Board<'_>, part: usize, from: usize, to: usize) -> bool {
    let Part { topic, now, .. } = &board.parts[part];
    let rule = board.rule(*topic);
    let (out, into) = (board.fleet.rack[from], board.fleet.rack[to]);
    let level = out == into || board.in_rack(part, out) > board.in_rack(part, into);
    let led = !rule.may_lead(from) || rule.may_lead(to);
    !now.contains(&to) && level && led
}
