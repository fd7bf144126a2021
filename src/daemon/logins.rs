//! Trying whether Kafka still has the passwords that git wants (daemon): Kafka never tells a password back, but it lets a
//! user in or it does not.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use compact_str::CompactString;
use tokio::time::Instant;

use crate::{
    desired::{DesiredCluster, DesiredCredential},
    live::{Fingerprints, KafkaLive, LiveUser, Login, Observed},
    model::{Fingerprint, Kind, Ledger, ObjectRef, ScramMechanism, SecretName},
    ports::{Credential, KafkaPlane},
    secrets::Vault,
};

/// How long the answer to a login is believed.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// The longest wait before a password that was refused is tried again: whoever counts failures to lock a user out counts
/// four a day.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// Logins a pass of users whose password was in place before: each costs a handshake on a broker.
const AT_ONCE: usize = 20;

/// Logins that are asked for together. One that nobody answers takes five seconds, and four are tried at a time, so that
/// the time is looked at every ten seconds at the latest.
const TOGETHER: usize = 8;

/// For how long a pass goes on asking for logins. Users that are taken over are all tried: until a login says so, nobody
/// knows that git's password is theirs. A thousand take half a minute, or twenty where nobody answers, and what a pass
/// does not come to is left to the next: drift of everything else is not to wait for it.
const BUDGET: Duration = Duration::from_secs(20);

/// Why nothing is known of a user that is taken over.
const UNTRIED: &str = "whether git's password is the one that it has is not known yet: logins are tried for 20 s a pass, and \
                       the next pass goes on where this one stopped";

/// What the last logins said.
#[derive(Default)]
pub(super) struct Logins {
    tried: Mutex<BTreeMap<Key, Tried>>,
    taking_over_only: bool,
}

type Key = (CompactString, ScramMechanism);

/// The last login of a user.
struct Tried {
    at: Instant,
    print: Fingerprint,
    /// `None`: nobody answered.
    login: Option<Login>,
    /// How often in a row it was refused.
    denied: u32,
}

impl Tried {
    fn is_due(&self, print: &Fingerprint, now: Instant) -> bool {
        let wait = EVERY * 2_u32.saturating_pow(self.denied.saturating_sub(1).min(8));
        self.print != *print || now.duration_since(self.at) >= wait.min(LONGEST)
    }
}

impl Logins {
    /// Makes logins for a command that runs once and remembers nothing: of users that the ledger knows none is tried, or
    /// every run would be one more.
    pub(super) fn once() -> Self {
        Self {
            taking_over_only: true,
            ..Self::default()
        }
    }

    /// Tries the logins that are due, and writes into the observation what is known of all.
    pub(super) async fn verify(
        &self,
        plane: &dyn KafkaPlane,
        vault: &Vault,
        desired: &DesiredCluster,
        ledger: &Ledger,
        secrets: &Fingerprints,
        live: &mut KafkaLive,
    ) {
        let Observed::Known(users) = &mut live.users else {
            return;
        };
        let due = self.due(desired, ledger, secrets, users);
        let left = self.log_in(plane, vault, &due).await;
        self.write(users);
        // what would be written is not known to differ
        for due in left.iter().filter(|due| due.taken_over) {
            users.insert(due.user.clone(), Observed::Unknown(UNTRIED.to_owned()));
        }
    }

    /// Tries logins for as long as there is time, and returns those that it did not come to.
    async fn log_in<'a, 'b>(
        &self,
        plane: &dyn KafkaPlane,
        vault: &Vault,
        due: &'b [Due<'a>],
    ) -> &'b [Due<'a>] {
        let (began, mut left) = (Instant::now(), due);
        while !left.is_empty() && began.elapsed() < BUDGET {
            let (next, rest) = left.split_at(left.len().min(TOGETHER));
            let (logins, prints): (Vec<Credential>, Vec<Fingerprint>) = next
                .iter()
                .filter_map(|due| due.with_password(vault))
                .unzip();
            let answers = plane.log_in(&logins).await;
            let mut tried = self.tried();
            for ((login, print), answer) in logins.into_iter().zip(prints).zip(answers) {
                let key = (login.user, login.mechanism);
                let before = tried.get(&key).map_or(0, |t| t.denied);
                tried.insert(key, outcome(print, &answer, before));
            }
            left = rest;
        }
        left
    }

    /// Forgets what a login said of a user: its password was just set.
    pub(super) fn forget(&self, user: &str) {
        self.tried().retain(|(name, _), _| name != user);
    }

    fn tried(&self) -> MutexGuard<'_, BTreeMap<Key, Tried>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the logins to be tried now: of users that are taken over all, before some others; longest waiting first.
    fn due<'a>(
        &self,
        desired: &'a DesiredCluster,
        ledger: &Ledger,
        secrets: &Fingerprints,
        users: &BTreeMap<CompactString, Observed<LiveUser>>,
    ) -> Vec<Due<'a>> {
        let (now, tried) = (Instant::now(), self.tried());
        let (mut due, mut new) = (Vec::new(), Vec::new());
        for (name, user) in desired.users.iter().filter(|(_, user)| user.verify) {
            let Some(Observed::Known(live)) = users.get(name) else {
                continue;
            };
            let record = ledger.records.get(&ObjectRef::new(Kind::User, name));
            let held = record.and_then(|record| record.converged.as_ref());
            for DesiredCredential {
                mechanism,
                password,
                ..
            } in &user.scram
            {
                let path = mechanism.password_path();
                let known = held.is_some_and(|held| held.get(&path).is_some());
                let there = live.credential(*mechanism).is_some();
                let print = secrets.get(password).and_then(Observed::known);
                let Some(print) = print.filter(|_| there) else {
                    continue;
                };
                let last = tried.get(&(name.clone(), *mechanism));
                if last.is_none_or(|last| last.is_due(print, now)) {
                    let login = Due {
                        user: name,
                        mechanism: *mechanism,
                        password,
                        taken_over: !known,
                    };
                    let of = if known { &mut due } else { &mut new };
                    of.push((last.map(|last| last.at), login));
                }
            }
        }
        new.sort_by_key(|(at, _)| *at);
        due.sort_by_key(|(at, _)| *at);
        due.truncate(if self.taking_over_only { 0 } else { AT_ONCE });
        new.into_iter().chain(due).map(|(_, login)| login).collect()
    }

    fn write(&self, users: &mut BTreeMap<CompactString, Observed<LiveUser>>) {
        for ((name, mechanism), tried) in self.tried().iter() {
            let Some(Observed::Known(user)) = users.get_mut(name) else {
                continue;
            };
            let mut credentials = user.credentials.iter_mut();
            if let Some(credential) = credentials.find(|c| c.mechanism == *mechanism) {
                credential.login.clone_from(&tried.login);
            }
        }
    }
}

/// A login to be tried.
struct Due<'a> {
    user: &'a CompactString,
    mechanism: ScramMechanism,
    password: &'a SecretName,
    /// Whether nobody knows that git's password is the user's.
    taken_over: bool,
}

impl Due<'_> {
    /// Reads the password; `None` when it cannot be read any more.
    fn with_password(&self, vault: &Vault) -> Option<(Credential, Fingerprint)> {
        let password = vault.read(self.password).ok()?;
        let print = vault.digest(&password);
        let credential = Credential {
            user: self.user.clone(),
            mechanism: self.mechanism,
            iterations: 0,
            password,
        };
        Some((credential, print))
    }
}

fn outcome(print: Fingerprint, answer: &Observed<bool>, denied_before: u32) -> Tried {
    let login = match answer {
        Observed::Known(true) => Some(Login::Accepted(print.clone())),
        Observed::Known(false) => Some(Login::Denied(print.clone())),
        Observed::Unknown(_) => None,
    };
    Tried {
        at: Instant::now(),
        denied: match answer {
            Observed::Known(false) => denied_before + 1,
            _ => 0,
        },
        print,
        login,
    }
}

#[cfg(test)]
mod tests;
