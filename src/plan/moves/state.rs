//! What a partition is doing (plan stage, pure): resting, being moved by Headgate, or by somebody else.

use crate::live::{LivePartition, Moving};

/// What a partition is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It rests.
    Still,
    /// Headgate moves it.
    Ours {
        /// Where to.
        to: Box<[i32]>,
        /// The replicas it has without the move; `None` while the controller's list does not show it yet.
        original: Option<Box<[i32]>>,
    },
    /// Somebody else moves it there.
    Theirs {
        /// Where to.
        to: Box<[i32]>,
    },
}

/// Works out what a partition is doing, from the list of moves, the ledger's targets and the partition itself. The list is
/// the controller's and may be older than the partition's layout, when both were asked for around a write of Headgate's.
/// Trap 16: the replicas of a partition that moves hold the adding ones, so where it goes is what counts.
pub(super) fn of(
    partition: &LivePartition,
    moving: Option<&Moving>,
    targets: &[Box<[i32]>],
    serves: impl Fn(i32) -> bool,
) -> State {
    let replicas = &partition.replicas;
    if let Some(moving) = moving {
        let to: Box<[i32]> = moving.target().into();
        let kept = moving.replicas.iter().copied();
        let original = kept.filter(|b| !moving.adding.contains(b)).collect();
        return match targets.contains(&to) {
            true => State::Ours {
                to,
                original: Some(original),
            },
            false => State::Theirs { to },
        };
    }
    let behind = |b: &i32| serves(*b) && !partition.isr.contains(b);
    let begun = match targets.iter().find(|to| *to == replicas) {
        Some(to) => Some(to).filter(|to| to.iter().any(behind)),
        // only moves that copy are remembered, so a longer list that begins so is one that was taken
        None => targets.last().filter(|to| replicas.starts_with(to)),
    };
    match begun {
        Some(to) => State::Ours {
            to: to.clone(),
            original: None,
        },
        None => State::Still,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_partition(replicas: &[i32], isr: &[i32]) -> LivePartition {
        LivePartition {
            leader: replicas[0],
            replicas: replicas.into(),
            isr: isr.into(),
        }
    }

    fn mk_moving() -> Moving {
        Moving {
            partition: 0,
            replicas: [1, 4, 2].into(),
            adding: [4].into(),
            removing: [2].into(),
        }
    }

    /// Trap 16: the target of a move is its replicas less the removing ones.
    #[test]
    fn a_move_is_ours_when_the_ledger_says_so() {
        let live = mk_partition(&[1, 4, 2], &[1, 2]);
        let (moving, target) = (mk_moving(), Box::<[i32]>::from([1, 4]));
        assert_eq!(
            of(&live, Some(&moving), std::slice::from_ref(&target), |_| {
                true
            }),
            State::Ours {
                to: target.clone(),
                original: Some([1, 2].into())
            }
        );
        assert_eq!(
            of(&live, Some(&moving), &[], |_| true),
            State::Theirs { to: target }
        );
    }

    #[test]
    fn a_move_that_was_just_sent_is_known_before_the_list_shows_it() {
        let to: Box<[i32]> = [1, 4].into();
        let sent = mk_partition(&[1, 4, 2], &[1, 2]);
        let state = of(&sent, None, std::slice::from_ref(&to), |_| true);
        let ours = State::Ours {
            to: to.clone(),
            original: None,
        };
        assert_eq!(state, ours);
        let arriving = mk_partition(&[1, 4], &[1]);
        assert_eq!(
            of(&arriving, None, std::slice::from_ref(&to), |_| true),
            ours
        );
        let arrived = mk_partition(&[1, 4], &[4, 1]);
        assert_eq!(
            of(&arrived, None, std::slice::from_ref(&to), |_| true),
            State::Still
        );
        // a broker that went down after it arrived is no move
        assert_eq!(of(&arriving, None, &[to], |b| b != 4), State::Still);
    }
}
