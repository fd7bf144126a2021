//! Reads subjects, a bounded number at once and in a bounded time (rank 7, registry plane). One that cannot be read is
//! unknown by itself.

use std::future::Future;

use compact_str::CompactString;
use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::{
    Client,
    answers::{NO_SUBJECT, Reference, says},
    level, path,
    references::{Unresolved, Versions, resolve},
    schema::{self, Declared},
};
use crate::{
    live::{LiveSubject, Observed},
    ports::Wanted,
    rest::{self, Error},
};

/// Requests that are under way at once.
pub(super) const AT_ONCE: usize = 16;

/// What is read of subjects, step by step.
pub(super) struct Reading<'a> {
    pub(super) client: &'a Client,
    pub(super) wanted: &'a Wanted<'a>,
    /// How schemas may change where a subject does not say.
    pub(super) global: &'a Observed<CompactString>,
    /// The versions of the subjects, and of those that they refer to.
    pub(super) versions: &'a Versions,
    /// Whether the registry is to judge declared schemas that it does not have.
    pub(super) judges: bool,
    pub(super) end: Instant,
}

/// What was read of a subject.
pub(super) struct Read {
    pub(super) live: Observed<Option<LiveSubject>>,
    /// What speaks against the declared schema, where that was asked.
    pub(super) check: Option<Observed<Vec<String>>>,
}

/// Reads the versions of subjects.
pub(super) async fn versions<'a>(
    client: &Client,
    subjects: impl IntoIterator<Item = &'a CompactString>,
    is_due: impl Fn(&str) -> bool,
    end: Instant,
) -> Versions {
    let each = subjects.into_iter().map(|subject| {
        let reading = versions_of(client, subject, is_due(subject));
        async move { (subject.clone(), within(end, reading).await) }
    });
    // collected first: the compiler does not see that a closure over borrowed names is good for any
    let each: Vec<_> = each.collect();
    stream::iter(each).buffer_unordered(AT_ONCE).collect().await
}

/// Reads a subject's versions; those of one that is due to be deleted are none where it is deleted softly.
async fn versions_of(
    client: &Client,
    subject: &str,
    is_due: bool,
) -> Result<Option<Vec<u32>>, Error> {
    let answer = client
        .get(&path("/subjects", subject, "/versions")?)
        .await?;
    if !says(&answer, &[NO_SUBJECT]) {
        let mut versions: Vec<u32> = answer.json()?;
        versions.sort_unstable();
        return Ok(Some(versions));
    }
    if !is_due {
        return Ok(None);
    }
    let path = path("/subjects", subject, "/versions?deleted=true")?;
    let answer = client.get(&path).await?;
    if says(&answer, &[NO_SUBJECT]) {
        return Ok(None);
    }
    let _deleted: Vec<u32> = answer.json()?;
    Ok(Some(Vec::new()))
}

/// Waits for what is read, but not for ever.
pub(super) async fn within<T>(
    end: Instant,
    reading: impl Future<Output = Result<T, Error>>,
) -> Observed<T> {
    rest::within(end, "the registry", reading).await
}

impl Reading<'_> {
    /// Reads subjects, one request of each at once.
    pub(super) async fn subjects<'n>(
        &self,
        subjects: impl IntoIterator<Item = &'n CompactString>,
    ) -> Vec<(CompactString, Read)> {
        let each = subjects
            .into_iter()
            .map(|subject| async move { (subject.clone(), self.subject(subject).await) });
        let each: Vec<_> = each.collect();
        stream::iter(each).buffer_unordered(AT_ONCE).collect().await
    }

    async fn subject(&self, subject: &str) -> Read {
        let schema = self.wanted.schemas.get(subject);
        let references = schema.map(|schema| resolve(&schema.references, self.versions));
        let unknown = |why: &str| Read {
            live: Observed::Unknown(why.to_owned()),
            check: None,
        };
        let there = self.versions.get(subject).cloned().unwrap_or_default();
        let there = match (there, &references) {
            (Observed::Unknown(why), _) => return unknown(&why),
            (Observed::Known(Some(_)), Some(Err(Unresolved::Unknown(why)))) => return unknown(why),
            (Observed::Known(there), _) => there,
        };
        let resolved = references.as_ref().and_then(|r| r.as_deref().ok());
        let declared = schema.zip(resolved).map(|(schema, references)| Declared {
            subject,
            schema,
            references,
        });
        let live = match there {
            None => Observed::Known(None),
            Some(versions) => {
                let reading = self.present(subject, versions, declared);
                within(self.end, reading).await.map(Some)
            }
        };
        let check = match (&live, &references) {
            (Observed::Known(live), Some(references)) if self.judges => {
                self.judge(live.as_ref(), declared, references).await
            }
            _ => None,
        };
        Read { live, check }
    }

    /// Reads a subject that is there.
    async fn present(
        &self,
        subject: &str,
        versions: Vec<u32>,
        declared: Option<Declared<'_>>,
    ) -> Result<LiveSubject, Error> {
        let mut live = LiveSubject {
            versions,
            ..LiveSubject::default()
        };
        if live.versions.is_empty() {
            return Ok(live);
        }
        let global = self.global.known().map(CompactString::as_str);
        let schema = self.wanted.schemas.get(subject);
        let level = schema.and_then(|schema| schema.compatibility);
        live.compatibility = level::own(self.client, subject, global, level).await?;
        if let Some(declared) = declared {
            live.declared = schema::find(self.client, declared).await?;
            live.refers_to_older =
                live.declared.is_none() && schema::refers_to_older(self.client, declared).await?;
        }
        Ok(live)
    }

    /// Finds out what speaks against a declared schema as the next version.
    async fn judge(
        &self,
        live: Option<&LiveSubject>,
        declared: Option<Declared<'_>>,
        references: &Result<Vec<Reference>, Unresolved>,
    ) -> Option<Observed<Vec<String>>> {
        match references {
            Err(Unresolved::Unknown(why)) => return Some(Observed::Unknown(why.clone())),
            Err(Unresolved::Missing(missing)) => {
                let is_awaited = |subject: &str| self.wanted.schemas.contains_key(subject);
                let missing = missing.iter();
                let missing = missing.filter(|one| !(one.is_to_come && is_awaited(&one.subject)));
                let told: Vec<String> = missing.map(|one| one.told.clone()).collect();
                return (!told.is_empty()).then_some(Observed::Known(told));
            }
            Ok(_) => {}
        }
        let declared = declared?;
        let own = live.and_then(|live| live.compatibility.as_deref());
        let is_to_change = |level: &str| own != Some(level);
        let wanted = declared.schema.compatibility.map(|level| level.as_str());
        if live.is_some_and(LiveSubject::is_current) || wanted.is_some_and(is_to_change) {
            return None;
        }
        let level = own.or(self.global.known().map(CompactString::as_str));
        let asking = schema::check(self.client, declared, level);
        Some(within(self.end, asking).await)
    }
}
