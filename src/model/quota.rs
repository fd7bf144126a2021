//! Whom a client quota is for (rank 0).

use std::fmt;

use compact_str::{CompactString, format_compact};

/// Whom a client quota is for: a user, a client id, both, or an address, each by name or the default for all that have
/// none of their own (Kafka, `ClientQuotaEntity`). Each combination is an object of its own.
///
/// Its name in plans, lists and the ledger is `user=alice`, `user=alice,client-id=<default>`, `ip=10.0.0.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct QuotaEntity {
    /// The user.
    pub user: Option<QuotaName>,
    /// The client id.
    pub client_id: Option<QuotaName>,
    /// The address connections come from.
    pub ip: Option<QuotaName>,
}

/// One part of a quota's entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaName {
    /// All that have no quota of their own.
    Default,
    /// This one.
    Named(CompactString),
}

impl QuotaName {
    /// How the default is spelled, in git and in names.
    pub const DEFAULT: &str = "<default>";

    /// Reads what git says.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match text {
            Self::DEFAULT => Self::Default,
            name => Self::Named(name.into()),
        }
    }
}

impl fmt::Display for QuotaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str(Self::DEFAULT),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// Types of parts by Kafka's names, in the order in which names spell them.
const USER: &str = "user";
const CLIENT_ID: &str = "client-id";
const IP: &str = "ip";

impl QuotaEntity {
    /// Returns the parts by Kafka's names for their types.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &QuotaName)> {
        let parts = [
            (USER, &self.user),
            (CLIENT_ID, &self.client_id),
            (IP, &self.ip),
        ];
        parts
            .into_iter()
            .filter_map(|(of, name)| Some((of, name.as_ref()?)))
    }

    /// Returns the user when it is for one user alone, whatever the client. Documents say such a quota with the user.
    #[must_use]
    pub fn one_user(&self) -> Option<&str> {
        match self {
            Self {
                user: Some(QuotaName::Named(user)),
                client_id: None,
                ip: None,
            } => Some(user),
            _ => None,
        }
    }

    /// Sets a part by Kafka's name for its type; `false` when there is no such type.
    pub fn set(&mut self, of: &str, name: QuotaName) -> bool {
        let part = match of {
            USER => &mut self.user,
            CLIENT_ID => &mut self.client_id,
            IP => &mut self.ip,
            _ => return false,
        };
        *part = Some(name);
        true
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> CompactString {
        let mut text = CompactString::default();
        for (of, name) in self.parts() {
            let comma = if text.is_empty() { "" } else { "," };
            let name = match name {
                QuotaName::Default => QuotaName::DEFAULT.into(),
                QuotaName::Named(name) => escape(name),
            };
            text.push_str(&format_compact!("{comma}{of}={name}"));
        }
        text
    }

    /// Reads a name back; `None` when it is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut entity = Self::default();
        for part in name.split(',') {
            let (of, name) = part.split_once('=')?;
            let name = match name {
                QuotaName::DEFAULT => QuotaName::Default,
                name => QuotaName::Named(unescape(name)),
            };
            if !entity.set(of, name) {
                return None;
            }
        }
        Some(entity)
    }
}

/// Keeps a name apart from the commas around it, and a user of the name `<default>` from the default.
fn escape(name: &str) -> CompactString {
    name.replace('%', "%25")
        .replace(',', "%2C")
        .replace('<', "%3C")
        .into()
}

fn unescape(name: &str) -> CompactString {
    name.replace("%3C", "<")
        .replace("%2C", ",")
        .replace("%25", "%")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap 28: each combination is an object of its own.
    #[test]
    fn every_combination_has_a_name_of_its_own() {
        let names = [
            None,
            Some(QuotaName::Default),
            Some(QuotaName::Named("a,b=c%".into())),
            Some(QuotaName::Named("<default>".into())),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for user in &names {
            for client_id in &names {
                for ip in &names {
                    let entity = QuotaEntity {
                        user: user.clone(),
                        client_id: client_id.clone(),
                        ip: ip.clone(),
                    };
                    if entity == QuotaEntity::default() {
                        continue;
                    }
                    assert!(seen.insert(entity.name()));
                    assert_eq!(QuotaEntity::parse(&entity.name()), Some(entity));
                }
            }
        }
    }

    #[test]
    fn one_user_is_neither_every_user_nor_one_with_a_client() {
        let one = |name| {
            let entity = QuotaEntity::parse(name).expect("it is a name");
            entity.one_user().map(str::to_owned)
        };
        assert_eq!(one("user=alice").as_deref(), Some("alice"));
        for other in [
            "user=<default>",
            "user=alice,client-id=<default>",
            "user=alice,ip=10.0.0.1",
            "client-id=alice",
        ] {
            assert_eq!(one(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_reads_as_people_say_it() {
        let entity = QuotaEntity {
            user: Some(QuotaName::new("alice")),
            client_id: Some(QuotaName::new("<default>")),
            ip: None,
        };
        assert_eq!(entity.name(), "user=alice,client-id=<default>");
        assert_eq!(QuotaEntity::parse("planet=mars"), None);
        assert_eq!(QuotaEntity::parse("alice"), None);
    }
}
