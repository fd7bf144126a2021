//! What people do to the services by hand.

use headgate::{
    desired::{Compatibility, RunState, SchemaFormat},
    ports::{ConnectWrite, NewSchema, RegistryWrite},
    sandbox::RegistryWorld,
};
use proptest::{option, prelude::*, sample};

use super::{
    super::others::SECRET,
    estate::{Services, by_hand},
    wishes::{CLASSES, CLUSTERS, CONNECTORS, LEVELS, PASSWORD, STATES, SUBJECTS, TEXTS, URL},
};

/// A connector and where it is.
type Spot = (&'static str, &'static str);

#[derive(Debug, Clone)]
pub(crate) enum Hand {
    Make(Spot, RunState),
    Url(Spot, Option<&'static str>),
    Password(Spot),
    State(Spot, RunState),
    Fail(Spot),
    Advance(Spot),
    Delete(Spot),
    /// Workers are replaced by such that mask secrets, or by such that do not.
    Mask(&'static str, bool),
    Register(&'static str, &'static str),
    Level(Option<&'static str>, Option<Compatibility>),
    Drop(&'static str),
}

/// Registers a schema that refers to nothing, if the registry takes it.
pub(crate) fn register(world: &mut RegistryWorld, subject: &str, text: &str) {
    let schema = NewSchema {
        format: SchemaFormat::Avro,
        text: text.into(),
        references: Box::default(),
        normalize: true,
    };
    world.write(&RegistryWrite::Register {
        subject: subject.into(),
        schema,
    });
}

pub(crate) fn hand() -> impl Strategy<Value = Hand> {
    let cluster = || sample::select(CLUSTERS.to_vec());
    let spot = || (cluster(), sample::select(CONNECTORS.to_vec()));
    let state = || sample::select(STATES.to_vec());
    let subject = || sample::select(SUBJECTS.to_vec());
    let level = option::of(sample::select(LEVELS.to_vec()));
    prop_oneof![
        2 => (spot(), state()).prop_map(|(spot, state)| Hand::Make(spot, state)),
        2 => (spot(), option::of(sample::select(URL.1.to_vec())))
            .prop_map(|(spot, url)| Hand::Url(spot, url)),
        1 => spot().prop_map(Hand::Password),
        2 => (spot(), state()).prop_map(|(spot, state)| Hand::State(spot, state)),
        2 => spot().prop_map(Hand::Fail),
        1 => spot().prop_map(Hand::Advance),
        2 => spot().prop_map(Hand::Delete),
        1 => (cluster(), any::<bool>()).prop_map(|(cluster, masks)| Hand::Mask(cluster, masks)),
        3 => (subject(), sample::select(TEXTS.to_vec()))
            .prop_map(|(subject, text)| Hand::Register(subject, text)),
        2 => (option::of(subject()), level).prop_map(|(subject, level)| Hand::Level(subject, level)),
        1 => subject().prop_map(Hand::Drop),
    ]
}

impl Hand {
    pub(crate) fn make(&self, services: &Services) {
        let write = |(cluster, _): &Spot, write: ConnectWrite| {
            services.connect[*cluster].edit(|world| drop(world.write(&write)));
        };
        let registry = services.registry.as_ref().unwrap();
        match self {
            Self::Make(spot, state) => write(spot, by_hand(spot.1, CLASSES[0], *state)),
            Self::Url((cluster, name), value) => {
                services.connect[*cluster].edit(|world| world.set(name, URL.0, *value));
            }
            Self::Password((cluster, name)) => {
                let value = format!("{SECRET}by-hand");
                services.connect[*cluster].edit(|world| world.set(name, PASSWORD, Some(&value)));
            }
            Self::State(spot, to) => {
                let (name, to) = (spot.1.into(), *to);
                write(spot, ConnectWrite::State { name, to });
            }
            Self::Fail((cluster, name)) => {
                let is_masked = services.masked.lock().unwrap().contains(*cluster);
                services.connect[*cluster].edit(|world| {
                    let connector = world.connectors().get(*name);
                    let password = connector.and_then(|c| c.config.get(PASSWORD));
                    // what nobody tells Headgate it cannot take out of anybody's words
                    let known = password.filter(|_| !is_masked);
                    let trace = format!("could not log in with {known:?}");
                    world.fail(name, &trace);
                });
            }
            Self::Advance((cluster, name)) => {
                services.connect[*cluster].edit(|world| world.advance(name, "9"));
            }
            Self::Delete(spot) => {
                let name = spot.1.into();
                write(spot, ConnectWrite::Delete { name });
            }
            Self::Mask(cluster, masks) => {
                services.connect[*cluster].edit(|world| world.mask(*masks));
            }
            Self::Register(subject, text) => {
                registry.edit(|world| register(world, subject, text));
            }
            Self::Level(subject, level) => {
                let (subject, level) = (subject.map(Into::into), *level);
                let write = RegistryWrite::Compatibility { subject, level };
                registry.edit(|world| drop(world.write(&write)));
            }
            Self::Drop(subject) => {
                let subject = (*subject).into();
                let write = RegistryWrite::DeleteSubject { subject };
                registry.edit(|world| drop(world.write(&write)));
            }
        }
    }
}
