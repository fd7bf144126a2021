//! Looks until every write of a stage is seen (apply stage). A call that returned is no success, and absence seen once
//! is no failure: brokers lag behind their controller.

use std::{collections::HashSet, time::Duration};

use tokio::time::Instant;

use super::{
    planes::Blind,
    run::{Run, STOPPED, seen},
    stage::Stage,
};
use crate::{
    live::{LiveObject, Looks, Observed},
    model::Plane,
    plan::End,
};

/// The first pause between two looks: an idle broker is a few milliseconds behind.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest one: half a second late is not late, and 60 looks in 30 s are no load.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What is known of a write that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// The controller took it.
    Taken,
    /// The controller says that it was there, or gone, before.
    Claimed(String),
    /// No answer came.
    Unanswered(String),
}

/// A write that is not seen yet.
#[derive(Debug)]
pub(super) struct Waiting {
    task: usize,
    claim: Claim,
}

impl Waiting {
    pub(super) fn new(task: usize, claim: Claim) -> Self {
        Self { task, claim }
    }

    /// Tells whether this is a write of an item that was taken.
    pub(super) fn is_taken(&self, item: usize) -> bool {
        self.task == item && self.claim == Claim::Taken
    }
}

impl Run<'_> {
    /// Looks at what is waited for, only at that, and ever less often, until all is seen or its time is over.
    pub(super) async fn verify(&mut self, stage: Stage, mut waiting: Vec<Waiting>) {
        let began = Instant::now();
        let mut progress = began;
        let mut pause = FIRST_PAUSE;
        while !waiting.is_empty() {
            let items: Vec<usize> = waiting.iter().map(|w| w.task).collect();
            let looking = Instant::now();
            let before = waiting.len();
            let failed = match self.look_again(stage, &items).await {
                None => return self.give_up(stage, &waiting, Some(STOPPED)),
                Some(Err(Blind::Unseen(why) | Blind::Foreign(why))) => Some(why),
                Some(Ok(looked)) => {
                    self.settle(stage, &mut waiting, &looked);
                    None
                }
            };
            if waiting.len() < before {
                progress = Instant::now();
                pause = FIRST_PAUSE;
            }
            self.expire(stage, &mut waiting, began, progress, failed.as_deref());
            if waiting.is_empty() {
                return;
            }
            // a look at thousands of topics takes its time: never spend more than half of it on looking
            let wait = pause.max(looking.elapsed());
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            self.pause(wait).await;
        }
    }

    /// Ends what a look settles.
    fn settle(&mut self, stage: Stage, waiting: &mut Vec<Waiting>, looked: &Looks) {
        let mut done = HashSet::new();
        for Waiting { task, claim } in waiting.iter() {
            let action = self.tasks[*task].action;
            let state = seen(looked, &action.object);
            if let Observed::Known(object) = &state {
                let object = object.as_ref().map(LiveObject::as_ref);
                let step = self.step(stage, *task);
                let written = !matches!(claim, Claim::Unanswered(_));
                if step.in_place(object, written) {
                    self.step_done(stage, *task);
                    done.insert(*task);
                } else if let (Claim::Claimed(text), Some(how)) = (claim, step.never(object)) {
                    self.end(*task, End::PreconditionFailed(format!("{text}; {how}")));
                    done.insert(*task);
                }
            }
            self.looked.insert(action.object.clone(), state);
        }
        waiting.retain(|w| !done.contains(&w.task));
    }

    /// Gives up on what has been waited for long enough; `blind` says why the last look told nothing.
    fn expire(
        &mut self,
        stage: Stage,
        waiting: &mut Vec<Waiting>,
        began: Instant,
        progress: Instant,
        blind: Option<&str>,
    ) {
        let limits = self.on.limits;
        let over = |w: &Waiting| match w.claim {
            Claim::Unanswered(_) => began.elapsed() >= limits.unanswered,
            Claim::Taken | Claim::Claimed(_) => {
                progress.elapsed() >= limits.unseen || began.elapsed() >= limits.verify
            }
        };
        let (gone, kept) = std::mem::take(waiting).into_iter().partition(over);
        *waiting = kept;
        self.give_up(stage, &gone, blind);
    }

    /// Ends items whose fate is not known. What was last seen of them is older than the write, so it is not known
    /// either.
    fn give_up(&mut self, stage: Stage, waiting: &[Waiting], blind: Option<&str>) {
        let (who, unseen) = match stage.plane() {
            Plane::Kafka => ("Kafka", "no broker shows it yet"),
            Plane::Connect => ("Connect", "it does not show it yet"),
            Plane::Registry => ("the registry", "it does not show it yet"),
        };
        let why = blind.unwrap_or(unseen);
        for Waiting { task, claim } in waiting {
            let text = match claim {
                Claim::Taken => {
                    format!(
                        "{who} acknowledged it, but it was not seen: {why}; the next pass looks again"
                    )
                }
                Claim::Claimed(text) => {
                    format!("{text}; that was not seen to be so: {why}; the next pass looks again")
                }
                Claim::Unanswered(text) => {
                    format!(
                        "{text}; whether it happened is not known: {why}; the next pass looks again"
                    )
                }
            };
            let object = self.object(*task).clone();
            self.looked.insert(object, Observed::Unknown(text.clone()));
            let end = match (claim, blind) {
                (Claim::Taken, None) => End::Unseen(text),
                _ => End::Indeterminate(text),
            };
            self.end(*task, end);
        }
    }
}
