//! The fields of an object, as git declares them and as live has them (plan stage, pure). What is special about the fields
//! of a kind stands here; diff, memory and apply know paths and values only.

use compact_str::{CompactString, ToCompactString, format_compact};

pub(super) use super::key_types::HIDDEN;
use super::{
    KeyTypes,
    draft::Inputs,
    memory::{Memory, PARTITIONS, PLACEMENT, REPLICATION_FACTOR, config_path},
    moves,
    walk::Seen,
};
use crate::{
    desired::{
        Compatibility, DesiredCredential, DesiredRef, DesiredSchema, DesiredTopic, DesiredUser,
        DesiredValue,
    },
    live::{Field, LiveRef, LiveSubject, LiveUser, Login, Observed},
    model::{
        COMPATIBILITY, ConfigKey, ConfigType, Fingerprint, Kind, SCHEMA, STATE, ScramMechanism,
        SecretName,
    },
};

/// What people read in place of a secret that git wants.
const CHANGED: CompactString = CompactString::const_new("(changed)");

/// A declared field.
pub(super) struct Want<'a> {
    /// Its path, as plans and the ledger name it.
    pub(super) path: CompactString,
    /// Its value as Kafka spells it; of a secret, the fingerprint. Unknown: the secret cannot be read.
    pub(super) value: Observed<CompactString>,
    /// The secret that it comes from.
    pub(super) secret: Option<&'a SecretName>,
    /// The key that is owned when the field is git's.
    pub(super) key: Option<ConfigKey>,
}

impl<'a> Want<'a> {
    fn number(path: &'static str, value: u32) -> Self {
        Self {
            path: path.into(),
            value: Observed::Known(value.to_compact_string()),
            secret: None,
            key: None,
        }
    }

    fn word(path: &'static str, value: &str) -> Self {
        Self {
            path: path.into(),
            value: Observed::Known(value.into()),
            secret: None,
            key: None,
        }
    }

    fn config(inputs: &Inputs<'_>, key: &ConfigKey, value: &'a DesiredValue) -> Option<Self> {
        let (value, secret) = match value {
            DesiredValue::Set(value) => (Observed::Known(value.clone()), None),
            DesiredValue::Secret(name) => (fingerprint(inputs, name), Some(name)),
            DesiredValue::LeaveAlone => return None,
        };
        Some(Self {
            path: config_path(key.as_str()),
            value,
            secret,
            key: Some(key.clone()),
        })
    }

    /// Returns the value as people may see it.
    pub(super) fn shown(&self, kind: Kind, types: &KeyTypes<'_>) -> CompactString {
        match (&self.secret, &self.value, &self.key) {
            (Some(_), _, _) | (None, Observed::Unknown(_), _) => CHANGED,
            (None, Observed::Known(_), Some(key))
                if types.of(kind, key.as_str()) == ConfigType::Password =>
            {
                HIDDEN
            }
            (None, Observed::Known(value), _) => value.clone(),
        }
    }
}

fn fingerprint(inputs: &Inputs<'_>, name: &SecretName) -> Observed<CompactString> {
    match inputs.live.secrets.get(name) {
        Some(Observed::Known(Fingerprint(print))) => Observed::Known(print.clone()),
        Some(Observed::Unknown(why)) => Observed::Unknown(why.clone()),
        None => Observed::Unknown(format!("secret {name} was not read")),
    }
}

/// Returns the fields that git declares of an object, in the order in which people read them.
pub(super) fn wanted<'a>(inputs: &Inputs<'_>, desired: DesiredRef<'a>) -> Vec<Want<'a>> {
    let of_config = |config: &'a [(ConfigKey, DesiredValue)]| {
        let pairs = config.iter();
        pairs.filter_map(|(key, value)| Want::config(inputs, key, value))
    };
    match desired {
        DesiredRef::Topic(topic) => {
            let mut fields = Vec::with_capacity(2 + topic.config.len());
            fields.push(Want::number(PARTITIONS, topic.partitions));
            fields.push(Want::number(
                REPLICATION_FACTOR,
                topic.replication_factor.into(),
            ));
            fields.extend(placement(inputs, topic));
            let layout = fields.len();
            fields.extend(of_config(&topic.config));
            fields[layout..].sort_by(|a, b| a.path.cmp(&b.path));
            fields
        }
        DesiredRef::Config(object) => of_config(&object.config).collect(),
        DesiredRef::User(user) => credentials(inputs, user),
        DesiredRef::Schema(schema) => of_schema(schema),
        DesiredRef::EverySubject(cluster) => level(cluster.compatibility).into_iter().collect(),
        DesiredRef::Connector(connector) => {
            let state = Want::word(STATE, connector.state.as_str());
            of_config(&connector.config).chain([state]).collect()
        }
        DesiredRef::Acl(_) | DesiredRef::Group(_) => Vec::new(),
    }
}

/// Where replicas lie, when git says more about it than that they are spread.
fn placement<'a>(inputs: &Inputs<'_>, topic: &DesiredTopic) -> Option<Want<'a>> {
    let desired = inputs.desired;
    let says =
        topic.placement.is_some() || !desired.draining.is_empty() || desired.balance.replicas;
    says.then(|| Want {
        path: PLACEMENT.into(),
        value: Observed::Known(moves::words(desired, Some(topic))),
        secret: None,
        key: None,
    })
}

/// A schema is known by its digest; how it may change is the subject's own where git says so.
fn of_schema<'a>(schema: &DesiredSchema) -> Vec<Want<'a>> {
    let text = Want::word(SCHEMA, &schema.digest);
    level(schema.compatibility)
        .into_iter()
        .chain([text])
        .collect()
}

/// A level is owned once it is git's, so that it is given back with its line.
fn level<'a>(level: Option<Compatibility>) -> Option<Want<'a>> {
    Some(Want {
        key: Some(ConfigKey::new(COMPATIBILITY)),
        ..Want::word(COMPATIBILITY, level?.as_str())
    })
}

/// A credential has a password, and iterations where git says how many.
fn credentials<'a>(inputs: &Inputs<'_>, user: &'a DesiredUser) -> Vec<Want<'a>> {
    let fields = user.scram.iter().flat_map(|credential| {
        let DesiredCredential {
            mechanism,
            iterations,
            password,
        } = credential;
        let path = |what: &str| format_compact!("scram.{mechanism}.{what}");
        // a credential is git's once its password is: that its iterations are the same says nothing
        let rounds = iterations.map(|n| Want {
            path: path("iterations"),
            value: Observed::Known(n.to_compact_string()),
            secret: None,
            key: None,
        });
        let secret = Want {
            path: path("password"),
            value: fingerprint(inputs, password),
            secret: Some(password),
            key: Some(mechanism_key(*mechanism)),
        };
        rounds.into_iter().chain([secret])
    });
    fields.collect()
}

/// The key under which a mechanism is owned.
pub(super) fn mechanism_key(mechanism: ScramMechanism) -> ConfigKey {
    ConfigKey::new(mechanism.as_str())
}

/// Tells whether a declared value is in place on the object itself. A value that Kafka hides cannot be compared: it
/// counts as in place once Headgate has set it and git still wants the same; of a password a login knows better.
pub(super) fn in_place(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    live: LiveRef<'_>,
    want: &Want<'_>,
) -> bool {
    let Observed::Known(value) = &want.value else {
        return false;
    };
    if [REPLICATION_FACTOR, PLACEMENT].contains(&want.path.as_str()) {
        return inputs.moves.is_in_place(seen.name);
    }
    match live.field(&want.path) {
        None => false,
        Some(Field::Value(own)) => inputs.types.same_field(seen.kind, &want.path, &own, value),
        Some(Field::Hidden) => {
            let held = || {
                let memory = Memory::new(seen.record);
                memory.held(seen.kind, &want.path, value, &inputs.types)
                    && want.key.as_ref().is_some_and(|key| memory.owns(key))
            };
            match login(live, want) {
                Some(Login::Denied(print)) if print.0 == *value => false,
                Some(Login::Accepted(print)) if print.0 == *value => true,
                _ => held(),
            }
        }
    }
}

/// Returns what the last login with the password of a field said.
pub(super) fn login<'a>(live: LiveRef<'a>, want: &Want<'_>) -> Option<&'a Login> {
    let LiveRef::User(user) = live else {
        return None;
    };
    let mechanism = ScramMechanism::parse(want.key.as_ref()?.as_str())?;
    user.credential(mechanism)?.login.as_ref()
}

/// A key that is set on a live object.
pub(super) struct Own<'a> {
    /// The key.
    pub(super) key: ConfigKey,
    /// Its value; `None`: hidden.
    pub(super) value: Option<&'a CompactString>,
    /// The fields that go with it.
    pub(super) paths: Vec<CompactString>,
}

/// Returns the keys that are set on a live object and that git does not mention.
pub(super) fn unmentioned<'a>(desired: Option<DesiredRef<'a>>, live: LiveRef<'a>) -> Vec<Own<'a>> {
    match live {
        LiveRef::User(user) => return unmentioned_mechanisms(desired, user),
        LiveRef::Subject(subject) => return unmentioned_level(desired, subject),
        _ => {}
    }
    let mentioned = |key: &ConfigKey| match desired {
        Some(DesiredRef::Topic(topic)) => topic.config.iter().any(|(k, _)| k == key),
        Some(DesiredRef::Config(object)) => object.config.iter().any(|(k, _)| k == key),
        Some(DesiredRef::Connector(one)) => one.config.iter().any(|(k, _)| k == key),
        _ => false,
    };
    let own = live.config().iter().filter(|own| !mentioned(&own.key));
    own.map(|own| Own {
        key: own.key.clone(),
        value: own.value.as_ref(),
        paths: vec![config_path(own.key.as_str())],
    })
    .collect()
}

fn unmentioned_level<'a>(desired: Option<DesiredRef<'a>>, live: &'a LiveSubject) -> Vec<Own<'a>> {
    let mentioned = match desired {
        Some(DesiredRef::Schema(schema)) => schema.compatibility.is_some(),
        Some(DesiredRef::EverySubject(_)) => true,
        _ => false,
    };
    let own = live.compatibility.as_ref().filter(|_| !mentioned);
    own.map(|level| Own {
        key: ConfigKey::new(COMPATIBILITY),
        value: Some(level),
        paths: vec![COMPATIBILITY.into()],
    })
    .into_iter()
    .collect()
}

fn unmentioned_mechanisms<'a>(desired: Option<DesiredRef<'a>>, live: &'a LiveUser) -> Vec<Own<'a>> {
    let mentioned = |mechanism: ScramMechanism| match desired {
        Some(DesiredRef::User(user)) => user.scram.iter().any(|c| c.mechanism == mechanism),
        _ => false,
    };
    let own = live.credentials.iter().map(|c| c.mechanism);
    own.filter(|mechanism| !mentioned(*mechanism))
        .map(|mechanism| Own {
            key: mechanism_key(mechanism),
            value: None,
            paths: ["iterations", "password"]
                .map(|what| format_compact!("scram.{mechanism}.{what}"))
                .into(),
        })
        .collect()
}

/// Returns a live field as people may see it.
pub(super) fn shown(live: LiveRef<'_>, path: &str) -> Option<CompactString> {
    live.field(path).map(|field| match field {
        Field::Value(value) => value.as_ref().into(),
        Field::Hidden => HIDDEN,
    })
}
