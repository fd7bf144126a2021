//! What there is beside topics: what git may say of it, what hands do to it, and what belongs to strangers.

use headgate::{
    desired::{
        Budget, Consent, DesiredAcl, DesiredCluster, DesiredConfig, DesiredCredential, DesiredUser,
        DesiredValue,
    },
    live::{Fingerprints, KafkaLive, Login, Observed},
    model::{Acl, ConfigKey, Kind, ObjectRef, QuotaEntity, ScramMechanism, Secret, SecretName},
    ports::{Credential, KafkaPlane},
    sandbox::{Sandbox, World},
    secrets::Vault,
};
use proptest::{option, prelude::*, sample};

use super::inputs::{TODAY, place};

pub(super) const ACLS: [&str; 4] = [
    "User:app allow Read topic:literal:a",
    "User:app allow Write topic:prefixed:app.",
    "User:app deny Write topic:literal:app.b",
    "User:bob allow All group:literal:*",
];
pub(super) const USERS: [&str; 2] = ["app", "bob"];
/// Secrets, each with its value beginning so.
pub(super) const SECRET: &str = "hunter-";
const SECRETS: [&str; 2] = ["one", "two"];

/// A key, and values of it.
pub(super) type Key = (&'static str, [&'static str; 2]);
const RATES: [Key; 2] = [
    ("producer_byte_rate", ["1000", "2000"]),
    ("request_percentage", ["50", "0.5"]),
];
const RETENTION: [Key; 2] = [
    ("log.retention.ms", ["1000", "2000"]),
    ("message.max.bytes", ["1000000", "2000000"]),
];
const THREADS: [Key; 2] = [
    ("num.io.threads", ["8", "16"]),
    ("num.network.threads", ["3", "4"]),
];
const SESSIONS: [Key; 2] = [
    ("consumer.session.timeout.ms", ["45000", "50000"]),
    ("consumer.heartbeat.interval.ms", ["4000", "5000"]),
];
const PUSHES: [Key; 2] = [
    ("interval.ms", ["1000", "2000"]),
    ("metrics", ["*", "org.apache.kafka"]),
];
/// Objects that are nothing but keys.
pub(super) const CONFIGS: [(Kind, &str, [Key; 2]); 6] = [
    (Kind::Quota, "user=app", RATES),
    (Kind::Quota, "user=bob,client-id=<default>", RATES),
    (Kind::BrokerConfig, "default", RETENTION),
    (Kind::BrokerConfig, "1", THREADS),
    (Kind::GroupConfig, "g", SESSIONS),
    (Kind::ClientMetrics, "m", PUSHES),
];
/// A key whose value is a secret.
const KEYSTORE: &str = "ssl.keystore.password";

/// What nobody ever declares.
pub(super) fn strangers() -> Vec<ObjectRef> {
    vec![
        ObjectRef::new(
            Kind::Acl,
            "User:stranger allow All cluster:literal:kafka-cluster",
        ),
        ObjectRef::new(Kind::User, "stranger"),
        ObjectRef::new(Kind::Quota, "user=stranger"),
        ObjectRef::new(Kind::BrokerConfig, "3"),
        ObjectRef::new(Kind::GroupConfig, "strangers"),
    ]
}

pub(super) fn vault() -> Vault {
    let value = |name: &str| Secret::new(format!("{SECRET}{name}"));
    let secrets = SECRETS.map(|name| (SecretName(name.into()), value(name)));
    Vault::fixed(secrets.into(), [3; 32])
}

/// Fingerprints of all secrets.
pub(super) fn fingerprints() -> Fingerprints {
    let vault = vault();
    let print = |name: &str| {
        let name = SecretName(name.into());
        let print = vault.fingerprint(&name);
        (name, print)
    };
    SECRETS.map(print).into()
}

pub(super) fn login(user: &str, mechanism: ScramMechanism, password: &str) -> Credential {
    Credential {
        user: user.into(),
        mechanism,
        iterations: 4096,
        password: Secret::new(format!("{SECRET}{password}")),
    }
}

/// Puts what belongs to strangers into a cluster.
pub(super) fn settle_strangers(world: &mut World) {
    let set = |world: &mut World, kind, name: &str, key: &str, value: &str| {
        let keys = [(ConfigKey::new(key), Some(value.into()))];
        world.alter(&ObjectRef::new(kind, name), &keys).unwrap();
    };
    let acl = Acl::parse(&strangers()[0].name).unwrap();
    world.permit(&acl).unwrap();
    let password = login("stranger", ScramMechanism::Sha256, "stranger");
    world.set_password(&password).unwrap();
    let quota = QuotaEntity::parse("user=stranger").unwrap();
    world.limit(&quota, RATES[0].0, Some(5.0)).unwrap();
    set(world, Kind::BrokerConfig, "3", THREADS[0].0, "5");
    set(
        world,
        Kind::GroupConfig,
        "strangers",
        SESSIONS[0].0,
        "46000",
    );
}

/// What git says beside topics.
#[derive(Debug, Clone)]
pub(super) struct Others {
    acls: Vec<&'static str>,
    users: Vec<(&'static str, DesiredUser)>,
    configs: Vec<((Kind, &'static str), DesiredConfig)>,
    allowed: Vec<ObjectRef>,
    access: (u32, u32),
}

pub(super) fn others() -> impl Strategy<Value = Others> {
    let acls = sample::subsequence(ACLS.to_vec(), 0..=ACLS.len());
    let users = USERS.map(|name| option::of(user()).prop_map(move |user| Some((name, user?))));
    let configs = CONFIGS.map(|(kind, name, keys)| {
        option::of(config(name == "1", keys)).prop_map(move |config| Some(((kind, name), config?)))
    });
    let by_consent = CONFIGS.iter().filter(|(kind, ..)| *kind != Kind::Quota);
    let by_consent = by_consent.map(|(kind, name, _)| ObjectRef::new(*kind, name));
    let users_too = USERS.map(|name| ObjectRef::new(Kind::User, name));
    let by_consent: Vec<ObjectRef> = by_consent.chain(users_too).collect();
    let count = by_consent.len();
    let allowed = sample::subsequence(by_consent, 0..=count);
    let access = (0..4_u32, 0..100_u32);
    (acls, Vec::from(users), Vec::from(configs), allowed, access).prop_map(
        |(acls, users, configs, allowed, access)| Others {
            acls,
            users: users.into_iter().flatten().collect(),
            configs: configs.into_iter().flatten().collect(),
            allowed,
            access,
        },
    )
}

fn user() -> impl Strategy<Value = DesiredUser> {
    let credential = |mechanism| {
        let rounds = option::of(sample::select(vec![4096, 8192]));
        (rounds, sample::select(SECRETS.to_vec())).prop_map(move |(iterations, secret)| {
            DesiredCredential {
                mechanism,
                iterations,
                password: SecretName(secret.into()),
            }
        })
    };
    let both = ScramMechanism::ALL.iter().copied().map(credential);
    (both.collect::<Vec<_>>(), 0..3_usize).prop_map(|(mut scram, less)| {
        // both, or one of them
        scram.truncate(if less == 1 { 1 } else { 2 });
        scram.drain(..usize::from(less == 2));
        DesiredUser {
            place: place(9),
            labels: Box::default(),
            scram,
            verify: true,
        }
    })
}

fn config(is_one_broker: bool, keys: [Key; 2]) -> impl Strategy<Value = DesiredConfig> {
    let value = |(key, values): Key| {
        let value = prop_oneof![
            2 => Just(None),
            4 => sample::select(values.to_vec()).prop_map(|v| Some(DesiredValue::Set(v.into()))),
            1 => Just(Some(DesiredValue::LeaveAlone)),
        ];
        value.prop_map(move |value| Some((ConfigKey::new(key), value?)))
    };
    let secret = option::of(sample::select(SECRETS.to_vec())).prop_map(move |secret| {
        let value = DesiredValue::Secret(SecretName(secret?.into()));
        is_one_broker.then(|| (ConfigKey::new(KEYSTORE), value))
    });
    (keys.map(value).to_vec(), secret).prop_map(|(keys, secret)| {
        let mut config: Vec<_> = keys.into_iter().flatten().chain(secret).collect();
        config.sort_by(|a, b| a.0.cmp(&b.0));
        DesiredConfig {
            place: place(9),
            labels: Box::default(),
            config,
        }
    })
}

impl Others {
    /// Adds what is said here to what is said of topics.
    pub(super) fn say(self, desired: &mut DesiredCluster) {
        let acl = DesiredAcl {
            place: place(9),
            others: Vec::new(),
        };
        let acls = self.acls.into_iter().filter_map(Acl::parse);
        desired.acls = acls.map(|name| (name, acl.clone())).collect();
        let users = self.users.into_iter();
        desired.users = users.map(|(name, user)| (name.into(), user)).collect();
        for ((kind, name), config) in self.configs {
            let of_kind = desired.configs.entry(kind).or_default();
            of_kind.insert(name.into(), config);
        }
        let consent = |object| Consent {
            object,
            reason: "it may go".into(),
            until: TODAY,
            place: place(50),
        };
        desired
            .deletion
            .allow
            .extend(self.allowed.into_iter().map(consent));
        let (count, percent) = self.access;
        desired.deletion.access_budget = Budget { count, percent };
    }
}

/// What a person does by hand.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Permit(&'static str),
    Revoke(&'static str),
    Password(&'static str, ScramMechanism),
    DropUser(&'static str, ScramMechanism),
    Set(usize, usize, Option<usize>),
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let acl = || sample::select(ACLS.to_vec());
    let user = || {
        let mechanism = sample::select(ScramMechanism::ALL.to_vec());
        (sample::select(USERS.to_vec()), mechanism)
    };
    let set = (0..CONFIGS.len(), 0..2_usize, option::of(0..2_usize));
    prop_oneof![
        1 => acl().prop_map(Edit::Permit),
        1 => acl().prop_map(Edit::Revoke),
        1 => user().prop_map(|(name, mechanism)| Edit::Password(name, mechanism)),
        1 => user().prop_map(|(name, mechanism)| Edit::DropUser(name, mechanism)),
        3 => set.prop_map(|(object, key, value)| Edit::Set(object, key, value)),
    ]
}

impl Edit {
    pub(super) fn make(&self, world: &mut World) {
        match self {
            Self::Permit(acl) => drop(world.permit(&Acl::parse(acl).unwrap())),
            Self::Revoke(acl) => world.revoke(&Acl::parse(acl).unwrap()),
            Self::Password(user, mechanism) => {
                drop(world.set_password(&login(user, *mechanism, "by-hand")));
            }
            Self::DropUser(user, mechanism) => drop(world.drop_password(user, *mechanism)),
            Self::Set(object, key, value) => {
                let (kind, name, keys) = CONFIGS[*object];
                let (key, values) = keys[*key];
                let value = value.map(|v| values[v]);
                let done = match QuotaEntity::parse(name).filter(|_| kind == Kind::Quota) {
                    Some(entity) => world.limit(&entity, key, value.map(|v| v.parse().unwrap())),
                    None => {
                        let keys = [(ConfigKey::new(key), value.map(Into::into))];
                        world.alter(&ObjectRef::new(kind, name), &keys)
                    }
                };
                done.unwrap();
            }
        }
    }
}

/// Writes into an observation what logins with git's passwords say, as the daemon does.
pub(super) async fn log_in(sandbox: &Sandbox, desired: &DesiredCluster, kafka: &mut KafkaLive) {
    let Observed::Known(users) = &mut kafka.users else {
        return;
    };
    let vault = vault();
    for (name, user) in &desired.users {
        let Some(Observed::Known(live)) = users.get_mut(name) else {
            continue;
        };
        for credential in &user.scram {
            let password = vault.read(&credential.password).unwrap();
            let print = vault.digest(&password);
            let mechanism = credential.mechanism;
            let login = Credential {
                password,
                ..login(name, mechanism, "")
            };
            let told = sandbox.log_in(&[login]).await.remove(0);
            let known = live.credentials.iter_mut();
            for known in known.filter(|c| c.mechanism == mechanism) {
                known.login = match told {
                    Observed::Known(true) => Some(Login::Accepted(print.clone())),
                    Observed::Known(false) => Some(Login::Denied(print.clone())),
                    Observed::Unknown(_) => None,
                };
            }
        }
    }
}
