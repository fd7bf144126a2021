//! The run: stage by stage and batch by batch, what was looked at, noted, written and answered (apply stage).

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use super::{
    Applied, On,
    answers::left,
    batch::{self, Ready, Request},
    intent,
    planes::{Blind, Writes},
    silent::Silent,
    stage::Stage,
    step::{Judged, Step},
    verify::Waiting,
};
use crate::{
    live::{LiveObject, Looks, Observed},
    model::{Intent, ObjectRef, Plane, Secret, SecretName, chain},
    plan::{Action, ActionResult, End},
    ports::Outcome,
};

pub(super) const STOPPED: &str = "headgate was stopped";

/// One action under way.
pub(super) struct Task<'a> {
    pub(super) action: &'a Action,
    /// Something was written for it.
    pub(super) sent: bool,
    /// When it was noted in the journal.
    noted: Option<Timestamp>,
    began: Option<Instant>,
    pub(super) ended: Option<(End, Duration)>,
}

/// Everything a run holds.
pub(super) struct Run<'a> {
    pub(super) on: On<'a>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) tasks: Vec<Task<'a>>,
    pub(super) looked: Looks,
    /// What was seen of items whose turn comes soon.
    ahead: BTreeMap<usize, Observed<Option<LiveObject>>>,
    pub(super) throttle_left: Duration,
    pub(super) splits_left: u32,
    /// Items of this stage that could not go because others refer to them, and how that was told.
    pub(super) referred: Vec<(usize, String)>,
    pub(super) silent: Silent,
    /// Why nothing more may be written to a plane; every action of it that is not finished ends so.
    halted: BTreeMap<Plane, End>,
}

impl<'a> Run<'a> {
    pub(super) fn new(on: On<'a>, stop: watch::Receiver<bool>) -> Self {
        let task = |action: &'a Action| Task {
            action,
            sent: false,
            noted: None,
            began: None,
            ended: None,
        };
        Self {
            on,
            stop,
            tasks: on.plan.actions.iter().map(task).collect(),
            looked: Looks::new(),
            ahead: BTreeMap::new(),
            throttle_left: on.limits.throttle,
            splits_left: on.limits.splits,
            referred: Vec::new(),
            silent: Silent::default(),
            halted: BTreeMap::new(),
        }
    }

    /// Runs one stage: sends all its batches, then waits until everything that was taken is seen.
    pub(super) async fn stage(&mut self, stage: Stage) {
        if stage == Stage::Reassign {
            self.hold_what_is_not_throttled();
        }
        if stage == Stage::Connectors {
            self.keep_what_lacks_its_topic();
        }
        if stage == Stage::DropAcls {
            self.keep_what_was_not_replaced();
        }
        let due = self.tasks.iter().enumerate();
        let due = due
            .filter(|(_, t)| t.ended.is_none() && stage.concerns(t.action))
            .map(|(i, t)| (i, batch::records(stage, t.action)));
        let mut queue = VecDeque::from(batch::chunks(due, stage.limit(self.on.limits)));
        let mut waiting = Vec::new();
        let mut went = 0;
        while let Some(items) = queue.pop_front() {
            if *self.stop.borrow() {
                self.halt_all(&End::NotTried(STOPPED.to_owned()));
            }
            match self.halted.get(&stage.plane()).cloned() {
                Some(end) => self.end_all(&items, &end),
                None => self.send(stage, &items, &mut queue, &mut waiting).await,
            }
            if stage == Stage::DropAcls && !queue.is_empty() {
                self.pause(self.on.limits.acl_pause).await;
            }
            if queue.is_empty() {
                self.try_referred_again(&mut queue, waiting.len() > went);
                went = waiting.len();
            }
        }
        self.verify(stage, waiting).await;
    }

    pub(super) fn finish(self) -> Applied {
        let unsettled = |task: &Task<'_>| match (&task.ended, task.noted) {
            (Some((end, _)), Some(at)) if end.is_unsettled() => Some(intent::of(task.action, at)),
            _ => None,
        };
        let result = |task: Task<'_>| {
            let (end, took) = task
                .ended
                .unwrap_or_else(|| (left(task.action), Duration::ZERO));
            ActionResult {
                object: task.action.object.clone(),
                verb: task.action.verb,
                end,
                seconds: took.as_secs_f64(),
            }
        };
        Applied {
            unsettled: self.tasks.iter().filter_map(unsettled).collect(),
            results: self.tasks.into_iter().map(result).collect(),
            looked: self.looked,
        }
    }

    /// Looks at one batch, notes what is about to be written, writes it, and sorts the answers.
    async fn send(
        &mut self,
        stage: Stage,
        items: &[usize],
        queue: &mut VecDeque<Vec<usize>>,
        waiting: &mut Vec<Waiting>,
    ) {
        let items = self.of_services_that_answer(items);
        let items = self.not_behind_the_own(stage, &items, waiting);
        let mut ready = self.recheck(stage, &items, queue).await;
        let Request { writes, parts } = Request::new(stage, &ready, self.on.types);
        let with_parts = parts.items();
        ready.retain(|item| {
            let has_part = with_parts.contains(&item.task);
            if !has_part {
                self.end(item.task, End::Error(batch::NO_PART.to_owned()));
            }
            has_part
        });
        if ready.is_empty() {
            return;
        }
        let sent: Vec<usize> = ready.iter().map(|r| r.task).collect();
        let at = (self.on.now)();
        let intents: Vec<Intent> = ready.iter().map(|r| intent::of(r.action, at)).collect();
        if let Err(error) = self.on.journal.intend(&self.on.plan.name, &intents) {
            let end = End::NotTried(error.to_string());
            self.end_all(&sent, &end);
            self.halt_all(&end);
            return;
        }
        for item in &sent {
            self.tasks[*item].noted = Some(at);
        }
        let outcomes = parts.outcomes(&sent, self.write(writes).await);
        self.sort(stage, &sent, outcomes, queue, waiting).await;
    }

    /// Looks at the objects of a batch, and keeps the items that are as the plan saw them.
    async fn recheck(
        &mut self,
        stage: Stage,
        items: &[usize],
        queue: &VecDeque<Vec<usize>>,
    ) -> Vec<Ready<'a>> {
        for item in items {
            self.tasks[*item].began.get_or_insert_with(Instant::now);
        }
        if !items.iter().all(|item| self.ahead.contains_key(item)) {
            let more = self.looked_at_together(stage, queue);
            let all: Vec<usize> = items.iter().copied().chain(more).collect();
            let began = Instant::now();
            let looked = match self.look(stage, &all).await {
                Ok(looked) => looked,
                Err(end) => {
                    self.end_all(items, &end);
                    self.halted.insert(stage.plane(), end);
                    return Vec::new();
                }
            };
            self.note_silent(&all, &looked, began.elapsed());
            let states = all
                .iter()
                .map(|item| (*item, seen(&looked, self.object(*item))));
            let states: Vec<_> = states.collect();
            self.ahead.extend(states);
        }
        let mut ready = Vec::new();
        for item in items {
            let object = self.object(*item);
            let Some(state) = self.ahead.remove(item) else {
                continue;
            };
            self.looked.insert(object.clone(), state.clone());
            match self.prepare(stage, *item, state) {
                Ok(item) => ready.push(item),
                Err(None) => self.step_done(stage, *item),
                Err(Some(end)) => self.end(*item, end),
            }
        }
        ready
    }

    /// Returns the items in the queue that are looked at together with those whose turn it is. A look at a few ACLs costs
    /// the cluster as much as one at all of them, and only a few go in one request; nor does it tell much, since an ACL is
    /// there or not, and one that went meanwhile is deleted without harm.
    fn looked_at_together(&self, stage: Stage, queue: &VecDeque<Vec<usize>>) -> Vec<usize> {
        let most = match stage {
            Stage::DropAcls => self.on.limits.records,
            _ => 0,
        };
        queue.iter().flatten().copied().take(most).collect()
    }

    /// Judges an item by what was just seen of it, and reads its secrets; the error says how it ends, `None` that there
    /// is nothing to do.
    fn prepare(
        &self,
        stage: Stage,
        task: usize,
        state: Observed<Option<LiveObject>>,
    ) -> Result<Ready<'a>, Option<End>> {
        let seen = match state {
            Observed::Known(seen) => seen,
            Observed::Unknown(why) => {
                return Err(Some(End::NotTried(format!(
                    "it could not be looked at right before the write: {why}"
                ))));
            }
        };
        let step = self.step(stage, task);
        match step.judge(seen.as_ref().map(LiveObject::as_ref)) {
            Judged::InPlace => return Err(None),
            Judged::Differs(how) => return Err(Some(End::PreconditionFailed(how))),
            Judged::Ready => {}
        }
        Ok(Ready {
            task,
            action: step.action,
            secrets: self.secrets(step).map_err(Some)?,
            seen,
        })
    }

    /// Reads the secrets that a step takes. One that is another one than the plan was made with is not written: who
    /// approved the plan approved that one, and the ledger would remember it.
    fn secrets(&self, step: Step<'_>) -> Result<BTreeMap<SecretName, Secret<String>>, End> {
        let mut secrets = BTreeMap::new();
        for field in step.stage.set(step.action) {
            let Some(name) = &field.secret else {
                continue;
            };
            let secret = self.on.vault.read(name);
            let secret = secret.map_err(|error| End::NotTried(chain(&error)))?;
            if self.on.vault.digest(&secret).0 != field.to {
                let text = format!("the secret {name} changed since the plan was made");
                return Err(End::PreconditionFailed(text));
            }
            secrets.insert(name.clone(), secret);
        }
        Ok(secrets)
    }

    /// Returns an item as one stage sees it.
    pub(super) fn step(&self, stage: Stage, task: usize) -> Step<'a> {
        Step {
            stage,
            action: self.tasks[task].action,
            types: self.on.types,
        }
    }

    /// Looks at items; the error says why no write may follow.
    async fn look(&self, stage: Stage, items: &[usize]) -> Result<Looks, End> {
        match self.look_again(stage, items).await {
            None => Err(End::NotTried(STOPPED.to_owned())),
            Some(Ok(looked)) => Ok(looked),
            Some(Err(Blind::Unseen(why))) => Err(End::NotTried(format!(
                "the {} plane could not be looked at right before the write: {why}",
                stage.plane()
            ))),
            Some(Err(Blind::Foreign(why))) => Err(End::PreconditionFailed(why)),
        }
    }

    /// Looks at items. `None` once stopped.
    pub(super) async fn look_again(
        &self,
        stage: Stage,
        items: &[usize],
    ) -> Option<Result<Looks, Blind>> {
        let actions: Vec<&Action> = items.iter().map(|item| self.tasks[*item].action).collect();
        let planned = self.on.plan.cluster_id.as_ref();
        tokio::select! {
            biased;
            () = stopped(&self.stop) => None,
            looked = self.on.planes.look(stage.plane(), &actions, planned, self.on.hide) => Some(looked),
        }
    }

    /// Writes nothing more to any plane.
    fn halt_all(&mut self, end: &End) {
        let all = Plane::ALL.iter().map(|plane| (*plane, end.clone()));
        self.halted.extend(all);
    }

    /// Sends a request; one that is still under way some time after the daemon was stopped is abandoned.
    async fn write(&mut self, writes: Writes) -> Vec<Outcome> {
        let (stop, grace) = (&self.stop, self.on.limits.grace);
        let grace = async {
            stopped(stop).await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            biased;
            outcomes = self.on.planes.write(writes, &mut self.silent) => outcomes,
            () = grace => Vec::new(),
        }
    }

    /// Waits, though not once the daemon is stopped.
    pub(super) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = stopped(&self.stop) => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Returns the object of an item.
    pub(super) fn object(&self, item: usize) -> &'a ObjectRef {
        &self.tasks[item].action.object
    }

    /// Takes note that what a stage wants of an item is in place; the action is done with its last stage.
    pub(super) fn step_done(&mut self, stage: Stage, item: usize) {
        let task = &self.tasks[item];
        if stage.is_last_of(task.action) {
            let end = if task.sent { End::Ok } else { End::AlreadyDone };
            self.end(item, end);
        }
    }

    pub(super) fn end(&mut self, item: usize, end: End) {
        let task = &mut self.tasks[item];
        let took = task.began.map_or(Duration::ZERO, |began| began.elapsed());
        task.ended = Some((end, took));
    }

    pub(super) fn end_all(&mut self, items: &[usize], end: &End) {
        for item in items {
            self.end(*item, end.clone());
        }
    }
}

/// Returns what was seen of an object; one that the answer lacks was not seen.
pub(super) fn seen(looked: &Looks, object: &ObjectRef) -> Observed<Option<LiveObject>> {
    let unanswered = || Observed::Unknown("the answer lacks it".to_owned());
    looked.get(object).cloned().unwrap_or_else(unanswered)
}

/// Waits until the daemon is stopped; for ever once nobody can stop it any more.
pub(super) async fn stopped(stop: &watch::Receiver<bool>) {
    let mut stop = stop.clone();
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}
