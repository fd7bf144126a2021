//! Trying whether Kafka still has the passwords that git wants (daemon): Kafka never tells a password back, but it lets a
//! user in or it does not.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use compact_str::CompactString;
use jiff::Timestamp;
use tokio::time::Instant;

use super::clock;
use crate::{
    desired::{DesiredCluster, DesiredCredential},
    ledger::{LedgerError, LoginTries, LoginTry, Store},
    live::{Fingerprints, KafkaLive, LiveUser, Login, Observed},
    model::{ClusterName, Fingerprint, Kind, Ledger, ObjectRef, ScramMechanism, SecretName, chain},
    ports::{Credential, KafkaPlane},
    secrets::Vault,
};

/// How long the answer to a login is believed.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// The longest wait before a password that was refused is tried again: whoever counts failures to lock a user out counts
/// four a day.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// How long a login waits that nobody answered twice in a row, and from then on twice as long each time: nobody can have
/// counted it as a failure, and a cluster that comes up again is to be looked at soon.
const UNANSWERED: Duration = Duration::from_secs(60);

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

/// The logins of one cluster's users. What they said, and when, stands in the ledger alone, so that neither a restart nor a
/// command that runs once tries a user more often.
pub(super) struct Logins {
    cluster: ClusterName,
    store: Option<Arc<Store>>,
    keeps: bool,
}

impl Logins {
    /// Makes logins that are remembered.
    pub(super) fn kept(cluster: ClusterName, store: Arc<Store>) -> Self {
        Self {
            cluster,
            store: Some(store),
            keeps: true,
        }
    }

    /// Makes logins for a command that only reads the ledger, if there is one: of users that it knows only those are tried
    /// that were refused with another secret, or for another credential; of the others every run would be one more. It
    /// notes nothing: where neither a daemon nor an apply runs, another secret that is wrong as well is refused each time.
    pub(super) fn read(cluster: ClusterName, store: Option<Arc<Store>>) -> Self {
        Self {
            cluster,
            store,
            keeps: false,
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
        let remembered = self.remembered(desired);
        let is_known = remembered.is_some();
        let mut tried = remembered.unwrap_or_default();
        let due = self.due(desired, ledger, secrets, users, &tried);
        let left = match is_known {
            true => self.log_in(plane, vault, &due, &mut tried).await,
            // nobody knows who was tried how often
            false => &due,
        };
        write(users, &tried);
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
        tried: &mut LoginTries,
    ) -> &'b [Due<'a>] {
        let (began, mut left) = (Instant::now(), due);
        while !left.is_empty() && began.elapsed() < BUDGET {
            let (next, rest) = left.split_at(left.len().min(TOGETHER));
            let logins = next.iter().filter_map(|due| due.with_password(vault));
            let (logins, prints): (Vec<Credential>, Vec<Fingerprint>) = logins.unzip();
            let begin = |(login, print): (&Credential, Fingerprint)| {
                let key = (login.user.clone(), login.mechanism);
                let one = begun(print, login.iterations, tried.get(&key));
                (key, one)
            };
            let mut these: LoginTries = logins.iter().zip(prints).map(begin).collect();
            // noted before they are tried: a daemon that dies each time shall lock nobody out
            if !self.note(&these) {
                break;
            }
            let answers = plane.log_in(&logins).await;
            for (login, answer) in logins.into_iter().zip(answers) {
                let key = (login.user, login.mechanism);
                let unanswered = tried.get(&key).map_or(0, |before| before.unanswered);
                if let Some(one) = these.get_mut(&key) {
                    end(one, &answer, unanswered);
                }
            }
            self.note(&these);
            tried.extend(these);
            left = rest;
        }
        left
    }

    /// Forgets what logins said of users: their passwords were just set.
    pub(super) fn forget<'a>(&self, users: impl Iterator<Item = &'a str>) {
        let users: Vec<&str> = users.collect();
        if let Some(store) = self.kept_in().filter(|_| !users.is_empty()) {
            is_kept(&store.forget_logins(&self.cluster, users));
        }
    }

    /// Returns the last logins of users that git still declares; `None` when they are not known.
    fn remembered(&self, desired: &DesiredCluster) -> Option<LoginTries> {
        let Some(store) = &self.store else {
            return Some(LoginTries::new());
        };
        let logins = store.logins(&self.cluster);
        is_kept(&logins);
        let mut tried = logins.ok()?;
        let gone = tried.keys().map(|(user, _)| user.as_str());
        self.forget(gone.filter(|user| !desired.users.contains_key(*user)));
        tried.retain(|(user, _), _| desired.users.contains_key(user));
        Some(tried)
    }

    /// Returns the ledger unless it may only be read.
    fn kept_in(&self) -> Option<&Store> {
        self.store.as_deref().filter(|_| self.keeps)
    }

    fn note(&self, tries: &LoginTries) -> bool {
        let store = self.kept_in();
        store.is_none_or(|store| is_kept(&store.note_logins(&self.cluster, tries)))
    }

    /// Returns the logins to be tried now: of users that are taken over all, before some others; longest waiting first.
    fn due<'a>(
        &self,
        desired: &'a DesiredCluster,
        ledger: &Ledger,
        secrets: &Fingerprints,
        users: &BTreeMap<CompactString, Observed<LiveUser>>,
        tried: &LoginTries,
    ) -> Vec<Due<'a>> {
        let now = clock::now();
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
                let print = secrets.get(password).and_then(Observed::known);
                let (Some(there), Some(print)) = (live.credential(*mechanism), print) else {
                    continue;
                };
                let iterations = there.iterations;
                let last = tried.get(&(name.clone(), *mechanism));
                let is_wanted = !known
                    || self.keeps
                    || last.is_some_and(|last| was_refused(last, print, iterations));
                if is_wanted && last.is_none_or(|last| is_due(last, print, iterations, now)) {
                    let login = Due {
                        user: name,
                        mechanism: *mechanism,
                        iterations,
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
        due.truncate(AT_ONCE);
        new.into_iter().chain(due).map(|(_, login)| login).collect()
    }
}

/// Writes into the observation what is known of users.
fn write(users: &mut BTreeMap<CompactString, Observed<LiveUser>>, tried: &LoginTries) {
    for ((name, mechanism), tried) in tried {
        let Some(Observed::Known(user)) = users.get_mut(name) else {
            continue;
        };
        let mut credentials = user.credentials.iter_mut();
        if let Some(credential) = credentials.find(|c| c.mechanism == *mechanism) {
            credential.login.clone_from(&tried.login);
            credential.tried = Some(tried.at);
        }
    }
}

/// Tells whether the ledger did what it was asked for, and says so if not.
fn is_kept<T>(done: &Result<T, LedgerError>) -> bool {
    if let Err(error) = done {
        let error = chain(error);
        tracing::warn!(
            error,
            "the ledger does not keep who logged in, so no login is tried"
        );
    }
    done.is_ok()
}

/// A login to be tried.
struct Due<'a> {
    user: &'a CompactString,
    mechanism: ScramMechanism,
    iterations: u32,
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
            iterations: self.iterations,
            password,
        };
        Some((credential, print))
    }
}

/// Tells whether a user may be tried again: another password or credential at once, and any when the clock was set back.
fn is_due(last: &LoginTry, print: &Fingerprint, iterations: u32, now: Timestamp) -> bool {
    let since = now.duration_since(last.at);
    is_another(last, print, iterations) || since.is_negative() || since.unsigned_abs() >= wait(last)
}

/// Tells whether a login would be with another password than the last one, or for another credential.
fn is_another(last: &LoginTry, print: &Fingerprint, iterations: u32) -> bool {
    last.print != *print || last.iterations.is_some_and(|before| before != iterations)
}

/// Tells whether a user was refused, and what is tried now is something else.
fn was_refused(last: &LoginTry, print: &Fingerprint, iterations: u32) -> bool {
    matches!(last.login, Some(Login::Denied(_))) && is_another(last, print, iterations)
}

/// Returns how long after a try the next one may be.
fn wait(last: &LoginTry) -> Duration {
    let doubled = |first: Duration, times: u32| first * 2_u32.saturating_pow(times.min(8));
    match (last.denied, last.unanswered) {
        (0, 1) => Duration::ZERO,
        (0, times @ 2..) => doubled(UNANSWERED, times - 2).min(EVERY),
        (denied, _) => doubled(EVERY, denied.saturating_sub(1)).min(LONGEST),
    }
}

/// Begins a login: until it has ended, what the one before it said still holds, but that nobody answered.
fn begun(print: Fingerprint, iterations: u32, before: Option<&LoginTry>) -> LoginTry {
    LoginTry {
        at: clock::now(),
        print,
        login: before.and_then(|before| before.login.clone()),
        denied: before.map_or(0, |before| before.denied),
        unanswered: 0,
        iterations: Some(iterations),
    }
}

fn end(tried: &mut LoginTry, answer: &Observed<bool>, unanswered: u32) {
    let print = tried.print.clone();
    (tried.login, tried.denied, tried.unanswered) = match answer {
        Observed::Known(true) => (Some(Login::Accepted(print)), 0, 0),
        Observed::Known(false) => (Some(Login::Denied(print)), tried.denied + 1, 0),
        // whoever counts refusals goes on where they were
        Observed::Unknown(_) => (None, tried.denied, unanswered + 1),
    };
}

#[cfg(test)]
mod tests;
