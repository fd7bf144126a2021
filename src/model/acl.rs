//! Access rules: the 7-tuple of Kafka's ACLs, kept as one short text (rank 0).

use std::{borrow::Borrow, fmt};

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

/// Declares a number of the wire with the words that people use for it. A number without a word is kept as `#n`, so
/// that what a newer Kafka wrote survives being read and written.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$cdoc:meta])* $constant:ident = $code:literal $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i8);

        impl $name {
            $($(#[$cdoc])* pub const $constant: Self = Self($code);)+

            /// Every one that has a word, by its number.
            pub const ALL: &[Self] = &[$(Self($code)),+];

            /// Returns the word, if there is one.
            #[must_use]
            pub fn word(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)+
                    _ => None,
                }
            }

            /// Reads a word, or `#n`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self($code)),)+
                    _ => text.strip_prefix('#')?.parse().ok().map(Self),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.word() {
                    Some(word) => f.pad(word),
                    None => write!(f, "#{}", self.0),
                }
            }
        }
    };
}

codes! {
    /// What an ACL is about (Kafka, `ResourceType`).
    AclResource {
        /// A topic.
        TOPIC = 2 "topic",
        /// A consumer group, of any protocol.
        GROUP = 3 "group",
        /// The cluster itself; its name is `kafka-cluster`.
        CLUSTER = 4 "cluster",
        /// A transactional id.
        TRANSACTIONAL_ID = 5 "transactionalId",
        /// A delegation token.
        DELEGATION_TOKEN = 6 "delegationToken",
        /// A user, whose delegation tokens may be made (KIP-373).
        USER = 7 "user",
    }
}

codes! {
    /// How an ACL names its resource (Kafka, `PatternType`); what only filters say is not among them.
    AclPattern {
        /// The name; `*` alone stands for all.
        LITERAL = 3 "literal",
        /// The beginning of names; `*` is a letter like any other.
        PREFIXED = 4 "prefixed",
    }
}

codes! {
    /// What may be done (Kafka, `AclOperation`).
    AclOperation {
        /// Everything.
        ALL_OPERATIONS = 2 "All",
        /// Consuming, committing offsets.
        READ = 3 "Read",
        /// Producing.
        WRITE = 4 "Write",
        /// Making.
        CREATE = 5 "Create",
        /// Deleting.
        DELETE = 6 "Delete",
        /// Changing.
        ALTER = 7 "Alter",
        /// Looking at.
        DESCRIBE = 8 "Describe",
        /// What brokers do with each other.
        CLUSTER_ACTION = 9 "ClusterAction",
        /// Looking at configs.
        DESCRIBE_CONFIGS = 10 "DescribeConfigs",
        /// Changing configs.
        ALTER_CONFIGS = 11 "AlterConfigs",
        /// Producing idempotently; since Kafka 2.8 `Write` on a topic is enough (KIP-679).
        IDEMPOTENT_WRITE = 12 "IdempotentWrite",
        /// Making delegation tokens for somebody else.
        CREATE_TOKENS = 13 "CreateTokens",
        /// Looking at somebody else's delegation tokens.
        DESCRIBE_TOKENS = 14 "DescribeTokens",
        /// Taking part in two-phase commits (KIP-939).
        TWO_PHASE_COMMIT = 15 "TwoPhaseCommit",
    }
}

codes! {
    /// Whether it is allowed or forbidden (Kafka, `AclPermissionType`).
    AclPermission {
        /// Forbidden, whatever else is allowed.
        DENY = 2 "deny",
        /// Allowed.
        ALLOW = 3 "allow",
    }
}

/// The seven parts of an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AclParts<T> {
    /// Who: `User:analytics`; case and spaces count.
    pub principal: T,
    /// From where: an address, or `*`.
    pub host: T,
    /// Allowed or forbidden.
    pub permission: AclPermission,
    /// What may be done.
    pub operation: AclOperation,
    /// To what sort of thing.
    pub resource: AclResource,
    /// How it is named.
    pub pattern: AclPattern,
    /// Its name, or the beginning of it.
    pub name: T,
}

/// One ACL. It is nothing but its seven parts, so it is kept as one text of them: its name in plans, lists and the ledger,
/// `User:analytics allow Read topic:literal:user-events`, with ` from <host>` at the end unless the host is `*`. Fifty
/// thousand of them are fifty thousand short texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acl(CompactString);

impl Acl {
    /// The principal whose ACLs are everybody's (Kafka, `StandardAuthorizer`'s wildcard principal).
    pub const EVERYBODY: &str = "User:*";

    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: &AclParts<&str>) -> Self {
        let AclParts {
            permission,
            operation,
            resource,
            pattern,
            ..
        } = parts;
        let (principal, name) = (escape(parts.principal), escape(parts.name));
        let text =
            format_compact!("{principal} {permission} {operation} {resource}:{pattern}:{name}");
        Self(match parts.host {
            "*" => text,
            host => format_compact!("{text} from {}", escape(host)),
        })
    }

    /// Reads a name back; `None` when it is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let acl = Self(name.into());
        acl.try_parts().map(|parts| {
            let AclParts {
                principal,
                host,
                name,
                ..
            } = &parts;
            Self::new(&AclParts {
                principal: principal.as_str(),
                host: host.as_str(),
                name: name.as_str(),
                permission: parts.permission,
                operation: parts.operation,
                resource: parts.resource,
                pattern: parts.pattern,
            })
        })
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the parts.
    #[must_use]
    pub fn parts(&self) -> AclParts<CompactString> {
        self.try_parts()
            .expect("an ACL is made of its parts, or read by them")
    }

    /// Returns what the names of all ACLs of a principal begin with.
    #[must_use]
    pub fn beginning(principal: &str) -> CompactString {
        format_compact!("{} ", escape(principal))
    }

    /// Returns who it is about.
    #[must_use]
    pub fn principal(&self) -> CompactString {
        unescape(self.0.split(' ').next().unwrap_or_default())
    }

    fn try_parts(&self) -> Option<AclParts<CompactString>> {
        let mut words = self.0.split(' ');
        let principal = words.next()?;
        let permission = AclPermission::parse(words.next()?)?;
        let operation = AclOperation::parse(words.next()?)?;
        let mut what = words.next()?.splitn(3, ':');
        let resource = AclResource::parse(what.next()?)?;
        let pattern = AclPattern::parse(what.next()?)?;
        let name = what.next()?;
        let host = match words.next() {
            None => "*",
            Some("from") => words.next()?,
            Some(_) => return None,
        };
        if principal.is_empty() || words.next().is_some() {
            return None;
        }
        Some(AclParts {
            principal: unescape(principal),
            host: unescape(host),
            permission,
            operation,
            resource,
            pattern,
            name: unescape(name),
        })
    }
}

impl Borrow<str> for Acl {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Writes what would end a word as `%` and two hex digits, as in URLs.
fn escape(text: &str) -> CompactString {
    let ends = |c: char| c == '%' || c.is_whitespace() || c.is_control();
    if !text.contains(ends) {
        return text.into();
    }
    let mut escaped = CompactString::default();
    for c in text.chars() {
        if !ends(c) {
            escaped.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            escaped.push_str(&format_compact!("%{byte:02X}"));
        }
    }
    escaped
}

fn unescape(text: &str) -> CompactString {
    if !text.contains('%') {
        return text.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    CompactString::from_utf8_lossy(&bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;

    fn mk_parts<'a>(principal: &'a str, host: &'a str, name: &'a str) -> AclParts<&'a str> {
        AclParts {
            principal,
            host,
            permission: AclPermission::ALLOW,
            operation: AclOperation::READ,
            resource: AclResource::TOPIC,
            pattern: AclPattern::LITERAL,
            name,
        }
    }

    #[test]
    fn a_name_says_all_seven_parts() {
        let acl = Acl::new(&mk_parts("User:analytics", "*", "user-events"));
        assert_eq!(
            acl.as_str(),
            "User:analytics allow Read topic:literal:user-events"
        );
        let acl = Acl::new(&mk_parts("User:CN=a b, OU=100%", "10.0.0.1", "a:b"));
        assert_eq!(
            acl.as_str(),
            "User:CN=a%20b,%20OU=100%25 allow Read topic:literal:a:b from 10.0.0.1"
        );
        assert_eq!(acl.principal(), "User:CN=a b, OU=100%");
        assert!(
            acl.as_str()
                .starts_with(&*Acl::beginning("User:CN=a b, OU=100%"))
        );
        assert!(!acl.as_str().starts_with(&*Acl::beginning("User:CN=a")));
        assert_eq!(acl.parts().host, "10.0.0.1");
        assert_eq!(acl.parts().name, "a:b");
    }

    /// Trap 20: an empty resource name may stand in a cluster since before KRaft.
    #[test]
    fn whatever_a_cluster_holds_is_read_back_as_it_was() {
        for code in 0..=i8::MAX {
            for name in ["", "*", "from", "a b", "%41", "ü\n"] {
                let parts = AclParts {
                    permission: AclPermission(code),
                    operation: AclOperation(code),
                    resource: AclResource(code),
                    pattern: AclPattern(code),
                    ..mk_parts("User:from", "*", name)
                };
                let acl = Acl::new(&parts);
                let back = acl.parts();
                assert_eq!(back.name, name);
                assert_eq!(back.principal, "User:from");
                assert_eq!(back.operation, parts.operation);
                assert_eq!(back.permission, parts.permission);
                assert_eq!(back.resource, parts.resource);
                assert_eq!(back.pattern, parts.pattern);
                assert_eq!(Acl::parse(acl.as_str()), Some(acl));
            }
        }
    }

    #[test]
    fn what_is_no_acl_is_refused() {
        for text in [
            "",
            "User:a",
            "User:a allow Read topic:literal",
            "User:a may Read topic:literal:t",
            "User:a allow Read topic:literal:t from",
            "User:a allow Read topic:literal:t to b",
            "User:a allow Read topic:literal:t from b c",
        ] {
            assert_eq!(Acl::parse(text), None, "{text}");
        }
    }
}
