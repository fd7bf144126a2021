//! Writes to a registry (rank 7, registry plane). Nothing is sent twice; an answer that is not clear leaves a write unknown,
//! and nothing further is sent.

use compact_str::{CompactString, format_compact};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::{
    Client,
    answers::{
        INVALID_SCHEMA, Level, NO_LEVEL, NO_SUBJECT, NOT_SOFTLY_DELETED, READ_ONLY, REFERRED_TO,
        Reference, SOFTLY_DELETED, Sent, Taken, says, says_incompatible, words,
    },
    level, path,
    reading::versions,
    references::{Unresolved, resolve},
    referrers::referrers,
};
use crate::{
    desired::{Compatibility, SchemaReference},
    model::chain,
    ports::{NewSchema, Outcome, Refusal, RefusalClass, RegistryWrite},
    rest::{Answer, Error, Method, Request, refused, unanswered},
};

/// Writes.
pub(super) async fn write(client: &Client, write: RegistryWrite) -> Outcome {
    let written = match write {
        RegistryWrite::Register { subject, schema } => register(client, &subject, &schema).await,
        RegistryWrite::Compatibility { subject, level } => {
            let subject = subject.as_deref();
            match level {
                Some(level) => set_level(client, subject, level).await,
                None => reset_level(client, subject).await,
            }
        }
        RegistryWrite::DeleteSubject { subject } => delete(client, &subject).await,
    };
    match written {
        Ok(()) => Outcome::Applied,
        Err(outcome) => outcome,
    }
}

/// Nothing where the registry says that it did what was asked, else what became of it.
type Written<T = ()> = Result<T, Outcome>;

async fn register(client: &Client, subject: &str, schema: &NewSchema) -> Written {
    let references = references(client, &schema.references).await?;
    let below = format!("/versions?normalize={}", schema.normalize);
    let path = named(path("/subjects", subject, &below))?;
    let body = Sent::new(schema.format, &schema.text, &references);
    let answer = send(client, Method::Post, path, Some(&body)).await?;
    if says_incompatible(&answer) {
        let told = answer.told(&words(&answer));
        return Err(refused(
            RefusalClass::Final,
            "INCOMPATIBLE",
            format!(
                "the schema is not compatible with the subject's versions; change the schema, or how it may change \
                 (`compatibility`): {told}"
            ),
        ));
    }
    done::<Taken>(&answer).map(|_| ())
}

/// Finds the versions that references mean. A registry's own words about a missing one do not name it.
async fn references(client: &Client, references: &[SchemaReference]) -> Written<Vec<Reference>> {
    let end = Instant::now() + client.patience.observe;
    let subjects = references.iter().map(|reference| &reference.subject);
    let versions = versions(client, subjects, |_| false, end).await;
    resolve(references, &versions).map_err(|unresolved| match unresolved {
        Unresolved::Missing(missing) => {
            let told: Vec<String> = missing.into_iter().map(|one| one.told).collect();
            refused(RefusalClass::Final, "REFERENCE_MISSING", told.join("; "))
        }
        Unresolved::Unknown(why) => refused(RefusalClass::Transient, "REFERENCE_UNKNOWN", why),
    })
}

async fn set_level(client: &Client, subject: Option<&str>, level: Compatibility) -> Written {
    let path = named(level_path(subject))?;
    let body = Config {
        compatibility: level.as_str(),
    };
    let answer = send(client, Method::Put, path, Some(&body)).await?;
    done::<Level>(&answer).map(|_| ())
}

async fn reset_level(client: &Client, subject: Option<&str>) -> Written {
    let was = forget_level(client, subject).await?;
    // Apicurio does not take `NONE` away, but every other level
    let Some(subject) = subject.filter(|_| was.as_deref() == Some(Compatibility::None.as_str()))
    else {
        return Ok(());
    };
    if level::is_stuck(client, subject).await {
        set_level(client, Some(subject), Compatibility::Backward).await?;
        forget_level(client, Some(subject)).await?;
    }
    Ok(())
}

/// Takes a level away, and returns which it was.
async fn forget_level(client: &Client, subject: Option<&str>) -> Written<Option<CompactString>> {
    let path = named(level_path(subject))?;
    let answer = send(client, Method::Delete, path, None::<&()>).await?;
    done::<Level>(&answer).map(|was| was.level)
}

fn level_path(subject: Option<&str>) -> Result<String, Error> {
    match subject {
        Some(subject) => path("/config", subject, ""),
        None => Ok("/config".to_owned()),
    }
}

#[derive(Serialize)]
struct Config {
    compatibility: &'static str,
}

/// Deletes softly, then for good: registries refuse the second without the first.
async fn delete(client: &Client, subject: &str) -> Written {
    let softly = named(path("/subjects", subject, ""))?;
    let answer = send(client, Method::Delete, softly, None::<&()>).await?;
    if says(&answer, &[REFERRED_TO]) {
        return Err(referred_to(client, subject, &answer).await);
    }
    if !says(&answer, &[SOFTLY_DELETED]) {
        done::<Vec<u32>>(&answer)?;
    }
    let for_good = named(path("/subjects", subject, "?permanent=true"))?;
    let deleted = match send(client, Method::Delete, for_good, None::<&()>).await {
        Ok(answer) if says(&answer, &[NO_SUBJECT]) => Ok(()),
        Ok(answer) if says(&answer, &[NOT_SOFTLY_DELETED]) => {
            let told = answer.told(&format!("somebody registers it anew ({})", words(&answer)));
            Err(refused(RefusalClass::Transient, "MADE_ANEW", told))
        }
        Ok(answer) => done::<Vec<u32>>(&answer).map(|_| ()),
        Err(outcome) => Err(outcome),
    };
    deleted.map_err(half_done)
}

/// Says by whom a subject is referred to that cannot be deleted for that, as far as the registry tells.
async fn referred_to(client: &Client, subject: &str, answer: &Answer) -> Outcome {
    let outcome = not_done(answer);
    let by = referrers(client, subject).await;
    match outcome {
        Outcome::Refused(refusal) if !by.is_empty() => {
            let by: Vec<&str> = by.iter().map(CompactString::as_str).collect();
            let message = format!("{} refer to it: {}", by.join(", "), refusal.message);
            Outcome::Refused(Refusal { message, ..refusal })
        }
        other => other,
    }
}

/// Says how far a deletion came whose second half failed.
fn half_done(outcome: Outcome) -> Outcome {
    let told = |why: String| format!("it is deleted softly, and not yet for good: {why}");
    match outcome {
        Outcome::Unknown(why) => Outcome::Unknown(told(why)),
        Outcome::Unclear(why) => Outcome::Unclear(told(why)),
        Outcome::Refused(refusal) => Outcome::Refused(Refusal {
            message: told(refusal.message),
            ..refusal
        }),
        other => other,
    }
}

async fn send(
    client: &Client,
    method: Method,
    path: String,
    body: Option<&impl Serialize>,
) -> Written<Answer> {
    let request = Request::new(method, path, client.patience.write);
    let request = match body {
        Some(body) => request.with_json(body),
        None => request,
    };
    let sent = client.rest.send(&request).await;
    sent.map_err(|error| unanswered(&error))
}

fn named(path: Result<String, Error>) -> Written<String> {
    path.map_err(|error| refused(RefusalClass::Final, "NAME", chain(&error)))
}

/// Reads what the registry says of what it has done. A success that says anything else is somebody else's.
fn done<T: DeserializeOwned>(answer: &Answer) -> Written<T> {
    match answer.is_success() {
        true => answer
            .json()
            .map_err(|error| Outcome::Unclear(chain(&error))),
        false => Err(not_done(answer)),
    }
}

fn not_done(answer: &Answer) -> Outcome {
    let said = words(answer);
    if matches!(answer.status, 408 | 500..) {
        // a server that asked another one, or a proxy: what the other one did is not known
        return Outcome::Unclear(answer.told(&said));
    }
    let (class, code, meaning) = match answer.status {
        _ if says(answer, &[INVALID_SCHEMA]) => (
            RefusalClass::Final,
            "INVALID_SCHEMA",
            "the registry cannot read the schema",
        ),
        _ if says(answer, &[READ_ONLY]) => (
            RefusalClass::Final,
            "READ_ONLY",
            "the registry or the subject takes no writes (GET /mode)",
        ),
        _ if says(answer, &[REFERRED_TO]) => (
            RefusalClass::ReferredTo,
            "REFERRED_TO",
            "schemas of other subjects refer to it, and have to be deleted first",
        ),
        _ if says(answer, &[NO_LEVEL]) => {
            (RefusalClass::AlreadyThere, "NOT_SET", "no level is set")
        }
        _ if says(answer, &[NO_SUBJECT]) => (RefusalClass::Gone, "GONE", "there is none"),
        409 => (
            RefusalClass::Transient,
            "CONFLICT",
            "the registry does not do it now",
        ),
        429 => (RefusalClass::Transient, "BUSY", "too many requests"),
        status => {
            let code = format_compact!("HTTP_{status}");
            return refused(RefusalClass::Final, code, answer.told(&said));
        }
    };
    refused(class, code, format!("{meaning}: {}", answer.told(&said)))
}
