//! Reads what the newest versions of subjects say (rank 7, registry plane): for who moves in, and for who reads a plan.

use std::{collections::BTreeMap, time::Duration};

use compact_str::CompactString;
use futures::{StreamExt, future, stream};
use tokio::time::Instant;

use super::{
    Client,
    answers::{NO_SUBJECT, NO_VERSION, Reference, Sent, Told, says},
    path,
    reading::{AT_ONCE, within},
    schema::look_up,
};
use crate::{
    desired::SchemaFormat,
    live::{Newest, Observed, Referred, SchemaText},
    model::one_line,
    rest::Error,
};

/// A pass waits so long for what only people read: a registry answers within milliseconds.
const FOR_PEOPLE: Duration = Duration::from_secs(5);

/// The longest word for a language that is kept.
const WORD: usize = 40;

/// Reads the newest versions of subjects, a bounded number at once.
pub(super) async fn texts(
    client: &Client,
    subjects: &[CompactString],
) -> BTreeMap<CompactString, Observed<SchemaText>> {
    let end = Instant::now() + client.patience.observe;
    let each = subjects.iter().map(|subject| async move {
        let read = match within(end, text(client, subject)).await {
            Observed::Known(read) => read,
            Observed::Unknown(why) => Observed::Unknown(why),
        };
        (subject.clone(), read)
    });
    // collected first: the compiler does not see that a closure over borrowed names is good for any
    let each: Vec<_> = each.collect();
    stream::iter(each).buffer_unordered(AT_ONCE).collect().await
}

/// Reads what the newest versions of subjects say, a bounded number at once; what is not read by then is left out.
pub(super) async fn newest(
    client: &Client,
    subjects: &[CompactString],
) -> BTreeMap<CompactString, Newest> {
    let end = Instant::now() + client.patience.observe.min(FOR_PEOPLE);
    let each = subjects.iter().map(|subject| async move {
        let read = within(end, told(client, subject)).await;
        let Observed::Known(Some(told)) = read else {
            return None;
        };
        let newest = Newest {
            version: told.version,
            format: one_line(format(&told), WORD).into(),
            text: told.schema.into(),
        };
        (newest.text.len() <= Newest::LONGEST).then(|| (subject.clone(), newest))
    });
    let each: Vec<_> = each.collect();
    let read = stream::iter(each).buffer_unordered(AT_ONCE);
    read.filter_map(future::ready).collect().await
}

/// Reads a subject's newest version; `None`: there is none.
async fn told(client: &Client, subject: &str) -> Result<Option<Told>, Error> {
    let path = path("/subjects", subject, "/versions/latest")?;
    let answer = client.get(&path).await?;
    if says(&answer, &[NO_SUBJECT, NO_VERSION]) {
        return Ok(None);
    }
    answer.json().map(Some)
}

fn format(told: &Told) -> &str {
    let format = told.schema_type.as_deref();
    format.unwrap_or(SchemaFormat::Avro.as_str())
}

async fn text(client: &Client, subject: &str) -> Result<Observed<SchemaText>, Error> {
    let Some(told) = told(client, subject).await? else {
        return Ok(Observed::Unknown("it was deleted meanwhile".to_owned()));
    };
    let format = format(&told);
    let Some(format) = SchemaFormat::ALL.into_iter().find(|f| f.as_str() == format) else {
        let format = one_line(format, WORD);
        let why = format!("it is of the type {format}, which is none of AVRO, JSON and PROTOBUF");
        return Ok(Observed::Unknown(why));
    };
    for normalize in [true, false] {
        let sent = Sent::new(format, &told.schema, &told.references);
        let found = look_up(client, subject, &sent, normalize).await?;
        if found.is_some_and(|found| found.version == told.version) {
            return Ok(Observed::Known(known(format, told, normalize)));
        }
    }
    Ok(Observed::Unknown(format!(
        "asked for what its newest version {} says, the registry does not find it, so that it would be registered anew",
        told.version
    )))
}

fn known(format: SchemaFormat, told: Told, normalize: bool) -> SchemaText {
    let referred = |reference: Reference| Referred {
        name: reference.name,
        subject: reference.subject,
        version: reference.version,
    };
    SchemaText {
        format: format.as_str().into(),
        text: told.schema,
        references: told.references.into_iter().map(referred).collect(),
        normalize,
    }
}
