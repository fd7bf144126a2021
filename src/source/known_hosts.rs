//! Which SSH host keys are trusted (source, rank 6): the lines of a `known_hosts` file as `sshd(8)` describes them.
//! Hashed host names (`|1|…`) are not matched, and certificate authorities are not followed; both are told when
//! nothing else matches. A key that matches no line is refused, and nothing can switch that off.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::SourceError;

/// The port that needs no brackets in a `known_hosts` line.
const SSH_PORT: u16 = 22;

/// The lines of a `known_hosts` file.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    lines: Vec<Line>,
    hashed: bool,
}

#[derive(Debug)]
struct Line {
    /// `@revoked`: the key must not be accepted for these hosts.
    revoked: bool,
    /// Host patterns, separated by commas.
    hosts: String,
    /// `ssh-ed25519` and the like.
    key_type: String,
    key: Vec<u8>,
}

impl KnownHosts {
    /// Reads the lines; one that cannot be read trusts nobody.
    pub(super) fn parse(text: &str) -> Self {
        let mut known = Self::default();
        for line in text.lines() {
            known.hashed |= line.starts_with("|1|");
            known.lines.extend(Line::parse(line));
        }
        known
    }

    /// Accepts a host's key if a line pins it.
    ///
    /// # Errors
    /// The key is pinned nowhere for this host and port, or is revoked.
    pub(super) fn check(&self, host: &str, port: u16, key: &[u8]) -> Result<(), SourceError> {
        let name = name_of(host, port);
        let of_host: Vec<&Line> = self.lines.iter().filter(|l| l.names(&name)).collect();
        let refuse = |reason: String| SourceError::HostKey {
            host: name.clone(),
            reason,
        };
        if of_host.iter().any(|l| l.revoked && l.key == key) {
            return Err(refuse(format!(
                "it showed {}, which known_hosts marks as @revoked",
                fingerprint(key)
            )));
        }
        let pinned: Vec<&&Line> = of_host.iter().filter(|l| !l.revoked).collect();
        if pinned.iter().any(|l| l.key == key) {
            return Ok(());
        }
        Err(refuse(self.mismatch(&name, key, &pinned)))
    }

    /// Says what was shown, what is pinned and what to do.
    fn mismatch(&self, name: &str, key: &[u8], pinned: &[&&Line]) -> String {
        let shown = fingerprint(key);
        if pinned.is_empty() {
            let hashed = if self.hashed {
                " (hashed lines, |1|…, are not read: write the host's name in clear)"
            } else {
                ""
            };
            return format!(
                "it showed {shown}, and known_hosts has no line for {name}{hashed}; compare the fingerprint with the one \
                 the server's owner publishes, then add the line that ssh-keyscan prints"
            );
        }
        let mut wanted: Vec<String> = pinned.iter().map(|l| fingerprint(&l.key)).collect();
        wanted.sort();
        let wanted = wanted.join(", ");
        if pinned.iter().any(|l| l.key_type == key_type(key)) {
            return format!(
                "it showed {shown}, and known_hosts pins {wanted}; somebody may be in between, or the server has a new \
                 key: ask its owner before you change known_hosts"
            );
        }
        format!(
            "it showed {shown}, and known_hosts pins only {wanted}; compare the fingerprint with the one the server's \
             owner publishes, then add the line of that key type as well"
        )
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let (revoked, line) = match line.strip_prefix("@revoked") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        // comments, hashed names and @cert-authority trust nobody
        if line.is_empty() || line.starts_with(['#', '|', '@']) {
            return None;
        }
        let mut words = line.split_whitespace();
        let (hosts, key_type, key) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            revoked,
            hosts: hosts.to_ascii_lowercase(),
            key_type: key_type.to_owned(),
            key: STANDARD.decode(key).ok()?,
        })
    }

    /// Tells whether the line speaks of a host: one pattern matches, and none with `!` does.
    fn names(&self, name: &str) -> bool {
        let mut named = false;
        for pattern in self.hosts.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if wildcard(pattern, name) => return false,
                None if wildcard(pattern, name) => named = true,
                _ => {}
            }
        }
        named
    }
}

/// Spells a host as `known_hosts` does.
fn name_of(host: &str, port: u16) -> String {
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    if port == SSH_PORT {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

/// Matches `*` and `?`, as `ssh_config(5)` has it. Patterns are short, so the plain recursion is enough.
fn wildcard(pattern: &str, name: &str) -> bool {
    crate::desired::Pattern(pattern.to_owned()).matches(name)
}

/// Reads the type that a key's blob begins with: a length of four bytes and the word (RFC 4253, 6.6).
fn key_type(key: &[u8]) -> &str {
    key.split_first_chunk::<4>()
        .and_then(|(len, rest)| rest.get(..u32::from_be_bytes(*len) as usize))
        .and_then(|word| std::str::from_utf8(word).ok())
        .unwrap_or("an unknown key type")
}

/// Spells a key as `ssh-keygen -l` does.
fn fingerprint(key: &[u8]) -> String {
    format!(
        "{} SHA256:{}",
        key_type(key),
        STANDARD_NO_PAD.encode(Sha256::digest(key))
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is this test's way to fail")]

    use super::*;

    fn blob(kind: &str, fill: u8) -> Vec<u8> {
        let mut key = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        key.extend(kind.bytes());
        key.extend([fill; 32]);
        key
    }

    fn line(hosts: &str, key: &[u8]) -> String {
        format!("{hosts} {} {}\n", key_type(key), STANDARD.encode(key))
    }

    fn reason(known: &KnownHosts, host: &str, port: u16, key: &[u8]) -> String {
        known.check(host, port, key).unwrap_err().to_string()
    }

    #[test]
    fn only_a_pinned_key_of_this_host_and_port_is_accepted() {
        let (good, other) = (blob("ssh-ed25519", 1), blob("ssh-ed25519", 2));
        let known = KnownHosts::parse(&format!(
            "# comment\n\n{}{}{}",
            line("git.example.com,192.0.2.1", &good),
            line("[git.example.com]:2222", &other),
            line("*.corp.example,!bad.corp.example", &good),
        ));
        for (host, port, key, accepted) in [
            ("git.example.com", 22, &good, true),
            ("GIT.example.com", 22, &good, true),
            ("192.0.2.1", 22, &good, true),
            ("git.example.com", 22, &other, false),
            ("git.example.com", 2222, &other, true),
            ("git.example.com", 2222, &good, false),
            ("a.corp.example", 22, &good, true),
            ("bad.corp.example", 22, &good, false),
            ("git.example.com.evil", 22, &good, false),
            ("elsewhere.example", 22, &good, false),
        ] {
            assert_eq!(
                known.check(host, port, key).is_ok(),
                accepted,
                "{host}:{port}"
            );
        }
    }

    #[test]
    fn a_changed_key_is_told_from_another_type_and_from_no_line_at_all() {
        let good = blob("ssh-ed25519", 1);
        let known = KnownHosts::parse(&line("h", &good));
        assert!(
            reason(&known, "h", 22, &blob("ssh-ed25519", 2)).contains("somebody may be in between")
        );
        assert!(
            reason(&known, "h", 22, &blob("ssh-rsa", 2)).contains("pins only ssh-ed25519 SHA256:")
        );
        assert!(reason(&known, "i", 22, &good).contains("has no line for i;"));
        assert!(reason(&KnownHosts::default(), "i", 22, &good).contains("has no line for i;"));
    }

    #[test]
    fn a_revoked_key_is_refused_although_it_is_pinned() {
        let key = blob("ssh-ed25519", 1);
        let known = KnownHosts::parse(&format!("{}@revoked {}", line("h", &key), line("*", &key)));
        assert!(reason(&known, "h", 22, &key).contains("@revoked"));
    }

    #[test]
    fn lines_that_cannot_be_read_trust_nobody() {
        let key = blob("ssh-ed25519", 1);
        let text = format!(
            "h ssh-ed25519\nh ssh-ed25519 !!!\n@cert-authority {}|1|c2FsdA==|aGFzaA== ssh-ed25519 {}\n",
            line("h", &key),
            STANDARD.encode(&key)
        );
        assert!(reason(&KnownHosts::parse(&text), "h", 22, &key).contains("hashed lines"));
    }

    #[test]
    fn damaged_keys_are_named_without_a_panic() {
        for key in [
            &b""[..],
            b"\0\0",
            b"\xff\xff\xff\xff",
            b"\0\0\0\x02\xff\xff",
        ] {
            assert!(reason(&KnownHosts::default(), "h", 22, key).contains("an unknown key type"));
        }
    }
}
