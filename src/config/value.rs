//! The values of `headgate.yaml`: durations, sizes, addresses, names (config, rank 2). Each says what was expected.

use std::time::Duration;

use crate::model::CommitId;

/// What is wrong with a value, and the way out.
pub(super) type Wrong = (String, String);

fn wrong<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, Wrong> {
    Err((what.into(), help.into()))
}

/// Reads an interval: `30s`, `5m`, `1m30s`, `2h`; from one second to one day.
pub(super) fn interval(text: &str) -> Result<Duration, Wrong> {
    let Some(value) = duration(text) else {
        return wrong(
            format!("`{text}` is no duration"),
            "write a number and its unit, as `30s`, `5m` or `1h`",
        );
    };
    if value < Duration::from_secs(1) || value > Duration::from_hours(24) {
        return wrong(
            format!("`{text}` is not between 1s and 24h"),
            "a shorter one asks the server over and over, a longer one leaves drift unseen",
        );
    }
    Ok(value)
}

fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let (digits, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let count: u32 = digits.parse().ok()?;
        let end = behind
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(behind.len());
        let (unit, next) = behind.split_at(end);
        let one = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return None,
        };
        sum = sum.checked_add(one.checked_mul(count)?)?;
        rest = next;
    }
    (!text.is_empty()).then_some(sum)
}

/// Reads a size in bytes: `1048576`, `512KiB`, `1MiB`, `1GiB`; at least 1.
pub(super) fn size(text: &str) -> Result<u64, Wrong> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
    match bytes {
        Some(bytes) if bytes > 0 => Ok(bytes),
        _ => wrong(
            format!("`{text}` is no size"),
            "write a number of bytes, or one with its unit, as `512KiB` or `1MiB`",
        ),
    }
}

/// Judges the address of a repository. What stands in it is quoted only after it is known to hold no password.
pub(super) fn repo(url: &str) -> Result<(), Wrong> {
    if url.is_empty() {
        return wrong("the address is empty", "name the repository");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return local_or_scp(url);
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    match (scheme, user) {
        ("https" | "http", Some(_)) => wrong(
            "credentials do not belong into the address, where every log shows them",
            "put the token into a file, name it as `auth: {token: {file: …}}`, and take everything before the `@` away",
        ),
        ("ssh", Some(user)) if user.contains(':') => wrong(
            "a password does not belong into the address, where every log shows it",
            "use a key: `auth: {ssh: {key: {file: …}, knownHosts: {file: …}}}`",
        ),
        ("https" | "ssh", _) if rest.contains(['?', '#']) => wrong(
            "the address of a repository has no `?` or `#` part",
            "take it away; a token belongs into `auth: {token: {file: …}}`",
        ),
        ("https" | "ssh", _) if authority.is_empty() || !rest.contains('/') => wrong(
            "the address lacks a host or a path",
            format!("write it as {scheme}://git.example.com/team/platform.git"),
        ),
        ("https" | "ssh", _) => Ok(()),
        ("file", _) if rest.starts_with('/') => Ok(()),
        ("file", _) => wrong(
            "a file:// address needs an absolute path",
            "write file:///srv/git/platform.git, or the path alone",
        ),
        ("http" | "git", _) => wrong(
            format!("{scheme}:// is neither encrypted nor does it prove who answers"),
            "use https:// or ssh://",
        ),
        _ => wrong(
            "the address begins with no scheme that is known",
            "use https://, ssh://, file:// or a local path",
        ),
    }
}

/// Tells a path from `git@host:path`, which git takes and a URL parser does not.
fn local_or_scp(text: &str) -> Result<(), Wrong> {
    match text.split_once(':') {
        Some((host, path)) if !host.contains('/') && host.contains('@') => {
            let (user, host) = host.rsplit_once('@').unwrap_or(("git", host));
            wrong(
                "this short form has no place for a port and is not read",
                format!("write it as ssh://{user}@{host}/{path}"),
            )
        }
        _ => Ok(()),
    }
}

/// Judges the name of a branch or tag by git's rules (git-check-ref-format), so that it cannot be taken for a pattern.
pub(super) fn ref_name(name: &str) -> Result<(), Wrong> {
    if let Some(short) = name
        .strip_prefix("refs/heads/")
        .or_else(|| name.strip_prefix("refs/tags/"))
    {
        return wrong("the short name is expected", format!("write `{short}`"));
    }
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let is_name = !name.is_empty()
        && name != "@"
        && !name.contains(forbidden)
        && !["..", "@{", "//"].iter().any(|s| name.contains(s))
        && !name.starts_with(['/', '-'])
        && !name.ends_with(['/', '.'])
        && !name
            .split('/')
            .any(|part| part.starts_with('.') || part.ends_with(".lock"));
    if is_name {
        Ok(())
    } else {
        wrong(
            format!("`{name}` is no name that git gives to a branch or tag"),
            "name exactly one, without patterns",
        )
    }
}

/// Reads a full commit id.
pub(super) fn commit(text: &str) -> Result<CommitId, Wrong> {
    if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(CommitId(text.to_ascii_lowercase()));
    }
    wrong(
        format!("`{text}` is no full commit id"),
        "write all 40 characters, as `git rev-parse` prints them (quoted, if they are all digits)",
    )
}

/// Reads a folder of the repository.
pub(super) fn folder(text: &str) -> Result<String, Wrong> {
    let path = text.trim_start_matches("./").trim_end_matches('/');
    let path = if path.is_empty() && !text.is_empty() && !text.starts_with('/') {
        "."
    } else {
        path
    };
    let inner = |part: &str| part.is_empty() || part == "." || part == "..";
    if path == "." || (!path.is_empty() && !path.split('/').any(inner)) {
        return Ok(path.to_owned());
    }
    wrong(
        format!("`{text}` is no folder of the repository"),
        "write it from the repository's root, as `desired-state` or `platform/kafka`; `.` is the root itself",
    )
}

/// Reads a principal, as Kafka spells it.
pub(super) fn principal(text: &str) -> Result<String, Wrong> {
    match text.split_once(':') {
        Some((of, name)) if !of.is_empty() && !name.is_empty() => Ok(text.to_owned()),
        _ => wrong(
            format!("`{text}` is no principal: it has no type"),
            format!("write it as brokers do in their logs, such as `User:{text}`"),
        ),
    }
}

/// Judges `host:port`.
pub(super) fn host_port(text: &str) -> Result<(), Wrong> {
    let help = "write it as `broker1.example.com:9092`";
    match text.rsplit_once(':') {
        Some((host, _)) if host.is_empty() || host.contains(['/', '@', ' ']) => {
            wrong(format!("`{text}` is no `host:port`"), help)
        }
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => wrong(
            format!("`{text}` is no `host:port`"),
            "an IPv6 address stands in brackets, as `[2001:db8::1]:9092`",
        ),
        Some((_, port)) if port.parse::<u16>().is_ok_and(|p| p > 0) => Ok(()),
        _ => wrong(format!("`{text}` has no port"), help),
    }
}

/// Judges the name of a Connect cluster, which documents and paths are to spell.
pub(super) fn connect_name(text: &str) -> Result<(), Wrong> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(());
    }
    wrong(
        format!("`{text}` is no name for a Connect cluster"),
        "use letters, digits, `-`, `_` and `.`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_with_their_units() {
        for (text, seconds) in [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("1m30s", Some(90)),
            ("24h", Some(86_400)),
            ("1000ms", Some(1)),
            ("999ms", None),
            ("25h", None),
            ("30", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("1.5s", None),
            ("30 s", None),
            ("99999999999999999999s", None),
            ("4000000000h4000000000h", None),
        ] {
            assert_eq!(
                interval(text).ok(),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [
            ("1", Some(1)),
            ("512KiB", Some(512 << 10)),
            ("1MiB", Some(1 << 20)),
            ("2GiB", Some(2 << 30)),
            ("0", None),
            ("", None),
            ("MiB", None),
            ("1MB", None),
            ("18446744073709551615GiB", None),
            ("1é", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }

    #[test]
    fn repositories_are_addressed_without_secrets() {
        for good in [
            "https://git.example.com/a/b.git",
            "ssh://git@git.example.com:2222/a.git",
            "file:///srv/git/a.git",
            "/srv/git/a.git",
            "../platform",
        ] {
            assert_eq!(repo(good), Ok(()), "{good}");
        }
        for (bad, told) in [
            ("", "empty"),
            ("https://user:hunter2@h/a", "credentials"),
            ("https://hunter2@h/a", "credentials"),
            ("http://hunter2@h/a", "credentials"),
            ("ssh://git:hunter2@h/a", "password"),
            ("https://h/a?access_token=hunter2", "no `?`"),
            ("http://h/a", "neither encrypted"),
            ("git://h/a", "neither encrypted"),
            ("ftp://hunter2@h/a", "no scheme"),
            ("https://h", "lacks a host or a path"),
            ("https:///a", "lacks a host or a path"),
            ("file://a", "absolute path"),
            ("git@h:a/b.git", "short form"),
        ] {
            let (what, help) = repo(bad).expect_err(bad);
            assert!(what.contains(told), "{bad}: {what}");
            assert!(
                !what.contains("hunter2") && !help.contains("hunter2"),
                "{bad}"
            );
        }
        assert!(
            matches!(repo("git@h:a/b.git"), Err((_, help)) if help == "write it as ssh://git@h/a/b.git")
        );
    }

    #[test]
    fn names_of_branches_cannot_be_patterns() {
        for good in ["main", "release/1.2", "feature-x", "v1.0"] {
            assert_eq!(ref_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "*",
            "a b",
            "a:b",
            "+main",
            "a..b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a.lock",
            "a^",
            "@",
            "refs/heads/main",
            "-a",
            "a\n",
        ] {
            // git allows a leading plus; the refspec made of the name is unambiguous all the same
            assert_eq!(ref_name(bad).is_ok(), bad == "+main", "{bad:?}");
        }
    }

    #[test]
    fn folders_stay_within_the_repository() {
        for (text, want) in [
            ("desired-state", Some("desired-state")),
            ("./a/b/", Some("a/b")),
            (".", Some(".")),
            ("./", Some(".")),
            ("", None),
            ("/etc", None),
            ("/", None),
            ("a/../..", None),
            ("..", None),
            ("a//b", None),
        ] {
            assert_eq!(folder(text).ok().as_deref(), want, "{text}");
        }
    }

    #[test]
    fn brokers_are_hosts_with_ports() {
        for (text, good) in [
            ("b1:9092", true),
            ("[::1]:9092", true),
            ("10.0.0.1:1", true),
            ("b1", false),
            ("b1:", false),
            ("b1:0", false),
            ("b1:70000", false),
            (":9092", false),
            ("::1:9092", false),
            ("http://b1:9092", false),
        ] {
            assert_eq!(host_port(text).is_ok(), good, "{text}");
        }
    }
}
