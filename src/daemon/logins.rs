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

/// Logins a pass of users that are taken over: until a login says so, nobody knows that git's password is theirs, and it
/// would be set. At four at a time a thousand take half a minute, once.
const TAKEN_OVER: usize = 1_000;

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
        let due = due.into_iter().filter_map(|due| due.with_password(vault));
        let due: Vec<(Credential, Fingerprint)> = due.collect();
        let logins: Vec<Credential> = due.iter().map(|(login, _)| login.clone()).collect();
        if !logins.is_empty() {
            let answers = plane.log_in(&logins).await;
            let mut tried = self.tried();
            for ((login, print), answer) in due.into_iter().zip(answers) {
                let key = (login.user, login.mechanism);
                let before = tried.get(&key).map_or(0, |t| t.denied);
                tried.insert(key, outcome(print, &answer, before));
            }
        }
        self.write(users);
    }

    /// Forgets what a login said of a user: its password was just set.
    pub(super) fn forget(&self, user: &str) {
        self.tried().retain(|(name, _), _| name != user);
    }

    fn tried(&self) -> MutexGuard<'_, BTreeMap<Key, Tried>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the logins to be tried now, longest waiting first.
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
                    };
                    match known {
                        true => due.push((last.map(|last| last.at), login)),
                        false => new.push(login),
                    }
                }
            }
        }
        due.sort_by_key(|(at, _)| *at);
        let most = if self.taking_over_only { 0 } else { AT_ONCE };
        let due = due.into_iter().take(most).map(|(_, login)| login);
        new.into_iter().take(TAKEN_OVER).chain(due).collect()
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
}

impl Due<'_> {
    /// Reads the password; `None` when it cannot be read any more.
    fn with_password(self, vault: &Vault) -> Option<(Credential, Fingerprint)> {
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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;

    fn mk_tried(denied: u32) -> Tried {
        Tried {
            at: Instant::now(),
            print: Fingerprint("a".into()),
            login: None,
            denied,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_is_tried_at_most_every_ten_minutes_and_ever_less_often_when_refused() {
        let after = |tried: &Tried, minutes: u64, print: &str| {
            let now = tried.at + Duration::from_secs(minutes * 60);
            tried.is_due(&Fingerprint(print.into()), now)
        };
        let accepted = mk_tried(0);
        assert!(!after(&accepted, 9, "a"));
        assert!(after(&accepted, 10, "a"));
        assert!(after(&accepted, 0, "b"), "git has another password");
        let refused = mk_tried(3);
        assert!(!after(&refused, 39, "a"));
        assert!(after(&refused, 40, "a"));
        assert!(!after(&mk_tried(100), 359, "a"));
        assert!(after(&mk_tried(100), 360, "a"));
    }
}
