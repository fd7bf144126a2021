//! What a registry says of a declared schema (rank 7, registry plane).

use super::{
    Client,
    answers::{
        INVALID_SCHEMA, Judgement, NO_SCHEMA, NO_SUBJECT, NO_VERSION, Newest, Reference,
        Registered, Sent, says, words,
    },
    path,
};
use crate::{
    desired::{Compatibility, DesiredSchema},
    live::Found,
    rest::Error,
};

/// A declared schema whose references mean versions.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) subject: &'a str,
    pub(super) schema: &'a DesiredSchema,
    pub(super) references: &'a [Reference],
}

impl Declared<'_> {
    fn sent(&self) -> Sent<'_> {
        Sent::new(self.schema.format, &self.schema.text, self.references)
    }
}

/// Asks whether the subject has a schema, by what registering it would compare. One that cannot be read is not there.
pub(super) async fn look_up(
    client: &Client,
    subject: &str,
    schema: &Sent<'_>,
    normalize: bool,
) -> Result<Option<Registered>, Error> {
    let path = path("/subjects", subject, &format!("?normalize={normalize}"))?;
    let answer = client.ask(&path, schema).await?;
    if says(&answer, &[NO_SUBJECT, NO_SCHEMA, INVALID_SCHEMA]) {
        return Ok(None);
    }
    answer.json().map(Some)
}

/// Asks whether the subject has the declared schema.
pub(super) async fn find(client: &Client, declared: Declared<'_>) -> Result<Option<Found>, Error> {
    let Declared {
        subject, schema, ..
    } = declared;
    let found = look_up(client, subject, &declared.sent(), schema.normalize).await?;
    Ok(found.map(|Registered { version, id }| Found {
        digest: schema.digest.clone(),
        version,
        id,
    }))
}

/// Tells whether the subject's newest version is the schema but for references that name no version and meant an older
/// one when it was registered.
pub(super) async fn refers_to_older(
    client: &Client,
    declared: Declared<'_>,
) -> Result<bool, Error> {
    let wanted = &declared.schema.references;
    if wanted.iter().all(|reference| reference.version.is_some()) {
        return Ok(false);
    }
    let path = path("/subjects", declared.subject, "/versions/latest")?;
    let answer = client.get(&path).await?;
    if says(&answer, &[NO_SUBJECT, NO_VERSION]) {
        return Ok(false);
    }
    let newest: Newest = answer.json()?;
    let older = wanted.iter().zip(declared.references).map(|(wanted, now)| {
        let mut there = newest.references.iter();
        match wanted.version {
            Some(_) => Some(now.clone()),
            None => there
                .find(|there| there.name == now.name && there.subject == now.subject)
                .cloned(),
        }
    });
    let Some(older) = older.collect::<Option<Vec<_>>>() else {
        return Ok(false);
    };
    let declared = Declared {
        references: &older,
        ..declared
    };
    let found = find(client, declared).await?;
    Ok(found.is_some_and(|found| found.version == newest.version))
}

/// Asks what speaks against the schema as the next version; nothing: it may be registered.
///
/// Apicurio holds a schema against every version where it is asked about all of them, whatever the level; Confluent holds
/// it against the one that it is asked about. So both are asked what the level means. Of a schema with references nothing is
/// known to speak against it where the registry calls it invalid.
pub(super) async fn check(
    client: &Client,
    declared: Declared<'_>,
    level: Option<&str>,
) -> Result<Vec<String>, Error> {
    let versions = match level.is_some_and(is_transitive) {
        true => "/versions",
        false => "/versions/latest",
    };
    let below = format!(
        "{versions}?verbose=true&normalize={}",
        declared.schema.normalize
    );
    let path = path("/compatibility/subjects", declared.subject, &below)?;
    let answer = client.ask(&path, &declared.sent()).await?;
    if says(&answer, &[NO_SUBJECT, NO_VERSION]) {
        return Ok(Vec::new());
    }
    if says(&answer, &[INVALID_SCHEMA]) {
        // Apicurio (3.3) judges a schema without those that it refers to, and can make nothing of it then; it is judged
        // with them when it is registered
        let says_nothing = !declared.references.is_empty();
        return Ok(if says_nothing {
            Vec::new()
        } else {
            vec![words(&answer)]
        });
    }
    let judgement: Judgement = answer.json()?;
    Ok(judgement.against())
}

fn is_transitive(level: &str) -> bool {
    [
        Compatibility::BackwardTransitive,
        Compatibility::ForwardTransitive,
        Compatibility::FullTransitive,
    ]
    .iter()
    .any(|transitive| transitive.as_str() == level)
}
