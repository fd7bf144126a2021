//! What is different about a user's credentials (plan stage, pure): each is written whole, and goes only by consent, as a
//! quota's limits do where git asks for that.

use super::{Diff, Difference, set};
use crate::{
    live::Login,
    model::{Gate, Kind},
    plan::{
        deletion,
        fields::{self, Own, Want},
        special,
    },
};

impl Diff<'_> {
    /// Says why a password that somebody else has set stays: who logs in with it would be locked out, and git's may be the
    /// wrong one. It is somebody else's as long as Headgate never set git's, and no login ever showed that it is in place.
    pub(super) fn may_overwrite(&mut self, want: &Want<'_>) -> Result<(), (Gate, String)> {
        let is_there = self.seen.kind == Kind::User && self.live.field(&want.path).is_some();
        let Some(key) = want
            .key
            .as_ref()
            .filter(|_| is_there && want.secret.is_some())
        else {
            return Ok(());
        };
        if self.memory.owns(key) {
            return Ok(());
        }
        let Some(opens) = deletion::without_consent(self.inputs, self.seen) else {
            self.by_consent = true;
            return Ok(());
        };
        let why = match fields::login(self.live, want) {
            Some(Login::Denied(_)) => "git's does not let the user in",
            _ => "no login has told whether git's is the same",
        };
        let reason = format!(
            "it has a password for {key} that Headgate did not set, and {why}; overwriting it locks out who logs in with it: \
             check the secret, and if it is the one that is meant, {opens}"
        );
        Err((Gate::Consent, reason))
    }

    /// A credential is written whole, so new iterations need the password, too, and wait for it.
    pub(super) fn with_password(&mut self, wanted: &[Want<'_>]) {
        if self.seen.kind != Kind::User {
            return;
        }
        for want in wanted.iter().filter(|want| want.secret.is_some()) {
            let of_credential = credential(&want.path);
            let is_written = |path: &str| path.starts_with(of_credential);
            let has_password = self.set.iter().any(|set| set.path == want.path);
            if has_password || !self.set.iter().any(|set| is_written(&set.path)) {
                continue;
            }
            let mut held = self.held.iter();
            let (gate, why) = match held.find(|(d, _, _)| d.field.path == want.path) {
                Some((_, gate, why)) => (*gate, why.clone()),
                None => match set(want, None) {
                    Ok(password) => {
                        self.set.push(password);
                        continue;
                    }
                    Err(why) => (Gate::IncompleteObservation, why),
                },
            };
            self.set.retain(|set| !is_written(&set.path));
            let waits = |d: &mut Difference| is_written(&d.field.path);
            let waiting = self.todo.extract_if(.., waits);
            self.held.extend(waiting.map(|d| (d, gate, why.clone())));
        }
    }

    /// Says why a key that git does not declare stays: a credential is all that lets its user in, a quota that loses its
    /// limits one by one is lost as one that is deleted, and what nobody tells cannot be written again.
    pub(super) fn stays(&self, own: &Own<'_>) -> Option<(Gate, String)> {
        let key = &own.key;
        let why = match self.seen.kind {
            Kind::User => {
                if let Some(reason) = special::must_stay(self.inputs, self.seen) {
                    return Some((Gate::Unsupported, reason));
                }
                "who still logs in with it would be locked out"
            }
            kind @ Kind::Quota if self.inputs.desired.deletion.needs_consent(kind) => {
                "deletion.requireConsent says that limits go by consent only"
            }
            Kind::Connector => return self.would_be_lost(own),
            _ => return None,
        };
        let opens = deletion::without_consent(self.inputs, self.seen)?;
        let reason = format!("git no longer declares {key}, and {why}; {opens}");
        Some((Gate::Consent, reason))
    }
}

/// Returns what the paths of a credential begin with.
fn credential(path: &str) -> &str {
    let end = path.rfind('.').map_or(path.len(), |dot| dot + 1);
    &path[..end]
}
