//! What a registry is sent and answers, as it spells it (rank 7, registry plane). The codes are Confluent's, and Apicurio's
//! are the same (Confluent, `Errors.java`).

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    desired::{SchemaFormat, SchemaReference},
    model::one_line,
    rest::{Answer, Complaint},
};

/// There is no such subject.
pub(super) const NO_SUBJECT: i64 = 40401;
/// The subject has no such version.
pub(super) const NO_VERSION: i64 = 40402;
/// The subject has no such schema.
pub(super) const NO_SCHEMA: i64 = 40403;
/// The subject is deleted softly already.
pub(super) const SOFTLY_DELETED: i64 = 40404;
/// The subject is not deleted softly yet. Apicurio says it with status 409.
pub(super) const NOT_SOFTLY_DELETED: i64 = 40405;
/// The subject does not say how its schemas may change.
pub(super) const NO_LEVEL: i64 = 40408;
/// The schema is not compatible with the subject's versions; older registries and Apicurio have no code of their own for it.
const INCOMPATIBLE: i64 = 40901;
/// The schema cannot be read.
pub(super) const INVALID_SCHEMA: i64 = 42201;
/// The registry or the subject takes no writes.
pub(super) const READ_ONLY: i64 = 42205;
/// Other schemas refer to it.
pub(super) const REFERRED_TO: i64 = 42206;

/// The most characters of the registry's words that are told.
const WORDS: usize = 1000;

/// The most objections to one schema that are told.
const OBJECTIONS: usize = 20;

/// Tells whether a registry itself answered with one of these codes: a page that is not found, of a proxy or another
/// service, has none. A code begins with the status that it goes with.
pub(super) fn says(answer: &Answer, codes: &[i64]) -> bool {
    let complaint = answer.complaint();
    complaint.is_some_and(|Complaint { error_code, .. }| {
        let is_its_own = error_code / 100 == i64::from(answer.status)
            || (error_code, answer.status) == (NOT_SOFTLY_DELETED, 409);
        is_its_own && codes.contains(&error_code)
    })
}

/// Tells whether a registry says that a schema is not compatible. Status 409 alone does not: Apicurio answers so as well where
/// it takes no writes, or somebody else was quicker (Apicurio, `HttpStatusCodeMap`), and then its words tell.
pub(super) fn says_incompatible(answer: &Answer) -> bool {
    let is_told = || words(answer).to_lowercase().contains("incompatible");
    answer.status == 409 && (says(answer, &[INCOMPATIBLE]) || is_told())
}

/// Returns a registry's words about what it did not do, in a line.
pub(super) fn words(answer: &Answer) -> String {
    let complaint = answer.complaint();
    one_line(
        &complaint.map_or_else(String::new, |said| said.message),
        WORDS,
    )
}

/// A schema, where it is registered, looked up or judged.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent<'a> {
    schema: &'a str,
    schema_type: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    references: &'a [Reference],
}

impl<'a> Sent<'a> {
    pub(super) fn new(format: SchemaFormat, text: &'a str, references: &'a [Reference]) -> Self {
        Self {
            schema: text,
            schema_type: format.as_str(),
            references,
        }
    }
}

/// A reference to a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    pub(super) name: CompactString,
    pub(super) subject: CompactString,
    pub(super) version: u32,
}

impl Reference {
    /// Settles a reference on a version.
    pub(super) fn to(reference: &SchemaReference, version: u32) -> Self {
        Self {
            name: reference.name.clone(),
            subject: reference.subject.clone(),
            version,
        }
    }
}

/// `GET /config` and `GET /config/{subject}`, and what is answered to a change of it.
#[derive(Deserialize)]
#[serde(try_from = "Config")]
pub(super) struct Level {
    /// `None`: other things are said only.
    pub(super) level: Option<CompactString>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "compatibilityLevel", alias = "compatibility")]
    level: Option<CompactString>,
    #[serde(flatten)]
    other: BTreeMap<String, IgnoredAny>,
}

/// What a config may say beside or instead of a level (Confluent, `Config.java`).
const OTHER: [&str; 8] = [
    "alias",
    "compatibilityGroup",
    "defaultMetadata",
    "defaultRuleSet",
    "normalize",
    "overrideMetadata",
    "overrideRuleSet",
    "validateFields",
];

/// What says none of all that is no config, and does not mean that there is no level.
impl TryFrom<Config> for Level {
    type Error = &'static str;

    fn try_from(config: Config) -> Result<Self, Self::Error> {
        let says_other = || OTHER.iter().any(|key| config.other.contains_key(*key));
        match config.level.is_some() || says_other() {
            true => Ok(Self {
                level: config.level,
            }),
            false => Err("it is no config"),
        }
    }
}

/// `POST /subjects/{subject}`: the schema's own text is not kept.
#[derive(Deserialize)]
pub(super) struct Registered {
    pub(super) version: u32,
    pub(super) id: u32,
}

/// `GET /subjects/{subject}/versions/latest`.
#[derive(Deserialize)]
pub(super) struct Newest {
    pub(super) version: u32,
    #[serde(default)]
    pub(super) references: Vec<Reference>,
}

/// `GET /subjects/{subject}/versions/latest`, whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    pub(super) version: u32,
    pub(super) schema: String,
    /// `None`: Avro, which was there before the others.
    pub(super) schema_type: Option<CompactString>,
    #[serde(default)]
    pub(super) references: Vec<Reference>,
}

/// `POST /subjects/{subject}/versions`.
#[derive(Deserialize)]
pub(super) struct Taken {
    #[serde(rename = "id")]
    pub(super) _id: u32,
}

/// What speaks against a schema that the registry refuses without a word.
const UNEXPLAINED: &str = "it is not compatible with the versions that are there, and the registry does not say why; change the \
                           schema, or its `compatibility`";

/// `POST /compatibility/…?verbose=true`. Apicurio has no messages.
#[derive(Deserialize)]
pub(super) struct Judgement {
    pub(super) is_compatible: bool,
    #[serde(default)]
    pub(super) messages: Vec<String>,
}

impl Judgement {
    /// Returns what speaks against the schema; one that is not compatible has at least one reason.
    pub(super) fn against(self) -> Vec<String> {
        let words = self.messages.iter().map(|words| one_line(words, WORDS));
        let mut words: Vec<String> = words.filter(|words| !words.trim().is_empty()).collect();
        let more = words.len().saturating_sub(OBJECTIONS);
        words.truncate(OBJECTIONS);
        if more > 0 {
            words.push(format!("and {more} more"));
        }
        match (self.is_compatible, words.is_empty()) {
            (true, _) => Vec::new(),
            (false, false) => words,
            (false, true) => vec![UNEXPLAINED.to_owned()],
        }
    }
}
