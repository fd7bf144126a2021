//! Services that do not answer (apply stage). One that was silent once is not asked again in a run: each attempt would wait as
//! long, and Kafka waits with it.

use std::{collections::BTreeMap, time::Duration};

use super::run::{Run, seen};
use crate::{
    live::Looks,
    model::Kind,
    plan::{Action, Beyond, End},
};

/// What the registry is called.
pub(super) const REGISTRY: &str = "the registry";

/// A look that takes longer and tells nothing is that of a service that does not answer.
const LONG: Duration = Duration::from_secs(5);

/// Services that were silent in this run, and how that was told.
#[derive(Default)]
pub(super) struct Silent(BTreeMap<String, String>);

impl Silent {
    pub(super) fn note(&mut self, service: &str, why: &str) {
        self.0.insert(service.to_owned(), why.to_owned());
    }

    /// Says why a service is not asked.
    pub(super) fn told(&self, service: &str) -> Option<String> {
        let why = self.0.get(service)?;
        Some(format!(
            "{service} did not answer before, the next pass goes on: {why}"
        ))
    }
}

impl Run<'_> {
    /// Ends the items of services that are silent, and returns the others.
    pub(super) fn of_services_that_answer(&mut self, items: &[usize]) -> Vec<usize> {
        let (mut answering, mut silent) = (Vec::new(), Vec::new());
        for item in items {
            let service = service(self.tasks[*item].action);
            match service.and_then(|service| self.silent.told(service)) {
                Some(why) => silent.push((*item, why)),
                None => answering.push(*item),
            }
        }
        for (item, why) in silent {
            self.end(item, End::NotTried(why));
        }
        answering
    }

    /// Notes the services that a look waited for in vain.
    pub(super) fn note_silent(&mut self, items: &[usize], looked: &Looks, took: Duration) {
        if took < LONG {
            return;
        }
        for item in items {
            let action = self.tasks[*item].action;
            let state = seen(looked, &action.object);
            if let (Some(service), Some(why)) = (service(action), state.unknown()) {
                self.silent.note(service, why);
            }
        }
    }
}

/// Returns which service beside Kafka an action writes to.
fn service(action: &Action) -> Option<&str> {
    match action.change.beyond.as_deref() {
        Some(Beyond::Connector { connect, .. }) => Some(connect),
        _ => (action.object.kind == Kind::Schema).then_some(REGISTRY),
    }
}
