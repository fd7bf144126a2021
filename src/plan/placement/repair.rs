//! What must change (plan stage, pure): replicas that may not stay go, surplus ones too, and what is missing is added.
//! A replica that may stay is not touched.

use super::{
    Extent, Impossible, Placement, Standing,
    board::{Board, Part},
    rule::Rule,
    tally::{Count, ONE},
};

/// Brings a topic in line with its rule, as far as it may be changed.
pub(super) fn topic(board: &mut Board<'_>, topic: usize) -> Result<(), Impossible> {
    let estate = board.estate;
    let wish = &estate.topics[topic];
    if wish.extent == Extent::Keep {
        return Ok(());
    }
    let kept: Vec<Vec<usize>> = board.of_topic(topic).map(|p| kept(board, p)).collect();
    possible(board, topic, &kept)?;
    for (part, kept) in board.of_topic(topic).zip(kept) {
        board.retain(part, kept);
        fill(board, part);
    }
    // a replica that is away may be of any rack, and a restart must not move data
    let away = |b: &usize| board.fleet.standing[*b] == Standing::Away;
    let waits = board.parts[board.of_topic(topic)]
        .iter()
        .any(|part| part.now.iter().any(away));
    for part in board.of_topic(topic) {
        if wish.extent >= Extent::Racks && !waits {
            level(board, part);
        }
        choose_leader(board, part);
        let part = &mut board.parts[part];
        part.free = part.was.is_none() || (wish.extent == Extent::Even && !waits);
    }
    Ok(())
}

/// Returns the replicas of a partition that stay.
fn kept(board: &Board<'_>, part: usize) -> Vec<usize> {
    let Part { topic, now, .. } = &board.parts[part];
    let rule = board.rule(*topic);
    let mut kept: Vec<usize> = Vec::with_capacity(rule.factor);
    for &broker in now {
        if rule.may_keep(broker) && !kept.contains(&broker) {
            kept.push(broker);
        }
    }
    while kept.len() > rule.factor {
        kept.remove(surplus(board, part, &kept));
    }
    kept
}

/// Returns the place of the replica that can best be spared: one that is not in sync, not the preferred leader, in the
/// rack with the most, on the broker with the most, in this order. The only one that may lead stays.
fn surplus(board: &Board<'_>, part: usize, replicas: &[usize]) -> usize {
    let rule = board.rule(board.parts[part].topic);
    let isr = isr(board, part);
    let leading = replicas.iter().filter(|b| rule.may_lead(**b)).count();
    let leader = replicas.iter().find(|b| rule.may_lead(**b));
    let worst = |&(place, broker): &(usize, &usize)| {
        let rack = board.fleet.rack[*broker];
        let crowd = replicas
            .iter()
            .filter(|b| board.fleet.rack[**b] == rack)
            .count();
        (
            !(leading == 1 && leader == Some(broker)),
            !isr.contains(&board.fleet.ids[*broker]),
            leader != Some(broker),
            crowd,
            board.tally.load[*broker].over(),
            place,
        )
    };
    let found = replicas.iter().enumerate().max_by_key(worst);
    found.map_or(0, |(place, _)| place)
}

/// Returns the broker ids that are in sync; none for a new partition.
fn isr<'a>(board: &Board<'a>, part: usize) -> &'a [i32] {
    let topic = board.parts[part].topic;
    let number = part - board.of_topic(topic).start;
    let current = board.estate.topics[topic].current.get(number);
    current.map_or(&[], |c| c.isr)
}

/// Tells whether there are brokers enough for what is missing.
fn possible(board: &Board<'_>, topic: usize, kept: &[Vec<usize>]) -> Result<(), Impossible> {
    let rule = board.rule(topic);
    let leads = |replicas: &[usize]| replicas.iter().any(|b| rule.may_lead(*b));
    let mut changes = false;
    let mut moves = false;
    for (part, kept) in board.of_topic(topic).map(|p| &board.parts[p]).zip(kept) {
        if kept.len() < rule.factor || !leads(kept) || part.now != *kept {
            changes = true;
            moves |= part.was.is_some();
        }
    }
    if !changes {
        return Ok(());
    }
    // one that only replicas name is in no error, so that none says that another one alone would be enough
    let is_away = |b: usize| {
        board.fleet.listed[b] && board.fleet.standing[b] == Standing::Away && rule.may_keep(b)
    };
    let room = |kept: &[usize], back: bool| {
        let takes = |b: &usize| !kept.contains(b);
        let away = board.fleet.all().filter(|b| back && is_away(*b));
        kept.len() + rule.takers().chain(away).filter(takes).count() >= rule.factor
    };
    let enough = kept.iter().all(|kept| room(kept, false));
    let led = rule.takers().any(|b| rule.may_lead(b)) || kept.iter().all(|kept| leads(kept));
    let unknown = unknown(board, topic);
    // what is new needs no more than brokers enough; nothing is moved by a rule that may be misspelt
    if !unknown.is_empty() && (moves || !enough || !led) {
        return Err(Impossible::UnknownBrokers {
            topic: board.estate.topics[topic].name.to_owned(),
            unknown,
            known: board.fleet.ids_where(|_| true),
        });
    }
    let usable = || board.fleet.ids_where(|b| rule.takers().any(|t| t == b));
    if !enough {
        let helps = kept.iter().all(|kept| room(kept, true));
        return Err(Impossible::TooFewBrokers {
            topic: board.estate.topics[topic].name.to_owned(),
            wanted: rule.factor,
            usable: usable(),
            away: board.fleet.ids_where(|b| helps && is_away(b)),
        });
    }
    if !led {
        return Err(Impossible::NoLeader {
            topic: board.estate.topics[topic].name.to_owned(),
            leaders: board.estate.topics[topic].leaders.to_vec(),
            usable: usable(),
            away: board.fleet.ids_where(|b| is_away(b) && rule.may_lead(b)),
        });
    }
    Ok(())
}

/// Returns the brokers that a topic's rule names and that are not there.
fn unknown(board: &Board<'_>, topic: usize) -> Vec<i32> {
    let wish = &board.estate.topics[topic];
    let pinned = match wish.placement {
        Placement::Spread => &[],
        Placement::Brokers(ids) => ids,
    };
    let there = |id: &i32| {
        let index = board.fleet.index(*id);
        index.is_some_and(|b| board.fleet.listed[b])
    };
    let named = pinned.iter().chain(wish.leaders);
    named.filter(|id| !there(id)).copied().collect()
}

/// Adds the replicas that are missing; one that may lead first, if there is none.
fn fill(board: &mut Board<'_>, part: usize) {
    let topic = board.parts[part].topic;
    let factor = board.rule(topic).factor;
    let leads = |rule: &Rule, replicas: &[usize]| replicas.iter().any(|b| rule.may_lead(*b));
    if !leads(board.rule(topic), &board.parts[part].now)
        && let Some(to) = pick(board, part, |rule, b| rule.may_lead(b))
    {
        if board.parts[part].now.len() == factor {
            let from = make_room(board, part, to);
            board.relocate(part, from, to);
        } else {
            board.add(part, to);
        }
    }
    while board.parts[part].now.len() < factor
        && let Some(to) = pick(board, part, |_, _| true)
    {
        board.add(part, to);
    }
}

/// Returns the replica that gives way to one on another broker: one of the same rack, if there is one.
fn make_room(board: &Board<'_>, part: usize, to: usize) -> usize {
    let replicas = &board.parts[part].now;
    let same = replicas
        .iter()
        .find(|b| board.fleet.rack[**b] == board.fleet.rack[to]);
    *same.unwrap_or(&replicas[surplus(board, part, replicas)])
}

/// Chooses the broker for one replica more: in the rack with the fewest of this partition, then with the least of its
/// share in the topic, then in all; and likewise in the rack. Where all is equal, brokers take turns, and the turns of
/// different racks shift against each other, so that no two brokers share more partitions than need be.
fn pick(board: &Board<'_>, part: usize, fits: impl Fn(&Rule, usize) -> bool) -> Option<usize> {
    let Part { topic, now, .. } = &board.parts[part];
    let (rule, tally) = (board.rule(*topic), &board.tally);
    let fits = |b: &usize| !now.contains(b) && fits(rule, *b);
    let racks = rule
        .racks
        .iter()
        .enumerate()
        .filter(|(_, r)| r.brokers.iter().any(fits));
    let (place, rack) = racks.min_by_key(|(place, rack)| {
        (
            board.in_rack(part, rack.index),
            tally.held_rack(*topic, rack.index).over(),
            tally.load_rack[rack.index].over(),
            turn(*place, part, rule.racks.len()),
        )
    })?;
    let size = rack.brokers.len();
    let shifted = part + place * (part / size);
    let brokers = rack.brokers.iter().enumerate().filter(|(_, b)| fits(b));
    let (_, broker) = brokers.min_by_key(|(at, b)| {
        let Count { is, .. } = tally.held(*topic, **b);
        (is, tally.load[**b].over(), turn(*at, shifted, size))
    })?;
    Some(*broker)
}

/// Returns how long a place among `size` waits for its turn in a round.
fn turn(place: usize, round: usize, size: usize) -> usize {
    (place + size - round % size) % size
}

/// Moves replicas out of racks that have two more than one that has room.
fn level(board: &mut Board<'_>, part: usize) {
    while let Some(to) = pick(board, part, |_, _| true) {
        let least = board.in_rack(part, board.fleet.rack[to]);
        let crowded = |b: &&usize| board.in_rack(part, board.fleet.rack[**b]) > least + 1;
        let replicas = &board.parts[part].now;
        let crowd: Vec<usize> = replicas.iter().filter(crowded).copied().collect();
        if crowd.is_empty() {
            return;
        }
        let from = crowd[surplus(board, part, &crowd)];
        board.relocate(part, from, to);
    }
}

/// Keeps the preferred leader if it may stay one; else takes the replica whose broker leads the least.
fn choose_leader(board: &mut Board<'_>, part: usize) {
    let Part {
        topic, now, was, ..
    } = &board.parts[part];
    let rule = board.rule(*topic);
    let was = was.as_ref().and_then(|was| was.first());
    let stays = was.filter(|b| now.contains(b) && rule.may_lead(**b));
    let tally = &board.tally;
    let least = || {
        let able = now.iter().enumerate().filter(|(_, b)| rule.may_lead(**b));
        able.min_by_key(|(at, b)| {
            // the first one is counted as its leader already
            let more = i64::from(*at != 0);
            (
                tally.led(*topic, **b) + more,
                tally.leads[**b].over() + more * ONE,
                *at,
            )
        })
    };
    if let Some(leader) = stays.or_else(|| least().map(|(_, b)| b)).copied() {
        board.lead(part, leader);
    }
}
