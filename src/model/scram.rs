//! SCRAM credentials as Kafka names them (rank 0).

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

    /// Finds a mechanism by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.as_str() == name)
    }
}
