//! `headgate.yaml` as its author meets it: what is read, and what is told about mistakes.
#![allow(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

mod services;

use std::{path::Path, time::Duration};

use headgate::{
    config::{self, Auth, Config, Limits, Mechanism, Reference, SecretStore},
    model::{ClusterName, CommitId, SecretRef},
};

const WHOLE: &str = r#"
source:
  repo: ssh://git@git.example.com/platform/streaming.git
  branch: main
  path: desired-state
  policies: policies
  interval: 30s
  auth: {ssh: {key: {file: id_ed25519}, knownHosts: {file: known_hosts}}}
  acknowledge: 0123456789abcdef0123456789abcdef01234567
  limits: {files: 100, fileBytes: 64KiB, totalBytes: 1MiB}
clusters:
  streaming-platform:
    interval: 90s
    kafka:
      bootstrap: ["b1:9094", "b2:9094"]
      tls: {ca: {file: ca.pem}, cert: {file: c.pem}, key: {file: /abs/k.pem}}
      sasl: {mechanism: SCRAM-SHA-512, username: headgate, password: {env: KAFKA_PASSWORD}}
      allowPlaintextPasswords: true
      principal: "User:CN=headgate"
      superUser: true
    connect: {main: {url: "http://connect:8083"}}
    registry: {url: "http://registry:8081"}
    aws: {region: eu-central-1, anything: [at, all]}
secrets: {dir: secrets}
ledger: {path: state/ledger.db}
http: {listen: "0.0.0.0:9464"}
"#;

const LEAST: &str = "
source: {repo: /srv/git/platform.git, branch: main}
clusters:
  dev:
    kafka: {bootstrap: [localhost:9092]}
";

fn read(text: &str) -> Config {
    config::parse(text, "headgate.yaml").unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// The findings about a file that differs from `WHOLE` in one place, without the lines shown below them.
fn told(old: &str, new: &str) -> Vec<String> {
    assert_eq!(WHOLE.matches(old).count(), 1, "{old} stands once");
    findings(&WHOLE.replace(old, new))
}

fn findings(text: &str) -> Vec<String> {
    config::parse(text, "headgate.yaml")
        .unwrap_err()
        .iter()
        .map(|f| f.to_string().lines().next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_whole_file_is_read() {
    let config = read(WHOLE);
    assert_eq!(config.source.reference, Reference::Branch("main".into()));
    assert_eq!(
        config.source.acknowledge,
        Some(CommitId("0123456789abcdef0123456789abcdef01234567".into()))
    );
    assert_eq!(
        config.source.limits,
        Limits {
            files: 100,
            file_bytes: 64 << 10,
            total_bytes: 1 << 20
        }
    );
    let cluster = &config.clusters[&ClusterName::new("streaming-platform").unwrap()];
    assert_eq!(cluster.interval, Duration::from_secs(90));
    assert_eq!(cluster.kafka.bootstrap, ["b1:9094", "b2:9094"]);
    let sasl = cluster.kafka.sasl.as_ref().unwrap();
    assert_eq!(
        (sasl.mechanism, sasl.username.as_str(), &sasl.password),
        (
            Mechanism::ScramSha512,
            "headgate",
            &SecretRef::Env("KAFKA_PASSWORD".into())
        )
    );
    assert!(cluster.kafka.allow_plaintext_passwords);
    let principal = cluster.kafka.principal.as_deref();
    assert_eq!(principal, Some("User:CN=headgate"));
    assert!(cluster.kafka.super_user);
    assert_eq!(config.http.listen.to_string(), "0.0.0.0:9464");
}

#[test]
fn what_is_not_said_has_its_documented_default() {
    let config = read(LEAST);
    assert_eq!(config.source.path, "desired-state");
    assert_eq!(config.source.policies, "policies");
    assert_eq!(config.source.interval, Duration::from_secs(30));
    assert_eq!(config.source.limits, Limits::default());
    assert_eq!(config.source.auth, None);
    let cluster = config.clusters.values().next().unwrap();
    assert_eq!(cluster.interval, Duration::from_secs(60));
    assert!(!cluster.kafka.allow_plaintext_passwords);
    assert_eq!(config.secrets, None);
    assert_eq!(config.ledger.path, Path::new("/var/lib/headgate/ledger.db"));
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:9464");
}

#[test]
fn relative_paths_are_below_the_folder_of_the_file() {
    let mut config = read(WHOLE);
    config.resolve(Path::new("/etc/headgate"));
    let file = |path: &str| SecretRef::File(path.into());
    assert_eq!(
        config.source.auth,
        Some(Auth::Ssh {
            key: file("/etc/headgate/id_ed25519"),
            known_hosts: file("/etc/headgate/known_hosts")
        })
    );
    let kafka = &config.clusters.values().next().unwrap().kafka;
    let tls = kafka.tls.as_ref().unwrap();
    assert_eq!(tls.ca, Some(file("/etc/headgate/ca.pem")));
    assert_eq!(tls.key, Some(file("/abs/k.pem")));
    assert_eq!(
        config.secrets,
        Some(SecretStore::Dir("/etc/headgate/secrets".into()))
    );
    assert_eq!(
        config.ledger.path,
        Path::new("/etc/headgate/state/ledger.db")
    );
    assert_eq!(
        config.source.repo, "ssh://git@git.example.com/platform/streaming.git",
        "a URL is no path"
    );

    let mut local = read(&LEAST.replace("/srv/git/platform.git", "../platform"));
    local.resolve(Path::new("/etc/headgate"));
    assert_eq!(
        local.source.local_path().unwrap(),
        Path::new("/etc/headgate/../platform")
    );
}

/// What stands in `WHOLE`, what is written in its place, and what is told.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "branch: main",
        "brunch: main",
        "headgate.yaml:4:3: unknown field `brunch`; did you mean `branch`?",
    ),
    (
        "  branch: main\n",
        "",
        "headgate.yaml:3:3: nothing says what is followed; exactly one of `branch`, `tag` and `commit` says what is followed",
    ),
    (
        "branch: main",
        "branch: main\n  tag: v1",
        "headgate.yaml:5:8: `tag` stands beside `branch`",
    ),
    (
        "branch: main",
        "branch: refs/heads/main",
        "headgate.yaml:4:11: the short name is expected; write `main`",
    ),
    (
        "branch: main",
        "commit: 0123abc",
        "headgate.yaml:4:11: `0123abc` is no full commit id; write all 40 characters",
    ),
    (
        "interval: 30s",
        "interval: 30",
        "headgate.yaml:7:13: `30` is no duration; write a number and its unit",
    ),
    (
        "interval: 90s",
        "interval: 500ms",
        "headgate.yaml:13:15: `500ms` is not between 1s and 24h",
    ),
    (
        "path: desired-state",
        "path: ../elsewhere",
        "headgate.yaml:5:9: `../elsewhere` is no folder of the repository",
    ),
    (
        "\"b2:9094\"",
        "b2",
        "headgate.yaml:15:30: `b2` has no port; write it as `broker1.example.com:9092`",
    ),
    (
        "[\"b1:9094\", \"b2:9094\"]",
        "[]",
        "headgate.yaml:15:18: no broker is named",
    ),
    (
        "SCRAM-SHA-512",
        "SCRAM-SHA-1",
        "headgate.yaml:17:25: `SCRAM-SHA-1` is no SASL mechanism that is spoken here; write one of `PLAIN`, \
             `SCRAM-SHA-256`, `SCRAM-SHA-512`, `OAUTHBEARER`",
    ),
    (
        "username: headgate, ",
        "",
        "headgate.yaml:17:25: SCRAM-SHA-512 needs a `username`",
    ),
    (
        ", cert: {file: c.pem}",
        "",
        "headgate.yaml:16:12: `cert` and `key` go together",
    ),
    (
        "\"http://connect:8083\"",
        "connect:8083",
        "headgate.yaml:21:27: the address is no http:// or https:// URL",
    ),
    (
        "{dir: secrets}",
        "{dir: secrets, envPrefix: X}",
        "headgate.yaml:24:",
    ),
    (
        "\"0.0.0.0:9464\"",
        "localhost",
        "headgate.yaml:26:16: `localhost` is no address to listen on; write an IP address and a port",
    ),
    (
        "streaming-platform:\n",
        "Streaming:\n",
        "headgate.yaml:12:3: \"Streaming\" is not a valid cluster name: only lower-case letters, digits and inner '-' are allowed",
    ),
    (
        "fileBytes: 64KiB",
        "fileBytes: 64KB",
        "headgate.yaml:10:35: `64KB` is no size",
    ),
];

#[test]
fn each_mistake_is_told_at_its_place_with_the_way_out() {
    for &(old, new, want) in MISTAKES {
        let told = told(old, new);
        assert!(
            told.len() == 1 && told[0].starts_with(want),
            "{new} is told {told:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = WHOLE
        .replace("interval: 30s", "interval: soon")
        .replace("\"b1:9094\"", "b1")
        .replace("\"0.0.0.0:9464\"", "here");
    let lines: Vec<String> = findings(&text)
        .iter()
        .map(|f| f.split(':').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(lines, ["7", "15", "26"]);
}

#[test]
fn every_way_to_a_repository_has_its_own_way_in() {
    for (repo, auth, want) in [
        ("https://h/a", "", None),
        ("https://h/a", ", auth: {token: {file: t}}", None),
        ("file:///a", "", None),
        (
            "ssh://git@h/a",
            ", auth: {ssh: {key: {file: k}, knownHosts: {file: h}}}",
            None,
        ),
        ("ssh://git@h/a", "", Some("needs a key and the host keys")),
        (
            "ssh://git@h/a",
            ", auth: {ssh: {key: {file: k}}}",
            Some("field `knownHosts` is missing"),
        ),
        (
            "ssh://git@h/a",
            ", auth: {ssh: {key: {file: k}, knownHosts: {file: h}, insecure: true}}",
            Some("unknown field `insecure`"),
        ),
        (
            "ssh://git@h/a",
            ", auth: {token: {file: t}}",
            Some("a token is for https://"),
        ),
        (
            "https://h/a",
            ", auth: {ssh: {key: {file: k}, knownHosts: {file: h}}}",
            Some("a key is for ssh://"),
        ),
        (
            "/srv/a",
            ", auth: {token: {file: t}}",
            Some("opened as it is"),
        ),
    ] {
        let text = LEAST.replace(
            "{repo: /srv/git/platform.git, branch: main}",
            &format!("{{repo: \"{repo}\", branch: main{auth}}}"),
        );
        match (config::parse(&text, "headgate.yaml"), want) {
            (Ok(_), None) => {}
            (Err(told), Some(want)) => {
                assert!(told[0].message.contains(want), "{repo}{auth}: {told:?}");
            }
            (other, _) => panic!("{repo}{auth}: {other:?}"),
        }
    }
}

#[test]
fn a_secret_written_where_a_reference_belongs_is_not_repeated() {
    for (old, new) in [
        ("{env: KAFKA_PASSWORD}", "hunter2"),
        ("{env: KAFKA_PASSWORD}", "{value: hunter2}"),
        (
            "ssh://git@git.example.com",
            "https://x:hunter2@git.example.com",
        ),
        (
            "ssh://git@git.example.com",
            "ssh://git:hunter2@git.example.com",
        ),
        ("http://connect:8083", "http://x:hunter2@connect:8083"),
    ] {
        let text = WHOLE.replace(old, new);
        let told = config::parse(&text, "headgate.yaml").unwrap_err();
        assert!(!told.is_empty());
        for finding in told {
            assert!(!finding.to_string().contains("hunter2"), "{finding}");
        }
    }
}

#[test]
fn whatever_is_no_config_is_an_error_and_no_panic() {
    for text in [
        "",
        "---",
        "a",
        "[]",
        "source:",
        "source: []\nclusters: {}",
        "\u{0}",
        "{",
        "source: *x",
        "&a [*a]",
        "source: {repo: a, branch: b}\nclusters:\n",
        "source: {repo: a, branch: b}\nclusters: {}",
    ] {
        assert!(
            !config::parse(text, "headgate.yaml").unwrap_err().is_empty(),
            "{text:?}"
        );
    }
}
