//! Connectors: their config is written whole (plan stage, pure), so what stays as it is goes along with what changes.

use super::{Diff, set};
use crate::{
    live::Field,
    model::{Gate, Kind, config_key},
    plan::fields::Want,
};

impl Diff<'_> {
    /// Adds to a change of a connector's config what does not change. A value that the workers mask cannot be written
    /// back: nothing of the config is written unless git says what it is.
    pub(super) fn with_whole_config(&mut self, wanted: &[Want<'_>]) {
        let mut changed = self.set.iter().map(|field| &field.path);
        let keeps_config = self.reset.is_empty() && changed.all(|path| config_key(path).is_none());
        if self.seen.kind != Kind::Connector || keeps_config {
            return;
        }
        let mut live = self.live.config().iter();
        let masked = live.find(|own| {
            let said = |want: &Want<'_>| want.key.as_ref() == Some(&own.key);
            let goes = self
                .reset
                .iter()
                .any(|r| config_key(&r.path) == Some(own.key.as_str()));
            own.value.is_none() && !goes && !wanted.iter().any(said)
        });
        if let Some(own) = masked {
            return self.hold_config(
                Gate::Unsupported,
                &format!(
                    "the workers mask `{}`, and a config is written whole: say what it is with configFrom",
                    own.key
                ),
            );
        }
        for want in wanted.iter().filter(|want| want.key.is_some()) {
            if self.set.iter().any(|field| field.path == want.path) {
                continue;
            }
            let own = self.live.field(&want.path);
            let from = own.as_ref().and_then(Field::value).map(Into::into);
            match set(want, from) {
                Ok(field) => self.set.push(field),
                Err(why) => return self.hold_config(Gate::IncompleteObservation, &why),
            }
        }
    }

    fn hold_config(&mut self, gate: Gate, reason: &str) {
        let of_config = |path: &str| config_key(path).is_some();
        self.set.retain(|field| !of_config(&field.path));
        self.reset.retain(|field| !of_config(&field.path));
        let todo = std::mem::take(&mut self.todo);
        let (config, rest): (Vec<_>, Vec<_>) =
            todo.into_iter().partition(|d| of_config(&d.field.path));
        self.todo = rest;
        let held = config.into_iter().map(|d| (d, gate, reason.to_owned()));
        self.held.extend(held);
    }
}
