//! Identities that a system hands out: topic ids, cluster ids, commit ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A topic's id, which tells a re-created topic from the one it replaced (KIP-516). Printed as Kafka's tools print it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub [u8; 16]);

impl TopicId {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// Reads an id as Kafka prints it: 22 characters of unpadded URL-safe base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 22 {
            return None;
        }
        let mut bits: u128 = 0;
        for (i, b) in text.bytes().enumerate() {
            let v = Self::ALPHABET.iter().position(|a| *a == b)? as u128;
            // 22 characters hold 132 bits: the last one carries only its upper two
            bits = if i == 21 {
                (bits << 2) | (v >> 4)
            } else {
                (bits << 6) | v
            };
        }
        Some(Self(bits.to_be_bytes()))
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(self.0);
        for i in 0..21 {
            let six = (bits >> (122 - 6 * i)) & 63;
            write!(f, "{}", char::from(Self::ALPHABET[six as usize]))?;
        }
        write!(
            f,
            "{}",
            char::from(Self::ALPHABET[((bits & 3) << 4) as usize])
        )
    }
}

impl fmt::Debug for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopicId({self})")
    }
}

impl Serialize for TopicId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TopicId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a topic id has 22 base64 characters"))
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The id a Kafka cluster was formatted with; nothing is written to a cluster that reports another one.
    ClusterId
}
text_id! {
    /// A git commit's full object id in hex.
    CommitId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_ids_print_and_parse_as_kafka_does() {
        for bytes in [[0u8; 16], [255; 16], *b"0123456789abcdef"] {
            let text = TopicId(bytes).to_string();
            assert_eq!(text.len(), 22);
            assert_eq!(TopicId::parse(&text), Some(TopicId(bytes)));
        }
        // org.apache.kafka.common.Uuid: METADATA_TOPIC_ID is (0, 1)
        assert_eq!(
            TopicId(1u128.to_be_bytes()).to_string(),
            "AAAAAAAAAAAAAAAAAAAAAQ"
        );
        assert_eq!(TopicId::parse("short"), None);
    }
}
