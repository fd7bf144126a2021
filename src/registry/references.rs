//! Which versions the references of a schema mean (rank 7, registry plane).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::answers::Reference;
use crate::{desired::SchemaReference, live::Observed};

/// The versions of subjects, oldest first; `None`: the subject is absent.
pub(super) type Versions = BTreeMap<CompactString, Observed<Option<Vec<u32>>>>;

/// So many versions are told one by one.
const TOLD: usize = 10;

/// Why references mean no versions.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// What some refer to is not there.
    Missing(Vec<Missing>),
    /// A subject could not be read.
    Unknown(String),
}

/// A reference to what is not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) subject: CompactString,
    /// It is no version that was deleted, so it may be registered yet.
    pub(super) is_to_come: bool,
    /// What people are told.
    pub(super) told: String,
}

/// Finds the versions.
pub(super) fn resolve(
    references: &[SchemaReference],
    versions: &Versions,
) -> Result<Vec<Reference>, Unresolved> {
    let mut resolved = Vec::with_capacity(references.len());
    let mut missing = Vec::new();
    for reference in references {
        let subject = &reference.subject;
        let there = match versions.get(subject).cloned().unwrap_or_default() {
            Observed::Known(there) => there.unwrap_or_default(),
            Observed::Unknown(why) => {
                let why = format!("it refers to the subject {subject}, which is not known: {why}");
                return Err(Unresolved::Unknown(why));
            }
        };
        let newest = there.last().copied();
        match reference.version.or(newest) {
            Some(version) if there.contains(&version) => {
                resolved.push(Reference::to(reference, version));
            }
            version => missing.push(Missing {
                subject: subject.clone(),
                is_to_come: newest.is_none() || version > newest,
                told: told(reference, &there),
            }),
        }
    }
    match missing.is_empty() {
        true => Ok(resolved),
        false => Err(Unresolved::Missing(missing)),
    }
}

fn told(reference: &SchemaReference, there: &[u32]) -> String {
    let SchemaReference {
        name,
        subject,
        version,
    } = reference;
    let which = match version {
        Some(version) => format!("version {version}"),
        None => "the newest version".to_owned(),
    };
    let has = match there {
        [] => "which the registry does not have".to_owned(),
        [first, .., last] if there.len() > TOLD => {
            format!("which has {} versions from {first} to {last}", there.len())
        }
        few => {
            let few: Vec<String> = few.iter().map(u32::to_string).collect();
            format!("which has {}", few.join(", "))
        }
    };
    format!("the reference {name} means {which} of the subject {subject}, {has}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(subject: &str, version: Option<u32>) -> Result<Vec<Reference>, Unresolved> {
        let versions = Versions::from([
            ("base".into(), Observed::Known(Some(vec![2, 3]))),
            ("many".into(), Observed::Known(Some((5..50).collect()))),
            ("absent".into(), Observed::Known(None)),
            ("unread".into(), Observed::Unknown("it is slow".into())),
        ]);
        let reference = SchemaReference {
            name: "a.proto".into(),
            subject: subject.into(),
            version,
        };
        resolve(&[reference], &versions)
    }

    #[test]
    fn a_reference_without_a_version_means_the_newest() {
        for (version, want) in [(None, 3), (Some(2), 2)] {
            let found = resolved("base", version).map(|found| found[0].version);
            assert_eq!(found, Ok(want));
        }
    }

    #[test]
    fn a_reference_that_is_missing_is_told_with_subject_and_version() {
        for (subject, version, is_to_come, want) in [
            (
                "base",
                Some(1),
                false,
                "version 1 of the subject base, which has 2, 3",
            ),
            (
                "base",
                Some(9),
                true,
                "version 9 of the subject base, which has 2, 3",
            ),
            (
                "many",
                Some(4),
                false,
                "the subject many, which has 45 versions from 5 to 49",
            ),
            (
                "absent",
                None,
                true,
                "newest version of the subject absent, which the registry does not have",
            ),
        ] {
            let Err(Unresolved::Missing(missing)) = resolved(subject, version) else {
                panic!("{subject} {version:?} is not missing");
            };
            assert_eq!(missing[0].is_to_come, is_to_come, "{subject} {version:?}");
            let told = &missing[0].told;
            assert!(told.contains(want) && told.contains("a.proto"), "{told}");
        }
    }

    #[test]
    fn a_subject_that_was_not_read_is_not_missing() {
        for (subject, want) in [("unread", "it is slow"), ("nobody", "not looked at")] {
            let Err(Unresolved::Unknown(why)) = resolved(subject, None) else {
                panic!("{subject} is known");
            };
            assert!(why.contains(subject) && why.contains(want), "{why}");
        }
    }
}
