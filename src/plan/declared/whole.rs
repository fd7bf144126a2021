//! Connectors: their config is written whole (plan stage, pure), so what stays as it is goes along with what changes.

use super::{Diff, set};
use crate::{
    live::Field,
    model::{ConfigKey, Gate, Kind, SCHEMA, config_key},
    plan::{
        beyond,
        fields::{Own, Want},
        moves::Hold,
    },
};

impl Diff<'_> {
    /// Adds to a change of a connector's config what does not change. A value that is hidden cannot be written back:
    /// nothing of the config is written unless git says what it is.
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
            return self.hold_config(Gate::Unsupported, &lost(&own.key));
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

    /// Says why a key of a connector that git does not name stays: its value is hidden, and was there before git had the
    /// config, so that nobody could bring it back. One that appeared since is drift like any other.
    pub(super) fn would_be_lost(&self, own: &Own<'_>) -> Option<(Gate, String)> {
        let was_there = !self.memory.owns(&own.key) && !self.memory.appeared(own.key.as_str());
        let is_foreign = own.value.is_none() && was_there;
        is_foreign.then(|| (Gate::Unsupported, lost(&own.key)))
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

/// Says what becomes of a hidden value of a connector that git does not name.
fn lost(key: &ConfigKey) -> String {
    format!(
        "git does not name `{key}`, the value that it has is hidden, and a config is written whole, so that it would be lost for \
         good; it opens when git says what it is (configFrom), or when somebody takes it out of the connector by hand"
    )
}
