//! The client's side of SCRAM (rank 6, Kafka plane; RFC 5802, RFC 7677), as Kafka has it: pure, no I/O.
//! Names and passwords are taken as UTF-8 without SASLprep, as Kafka's own `ScramFormatter` does.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use rand::{RngExt, distr::Alphanumeric};
use sha2::{Digest, Sha256, Sha512};

use crate::model::{ScramMechanism, Secret};

/// Fewest rounds that are accepted: RFC 7677's minimum, and Kafka's default. Fewer would let a false broker make a
/// password cheap to guess.
const MIN_ITERATIONS: u32 = 4096;

/// Most rounds that are computed: about a second of one core. More would let a false broker keep us busy.
const MAX_ITERATIONS: u32 = 1_000_000;

/// Which hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    /// Returns the hash of a mechanism.
    pub(super) fn of(mechanism: ScramMechanism) -> Self {
        match mechanism {
            ScramMechanism::Sha256 => Self::Sha256,
            ScramMechanism::Sha512 => Self::Sha512,
        }
    }

    fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        fn run<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
            let mut mac =
                <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha256 => run::<Hmac<Sha256>>(key, message),
            Self::Sha512 => run::<Hmac<Sha512>>(key, message),
        }
    }

    /// Compares in constant time.
    fn hmac_is(self, key: &[u8], message: &[u8], expected: &[u8]) -> bool {
        fn run<M: Mac + KeyInit>(key: &[u8], message: &[u8], expected: &[u8]) -> bool {
            let mut mac =
                <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
            mac.update(message);
            mac.verify_slice(expected).is_ok()
        }
        match self {
            Self::Sha256 => run::<Hmac<Sha256>>(key, message, expected),
            Self::Sha512 => run::<Hmac<Sha512>>(key, message, expected),
        }
    }

    fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// Returns what both sides make of the password (RFC 5802, `SaltedPassword`). Computes for a while.
    pub(super) fn salted(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        match self {
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt, iterations)
                    .to_vec()
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac_array::<Sha512, 64>(password.as_bytes(), salt, iterations)
                    .to_vec()
            }
        }
    }
}

/// Makes the salt of a new credential: 128 random bits, as Kafka's own tools take.
pub(super) fn fresh_salt() -> [u8; 16] {
    rand::rng().random()
}

/// A login that has begun: what was said first.
pub(super) struct Login {
    hash: Hash,
    first_bare: String,
    nonce: String,
}

/// Our proof, and what the broker's proof must be checked with.
pub(super) struct Proof {
    /// The message to send.
    pub(super) message: String,
    hash: Hash,
    server_key: Vec<u8>,
    spoken: String,
}

impl Login {
    /// Begins a login with a nonce of 143 random bits (24 characters of 62).
    pub(super) fn begin(hash: Hash, user: &str) -> Self {
        let nonce = rand::rng()
            .sample_iter(Alphanumeric)
            .take(24)
            .map(char::from)
            .collect();
        Self::with_nonce(hash, user, nonce)
    }

    fn with_nonce(hash: Hash, user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self {
            hash,
            first_bare: format!("n={user},r={nonce}"),
            nonce,
        }
    }

    /// Returns the first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// Answers the broker's challenge. Computes for a while.
    ///
    /// # Errors
    /// The challenge breaks the RFC, or asks for too little or too much work.
    pub(super) fn prove(
        self,
        challenge: &[u8],
        password: &Secret<String>,
    ) -> Result<Proof, String> {
        let challenge = std::str::from_utf8(challenge).map_err(|_| "the challenge is no text")?;
        let mut fields = challenge.split(',');
        let nonce = field(&mut fields, "r=")?;
        let salt = field(&mut fields, "s=")?;
        let iterations = field(&mut fields, "i=")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("the challenge does not continue our nonce".to_owned());
        }
        let salt = BASE64_STANDARD
            .decode(salt)
            .map_err(|_| "the salt is no base64")?;
        let iterations: u32 = iterations
            .parse()
            .ok()
            .filter(|i| (MIN_ITERATIONS..=MAX_ITERATIONS).contains(i))
            .ok_or_else(|| {
                format!("{iterations:.20} rounds of hashing are asked for; accepted are {MIN_ITERATIONS} to {MAX_ITERATIONS}")
            })?;
        let Self {
            hash, first_bare, ..
        } = self;
        let salted = hash.salted(password.expose(), &salt, iterations);
        // "biws" is base64 of "n,,": no channel binding
        let without_proof = format!("c=biws,r={nonce}");
        let spoken = format!("{first_bare},{challenge},{without_proof}");
        let client_key = hash.hmac(&salted, b"Client Key");
        let signature = hash.hmac(&hash.digest(&client_key), spoken.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(k, s)| k ^ s)
            .collect();
        Ok(Proof {
            message: format!("{without_proof},p={}", BASE64_STANDARD.encode(proof)),
            hash,
            server_key: hash.hmac(&salted, b"Server Key"),
            spoken,
        })
    }
}

impl Proof {
    /// Checks that the broker knows the password too.
    ///
    /// # Errors
    /// It does not, or says that we do not.
    pub(super) fn check(&self, last: &[u8]) -> Result<(), String> {
        let last = std::str::from_utf8(last).map_err(|_| "the last answer is no text")?;
        if let Some(error) = last.strip_prefix("e=") {
            return Err(format!("the broker says {error:.100}"));
        }
        let signature = field(&mut last.split(','), "v=")?;
        let signature = BASE64_STANDARD
            .decode(signature)
            .map_err(|_| "the signature is no base64")?;
        if !self
            .hash
            .hmac_is(&self.server_key, self.spoken.as_bytes(), &signature)
        {
            return Err("the broker does not know our password: its signature is wrong, it may be an impostor".to_owned());
        }
        Ok(())
    }
}

fn field<'a>(fields: &mut std::str::Split<'a, char>, name: &str) -> Result<&'a str, String> {
    let field = fields.next().unwrap_or_default();
    field
        .strip_prefix(name)
        .ok_or_else(|| format!("{name:?} was expected in the broker's message, found {field:.40?}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use super::*;

    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn rfc7677() -> Login {
        Login::with_nonce(Hash::Sha256, "user", "rOprNGfwEbeRWgbNEkqO".into())
    }

    fn pencil() -> Secret<String> {
        Secret::new("pencil".to_owned())
    }

    #[test]
    fn sha256_speaks_as_rfc_7677_shows() {
        assert_eq!(rfc7677().first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = rfc7677().prove(CHALLENGE.as_bytes(), &pencil()).unwrap();
        assert_eq!(
            proof.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(
            proof.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            Ok(())
        );
    }

    #[test]
    fn a_wrong_or_missing_server_signature_is_refused() {
        let proof = rfc7677().prove(CHALLENGE.as_bytes(), &pencil()).unwrap();
        for last in [
            "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            "v=",
            "v=%",
            "",
            "e=other-error",
        ] {
            assert!(proof.check(last.as_bytes()).is_err(), "{last}");
        }
    }

    #[test]
    fn a_challenge_that_breaks_the_rules_is_refused() {
        for (challenge, why) in [
            (
                "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "nonce",
            ),
            ("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=%,i=4096", "salt"),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
                "rounds",
            ),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001",
                "rounds",
            ),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1",
                "rounds",
            ),
            ("m=ext,r=rOprNGfwEbeRWgbNEkqOx", "r="),
            ("", "r="),
        ] {
            let error = rfc7677()
                .prove(challenge.as_bytes(), &pencil())
                .err()
                .unwrap();
            assert!(error.contains(why), "{challenge}: {error}");
        }
    }

    #[test]
    fn sha512_proves_what_a_server_can_check() {
        let login = Login::with_nonce(Hash::Sha512, "us=er,1", "abc".into());
        assert_eq!(login.first(), "n,,n=us=3Der=2C1,r=abc");
        let challenge = "r=abcdef,s=c2FsdA==,i=4096";
        let proof = login.prove(challenge.as_bytes(), &pencil()).unwrap();
        // the server's side: from the stored key and the proof comes the client key, whose hash is the stored key
        let salted = Hash::Sha512.salted("pencil", b"salt", 4096);
        let stored = Hash::Sha512.digest(&Hash::Sha512.hmac(&salted, b"Client Key"));
        let signature = Hash::Sha512.hmac(&stored, proof.spoken.as_bytes());
        let sent = BASE64_STANDARD
            .decode(proof.message.split_once(",p=").unwrap().1)
            .unwrap();
        let key: Vec<u8> = sent.iter().zip(signature).map(|(p, s)| p ^ s).collect();
        assert_eq!(Hash::Sha512.digest(&key), stored);
    }

    #[test]
    fn nonces_differ() {
        let first = || Login::begin(Hash::Sha256, "user").first();
        assert_ne!(first(), first());
    }
}
