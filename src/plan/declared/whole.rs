//! Connectors: their config is written whole (plan stage, pure), so what stays as it is goes along with what changes.

use super::{Diff, set};
use crate::{
    live::Field,
    model::{Gate, Kind, SCHEMA, config_key},
    plan::{beyond, fields::Want, moves::Hold},
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

    /// Withholds what those refuse who would have to take it.
    pub(super) fn unless_refused(&mut self) {
        if !matches!(self.seen.kind, Kind::Connector | Kind::Schema) {
            return;
        }
        let refusal = beyond::refusal(self.inputs, self.seen, &self.set, &self.reset);
        if let Some(Hold { gate, reason }) = refusal {
            self.hold_fields(gate, &reason, |path| {
                config_key(path).is_some() || path == SCHEMA
            });
        }
    }

    fn hold_config(&mut self, gate: Gate, reason: &str) {
        self.hold_fields(gate, reason, |path| config_key(path).is_some());
    }

    fn hold_fields(&mut self, gate: Gate, reason: &str, these: fn(&str) -> bool) {
        self.set.retain(|field| !these(&field.path));
        self.reset.retain(|field| !these(&field.path));
        let held = self.todo.extract_if(.., |d| these(&d.field.path));
        self.held.extend(held.map(|d| (d, gate, reason.to_owned())));
    }
}
