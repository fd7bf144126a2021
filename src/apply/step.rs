//! One change against one look, in one stage: is it in place, may it be written (apply stage, pure). Every object is an id
//! and fields by path, so this is the same for all kinds.

use compact_str::CompactString;

use super::{moves, rest, stage::Stage};
use crate::{
    live::{Field, LiveRef},
    model::{ConfigKey, Kind, Verb, config_key},
    plan::{Action, Change, KeyTypes, ResetField, SetField},
};

/// What a look right before the write says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// It is as wanted; nothing is to be sent.
    InPlace,
    /// It is as the plan saw it.
    Ready,
    /// It is neither, and what it is.
    Differs(String),
}

/// One action in one stage, and how its values are compared.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) stage: Stage,
    pub(super) action: &'a Action,
    pub(super) types: KeyTypes<'a>,
}

impl<'a> Step<'a> {
    /// Judges the change by what was seen right before its write.
    pub(super) fn judge(self, seen: Option<LiveRef<'_>>) -> Judged {
        if self.action.verb == Verb::Delete
            && let Some(other) = seen.and_then(|live| self.replaced(live))
        {
            return Judged::Differs(format!("{other}; it is left alone"));
        }
        if !self.stage.sets_offsets() && self.in_place(seen, false) {
            return Judged::InPlace;
        }
        match self.differs(seen) {
            None => Judged::Ready,
            Some(how) => Judged::Differs(how),
        }
    }

    /// Tells whether what the stage wants is there. For a deletion that is true of a topic made again under the name,
    /// too: the one that was to go is gone. A value that is hidden is there only if it was `written`, since it may be
    /// an old one; and so are offsets, which are taken by the coordinator that answers for them.
    pub(super) fn in_place(self, seen: Option<LiveRef<'_>>, written: bool) -> bool {
        if self.stage.sets_offsets() {
            return written && seen.is_some();
        }
        let stands = match self.action.verb {
            Verb::Delete if self.is_more_than_fields() => {
                return seen.is_none_or(|live| self.replaced(live).is_some());
            }
            Verb::Delete => true,
            Verb::Create | Verb::Update => seen.is_some() || !self.is_more_than_fields(),
        };
        stands
            && seen.is_none_or(|live| self.replaced(live).is_none())
            && self
                .stage
                .set(self.action)
                .all(|field| self.holds(seen, field, written))
            && self
                .stage
                .reset(self.action)
                .all(|reset| field(seen, &reset.path).is_none())
            && moves::in_place(self.stage, self.action, seen)
    }

    /// Says why a change that Kafka refused as done before is never going to be as wanted, however long one looks: an
    /// object appears whole, partitions only grow, and a move that has arrived cannot be taken back. `None` while it may still be.
    pub(super) fn never(self, seen: Option<LiveRef<'_>>) -> Option<String> {
        let live = seen?;
        match self.action.verb {
            Verb::Create => self.is_more_than_fields().then(appeared),
            Verb::Update => {
                let other = self.replaced(live).or_else(|| self.outgrown(live));
                other.or_else(|| moves::ended(self.stage, self.action, live))
            }
            Verb::Delete => None,
        }
    }

    /// Returns what is still to be set, by what was seen.
    pub(super) fn left_to_set(self, seen: Option<LiveRef<'_>>) -> Vec<&'a SetField> {
        let due = self.stage.set(self.action);
        due.filter(|field| !self.holds(seen, field, false))
            .collect()
    }

    /// Returns what is still to be reset, by what was seen.
    pub(super) fn left_to_reset(self, seen: Option<LiveRef<'_>>) -> Vec<&'a ResetField> {
        let due = self.stage.reset(self.action);
        due.filter(|reset| field(seen, &reset.path).is_some())
            .collect()
    }

    /// Tells whether an object of the kind is there without any field: others come with their first and go with their
    /// last.
    fn is_more_than_fields(self) -> bool {
        matches!(
            self.action.object.kind,
            Kind::Topic | Kind::Acl | Kind::ConsumerGroup | Kind::Schema | Kind::Connector
        )
    }

    /// Says how an object that is not as wanted differs from what the plan saw; `None` when it does not.
    fn differs(self, seen: Option<LiveRef<'_>>) -> Option<String> {
        match (self.action.verb, seen) {
            (Verb::Create, None) => None,
            (Verb::Create, Some(_)) if self.is_more_than_fields() => Some(appeared()),
            (Verb::Delete, _) if self.is_more_than_fields() => None,
            (Verb::Update, None) if self.is_more_than_fields() => Some("it is gone".to_owned()),
            (_, seen) => seen
                .and_then(|live| {
                    let replaced = self.replaced(live).or_else(|| self.in_use(live));
                    let replaced = replaced.or_else(|| self.would_lose(live));
                    replaced.or_else(|| moves::differs(self.stage, self.action, live))
                })
                .or_else(|| {
                    let mut set = self.stage.set(self.action);
                    set.find_map(|field| self.set_since(seen, field))
                })
                .or_else(|| {
                    let mut reset = self.stage.reset(self.action);
                    reset.find_map(|r| self.changed(seen, &r.path, r.from.as_deref()))
                }),
        }
    }

    fn set_since(self, seen: Option<LiveRef<'_>>, set: &SetField) -> Option<String> {
        if self.holds(seen, set, false) {
            return None;
        }
        let path = told(&set.path);
        match (&set.from, field(seen, &set.path)) {
            // a hidden value cannot be compared, and the plan's `None` may stand for it
            (None, None) | (_, Some(Field::Hidden)) => None,
            _ if set.secret.is_some() => None,
            (None, Some(Field::Value(now))) => {
                Some(format!("{path} is {now} by now, the plan saw it unset"))
            }
            (Some(was), None) => Some(format!("{path} is unset by now, the plan saw {was}")),
            (Some(was), Some(Field::Value(_))) => self.changed(seen, &set.path, Some(was)),
        }
    }

    /// Says how a field that is set differs from the value the plan saw. A field that is unset needs no reset, so it is
    /// as good as seen, and a hidden value on either side cannot be compared.
    fn changed(
        self,
        seen: Option<LiveRef<'_>>,
        path: &CompactString,
        was: Option<&str>,
    ) -> Option<String> {
        let now = field(seen, path)?;
        let (now, was) = (now.value()?, was?);
        let same = self.same(path, now, was);
        (!same).then(|| format!("{} is {now} by now, the plan saw {was}", told(path)))
    }

    /// Tells whether a field has its value on the object itself.
    fn holds(self, seen: Option<LiveRef<'_>>, set: &SetField, written: bool) -> bool {
        match field(seen, &set.path) {
            None => false,
            // open or not: what is hidden never tells more than that it is there
            Some(Field::Hidden) => written,
            // a secret that is told by its fingerprint tells itself whether it is the one that is wanted
            Some(Field::Value(own)) if set.secret.is_some() => own == set.to.as_str(),
            Some(Field::Value(own)) => {
                self.same(&set.path, &own, &set.to) || (written && rest::is_taken(set, &own))
            }
        }
    }

    fn same(self, path: &str, a: &str, b: &str) -> bool {
        let kind = self.action.object.kind;
        self.types.same_field(kind, path, a, b)
    }

    /// Says that somebody goes on by now from offsets that are to be set.
    fn in_use(self, live: LiveRef<'_>) -> Option<String> {
        match live {
            LiveRef::Group(group) if group.state != "Empty" => Some(format!(
                "the group is {} by now; its offsets are set once its consumers are stopped",
                group.state
            )),
            LiveRef::Connector(connector)
                if self.stage.sets_offsets() && connector.state != "STOPPED" =>
            {
                Some(format!(
                    "the connector is {} by now; its offsets are set once it is stopped",
                    connector.state
                ))
            }
            _ => None,
        }
    }

    /// Says that a connector has a key by now that the plan did not see: its config is written whole, which takes it away.
    fn would_lose(self, live: LiveRef<'_>) -> Option<String> {
        let LiveRef::Connector(connector) = live else {
            return None;
        };
        let Change { set, reset, .. } = &self.action.change;
        let is_planned = |key: &ConfigKey| {
            let mut paths = set
                .iter()
                .map(|f| &f.path)
                .chain(reset.iter().map(|r| &r.path));
            paths.any(|path| config_key(path) == Some(key.as_str()))
        };
        let mut own = connector.config.iter().map(|own| &own.key);
        let new = own.find(|key| self.stage == Stage::Connectors && !is_planned(key))?;
        Some(format!("{new} is set by now, the plan saw it unset"))
    }

    /// Says that an object is another one than the plan saw, by its id.
    fn replaced(self, live: LiveRef<'_>) -> Option<String> {
        let planned = self.action.change.id?;
        let seen = live.id()?;
        (seen != planned).then(|| {
            format!("it was deleted and made again (topic id {seen} now, {planned} in the plan)")
        })
    }

    /// Says that a topic has more partitions than it was to get.
    fn outgrown(self, live: LiveRef<'_>) -> Option<String> {
        let count = |text: &str| text.parse::<u64>().ok();
        let path = CompactString::const_new("partitions");
        let set = self.action.change.set.iter().find(|f| f.path == path)?;
        let now = live.field(&path)?;
        let now = now.value()?;
        (count(now)? > count(&set.to)?).then(|| {
            let was = set.from.as_deref().unwrap_or("none");
            format!("partitions is {now} by now, the plan saw {was}")
        })
    }
}

/// Returns a field of what was seen; an object that is not there has none.
fn field<'a>(seen: Option<LiveRef<'a>>, path: &str) -> Option<Field<'a>> {
    seen.and_then(|live| live.field(path))
}

/// Returns a field's path as a sentence names it.
fn told(path: &str) -> &str {
    config_key(path).unwrap_or(path)
}

fn appeared() -> String {
    "it is there by now, and not as it is declared".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        live::{KafkaLive, LiveConfig, LiveConnector},
        model::{Cause, ClusterId, ObjectRef, Risk},
    };

    /// An update of a connector's password, which git says openly.
    fn mk_action() -> Action {
        let set = SetField {
            path: "config.sasl.password".into(),
            from: None,
            to: "${file:/s:password}".into(),
            secret: None,
        };
        Action {
            object: ObjectRef::new(Kind::Connector, "c"),
            verb: Verb::Update,
            risk: Risk::Safe,
            cause: Cause::First,
            fields: Vec::new(),
            source: None,
            notes: Vec::new(),
            change: Change {
                set: vec![set],
                ..Change::default()
            },
        }
    }

    fn mk_live(keys: &[&str]) -> LiveConnector {
        let config = keys.iter().map(|key| LiveConfig {
            key: ConfigKey::new(key),
            value: None,
        });
        LiveConnector {
            connect: "main".into(),
            name: "c".into(),
            config: config.collect(),
            state: "RUNNING".into(),
            trace: None,
            tasks: Vec::new(),
        }
    }

    /// Traps 36 and 37: what workers mask never shows, so that it counts once it was written; and what they mask and nobody
    /// planned with is not written over.
    #[test]
    fn a_masked_value_is_in_place_once_it_was_written_and_another_holds_the_write_up() {
        let (action, kafka) = (mk_action(), KafkaLive::new(ClusterId("c".into())));
        let step = Step {
            stage: Stage::Connectors,
            action: &action,
            types: KeyTypes::new(&kafka),
        };
        let masked = mk_live(&["sasl.password"]);
        let seen = Some(LiveRef::Connector(&masked));
        assert_eq!(step.judge(seen), Judged::Ready);
        assert!(step.in_place(seen, true) && !step.in_place(seen, false));
        let gone = mk_live(&[]);
        assert!(!step.in_place(Some(LiveRef::Connector(&gone)), true));
        let since = mk_live(&["sasl.password", "ssl.key.password"]);
        let told = "ssl.key.password is set by now, the plan saw it unset";
        let judged = step.judge(Some(LiveRef::Connector(&since)));
        assert_eq!(judged, Judged::Differs(told.to_owned()));
    }
}
