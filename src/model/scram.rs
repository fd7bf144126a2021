//! SCRAM credentials as Kafka names them (rank 0).

use compact_str::{CompactString, format_compact};

/// Beginning of the paths of a user's credentials.
const PATH: &str = "scram.";
/// End of the paths of passwords.
const PASSWORD: &str = ".password";

words! {
    /// A SCRAM mechanism (RFC 5802, KIP-554).
    ScramMechanism {
        /// With SHA-256.
        Sha256 = "SCRAM-SHA-256",
        /// With SHA-512.
        Sha512 = "SCRAM-SHA-512",
    }
}

impl ScramMechanism {
    /// The fewest iterations that Kafka takes for either mechanism (`ScramMechanism.minIterations`), and what its own
    /// tools use when nothing is said.
    pub const MIN_ITERATIONS: u32 = 4096;
    /// The most that KRaft takes (`ScramControlManager.MAX_ITERATIONS`).
    pub const MAX_ITERATIONS: u32 = 16_384;

    /// Returns the path by which plans and the ledger name the password of a mechanism.
    #[must_use]
    pub fn password_path(self) -> CompactString {
        format_compact!("{PATH}{self}{PASSWORD}")
    }

    /// Returns the mechanism whose password the path of a field names; `None` when it names another field.
    #[must_use]
    pub fn of_password(path: &str) -> Option<Self> {
        Self::parse(path.strip_prefix(PATH)?.strip_suffix(PASSWORD)?)
    }

    /// Finds a mechanism by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_passwords_are_told_from_others() {
        for mechanism in ScramMechanism::ALL {
            let path = mechanism.password_path();
            assert_eq!(ScramMechanism::of_password(&path), Some(*mechanism));
        }
        let others = [
            "scram.SCRAM-SHA-512.iterations",
            "scram.password",
            "config.password",
        ];
        assert!(
            others
                .iter()
                .all(|path| ScramMechanism::of_password(path).is_none())
        );
    }
}
