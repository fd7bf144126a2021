//! A cluster: what is done to it, what in it is owned, and what may be deleted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use compact_str::CompactString;
use jiff::civil::Date;

use super::{
    Balance, Compatibility, DesiredAcl, DesiredConfig, DesiredConnector, DesiredGroup,
    DesiredSchema, DesiredTopic, DesiredUser, Moves,
};
use crate::model::{Acl, ClusterId, ClusterName, Kind, Mode, ObjectRef, Place, TopicName};

/// A `kind: Cluster` document and everything that is declared below its directory.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredCluster {
    /// Its name.
    pub name: ClusterName,
    /// Where the document stands.
    pub place: Place,
    /// The id that the live cluster must report before anything is written to it.
    pub cluster_id: Option<ClusterId>,
    /// Modes that are declared; a kind that is not in the map is enforced.
    pub modes: BTreeMap<Kind, Mode>,
    /// Scopes in which undeclared live objects count as drift.
    pub owns: Owns,
    /// What may be deleted.
    pub deletion: Deletion,
    /// How replicas are moved.
    pub moves: Moves,
    /// What is kept even.
    pub balance: Balance,
    /// Brokers that are to be emptied.
    pub draining: BTreeSet<i32>,
    /// Topics by name, with the cluster's defaults merged in.
    pub topics: BTreeMap<TopicName, DesiredTopic>,
    /// ACLs, those that grants stand for among them.
    pub acls: BTreeMap<Acl, DesiredAcl>,
    /// Users with credentials, by name.
    pub users: BTreeMap<CompactString, DesiredUser>,
    /// Objects that are nothing but config values, by kind and name: quotas by `QuotaEntity::name`, broker configs by id
    /// or `default`, group configs by group, client metrics by subscription.
    pub configs: BTreeMap<Kind, BTreeMap<CompactString, DesiredConfig>>,
    /// Groups of consumers by id.
    pub groups: BTreeMap<CompactString, DesiredGroup>,
    /// Schemas by subject.
    pub schemas: BTreeMap<CompactString, DesiredSchema>,
    /// How schemas may change where a subject does not say; `None`: git says nothing about it.
    pub compatibility: Option<Compatibility>,
    /// Connectors by name.
    pub connectors: BTreeMap<CompactString, DesiredConnector>,
}

impl DesiredCluster {
    /// Makes a cluster that declares nothing.
    #[must_use]
    pub fn new(name: ClusterName, place: Place) -> Self {
        Self {
            name,
            place,
            cluster_id: None,
            modes: BTreeMap::new(),
            owns: Owns::default(),
            deletion: Deletion::default(),
            moves: Moves::default(),
            balance: Balance::default(),
            draining: BTreeSet::new(),
            topics: BTreeMap::new(),
            acls: BTreeMap::new(),
            users: BTreeMap::new(),
            configs: BTreeMap::new(),
            groups: BTreeMap::new(),
            schemas: BTreeMap::new(),
            compatibility: None,
            connectors: BTreeMap::new(),
        }
    }

    /// Returns the mode of a kind; default `enforce`.
    #[must_use]
    pub fn mode(&self, kind: Kind) -> Mode {
        self.modes.get(&kind).copied().unwrap_or(Mode::Enforce)
    }
}

/// Scopes of ownership; by default nothing undeclared is owned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owns {
    /// Topics whose names match are unexpected when nobody declares them.
    pub topics: Vec<Pattern>,
    /// Whether config keys that nobody declared on a declared topic count as drift and are reset.
    pub topic_configs: bool,
    /// Principals (`User:app-*`) whose ACLs, credentials and quotas are unexpected when nobody declares them.
    pub principals: Vec<Pattern>,
    /// Resources (`topic:app.*`, `group:*`) whose ACLs are unexpected when nobody declares them, whoever they are for.
    pub acls: Vec<Pattern>,
    /// Subjects that are unexpected when nobody declares them.
    pub subjects: Vec<Pattern>,
    /// Connectors that are unexpected when nobody declares them.
    pub connectors: Vec<Pattern>,
}

/// A name pattern: `*` stands for any run of characters, `?` for one; all else is literal and the whole name must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub String);

impl Pattern {
    /// Returns what every name that matches begins with, and whether that is the whole name.
    #[must_use]
    pub fn beginning(&self) -> (&str, bool) {
        match self.0.find(['*', '?']) {
            Some(end) => (&self.0[..end], false),
            None => (&self.0, true),
        }
    }

    /// Tells whether a name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        // where to resume when a later literal fails: behind the last star, one name byte further
        let mut resume: Option<(usize, usize)> = None;
        while n < name.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    resume = Some((p, n));
                    p += 1;
                }
                Some(&b) if b == b'?' || b == name[n] => {
                    p += 1;
                    n += 1;
                }
                _ => match resume {
                    Some((star, at)) => {
                        resume = Some((star, at + 1));
                        p = star + 1;
                        n = at + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|b| *b == b'*')
    }
}

/// What may be deleted, and how much at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Per kind and pass.
    pub budget: Budget,
    /// Per kind and pass, of what holds no data: ACLs and quotas; also of passwords that are put in place of others.
    pub access_budget: Budget,
    /// Consent, by name.
    pub allow: Vec<Consent>,
    /// Kinds of which nothing is deleted without consent although that takes no data away.
    pub require_consent: BTreeSet<Kind>,
    /// How long a topic must have been without writes before it may go.
    pub idle: Duration,
}

impl Default for Deletion {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            access_budget: Budget {
                count: 50,
                percent: 10,
            },
            allow: Vec::new(),
            require_consent: BTreeSet::new(),
            idle: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl Deletion {
    /// Tells whether objects of a kind say what may be done, and hold no data.
    #[must_use]
    pub fn is_access(kind: Kind) -> bool {
        matches!(kind, Kind::Acl | Kind::Quota)
    }

    /// Returns the consent that names an object; git gives each at most once.
    #[must_use]
    pub fn consent(&self, kind: Kind, name: &str) -> Option<&Consent> {
        let mut allow = self.allow.iter();
        allow.find(|c| c.object.kind == kind && c.object.name == name)
    }

    /// Tells whether an object of a kind goes only by consent.
    #[must_use]
    pub fn needs_consent(&self, kind: Kind) -> bool {
        !Self::is_access(kind) || self.require_consent.contains(&kind)
    }

    /// Returns the budget of a kind.
    #[must_use]
    pub fn budget_of(&self, kind: Kind) -> Budget {
        match Self::is_access(kind) {
            true => self.access_budget,
            false => self.budget,
        }
    }
}

/// How many objects of a kind one pass may delete: the smaller of the two, but at least 1. Over it, none is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Objects.
    pub count: u32,
    /// Percent of the kind's live objects that Headgate manages, rounded down.
    pub percent: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            count: 3,
            percent: 5,
        }
    }
}

/// One entry of `deletion.allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What may be deleted.
    pub object: ObjectRef,
    /// Why, for the reader of the plan.
    pub reason: String,
    /// The last day (UTC) on which the consent holds.
    pub until: Date,
    /// Where it stands.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let cases = [
            ("app.*", "app.orders", true),
            ("app.*", "app.", true),
            ("app.*", "application", false),
            ("*", "anything", true),
            ("*.dlq", "a.b.dlq", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(
                Pattern(pattern.into()).matches(name),
                want,
                "{pattern} on {name}"
            );
        }
    }
}
