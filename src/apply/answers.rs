//! Sorts the answers to one request (apply stage): what is waited for, what is sent again, and what has ended. One
//! item's failure says nothing about the others.

use std::{collections::VecDeque, time::Duration};

use super::{
    run::Run,
    stage::Stage,
    verify::{Claim, Waiting},
};
use crate::{
    plan::{Action, Change, End},
    ports::{Outcome, Refusal, RefusalClass},
};

/// The shortest wait for a quota, so that a broker that names none is not asked in a busy loop.
const SHORTEST_THROTTLE: Duration = Duration::from_millis(100);

impl Run<'_> {
    /// Sorts the outcomes of the items that were sent; what is to be sent again goes to the front of the queue.
    pub(super) async fn sort(
        &mut self,
        stage: Stage,
        sent: &[usize],
        outcomes: Vec<Outcome>,
        queue: &mut VecDeque<Vec<usize>>,
        waiting: &mut Vec<Waiting>,
    ) {
        let (mut throttled, mut whole) = (Vec::new(), Vec::new());
        let mut pause = SHORTEST_THROTTLE;
        for (item, outcome) in sent.iter().copied().zip(outcomes) {
            let is_sent = !matches!(outcome, Outcome::Refused(_) | Outcome::Throttled(_));
            self.tasks[item].sent |= is_sent;
            match outcome {
                Outcome::Applied => waiting.push(Waiting::new(item, Claim::Taken)),
                Outcome::Unknown(why) | Outcome::Unclear(why) => {
                    waiting.push(Waiting::new(item, Claim::Unanswered(why)));
                }
                Outcome::Throttled(wait) => {
                    throttled.push(item);
                    pause = pause.max(wait);
                }
                Outcome::Refused(refusal) => match refusal.class {
                    RefusalClass::WholeRequest if sent.len() > 1 => whole.push((item, refusal)),
                    RefusalClass::ReferredTo => self.referred.push((item, text(&refusal))),
                    _ => waiting.extend(self.refused(stage, item, &refusal)),
                },
            }
        }
        self.take_apart(whole, queue);
        self.wait_out(throttled, pause, queue).await;
    }

    /// Ends an item that Kafka refused, unless the refusal says that the wanted state is there already: only a look can
    /// confirm that.
    fn refused(&mut self, stage: Stage, item: usize, refusal: &Refusal) -> Option<Waiting> {
        let text = text(refusal);
        match (refusal.class, stage) {
            (
                RefusalClass::AlreadyThere,
                Stage::CreateTopics
                | Stage::Grow
                | Stage::Reassign
                | Stage::Elect
                | Stage::Connectors,
            ) => {
                return Some(Waiting::new(item, Claim::Claimed(text)));
            }
            (RefusalClass::Gone, stage) if stage.is_deletion() => {
                return Some(Waiting::new(item, Claim::Claimed(text)));
            }
            (RefusalClass::Gone, stage) if stage != Stage::CreateTopics => {
                self.end(item, End::PreconditionFailed(format!("it is gone: {text}")));
            }
            _ => self.end(item, End::Error(text)),
        }
        None
    }

    /// Queues again what others referred to, behind those others: they may have gone by now. Where nothing went since it
    /// was tried last, it ends as it was refused.
    pub(super) fn try_referred_again(&mut self, queue: &mut VecDeque<Vec<usize>>, went: bool) {
        let referred = std::mem::take(&mut self.referred);
        if went && !referred.is_empty() {
            queue.push_back(referred.into_iter().map(|(item, _)| item).collect());
            return;
        }
        for (item, why) in referred {
            self.end(item, End::Error(why));
        }
    }

    /// Queues the halves of a request that was refused as a whole.
    fn take_apart(&mut self, whole: Vec<(usize, Refusal)>, queue: &mut VecDeque<Vec<usize>>) {
        if whole.is_empty() {
            return;
        }
        if self.splits_left == 0 {
            for (item, refusal) in whole {
                self.end(item, End::Error(text(&refusal)));
            }
            return;
        }
        self.splits_left -= 1;
        let items: Vec<usize> = whole.into_iter().map(|(item, _)| item).collect();
        let (first, second) = items.split_at(items.len().div_ceil(2));
        for half in [second, first] {
            if !half.is_empty() {
                queue.push_front(half.to_vec());
            }
        }
    }

    /// Waits for Kafka's mutation quota and queues what it held back, as long as this run may still wait.
    async fn wait_out(
        &mut self,
        throttled: Vec<usize>,
        pause: Duration,
        queue: &mut VecDeque<Vec<usize>>,
    ) {
        if throttled.is_empty() {
            return;
        }
        let Some(left) = self.throttle_left.checked_sub(pause) else {
            let end = End::NotTried(format!(
                "the cluster's controller_mutation_rate quota is spent for another {:.1} s; the next pass goes on",
                pause.as_secs_f64()
            ));
            return self.end_all(&throttled, &end);
        };
        self.throttle_left = left;
        self.pause(pause).await;
        queue.push_front(throttled);
    }
}

fn text(refusal: &Refusal) -> String {
    match refusal.message.is_empty() {
        true => refusal.code.to_string(),
        false => format!("{}: {}", refusal.code, refusal.message),
    }
}

/// Says how an action ends in which no stage took part: a change of nothing has nothing to wait for.
pub(super) fn left(action: &Action) -> End {
    let Change {
        set,
        reset,
        moves,
        elect,
        ..
    } = &action.change;
    match set.is_empty() && reset.is_empty() && moves.is_empty() && elect.is_empty() {
        true => End::AlreadyDone,
        false => End::NotTried("a run has no stage that makes this change".to_owned()),
    }
}
