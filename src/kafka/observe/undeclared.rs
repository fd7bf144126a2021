//! Reads members and offsets of groups that git does not declare (rank 6, Kafka plane): a look at them that must not cost
//! the cluster or the daemon more, however many there are. What it does not come to is not known, and says so.

use super::{
    detail::Progress,
    groups::{Listing, Told},
};

/// Of how many groups a pass reads members and offsets, beside the declared ones.
const GROUPS: usize = 500;
/// How many partitions of these groups it reads, each counted once a group: some 100 bytes each.
const PARTITIONS: usize = 20_000;
/// Groups asked about at once: nobody knows how much they have to tell before they have told it.
const AT_ONCE: usize = 100;

/// Reads groups in the order of their names, some at a time, and no more once they have told as much as a pass bears.
pub(super) async fn read<F>(groups: Listing, progress: impl Fn(Listing) -> F) -> Told<Progress>
where
    F: Future<Output = Told<Progress>>,
{
    let mut rest = groups.into_iter();
    let mut told = Told::new();
    let (mut room, mut heard) = (PARTITIONS, 0);
    for _ in 0..GROUPS / AT_ONCE {
        let some: Listing = rest.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        for (name, progress) in progress(some).await {
            let size = progress.as_ref().map_or(0, Progress::size);
            heard += size;
            let kept = match room.checked_sub(size) {
                Some(left) => {
                    room = left;
                    progress
                }
                None => Err(not_read()),
            };
            told.insert(name, kept);
        }
        if heard >= PARTITIONS {
            break;
        }
    }
    told.extend(rest.map(|(name, _)| (name, Err(not_read()))));
    told
}

fn not_read() -> String {
    format!(
        "not read: beside declared groups, a pass reads members and offsets of {GROUPS} groups and {PARTITIONS} partitions, \
         in the order of the groups' names; a ConsumerGroup document has it read always"
    )
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::ready};

    use super::{super::groups::Listed, *};
    use crate::model::TopicName;

    /// Reads groups `000`, `001`, …, with as many offsets each as told; returns how many were asked about at once, too.
    async fn reading(count: usize, size: impl Fn(&str) -> usize) -> (Told<Progress>, Vec<usize>) {
        let listed = |n| (format!("{n:03}").into(), Listed::of_coordinator(1));
        let asked = RefCell::new(Vec::new());
        let progress = |some: Listing| {
            asked.borrow_mut().push(some.len());
            let offsets = |name: &str| vec![(0, 7); size(name)];
            let topic = TopicName::from_broker("t");
            let progress = |name: &str| Progress {
                committed: [(topic.clone(), offsets(name))].into(),
                ..Progress::default()
            };
            let told = some.keys().map(|name| (name.clone(), Ok(progress(name))));
            ready(told.collect())
        };
        let told = read((0..count).map(listed).collect(), progress).await;
        (told, asked.into_inner())
    }

    fn unread(told: &Told<Progress>) -> Vec<&str> {
        let unread = told.iter().filter(|(_, progress)| progress.is_err());
        unread.map(|(name, _)| name.as_str()).collect()
    }

    #[tokio::test]
    async fn groups_beyond_what_a_pass_bears_are_told_of_as_not_read() {
        let (told, asked) = reading(GROUPS + 2, |_| 1).await;
        assert_eq!(asked, [AT_ONCE; GROUPS / AT_ONCE]);
        assert_eq!(unread(&told), ["500", "501"]);
        let why = told["500"].as_ref().expect_err("it was not read");
        assert!(why.starts_with("not read: "), "{why}");
        let (told, asked) = reading(60, |_| 1).await;
        assert_eq!((asked, unread(&told)), (vec![60], vec![]));
    }

    #[tokio::test]
    async fn a_group_that_tells_too_much_is_left_out_and_nobody_else_is_asked() {
        let huge = |name: &str| if name == "007" { PARTITIONS + 1 } else { 3 };
        let (told, asked) = reading(AT_ONCE + 1, huge).await;
        assert_eq!(asked, [AT_ONCE]);
        assert_eq!(unread(&told), ["007", "100"]);
    }

    #[tokio::test]
    async fn what_is_kept_of_all_groups_is_bounded() {
        let (told, asked) = reading(AT_ONCE, |_| PARTITIONS / 4).await;
        assert_eq!(asked, [AT_ONCE]);
        assert_eq!(unread(&told).len(), AT_ONCE - 4);
    }
}
